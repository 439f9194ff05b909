"""The bundled digits: 1,797 real scans of handwritten digits, so that there is something to learn without a download.

Data: *Optical Recognition of Handwritten Digits*, E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository,
https://doi.org/10.24432/C50P49, licensed CC BY 4.0; the values of its test set, as scikit-learn bundles them.
"""

from pathlib import Path

import numpy as np

from minigrad.data.dataset import Dataset, Examples
from minigrad.data.preprocessing import Labels, Preprocessing

FOLDS = 5
"""One scan of so many, of each digit, is kept aside for validation."""

INK = 16.0
"""The darkest pixel."""


def digits() -> Dataset:
    """Scans of 8x8 pixels, `(N, 64)` with values in [0, 1], and the digit that each shows, `(N,)`.

    The split is fixed and stratified: every fifth scan of each digit is a validation example.

    >>> digits().train.x.shape, digits().validation.x.shape
    ((1442, 64), (355, 64))
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    x = images.reshape(len(images), -1) / INK
    aside = occurrence(labels) % FOLDS == FOLDS - 1
    train, validation = Examples(x[~aside], labels[~aside]), Examples(x[aside], labels[aside])
    names = [f"pixel{i}" for i in range(x.shape[1])]
    steps = Preprocessing.numbers(
        names, np.zeros(x.shape[1]), np.full(x.shape[1], INK), Labels("digit", tuple("0123456789"))
    )
    return Dataset("digits", train, validation, classes=10, note="pixels in [0, 1]", preprocessing=steps)


def occurrence(labels: np.ndarray) -> np.ndarray:
    """How many equal labels come before each.

    >>> occurrence(np.array([7, 7, 3, 7, 3]))
    array([0, 1, 0, 2, 1])
    """
    counts = np.empty(len(labels), dtype=int)
    for label in np.unique(labels):
        same = labels == label
        counts[same] = np.arange(np.count_nonzero(same))
    return counts
