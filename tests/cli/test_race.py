import json
import sys

import pytest

from tests.conftest import require

SHORT = ("race", "ravine", "--optimizers", "sgd, newton", "--rotations", "0,45", "--steps", "60", "--kappa", "5")


def test_a_race_is_a_table_with_the_theory_beside_it(run):
    done = run(*SHORT)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "race on ravine · (x² + 5 y²) / 2 · from (-1.5, 0.7)"
    assert any(line.startswith("Newton") and line.split()[3:5] == ["1", "1"] for line in lines)
    assert "(√k - 1) / (√k + 1)" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_one_object_and_nothing_else(run):
    found = json.loads(run(*SHORT, "--json").stdout)
    assert found["surface"] == "ravine"
    assert [[r["steps"] for r in o["runs"]] for o in found["optimizers"]][1] == [1, 1]
    assert all(rate["error"] < 0.05 for rate in found["theory"])


def test_the_same_seed_gives_the_same_race(run):
    noisy = (*SHORT, "--noise", "0.1", "--json")
    first, again, other = run(*noisy), run(*noisy), run(*noisy, "--seed", "1")
    assert first.stdout == again.stdout != other.stdout


def test_files_are_written_and_named(run, tmp_path):
    page, picture = tmp_path / "race.html", tmp_path / "race.svg"
    done = run(*SHORT, "--rotate", "45", "--html", str(page), "--svg", str(picture))
    assert done.stdout.splitlines()[-1] == f"wrote {page} · {picture}"
    assert 'data-rotation="0" hidden' in page.read_text(encoding="utf-8")
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_a_film_is_drawn_by_matplotlib(run, tmp_path):
    require("matplotlib", "pip install matplotlib")
    film = tmp_path / "race.gif"
    done = run("race", "ravine", "--optimizers", "newton", "--rotations", "0", "--gif", str(film))
    assert done.exit_code == 0, done.output
    assert film.read_bytes()[:6] == b"GIF89a"


def test_without_matplotlib_a_film_says_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.animation", None)
    done = run("race", "ravine", "--optimizers", "newton", "--rotations", "0", "--gif", str(tmp_path / "race.gif"))
    assert done.exit_code == 1
    assert 'pip install "minigrad[plot]"' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bowl",), "'bowl' is not one of 'ravine'"),
        (("ravine", "--optimizers", "foo"), "there is no optimizer foo"),
        (("saddle", "--kappa", "3"), "saddle has no kappa"),
        (("ravine", "--start", "1"), "'1' is not 2 numbers separated by commas"),
        (("ravine", "--start", "0,0"), "no race starts at (0.0, 0.0)"),
        (("ravine", "--start", "nan,0"), "is not 2 numbers"),
        (("ravine", "--lr", "nan"), "nan"),
        (("ravine", "--rotations", "0,0"), "different finite numbers of degrees"),
        (("ravine", "--noise", "inf"), "noise must be a finite number from 0"),
        (("ravine", "--tolerance", "nan"), "tolerance must be a finite number from 0"),
        (("saddle", "--optimizers", "gaussnewton"), "saddle is no sum of squares"),
        (("ravine", "--steps", "0"), "0 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, arguments, message):
    done = run("race", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_cannot_be_written_is_an_error(run, tmp_path):
    done = run(*SHORT, "--svg", str(tmp_path / "no" / "race.svg"))
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
