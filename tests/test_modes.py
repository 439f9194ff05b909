"""no_grad, enable_grad and watch: blocks that nest, end in order, and stay in their thread."""

import asyncio
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.modes import watch


@pytest.fixture
def x():
    return mg.tensor(2.0, requires_grad=True)


def test_inside_no_grad_nothing_is_recorded(x):
    with mg.no_grad():
        y = x * x
    assert not y.requires_grad
    assert y.is_leaf


def test_after_no_grad_the_tape_runs_again(x):
    with mg.no_grad():
        pass
    assert (x * x).requires_grad


def test_blocks_nest(x):
    with mg.no_grad():
        with mg.no_grad():
            pass
        assert not (x * x).requires_grad
    assert (x * x).requires_grad


def test_enable_grad_records_again_inside_no_grad(x):
    with mg.no_grad():
        with mg.enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad


def test_an_exception_ends_the_block(x):
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad


def test_an_exception_ends_every_block_it_passes(x):
    with pytest.raises(ZeroDivisionError), mg.no_grad(), mg.enable_grad(), mg.no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad


def test_one_object_may_be_entered_again_and_within_itself(x):
    block = mg.no_grad()
    for _ in range(2):
        with block:
            with block:
                assert not (x * x).requires_grad
            assert not (x * x).requires_grad
        assert (x * x).requires_grad


def test_it_is_a_decorator_too(x):
    @mg.no_grad()
    def evaluate(x):
        return x * x

    assert not evaluate(x).requires_grad
    assert (x * x).requires_grad


def test_a_decorated_function_may_call_itself(x):
    @mg.no_grad()
    def power(x, n):
        return x if n == 0 else power(x * x, n - 1)

    assert not power(x, 3).requires_grad
    assert (x * x).requires_grad


def test_a_decorated_function_that_raises_ends_the_block(x):
    @mg.no_grad()
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (x * x).requires_grad


def test_a_decorator_needs_no_parentheses():
    x = mg.tensor(1.0, requires_grad=True)

    @mg.no_grad
    def twice():
        """Two x."""
        return x + x

    assert not twice().requires_grad
    assert twice.__doc__ == "Two x."
    assert twice().requires_grad is False


def test_a_decorated_generator_is_inside_the_block_only_while_it_runs():
    x = mg.tensor(1.0, requires_grad=True)

    @mg.no_grad()
    def doubles():
        try:
            while True:
                got = yield x + x
                assert not (x + x).requires_grad
                assert got == "sent"
        except KeyError:
            yield x + x
        finally:
            assert not (x + x).requires_grad

    generator = doubles()
    for y in (next(generator), generator.send("sent"), generator.throw(KeyError())):
        assert not y.requires_grad
        assert (x + x).requires_grad
    generator.close()
    assert (x + x).requires_grad


def test_a_decorated_generator_returns_its_value_and_raises_its_errors():
    @mg.no_grad
    def counted():
        yield 1
        return 2

    def outer():
        return (yield from counted())

    generator = outer()
    next(generator)
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == 2

    @mg.no_grad
    def failing():
        yield 1
        raise KeyError

    with pytest.raises(KeyError):
        list(failing())


def test_a_decorated_asynchronous_generator_is_inside_the_block_only_while_it_runs():
    x, events = mg.tensor(1.0, requires_grad=True), []

    @mg.no_grad()
    async def doubles():
        try:
            while True:
                try:
                    events.append((yield x + x))
                except KeyError:
                    events.append("thrown")
                await asyncio.sleep(0)
        finally:
            events.append((x + x).requires_grad)

    async def main():
        generator = doubles()
        for step in (generator.asend(None), generator.asend("sent"), generator.athrow(KeyError())):
            assert not (await step).requires_grad
            assert (x + x).requires_grad
        await generator.aclose()

    asyncio.run(main())
    assert events == ["sent", "thrown", False]


def test_a_decorated_asynchronous_generator_ends_where_its_function_does():
    @mg.no_grad
    async def counted():
        for i in range(3):
            yield i

    async def main():
        return [i async for i in counted()]

    assert asyncio.run(main()) == [0, 1, 2]


def test_a_decorated_coroutine_is_inside_the_block_across_its_awaits():
    x = mg.tensor(1.0, requires_grad=True)

    @mg.no_grad()
    async def inside():
        await asyncio.sleep(0)
        return (x + x).requires_grad

    async def outside():
        await asyncio.sleep(0)
        return (x + x).requires_grad

    async def both():
        return await asyncio.gather(inside(), outside(), inside())

    assert asyncio.run(both()) == [False, True, False]


def test_a_leaf_made_inside_no_grad_can_require_grad(x):
    with mg.no_grad():
        w = mg.tensor(1.0, requires_grad=True)
    (w * x).backward()
    assert w.grad == 2


def test_backward_works_inside_no_grad(x):
    y = x * x
    with mg.no_grad():
        y.backward()
    assert x.grad == 4


def test_no_grad_in_one_thread_leaves_another_alone(x):
    inside, done, seen = threading.Event(), threading.Event(), []

    def evaluate():
        with mg.no_grad():
            inside.set()
            done.wait(10)
            seen.append((x * x).requires_grad)

    thread = threading.Thread(target=evaluate)
    thread.start()
    inside.wait(10)
    here = (x * x).requires_grad
    done.set()
    thread.join()
    assert here
    assert seen == [False]


def test_a_thread_started_inside_no_grad_records(x):
    seen = []
    with mg.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * x).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_two_coroutines_have_settings_of_their_own(x):
    async def evaluate():
        with mg.no_grad():
            await asyncio.sleep(0)
            return (x * x).requires_grad

    async def train():
        await asyncio.sleep(0)
        return (x * x).requires_grad

    async def both():
        return await asyncio.gather(evaluate(), train())

    assert asyncio.run(both()) == [False, True]


class Log:
    """A watcher that writes down what it is told."""

    def __init__(self):
        self.lines = []

    def forward(self, y):
        self.lines.append(f"forward {y.op.name} {float(y)}")

    def backward(self, y, position, g, contribution):
        self.lines.append(f"backward {y.op.name} {position}: {float(g)} -> {float(contribution)}")


def test_a_watcher_is_told_of_every_op_and_of_every_contribution(x):
    log = Log()
    with watch(log):
        (np.exp(x) * 3).backward()
    e = float(np.exp(2.0))
    assert log.lines == [
        f"forward exp {e}",
        f"forward multiply {3 * e}",
        "backward multiply 0: 1.0 -> 3.0",
        f"backward exp 0: 3.0 -> {3 * e}",
    ]


def test_after_the_block_a_watcher_hears_nothing(x):
    log = Log()
    with watch(log):
        pass
    (x * 3).backward()
    assert log.lines == []


def test_two_watchers_hear_the_same(x):
    one, two = Log(), Log()
    with watch(one), watch(two):
        (x * 3).backward()
    assert one.lines == two.lines != []


def test_a_watcher_hears_nothing_of_what_is_not_recorded(x):
    log = Log()
    with watch(log), mg.no_grad():
        x * 3
    assert log.lines == []
