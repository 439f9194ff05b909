"""The first NaN or infinity stops the run: with step, op, line, range and reason, and before anything is changed."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import Examples
from minigrad.errors import NonFiniteError
from minigrad.training import Trainer
from minigrad.training.checkpoints import packed
from minigrad.training.nonfinite import origin_of_gradient, origin_of_value
from tests.training.runs import points


def leaf(*values):
    return mg.tensor(list(values), requires_grad=True, name="w")


@pytest.mark.parametrize(
    ("compute", "op", "reason"),
    [
        (lambda w: np.log(w), "op log at", "cross_entropy on logits"),
        (lambda w: 1 / (w - w), "op divide at", "a division by 0.*eps"),
        (lambda w: np.sqrt(w - 9), "op sqrt at", "the root of a negative number"),
        (lambda w: np.exp(w * 999), "op exp at", "subtract the maximum first"),
        (lambda w: (w - 9) ** 0.5, "op power at", "keep the base positive"),
        (lambda w: np.arccos(w * 9), "op arccos at", "clip it first"),
        (lambda w: (w * 1e200) * (w * 1e200), "op multiply at", "float64 can hold: a smaller learning rate"),
    ],
)
def test_the_op_its_line_and_the_reason(compute, op, reason):
    with np.errstate(all="ignore"):
        text = origin_of_value((compute(leaf(-1.0, 2.0)) * 2 + 1).sum())
    assert text.startswith(op)
    assert "test_nonfinite.py" in text
    assert re.search(reason, text)


def test_the_range_of_what_went_in():
    with np.errstate(all="ignore"):
        assert "input min -1, max 2" in origin_of_value(np.log(leaf(-1.0, 2.0)).sum())
        assert "denominator min 0, max 3" in origin_of_value((1 / leaf(0.0, 3.0)).sum())


def test_a_slope_that_is_infinite_where_the_value_is_not():
    w = leaf(0.0, 1.0)
    text = origin_of_gradient((np.sqrt(w) * 2).sum())
    assert text.startswith("backward of op sqrt at")
    assert "slope at 0 is infinite" in text


def test_data_and_parameters_that_came_in_not_finite():
    w = leaf(1.0, 2.0)
    text = origin_of_value((w * np.array([np.nan, 1.0])).sum())
    assert "not finite already, 1 of 2 elements, the first at index (0,)" in text
    w.data = np.array([np.inf, 1.0])
    assert "the parameter w is not finite itself" in origin_of_value((w * 2).sum())


class Log(nn.Module):
    def forward(self, x):
        return np.log(x)


def trainer(model, loss=nn.cross_entropy, **options):
    return Trainer(model, loss, optim.SGD(model, 0.1, **options), batch_size=8, check=False)


def test_the_trainer_stops_at_the_first_nan_with_its_step_and_takes_no_part_of_it():
    state = []

    def loss(y, t):
        state.append(packed(model.state_dict()))
        return nn.cross_entropy(y if len(state) < 3 else np.log(y - 1000), t)

    model = nn.Linear(3, 2, rng=0)
    run = trainer(model, loss)
    message = (
        r"the loss is nan: step 3 was not taken; op log at test_nonfinite.*, input min -1e\+03, max -9[\s\S]*logits"
    )
    with pytest.raises(NonFiniteError, match=message):
        run.fit(points(), epochs=1)
    assert packed(model.state_dict()) == state[2]
    assert run.optimizer.steps == 2


def test_the_trainer_stops_at_a_gradient_that_is_not_finite():
    model = nn.Linear(3, 2, rng=0)

    def loss(y, t):
        return np.sum(np.sqrt(y * 0.0 + 0.0))

    with pytest.raises(NonFiniteError, match="the gradient is not finite: step 1 was not taken; backward of op sqrt"):
        trainer(model, loss).fit(points(), epochs=1)


def test_nan_in_a_batch_is_told_as_data():
    x, y = points().train
    x = x.copy()
    x[3, 1] = np.nan
    with pytest.raises(NonFiniteError, match=r"op linear at .* was not finite already, 1 of \d+ elements"):
        trainer(nn.Linear(3, 2, rng=0)).fit(Examples(x, y), epochs=1)


def test_a_run_that_diverges_is_told_so():
    model = nn.Linear(3, 1, rng=0)
    x, y = points().train
    run = Trainer(model, nn.mse_loss, optim.SGD(model, 1e9), batch_size=8, check=False)
    with pytest.raises(NonFiniteError, match=r"smaller learning rate|learning rate may be too large"):
        run.fit(Examples(x, y[:, None].astype(float)), epochs=100)


def test_an_optimizer_that_skips_leaves_the_step_out_and_goes_on():
    calls = []

    def loss(y, t):
        calls.append(1)
        return nn.cross_entropy(y, t) if len(calls) != 2 else np.sum(np.log(y - 1000))

    run = trainer(nn.Linear(3, 2, rng=0), loss, skip_nonfinite=True)
    (record,) = run.fit(points(), epochs=1)
    assert (run.optimizer.steps, run.optimizer.skipped) == (3, 1)
    assert np.isfinite(record.running_loss)
