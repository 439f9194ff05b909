"""Derivatives of modules and losses, measured: central differences along random directions, at two orders."""

import copy

import numpy as np

import minigrad as mg


def leaf(*shape, rng=0):
    return mg.tensor(np.random.default_rng(rng).standard_normal(shape), requires_grad=True)


def frozen(module):
    """The module as a pure function: each call starts with the same generators and buffers."""
    generators = [(g, g.bit_generator.state) for _, g in module.named_generators()]
    buffers = [(b, b.numpy()) for b in module.buffers()]

    def call(*inputs):
        for generator, state in generators:
            generator.bit_generator.state = copy.deepcopy(state)
        for buffer, value in buffers:
            buffer.data = value
        return module(*inputs)

    return call


def assert_derivatives(compute, leaves, *, order=2, tolerance=1e-7):
    """Compare gradients, and gradients of gradients, of ``compute()`` with differences along three directions."""
    rng = np.random.default_rng(5)
    weights = rng.standard_normal(compute().shape)

    def value():
        return (compute() * weights).sum()

    for _ in range(3):
        directions = [rng.standard_normal(x.shape) for x in leaves]
        checked = value
        for _ in range(order):
            slope = _along(checked, leaves, directions)
            np.testing.assert_allclose(
                slope().item(), _difference(checked, leaves, directions), atol=tolerance, rtol=tolerance
            )
            if not slope().requires_grad:
                break
            checked, directions = slope, [rng.standard_normal(x.shape) for x in leaves]


def _along(function, leaves, directions):
    """The slope of a function of the leaves in these directions, itself such a function."""

    def slope():
        slopes = mg.autograd.grad(function(), leaves, create_graph=True, allow_unused=True)
        terms = [(g * d).sum() for g, d in zip(slopes, directions) if g is not None]
        return sum(terms[1:], start=terms[0])

    return slope


def _difference(function, leaves, directions, h=1e-3):
    """The same slope, by central differences that are exact for polynomials of degree 6."""
    values = [x.numpy() for x in leaves]

    def at(step):
        for x, value, d in zip(leaves, values, directions):
            x.data = value + step * d
        return function().item()

    sides = [(at(n * h) - at(-n * h)) / (2 * n * h) for n in (1, 2, 3)]
    at(0.0)
    return 1.5 * sides[0] - 0.6 * sides[1] + 0.1 * sides[2]
