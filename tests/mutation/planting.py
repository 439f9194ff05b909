"""Planting a fault in the running library: the code of each function is exchanged where the function lives."""

import gc
from types import CodeType, FunctionType

from tests.mutation.mutants import Mutant


def plant(mutant: Mutant, before: CodeType) -> int:
    """Give every function that the fault touches its new code; the number of functions that got one.

    ``before`` is the module's code without the fault. Closures, methods, and the formulas in decorators are functions
    like all others: they are found by their code.
    """
    changed = dict(_pairs(before, mutant.code()))
    planted = 0
    for function in gc.get_objects():
        if type(function) is FunctionType and function.__code__ in changed:
            function.__code__ = changed[function.__code__]
            planted += 1
    return planted


def _pairs(before: CodeType, after: CodeType):
    """The codes that differ, before and after, from the module inwards."""
    if before == after:
        return
    yield before, after
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (before, after)]
    for old, new in zip(*inner):
        yield from _pairs(old, new)


def codes(code: CodeType):
    """This code and every code inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)
