"""The examples about optimization end in the numbers that they promise."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def numbers(name, capsys) -> dict:
    """What the example's ``main()`` returns, after it has printed something."""
    found = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]()
    assert capsys.readouterr().out.count("\n") >= 2
    return found


def test_overfitting_f2_fits_better_and_predicts_worse_until_it_is_regularized(capsys):
    found = numbers("05_overfitting", capsys)
    train, validation = zip(*(found[strength] for strength in (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)), strict=True)
    assert found["f2"][0] < 1e-20 < found["f1"][0]
    assert found["f2"][1] > 10 * found["f1"][1]
    assert list(train) == sorted(train)
    best = int(np.argmin(validation))
    assert 0 < best < 5
    assert validation[best] < found["f2"][1] / 10
    assert validation[5] > 2 * validation[best]


def test_sparse_weights_l2_spreads_and_l1_keeps_few(capsys):
    found = numbers("06_sparse_weights", capsys)
    assert abs(found["none"][0] - found["none"][1]) > 0.5
    assert abs(found["L2"][0] - found["L2"][1]) < 0.01
    assert (np.sum(found["L1"] == 0), np.sum(found["L1, proximal"] == 0)) == (0, 7)
    np.testing.assert_allclose(found["L1, proximal"][:2].sum(), found["L2"][:2].sum(), rtol=0.1)


def test_batch_size_small_batches_learn_more_from_the_same_examples(capsys):
    found = numbers("07_batch_size", capsys)
    sizes = sorted(found)
    steps, accuracy, noise = zip(*(found[size] for size in sizes), strict=True)
    assert sizes == [32, 64, 128, 1442]
    assert steps == (460, 230, 120, 10)
    assert list(accuracy) == sorted(accuracy, reverse=True)
    assert accuracy[0] > 0.9 > 0.5 > accuracy[3]
    assert noise[0] / noise[2] == pytest.approx(2, rel=0.15)  # a quarter of the examples, twice the noise


def test_landscapes_who_gets_past_the_ravine_the_saddle_and_the_noise(capsys):
    found = numbers("08_landscapes", capsys)
    plain = found["gradient descent"]
    assert plain["turns"] == 49  # across the ravine at every step
    for method in ("momentum", "Nesterov", "RMSprop", "Adam"):
        assert found[method]["ravine"] < 0.5 * plain["ravine"]
        assert found[method]["saddle"] < 0.5 * plain["saddle"]
    noise = found["noise"]
    assert noise["0.1"] == pytest.approx(10 * noise["0.01"], rel=0.5)
    assert noise["decaying"] < 0.2 * noise["0.1"]


def test_adam_l2_or_adamw_only_adamw_shrinks_all_weights_alike(capsys):
    found = numbers("10_adam_l2_or_adamw", capsys)
    expected = found["(1 - lr * decay)**t"]
    np.testing.assert_allclose(found["AdamW"], expected, atol=0.02)
    large, small = found["Adam + L2"]
    assert large > 0.9
    assert small < 0.4


def test_warmup_a_large_rate_needs_it(capsys):
    found = numbers("09_warmup", capsys)
    assert np.mean(found[3]) > np.mean(found[0]) + 0.2
    assert np.median(found[3]) > 0.9


def test_second_order_takes_fewer_steps(capsys):
    found = numbers("11_second_order", capsys)
    assert found["Newton"] == (5, 6)
    for method, most in {"Newton-CG": 30, "L-BFGS": 50}.items():
        assert found[method][0] < most
    for method in ("gradient descent", "momentum", "Adam"):
        assert found[method][0] > 1000
    fit = found["fit"]
    assert max(fit["Gauss-Newton, 10 steps"], fit["Levenberg-Marquardt, 10 steps"]) < 1e-10
    assert fit["gradient descent, 100 steps"] > 1e-3


def test_chance_and_scale_each_helps_where_it_should(capsys):
    found = numbers("18_chance_and_scale", capsys)
    (plain_train, plain), (dropped_train, dropped) = found["dropout"][0.0], found["dropout"][0.5]
    assert plain_train > 0.9 > dropped_train  # with 0.73 of the labels right
    assert dropped > plain + 0.1
    assert found["depth"]["none"] < 0.4
    assert found["depth"]["batch"] > 0.85
    assert found["blocks"] == pytest.approx(40.25, abs=0.2)


def test_decays_a_rate_that_falls_comes_nearest(capsys):
    found = numbers("19_decays", capsys)
    constant = min(found["constant 0.5"], found["constant 0.01"])
    assert found["constant 0.5"] == pytest.approx(0.5 / (2 * (2 - 0.5)), rel=0.05)
    for name in ("step", "cosine", "linear", "inverse square root"):
        assert found[name] < constant / 10
