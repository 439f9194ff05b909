"""Which tests are shown the faults of which files."""

from pathlib import Path

ENGINE = [
    f"tests/engine/test_{name}.py"
    for name in ("autograd", "backward", "hooks", "protocols", "replaced_data", "shapes", "tape")
]
"""The quick ones: the others look at memory and at millions of nodes."""

TESTS = {
    "minigrad/engine.py": [
        *ENGINE,
        *("tests/test_transforms.py", "tests/test_conversions.py", "tests/test_modes.py"),
        *("tests/test_elsewhere.py", "tests/tracing"),
    ],
    "minigrad/gradcheck": [
        *("tests/gradcheck", "tests/exam", "tests/viz/test_gradcheck_page.py", "tests/viz/test_edge_checks.py"),
        "tests/cli/test_check.py",
    ],
    "minigrad/ops": ["tests/ops", "tests/gradcheck/test_every_op.py", "tests/test_elsewhere.py"],
    "minigrad/optim": ["tests/optim", "tests/tracing", "tests/test_elsewhere.py"],
}
"""Of everything else, the tests in the folder of the same name."""


def tests_of(files: list[Path], root: Path) -> list[str]:
    """The tests of these files, and the examples in their docstrings."""
    found: list[str] = []
    for file in files:
        name = file.relative_to(root).as_posix()
        mapped = next((tests for prefix, tests in TESTS.items() if name.startswith(prefix)), None)
        found += [name, *(mapped or [f"tests/{name.split('/')[1].removesuffix('.py')}"])]
    return list(dict.fromkeys(found))
