"""What is trained: multilayer perceptrons from tiny to large, each with fixed data and fixed first weights."""

from typing import NamedTuple

import numpy as np

RATES = {"sgd": 0.01, "adam": 0.001}
BETAS, EPS = (0.9, 0.999), 1e-8


class Problem(NamedTuple):
    """Layers `sizes[0]` to `sizes[-1]` with ReLU between them; one output is regression, several are classes."""

    sizes: tuple[int, ...]
    batch: int

    @property
    def classifies(self) -> bool:
        return self.sizes[-1] > 1

    def data(self, dtype) -> tuple[np.ndarray, np.ndarray]:
        """Inputs `(batch, in)`, and targets: values `(batch, 1)` or class numbers `(batch,)`."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.batch, self.sizes[0])).astype(dtype)
        if self.classifies:
            return x, rng.integers(self.sizes[-1], size=self.batch)
        return x, np.sin(x.sum(axis=1, keepdims=True))

    def weights(self, dtype) -> list[np.ndarray]:
        """Weight `(out, in)` and bias `(out,)` of each layer, one after the other (He et al., 2015)."""
        rng = np.random.default_rng(1)
        arrays: list[np.ndarray] = []
        for n_in, n_out in zip(self.sizes, self.sizes[1:]):
            arrays += [rng.standard_normal((n_out, n_in)) * (2 / n_in) ** 0.5, np.zeros(n_out)]
        return [a.astype(dtype) for a in arrays]


PROBLEMS = {
    "T": Problem((2, 16, 16, 1), batch=64),
    "S": Problem((64, 64, 32, 10), batch=64),
    "D": Problem((32, *50 * (32,), 10), batch=32),
    "M": Problem((784, 256, 128, 10), batch=128),
    "L": Problem((1024, 2048, 2048, 10), batch=512),
}
