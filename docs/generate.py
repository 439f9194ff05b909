"""The pages that are made from the source: the table of derivatives, and catalogues of everything public.

    python docs/generate.py    # writes docs/{derivatives,optimizers,layers,reference,examples}.md, README.md's tables

What is measured (the error of each op beside finite differences, of each optimizer beside PyTorch and optax) is
measured when this runs. ``tests/docs/test_generated.py`` holds that everything else in the pages is still so.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import EnumMeta
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import readme

import minigrad
from minigrad import nn, ops, optim
from minigrad.declare import OPS
from minigrad.gradcheck.sweep import sweep
from minigrad.nn import initializers
from minigrad.optim import schedules
from tests.optim import parity

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"

DERIVATIVES = """\
# Derivatives

Every differentiable function of minigrad, as it is declared: this page is made from the source by
`python docs/generate.py`. A formula takes `g`, the gradient that arrives at the result `y`, and gives the gradient of
the argument; where the forward stretched that argument by broadcasting, the walk sums afterwards. The formulas are
the code that runs: with arrays in the ordinary backward pass, with Tensors where a gradient is to be differentiated
again. Which subgradient is taken at a kink, and what happens at singular points, is in [conventions](conventions.md).

*error* is the largest relative difference from finite differences over all samples of the op, at orders 1 and 2 in
float64; *resolution* is the smallest such difference that would have been noticed. `minigrad check NAME` measures it
again.
"""

OPTIMIZERS = """\
# Optimizers, schedules, penalties

What each one computes, with its source, in the words of its docstring: this page is made from the source by
`python docs/generate.py`. Under each name are the configurations that are followed step by step beside PyTorch's or
optax's trajectory, with the largest difference of any parameter, or rate, at any step; [parity](parity.md) has them
one by one.
"""


LAYERS = """\
# Layers and losses

Everything in `minigrad.nn`, in the words of its docstrings: this page is made from the source by
`python docs/generate.py`. Layers are classes and losses are functions, named as in `torch.nn` and
`torch.nn.functional`; parameters have PyTorch's names and shapes.
"""

REFERENCE = """\
# Reference

Everything public that is no op ([derivatives](derivatives.md)), no layer or loss ([layers](layers.md)), and no
optimizer or schedule ([optimizers](optimizers.md)), in the words of its docstring: this page is made from the source
by `python docs/generate.py`.
"""

REFERRED = (
    *("minigrad", "minigrad.autograd", "minigrad.errors", "minigrad.samples", "minigrad.gradcheck"),
    *("minigrad.nn.files", "minigrad.data", "minigrad.data.own", "minigrad.data.new", "minigrad.training"),
    *("minigrad.viz.charts", "minigrad.viz.race", "minigrad.viz.landscape", "minigrad.viz.training_report"),
    *("minigrad.onnx", "minigrad.sklearn", "minigrad.learn"),
)
"""The modules whose public names are on the page of reference."""

EXAMPLES = """\
# Examples

A story in numbered files: each runs by itself (`python examples/01_scalar_autograd.py`), is read from top to bottom,
and ends in numbers that `tests/examples` checks. This page is made from their first sentences by
`python docs/generate.py`.
"""


def derivatives(errors: Mapping[str, tuple[str, str]]) -> str:
    """The page of derivatives: a table for each file of ``minigrad/ops``, in the order of its declarations."""
    parts = [DERIVATIVES]
    for module in families():
        names = [name for name, op in OPS.items() if home(op) == module.__name__]
        if names:
            formulas, title = declared(module), inspect.getdoc(module).splitlines()[0]
            parts.append(f"## {title.split(':')[0].rstrip('.')}\n\n`{module.__name__.replace('.', '/')}.py`. {title}\n")
            parts.append("| op | of NumPy | formula | error | resolution |\n|---|---|---|---:|---:|")
            parts += [row(name, formulas.get(name, {}), errors.get(name, ("", ""))) for name in names]
            parts.append("")
    return "\n".join(parts)


def families() -> list:
    """The modules of the op table, elementwise first."""
    named = sorted({home(op) for op in OPS.values() if home(op).startswith(ops.__name__)})
    first = f"{ops.__name__}.elementwise"
    return [import_module(name) for name in [first, *(name for name in named if name != first)]]


def home(op) -> str:
    """The module that declares an op."""
    return getattr(op, "forward", getattr(op, "function", None)).__module__


def row(name: str, formulas: Mapping[str, str], measured: tuple[str, str]) -> str:
    """One op: what it computes, and the formula of each argument."""
    op = OPS[name]
    stands_for = ", ".join(dict.fromkeys(f"`np.{path(f)}`" for f in op.functions if is_numpys(f)))
    summary = prose(inspect.cleandoc(op.__doc__ or "").splitlines()[0])
    code = "<br>".join(f"{argument}: `{barred(text)}`" for argument, text in formulas.items())
    code = code or "composed of other ops"
    return f"| **{name}**<br>{summary} | {stands_for} | {code} | {measured[0]} | {measured[1]} |"


def is_numpys(function) -> bool:
    """Whether a function is NumPy's; an op stands in for itself, too."""
    return (getattr(function, "__module__", None) or "numpy").split(".")[0] == "numpy"


def path(function) -> str:
    """The name of a NumPy function within NumPy."""
    linear = "linalg." if getattr(function, "__module__", None) == "numpy.linalg" else ""
    return linear + function.__name__


def barred(text: str) -> str:
    """Code that does not end a cell of a table."""
    return text.replace("|", "\\|")


def prose(text: str) -> str:
    """Words in a cell of a table, in which an asterisk is an asterisk."""
    return barred(text.replace("*", "\\*"))


def declared(module) -> dict[str, dict[str, str]]:
    """The formulas in a module's source: op -> argument -> the code of its formula."""
    found = {}
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(function, ast.FunctionDef):
            arguments = function.args
            names = [a.arg for a in [*arguments.posonlyargs, *arguments.args, arguments.vararg] if a]
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "op":
                    keywords = {k.arg: k.value for k in decorator.keywords if k.arg in names}
                    found[function.name] = {name: code_of(value) for name, value in keywords.items()}
    return found


def code_of(formula: ast.expr) -> str:
    """The expression that a formula computes."""
    return ast.unparse(formula.body if isinstance(formula, ast.Lambda) else formula)


def measured() -> dict[str, tuple[str, str]]:
    """Error and resolution of every op of the package, as text."""
    ours = [op for op in OPS.values() if home(op).startswith(ops.__name__)]
    return {r.name: (f"{r.report.error:.0e}", f"{r.report.resolution:.0e}") for r in sweep(ours)}


def optimizers(rows: Iterable[parity.Row]) -> str:
    """The page of everything in ``minigrad.optim``."""
    compared: dict[str, list[parity.Row]] = {}
    for r in rows:
        for name in {part for part in r.rule.replace("(", " ").replace(",", " ").split() if part.isidentifier()}:
            compared.setdefault(name, []).append(r)
    parts = [OPTIMIZERS]
    for title, names in kinds().items():
        parts.append(f"## {title}\n")
        for name in names:
            parts += entry(name, getattr(optim, name, None) or getattr(schedules, name))
            parts += beside(compared.get(name, []))
    return "\n".join(parts)


def layers() -> str:
    """The page of everything in ``minigrad.nn``."""
    classes = [name for name in nn.__all__ if inspect.isclass(getattr(nn, name))]
    rest = [name for name in nn.__all__ if name not in classes and not inspect.ismodule(getattr(nn, name))]
    starts = initializers.__all__ if hasattr(initializers, "__all__") else public_functions(initializers)
    parts = [LAYERS]
    for title, names, module in (
        ("Modules and layers", classes, nn),
        ("Losses and functions", rest, nn),
        ("Initializers", starts, initializers),
    ):
        parts.append(f"## {title}\n")
        for name in names:
            parts += entry(name, getattr(module, name))
    return "\n".join(parts)


def reference() -> str:
    """The page of what is left of the public names."""
    top = [name for name in minigrad.__all__ if name not in OPS and name not in nn.__all__]
    parts = [REFERENCE]
    for path in REFERRED:
        module = import_module(path)
        names = top if module is minigrad else public_functions(module)
        parts.append(f"## {path}\n")
        for name in names:
            if callable(getattr(module, name)):  # no module, and no constant
                parts += entry(name, getattr(module, name))
    return "\n".join(parts)


def examples() -> str:
    """The page of the examples: what each of them is about, in its own first sentence."""
    parts = [EXAMPLES]
    for file in sorted((DOCS.parent / "examples").glob("[0-9]*")):
        if file.suffix == ".py":
            about = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            sentence = " ".join(about.split("\n\n")[0].split())
        else:
            first = json.loads(file.read_text(encoding="utf-8"))["cells"][0]["source"]
            sentence = "".join(first).splitlines()[0].lstrip("# ") + " (a notebook)."
        parts.append(f"- `examples/{file.name}`: {sentence}")
    return "\n".join(parts)


def public_functions(module) -> list[str]:
    """The functions and classes of a module that has no ``__all__``."""
    return getattr(module, "__all__", None) or [
        name
        for name, x in vars(module).items()
        if callable(x) and getattr(x, "__module__", "") == module.__name__ and not name.startswith("_")
    ]


def entry(name: str, made) -> list[str]:
    """A heading, how it is called, and its docstring. Raises ValueError for what has none."""
    text = inspect.getdoc(made)
    if not text:
        raise ValueError(f"{name} is public and has no docstring")
    return [f"### {name}\n", f"```text\n{name}{signature(made)}\n\n{text}\n```\n"]


def signature(made) -> str:
    """How it is called, without types; of an enumeration its members, for it is not called."""
    if isinstance(made, EnumMeta):
        return "".join(f"\n    {member.name}: {member.value}" for member in made)
    try:
        found = inspect.signature(made)
    except (TypeError, ValueError):
        return ""
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    text = str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return re.sub(r"<function <?(\w+)>? at 0x\w+>", r"\1", text)


def beside(rows: list[parity.Row]) -> Iterator[str]:
    """One line on what was compared."""
    if rows:
        libraries = sorted({r.reference.split()[0] for r in rows})
        named = " and ".join({"torch": "PyTorch", "optax": "optax"}[library] for library in libraries)
        count = f"{len(rows)} configuration{'s' * (len(rows) > 1)}"
        yield f"Beside {named}: {count}, largest difference {max(r.error for r in rows):.0e}.\n"


def kinds() -> dict[str, list[str]]:
    """The public names of the package, sorted into what they are."""
    penalties = ["L1", "L2", "ElasticNet", "GroupLasso", "Orthogonal", "Proximal", "sparsity"]
    helpers = [
        "EMA",
        "SWA",
        "SAM",
        "Accumulate",
        "Lookahead",
        "MaxNorm",
        "UnitNorm",
        "clip_grad_norm",
        "clip_grad_value",
    ]
    bases = ["Optimizer", "VectorOptimizer"]
    known = {*penalties, *helpers, *bases, "schedules"}
    return {
        "Optimizers": [name for name in optim.__all__ if name not in known] + bases,
        "Penalties": penalties,
        "Averages, wrappers, constraints, clipping": helpers,
        "Schedules": list(schedules.__all__),
    }


def main() -> None:
    pages = {
        "derivatives.md": derivatives(measured()),
        "optimizers.md": optimizers([*parity.optimizers(), *parity.lbfgs(), *parity.schedules()]),
        "layers.md": layers(),
        "reference.md": reference(),
        "examples.md": examples(),
    }
    for name, text in pages.items():
        (DOCS / name).write_text(text.rstrip() + "\n", encoding="utf-8")
        print(f"wrote docs/{name}")
    README.write_text(readme.filled(README.read_text(encoding="utf-8")), encoding="utf-8")
    print("wrote the tables of README.md")


if __name__ == "__main__":
    main()
