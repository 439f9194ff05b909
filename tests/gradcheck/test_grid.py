"""The calls at which an op is checked: for every op of the table the same as before."""

import numpy as np
import pytest

from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.grid import accepted, grid
from minigrad.samples import Drawn, call, real
from tests.table import OPS


@pytest.mark.parametrize("name", OPS)
def test_the_calls_of_an_op_are_as_before(name, as_before):
    op, words, total = OPS[name], [], 0.0
    for label, drawn in grid(op, op.samples[:6], rng=0):
        words.append(f"{label}: {', '.join(map(told, drawn.args))} {sorted(drawn.kwargs)}")
        total += sum(map(summed, drawn.args))
    as_before(words, figures=[{"sum of all numbers": total}])


def told(x) -> str:
    """An argument: its shape, if it is an array, and whether some of its elements are equal."""
    if isinstance(x, np.ndarray):
        return f"{x.dtype}{list(x.shape)}" + (" with ties" if len(np.unique(x)) < x.size else "")
    return f"[{', '.join(map(told, x))}]" if isinstance(x, (list, tuple)) else str(x)


def summed(x) -> float:
    if isinstance(x, np.ndarray):
        return float(np.sum(x, where=np.isfinite(x), dtype=float)) if x.dtype.kind in "iuf" else 0.0
    return sum(map(summed, x)) if isinstance(x, (list, tuple)) else 0.0


def test_every_call_comes_once_and_samples_of_a_kind_share_their_variants():
    add = OPS["add"]
    labels = [label for label, _ in grid(add, [call(real(2, 3), real(2, 3)), call(real(4, 5), real(4, 5))], rng=0)]
    assert labels.count("as given") == 2
    assert labels.count("square") == 1
    assert labels.count("ties") == 2
    assert [label for label, _ in grid(add, [call(real(2), real(2))] * 2, rng=0)].count("as given") == 1


def test_a_sample_may_be_an_array_of_samples_alone():
    assert next(iter(grid(OPS["tanh"], [real(2, 3)], rng=0)))[1].args[0].shape == (2, 3)


def test_what_is_nowhere_finite_is_no_call():
    op = black_box(lambda x: x * np.nan, lambda g, y, x: g)
    assert accepted(op, call(real(2)), np.random.default_rng(0)) is None
    half = black_box(lambda x: x * np.array([np.nan, 1]), lambda g, y, x: g)
    assert accepted(half, call(real(2)), np.random.default_rng(0)) is not None


def test_calls_are_accepted_whatever_numpy_is_told_to_raise():
    op = black_box(lambda x: np.log(x - 1), lambda g, y, x: g)
    with np.errstate(all="raise"):
        assert accepted(op, Drawn((np.array([0.5, 2.0]),), {}), np.random.default_rng(0)) is not None
