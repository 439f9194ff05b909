import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck.report import Finding, Report
from minigrad.gradcheck.verdict import Verdict
from minigrad.optim.schedules import Cosine, Warmup


def shown(x):
    """The two faces of an object, and the text in its HTML."""
    bundle = x._repr_mimebundle_()
    assert x._repr_html_() == bundle["text/html"]
    root = ET.fromstring(bundle["text/html"])
    assert not [element.tag for element in root.iter() if element.tag.endswith("script")]
    assert len(bundle["text/html"].encode()) < 20_000
    assert len(bundle["text/plain"].encode()) < 20_000
    return bundle["text/plain"], " ".join(root.itertext())


def test_a_tensor_shows_shape_op_statistics_values_and_gradient():
    x = mg.tensor([[1.0, -2.0], [0.0, 4.0]], requires_grad=True, name="x")
    (x * x).sum().backward()
    plain, html = shown(x)
    assert plain == repr(x)
    for fact in ("(2, 2) float64", "leaf", "requires grad", "name x", "min -2", "mean 0.75", "max 4", "zeros 25 %"):
        assert fact in html
    assert "‖grad‖ 9.165" in html
    assert "-2" in html


def test_bars_show_the_means_of_the_columns_upwards_if_positive():
    html = mg.tensor([[1.0, -2.0, 0.0], [3.0, -2.0, 0.0]])._repr_html_()
    assert [bar.attrib["y"] for bar in ET.fromstring(html).iter("{http://www.w3.org/2000/svg}rect")] == ["1", "10"]


def test_a_computed_tensor_shows_the_line_that_made_it():
    x = mg.tensor(2.0, requires_grad=True)
    _, html = shown(x * 3)
    assert "multiply" in html
    assert "test_display.py" in html


@pytest.mark.parametrize(
    "data", [np.zeros((0, 3)), np.full((2, 2), np.nan), np.array([np.inf, 1]), np.ones((50, 60, 70)), True, 3], ids=str
)
def test_every_tensor_can_be_shown(data):
    shown(mg.tensor(data))


def test_a_module_shows_its_tree_with_the_parameters():
    plain, html = shown(nn.MLP([4, 8, 2], rng=0))
    assert plain.startswith("MLP([4, 8, 2])")
    for fact in ("MLP([4, 8, 2])", "58 parameters", "Linear(4, 8)", "weight (8, 4)", "40", "training"):
        assert fact in html


def test_a_large_module_says_how_much_it_leaves_out():
    plain, html = shown(nn.Sequential(*(nn.Linear(2, 2, rng=0) for _ in range(500))))
    assert "461 more modules" in html
    assert "more letters" in plain


@pytest.mark.parametrize(("verdict", "mark"), [(Verdict.PASS, "✓"), (Verdict.WRONG, "✗")])
def test_a_report_shows_its_verdict_in_a_word_and_a_sign(verdict, mark):
    report = Report("tanh", [Finding(verdict, "operand 0 (x)", shape=(2,), wrong=1, worst=(0,))])
    plain, html = shown(report)
    assert mark in html
    assert str(verdict) in plain
    assert str(verdict) in html


def test_a_schedule_shows_how_it_is_built_and_its_curve():
    schedule = Warmup(10, then=Cosine(0.1, 90))
    plain, html = shown(schedule)
    assert repr(schedule) == plain
    assert repr(schedule) in html
    assert f"steps 0 to {schedule.horizon}" in html


def test_hostile_names_are_text(hostile):
    _, html = shown(mg.tensor(1.0, name=hostile))
    assert hostile[:8].split("\n")[0] in html
    _, html = shown(Report(hostile, [Finding(Verdict.WRONG, hostile)]))
    assert hostile[:8].split("\n")[0] in html
    model = nn.Module()
    setattr(model, hostile.replace(".", ""), nn.ReLU())
    shown(model)
