"""``gradcheck(fn, *inputs)``: is the gradient of this function right, how sure is that, and if not, where not?"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck.arguments import is_floating, put_together, take_apart, tensors_in
from minigrad.gradcheck.compare import arriving, compare, findings
from minigrad.gradcheck.explain import explain
from minigrad.gradcheck.precision import check_float32
from minigrad.gradcheck.probes import probe
from minigrad.gradcheck.problem import BackwardFailed, GradientProblem, Operand, Problem, kept_as_they_are
from minigrad.gradcheck.report import Finding, Report
from minigrad.gradcheck.settings import Settings
from minigrad.gradcheck.setup import bad, dependent, examined, first_difference
from minigrad.gradcheck.state import State
from minigrad.gradcheck.verdict import Verdict, gravest
from minigrad.rules import TABLE, Rule


def gradcheck(
    fn: Callable,
    *inputs,
    params: Sequence[Tensor] | None = None,
    mode: str = "auto",
    order: int = 1,
    rng: int | np.random.Generator | None = 0,
    eps: float = Settings.eps,
    tolerance: float = 0.0,
    budget: int = Settings.budget,
    sample: int = 0,
    name: str | None = None,
) -> Report:
    """Check the gradient of ``fn(*inputs)`` against finite differences, in float64 whatever the dtype.

    Every floating input, also inside lists, tuples and dicts, is varied and reaches ``fn`` as a Tensor; everything
    else is passed on as it is. ``params`` are leaf Tensors that ``fn`` uses without being passed them; they are
    varied in place and come back as they were, ``.grad`` included. Of a Module they are all its parameters.

    There is no tolerance to choose: the error of the numeric derivative is measured. ``tolerance`` allows a relative
    error on top; ``eps`` is the first, largest step, relative to the size of an element. ``order=2`` checks the
    gradient of the gradient as well. ``mode`` is ``"full"``, every element, or ``"probe"``, three random directions
    for models of any size; ``"auto"`` takes the first if ``budget`` forward passes are enough. Beside the directions,
    ``sample`` elements of every operand are looked at one by one.

    Raises ValueError if there is nothing to vary or a setting makes no sense.

    >>> gradcheck(np.tanh, np.array([0.5, -2.0]))  # doctest: +ELLIPSIS
    PASS: tanh, 2 elements at order 1: a relative error of ... would have been noticed in any of them
    """
    settings = Settings(mode, order, eps, tolerance, budget, sample)
    if params is None and callable(parameters := getattr(fn, "parameters", None)):  # a Module, which stands above
        params = [p for p in parameters() if p.requires_grad]
    if not inputs and not params:
        raise ValueError("there is nothing to vary: write gradcheck(fn, x), or gradcheck(fn, params=[w, b])")
    subject = name or getattr(fn, "name", None) or getattr(fn, "__name__", None) or type(fn).__name__
    found: list[tuple[str, object]] = []
    args = tuple(
        take_apart(x, label, lambda x: is_floating(x) or isinstance(x, float), found)
        for label, x in zip(_labels(fn, len(inputs)), inputs, strict=True)
    )
    operands = [Operand(label, np.array(_plain(x), dtype=float)) for label, x in found]
    parameters = {id(p): p for p in params or ()}.values()
    operands += [Operand(p.name or f"params[{i}]", np.array(p.data, float), p) for i, p in enumerate(parameters)]
    state = State(fn, *inputs)
    problem = Problem(state.repeatable(lambda leaves: tensors_in(fn(*put_together(args, leaves)))), operands)
    obstacle = dependent([(label, x) for label, x in found if isinstance(x, Tensor)]) or _unfit(operands, inputs)
    if obstacle:
        return Report(subject, [obstacle])
    with kept_as_they_are(operands), state:
        report = check_problem(problem, subject, settings, np.random.default_rng(rng))
        with state.at_large():
            unlike = first_difference(problem) if state.draws else None
        report.notes += [*state.notes(unlike), *problem.frozen.notes()]
        if report and state.collects:
            with state.evaluating():
                other = check_problem(Problem(problem.call, operands), subject, settings, np.random.default_rng(rng))
            spent = report.evaluations + other.evaluations
            report = report if other else other
            report.evaluations = spent
            report.notes.append("checked in training and evaluation mode" if other else "in evaluation mode")
        explain(report, problem, settings.budget)
        if any(_plain(x).dtype != float for x in (*(x for _, x in found), *parameters)):
            _add_precision(report, problem, np.random.default_rng(rng))
    return report


def check_problem(problem: Problem, subject: str, settings: Settings, rng: np.random.Generator) -> Report:
    """Check a problem at the orders asked for: the second only if nothing is wrong at the first."""
    start, report = perf_counter(), Report(subject)
    report.findings = examined(problem, small=not settings.probes(len(problem.x)))
    if not report.findings:
        _check_orders(problem, report, settings, rng)
    report.seconds = perf_counter() - start
    return report


def _check_orders(problem, report, settings, rng) -> None:
    smooth = _check_order(problem, report, settings, rng, 1, np.arange(len(problem.x)))
    if settings.order == 1 or not report:
        return
    v = arriving(rng, np.isfinite(problem.at(problem.x).outputs))
    second = GradientProblem(problem, v)
    _check_order(second, report, settings, rng, 2, np.concatenate([smooth, np.arange(len(problem.x), len(second.x))]))


def _check_order(problem, report, settings, rng, order, lines) -> np.ndarray:
    """Add the findings of one order to the report; the elements at which there is a next one."""
    try:
        if settings.probes(len(lines)):
            found, evaluations = probe(problem, rng, settings, order)
            if settings.sample and gravest(f.verdict for f in found):
                comparison = compare(problem, rng, settings, _sampled(problem, lines, rng, settings.sample))
                found += [replace(each, sampled=True) for each in findings(comparison, order)]
                evaluations += comparison.differences.evaluations
        else:
            problem.at(problem.x)
            comparison = compare(problem, rng, settings, lines)
            found, evaluations = findings(comparison, order), comparison.differences.evaluations
            lines = np.flatnonzero(comparison.estimate.calm)
    except BackwardFailed as error:
        found, evaluations = [Finding(Verdict.WRONG, "", order, note=str(error))], 0
    report.findings += _weighed(found, order)
    report.evaluations += evaluations
    return lines


def _sampled(problem: Problem, lines: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """So many of the elements of every operand, all if it has no more."""
    parts = [lines[(lines >= where.start) & (lines < where.stop)] for _, where in problem.slices()]
    return np.concatenate([np.sort(rng.permutation(part)[:count]) for part in parts])


def _add_precision(report: Report, problem: Problem, rng: np.random.Generator) -> None:
    """How exact a right gradient is in float32, for inputs of a lower precision than it was checked in."""
    report.notes.append("checked in float64 at the values given, which are of a lower precision")
    if report:
        findings, loss = check_float32(problem, arriving(rng, np.isfinite(problem.at(problem.x).outputs)))
        report.findings += findings
        report.notes.append(
            f"in float32 it is off by at most {loss:.1g}, relative to a derivative or a tenth of the rms"
        )


def _weighed(found: list[Finding], order: int) -> list[Finding]:
    """A function that does not vary with one of its operands is no failure; with none of them, it proves nothing."""
    if order == 1 and all(finding.verdict is Verdict.VACUOUS for finding in found):
        return found
    for finding in found:
        if finding.verdict is Verdict.VACUOUS:
            finding.verdict, finding.note = Verdict.PASS, finding.note if order == 1 else ""
    return found


def _unfit(operands: list[Operand], inputs) -> Finding | None:
    for operand in operands:
        if operand.tensor is not None and not operand.tensor.is_leaf:
            return bad(f"{operand.name} was computed, so it cannot be varied: pass the leaves it was computed from")
        if operand.tensor is not None and not operand.tensor.requires_grad:
            return bad(f"{operand.name} does not require grad: set {operand.name}.requires_grad = True")
        if not np.isfinite(operand.value).all():
            return _not_finite(operand)
    if operands:
        return None
    dtypes = ", ".join(f"input {i} is {getattr(x, 'dtype', type(x).__name__)}" for i, x in enumerate(inputs))
    return bad(f"nothing here can be differentiated: {dtypes}; write x.astype(float)")


def _not_finite(operand: Operand) -> Finding:
    at = tuple(int(i) for i in np.argwhere(~np.isfinite(operand.value))[0])
    where = f"{operand.name} is {operand.value[at]} at {list(at)}"
    return bad(f"{where}, which cannot be varied: give finite values, and make it infinite inside the function")


def _plain(x):
    return x.data if isinstance(x, Tensor) else np.asarray(x)


def _labels(fn: Callable, count: int) -> list[str]:
    """What to call the inputs: by their names in the signature where there is one."""
    if isinstance(fn, np.ufunc):
        fn = TABLE.get(fn, fn)  # not every NumPy tells the signature of a ufunc
    if isinstance(fn, Rule):
        return [*fn.parameters[:count], *(f"input {i}" for i in range(len(fn.parameters), count))]
    try:
        parameters = list(inspect.signature(getattr(fn, "forward", fn)).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    return named + [f"input {i}" for i in range(len(named), count)]
