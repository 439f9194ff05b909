"""Which tests are shown the faults of which files."""

from pathlib import Path

TESTS = {
    "minigrad/engine.py": ["tests/engine", "tests/test_transforms.py", "tests/test_conversions.py"],
    "minigrad/gradcheck": ["tests/gradcheck"],
    "minigrad/ops": ["tests/ops", "tests/engine", "tests/gradcheck/test_every_op.py"],
    "minigrad/optim": ["tests/optim"],
}
"""Of everything else, the tests in the folder of the same name."""


def tests_of(files: list[Path], root: Path) -> list[str]:
    """The tests of these files, and the examples in their docstrings."""
    found: list[str] = []
    for file in files:
        name = file.relative_to(root).as_posix()
        mapped = next((tests for prefix, tests in TESTS.items() if name.startswith(prefix)), None)
        found += [name, *(mapped or [f"tests/{name.split('/')[1].removesuffix('.py')}"])]
    return [test for test in dict.fromkeys(found) if (root / test).exists()]
