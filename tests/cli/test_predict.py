"""minigrad predict: an answer for each row of a new file, or one line that says why there is none."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad.cli import main

HEADER = "size,weight,color,label\n"
QUICK = ["--epochs", "8", "--no-check", "--no-report", "--quiet"]


def rows(count, seed=0):
    """Red ones are a, blue ones b; the numbers tell nothing."""
    rng = np.random.default_rng(seed)
    colors = rng.choice(["red", "blue"], count)
    return "".join(f"{rng.normal():.3f},{rng.normal(100, 10):.3f},{c},{'a' if c == 'red' else 'b'}\n" for c in colors)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with runs: of a table with texts, of one of numbers only, and of values."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "texts.csv").write_text(HEADER + rows(100))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 2))
    lines = [f"{a:.3f},{b:.3f},{100 + 20 * a:.3f}\n" for a, b in x]
    (folder / "values.csv").write_text("u,v,y\n" + "".join(lines))
    np.savez(folder / "numbers.npz", X=x, y=np.where(x[:, 0] > 0, "yes", "no"))
    for name, target in (("texts.csv", "label"), ("values.csv", "y"), ("numbers.npz", "y")):
        line = ["train", str(folder / name), "--target", target, *QUICK, "--out", str(folder)]
        done = CliRunner().invoke(main, [*line, "--name", name.partition(".")[0]])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def predict(run, runs, tmp_path):
    """Predict the rows of a table by the run of this name."""

    def predict(content, *options, name="texts"):
        path = tmp_path / "new.csv"
        path.write_text(content)
        return run("predict", str(runs / name), str(path), *options)

    return predict


def table(text):
    header, *lines = csv.reader(io.StringIO(text))
    return header, lines


def test_each_row_gets_a_label_and_the_probability_of_each(predict):
    result = predict("size,weight,color\n0,100,red\n0,100,blue\n")
    assert (result.exit_code, result.stderr) == (0, "")
    header, lines = table(result.stdout)
    assert header == ["label", "p(a)", "p(b)"]
    assert [line[0] for line in lines] == ["a", "b"]
    assert all(abs(float(p) + float(q) - 1) < 1e-5 for _, p, q in lines)


def test_columns_go_by_their_names_and_others_are_not_used(predict):
    first = predict("size,weight,color\n1,90,red\n")
    result = predict("color,more,weight,size\nred,7,90,1\n")
    assert result.stdout == first.stdout
    assert result.stderr == "not used: more\n"


def test_where_the_answers_are_there_the_score_is_told(predict):
    assert predict(HEADER + rows(50, seed=1)).stderr == "accuracy 100.0 % (50 of 50 rows)\n"
    assert predict(HEADER + "1,90,red,a\n1,90,red,\n").stderr == "accuracy 100.0 % (1 of 1 rows)\n"
    told = predict(HEADER + "1,90,red,zz\n").stderr
    assert told == "labels that training has not seen: zz\naccuracy 0.0 % (0 of 1 rows)\n"


def test_values_are_in_their_own_units(predict):
    result = predict("u,v,y\n1,0,120\n-1,0,80\n", name="values")
    header, lines = table(result.stdout)
    assert header == ["y"]
    np.testing.assert_allclose([float(line[0]) for line in lines], [120, 80], atol=8)
    assert result.stderr.startswith("root mean squared error ")


def test_an_npz_file_is_predicted_too(run, runs, tmp_path):
    np.savez(tmp_path / "new.npz", X=[[2.0, 0.0], [-2.0, 0.0]], y=np.array(["yes", "yes"]))
    result = run("predict", str(runs / "numbers"), str(tmp_path / "new.npz"))
    assert [line[0] for line in table(result.stdout)[1]] == ["yes", "no"]
    assert result.stderr == "accuracy 50.0 % (1 of 2 rows)\n"


def test_json_is_one_object_and_nothing_else(predict):
    result = predict("size,weight,color,more\n0,100,red,1\n", "--json")
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert answer["predictions"] == ["a"]
    assert answer["labels"] == ["a", "b"]
    assert answer["notes"] == ["not used: more"]


def test_the_predictions_go_into_a_file_where_asked_for(predict, tmp_path):
    content = "size,weight,color\n0,100,red\n"
    result = predict(content, "--out", str(tmp_path / "out.csv"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path(tmp_path / "out.csv").read_text() == predict(content).stdout


def test_every_row_keeps_its_place_even_one_of_nothing(predict):
    result = predict("size,weight,color\n0,100,red\n,,\n0,100,blue\n")
    labels = [line[0] for line in table(result.stdout)[1]]
    assert len(labels) == 3
    assert (labels[0], labels[2]) == ("a", "b")
    assert "missing, filled with the median: size 1, weight 1" in result.stderr
    assert "color holds in 1 of 3 rows nothing, which training has not seen" in result.stderr


def test_a_text_that_training_has_not_seen_is_told(predict):
    told = predict("size,weight,color\n0,100,green\n").stderr
    assert told == "color holds in 1 of 1 rows texts that training has not seen, such as 'green'\n"


WRONG = {
    "size,weight\n1,2\n": r"lacks color, which the model needs; its columns are size, weight",
    "1,2,red\n": "lacks size, weight, color, which the model needs",
    "size,weight,color\nx,2,red\n": "line 2: column 'size': 'x' is not a number",
    "size,weight,color\ninf,2,red\n": "line 2: column 'size': 'inf' is not a finite number",
    "size,weight,color\n1,2,red\n1e300,2,red\n": "row 2: 'size' is too large for float32 once it is scaled",
    "size,weight,color\n": "has no rows to predict",
    "": "is empty",
    "size,size,weight,color\n1,1,2,red\n": "line 1: columns of the same name: size",
}


@pytest.mark.parametrize("content", WRONG, ids=map(repr, WRONG))
def test_what_cannot_be_predicted_is_refused_in_one_line(predict, content):
    result = predict(content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert WRONG[content] in result.stderr


@pytest.mark.parametrize(
    ("name", "arrays", "reason"),
    [
        ("texts", {"X": np.zeros((2, 3))}, "the model needs texts (color), so rows come as .csv"),
        ("numbers", {"X": np.zeros((2, 3))}, "X has shape (2, 3), needed is (N, 2)"),
        ("numbers", {"A": np.zeros((2, 2))}, "has no array 'X'; there are A"),
        ("numbers", {"X": np.full((2, 2), np.nan)}, "4 values are not finite, the first at (0, 0)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(run, runs, tmp_path, name, arrays, reason):
    np.savez(tmp_path / "new.npz", **arrays)
    result = run("predict", str(runs / name), str(tmp_path / "new.npz"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


@pytest.mark.parametrize("place", ["absent/out.csv", "."])
def test_a_place_that_cannot_be_written_ends_with_1(predict, place):
    result = predict("size,weight,color\n0,100,red\n", "--out", place)
    assert result.exit_code in (1, 2)
    assert "cannot be written" in result.stderr or "is a directory" in result.stderr
    assert result.stderr.count("\n") == 1
