"""Every exception is minigrad's own and also the builtin that the caller expects."""

import inspect

import pytest

from minigrad import errors

BUILTIN = {
    "ShapeError": ValueError,
    "DtypeError": TypeError,
    "UnsupportedError": TypeError,
    "DeclarationError": TypeError,
    "GraphError": RuntimeError,
    "GradientError": ArithmeticError,
    "NonFiniteError": FloatingPointError,
    "CheckpointError": ValueError,
    "DrawingError": RuntimeError,
    "DataError": ValueError,
}
FAMILY = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and name != "MinigradError"}


def test_the_family_is_the_one_listed_here():
    assert FAMILY.keys() == BUILTIN.keys()


@pytest.mark.parametrize("name", BUILTIN)
def test_each_is_a_minigrad_error_and_the_builtin(name):
    assert issubclass(FAMILY[name], errors.MinigradError)
    assert issubclass(FAMILY[name], BUILTIN[name])


@pytest.mark.parametrize("name", BUILTIN)
def test_each_is_drawn_in_the_tree_of_the_module(name):
    drawn = next(line for line in errors.__doc__.splitlines() if name in line)
    assert f"({BUILTIN[name].__name__})" in drawn


@pytest.mark.parametrize("name", BUILTIN)
def test_each_says_what_it_is_for(name):
    assert FAMILY[name].__doc__
