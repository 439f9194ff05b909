"""A program in the making: the values it has so far, ways to choose among them, and calls that may be refused."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigrad.samples import Array
from tests.fuzz.decisions import decided
from tests.fuzz.programs import LAYOUTS, Leaf, Node, Ref, refs, routes, with_values
from tests.table import OPS


@dataclass(frozen=True)
class Settings:
    """What kind of programs to draw."""

    nodes: int = 9
    kinks: bool = False
    """Leaves are small integers, so that ties and kinks are hit on purpose."""
    empty: bool = False
    """Axes may have length 0."""
    ops: tuple[str, ...] = ()
    """Only these; all of them if empty."""
    largest: float = 20.0
    size: int = 160


class Drawing:
    """A program in the making: what a sampler sees, and what it adds to."""

    def __init__(self, rng: np.random.Generator, settings: Settings):
        self.rng, self.settings = rng, settings
        self.steps: list[Leaf | Node] = []
        self.values: list[np.ndarray] = []
        self.tensors: set[int] = set()

    # choosing

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def choice(self, options):
        return options[int(self.rng.integers(len(options)))]

    def number(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def normal(self, shape) -> np.ndarray:
        """Standard normal, of few digits, so that a program can be read."""
        return np.round(self.rng.standard_normal(shape), 3)

    def __getitem__(self, ref: Ref) -> np.ndarray:
        return self.values[ref.index]

    def shape(self, ref: Ref) -> tuple[int, ...]:
        return np.shape(self[ref])

    def random_shape(self, least: int = 0, most: int = 4) -> tuple[int, ...]:
        """Sometimes of equal axes, so that shapes cannot give a swapped axis away."""
        ndim = min(max(self.choice([0, 1, 1, 2, 2, 2, 3, 3, 4]), least), most)
        if self.chance(0.25):
            return (self.number(1, 4),) * ndim
        low = 0 if self.settings.empty and self.chance(0.3) else 1
        return tuple(self.number(low, 5) for _ in range(ndim))

    def matching(self, fits: Callable[[np.ndarray], bool]) -> list[Ref]:
        return [Ref(i) for i, value in enumerate(self.values) if fits(value)]

    def pick(self, fits: Callable[[np.ndarray], bool] = lambda x: True, shape: tuple | None = None) -> Ref:
        """A value that fits, newer ones preferred, so that programs grow deep; a new leaf if there is none."""
        found = self.matching(fits)
        if not found or self.chance(0.1):
            return self.leaf(self.random_shape() if shape is None else shape)
        return self.choice(found[-3:] if self.chance(0.6) else found)

    def axis(self, ndim: int) -> int:
        return self.number(-ndim, ndim)

    def axes(self, ndim: int):
        """None, an axis, or several."""
        if ndim == 0 or self.chance(0.2):
            return None
        if self.chance(0.4):
            several = self.rng.permutation(ndim)[: self.number(1, ndim + 1)]
            return tuple(int(i) - ndim * self.chance(0.3) for i in several)
        return self.axis(ndim)

    # adding

    def leaf(self, shape, array: Array | None = None) -> Ref:
        """A new leaf, now and then a constant: standard normal, or as a sample draws it."""
        if array is None and self.settings.kinks and self.chance(0.7):
            value = self.rng.integers(-2, 3, shape).astype(float)
        else:
            value = np.asarray(self.normal(shape) if array is None else array.draw(self.rng).round(3))
        layout = self.choice([name for name in LAYOUTS if name != "offset" or value.ndim == 1])
        kind = "leaf" if not self.steps or self.chance(0.8) else self.choice(["constant", "array"])
        leaf = Leaf(value, self.normal(shape), kind, layout if value.ndim and value.size else "C")
        self.steps.append(leaf)
        self.values.append(value)
        if kind != "array":
            self.tensors.add(len(self.steps) - 1)
        return Ref(len(self.steps) - 1)

    def call(self, op: str, *args, **kwargs) -> Ref | None:
        """Add a call, unless its value is too large, not finite, or hangs on a kink."""
        arguments = with_values((args, kwargs), self.values)
        with np.errstate(all="ignore"):
            value = OPS[op](*arguments[0], **arguments[1])
        part = self.number(0, len(value)) if isinstance(value, (tuple, list)) else None
        value = np.asarray(value if part is None else value[part])
        if not self.acceptable(value) or not (self.settings.kinks or decided(op, args, kwargs, self.values)):
            return None
        on_tensor = any(ref.index in self.tensors for ref in refs(args[:1]))
        self.steps.append(Node(op, args, kwargs, self.choice(routes(op, args, kwargs, on_tensor)), part))
        self.values.append(value)
        made_of_tensors = [ref.index in self.tensors for ref in refs((args, kwargs))]
        if any(made_of_tensors) and (part is None or all(made_of_tensors)):  # a part of plain arrays may be plain
            self.tensors.add(len(self.steps) - 1)
        return Ref(len(self.steps) - 1)

    def acceptable(self, value: np.ndarray) -> bool:
        if value.dtype != np.float64 or value.ndim > 5 or value.size > self.settings.size:
            return False
        if value.size == 0:
            return self.settings.empty
        return bool(np.all(np.abs(value) < self.settings.largest))  # NaN is not below

    # domains

    def brought_into(self, array: Array, ref: Ref) -> Ref | None:
        """The value itself if it lies in the sample's domain, else a function of it that does."""
        name, *bound = array.name.split()
        x, low = self[ref], float(bound[0]) if bound else 0.0
        if name in {"real", "distinct"} or IN_DOMAIN.get(name, lambda x, low: False)(x, low):
            return ref
        if name == "values":
            return None
        return MOVES[name](self, ref, low)

    def chain(self, ref: Ref | None, *calls) -> Ref | None:
        """One op after the other on a value: each is a name and its further arguments."""
        for op, *arguments in calls:
            ref = None if ref is None else self.call(op, ref, *arguments)
        return ref

    def for_sample(self, array: Array) -> Ref | None:
        """A value for an array of a sample: of this shape, the beginning of a larger one, or drawn as it says."""
        found = self.matching(lambda x: x.shape == array.shape)
        if found and self.chance(0.6):
            return self.brought_into(array, self.choice(found))
        larger = self.matching(lambda x: x.size >= math.prod(array.shape) > 0 and x.ndim > 0)
        if larger and self.chance(0.5):
            size = math.prod(array.shape)
            cut = self.chain(
                self.choice(larger), ("ravel",), ("getitem", slice(None, size)), ("reshape", tuple(array.shape))
            )
            return None if cut is None else self.brought_into(array, cut)
        return self.leaf(array.shape, array)


def bounded(scale: float, shift: float):
    """Into (shift, shift + scale)."""
    return lambda d, ref, low: d.chain(ref, ("sigmoid",), ("multiply", scale), ("add", low + shift))


def shifted_identity(d: Drawing, ref: Ref, low: float) -> Ref | None:
    """A matrix that its diagonal dominates."""
    n = d.shape(ref)[-1]
    return d.chain(ref, ("tanh",), ("add", (n + 1.5) * np.eye(n)))


def gram(d: Drawing, ref: Ref, low: float) -> Ref | None:
    """A symmetric positive definite matrix."""
    bounded = d.call("tanh", ref)
    turned = bounded and d.call("swapaxes", bounded, -1, -2)
    return turned and d.chain(d.call("matmul", bounded, turned), ("add", 2 * np.eye(d.shape(ref)[-1])))


IN_DOMAIN = {
    "above": lambda x, low: bool(np.all(x > low + 0.1)),
    "positive": lambda x, low: bool(np.all(x > 0.1)),
    "nonzero": lambda x, low: bool(np.all(np.abs(x) > 0.2)),
    "unit": lambda x, low: bool(np.all(np.abs(x) < 0.95)),
    "probability": lambda x, low: bool(np.all(np.abs(x - 0.5) < 0.45)),
}
MOVES = {
    "above": bounded(2.0, 0.2),
    "positive": bounded(2.0, 0.2),
    "nonzero": bounded(1.5, 0.3),
    "unit": bounded(1.8, -0.9),
    "probability": bounded(0.9, 0.05),
    "definite": gram,
    "invertible": shifted_identity,
}
