"""Ops that a test declares are gone when it ends."""

import pytest

from minigrad.declare import OPS
from minigrad.rules import TABLE


@pytest.fixture
def tables():
    """The two tables of ops; what the test adds to them is taken out again."""
    before = dict(OPS), dict(TABLE)
    yield OPS, TABLE
    for table, old in zip((OPS, TABLE), before):
        table.clear()
        table.update(old)
