"""Data to train on: the bundled digits, toy sets, and mini-batches of them."""

from minigrad.data.batches import Batches
from minigrad.data.catalog import load
from minigrad.data.dataset import Dataset, Examples, split
from minigrad.data.digits import digits
from minigrad.data.toy import blobs, circles, curves, line, moons, spirals, xor

__all__ = [
    "Batches",
    "Dataset",
    "Examples",
    "blobs",
    "circles",
    "curves",
    "digits",
    "line",
    "load",
    "moons",
    "spirals",
    "split",
    "xor",
]
