"""One node by itself: what the quick look along a direction sees, and what it lets pass."""

import numpy as np
import pytest

from minigrad.engine import Op, Tensor, history
from minigrad.gradcheck.arguments import tensors_in
from minigrad.gradcheck.compare import arriving
from minigrad.gradcheck.local import LocalCheck, calm_step, differentiable_positions, operand_name, slope_of_a_line
from minigrad.gradcheck.sweep import problem_of
from tests.gradcheck.conftest import magnitudes
from tests.gradcheck.test_black_box_kinks import CASES
from tests.gradcheck.test_every_op import CALLS
from tests.gradcheck.test_planted_faults import FAULTS, operation


def nodes_of_call(name: str) -> list[Tensor]:
    op, sample = CALLS[name]
    problem = problem_of(op, sample.draw(np.random.default_rng(0)))
    return history([y for y in problem.trace(problem.x, record=True)[1] if y.requires_grad])


def of(op: Op, *inputs) -> list[Tensor]:
    leaves = [Tensor(x, requires_grad=True) if np.asarray(x).dtype.kind == "f" else x for x in inputs]
    return history(tensors_in(op(*leaves)))


FUNCTIONS = {
    **{name: lambda name=name: nodes_of_call(name) for name in list(CALLS)[::7]},
    **{name: lambda case=case: of(operation(case[0], case[1]), *case[2:]) for name, case in FAULTS.items()},
    **{name: lambda case=case: of(case[0], np.array(case[1], float)) for name, case in CASES.items()},
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_seen_of_a_node_is_as_before(name, as_before):
    words, figures = [], []
    with np.errstate(all="ignore"):
        for y in FUNCTIONS[name]():
            for position in differentiable_positions(y) if y.op else []:
                seen, counted = looked_at(y, position)
                words += [f"{y.op.name}, {operand_name(y, position)}: {line}" for line in seen]
                figures.append(counted)
    as_before(words, figures=figures, within=0.2)


def looked_at(y: Tensor, position: int) -> tuple[list[str], dict]:
    """What a check of one operand of a node says of its gradient, and of the same with errors."""
    check = LocalCheck(y, position, np.random.default_rng(1))
    v = arriving(np.random.default_rng(2), check.finite)
    finding, forwards = check.fault([v]), check.forwards
    claim = check.problem.gradient(check.x, v)
    everywhere, one = np.arange(len(check.x)), claim.copy()
    one[:1] *= 1.001
    words = [f"{np.count_nonzero(check.kinked)} kinked, {finding and finding.verdict.name}"]
    for error, g in {"none": claim, "a millionth": claim * (1 + 1e-6), "of one element": one}.items():
        smooth = check.agrees(everywhere, v, g)
        words.append(f"an error, {error}: agrees {smooth}, subgradient {check.is_subgradient(everywhere, v, g)}")
    words.append(f"suspects: {check.suspects(everywhere, v, one).tolist()}")
    d = check.look_along(check.direction)
    line, step = slope_of_a_line(d, v), calm_step(d)
    window = d.window(v, np.zeros(1, int), np.array([step]))
    return words, {
        "forwards": forwards,
        "step": magnitudes([step]),
        "tol": magnitudes(window.tol),
        "tol of the line": magnitudes([] if line is None else [line[1]]),
        "shown": [] if finding is None or finding.worst is None else magnitudes([finding.tol]),
    }
