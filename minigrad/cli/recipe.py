"""From the options of ``minigrad train`` to data, model and optimizer; what does not fit says what to change."""

import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from itertools import pairwise
from platform import python_version
from types import SimpleNamespace
from typing import Any

import click
import numpy as np

import minigrad
from minigrad import nn, optim
from minigrad.cli.arguments import REPEATED
from minigrad.data import Batches, Dataset
from minigrad.data.catalog import NAMES
from minigrad.data.delimited import Delimited, shown
from minigrad.data.sources import bundled, examples_of, from_file
from minigrad.optim import Optimizer, schedules
from minigrad.optim.regularizers import L1, L2, ElasticNet, OnWeights, Proximal, Regularizer
from minigrad.optim.schedules import Schedule
from minigrad.training import EMA, Callback, Check, EarlyStopping, Trainer, precheck
from minigrad.training.runs import hash_of

OPTIMIZERS: dict[str, type[Optimizer]] = {
    made.__name__.lower(): made
    for made in (
        *(optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW),
        *(optim.NAdam, optim.RAdam, optim.Adamax, optim.AdaBelief, optim.Yogi),
        *(optim.Adagrad, optim.Adadelta, optim.ASGD, optim.Rprop, optim.Lion, optim.LAMB),
    )
}
"""Optimizers by their names in lower case."""

DECAYING = ("adamw", "lion", "lamb")
"""Those whose weight decay is not part of the gradient."""

DEFAULTS: dict[str, dict[str, float]] = {
    "sgd": {"lr": 0.1, "momentum": 0.9},
    "asgd": {"lr": 0.5},
    "adagrad": {"lr": 0.05},
    "adamax": {"lr": 0.02},
    "lamb": {"lr": 0.02},
    "radam": {"lr": 0.02},
    "adabelief": {"lr": 0.005},
    "adam": {"lr": 0.005},
    "adamw": {"lr": 0.005},
    "nadam": {"lr": 0.005},
    "lion": {"lr": 0.001},
}
"""What suits the small networks trained here; otherwise an optimizer's own defaults hold."""

MOST_WEIGHTS = 100_000_000
"""So many take some GB of memory with their gradients and what the optimizer keeps."""

SMOOTHING = 0.1
"""The share of label smoothing, where nothing else is asked for."""

SCHEDULES: dict[str, Callable[[float, int], Schedule]] = {
    "constant": lambda rate, steps: schedules.Constant(rate),
    "cosine": schedules.Cosine,
    "exponential": lambda rate, steps: schedules.Exponential(rate, 0.01 ** (1 / steps)),
    "inverse-sqrt": lambda rate, steps: schedules.InverseSqrt(rate, max(1, steps // 20)),
    "linear": schedules.Linear,
    "one-cycle": schedules.OneCycle,
    "plateau": lambda rate, steps: schedules.Plateau(rate, patience=3),
    "step": lambda rate, steps: schedules.MultiStep(rate, tuple(round(part * steps) for part in (0.3, 0.6, 0.9))),
}
"""Schedules by name, made from the highest rate and the number of steps; ``warmup-`` before a name warms up first."""

WARMUPS = tuple(f"warmup-{name}" for name in SCHEDULES if name != "one-cycle")


OWN = {
    **dict.fromkeys(("target", "task", "val", "split_seed"), ""),
    **dict.fromkeys(("categorical", "drop", "keep", "separator", "decimal", "encoding", "no_header"), "csv"),
    "inputs": "npz",
}
"""Options that are for the user's own data, and the kind of file that they belong to."""

ARGUMENTS = {"val": "validation", "split_seed": "seed"}
"""What they are called where the data are read."""


@dataclass(frozen=True)
class Recipe:
    """A training run, ready to start."""

    options: SimpleNamespace
    source: dict[str, Any]
    """Where the data came from."""
    data: Dataset
    model: nn.MLP
    optimizer: Optimizer
    smoothing: float
    """The share of label smoothing."""
    steps: int
    """Optimizer steps in the whole run."""
    rng: np.random.Generator
    """Decides the order of the examples."""

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a function of the step."""
        return self.optimizer.param_groups[0]["lr"]

    @property
    def measure(self) -> Callable:
        """The plain loss, by which the model is judged."""
        return nn.cross_entropy if self.data.classes else nn.mse_loss

    @property
    def loss(self) -> Callable:
        """The loss that is minimized."""
        return partial(self.measure, label_smoothing=self.smoothing) if self.smoothing else self.measure

    def trainer(self, *more: Callback) -> Trainer:
        """What trains it, with the callbacks that the options ask for and some ``more``."""
        o = self.options
        callbacks: list[Callback] = [EMA(self.model, o.ema)] if o.ema else []
        callbacks += [EarlyStopping(o.patience)] if o.patience is not None else []
        return Trainer(
            self.model,
            self.loss,
            self.optimizer,
            measure=self.measure,
            batch_size=o.batch_size,
            accumulate=o.accumulate,
            clip_norm=o.clip_norm,
            clip_value=o.clip_value,
            callbacks=[*callbacks, *more],
            check=False,
            rng=self.rng,
        )

    def checks(self) -> list[Check]:
        """What can be known before step 1."""
        o = self.options
        return precheck(
            self.model,
            self.loss,
            self.optimizer,
            self.data.train,
            batch_size=o.batch_size,
            accumulate=o.accumulate,
        )

    def config(self, arguments: list[str], checks: list[Check], blas: str) -> dict[str, Any]:
        """How the run is made, for ``config.json``."""
        data, o = self.data, self.options
        return {
            "command": shlex.join(["minigrad", "train", *arguments]),
            "options": vars(o),
            "data": {
                "source": self.source,
                "sha256": hash_of(data),
                "train": len(data.train.x),
                "validation": len(data.validation.x),
                "classes": data.classes,
                "outputs": data.outputs,
                "note": data.note,
                "preprocessing": data.preprocessing and data.preprocessing.to_dict(),
            },
            "model": {"kind": "mlp", **architecture(data, o), "dtype": o.dtype},
            "parameters": sum(p.size for p in self.model.parameters()),
            "steps": self.steps,
            "loss": "cross-entropy" if data.classes else "mean squared error",
            "optimizer": repr(self.optimizer),
            "schedule": repr(self.schedule),
            "checks": [check._asdict() for check in checks],
            "versions": {"minigrad": minigrad.__version__, "numpy": np.__version__, "python": python_version()},
            "machine": {"blas": blas},
        }


def prepare(options: SimpleNamespace) -> Recipe:
    """Everything a run needs. The seed decides the points of toy data, the first weights, the masks and the order."""
    _, for_model, for_order = np.random.default_rng(options.seed).spawn(3)  # the first one drew the data
    source = source_of(options)
    data = examples_of(source).astype(options.dtype)
    if options.epochs is None:
        options.epochs = 20 if source["kind"] == "bundled" else enough(data, options.batch_size)
    steps = options.epochs * len(Batches(data.train, options.batch_size))
    smoothing = smoothing_of(data, options.label_smoothing)
    model = model_of(data, options, for_model).astype(options.dtype)
    return Recipe(options, source, data, model, optimizer_of(model, options, steps), smoothing, steps, for_order)


def source_of(options: SimpleNamespace) -> dict[str, Any]:
    """Where the data are: bundled, or in a file of the user's."""
    name, given = options.dataset, {key: value for key in OWN if (value := getattr(options, key))}
    if name in NAMES:
        for key in given:
            raise click.UsageError(
                f"--{key.replace('_', '-')} is for your own data, and {name} is bundled: leave it out"
            )
        return bundled(name, options.seed)
    npz = name.lower().endswith(".npz")
    for key in given:
        if OWN[key] not in ("", "npz" if npz else "csv"):
            raise click.UsageError(f"--{key.replace('_', '-')} is for .{OWN[key]} files: leave it out")
    arguments = {ARGUMENTS.get(key, key): value for key, value in given.items()}
    if "no_header" in arguments:
        arguments["header"] = not arguments.pop("no_header")
    if "target" not in arguments and not npz:
        columns = Delimited(
            name, **{key: arguments[key] for key in ("separator", "encoding", "header") if key in arguments}
        ).names
        raise click.UsageError(
            f"--target is missing: which column is to be predicted? {name} has {', '.join(map(shown, columns[:20]))}"
        )
    return from_file(name, {key: list(value) if key in REPEATED else value for key, value in arguments.items()})


def enough(data: Dataset, batch_size: int) -> int:
    """So many epochs as make about 1,000 steps, 20 at least and 200 at most."""
    return min(200, max(20, math.ceil(1000 / len(Batches(data.train, batch_size)))))


def smoothing_of(data: Dataset, share: float | None) -> float:
    """How much of a label all classes get: nothing where there are no classes."""
    if share is not None and not data.classes:
        raise click.UsageError(f"--label-smoothing needs classes, and {data.name} has numbers to predict: leave it out")
    return 0.0 if not data.classes else SMOOTHING if share is None else share


def model_of(data: Dataset, options: SimpleNamespace, rng) -> nn.MLP:
    """The multi-layer perceptron that is asked for."""
    widths = [data.features, *options.hidden]
    count = sum(a * b for a, b in pairwise([*widths, data.outputs]))
    if count > MOST_WEIGHTS:
        raise click.UsageError(
            f"a model of {count:,} weights is more than the {MOST_WEIGHTS:,} allowed: narrow --hidden"
        )
    width = max(options.hidden, default=64)
    if options.stochastic_depth and not options.residual:
        raise click.UsageError("--stochastic-depth drops residual layers, and there are none: add --residual")
    if options.residual and not any(a == b for a, b in pairwise(widths)):
        raise click.UsageError(
            "--residual needs a hidden layer of the width of the one before it: "
            f"write --hidden {width},{width} instead of {','.join(map(str, options.hidden)) or 'none'}"
        )
    for option in ("dropout", "norm"):
        if getattr(options, option) not in (0.0, "none") and not options.hidden:
            raise click.UsageError(f"--{option} acts on hidden layers, and there are none: write --hidden 64")
    return nn.MLP(**architecture(data, options), rng=rng)


def architecture(data: Dataset, options: SimpleNamespace) -> dict[str, Any]:
    """The arguments of :class:`minigrad.nn.MLP`."""
    return {
        "sizes": [data.features, *options.hidden, data.outputs],
        "activation": options.activation,
        "dropout": options.dropout,
        "norm": None if options.norm == "none" else options.norm,
        "residual": options.residual,
        "stochastic_depth": options.stochastic_depth,
    }


def optimizer_of(model: nn.Module, options: SimpleNamespace, steps: int) -> Optimizer:
    """The optimizer that is asked for, its learning rate on schedule, its decay on the weight matrices alone."""
    name = options.optimizer
    asked = {key: getattr(options, key) for key in ("lr", "momentum", "weight_decay")}
    chosen = {key: value for key, value in asked.items() if value is not None}
    for key, value in chosen.items():
        if key not in tunable(name):
            raise click.UsageError(refusal(name, key, value))
    made = OPTIMIZERS[name]
    usual = {key: signature(made).parameters[key].default for key in tunable(name)}
    chosen = usual | DEFAULTS.get(name, {}) | chosen
    if options.l2 and chosen.get("weight_decay"):
        raise click.UsageError(
            f"--l2 and the weight decay of {name} ({chosen['weight_decay']:g}) both shrink the weights: "
            "write --weight-decay 0, or leave --l2 out"
        )
    chosen["lr"] = schedule_of(chosen["lr"], steps, options)
    return made(decayed_first(model, tunable(name)), regularizer=penalty_of(options), **chosen)


def tunable(name: str) -> set[str]:
    """What the command line can set of an optimizer: weight decay only where it is decoupled from the gradient."""
    options = {"lr", "momentum", "weight_decay"} & set(signature(OPTIMIZERS[name]).parameters)
    return options if name in DECAYING else options - {"weight_decay"}


def refusal(name: str, option: str, value: float) -> str:
    """Why an optimizer does not take an option, and what to write instead."""
    flag = f"--{option.replace('_', '-')}"
    takers = ", ".join(other for other in OPTIMIZERS if option in tunable(other))
    instead = f"write --l2 {value / 2:g} (its gradient is {value:g} w)" if option == "weight_decay" else "leave it out"
    return f"{flag} is not for {name}: {instead}, or choose --optimizer {takers}"


def decayed_first(model: nn.Module, options: set[str]):
    """The parameters, in two groups if the optimizer decays weights: vectors, such as biases, are spared."""
    if "weight_decay" not in options:
        return model
    pairs = list(model.named_parameters())
    matrices, vectors = ([pair for pair in pairs if (pair[1].ndim >= 2) is wanted] for wanted in (True, False))
    return [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]


def schedule_of(rate: float, steps: int, options: SimpleNamespace) -> Schedule:
    """The learning rate as a function of the step."""
    name = options.schedule
    if name in SCHEDULES:
        if options.warmup is not None:
            raise click.UsageError(
                f"--warmup belongs to a schedule that warms up: write --schedule warmup-cosine instead of {name}, "
                "or leave it out"
            )
        return SCHEDULES[name](rate, steps)
    warmup = steps // 20 if options.warmup is None else options.warmup
    if warmup >= steps:
        raise click.UsageError(
            f"--warmup {warmup} leaves nothing of the {steps} steps: write a smaller number, or more --epochs"
        )
    return schedules.Warmup(warmup, then=SCHEDULES[name.removeprefix("warmup-")](rate, steps - warmup))


def penalty_of(options: SimpleNamespace) -> OnWeights | None:
    """What ``--l1`` and ``--l2`` ask for: the gradient of the penalty, or its proximal step."""
    if not (options.l1 or options.l2):
        if options.proximal:
            raise click.UsageError("--proximal says how a penalty acts, and there is none: write --l1 1e-4 too")
        return None
    penalty: Regularizer = L1(options.l1) if options.l1 else L2(options.l2)
    if options.l1 and options.l2:
        penalty = ElasticNet(options.l1, options.l2)
    return Proximal(penalty) if options.proximal else penalty
