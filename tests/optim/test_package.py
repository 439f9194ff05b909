"""Everything that is public is listed, and listed things exist."""

import inspect

from minigrad import optim


def test_every_public_name_is_listed():
    defined = {
        name
        for name, value in vars(optim).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and not name.startswith("_")
    }
    assert defined | {"schedules"} == set(optim.__all__)


def test_every_optimizer_tells_its_recurrence_and_its_source():
    kinds = [value for value in vars(optim).values() if inspect.isclass(value) and issubclass(value, optim.Optimizer)]
    for kind in kinds:
        if kind not in (optim.Optimizer, optim.VectorOptimizer):
            assert any(year in kind.__doc__ for year in map(str, range(1950, 2030))), kind
