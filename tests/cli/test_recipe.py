from types import SimpleNamespace

import click
import numpy as np
import pytest

from minigrad import optim
from minigrad.cli.recipe import DECAYING, OPTIMIZERS, SCHEDULES, WARMUPS, prepare
from minigrad.cli.train import train


def recipe(line):
    """What ``minigrad train`` makes of this command line."""
    with train.make_context("train", line.split()) as context:
        return prepare(SimpleNamespace(**context.params))


def test_weight_decay_is_on_the_weight_matrices_alone():
    run = recipe("digits --norm batch --optimizer adamw --weight-decay 0.1")
    matrices, vectors = run.optimizer.param_groups
    assert {p.ndim for p in matrices["params"]} == {2}
    assert {p.ndim for p in vectors["params"]} == {1}
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.1, 0.0)
    assert len(matrices["params"]) + len(vectors["params"]) == len(run.model.parameters())


def test_the_l2_advised_in_place_of_weight_decay_takes_the_same_step():
    with pytest.raises(click.UsageError, match=r"write --l2 0\.05 \(its gradient is 0\.1 w\)"):
        recipe("digits --weight-decay 0.1")
    advised, meant = recipe("digits --l2 0.05 --dtype float64"), recipe("digits --dtype float64")
    weight = "0.weight"
    optimizer = optim.SGD(
        [dict(meant.model.named_parameters())[weight]], meant.schedule, momentum=0.9, weight_decay=0.1
    )
    for run, stepping in ((advised, advised.optimizer), (meant, optimizer)):
        for p in run.model.parameters():
            p.grad = np.ones_like(p.data)
        stepping.step()
    np.testing.assert_allclose(advised.model.state_dict()[weight], meant.model.state_dict()[weight], rtol=1e-14)


@pytest.mark.parametrize("name", [*SCHEDULES, *WARMUPS])
def test_every_schedule_spans_the_run_and_never_exceeds_the_rate(name):
    run = recipe(f"digits --schedule {name} --lr 0.25 --epochs 2")
    rates = [run.schedule(step) for step in range(run.steps)]
    assert max(rates) == pytest.approx(0.25, rel=0.02)
    assert min(rates) >= 0
    assert (rates[0] < 0.25) is (name in (*WARMUPS, "one-cycle"))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_asked_for_and_learns(name):
    run = recipe(f"digits --optimizer {name} --epochs 3")
    *_, last = run.trainer().fit(run.data, epochs=3)
    assert last.validation.loss < 2.2


@pytest.mark.parametrize("name", DECAYING)
def test_those_that_decay_take_a_weight_decay(name):
    assert recipe(f"digits --optimizer {name} --weight-decay 0.3").optimizer.options["weight_decay"] == 0.3


def test_the_seed_decides_the_weights_and_not_the_digits():
    first, again, other = (recipe(f"digits --seed {seed}") for seed in (0, 0, 1))
    weights = [run.model.state_dict()["0.weight"] for run in (first, again, other)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    np.testing.assert_array_equal(first.data.train.x, other.data.train.x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_data_and_parameters_have_the_dtype_that_is_asked_for(dtype):
    run = recipe(f"curves --dtype {dtype} --norm batch")
    assert {p.dtype.name for p in run.model.parameters()} == {dtype}
    assert run.data.train.x.dtype == run.data.validation.y.dtype == dtype


def test_both_penalties_together_are_the_elastic_net():
    assert repr(recipe("digits --l1 0.1 --l2 0.2").optimizer.regularizer) == "ElasticNet(0.1, 0.2)"
