"""What a page shows of an array, as plain data: a number, or shape, statistics and the first values."""

import math
from typing import Any

import numpy as np

MOST_SIDE = 6
"""So many rows and columns are shown."""
BARS, LEVELS = 24, 9


def facts(x) -> Any:
    """A single number as itself; an array as what is to be known of it.

    >>> facts(np.array(0.5)), facts(np.array(np.nan))
    (0.5, 'nan')
    >>> facts(np.array([3.0, -4.0]))
    {'shape': [2], 'min': -4.0, 'mean': -0.5, 'max': 3.0, 'norm': 5.0, 'values': [[3.0, -4.0]]}
    """
    x = np.asarray(x)
    if not x.ndim:
        return json_number(x.item())
    known: dict[str, Any] = {"shape": list(x.shape)}
    if x.size and x.dtype.kind in "biuf":
        x = x.astype(float)
        with np.errstate(all="ignore"):
            spread = {"min": np.min(x), "mean": np.mean(x), "max": np.max(x), "norm": np.sqrt(np.sum(np.square(x)))}
        known |= {name: json_number(float(value)) for name, value in spread.items()}
        known["values"] = corner(x)
    elif not x.size:
        known["norm"] = 0.0
    return known


def json_number(value) -> float | str | bool:
    """A number as JSON can hold it: what is not finite as text."""
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def corner(x: np.ndarray) -> list[list]:
    """The first rows and columns of the last two axes: in full where that is all, else rounded to four digits."""
    whole = x.size == np.prod(x.shape[-2:]) and max(x.shape[-2:]) <= MOST_SIDE
    while x.ndim > 2:
        x = x[0]
    rows = np.atleast_2d(x)[:MOST_SIDE, :MOST_SIDE].tolist()
    return [[json_number(value if whole else float(f"{value:.4g}")) for value in row] for row in rows]


def strip(x: np.ndarray) -> list[int]:
    """Bars from -9 to 9, relative to the largest: the mean of each column, of several where there are many.

    >>> strip(np.array([[1.0, -1.0], [3.0, -1.0]]))
    [9, -4]
    """
    flat = x.reshape(-1, x.shape[-1]) if 1 < x.shape[-1] <= BARS else x.reshape(1, -1)
    with np.errstate(all="ignore"):
        columns = np.mean(np.where(np.isfinite(flat), flat, 0.0), axis=0)
        means = np.array([np.mean(part) for part in np.array_split(columns, min(BARS, len(columns)))])
        largest = np.max(abs(means))
    if not 0 < largest < np.inf:
        return [0] * len(means)
    return [round(LEVELS * float(mean / largest)) for mean in means]
