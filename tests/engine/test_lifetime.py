"""A graph lives as long as its Tensors: no recursion, no cycles, nothing left behind. Garbage collection is off."""

import gc
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from tests.engine.tools import leaf


@pytest.fixture(autouse=True)
def without_garbage_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


SMALL_STACK = (256 if sys.version_info < (3, 13) else 1024) * 1024
"""From Python 3.13 on the interpreter itself lets tuples nest thousands deep as it frees them, before it defers."""


def in_thread(function, stack_size):
    """Run ``function`` on a stack of this many bytes, and hand on what it raises."""
    raised = []

    def run():
        try:
            function()
        except BaseException as error:
            raised.append(error)

    before = threading.stack_size(stack_size)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    for error in raised:
        raise error


def test_a_chain_of_a_million_nodes_goes_forward_backward_and_away_on_a_small_stack():
    """Recursion limit 200, a small stack: nothing in the engine, nor in freeing a graph, may recurse."""

    def chain():
        x = y = leaf(0.0)
        for _ in range(1_000_000):
            y = y + 1.0
        assert y.item() == 1_000_000
        y.backward()
        assert x.grad == 1
        last = weakref.ref(y)
        del y
        assert last() is None

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        in_thread(chain, stack_size=SMALL_STACK)
    finally:
        sys.setrecursionlimit(limit)


def test_a_deep_chain_can_be_differentiated_twice_without_recursion():
    def chain():
        x = y = leaf(1.0)
        for _ in range(20_000):
            y = y * 1.0
        (g,) = grad(y * y, x, create_graph=True)
        (second,) = grad(g, x)
        assert second.item() == 2
        last = weakref.ref(g)
        del y, g
        assert last() is None

    in_thread(chain, stack_size=SMALL_STACK)


def everything(x):
    """A graph with a diamond, a constant array, a reduction, an index and a matrix product, and its middle."""
    h = np.exp(x * np.ones((3, 3))) + x
    return h, ((h @ h.T)[np.array([0, 0, 1])] / (1 + x)).sum()


@pytest.mark.parametrize("create_graph", [False, True])
def test_every_node_dies_with_its_last_name(create_graph):
    x = leaf(np.arange(9.0).reshape(3, 3) / 9)
    h, y = everything(x)
    (g,) = grad(y, x, create_graph=create_graph)
    y.backward()
    nodes = [weakref.ref(t) for t in (h, y, g)]
    del h, y, g
    assert [node() for node in nodes] == [None, None, None]


def test_a_leaf_dies_after_backward_too():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    alive = weakref.ref(x)
    del x
    assert alive() is None


def test_the_loss_dies_at_once_and_the_leaf_stays():
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    loss.backward()
    alive = weakref.ref(loss)
    del loss
    assert alive() is None
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_hooks_retained_gradients_and_in_place_updates_form_no_cycle():
    x = leaf(1.0, 2.0)
    h = x * x
    h.retain_grad()
    h.register_hook(lambda g: 2 * g)
    h.sum().backward()
    with mg.no_grad():
        x -= 0.1 * x.grad
    nodes = [weakref.ref(t) for t in (x, h)]
    del x, h
    assert [node() for node in nodes] == [None, None]


def test_a_backward_that_raises_holds_on_to_nothing(tables):
    def broken(g, y, x):
        raise ZeroDivisionError

    @mg.op(x=broken)
    def fragile(x):
        return x * 1

    x = leaf(1.0)
    y = fragile(x * 2)
    alive = weakref.ref(y)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    del y
    assert alive() is None


def left_behind(step, steps):
    """What ``steps`` further steps leave: objects in cycles, bytes, and memory blocks."""
    for _ in range(50):
        step()
    gc.collect()  # empties the interpreter's own lists of spare tuples, too
    tracemalloc.start()
    try:
        step()
        gc.collect()
        size, blocks = tracemalloc.get_traced_memory()[0], sys.getallocatedblocks()
        for _ in range(steps):
            step()
        cycles = gc.collect()
        return cycles, tracemalloc.get_traced_memory()[0] - size, sys.getallocatedblocks() - blocks
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("create_graph", "steps"), [(False, 2_000), (True, 500)])
def test_thousands_of_steps_leave_no_cycle_and_no_memory_behind(create_graph, steps):
    rng = np.random.default_rng(0)
    w, x = leaf(rng.standard_normal((3, 4))), rng.standard_normal((5, 3))

    def step():
        y = np.tanh(x @ w)
        loss = (y * y).sum()
        if create_graph:
            (g,) = grad(loss, w, create_graph=True)
            loss = (g * g).sum()
        loss.backward()
        with mg.no_grad():
            w.data = w.data - 1e-4 * w.grad
        w.grad = None

    cycles, size, blocks = left_behind(step, steps)
    assert cycles == 0
    assert size < 2_000  # in all, not for each step
    assert abs(blocks) < 50


def test_under_no_grad_a_hundred_thousand_ops_take_no_memory():
    x = leaf(1.0)
    with mg.no_grad():
        y = x * 1.0
        tracemalloc.start()
        try:
            for _ in range(1_000):
                y = y + 1.0
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(100_000):
                y = y + 1.0
            after, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 2_000
    assert peak - before < 10_000


def test_the_values_of_a_dead_branch_are_freed_while_the_graph_lives():
    x = leaf(np.ones(1000))
    y = x * 2
    side = weakref.ref(np.exp(y))
    assert side() is None
    y.sum().backward()


def test_backward_holds_only_the_gradients_that_are_still_needed():
    """A chain of 200 steps over 80 kB each: the walk's peak is a few arrays, not one for each step."""
    y = leaf(np.ones(10_000))
    for _ in range(200):
        y = y * 1.5
    y = y.sum()
    tracemalloc.start()
    try:
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * 80_000


def blocks_grown(work, times: int) -> int:
    """How many blocks of memory more there are after doing something so often again."""
    for _ in range(50):
        work()
    before = sys.getallocatedblocks()
    for _ in range(times):
        work()
    return sys.getallocatedblocks() - before


STEADY = {
    "operators": lambda w: (w * 2 - w / 3 + np.ones((3, 3))).sum().backward(),
    "product": lambda w: (w @ w + np.ones(3) @ w).sum().backward(),
    "vectors": lambda w: (w[0] @ w[1]).backward(),
    "stretched": lambda w: (w * np.ones((2, 3, 3))).sum().backward(),
    "reductions": lambda w: (w.sum(axis=0) + w.mean(axis=(1,)) + w.max(axis=-1)).sum().backward(),
    "shapes": lambda w: w.reshape(9).T[1:4].reshape(3, 1).sum().backward(),
    "functions": lambda w: np.exp(np.where(w > 0, w, 0.0)).sum().backward(),
    "gradient": lambda w: mg.autograd.grad((w * w).sum(), [w], create_graph=True),
}


@pytest.mark.parametrize("work", STEADY.values(), ids=STEADY)
def test_a_thousand_times_the_same_leaves_not_one_block_of_memory_behind(work):
    """Not even in the interpreter's own reserve: ``tuple(x for ...)`` would put a block there, each time it runs."""
    w = leaf(np.arange(9.0).reshape(3, 3))
    assert blocks_grown(lambda: work(w), 1000) <= 50
