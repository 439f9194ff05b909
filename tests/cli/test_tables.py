"""Tables that were not made for minigrad: scikit-learn's, with gaps and a text column, and no option but the target."""

import csv
import json

import numpy as np
import pytest

from minigrad.data.own import from_csv
from tests.conftest import require

sklearn = require("sklearn", "pip install scikit-learn")

from sklearn import datasets  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402


def write(name, path):
    """Write a data set of scikit-learn as CSV: 3 % of the cells blank, and a column of three words."""
    data, rng = getattr(datasets, f"load_{name}")(), np.random.default_rng(0)
    sizes = np.digitize(data.data[:, 0], np.quantile(data.data[:, 0], [1 / 3, 2 / 3]))
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "size", "label"])
        for x, y, size in zip(data.data, data.target, sizes):
            cells = ["" if rng.random() < 0.03 else repr(float(value)) for value in x]
            answer = repr(float(y)) if name == "diabetes" else data.target_names[y]
            writer.writerow([*cells, ["low", "middle", "high"][size], answer])


def ours(run, path, seed):
    """The accuracy of ``minigrad train`` on the rows kept aside, or its mean squared error in parts of the variance."""
    line = ["train", str(path), "--target", "label", "--json", "--no-save"]
    if seed:
        line += ["--seed", str(seed), "--split-seed", str(seed)]
    result = run(*line)
    assert (result.exit_code, result.stderr) == (0, "")
    scores = json.loads(result.stdout)["validation"]
    return scores["loss"] if scores["accuracy"] is None else scores["accuracy"]


def theirs(path, seed, state=None):
    """The same of scikit-learn, for the same rows, with the same features."""
    data, state = from_csv(path, "label", seed=seed), seed if state is None else state
    if data.classes:
        return MLPClassifier(random_state=state, max_iter=2000).fit(*data.train).score(*data.validation)
    model = MLPRegressor(random_state=state, max_iter=2000).fit(data.train.x, data.train.y.ravel())
    return float(np.mean((model.predict(data.validation.x) - data.validation.y.ravel()) ** 2))


def compared(run, path, seeds):
    """The means of both over some splits."""
    pairs = [(ours(run, path, seed), theirs(path, seed)) for seed in range(seeds)]
    return np.mean(pairs, axis=0)


def test_a_table_with_gaps_and_texts_is_learnt_as_well_as_by_scikit_learn(run, tmp_path):
    write("wine", tmp_path / "my.csv")
    found, expected = compared(run, tmp_path / "my.csv", 2)
    assert found > expected - 0.02


@pytest.mark.slow
@pytest.mark.parametrize(("name", "splits"), [("iris", 40), ("wine", 40), ("breast_cancer", 40), ("digits", 5)])
def test_classes_of_many_tables_are_learnt_as_well_as_by_scikit_learn(run, tmp_path, name, splits):
    """On the mean of many splits; and where a split is worse, it is by what another random state does to the other.

    Of the 36 rows of wine that are kept aside one is 2.8 points, so that splits cannot be compared one by one.
    """
    path = tmp_path / "my.csv"
    write(name, path)
    scores = [(ours(run, path, seed), theirs(path, seed), theirs(path, seed, 1000 + seed)) for seed in range(splits)]
    found, expected, other = map(np.array, zip(*scores))
    worse, worse_by_itself = (int(np.sum(x < expected - 0.02)) for x in (found, other))
    print(f"{name}: accuracy {found.mean():.4f}, scikit-learn {expected.mean():.4f}; by 2 points worse in {worse} of")
    print(f"{splits} splits, scikit-learn with another random state in {worse_by_itself}")
    assert found.mean() > expected.mean() - 0.01
    assert worse <= worse_by_itself + splits / 10


@pytest.mark.slow
def test_values_are_learnt_as_well_as_by_scikit_learn(run, tmp_path):
    write("diabetes", tmp_path / "my.csv")
    found, expected = compared(run, tmp_path / "my.csv", 5)
    print(f"diabetes: mean squared error {found:.4f} of the variance, scikit-learn {expected:.4f}")
    assert found < expected + 0.02


def test_what_was_found_out_about_the_table_is_said(run, tmp_path):
    write("wine", tmp_path / "my.csv")
    shown = run("train", str(tmp_path / "my.csv"), "--target", "label", "--epochs", "1", "--no-save").stdout
    assert "  target  label: 3 different texts (class_0, class_1, class_2), so classification" in shown
    assert "  missing alcohol " in shown
    assert "filled with the median" in shown
    assert "  texts   size (3): a feature for each different text" in shown
    assert "standardized with train mean and std" in shown
