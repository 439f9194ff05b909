"""The exercises, in the order of the course: each in a module of its own."""

from importlib import import_module

NAMES = (
    *("square", "tanh", "divide", "relu", "unbroadcast", "mean", "matmul", "embedding"),
    *("softmax", "cross_entropy", "layer_norm", "topological_order"),
    *("momentum", "adam", "adamw", "warmup_cosine", "dropout"),
    *("bug_tape", "bug_accumulation", "bug_broadcast"),
)

COURSE = tuple(import_module(f"{__name__}.{name}").exercise for name in NAMES)
"""All exercises, simplest first."""
