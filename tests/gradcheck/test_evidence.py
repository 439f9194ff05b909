"""What a report shows of single elements: counts for a table, and the error against the step."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("every_report_as_before")

X = np.random.default_rng(0).standard_normal((4, 3))


def evidence(fn, *inputs):
    return mg.gradcheck(fn, *inputs).findings[0].evidence


def test_every_element_has_both_derivatives():
    seen = evidence(np.exp, X)
    assert seen.checked == 12
    np.testing.assert_allclose(seen.analytic, seen.numeric, rtol=1e-9)
    assert seen.median < 1e-9


def test_elements_at_a_kink_are_counted():
    seen = evidence(np.abs, np.array([0.0, 1.0, -2.0]))
    assert (seen.kinks, seen.checked) == (1, 3)


def test_truncation_falls_with_the_square_of_the_step_and_rounding_grows_as_it_shrinks():
    curve = evidence(np.exp, np.array([1.0])).curve()
    h, error = curve.h, curve.error
    steep = (h > 1e-3) & (h < 0.1)
    slope, _ = np.polyfit(np.log(h[steep]), np.log(error[steep]), 1)
    assert slope == pytest.approx(2, abs=0.05)
    assert error[h < 1e-12].max() > 1e-6 > error.min()
    assert curve.h.min() < curve.used < curve.h.max()


def test_the_curve_is_that_of_the_worst_element():
    @mg.op(x=lambda g, y, x: g * np.where(np.arange(3) == 1, 0.9, 1.0) * np.cos(x))
    def almost_sine(x):
        return np.sin(x)

    curve = evidence(almost_sine, np.array([0.5, 0.6, 0.7])).curve()
    assert curve.element == (1,)
    assert curve.backward == pytest.approx(0.1)


def test_parameters_are_put_back_after_a_curve():
    layer = nn.Linear(3, 2, rng=0)
    before = layer.weight.data
    report = mg.gradcheck(layer, X)
    assert all(finding.evidence.curve() for finding in report.findings)
    assert layer.weight.data is before


def test_where_the_derivative_is_0_there_is_no_relative_error_to_draw():
    assert evidence(lambda x: x * np.array([0.0]), np.array([1.0])).curve() is None


def test_the_table_has_a_row_for_each_parameter_of_a_module():
    headings, *rows = mg.gradcheck(nn.Linear(3, 2, rng=0), X).table()
    assert headings[:3] == ("operand", "shape", "checked")
    assert [row[:3] for row in rows] == [
        ("x", "4×3", "12/12"),
        ("weight", "2×3", "6/6"),
        ("bias", "2", "2/2"),
    ]
    assert all(row[-1] == "PASS" for row in rows)


def test_at_two_orders_rows_say_which():
    table = mg.gradcheck(np.sin, X, order=2).table()
    assert [row[0] for row in table[1:]] == ["x, order 1", "x, order 2", "arriving 0, order 2"]


def test_random_directions_have_no_elements_to_show():
    (finding,) = mg.gradcheck(np.sin, X, mode="probe").findings
    assert finding.evidence is None
    assert mg.gradcheck(np.sin, X, mode="probe").table()[1][2] == "along directions"


def test_beside_random_directions_a_sample_of_every_operand_is_looked_at():
    report = mg.gradcheck(nn.Linear(3, 20, rng=0), X, mode="probe", sample=5)
    assert [row[:3] for row in report.table()[1:]] == [
        ("all operands together", "92", "along directions"),
        ("x", "4×3", "5/12"),
        ("weight", "20×3", "5/60"),
        ("bias", "20", "5/20"),
    ]
    assert report.findings[1].evidence.kinks == 0
    assert str(report).startswith("PASS: Linear, 92 elements")
    assert report.resolution == report.findings[0].resolution
    with pytest.raises(ValueError, match="sample"):
        mg.gradcheck(np.sin, X, sample=-1)
