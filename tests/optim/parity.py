"""How far every rule is from PyTorch's and optax's trajectories: ``python -m tests.optim.parity`` prints the table.

``tests/golden`` has, for each library and configuration, the parameters after each of twelve steps, from ``p0`` with
the fixed ``grads``, and the rates of each schedule at steps 0 to 24. Neither library is needed to compare.
"""

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.optim import schedules as s
from minigrad.optim.hyperparameters import text

GOLDEN = Path(__file__).parent.parent / "golden"
TORCH = json.loads((GOLDEN / "torch.json").read_text())
OPTAX = json.loads((GOLDEN / "optax.json").read_text())


class Row(NamedTuple):
    """One line of the table."""

    rule: str
    """How minigrad builds it."""
    reference: str
    """The configuration of the library that it is compared with."""
    values: int
    """How many numbers were compared."""
    error: float
    """The largest difference among them."""


def every_parameter(name, p) -> bool:
    """Penalize vectors too, as PyTorch's ``weight_decay`` does."""
    return True


def power_of_95(step: int) -> float:
    """A schedule may be any function."""
    return 0.95**step


def cosine_squared(step: int) -> float:
    """A schedule may be made of others by plain arithmetic."""
    return 0.1 + 0.9 * s.Cosine(1.0, 10)(step) ** 2


def from_torch(key: str) -> tuple[type, dict[str, Any]]:
    """The class and the options that a key such as ``RMSprop(centered,momentum=.9,wd=.05)`` stands for."""
    name, _, inside = key.partition("(")
    kind = getattr(optim, name)
    pairs = re.findall(r"(\w+)(?:=(\([^)]*\)|[^,)]+))?", inside)
    options = {RENAMED.get(word, word): literal_eval(value) if value else True for word, value in pairs}
    options.pop("decoupled", None)
    if name == "RMSprop":
        options["eps_in_sqrt"] = False
    if "wd" in options and "weight_decay" in kind.defaults:
        options["weight_decay"] = options.pop("wd")
    elif "wd" in options:
        options["regularizer"] = optim.L2(options.pop("wd") / 2, where=every_parameter)
    return kind, options


RENAMED = {"init": "initial"}

FROM_OPTAX: dict[str, tuple[type, dict[str, Any]]] = {
    "sgd(.1)": (optim.SGD, {"lr": 0.1}),
    "sgd(.1,.9)": (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "sgd(.1,.9,nesterov)": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "rmsprop(.01)": (optim.RMSprop, {"lr": 0.01, "alpha": 0.9}),
    "rmsprop(.01,momentum=.9)": (optim.RMSprop, {"lr": 0.01, "alpha": 0.9, "momentum": 0.9}),
    "rmsprop(.01,centered)": (optim.RMSprop, {"lr": 0.01, "alpha": 0.9, "centered": True}),
    "rmsprop(.01,.99,eps_in_sqrt=False)": (optim.RMSprop, {"lr": 0.01, "eps_in_sqrt": False}),
    "adam(.001)": (optim.Adam, {"lr": 0.001}),
    "adamw(.1,wd=.1)": (optim.AdamW, {"lr": 0.1, "weight_decay": 0.1}),
    "adamax(.002)": (optim.Adamax, {"lr": 0.002}),
    "adagrad(.01)": (optim.Adagrad, {"lr": 0.01, "initial": 0.1, "eps": 1e-7, "eps_in_sqrt": True}),
    "adadelta(1.)": (optim.Adadelta, {"lr": 1.0}),
    "lion(.01)": (optim.Lion, {"lr": 0.01, "weight_decay": 1e-3}),
    "yogi(.01)": (optim.Yogi, {"lr": 0.01}),
    "adabelief(.01)": (optim.AdaBelief, {"lr": 0.01}),
    "lamb(.01,wd=.01)": (optim.LAMB, {"lr": 0.01, "weight_decay": 0.01}),
}

TORCH_SCHEDULES: dict[str, Callable[[int], float]] = {
    "StepLR(5,.5)": s.Step(0.1, 5, 0.5),
    "MultiStepLR([3,3,10],.1)": s.MultiStep(0.1, (3, 3, 10)),
    "ConstantLR(1/3,5)": s.Join([0.1 / 3, 0.1], [5]),
    "LinearLR(1/3->1,5)": s.Linear(0.1 / 3, 5, end=0.1),
    "LinearLR(1->.1,10)": s.Linear(0.1, 10, end=0.01),
    "ExponentialLR(.9)": s.Exponential(0.1, 0.9),
    "PolynomialLR(10,2)": s.Polynomial(0.1, 10, 2.0),
    "CosineAnnealingLR(10)": s.Piecewise({0: 0.1, 10: 0, 20: 0.1, 30: 0}, shape="cosine"),
    "CosineAnnealingLR(10,eta_min=.01)": s.Piecewise({0: 0.1, 10: 0.01, 20: 0.1, 30: 0.01}, shape="cosine"),
    "CosineAnnealingWarmRestarts(4,2)": s.CosineRestarts(0.1, 4, factor=2),
    "CosineAnnealingWarmRestarts(5,1,.01)": s.CosineRestarts(0.1, 5, end=0.01),
    "LambdaLR(.95^t)": s.Scaled(0.1, power_of_95),
    "MultiplicativeLR(.95)": s.Exponential(0.1, 0.95),
    "SequentialLR(Linear(.1,1,4)->Exp(.9),[4])": s.Join([s.Linear(0.01, 4, end=0.1), s.Exponential(0.1, 0.9)], [4]),
    "ChainedScheduler(Linear(.1,1,4),Exp(.9))": s.Scaled(s.Linear(0.01, 4, end=0.1), s.Exponential(1.0, 0.9)),
    "OneCycleLR(max=1,total=24,cycle_momentum=False)": s.OneCycle(1.0, 24),
    "OneCycleLR(max=1,total=24,linear,three_phase,cycle_momentum=False)": s.OneCycle(
        1.0, 24, shape="linear", three_phase=True
    ),
    "CyclicLR(.01,.1,up=4,triangular)": s.Cyclic(0.01, 0.1, 4),
    "CyclicLR(.01,.1,up=4,triangular2)": s.Cyclic(0.01, 0.1, 4, mode="triangular2"),
    "CyclicLR(.01,.1,up=4,exp_range)": s.Cyclic(0.01, 0.1, 4, mode="exp_range", gamma=0.99),
    "SWALR(.05,anneal=5,cos)": s.Cosine(0.1, 5, end=0.05),
    "SWALR(.05,anneal=5,linear)": s.Linear(0.1, 5, end=0.05),
}

OPTAX_SCHEDULES: dict[str, Callable[[int], float]] = {
    "constant(.1)": s.Constant(0.1),
    "polynomial(1,.01,power2,T=10,B=3)": s.Join([1.0, s.Polynomial(1.0, 10, 2.0, end=0.01)], [3]),
    "linear(1,.1,10)": s.Linear(1.0, 10, end=0.1),
    "piecewise_constant(1,{5:.5,12:.1})": s.Join([1.0, 0.5, 0.05], [5, 12]),
    "exponential(1,T=5,.9)": s.Exponential(1.0, 0.9 ** (1 / 5)),
    "exponential(1,T=5,.9,staircase,begin=3,end=.7)": s.Join([1.0, s.Step(1.0, 5, 0.9), 0.7], [3, 23]),
    "cosine(1,10)": s.Cosine(1.0, 10),
    "cosine(1,10,alpha=.1,exp=2)": cosine_squared,
    "warmup_cosine(0,1,4,14,.1)": s.Warmup(4, then=s.Cosine(1.0, 10, end=0.1), start=0.0),
    "warmup_exp(0,1,4,5,.9)": s.Warmup(4, then=s.Exponential(1.0, 0.9 ** (1 / 5)), start=0.0),
    "warmup_constant(0,1,4)": s.Warmup(4, then=1.0, start=0.0),
    "linear_onecycle(20,1)": s.Piecewise({0: 1 / 25, 6: 1, 17: 1 / 25, 20: 1e-4 / 25}),
    "cosine_onecycle(20,1)": s.Piecewise({0: 1 / 25, 6: 1, 20: 1e-4 / 25}, shape="cosine"),
    "sgdr": s.Join([s.Warmup(2, then=s.Cosine(1.0, 6), start=0.0), s.Warmup(2, then=s.Cosine(0.5, 6), start=0.0)], [8]),
    "piecewise_interpolate(cos,1,{5:.5,10:2})": s.Piecewise({0: 1, 5: 0.5, 10: 1}, shape="cosine"),
}


def trajectory(kind: type, options: dict[str, Any]) -> np.ndarray:
    """The parameters after each step, `(12, 3)`."""
    p = mg.tensor(TORCH["p0"], requires_grad=True)
    optimizer = kind([p], **options)
    after = []
    for g in TORCH["grads"]:
        p.grad = np.array(g)
        optimizer.step()
        after.append(p.numpy())
    return np.array(after)


def call(kind: type, options: dict[str, Any]) -> str:
    """How it is built, as text."""
    return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in options.items())})"


def optimizers() -> Iterator[Row]:
    """Every optimizer configuration of both libraries that has a counterpart here."""
    cases = [("torch", key, *from_torch(key)) for key in TORCH["optimizers"] if not key.startswith("LBFGS")]
    cases += [("optax", key, kind, options) for key, (kind, options) in FROM_OPTAX.items()]
    for library, key, kind, options in cases:
        expected = np.array({"torch": TORCH, "optax": OPTAX}[library]["optimizers"][key])
        error = np.abs(trajectory(kind, options) - expected).max()
        yield Row(call(kind, options), f"{library} {key}", expected.size, float(error))


def schedules() -> Iterator[Row]:
    """Every schedule of both libraries that has a counterpart here."""
    cases = [("torch", TORCH, TORCH_SCHEDULES), ("optax", OPTAX, OPTAX_SCHEDULES)]
    for library, golden, ours in cases:
        for key, schedule in ours.items():
            expected = golden["schedules"][key]
            error = max(abs(schedule(step) - rate) for step, rate in enumerate(expected))
            yield Row(text(schedule), f"{library} {key}", len(expected), error)


def rosenbrock(p: mg.Tensor) -> mg.Tensor:
    """The valley that second-order methods are tried in."""
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def lbfgs() -> Iterator[Row]:
    """L-BFGS on Rosenbrock's valley, with and without line search: parameters, loss, evaluations and iterations."""
    cases = {
        "LBFGS(line_search=None,lr=1e-3,max_iter=20)": {"lr": 1e-3, "max_iter": 20},
        "LBFGS(strong_wolfe)": {"line_search_fn": "strong_wolfe"},
    }
    for key, options in cases.items():
        p = mg.tensor([-1.2, 1.0], requires_grad=True)
        optimizer, error = optim.LBFGS([p], **options), 0.0
        for expected, loss_before, evaluations, iterations in TORCH["optimizers"][key]:
            loss = optimizer.step(lambda p=p: rosenbrock(p))
            memory = optimizer.memory
            found = [*p.data, loss.item(), memory.evaluations, memory.iterations]
            error = max(error, *np.abs(np.subtract(found, [*expected, loss_before, evaluations, iterations])))
        yield Row(call(optim.LBFGS, options), f"torch {key}", 5 * len(TORCH["optimizers"][key]), float(error))


def table(rows: Iterator[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| rule | compared with | values | largest error |", "|---|---|---:|---:|"]
    lines += [f"| `{row.rule}` | `{row.reference}` | {row.values} | {row.error:.1e} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([*optimizers(), *lbfgs(), *schedules()]))
