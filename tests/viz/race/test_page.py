import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from minigrad import optim
from minigrad.viz.race import Entrant, race
from minigrad.viz.text import printable
from tests.browser import accessibility_faults
from tests.viz.conftest import HOSTILE


@pytest.fixture
def open_page(visit, tmp_path):
    """The page of a race in the browser."""

    def open_page(result, **options):
        result.html(tmp_path / "race.html")
        return visit(tmp_path / "race.html", **options)

    return open_page


def heads(view):
    """Where the markers at the ends of the paths are, on the map that is shown."""
    return [g.get_attribute("transform") for g in view.query_selector_all("[data-rotation]:not([hidden]) .head")]


def now(view):
    """The heights in the table."""
    return [float(cell.inner_text()) for cell in view.query_selector_all(".legend td:last-child")]


def test_the_keyboard_moves_the_paths_to_the_points_that_were_computed(open_page, result):
    view = open_page(result)
    end = heads(view)
    view.focus("#time")
    view.keyboard.press("Home")
    assert view.inner_text("#step") == "step 0"
    assert len(set(heads(view))) == 1
    start = heads(view)
    for expected in (1, 2, 3):
        view.keyboard.press("ArrowRight")
        assert view.inner_text("#step") == f"step {expected}"
        for height, lane in zip(now(view), result.lanes):
            run = lane.runs[0]
            assert height == pytest.approx(run.heights[min(expected, run.steps)], rel=0.01, abs=1e-12)
    assert heads(view) != start
    view.keyboard.press("End")
    assert heads(view) == end


def test_turning_shows_the_other_map_and_its_runs(open_page, result):
    view = open_page(result)
    before = view.inner_text(".legend tr[data-lane='1'] td:nth-child(3)")
    view.focus("#turn")
    view.keyboard.press("ArrowDown")
    after = view.inner_text(".legend tr[data-lane='1'] td:nth-child(3)")
    assert [before, after] == [str(run.arrived) for run in result.lane("RMSprop").runs]
    assert view.get_attribute("[data-rotation='0']", "hidden") is not None
    assert "Height above the minimum at 45°" in view.inner_text("main")
    assert "Height above the minimum at 0°" not in view.inner_text("main")


def test_play_goes_on_by_itself_and_pauses(open_page, result):
    view = open_page(result)
    view.focus("#play")
    view.keyboard.press("Enter")
    for _ in range(100):
        if int(view.input_value("#time")) >= 2:
            break
        view.wait_for_timeout(50)
    assert int(view.input_value("#time")) >= 2
    assert view.inner_text("#play") == "Pause"
    view.keyboard.press("Enter")
    assert view.inner_text("#play") == "Play"


def test_an_optimizer_can_be_taken_out_of_the_picture(open_page, result):
    view = open_page(result)
    view.focus(".legend tr[data-lane='0'] input")
    view.keyboard.press("Space")
    assert not view.is_visible("[data-rotation='0'] .lane[data-lane='0']")
    assert view.is_visible("[data-rotation='0'] .lane[data-lane='1']")


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1200), pytest.param("light", 390, marks=pytest.mark.slow)])
def test_it_has_no_accessibility_fault(open_page, result, scheme, width):
    view = open_page(result, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert accessibility_faults(view) == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_it_shows_the_end(open_page, result):
    view = open_page(result, java_script_enabled=False)
    assert not view.is_visible("#time")
    assert view.is_visible("[data-rotation='0'] .lane[data-lane='0']")


def test_hostile_names_are_text(open_page):
    names = list(HOSTILE.values())
    field = [Entrant(optim.SGD, {"lr": 0.01}, label=name) for name in names]
    result = race("ravine", field, rotations=[0], steps=5, command="minigrad race " + "".join(names))
    view = open_page(result)
    shown = [label.inner_text().strip() for label in view.query_selector_all(".legend tbody th")]
    assert shown == [printable(name).strip() for name in names]
    ET.fromstring(result.svg())
    assert "<script>alert" not in result._repr_html_()


def test_what_diverges_is_said_and_json_has_no_nan():
    result = race("ravine", "SGD(lr=0.1), Newton", rotations=[0], steps=20)
    text = json.dumps(result.to_dict(), allow_nan=False)
    descent, newton = json.loads(text)["optimizers"]
    assert (descent["runs"][0]["outcome"], newton["runs"][0]["outcome"]) == ("diverged", "arrived")
    assert descent["runs"][0]["steps"] is None
    assert math.isfinite(descent["runs"][0]["height_above_minimum"])
    assert "SGD(lr=0.1) leaves the landscape after" in str(result)
    assert "diverged" in result.html()


def test_the_page_of_a_whole_race_stays_small(result):
    assert len(result.html().encode()) < 100_000


def test_a_notebook_is_shown_the_picture_and_the_table(result):
    shown = result._repr_html_()
    assert len(shown.encode()) < 20_000
    assert shown.count("<svg") == 1
    assert str(result.lane("SGD").runs[0].arrived) in shown


def test_the_picture_is_a_file_that_shows_every_path(result):
    root = ET.fromstring(result.svg())
    groups = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "lane"]
    assert len(groups) == len(result.lanes)


def test_an_optimizer_of_ones_own_can_take_part():
    class Signs(optim.Optimizer):
        def direction(self, g, p, state, h, out):
            return np.sign(g)

    result = race("ravine", [Signs], rotations=[0], steps=30, lr=0.05)
    assert result.lane("Signs").runs[0].heights[-1] < 1
