"""The report page in a real browser: what it shows, that it asks for nothing, and that everybody can use it."""

import csv
import dataclasses
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad import nn, optim
from minigrad.cli import main
from minigrad.data import load, split
from minigrad.data.preprocessing import Labels
from minigrad.errors import MinigradError
from minigrad.training import Trainer
from minigrad.training.runs import Run
from minigrad.viz.text import printable
from minigrad.viz.training_report import facts_of, facts_of_trainer, report
from tests.browser import accessibility_faults
from tests.viz.training_report.conftest import RUNS


@pytest.mark.parametrize("name", RUNS)
def test_a_report_opens_without_a_request_under_200_kb_with_a_table_for_every_picture(visit, runs, name):
    path = runs / name / "report.html"
    view = visit(path)
    assert path.stat().st_size < 200_000
    assert view.locator("svg.plot").count() >= 8
    assert view.locator("svg.plot").count() == view.locator("details.twin table").count()


@pytest.mark.parametrize(
    ("name", "scheme"), [("digits", "light"), ("blobs", "dark"), pytest.param("wine", "light", marks=pytest.mark.slow)]
)
def test_everybody_can_use_a_report(visit, runs, name, scheme):
    assert accessibility_faults(visit(runs / name / "report.html", color_scheme=scheme)) == []


def test_the_slider_reads_every_epoch_from_the_keyboard(visit, runs):
    view = visit(runs / "moons" / "report.html")
    history = Run(runs / "moons").history
    view.focus("#epoch")
    view.keyboard.press("Home")
    for row in history:
        said = view.inner_text("form.cursor output")
        assert said.startswith(f"epoch {row['epoch']} · step {row['step']} · train loss {row['train']['loss']:.4g}")
        assert view.get_attribute("#epoch", "aria-valuetext") == said
        view.keyboard.press("ArrowRight")
    lines = view.evaluate("[...document.querySelectorAll('path.at')].map((line) => line.getAttribute('d'))")
    assert len(lines) >= 6
    assert all(re.fullmatch(r"M[\d.]+ [\d.]+v[\d.]+", line) for line in lines)


def test_the_tables_unfold_from_the_keyboard(visit, runs):
    view = visit(runs / "moons" / "report.html")
    summary = view.locator("details.twin summary").first
    summary.focus()
    view.keyboard.press("Enter")
    assert view.locator("details.twin[open] table").first.is_visible()


def test_without_scripts_and_on_paper_all_is_there_but_the_slider(visit, runs):
    view = visit(runs / "digits" / "report.html", java_script_enabled=False)
    assert not view.is_visible("form.cursor")
    assert view.is_visible("svg.plot >> nth=0")
    printed = visit(runs / "digits" / "report.html", color_scheme="dark")
    printed.emulate_media(media="print")
    assert not printed.is_visible("form.cursor")
    assert printed.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_narrow_screen_needs_no_scrolling_sideways(visit, runs):
    view = visit(runs / "digits" / "report.html", viewport={"width": 360, "height": 800})
    assert view.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_mistakes_on_digits_are_pictures_of_the_very_scans(visit, runs):
    facts = facts_of(Run(runs / "digits"))
    view = visit(runs / "digits" / "report.html")
    wrong = np.flatnonzero(facts.outputs.argmax(axis=1) != facts.data.validation.y)
    pictures = view.locator(".scans img")
    assert pictures.count() == min(12, len(wrong))
    seen = view.evaluate(
        """async () => { const image = document.querySelector('.scans img'); await image.decode();
        const canvas = Object.assign(document.createElement('canvas'), {width: 8, height: 8});
        const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
        return [...pen.getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0); }"""
    )
    scans = np.round(255 - 255 * facts.data.validation.x[wrong])
    assert (scans == np.array(seen)).all(axis=1).any()
    truth, said = facts.data.validation.y, facts.outputs.argmax(axis=1)
    powers = np.exp(facts.outputs)
    expected = sorted(wrong, key=lambda i: powers[i, truth[i]] / powers[i].sum())[:12]
    words = [picture.get_attribute("alt") for picture in pictures.all()]
    assert words == [f"a {truth[i]}, taken for a {said[i]}" for i in expected]


def test_the_confusion_matrix_counts_what_the_model_answers(visit, runs):
    facts = facts_of(Run(runs / "digits"))
    view = visit(runs / "digits" / "report.html")
    cells = view.evaluate(
        """[...[...document.querySelectorAll('details.twin')].find((d) => d.textContent.includes('Confusion'))
        .querySelectorAll('tbody tr')].map((row) => [...row.querySelectorAll('td')].map((cell) => +cell.textContent))"""
    )
    truth, said = facts.data.validation.y, facts.outputs.argmax(axis=1)
    assert cells == [[int(np.sum((truth == i) & (said == j))) for j in range(10)] for i in range(10)]


def test_rows_of_a_file_are_shown_as_they_stand_in_it(visit, runs):
    path = runs / "wine" / "report.html"
    view = visit(path)
    with open(runs / "wine.csv", newline="") as file:
        rows = {(row["alcohol"], row["<b>soil</b>"], row["kind"]) for row in csv.DictReader(file)}
    shown = view.evaluate(
        """[...[...document.querySelectorAll('table')].find((t) => t.caption?.textContent.startsWith('wrong on'))
        .querySelectorAll('tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"""
    )
    assert shown[0] == ["true", "predicted", "with probability", "alcohol", "<b>soil</b>"]
    for true, _, _, alcohol, soil in shown[1:]:
        known = [row[0] for row in rows if row[1:] == (soil, true)]
        assert alcohol == "–" if "" in known and not _near(alcohol, known) else _near(alcohol, known)
    prepared = view.text_content("details:has-text('How the columns were prepared')")
    assert "left out" in prepared
    assert "which one more feature says" in prepared
    assert str(runs) not in path.read_text().partition("<h2>Make it again")[2].partition("</pre>")[2]


def _near(text: str, known: list[str]) -> bool:
    return text != "–" and any(k and abs(float(k) - float(text)) < 5e-3 for k in known)


def test_a_training_written_in_python_has_the_same_page(visit, tmp_path):
    data = load("blobs", rng=0)
    model = nn.Sequential(
        nn.Linear(2, 8, rng=0), nn.Residual(nn.Linear(8, 8, rng=1), nn.Tanh()), nn.Linear(8, 3, rng=2)
    )
    trainer = Trainer(model, nn.cross_entropy, optim.SGD(model, optim.schedules.Cosine(0.1, 75)), rng=0)
    with pytest.raises(MinigradError, match="not finished an epoch"):
        facts_of_trainer(trainer, data)
    trainer.fit(data, epochs=3)
    path = tmp_path / "report.html"
    path.write_text(report(facts_of_trainer(trainer, data)), encoding="utf-8")
    view = visit(path)
    assert view.locator("svg.plot").count() >= 10
    assert "How it was made" in view.inner_text("main")


@pytest.mark.parametrize("outputs", ["300 classes", "80 values"])
def test_a_run_of_very_many_outputs_still_fits(visit, tmp_path, outputs):
    rng, many = np.random.default_rng(0), int(outputs.split()[0])
    x = rng.normal(size=(3000, 2))
    y = rng.integers(many, size=3000) if "classes" in outputs else rng.normal(size=(3000, many))
    data = split("many", x, y, classes=many if "classes" in outputs else 0, rng=0).standardized()
    model = nn.MLP([2, 16, many], rng=0)
    loss = nn.cross_entropy if data.classes else nn.mse_loss
    trainer = Trainer(model, loss, optim.Adam(model), batch_size=500, check=False, rng=0)
    trainer.fit(data, epochs=2)
    path = tmp_path / "report.html"
    path.write_text(report(facts_of_trainer(trainer, data)), encoding="utf-8")
    assert path.stat().st_size < 200_000
    assert "worst mistakes" in visit(path).inner_text("main")


def test_a_very_long_run_still_fits(runs):
    facts = facts_of(Run(runs / "digits"))
    rows = [facts.history[i % 3] | {"epoch": i + 1, "step": 46 * (i + 1)} for i in range(5000)]
    assert len(report(dataclasses.replace(facts, history=rows)).encode()) < 200_000


def test_hostile_names_are_text_everywhere(visit, runs, tmp_path, hostile):
    facts = facts_of(Run(runs / "moons"))
    steps = dataclasses.replace(facts.data.preprocessing, target=Labels(hostile, (hostile, hostile + "2")))
    columns = tuple(dataclasses.replace(column, column=hostile) for column in steps.inputs)
    data = dataclasses.replace(facts.data, name=hostile, preprocessing=dataclasses.replace(steps, inputs=columns))
    rows = [json.loads(json.dumps(row)) for row in facts.history]
    for row in rows:
        row["updates"][hostile] = {"gradient": 1.0, "ratio": 0.001}
        row["units"][hostile] = {"units": 4, "dead": 4, "saturated": 0.0}
    config = facts.config | {"name": hostile, "command": hostile, "optimizer": hostile, "versions": {hostile: hostile}}
    config["checks"] = [{"name": hostile, "passed": False, "message": hostile}]
    path = tmp_path / "report.html"
    path.write_text(report(dataclasses.replace(facts, data=data, history=rows, config=config)), encoding="utf-8")
    assert path.stat().st_size < 200_000
    view = visit(path)
    assert (
        view.inner_text("h1").split(" · ")[0].strip()
        == printable(f"{hostile} · training report", 200).split(" · ")[0].strip()
    )
    assert view.locator("script").count() == 2


def test_runs_are_compared_on_one_page(visit, runs, tmp_path):
    path = tmp_path / "compare.html"
    done = CliRunner().invoke(main, ["report", str(runs / "moons"), str(runs / "blobs"), "-o", str(path)])
    assert done.exit_code == 0, done.output
    view = visit(path)
    assert accessibility_faults(view) == []
    assert view.locator("svg.plot").count() == 6
    assert "no setting was trained with two seeds" in view.inner_text("main")
    assert path.stat().st_size < 200_000
