"""What all tests share: components that a contributor may lack, and that CI must have."""

import importlib
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the tests are small, and run side by side

import pytest
from _pytest.doctest import DoctestModule

pytest_plugins = ["tests.browser"]


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path):
    """Files of tests are not searched for doctests: one that cannot be imported would be skipped, and not be an error.

    pytest imports a file for its doctests first, skips it if that fails (some modules of minigrad need packages that
    may be missing), and then takes the half-made module for the whole one, without any tests.
    """
    found = yield
    return [c for c in found if not (file_path.name.startswith("test_") and isinstance(c, DoctestModule))]


def require(module: str, install: str):
    """Import an optional component. Where it is missing: a skip that says how to get it, and in CI a failure."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"needs {module}: {install} ({error})", allow_module_level=True)


@pytest.fixture(scope="session")
def torch():
    """PyTorch, the parity oracle: never a dependency of the package."""
    return require("torch", "pip install torch==2.13.0")
