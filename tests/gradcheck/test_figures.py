"""Steps and tolerances of many checks together: what changes all of them by a twentieth is seen."""

import numpy as np
import pytest

from minigrad.gradcheck import check_call
from tests.gradcheck.conftest import figures_of, kept
from tests.gradcheck.test_every_op import CALLS

TEST = "test_the_gradient_is_right_at_two_orders_two_precisions_and_in_every_layout"
EVERY = 9


@pytest.mark.parametrize("part", range(3))
def test_steps_tolerances_and_the_number_of_evaluations_are_what_they_were(part):
    moved: dict[str, list[float]] = {"evaluations": []}
    for name in list(CALLS)[part::EVERY]:
        report, before = check_call(*CALLS[name]), kept("every_op")[f"{TEST}: {name}"]
        moved["evaluations"].append(np.log10((1 + report.evaluations) / (1 + before["evaluations"])))
        for finding, figures_before in zip(report.findings, before["figures"], strict=True):
            for figure, magnitudes in figures_of(finding).items():
                if isinstance(magnitudes, list):
                    assert len(magnitudes) == len(figures_before[figure])
                    moved.setdefault(figure, []).extend(np.subtract(magnitudes, figures_before[figure]))
    for figure, logarithms in moved.items():
        assert abs(np.mean(logarithms)) < 0.002, (figure, np.mean(logarithms))
        assert np.mean(np.abs(logarithms)) < 0.005, (figure, np.mean(np.abs(logarithms)))
