"""What a landscape measures, against the run's own records and against differences of its own loss."""

import json

import numpy as np
import pytest

from minigrad import nn
from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.training.runs import Run
from minigrad.viz.landscape import landscape
from minigrad.viz.landscape.path import principal_plane
from minigrad.viz.landscape.survey import Terrain
from minigrad.viz.landscape.weights import Weights
from tests.viz.landscape.conftest import RUNS


@pytest.fixture(scope="module")
def seen(runs):
    """The landscape around each run."""
    return {name: landscape(runs / name, grid=9) for name in RUNS}


def by_hand(run, weights, part="train"):
    """The loss of a model in plain NumPy, from its outputs."""
    data = run.data()
    examples = getattr(data, part)
    model = run.model(weights)
    with no_grad():
        y = model(Tensor(examples.x)).data.astype(float)
    if not data.classes:
        return float(np.mean((y - examples.y) ** 2))
    log_p = y - np.log(np.exp(y).sum(axis=1, keepdims=True))
    return float(-np.mean(log_p[np.arange(len(y)), examples.y]))


@pytest.mark.parametrize("name", RUNS)
def test_the_middle_is_the_loss_of_the_run_to_the_last_bit(runs, seen, name):
    rows, found = Run(runs / name).history, seen[name]
    row = next(row for row in rows if row["epoch"] == found.epoch)
    assert row["validation"]["loss"] == min(row["validation"]["loss"] for row in rows)
    assert found.loss == {part: row[part]["loss"] for part in ("train", "validation")}
    assert found.plane.grid[4, 4] == row["train"]["loss"]
    assert [d.line.losses["validation"][4] for d in found.directions] == [row["validation"]["loss"]] * 2


@pytest.mark.parametrize("name", RUNS)
def test_it_is_also_the_loss_that_plain_numpy_computes(runs, seen, name):
    assert seen[name].height == pytest.approx(by_hand(Run(runs / name), "best"), rel=1e-5)


@pytest.mark.parametrize("name", RUNS)
def test_a_snapshot_has_the_loss_that_was_recorded_after_its_epoch(runs, seen, name):
    run, path = Run(runs / name), seen[name].path
    assert list(path.epochs) == run.snapshots
    recorded = {row["epoch"]: row["train"]["loss"] for row in run.history}
    for epoch, loss in zip(path.epochs, path.losses["train"]):
        assert loss == recorded.get(epoch, loss)
    assert path.losses["train"][0] == pytest.approx(by_hand(run, 0), rel=1e-5)


@pytest.mark.parametrize("name", RUNS)
def test_the_line_begins_at_the_first_snapshot_and_ends_at_the_last(seen, name):
    path = seen[name].path
    for part, losses in path.losses.items():
        along = dict(zip(np.round(path.line.at, 9), path.line.losses[part]))
        assert along[0.0] == losses[0]
        assert along[1.0] == pytest.approx(losses[-1], rel=1e-6)


def test_slope_and_curvature_are_those_of_finite_differences_of_the_loss(runs):
    run = Run(runs / "moons")
    terrain = Terrain(run.model("best").astype("float64"), run.data().astype("float64"))
    x = terrain.weights.vector()
    for seed in range(3):
        d = terrain.weights.random_direction(np.random.default_rng(seed))
        slope, curvature = terrain.slope_and_curvature(x, d, "train")
        h = 1e-4
        low, mid, high = (terrain.height(x + step * d, "train") for step in (-h, 0.0, h))
        assert slope == pytest.approx((high - low) / (2 * h), rel=1e-5)
        assert curvature == pytest.approx((high - 2 * mid + low) / h**2, rel=1e-4)


def test_a_place_on_the_plane_is_the_model_plus_both_directions(runs, seen):
    run, found = Run(runs / "moons"), seen["moons"]
    model = run.model("best")
    weights = Weights(model)
    rng = np.random.default_rng(0)
    d1, d2 = weights.random_direction(rng), weights.random_direction(rng)
    weights.place(weights.vector() + 0.5 * d1 - 0.25 * d2)
    data = run.data().train
    with no_grad():
        loss = nn.cross_entropy(model(Tensor(data.x)), data.y).item()
    assert (found.plane.x[6], found.plane.y[3]) == (0.5, -0.25)
    assert found.plane.grid[3, 6] == loss


def test_the_plane_of_a_path_holds_what_lies_in_it_and_measures_what_does_not():
    rng = np.random.default_rng(0)
    frame, _ = np.linalg.qr(rng.standard_normal((20, 3)))
    flat = np.array([[-5.0, 0.0], [-4.0, 2.0], [-1.0, 1.0], [0.0, 0.0]])
    places = flat @ frame[:, :2].T + 7.0
    axes, points, away, shares = principal_plane(places)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(points @ axes + places[-1], places, atol=1e-12)
    np.testing.assert_allclose(away, 0.0, atol=1e-6)
    assert sum(shares) == pytest.approx(1.0)
    assert points[0, 0] < 0 == points[-1, 0]
    places[1] += 0.5 * frame[:, 2]
    _, points, away, shares = principal_plane(places)
    assert sum(shares) < 1
    lengths = np.sum((places - places[-1]) ** 2, axis=1)
    np.testing.assert_allclose(np.sum(points**2, axis=1) + away**2, lengths)
    assert np.sum(away**2) == pytest.approx((1 - sum(shares)) * lengths.sum())


def test_the_shares_are_the_eigenvalues_of_the_products_of_all_differences(runs, seen):
    run, path = Run(runs / "moons"), seen["moons"].path
    places = np.stack([Weights(run.model(epoch)).vector() for epoch in run.snapshots])
    M = places - places[-1]
    largest = np.sort(np.linalg.eigvalsh(M @ M.T))[::-1][:2]
    np.testing.assert_allclose(path.shares, largest / np.trace(M @ M.T), rtol=1e-9)


def test_the_same_seed_gives_the_same_landscape_and_another_another(runs, seen):
    again, other = landscape(runs / "blobs", grid=9), landscape(runs / "blobs", grid=9, seed=1)
    assert json.dumps(again.to_dict()) == json.dumps(seen["blobs"].to_dict())
    assert not np.array_equal(again.plane.grid, other.plane.grid)
    assert again.plane.grid[4, 4] == other.plane.grid[4, 4]


def test_the_run_is_left_as_it_was(runs):
    folder = runs / "curves"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    landscape(folder, grid=3, part="validation")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": 4}, "grid must be an odd number from 3"),
        ({"reach": 0.0}, "reach must be a positive number"),
        ({"part": "test"}, "part must be one of train, validation"),
    ],
)
def test_what_cannot_be_meant_is_refused(runs, options, message):
    with pytest.raises(ValueError, match=message):
        landscape(runs / "moons", **options)
