"""How many examples: few and the same with every run, many and new with ``-m slow``."""

import pytest
from hypothesis import HealthCheck, settings

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("few", max_examples=40, derandomize=True, database=None, deadline=None)
settings.register_profile("many", max_examples=2_000, database=None, deadline=None, suppress_health_check=CHECKS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """The properties belong to both runs."""
    many = config.option.markexpr == "slow"
    settings.load_profile("many" if many else "few")
    for item in items if many else []:
        if "properties" in item.path.parts:
            item.add_marker(pytest.mark.slow)
