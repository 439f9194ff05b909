"""Charts show the data where it is, under names that stay text, and say the same in a table."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from minigrad.viz.charts import (
    CSS,
    Band,
    Relief,
    Series,
    bar_chart,
    contour_map,
    even_levels,
    heat_map,
    histogram,
    line_chart,
)
from minigrad.viz.charts.contours import outlines
from minigrad.viz.charts.frame import spread
from minigrad.viz.charts.paths import polyline, simplified, thinned
from minigrad.viz.charts.scale import Scale, tick_label
from minigrad.viz.charts.style import colours

HOSTILE = ["<script>alert(1)</script>", "\"quoted\" 'twice' & so on", "two\nlines\x00\u202e", "w" * 10_000]
GRID = np.add.outer(np.linspace(-1, 1, 20), np.linspace(-1, 1, 30))


def charts(name: str) -> list:
    """One chart of each kind, with this name wherever a name can go."""
    dots = Series(name, [1.0, 2.0], [3.0, 4.0], line=False, points=True)
    relief = Relief(name, GRID, [0.0])
    return [
        line_chart([Series(name, [1.0, 3.0])], title=name, x=name, y=name, bands=[Band(name, 1.0, 2.0)]),
        line_chart([dots], title=name, x=name, y=name, log_x=True, log_y=True),
        bar_chart([name, "b"], [Series(name, [1.0, -2.0]), Series("c", [0.0, 1.0])], title=name, y=name),
        histogram([0.0, 1.0, 2.0], [Series(name, [3, 0])], title=name, x=name, y=name),
        heat_map([[1, 0]], [name], [name, "b"], title=name, x=name, y=name),
        contour_map([relief], x=(0, 1), y=(0, 1), title=name, series=[dots], x_label=name, y_label=name),
    ]


@pytest.mark.parametrize("name", ["loss", *HOSTILE], ids=["plain", "script", "quotes", "control", "long"])
def test_any_name_stays_text_in_a_short_well_formed_picture(name):
    for chart in charts(name):
        picture = ElementTree.fromstring(chart.standalone())
        assert {element.tag.rpartition("}")[2] for element in picture.iter()} <= {
            "svg",
            "style",
            "rect",
            "path",
            "text",
        }
        figure = chart.figure()
        assert "<script" not in figure
        assert len(figure) < 12_000
        assert not set("\x00\u202e") & set(figure)


def test_nothing_in_a_picture_points_elsewhere():
    for chart in charts("loss"):
        assert not re.search(r"href|url\(|<image|\bon\w+=", chart.figure() + chart.standalone())
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_a_picture_is_the_same_from_run_to_run():
    assert [chart.figure() for chart in charts("loss")] == [chart.figure() for chart in charts("loss")]


def test_series_differ_in_dash_and_name_as_well_as_in_colour():
    picture = line_chart([Series(f"s{i}", [i, i + 1]) for i in range(8)], title="t", x="x", y="y").svg
    strokes = re.findall(r'class="l s\d"( stroke-dasharray="[^"]*")? d="M[^"]*h18"', picture)
    assert len(set(strokes)) == len(strokes) == 8
    assert all(f">s{i}</text>" in picture for i in range(8))


def test_markers_of_eight_series_all_look_different():
    picture = line_chart([Series(f"s{i}", [i], line=False, points=True) for i in range(8)], title="t", x="x", y="y").svg
    shapes = {re.sub(r"M[\d. -]+", "", d) for d in re.findall(r'd="(M[^"]*)"/><text', picture)}
    caps = re.findall(r'linecap="(\w+)"', picture)
    assert set(caps) == {"round", "square"}
    assert len(shapes) >= 7  # the circle and the square differ by their caps


@pytest.mark.parametrize(
    "values", [[], [math.nan, math.inf], [0.0], [0.0, 0.0], [-5.0, -5.0], [1e300, -1e300], [5e-324]]
)
@pytest.mark.parametrize("log", [False, True])
def test_any_values_give_a_picture_without_nan(values, log):
    chart = line_chart([Series("a", values)], title="t", x="x", y="y", log_y=log, log_x=log)
    assert "nan" not in re.sub(r"<text.*?</text>|aria-label=\"[^\"]*\"", "", chart.svg)
    assert "inf" not in chart.svg.partition(">")[2]


def test_a_value_that_is_not_finite_is_a_gap_in_the_line_and_a_dash_in_the_table():
    chart = line_chart([Series("a", [1.0, 2.0, None, 2.0, 1.0])], title="t", x="x", y="y")
    line = re.search(r'class="l s0" d="([^"]*)"', chart.svg)[1]
    assert line.count("M") == 2
    assert '<th scope="row">2</th><td>–</td>' in chart.table()


def test_a_point_stands_where_the_axes_say():
    chart = line_chart(
        [Series("a", [1.0, 100.0], [0.0, 10.0], line=False, points=True)], title="t", x="x", y="y", log_y=True
    )
    ticks = {
        words: (float(x), float(y))
        for x, y, words in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<', chart.svg)
    }
    (x0, y0), (x1, y1) = [tuple(map(float, p)) for p in re.findall(r"M([\d.]+) ([\d.]+)h0", chart.svg)][:2]
    assert x0 == pytest.approx(ticks["0"][0], abs=0.11)
    assert x1 == pytest.approx(ticks["10"][0], abs=0.11)
    assert y1 == pytest.approx(ticks["100"][1] - 4, abs=0.11)
    assert (y0 + y1) / 2 == pytest.approx(float(re.search(r'y="([\d.]+)" class="q e">10<', chart.svg)[1]) - 4, abs=0.11)


def test_ticks_are_round_within_the_scale_and_few():
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = np.sort(10 ** rng.uniform(-8, 8, 2))
        for log in (False, True):
            scale = Scale.over([a, b], log=log)
            assert scale.low <= a <= b <= scale.high
            ticks = scale.ticks(6)
            assert 2 <= len(ticks) <= 14
            assert all(scale.low * (1 - 1e-9) <= t <= scale.high * (1 + 1e-9) for t in ticks)
            assert len({tick_label(t) for t in ticks}) == len(ticks)


def test_a_long_series_keeps_its_spikes_in_a_short_path():
    y = np.sin(np.arange(100_000) / 1000)
    y[51_234] = 9.0
    points = thinned([(i * 400 / 100_000, float(v)) for i, v in enumerate(y)])
    assert max(v for _, v in points) == 9.0
    assert len(points) < 1300
    assert len(line_chart([Series("a", y)], title="t", x="x", y="y").svg) < 12_000


def test_what_is_left_out_of_a_line_was_on_it():
    points = [(float(i), 20 * math.sin(i / 9)) for i in range(200)]
    kept = simplified(points)
    assert len(kept) < 80
    xs, ys = zip(*kept)
    assert max(abs(np.interp(x, xs, ys) - y) for x, y in points) < 0.5


def test_rounding_does_not_add_up_along_a_path():
    path = polyline([(i * 0.04, 0.0) for i in range(1001)])
    steps = [float(step) for step in re.findall(r"[\d.]+", path.partition("l")[2])[::2]]
    assert sum(steps) == pytest.approx(40.0)


def test_an_outline_encloses_what_is_above_the_level():
    xs, ys = np.linspace(0, 3, 61), np.linspace(0, 2, 41)
    grid = np.hypot(*np.meshgrid(xs - 1.5, ys - 1.0))
    loops = outlines(-grid, -0.7, xs, ys)
    assert len(loops) == 1
    assert [math.hypot(x - 1.5, y - 1) for x, y in loops[0]] == pytest.approx([0.7] * len(loops[0]), abs=2e-3)
    ring = outlines(np.where((grid > 0.3) & (grid < 0.7), 1.0, 0.0), 0.5, xs, ys)
    assert len(ring) == 2
    everything = outlines(grid, -1.0, xs, ys)
    assert [area(loop) for loop in everything] == pytest.approx([6.0])


@pytest.mark.parametrize("seed", range(20))
def test_outlines_of_noise_enclose_about_as_much_as_is_above(seed):
    grid = np.random.default_rng(seed).normal(size=(25, 25))
    grid[3, 3] = np.nan
    xs = ys = np.arange(25.0)
    for level in (-1.0, 0.0, 1.0):
        enclosed = sum(area(loop) for loop in outlines(grid, level, xs, ys)) / 24**2
        assert enclosed == pytest.approx(np.mean(grid >= level), abs=0.12)


def area(loop) -> float:
    """Signed area: positive where the inside is on the left."""
    (x, y) = np.transpose(loop)
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_labels_do_not_overlap_and_stay_near_their_lines():
    rng = np.random.default_rng(1)
    for _ in range(100):
        wanted = sorted(rng.uniform(0, 200, rng.integers(1, 12)))
        places = spread(wanted, 14, 0, 200)
        assert len(places) == len(wanted)
        assert all(b - a > 14 - 1e-9 for a, b in pairwise(places))
        assert places[0] > -1e-9
        assert places[-1] <= 200 + 1e-9


def test_the_table_holds_every_value_and_of_many_rows_the_first_and_the_last():
    chart = line_chart([Series("a", range(1000)), Series("b", range(1000))], title="t", x="step", y="y")
    rows = re.findall(r'<tr><th scope="row">(\d[\d,]*)', chart.table())
    assert (rows[0], rows[-1], len(rows)) == ("0", "999", 40)
    assert "40 of 1,000 rows" in chart.table()


def test_a_chart_of_unequal_lengths_is_refused():
    with pytest.raises(ValueError, match="'a' has 1 x for 2 y"):
        line_chart([Series("a", [1, 2], [1])], title="t", x="x", y="y")
    with pytest.raises(ValueError, match="'a' has 1 counts for 2 intervals"):
        histogram([0, 1, 2], [Series("a", [1])], title="t", x="x")


@pytest.mark.parametrize("screen", [0, 1], ids=["light", "dark"])
def test_every_colour_stands_out_from_its_paper(screen):
    variables = dict(re.findall(r"--(\w+): (#\w+)", colours()[screen]))
    for name in (f"s{i}" for i in range(8)):
        bright, dim = sorted((luminance(variables[name]), luminance(variables["paper"])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 3, name


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_even_levels_ascend_without_repeats():
    assert even_levels(np.zeros((3, 3))) == [0.0]
    levels = even_levels(GRID, 5)
    assert levels == sorted(set(levels))
