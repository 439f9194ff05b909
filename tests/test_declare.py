"""Declaring an op: wrong at import or right for good, and in one place."""

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.declare import OPS, composed, nondifferentiable
from minigrad.engine import Op
from minigrad.errors import DeclarationError, UnsupportedError
from minigrad.samples import call, real
from tests.engine.conftest import tables
from tests.engine.tools import leaf

__all__ = ["tables"]
pytestmark = pytest.mark.usefixtures("tables")


def test_a_misspelt_argument_is_an_error_when_the_op_is_declared():
    with pytest.raises(DeclarationError) as error:

        @mg.op(wieght=lambda g, y, x, weight: g * x)
        def scaled(x, weight):
            return x * weight

    assert str(error.value) == (
        "@op of scaled: 'wieght' is neither an argument (x, weight) nor a fact "
        "(singular, variadic, sequence, branches, complex_ok, surrogate, aliases, saving)"
    )


def test_a_formula_with_too_few_arguments_is_an_error_when_the_op_is_declared():
    with pytest.raises(DeclarationError) as error:

        @mg.op(x=lambda g, x: g)
        def same(x):
            return x

    assert str(error.value) == "@op of same: the formula of 'x' takes 2 arguments, but it is called with 3: (g, y, x)"


def test_a_formula_of_an_op_with_options_takes_them_all():
    with pytest.raises(
        DeclarationError, match=r"takes 3 arguments, but it is called with 5: \(g, y, x, axis, keepdims\)"
    ):

        @mg.op(x=lambda g, y, x: g)
        def total(x, axis=None, keepdims=False):
            return np.sum(x, axis=axis, keepdims=keepdims)


def test_a_formula_must_be_a_function():
    with pytest.raises(DeclarationError, match="the formula of 'x' must be a function"):

        @mg.op(x=3.0)
        def same(x):
            return x


def test_an_op_without_any_formula_is_refused():
    with pytest.raises(DeclarationError, match="same has no formula: give one for at least one of x"):

        @mg.op()
        def same(x):
            return x


def test_a_declared_op_is_an_op_of_the_table_and_stands_in_for_its_numpy_function():
    @mg.op(np.i0, x=lambda g, y, x: g * x, samples=[real(2)])
    def i0(x):
        """Not its derivative."""
        return np.i0(x)

    assert OPS["i0"] is i0
    x = leaf(3.0)
    np.i0(x).backward()
    assert x.grad == 3
    assert i0.__doc__ == "Not its derivative."
    assert repr(i0) == "<op i0>"


def test_an_op_of_plain_arrays_returns_a_plain_array():
    @mg.op(x=lambda g, y, x: g)
    def same(x):
        return np.positive(x)

    assert type(same(np.ones(2))) is np.ndarray


def test_every_argument_can_be_named_in_the_call():
    @mg.op(x=lambda g, y, x, scale, shift: g * scale)
    def line(x, scale=2.0, shift=0.0):
        return x * scale + shift

    x = leaf(1.0)
    y = line(shift=5.0, x=x)
    y.backward()
    assert (y.item(), float(x.grad)) == (7.0, 2.0)


def test_options_behind_a_star_are_passed_to_the_formula_by_name():
    @mg.op(x=lambda g, y, x, *, scale=1.0: g * scale)
    def scaled(x, *, scale=1.0):
        return x * scale

    x = leaf(1.0)
    scaled(x, scale=4.0).backward()
    assert x.grad == 4


def test_a_variadic_formula_is_told_which_operand_it_is_asked_for():
    @mg.op(xs=lambda g, y, i, *xs: g * (i + 1), variadic=True)
    def weighted(*xs):
        return sum((i + 1) * x for i, x in enumerate(xs))

    leaves = [leaf(0.0) for _ in range(3)]
    weighted(*leaves).backward()
    assert [float(x.grad) for x in leaves] == [1.0, 2.0, 3.0]


def test_a_sequence_op_is_called_with_one_list():
    @mg.op(xs=lambda g, y, i, *xs: g * (i + 1), sequence=True)
    def weighted(*xs):
        return sum((i + 1) * x for i, x in enumerate(xs))

    leaves = [leaf(0.0) for _ in range(2)]
    weighted(leaves).backward()
    assert [float(x.grad) for x in leaves] == [1.0, 2.0]


def test_samples_are_calls_or_single_arrays():
    @mg.op(x=lambda g, y, x, k: g, samples=[real(2), call(real(3), k=2)])
    def same(x, k=1):
        return x

    assert [repr(sample) for sample in same.samples] == ["(real(2))", "(real(3), k=2)"]


def test_a_composed_function_differentiates_through_its_ops():
    @composed(np.i0, samples=[real(2)])
    def square_of(x):
        return x * x

    x = leaf(3.0)
    np.i0(x).backward()
    assert x.grad == 6
    assert OPS["square_of"] is square_of


def test_a_function_without_gradient_sees_through_tensors():
    nondifferentiable(np.i0)
    y = np.i0(leaf(0.0))
    assert isinstance(y, mg.Tensor)
    assert not y.requires_grad


def test_an_op_of_ones_own_is_refused_what_it_has_no_derivative_for():
    @mg.op(x=lambda g, y, x, scale: g * scale)
    def scaled(x, scale):
        return x * scale

    with pytest.raises(UnsupportedError, match=r"pass scale\.detach\(\)"):
        scaled(leaf(1.0), leaf(2.0))


NEW_OP = '''
"""One file, one op."""

import numpy as np

from minigrad.declare import op
from minigrad.samples import call, real


@op(np.ldexp, x=lambda g, y, x, n: np.ldexp(g, n), samples=[call(real(2, 3), 2)])
def ldexp(x, n):
    """y = x 2**n,  dy/dx = 2**n."""
    return np.ldexp(x, n)
'''


def test_adding_an_op_touches_one_file(tmp_path):
    """A copy of the package with one more file in ops/: the op is public, is NumPy's, and is in the checker's table."""
    package = tmp_path / "minigrad"
    shutil.copytree(Path(mg.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "ops" / "extra.py").write_text(NEW_OP)
    program = (
        "import numpy as np, minigrad as mg\n"
        "assert 'ldexp' in mg.__all__ and mg.declare.OPS['ldexp'] is mg.ldexp and len(mg.ldexp.samples) == 1\n"
        "x = mg.tensor(0.3, requires_grad=True)\n"
        "np.ldexp(x, 3).backward()\n"
        "assert x.grad == 8\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_a_forward_is_a_function_of_python_and_a_formula_anything_that_can_be_called():
    with pytest.raises(DeclarationError, match=r"made with def or lambda.*got <ufunc 'square'>"):
        mg.op(x=lambda g, y, x: 2 * g * x)(np.square)

    class Dispatched:
        """As a compiler makes of a function: it knows the code of the function."""

        __name__, __doc__, __module__, __defaults__ = "cubed", "", __name__, None

        def __init__(self, function):
            self.__code__, self.function = function.__code__, function

        def __call__(self, *args):
            return self.function(*args)

    assert mg.gradcheck(mg.op(x=lambda g, y, x: 3 * g * x * x)(Dispatched(lambda x: x**3)), np.array([0.5, -1.0]))

    class Slope:
        def __call__(self, g, y, x):
            return 3 * g * x * x

        def of(self, g, y, x):
            return 3 * g * x * x

    for formula in (Slope(), Slope().of, functools.partial(lambda n, g, y, x: n * g * x * x, 3)):
        cube = Op(lambda x: x**3, [formula])
        assert mg.gradcheck(cube, np.array([0.5, -1.0]))
        cube = mg.op(x=formula)(lambda x: x**3)
        assert mg.gradcheck(cube, np.array([0.5, -1.0]))
