"""Averages of the weights over the steps: less noisy than the weights themselves, and often better."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.effects import effect
from minigrad.errors import CheckpointError
from minigrad.optim.hyperparameters import at, check
from minigrad.optim.parameters import named_tensors
from minigrad.optim.schedules.base import Rate


class WeightAverage:
    """An average of parameters, brought up to date by ``update()`` after a step, put to use by ``with applied():``.

    Buffers, as the running statistics of batch normalization, are not averaged.
    """

    def __init__(self, params: Any):
        self.params = [p for _, p in named_tensors(params)]
        self.averages = [p.data.copy() for p in self.params]
        self.count = 0

    def weight(self) -> float:
        """The weight of the new values in the average."""
        raise NotImplementedError

    @effect
    def update(self) -> None:
        """Take the present values into the average; the first ones are the average."""
        for i, p in enumerate(self.params):
            average = self.averages[i]
            self.averages[i] = average + self.weight() * (p.data - average) if self.count else p.data.copy()
        self.count += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the parameters have the averaged values; after that their own again."""
        own = [p.data for p in self.params]
        try:
            for p, average in zip(self.params, self.averages, strict=True):
                p.data = average.copy()
            yield
        finally:
            for p, data in zip(self.params, own, strict=True):
                p.data = data

    def state_dict(self) -> dict[str, Any]:
        """A copy of the averages, in the order of the parameters, and how many values they are made of."""
        return {"count": self.count, "averages": [average.copy() for average in self.averages]}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``, all of it or nothing."""
        averages = [np.asarray(average) for average in saved["averages"]]
        shapes, wanted = [average.shape for average in averages], [p.shape for p in self.params]
        if shapes != wanted:
            raise CheckpointError(f"the averages cannot be loaded: they have shapes {shapes}, needed are {wanted}")
        self.averages = [average.astype(p.dtype) for average, p in zip(averages, self.params, strict=True)]
        self.count = int(saved["count"])


class EMA(WeightAverage):
    """Exponential moving average: ``average = decay * average + (1 - decay) * p``.

    ``decay`` may be a schedule of the number of updates. Polyak and Juditsky, 1992; Tarvainen and Valpola, 2017.

    >>> from minigrad.engine import Tensor
    >>> w = Tensor([0.0])
    >>> ema = EMA([w], decay=0.75)
    >>> for value in [4.0, 8.0]:
    ...     w.data = np.array([value])
    ...     ema.update()
    >>> with ema.applied():
    ...     print(w)
    tensor([5.])
    """

    def __init__(self, params: Any, decay: Rate = 0.999):
        super().__init__(params)
        self.decay = check("decay", decay)

    def weight(self):
        return 1 - at(self.decay, self.count)


class SWA(WeightAverage):
    """Stochastic weight averaging: the plain mean of all values so far, usually once per epoch near the end.

    average <- average + (w - average) / (count + 1)

    Izmailov et al., 2018, algorithm 1.
    """

    def weight(self):
        return 1 / (self.count + 1)
