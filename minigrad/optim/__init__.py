"""Optimizers, schedules, regularizers and clipping: everything that turns gradients into better parameters."""

from minigrad.optim.first_order import SGD, Adam, AdamW, RMSprop
from minigrad.optim.optimizer import Optimizer

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
]
