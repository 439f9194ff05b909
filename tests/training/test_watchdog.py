"""Mistakes of a hand-written training loop, planted and named with the line to write instead."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import GraphError
from minigrad.training import Callback, Trainer, Watchdog
from tests.training.runs import points

X, Y = points().train


def start(*layers):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), *layers, nn.Linear(4, 2, rng=1))
    return model, optim.SGD(model, 0.1)


def loss_of(model):
    return nn.cross_entropy(model(mg.tensor(X)), Y)


def test_a_right_loop_is_not_accused():
    model, optimizer = start(nn.BatchNorm1d(4), nn.Dropout(0.5, rng=0))
    total = 0.0
    with Watchdog(model, optimizer):
        for _ in range(20):
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            optimizer.step()
            total += loss.item()
            with model.evaluating(), mg.no_grad():
                model(mg.tensor(X))


def test_a_regularizer_and_gradients_asked_for_are_no_second_backward():
    model, _ = start()
    optimizer = optim.SGD(model, 0.1, regularizer=optim.L2(0.1))
    with Watchdog(model, optimizer):
        for _ in range(5):
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            mg.autograd.grad(loss_of(model), model.parameters())
            optimizer.step()


def test_eval_forgotten():
    model, optimizer = start(nn.Dropout(0.5, rng=0), nn.BatchNorm1d(4))
    with Watchdog(model, optimizer), mg.no_grad():
        with pytest.warns(
            UserWarning, match=r"in training mode.*\(Dropout, BatchNorm1d\): write `with model.evaluating"
        ):
            model(mg.tensor(X))
        model(mg.tensor(X))  # told once


def test_eval_forgotten_does_not_matter_where_both_modes_are_the_same():
    model, optimizer = start(nn.Tanh())
    with Watchdog(model, optimizer), mg.no_grad():
        model(mg.tensor(X))


def test_train_forgotten():
    model, optimizer = start(nn.Dropout(0.5, rng=0))
    model.eval()
    with Watchdog(model, optimizer), pytest.warns(UserWarning, match=r"in evaluation mode.*write model\.train\(\)"):
        loss_of(model).backward()


def test_a_gradient_in_evaluation_does_not_matter_where_both_modes_are_the_same():
    model, optimizer = start(nn.Tanh())
    model.eval()
    with Watchdog(model, optimizer):
        loss_of(model).backward()


def test_a_second_backward_without_a_step():
    model, optimizer = start()
    with Watchdog(model, optimizer):
        loss_of(model).backward()
        with pytest.warns(UserWarning, match=r"backward\(\) number 2 has reached \S+ without a step or zero_grad"):
            loss_of(model).backward()


def test_so_many_backwards_as_are_meant_are_not_accused():
    model, optimizer = start()
    with Watchdog(model, optimizer, backwards=2):
        for _ in range(3):
            optimizer.zero_grad()
            for _ in range(2):
                (loss_of(model) / 2).backward()
            optimizer.step()


def test_zero_grad_forgotten():
    model, optimizer = start()
    with Watchdog(model, optimizer):
        loss_of(model).backward()
        optimizer.step()
        with pytest.warns(UserWarning, match=r"gradients of 2 steps pile up in .*: write optimizer\.zero_grad\(\)"):
            loss_of(model).backward()


class Remembering(nn.Module):
    """A recurrent layer that forgets to cut its state off the graph."""

    def __init__(self, cut):
        super().__init__()
        self.inner, self.cut, self.state = nn.Linear(3, 2, rng=0), cut, mg.tensor(np.zeros((len(X), 2)))

    def forward(self, x):
        self.state = self.inner(x) + 0.5 * self.state
        y = self.state
        if self.cut:
            self.state = self.state.detach()
        return y


@pytest.mark.parametrize("cut", [True, False])
def test_a_graph_that_grows_from_step_to_step(cut):
    model = Remembering(cut)
    optimizer = optim.SGD(model, 0.1)
    with Watchdog(model, optimizer):
        for step in range(4):
            optimizer.zero_grad()
            if step and not cut:
                with pytest.raises(
                    GraphError, match=r"grows from step to step: \d of its \d+ nodes.*test_watchdog"
                ) as error:
                    model(mg.tensor(X))
                assert "write h = h.detach()" in str(error.value)
                return
            loss_of(model).backward()
            optimizer.step()
    assert cut


def test_graphs_that_somebody_keeps():
    model, optimizer = start()

    def loop(total=0.0):
        for _ in range(12):
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            optimizer.step()
            total = total + loss

    with Watchdog(model, optimizer), pytest.warns(UserWarning, match=r"5 earlier .*total \+= loss\.item\(\)") as told:
        loop()
    assert len(told) == 1
    assert "test_watchdog.py" in str(told[0].message)


def test_outside_the_block_nothing_is_watched_and_nothing_is_kept():
    model, optimizer = start()
    gc.disable()
    try:
        with Watchdog(model, optimizer) as watchdog:
            loss_of(model).backward()
        loss_of(model).backward()
        alive = weakref.ref(watchdog)
        del watchdog
        assert alive() is None
        assert all(not p.hooks for p in model.parameters())
    finally:
        gc.enable()


def trainer(callback, loss=nn.cross_entropy, layer=None):
    model, optimizer = start(layer or nn.Dropout(0.5, rng=0))
    return Trainer(model, loss, optimizer, batch_size=8, check=False, callbacks=[callback])


def test_the_trainer_names_a_callback_that_evaluates_in_training_mode():
    class Careless(Callback):
        def on_step(self, trainer, batch):
            with mg.no_grad():
                trainer.model(mg.tensor(X))

    with pytest.warns(UserWarning, match="under no_grad in training mode"):
        trainer(Careless()).fit(points(), epochs=2)


def test_the_trainer_names_a_callback_that_leaves_the_model_in_evaluation_mode():
    class Careless(Callback):
        def on_step(self, trainer, batch):
            trainer.model.eval()

    with pytest.warns(UserWarning, match=r"write model\.train\(\)"):
        trainer(Careless()).fit(points(), epochs=2)


def test_the_trainer_names_a_loss_that_goes_backward_itself():
    def eager(y, t):
        loss = nn.cross_entropy(y, t)
        if loss.requires_grad:
            loss.backward()
        return loss

    with pytest.warns(UserWarning, match=r"backward\(\) number 2"):
        trainer(Callback(), eager).fit(points(), epochs=1)


def test_the_trainer_names_a_loss_that_adds_up_its_graphs():
    kept = []

    def greedy(y, t):
        kept.append(nn.cross_entropy(y, t))
        return kept[-1]

    with pytest.warns(UserWarning, match="memory grows"):
        trainer(Callback(), greedy).fit(points(), epochs=2)


def test_the_trainer_stops_where_a_loss_goes_on_from_the_last_step():
    total = [0.0]

    def running(y, t):
        total[0] = total[0] * 0.9 + nn.cross_entropy(y, t)
        return total[0]

    with pytest.raises(GraphError, match="grows from step to step"):
        trainer(Callback(), running).fit(points(), epochs=1)
