import json
import re

import numpy as np
import pytest

from minigrad.viz.page import asset, details, json_text, page, table
from minigrad.viz.text import printable
from tests.browser import accessibility_faults

BODY = table(["step", "loss"], [[1, 0.5], [2, 0.25]], "losses") + details("more", "<p>folded</p>")
SCRIPT = 'document.getElementById("out").textContent = JSON.parse(document.getElementById("data").textContent).name;'


@pytest.fixture
def written(tmp_path):
    """Write a page, and say where."""

    def write(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_script_of_a_page_runs_and_reads_its_data(visit, written):
    view = visit(written(page("title", '<p id="out"></p>', script=SCRIPT, data={"name": "</script>é"})))
    assert view.inner_text("#out") == "</script>é"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_has_no_accessibility_fault_on_a_light_or_dark_screen(visit, written, scheme):
    view = visit(written(page("losses", BODY)), color_scheme=scheme)
    assert accessibility_faults(view) == []


def test_accessibility_faults_are_seen(visit, written):
    view = visit(written(page("picture", '<img src="data:,"><p style="color:#eee;background:#fff">pale</p>')))
    assert [fault.split(":")[0] for fault in accessibility_faults(view)] == ["color-contrast", "image-alt"]


def test_a_script_that_came_in_with_a_name_does_not_run(browser, written):
    view = browser.new_page()
    view.goto(written(page("x", "<script>document.title='run'</script>", script="1")).as_uri())
    assert view.title() == "x"
    view.close()


def test_nothing_can_be_fetched(browser, written):
    view, asked = browser.new_page(), []
    path = written(page("x", '<img src="other.png" alt="other">', script='fetch("data.json").catch(() => 0)'))
    view.on("requestfinished", lambda request: asked.append(request.url))
    view.goto(path.as_uri())
    assert asked == [path.as_uri()]
    view.close()


def test_hostile_names_are_text(visit, written, hostile):
    view = visit(written(page(hostile, table([hostile], [[hostile]], hostile), data={"name": hostile}, script="1")))
    assert view.inner_text("h1") == printable(hostile, 200)
    assert json.loads(view.text_content("#data"))["name"] == hostile


def test_json_has_no_nan_and_takes_arrays():
    assert json_text({"a": np.array([1.0, np.nan]), 2: (np.float32(0.5), np.inf)}) == '{"a":[1.0,null],"2":[0.5,null]}'


def test_a_script_that_would_end_early_is_refused():
    with pytest.raises(ValueError, match="must not contain </script"):
        page("x", "", script='"</script>"')


def test_every_colour_is_given_for_light_dark_and_print():
    """Except --focus, which paper does not need."""
    light, dark, printed = (set(re.findall(r"--\w+(?=:)", block)) for block in asset("page.css").split(":root {")[1:])
    assert light == dark
    assert light - printed == {"--focus"}
