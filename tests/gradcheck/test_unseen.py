"""Faults that were written down before the checker had seen them: caught, and called what they are."""

import pytest

from tests.exam.found import faults
from tests.gradcheck.faults import diagnosed
from tests.gradcheck.unseen_1 import UNSEEN_1
from tests.gradcheck.unseen_2 import UNSEEN_2
from tests.gradcheck.unseen_3 import UNSEEN_3
from tests.gradcheck.unseen_4 import UNSEEN_4

BATCHES = {"first": UNSEEN_1, "second": UNSEEN_2, "third": UNSEEN_3, "fourth": UNSEEN_4}


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_unseen_faults_are_caught_and_named(batch):
    caught, named, *_ = faults(BATCHES[batch], seeds=[0, 1])
    assert caught.passed, caught.failures
    assert named.passed, named.failures


@pytest.mark.parametrize("fault", [*UNSEEN_1, *UNSEEN_2, *UNSEEN_3, *UNSEEN_4], ids=lambda fault: fault.name)
def test_what_is_said_of_them_is_as_before(fault, as_before):
    as_before(diagnosed(fault, 0))


@pytest.mark.parametrize("fault", UNSEEN_3[::6], ids=lambda fault: fault.name)
def test_every_sixth_of_the_third_batch(fault):
    caught, named, *_ = faults([fault], engine=False)
    assert caught.passed
    assert named.passed, named.failures
