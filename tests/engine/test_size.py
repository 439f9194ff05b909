"""engine.py is meant to be read: what explains backward() is under 150 lines of code."""

import inspect
import tokenize
from io import StringIO

from minigrad import engine, rules

EXPLAINS_BACKWARD = (
    # a call is recorded
    *(engine.Op, engine.Tensor.__array_ufunc__, engine.Tensor.__array_function__, rules.rule),
    *(engine._node, engine.constant),
    # the record is walked
    *(engine.Tensor.backward, engine.walk, engine._pull_back, rules.Rule.formula, engine.fit),
)
"""All that runs between ``y = f(x)`` and ``x.grad``. Left out: checking what ``backward`` was called with (``seed``),
the texts of errors, and hooks."""

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(source: str) -> int:
    """The number of lines that hold code: no blank lines, no comments, no docstrings.

    >>> code_lines('''def f(x):
    ...     \"""A docstring.\"""
    ...
    ...     # a comment
    ...     return x  # and another
    ... ''')
    2
    """
    lines, starts_statement = set(), True
    for token in tokenize.generate_tokens(StringIO(inspect.cleandoc(source)).readline):
        if token.type not in LAYOUT and not (starts_statement and token.type == tokenize.STRING):
            lines |= set(range(token.start[0], token.end[0] + 1))
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            starts_statement = token.type in LAYOUT
    return len(lines)


def test_what_explains_backward_is_under_150_lines_of_code():
    assert sum(code_lines(inspect.getsource(part)) for part in EXPLAINS_BACKWARD) < 150


def test_the_whole_engine_is_under_300_lines_of_code():
    assert code_lines(inspect.getsource(engine)) < 300
