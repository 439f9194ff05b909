"""How many threads multiply matrices: for those of a small network, one is faster than two."""

import ctypes
import os
from importlib import import_module

import numpy as np

SYMBOLS = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
"""What the function is called in NumPy's wheels, and in OpenBLAS as distributions build it."""


def use_one_thread() -> str:
    """Let OpenBLAS use one thread, unless ``OPENBLAS_NUM_THREADS`` says otherwise; returns what is used, in words.

    Importing minigrad has loaded NumPy already, so it is too late for the variable: OpenBLAS is told directly. The
    variable is set for the processes that this one starts.
    """
    chosen = "OPENBLAS_NUM_THREADS" in os.environ
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    library = ctypes.CDLL(
        import_module("numpy._core._multiarray_umath").__file__
    )  # loaded already: this finds what it is linked with
    symbol = next((symbol for symbol in SYMBOLS if hasattr(library, symbol.format("set"))), None)
    if symbol is None:
        return f"{np.show_config(mode='dicts')['Build Dependencies']['blas']['name']}, threads as it chooses"
    if not chosen:
        getattr(library, symbol.format("set"))(1)
    threads = getattr(library, symbol.format("get"))()
    return f"OpenBLAS, {threads} thread{'s' * (threads > 1)}"
