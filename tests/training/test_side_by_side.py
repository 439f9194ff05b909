"""Training in several threads at once, and in another process: to the bits of what one thread does alone."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minigrad import nn, optim

THREADS = 8


def trained(seed: int, steps: int) -> bytes:
    """The bytes of everything a network learns that has chance, statistics and an optimizer with memory."""
    rng = np.random.default_rng(seed)
    layers = nn.Linear(4, 8, rng=rng), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2, rng=rng), nn.Linear(8, 3, rng=rng)
    model = nn.Sequential(*layers)
    optimizer = optim.AdamW(model, optim.schedules.Cosine(0.01, steps), regularizer=optim.L2(1e-4))
    x, y = rng.standard_normal((16, 4)), rng.integers(0, 3, 16)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.cross_entropy(model(x), y).backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return b"".join(array.tobytes() for array in model.state_dict().values())


def side_by_side(steps: int) -> tuple[list[bytes], list[bytes]]:
    """One after the other, and all at once."""
    serial = [trained(seed, steps) for seed in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        return serial, list(pool.map(lambda seed: trained(seed, steps), range(THREADS)))


def test_eight_threads_train_eight_models_to_the_bits_of_the_serial_runs():
    serial, parallel = side_by_side(steps=40)
    assert serial == parallel
    assert len(set(serial)) == THREADS


@pytest.mark.slow
def test_eight_threads_train_for_a_thousand_steps_to_the_bits_of_the_serial_runs():
    serial, parallel = side_by_side(steps=1000)
    assert serial == parallel


def test_a_generator_of_its_own_gives_each_thread_a_reproducible_stream():
    def dropped(seed: int) -> list[float]:
        layer = nn.Dropout(0.5, rng=seed)
        return [float(layer(np.ones(100)).sum()) for _ in range(20)]

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(dropped, range(20))) == [dropped(seed) for seed in range(20)]


def test_threads_that_go_backward_through_one_graph_add_every_gradient():
    w = nn.Parameter(np.ones(5))
    shared = np.exp(w * 2.0)

    def backward(_):
        for _ in range(25):
            (shared * 3.0).sum().backward()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(backward, range(THREADS)))
    np.testing.assert_allclose(w.grad, THREADS * 25 * 6 * np.exp(2.0), rtol=1e-12)


def stepped(model, optimizer):
    """One step further."""
    optimizer.zero_grad()
    model(np.ones((2, 2))).sum().backward()
    optimizer.step()
    return model, optimizer


def test_a_model_and_its_optimizer_go_on_in_a_spawned_process_as_here():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    model[1].weight = model[0].weight
    optimizer = optim.Adam(model, 0.1)
    stepped(model, optimizer)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere, _ = pool.apply(stepped, (model, optimizer))
    stepped(model, optimizer)
    assert elsewhere[0].weight is elsewhere[1].weight
    for here, there in zip(model.parameters(), elsewhere.parameters()):
        assert here.data.tobytes() == there.data.tobytes()
