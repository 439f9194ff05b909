"""Toy data: points in the plane to classify and curves to fit, small enough to see what a model does.

Every function returns inputs `(n, features)` and targets: the class `(n,)` of each point, or values `(n, outputs)`.
``noise`` is the standard deviation of what is added; ``rng`` is a seed or a generator.
"""

import numpy as np

from minigrad.errors import DataError


def moons(n: int = 1000, *, noise: float = 0.2, rng=None):
    """Two interleaved half circles of radius 1."""
    label, rng = _labels(n, 2, rng)
    angle = np.pi * rng.random(n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.array([1.0, 0.5]) - upper
    return _blurred(np.where(label[:, None] == 0, upper, lower), noise, rng), label


def circles(n: int = 1000, *, noise: float = 0.1, factor: float = 0.5, rng=None):
    """A circle of radius ``factor`` inside one of radius 1."""
    label, rng = _labels(n, 2, rng)
    radius = np.where(label == 0, 1.0, factor)
    return _blurred(_polar(radius, 2 * np.pi * rng.random(n)), noise, rng), label


def blobs(n: int = 1000, *, classes: int = 3, noise: float = 0.5, rng=None):
    """One normal cloud for each class, their centres evenly spread on a circle of radius 2."""
    label, rng = _labels(n, classes, rng)
    return _blurred(_polar(2.0, 2 * np.pi * label / classes), noise, rng), label


def spirals(n: int = 1000, *, classes: int = 2, turns: float = 1.0, noise: float = 0.05, rng=None):
    """Arms of an Archimedean spiral, one for each class, that end at radius 1."""
    label, rng = _labels(n, classes, rng)
    radius = np.sqrt(rng.random(n))
    return _blurred(_polar(radius, 2 * np.pi * (turns * radius + label / classes)), noise, rng), label


def xor(n: int = 1000, *, noise: float = 0.05, rng=None):
    """The square [-1, 1] x [-1, 1]; class 1 is where the signs of the two coordinates differ, before the noise."""
    label, rng = _labels(n, 2, rng)
    size, sign = rng.random((n, 2)), rng.choice([-1.0, 1.0], n)
    return _blurred(size * np.stack([sign, np.where(label == 0, sign, -sign)], axis=1), noise, rng), label


def curves(n: int = 200, *, noise: float = 0.1, rng=None):
    """Regression of two curves at once: y = (sin pi x, x^2) + noise, for x uniform in [-1, 1]."""
    rng = _checked(n, 1, rng)
    x = rng.uniform(-1.0, 1.0, (n, 1))
    return x, _blurred(np.concatenate([np.sin(np.pi * x), x**2], axis=1), noise, rng)


def line(n: int = 200, *, slope: float = 2.0, intercept: float = -1.0, noise: float = 0.1, rng=None):
    """Regression of a straight line: y = slope x + intercept + noise, for x uniform in [-1, 1]."""
    rng = _checked(n, 1, rng)
    x = rng.uniform(-1.0, 1.0, (n, 1))
    return x, _blurred(slope * x + intercept, noise, rng)


def _labels(n, classes, rng):
    """Class numbers in random order, the classes as equal in size as can be."""
    rng = _checked(n, classes, rng)
    return rng.permutation(np.arange(n) % classes), rng


def _checked(n, at_least, rng):
    if n < at_least:
        raise DataError(f"n={n} points are too few: write n={at_least} or more, at least one for each class")
    return np.random.default_rng(rng)


def _polar(radius, angle):
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _blurred(points, noise, rng):
    return points + noise * rng.standard_normal(points.shape)
