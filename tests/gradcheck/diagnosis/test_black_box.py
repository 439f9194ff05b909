"""A function with a backward of its own."""

import functools

import numpy as np
import pytest

from minigrad.errors import DeclarationError
from minigrad.gradcheck import black_box


class Cube:
    """A function that is an object, and one that is a method."""

    def __call__(self, x):
        return x**3

    def of(self, x):
        return x**3


@pytest.mark.parametrize("forward", [np.square, Cube(), Cube().of, functools.partial(np.power, 3.0), abs])
def test_a_forward_whose_arguments_have_no_names_is_refused(forward):
    with pytest.raises(DeclarationError, match=r"made with def or lambda.*got .*: write one that calls it, lambda x"):
        black_box(forward, lambda g, y, x: g)
