"""NumPy's linear algebra library: which kernels it runs, and on how many threads. Here OpenBLAS answers for itself."""

import ctypes
import os
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

SYMBOLS = ("scipy_openblas_{}64_", "openblas_{}64_", "openblas_{}")
"""What its functions are called in NumPy's wheels, and in OpenBLAS as distributions build it."""


def use_one_thread() -> str:
    """Let OpenBLAS use one thread, unless ``OPENBLAS_NUM_THREADS`` says otherwise; returns what is used, in words.

    For the products of a small network one thread is faster than two. Importing minigrad has loaded NumPy already,
    so it is too late for the variable: OpenBLAS is told directly. The variable is set for the processes that this
    one starts.
    """
    chosen = "OPENBLAS_NUM_THREADS" in os.environ
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    tell, ask = openblas("set_num_threads"), openblas("get_num_threads")
    if tell is None or ask is None:
        return f"{linked()['name']}, threads as it chooses"
    if not chosen:
        tell(1)
    threads = ask()
    return f"OpenBLAS, {threads} thread{'s' * (threads > 1)}"


def openblas(name: str) -> Any:
    """A function of the OpenBLAS that NumPy has loaded, None where it has loaded another library."""
    library = _loaded()
    symbol = next((symbol for symbol in SYMBOLS if hasattr(library, symbol.format(name))), None)
    return None if symbol is None else getattr(library, symbol.format(name))


def linked() -> Any:
    """The name and version of the library that NumPy was built with."""
    return np.show_config(mode="dicts")["Build Dependencies"]["blas"]


def kernels() -> str | None:
    """The processor that the kernels in use were written for, as OpenBLAS calls it: "Haswell", "SkylakeX"."""
    ask = openblas("get_corename")
    if ask is None:
        return None
    ask.restype = ctypes.c_char_p
    return ask().decode()


@cache
def _loaded() -> ctypes.CDLL:
    """NumPy's own module: it is loaded already, and what it is linked with is found through it."""
    return ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
