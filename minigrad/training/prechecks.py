"""What is looked at before step 1: the mistakes that cost a whole run, found in a second, on copies of the model.

>>> from minigrad import nn, optim
>>> from minigrad.data import load
>>> model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=0), nn.Softmax())
>>> found = precheck(model, nn.cross_entropy, optim.Adam(model, 0.01), load("moons", rng=0).train)
>>> [check.name for check in found if not check.passed]
['softmax twice', 'overfit']
"""

import copy
import math
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from minigrad.data import Examples
from minigrad.engine import Tensor, history
from minigrad.errors import GraphError
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.verdict import Verdict
from minigrad.modes import no_grad
from minigrad.nn import BatchNorm1d, Embedding, GroupNorm, LayerNorm, Module, RMSNorm
from minigrad.optim import Adam
from minigrad.training.plan import Check, Plan
from minigrad.training.requirements import ROWS, check_output, check_values, ops_in
from minigrad.training.watchdog import is_random

FEW = 16
"""So many examples any model that can learn is able to learn by heart."""

OVERFIT_STEPS = 500
NOISE = 0.25
"""A loss that has fallen below this share in all these steps is good enough: the targets may be noisy."""

TINY = 1e-3
"""The same below which all features are too small to matter."""

LARGE = 10.0
"""The root mean square of a feature above which it is called unscaled; of a standardized one it is 1."""


def precheck(
    model: Module,
    loss: Callable,
    optimizer,
    examples: Examples,
    *,
    batch_size: int = 32,
    accumulate: int = 1,
    drop_last: bool = False,
) -> list[Check]:
    """Everything that can be known before the first step. The model, its generators and gradients stay as they are.

    Raises :class:`~minigrad.errors.DataError` for values that are not finite, :class:`~minigrad.errors.ShapeError`
    where output and target do not fit, :class:`~minigrad.errors.GraphError` where no gradient can flow: those stop
    the training anyway.
    """
    plan = Plan(model, loss, optimizer, Examples(*map(np.asarray, examples)), batch_size, accumulate, drop_last)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        check_values(plan.examples)
        found = [*optimizer_has_all(plan), *batches_have_statistics(plan)]
        if any(not check.passed and check.name == "batch of 1" for check in found):
            return found
        tried = frozen(model)
        output, value = _forward(tried, loss, plan.first(ROWS))
        check_output(output, value, plan.examples.y)
        found += [*scales(plan), *softmax_once(output, value, plan)]
        found += [*gradient_reaches_all(tried, value), *units_differ(model)]
        found += [*loss_at_chance(output, value, plan), *gradients_right(model, loss, plan.first(FEW))]
        return found + list(learns_by_heart(plan))


def clone(model: Module) -> Module:
    """A copy of a model with its own parameters and generators, and without its hooks."""
    return copy.deepcopy(model, {id(m._hooks): {} for m in model.modules()})


def frozen(model: Module) -> Module:
    """A copy in training mode in which nothing is random."""
    copied = clone(model).train()
    for m in copied.modules():
        m.training = not is_random(m)
    return copied


def optimizer_has_all(plan: Plan) -> Iterator[Check]:
    """Every parameter of the model must be in the optimizer, and no others."""
    known = set(plan.optimizer.names)
    trained = [(name, p) for name, p in plan.model.named_parameters() if p.requires_grad]
    if not trained:
        raise GraphError(
            "the model has no parameter that requires grad: layers must be attributes of the module (or in a list or "
            "dict that is one), and model.freeze(False) undoes freezing"
        )
    missing = [name for name, p in trained if p not in known]
    foreign = known - {p for _, p in trained}
    if missing:
        yield Check(
            "optimizer",
            False,
            f"the optimizer does not move {', '.join(missing)}: make it of model.parameters() after the last layer was "
            "added, or model.freeze() what is not to be trained",
        )
    elif foreign:
        yield Check(
            "optimizer",
            False,
            f"the optimizer moves {len(foreign)} Tensors that are no parameters of this model: make it of "
            "model.parameters() of this very model",
        )
    else:
        yield Check("optimizer", True, f"the optimizer moves all {len(trained)} parameters")


def batches_have_statistics(plan: Plan) -> Iterator[Check]:
    """BatchNorm in training needs two rows or more."""
    if not any(isinstance(m, BatchNorm1d) for m in plan.model.modules()):
        return
    rows, rest = len(plan.examples.x), len(plan.examples.x) % plan.batch_size
    smallest = min(plan.batch_size, rows) if plan.drop_last or not rest else rest
    part = smallest // min(plan.parts, smallest)
    if part > 1:
        yield Check("batch of 1", True, f"BatchNorm sees {part} rows or more")
        return
    if plan.batch_size == 1:
        remedy = "write batch_size=32, or use LayerNorm, which does not look at the batch"
    elif plan.parts > 1 and smallest > 1:
        remedy = f"write accumulate={max(1, smallest // 2)} or less"
    else:
        remedy = "write drop_last=True, or another batch_size"
    yield Check("batch of 1", False, f"BatchNorm would get a batch of 1 row, which has no variance: {remedy}")


def scales(plan: Plan) -> Iterator[Check]:
    """Features, and targets to be regressed, should be about 1 in size."""
    x, y = plan.examples
    layers = [m for m in plan.model.modules() if not list(m.named_children())]
    normalized = layers and isinstance(layers[0], (BatchNorm1d, LayerNorm, RMSNorm, GroupNorm, Embedding))
    for what, values, spared in (("feature", x, normalized), ("target", y, False)):
        if values.dtype.kind not in ("f" if what == "target" else "fiu") or values.ndim < 2 or spared:
            continue
        columns = values.reshape(len(values), -1)
        size = np.sqrt(np.mean(np.square(columns, dtype=float), axis=0))
        worst = int(np.argmax(size))
        remedy = "data.standardized()" if what == "feature" else "y = (y - y.mean(axis=0)) / y.std(axis=0)"
        if size[worst] > LARGE:
            mean, std = columns[:, worst].mean(), columns[:, worst].std()
            yield Check(
                f"unscaled {what}s",
                False,
                f"{what} {worst} has mean {mean:.3g} and standard deviation {std:.3g}, and so drowns the others or "
                f"makes steps explode: bring it to 0 and 1, as {remedy} does",
            )
        elif 0 < size[worst] < TINY:
            yield Check(
                f"unscaled {what}s",
                False,
                f"no {what} is more than {size[worst]:.2g} in size, and next to nothing changes with them: bring them "
                f"to mean 0 and standard deviation 1, as {remedy} does",
            )
        else:
            yield Check(f"unscaled {what}s", True, f"{what}s are at most {size[worst]:.2g} in size")


def softmax_once(output: Tensor, value: Tensor, plan: Plan) -> Iterator[Check]:
    """Cross-entropy contains the softmax (and binary cross-entropy with logits the sigmoid)."""
    after = {x.op.name for x in history([value]) if x.op is not None and x.age > output.age}
    last = output.op.name
    rows = np.sum(output.data, axis=-1)
    sums_to_1 = output.ndim == 2 and output.shape[1] > 1 and bool((output.data >= 0).all() and np.allclose(rows, 1))
    soft = last in ("softmax", "log_softmax") or sums_to_1
    if soft and after & {"softmax_cross_entropy", "softmax", "log_softmax"}:
        name = last if last in ("softmax", "log_softmax") else "rows that sum to 1"
        yield Check(
            "softmax twice",
            False,
            f"the model ends in {name}, and the loss contains a softmax: two of them flatten the gradient; "
            "take the last one out of the model, so that the loss gets logits",
        )
    elif last == "sigmoid" and "sigmoid_cross_entropy" in after:
        yield Check(
            "sigmoid twice",
            False,
            "the model ends in sigmoid, and the loss contains a sigmoid: take it out of the model, so that the loss "
            "gets logits",
        )


def loss_at_chance(output: Tensor, value: Tensor, plan: Plan) -> Iterator[Check]:
    """An untrained model should be about as good as the best constant answer."""
    y = plan.first(ROWS).y
    if y.dtype.kind == "f" and y.shape != output.shape:
        return  # nobody knows what a constant guess is
    logits = {"softmax_cross_entropy", "sigmoid_cross_entropy", "log_softmax"} & ops_in(value)
    known = y.dtype.kind == "f" and not logits
    guess = np.broadcast_to(y.mean(axis=0), output.shape) if known else np.zeros(output.shape)
    with no_grad():
        chance = float(plan.loss(Tensor(guess.astype(output.dtype)), y).item())
    start = value.item()
    if not np.isfinite(chance):
        return  # the loss is made for something else than logits
    if start < 0 and chance < 0:
        if logits & ops_in(value):
            yield Check(
                "sign",
                False,
                f"the loss is {start:.3g}, and cross-entropy is never negative: with this minus in front of it, steps "
                "would make it ever worse; take the minus away",
            )
        return
    if not np.isfinite(start):
        yield Check("chance", False, f"the loss before the first step is {start}: look at the data and the last layer")
    elif chance > 0 and start > (4 if known else 1.5) * chance:
        yield Check(
            "chance",
            False,
            f"the loss is {start:.3g} before the first step, and a constant guess has {chance:.3g}: the model is wrong "
            "and sure of it; start with smaller weights in the last layer, or scale the features",
        )
    elif start < 0.5 * chance:
        yield Check(
            "chance",
            False,
            f"the loss is {start:.3g} before the first step, where a constant guess has {chance:.3g}: has the model "
            "been trained already, or does a feature give the target away? For further training write check=False",
        )
    elif chance > 0:
        yield Check("chance", True, f"loss {start:.3g}, chance is {chance:.3g}")


def gradient_reaches_all(model: Module, value: Tensor) -> Iterator[Check]:
    """Every parameter must be on the tape between the loss and the data. The gradients of ``model`` are spent."""
    value.backward()
    unreached = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    if unreached:
        yield Check(
            "unreached",
            False,
            f"no gradient reaches {', '.join(unreached[:6])}{', ...' * (len(unreached) > 6)}: either forward does not "
            "use them, or .detach(), .data or no_grad() cuts them off; model.freeze() what is not to be trained",
        )


def units_differ(model: Module) -> Iterator[Check]:
    """Units that start with the same weights get the same gradients, and stay the same for ever."""
    for name, p in model.named_parameters():
        w = p.data
        if p.requires_grad and w.ndim == 2 and len(w) > 1 and w[0].any() and (w == w[0]).all():
            yield Check(
                "symmetry",
                False,
                f"all {len(w)} units of {name} start with the same weights, and will stay the same: start with random "
                "ones, as the layers do by themselves",
            )
            return


def gradients_right(model: Module, loss: Callable, examples: Examples) -> Iterator[Check]:
    """The gradient of the whole model against finite differences, along random directions, in float64."""
    copied = frozen(model).astype("float64")
    x, y = (a.astype(float) if a.dtype.kind == "f" else a for a in examples)
    trained = [p for p in copied.parameters() if p.requires_grad]
    count = sum(p.size for p in trained)
    report = gradcheck(lambda: loss(copied(Tensor(x)), y), params=trained, mode="probe", name="the model")
    if report.verdict in (Verdict.WRONG, Verdict.KINK_WRONG, Verdict.NONDETERMINISTIC, Verdict.BAD_SETUP):
        move = "check the layers one by one: mg.gradcheck(layer, x, params=layer.parameters())"
        yield Check("gradients", False, f"the gradient of the model is not to be trusted: {move}\n    {report}")
    elif report:
        yield Check("gradients", True, f"the gradient of {count:,} parameters matches finite differences")
    else:
        yield Check("gradients", True, f"the gradient could not be judged here: {report.verdict.value}")


def learns_by_heart(plan: Plan) -> Iterator[Check]:
    """A copy of the model must be able to learn a few examples by heart, with Adam, without Dropout and penalties."""
    few = plan.first(FEW)
    for lr in (0.01, 0.0005):
        start, end, steps = _learning(plan, few, lr)
        if steps < OVERFIT_STEPS or end < NOISE * start:
            yield Check("overfit", True, f"{len(few.x)} examples learnt by heart in {steps} steps, loss {end:.2g}")
            return
        if end < 0.9 * start:  # these steps were not too large
            break
    yield Check(
        "overfit",
        False,
        f"{len(few.x)} examples cannot be learnt by heart: the loss went from {start:.3g} to {end:.3g} in "
        f"{OVERFIT_STEPS} steps; a layer may cut the gradient (.detach(), dead units), the targets may not belong to "
        "the inputs, or the model is too small (if that is meant, write check=False)",
    )


def _learning(plan: Plan, few: Examples, lr: float) -> tuple[float, float, int]:
    """The loss at first, and where learning ended, after how many steps."""
    model = frozen(plan.model) if len(few.x) > 1 else clone(plan.model).eval()
    optimizer = Adam([p for p in model.parameters() if p.requires_grad], lr, skip_nonfinite=True)
    start = math.inf
    for step in range(OVERFIT_STEPS + 1):
        output, value = _forward(model, plan.loss, few)
        end = value.item()
        start = end if step == 0 else start
        if end < 0.02 * start or _all_right(output, few.y, end):
            break
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return start, end, step


def _all_right(output: Tensor, y: np.ndarray, loss: float) -> bool:
    """Whether every class is right, and not by a hair."""
    if y.dtype.kind not in "iu" or output.ndim != 2 or y.ndim != 1:
        return False
    return loss < 0.5 * math.log(max(2, output.shape[-1])) and bool((np.argmax(output.data, axis=1) == y).all())


def _forward(model: Module, loss: Callable, examples: Examples) -> tuple[Tensor, Tensor]:
    output = model(Tensor(examples.x))
    return output, loss(output, examples.y)
