"""Every call that an op declares to be wrong is refused with the error and the words that it declares."""

import re

import numpy as np
import pytest

import minigrad as mg
from tests.table import OPS

REFUSED = [(name, *sample) for name, op in OPS.items() for sample in op.error_samples]


@pytest.mark.parametrize(("name", "call", "error", "words"), REFUSED, ids=[f"{row[0]}-{row[1]!r}" for row in REFUSED])
def test_a_wrong_call_is_refused_in_the_words_declared_beside_the_op(name, call, error, words):
    args, kwargs = call.draw(np.random.default_rng(0))

    def lifted(x):
        if isinstance(x, list):
            return [lifted(part) for part in x]
        return mg.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x

    with pytest.raises(error, match=re.escape(words)):
        OPS[name](*map(lifted, args), **kwargs)


def test_some_ops_declare_wrong_calls():
    assert len(REFUSED) > 20
