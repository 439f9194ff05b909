"""A small run with everything that a resume could forget: Dropout, BatchNorm, shuffling, momentum, schedules, EMA."""

import hashlib
from pathlib import Path

import numpy as np

from minigrad import nn, optim
from minigrad.data import Dataset, Examples
from minigrad.optim import schedules
from minigrad.training import EMA, Checkpoint, EarlyStopping, Trainer

EPOCHS = 3
STEPS = 4
"""Steps an epoch."""


def points(n: int = 40, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    return Dataset("points", Examples(x[8:], y[8:]), Examples(x[:8], y[:8]), classes=2)


def network(rng=None) -> nn.Module:
    """Dropout with a rate on schedule; one generator for the weights and both masks."""
    rng = np.random.default_rng(5 if rng is None else rng)
    return nn.Sequential(
        nn.Linear(3, 6, rng=rng),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.Dropout(schedules.Linear(0.5, 20), rng=rng),
        nn.Linear(6, 6, rng=rng),
        nn.Tanh(),
        nn.GaussianNoise(0.1, rng=np.random.Generator(np.random.MT19937(3))),
        nn.Linear(6, 2, rng=rng),
    )


def run(path: Path | None = None, *, kind: str = "adam", every: int | None = None, extra=(), rng=1) -> Trainer:
    """A trainer for :func:`points`, which saves to ``path`` if that is given."""
    model = network(rng if isinstance(rng, np.random.Generator) else None)
    optimizer = {
        "adam": lambda: optim.AdamW(model, schedules.Plateau(0.02, patience=0), weight_decay=0.1),
        "sgd": lambda: optim.SGD(model, schedules.Cosine(0.1, 12), momentum=0.9, regularizer=optim.L2(0.01)),
        "lookahead": lambda: optim.Lookahead(optim.RMSprop(model, 0.01), every=3),
    }[kind]()
    savers = [Checkpoint(path, every=every)] if path else []
    options = {"clip_norm": 0.5, "penalty": optim.L1(0.001)} if kind == "adam" else {"accumulate": 2}
    return Trainer(
        model,
        nn.cross_entropy,
        optimizer,
        batch_size=8,
        check=False,
        callbacks=[EMA(model, 0.9), EarlyStopping(patience=50), *extra, *savers],
        rng=rng,
        **options,
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
