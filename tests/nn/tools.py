"""What tests of modules share: leaves, and modules without memory or chance."""

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
