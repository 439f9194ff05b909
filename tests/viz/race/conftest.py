import pytest

from minigrad.viz.race import race


@pytest.fixture(scope="session")
def result():
    """A small race on the ravine, with learning rates searched for and fixed."""
    return race(
        "ravine", "sgd, rmsprop, newton", kappa=10, rotations=[0, 45], steps=200, command="minigrad race ravine"
    )
