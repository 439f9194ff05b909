"""The tables of the README, made from what was measured on the pages of the docs and from the source itself.

``python docs/readme.py`` fills them in, and so does ``docs/generate.py``; no number in them is typed. They stand
between ``<!-- NAME -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]

PARTS = {
    "engine": ("the tape, and `backward()`", ["engine.py", "autograd.py"]),
    "NumPy's protocols": (
        "how NumPy's functions find the rules",
        ["rules.py", "declare.py", "methods.py", "arrays.py"],
    ),
    "ops": ("the derivatives", ["ops"]),
    "transforms": ("`grad`, `jvp`, `hvp`, `jacobian`, ...", ["transforms.py"]),
    "gradcheck": ("the checker, the audit, the diagnoses", ["gradcheck"]),
    "nn": ("layers, losses, initializers", ["nn"]),
    "optim": ("optimizers, schedules, penalties", ["optim"]),
    "tracing": ("recording a training step, and replaying it", ["tracing"]),
    "training": ("the Trainer, and what it looks for", ["training"]),
    "data": ("toy sets, digits, your own files", ["data"]),
    "viz": ("graphs, explorer, race, landscape, report", ["viz"]),
    "cli": ("the command line", ["cli"]),
}
"""Part -> what it is, and where it lies."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: int = 1) -> str:
    """A table in Markdown; the last columns hold ``numbers``."""
    names = list(head)
    rule = ["---"] * (len(names) - numbers) + ["---:"] * numbers
    return "\n".join("| " + " | ".join(line) + " |" for line in [names, rule, *map(list, rows)])


def cells(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of a page, its head first, without the rule."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    if lines is None:
        raise ValueError(f"docs/{page} has no table under {heading!r}")
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()]
    return [row for row in found if not set("".join(row)) <= set("-:")]


def verified() -> str:
    """What is compared with what, and how far apart the two are."""
    derivatives = (ROOT / "docs" / "derivatives.md").read_text(encoding="utf-8").splitlines()
    errors = [float(line.strip("| ").split(" | ")[-2]) for line in derivatives if line.startswith("| **")]
    parity = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in parity if line.startswith("| `")]
    found = [[f"{len(errors)} ops, first and second derivatives", "finite differences", f"{max(errors):.0e}"]]
    for library, name in (("torch", "PyTorch 2.13"), ("optax", "optax 0.2.8")):
        ours = [row for row in rows if row[1].startswith(f"`{library} ")]
        worst = max(float(row[3]) for row in ours)
        found.append([f"{len(ours)} optimizers and schedules, step by step", name, f"{worst:.0e}"])
    return table(["what", "compared with", "largest difference"], found)


def speed() -> str:
    """A training step beside others, as the page on performance has it."""
    head, *rows = cells("performance.md", "A training step")
    kept = [row for row in rows if row[1] == "Adam"]
    return table([head[0], *head[2:]], ([row[0], *row[2:]] for row in kept), len(head) - 2)


def checker() -> str:
    """The gradient checker beside others, as its page has it."""
    head, *rows = cells("gradcheck.md", "Beside other checkers")
    return table(head, rows, len(head) - 1)


def lines() -> str:
    """How much there is to read: lines that are not blank, docstrings included."""
    counts = {part: sum(map(count, files(names))) for part, (_, names) in PARTS.items()}
    rows = [
        [f"`{part}`" if part != "NumPy's protocols" else part, PARTS[part][0], f"{n:,}"] for part, n in counts.items()
    ]
    return table(["part", "what it is", "lines"], rows)


def files(names: Iterable[str]) -> list[Path]:
    """The Python files of these names under ``minigrad``, and of the folders among them."""
    found = []
    for name in names:
        path = ROOT / "minigrad" / name
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def count(path: Path) -> int:
    """Lines of a file that are not blank."""
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())


TABLES: dict[str, Callable[[], str]] = {"verified": verified, "speed": speed, "checker": checker, "lines": lines}


def filled(text: str) -> str:
    """The README with its tables made anew."""
    for name, make in TABLES.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"the README lacks <!-- {name} --> or the <!-- end --> after it")
        text = f"{before}{mark}{make()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README = ROOT / "README.md"
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
