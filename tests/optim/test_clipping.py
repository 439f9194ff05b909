"""Clipping scales or cuts, and refuses what is not finite."""

import math

import numpy as np
import pytest

from minigrad.errors import NonFiniteError
from minigrad.optim import clip_grad_norm, clip_grad_value
from minigrad.optim.clipping import total_norm
from tests.optim.parity import TORCH
from tests.optim.tools import leaf


def with_gradients(*gradients):
    params = [leaf(np.zeros(np.shape(g)), name=f"w{i}") for i, g in enumerate(gradients)]
    for p, g in zip(params, gradients, strict=True):
        p.grad = np.array(g, dtype=float)
    return params


def test_the_norm_and_the_clipped_gradients_are_pytorchs():
    golden = TORCH["clip_grad_norm"]
    params = with_gradients(*golden["in"])
    assert clip_grad_norm(params, golden["max"]) == golden["returned"]
    for p, expected in zip(params, golden["out"], strict=True):
        np.testing.assert_allclose(p.grad, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
def test_any_p_norm_is_brought_below_the_limit(norm_type):
    params = with_gradients([3.0, -4.0], [[12.0]])
    every = np.array([3.0, -4.0, 12.0])
    assert clip_grad_norm(params, 1.0, norm_type=norm_type) == pytest.approx(np.linalg.norm(every, norm_type))
    clipped = np.concatenate([p.grad.ravel() for p in params])
    assert np.linalg.norm(clipped, norm_type) == pytest.approx(1.0, abs=1e-6)


def test_below_the_limit_the_gradients_are_bit_for_bit_as_they_were():
    (w,) = with_gradients([0.1, 0.2])
    before = w.grad
    clip_grad_norm([w], 1.0)
    assert w.grad is before


def test_without_any_gradient_the_norm_is_0():
    assert clip_grad_norm([leaf([1.0])], 1.0) == 0.0
    assert clip_grad_norm([], 1.0) == 0.0


def test_an_infinite_limit_only_measures():
    (w,) = with_gradients([3.0, 4.0])
    assert clip_grad_norm([w], math.inf) == 5.0
    assert w.grad.tolist() == [3.0, 4.0]


def test_the_array_that_was_the_gradient_is_not_written_to():
    (w,) = with_gradients([3.0, 4.0])
    given = w.grad
    clip_grad_norm([w], 1.0)
    clip_grad_value([w], 0.1)
    assert given.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_a_gradient_that_is_not_finite_is_an_error_with_its_name_and_nothing_is_clipped(clip, bad):
    params = with_gradients([3.0, 4.0], [bad])
    with pytest.raises(NonFiniteError, match="the gradient of w1 is not finite: 1 of 1 elements"):
        clip(params, 1.0)
    assert params[0].grad.tolist() == [3.0, 4.0]


def test_huge_and_tiny_gradients_neither_overflow_nor_vanish():
    params = with_gradients([1e200], [1e200])
    assert clip_grad_norm(params, 1.0) == pytest.approx(math.sqrt(2) * 1e200)
    assert params[0].grad[0] == pytest.approx(1 / math.sqrt(2))
    assert clip_grad_norm(with_gradients([3e-200, 4e-200]), 1.0) == pytest.approx(5e-200)


def test_the_norm_of_ones_of_single_precision_and_of_empty_arrays():
    assert total_norm([np.ones(4)]) == 2
    assert total_norm([np.empty(0)]) == 0
    assert total_norm([np.empty(0), np.array([3.0, 4.0])]) == 5
    tenths = np.full(3, 0.1, np.float32)
    np.testing.assert_allclose(total_norm([tenths]), np.sqrt(3.0) * float(tenths[0]), rtol=1e-14)


def test_values_are_cut_off_at_the_limit():
    (w,) = with_gradients([-3.0, 0.5, 3.0])
    clip_grad_value([w], 1.0)
    assert w.grad.tolist() == [-1.0, 0.5, 1.0]


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_senseless_limit_is_an_error(limit):
    with pytest.raises(ValueError, match="max_norm must be a finite number > 0"):
        clip_grad_norm(with_gradients([1.0]), limit)
    with pytest.raises(ValueError, match="limit must be a finite number > 0"):
        clip_grad_value(with_gradients([1.0]), limit)


def test_float32_gradients_stay_float32():
    (w,) = with_gradients([3.0, 4.0])
    w.grad = w.grad.astype("float32")
    clip_grad_norm([w], 1.0)
    assert w.grad.dtype == np.float32


def test_a_tied_parameter_that_is_listed_twice_counts_once():
    (w,) = with_gradients([3.0, 4.0])
    assert clip_grad_norm([w, w], 1.0) == 5
    np.testing.assert_allclose(w.grad, [0.6, 0.8], rtol=1e-6)
