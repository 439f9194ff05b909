"""The examples about the engine and about training end in the numbers that they promise."""

import pytest

from tests.examples.test_optimization import numbers


def test_scalar_autograd_sixty_lines_agree_with_minigrad(capsys):
    for ours, theirs in numbers("01_scalar_autograd", capsys).values():
        assert ours == pytest.approx(theirs, rel=1e-14)


def test_xor_by_hand_the_same_numbers_as_by_backward(capsys):
    found = numbers("02_xor_by_hand", capsys)
    assert found["difference"] < 1e-13
    assert found["right"]
    assert found["last"] < 1e-6 < 0.5 < found["first"]


def test_spirals_need_hidden_layers(capsys):
    found = numbers("03_spirals", capsys)
    assert found["linear"] < 0.8
    assert found["one hidden layer"] > 0.95
    assert found["two hidden layers"] >= found["one hidden layer"]


def test_digits_are_learnt_and_every_check_before_step_1_passes(capsys):
    found = numbers("04_digits", capsys)
    assert found["accuracy"] > 0.96
    assert all(passed for _, passed in found["checks"])


def test_gradient_bug_is_found_at_its_node_with_what_is_missing(capsys):
    found = numbers("12_gradient_bug", capsys)
    assert found["report"].startswith("WRONG gradient: hasty_norm, operand 0 (x), at 12_gradient_bug.py:")
    assert "TERM_MISSING" in found["report"]
    assert found["mended"]
    assert found["right"] < found["hasty"]


def test_hessian_curvature_decides_the_learning_rate(capsys):
    found = numbers("13_hessian", capsys)
    assert found["bowl"].tolist() == pytest.approx([1, 20])
    assert found["saddle"][0] < 0 < found["saddle"][1]
    assert found["top"] == pytest.approx(found["exact"], rel=1e-5)
    assert found["losses"][1.9] < found["losses"][0.5] < found["losses"][8.0]


def test_custom_op_is_right_and_a_surrogate_lets_through_what_the_true_derivative_stops(capsys):
    found = numbers("14_custom_op", capsys)
    assert found["right"]
    assert found["straight through"] < 1e-3 < 1 < found["true derivative, which is 0"]


def test_your_own_csv_blanks_and_words_are_read_and_new_rows_predicted_almost_to_the_noise(capsys):
    found = numbers("15_your_own_csv", capsys)
    assert list(found["features"]) == [
        *("size", "district=harbour", "district=hill", "district=old town"),
        *("floor", "floor=(missing)", "age"),
    ]
    assert list(found["left out"]) == ["flat", "country"]
    assert found["noise"] < found["new rows"] < 1.3 * found["noise"]
    assert found["guessing the mean"] > 5 * found["new rows"]
