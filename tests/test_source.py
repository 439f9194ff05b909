"""A Tensor knows the line of the user's program that made it."""

import inspect
import subprocess
import sys
import threading

import numpy as np

import minigrad as mg
from minigrad.source import Source, here, is_internal, user_frame


def line_number():
    return inspect.currentframe().f_back.f_lineno


def test_here_is_the_line_that_asks():
    place = here()
    assert place.line == line_number() - 1
    assert place.text == "place = here()"


def test_a_leaf_knows_where_it_was_made():
    w = mg.tensor(1.0)  # made here
    assert w.source.text == "w = mg.tensor(1.0)  # made here"
    assert w.source.filename == __file__


def test_a_result_knows_where_it_was_computed():
    w = mg.tensor(1.0, requires_grad=True)
    y = w * 2  # computed here
    assert y.source.text == "y = w * 2  # computed here"


def test_a_call_through_numpy_is_the_users_line_not_numpys():
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    y = np.sum(w)  # through NumPy's dispatcher
    assert y.source.text == "y = np.sum(w)  # through NumPy's dispatcher"


def test_a_method_is_the_users_line_not_minigrads():
    y = mg.tensor([1.0, 2.0], requires_grad=True).sum()  # a method
    assert y.source.text.endswith("# a method")


def test_a_statement_of_several_lines_is_found_at_the_call():
    w = mg.tensor(2.0, requires_grad=True)
    y = (
        w
        * 3
    )  # fmt: skip
    assert y.source.text in {"w", "* 3", "y = ("}


def test_a_function_of_the_user_is_where_the_op_was_called():
    def double(x):
        return x * 2  # inside double

    assert double(mg.tensor(1.0, requires_grad=True)).source.text == "return x * 2  # inside double"


def test_code_without_a_file_has_a_place_but_no_text():
    names = {"w": mg.tensor(1.0, requires_grad=True)}
    exec(compile("\n\ny = w * 2", "<typed>", "exec"), names)
    source = names["y"].source
    assert (source.filename, source.line, source.text) == ("<typed>", 3, "")
    assert str(source) == "<typed>:3"


def test_a_place_is_written_as_file_line_and_text():
    w = mg.tensor(1.0)
    assert str(w.source) == f"test_source.py:{line_number() - 1}  w = mg.tensor(1.0)"


def test_a_thread_finds_its_own_line():
    found = []

    def work():
        found.append((mg.tensor(1.0).source.line, line_number()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[0][0] == found[0][1]


def test_files_of_minigrad_and_numpy_are_internal_and_others_are_not():
    assert is_internal(mg.__file__)
    assert is_internal(np.__file__)
    assert not is_internal(__file__)
    assert not is_internal("<stdin>")


def test_the_user_frame_is_the_caller():
    assert user_frame() is inspect.currentframe()


def test_a_source_is_a_value():
    w = mg.tensor(1.0)
    assert w.source == Source(w.code, w.offset)


def test_asking_for_a_line_keeps_no_frame_alive_even_where_all_is_minigrads():
    program = """
import gc, sys, weakref
import numpy as np
import minigrad.nn, minigrad.source
gc.disable()
minigrad.source.is_internal = lambda filename: True
model = minigrad.nn.BatchNorm1d(2)
y = model(np.ones((3, 2)) * np.arange(3)[:, None])
alive = weakref.ref(y)
del y
sys.exit(alive() is not None)
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
