"""The page of a landscape in a real browser, and the command that writes it."""

import json
import shutil
import xml.etree.ElementTree as ET

import pytest

from minigrad.viz.landscape import landscape
from tests.browser import accessibility_faults
from tests.viz.conftest import HOSTILE


@pytest.fixture(scope="module")
def found(runs):
    return landscape(runs / "moons", grid=9, command="minigrad landscape runs/moons")


@pytest.fixture
def open_page(visit, found, tmp_path):
    def open_page(**options):
        found.html(tmp_path / "landscape.html")
        return visit(tmp_path / "landscape.html", **options)

    return open_page


def four(x):
    """A loss as the page says it."""
    return f"{float(f'{x:.4g}'):g}"


def test_the_arrow_keys_walk_over_the_plane_and_read_the_loss_that_was_measured(open_page, found):
    view = open_page()
    assert f"at (0, 0): loss {four(found.height)}, 1 times the model's" == view.inner_text("#walk output")
    start = view.get_attribute("figure .here >> nth=0", "transform")
    view.focus("#x")
    view.keyboard.press("ArrowRight")
    view.keyboard.press("ArrowRight")
    view.focus("#y")
    view.keyboard.press("ArrowLeft")
    said = view.inner_text("#walk output")
    assert said.startswith(f"at (0.5, -0.25): loss {four(found.plane.grid[3, 6])}, ")
    assert view.get_attribute("#y", "aria-valuetext") == said
    assert view.get_attribute("figure .here >> nth=0", "transform") != start


def test_a_slider_goes_through_the_snapshots(open_page, found):
    view, path = open_page(), found.path
    view.focus("#snapshot")
    view.keyboard.press("Home")
    for epoch, train, validation in zip(path.epochs, *path.losses.values()):
        expected = f"epoch {epoch} · training loss {four(train)} · validation loss {four(validation)}"
        assert view.inner_text("#go output") == expected
        view.keyboard.press("ArrowRight")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_it_has_no_accessibility_fault_and_fits_the_screen(open_page, scheme, width):
    view = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    assert accessibility_faults(view) == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_pictures_and_their_tables_are_there(open_page):
    view = open_page(java_script_enabled=False)
    assert not view.is_visible("#walk")
    assert view.locator("svg.plot").count() == view.locator("details.twin table").count() == 4


def test_a_hostile_name_is_text(visit, runs, tmp_path):
    folder = tmp_path / "runs"
    shutil.copytree(runs / "moons", folder / "moons")
    (folder / "moons").rename(folder / "<b>hostile & 'more'")
    found = landscape(folder / "<b>hostile & 'more'", grid=3, command="".join(HOSTILE.values()))
    page = tmp_path / "page.html"
    found.html(page)
    view = visit(page)
    assert view.inner_text("h1") == "<b>hostile & 'more' · loss landscape"
    assert view.locator("script").count() == 2


def test_the_command_writes_the_page_the_pictures_and_a_table(run, runs, tmp_path):
    plane, path = tmp_path / "plane.svg", tmp_path / "path.svg"
    done = run("landscape", runs / "moons", "--grid", 9, "--svg", plane, "--path-svg", path)
    assert done.exit_code == 0, done.output
    page = runs / "moons" / "landscape.html"
    assert done.stdout.splitlines()[-1] == f"wrote   {page} · {plane} · {path}"
    assert "moons · loss landscape · 9 × 9 points, training loss, seed 0" in done.stdout
    assert page.stat().st_size < 100_000
    for picture in (plane, path):
        assert '<circle class="s1" r="7" fill="var(--paper)"' in picture.read_text()  # without the page's style, too
        assert ET.parse(picture).getroot().tag.endswith("svg")


def test_quiet_says_only_what_was_written_and_json_is_one_object(run, runs, tmp_path):
    page = tmp_path / "page.html"
    assert run("landscape", runs / "curves", "--grid", 3, "--html", page, "--quiet").stdout == f"wrote   {page}\n"
    told = json.loads(run("landscape", runs / "curves", "--grid", 3, "--html", page, "--json").stdout)
    assert told["plane"]["loss"][1][1] == told["loss"]["train"]
    assert len(told["path"]["points"]) == len(told["path"]["epochs"])


def test_the_other_part_of_the_data_has_a_landscape_of_its_own(run, runs, tmp_path):
    options = ("--grid", 3, "--html", tmp_path / "page.html", "--json")
    train, validation = (
        json.loads(run("landscape", runs / "moons", "--on", part, *options).stdout) for part in ("train", "validation")
    )
    assert validation["plane"]["loss"][1][1] == train["loss"]["validation"] != train["loss"]["train"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere",), 1, "nowhere/config.json' cannot be read"),
        (("{runs}/moons", "--grid", "10"), 2, "--grid must be odd, so that the model is in the middle: write 11"),
        (("{runs}/moons", "--reach", "nan"), 2, "nan"),
        (("{runs}/moons", "--grid", "3", "--svg", "no/such/folder.svg"), 1, "no/such"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, runs, arguments, code, message):
    done = run("landscape", *(argument.format(runs=runs) for argument in arguments))
    assert (done.exit_code, done.stderr.count("\n")) == (code, 1)
    assert message in done.stderr


def test_a_run_without_snapshots_has_no_path_and_says_so(run, runs, tmp_path):
    folder = tmp_path / "bare"
    shutil.copytree(runs / "moons", folder)
    shutil.rmtree(folder / "snapshots")
    done = run("landscape", folder, "--grid", 3)
    assert "no path: the run kept fewer than two snapshots of its weights" in done.stdout
    assert run("landscape", folder, "--grid", 3, "--path-svg", tmp_path / "p.svg").exit_code == 1
