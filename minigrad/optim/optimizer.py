"""What all optimizers share: the groups of parameters, the step, and the state dict."""

import copy
import warnings
from collections.abc import Callable
from itertools import repeat
from types import NoneType, SimpleNamespace
from typing import Any

import numpy as np

from minigrad.autograd import grad
from minigrad.effects import effect
from minigrad.engine import Tensor
from minigrad.optim import saving
from minigrad.optim.blocks import PIECE, SMALL, Block, identical, pieces
from minigrad.optim.hyperparameters import all_at, check, signature_of, varies
from minigrad.optim.parameters import (
    gradient_of,
    groups_of,
    is_finite,
    is_moderate,
    named_tensors,
    non_finite,
    replace_data,
    with_more,
)


class Optimizer:
    """Moves parameters along a direction computed from their gradients: ``p -= lr * direction``.

    ``params`` are Tensors, ``(name, Tensor)`` pairs, or groups ``{"params": [...], "lr": ...}`` that override options
    for some of them. Every option that is a number may be a schedule: a function of the step, counted from 0.
    A parameter whose ``.grad`` is None is left alone, and so is its state.

    Options of all optimizers: ``maximize=True`` climbs; ``regularizer`` adds the gradient of a penalty, or takes its
    proximal step; ``constraint`` projects the new values; ``skip_nonfinite=True`` leaves a step out (and counts it
    in ``skipped``) where otherwise NonFiniteError would be raised. Then nothing is changed: no parameter, no state.

    A new algorithm says what its options are, what it remembers of each parameter, and where it goes:

    >>> class SignDescent(Optimizer):
    ...     def direction(self, g, p, state, h, out):
    ...         return np.sign(g)
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> opt = SignDescent([w], lr=0.5)
    >>> w.grad = np.array([0.1, -3.0])
    >>> opt.step()
    >>> w
    tensor([ 0.5, -1.5], requires_grad=True)
    """

    defaults: dict[str, Any] = {"lr": 1e-3}
    """The options of the algorithm, with their default values."""

    elementwise = False
    """Whether ``direction`` treats every element alike, and remembers arrays like ``p`` alone: small parameters are
    then moved together. Said by each class for itself: one that is derived from it may look at the whole of ``p``."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls.elementwise = vars(cls).get("elementwise", False)
        cls.__signature__ = signature_of(cls)  # type: ignore[attr-defined]
        if "step" in vars(cls):
            cls.step = effect(cls.step)  # type: ignore[method-assign]

    def __init__(
        self,
        params: Any,
        lr: Any = None,
        *,
        maximize: bool = False,
        regularizer: Any = None,
        constraint: Any = None,
        skip_nonfinite: bool = False,
        **options: Any,
    ):
        self.steps = self.skipped = 0
        self.maximize, self.skip_nonfinite = maximize, skip_nonfinite
        self.regularizer, self.constraint = regularizer, constraint
        self.param_groups: list[dict[str, Any]] = []
        self.names: dict[Tensor, str] = {}
        self.state: dict[Tensor, SimpleNamespace] = {}
        self.memory = SimpleNamespace()
        self._group: dict[Tensor, dict[str, Any]] = {}
        self._spare: dict[Tensor, np.ndarray] = {}
        self._constant: dict[int, tuple[list[Any], bool, SimpleNamespace]] = {}
        self._divisions: dict[int, tuple[list[Tensor], list[Block], list[Tensor]]] = {}
        self.options = self._with(self.defaults, options if lr is None else {"lr": lr, **options})
        for group in groups_of(params):
            self.add_param_group(group)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.defaults:
            raise AttributeError(
                f"{type(self).__name__}.{name} would change nothing, for options belong to groups: "
                f"write `for group in opt.param_groups: group[{name!r}] = {value!r:.20}`"
            )
        super().__setattr__(name, value)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Let ``group["params"]`` be moved too, with the options that the group overrides.

        Raises ValueError for no parameters, a parameter that is here already, or one that was computed, and DtypeError
        for one that is not floating.
        """
        if "params" not in group:
            raise ValueError(f"a group needs its parameters: write {{'params': [...], ...}}, not {group!r:.60}")
        options = self._with(self.options, {name: value for name, value in group.items() if name != "params"})
        pairs = named_tensors(group["params"], len(self.names))
        self.names, moved = with_more(self.names, pairs), [p for _, p in pairs]
        self.param_groups.append({"params": moved, **options})
        self._group |= dict.fromkeys(moved, self.param_groups[-1])

    # what an algorithm says

    def start(self, p: np.ndarray, h: SimpleNamespace) -> dict[str, Any]:
        """What is remembered of a parameter before its first step: arrays and numbers by name.

        ``h`` has the options as they were given: a schedule is still a schedule.
        """
        return {}

    def direction(self, g, p, state: SimpleNamespace, h: SimpleNamespace, out: np.ndarray):
        """The direction ``d`` of the step ``p -= lr * d``.

        ``g`` is the gradient and ``p`` the values: both are only to be read. The arrays of ``state`` are written to;
        ``state.step`` counts this parameter's steps from 1. ``h`` has the options at this step. ``out`` is scratch
        of the shape of ``p``, in which the direction may be returned.
        """
        raise NotImplementedError

    def denominator(self, state: SimpleNamespace, h: SimpleNamespace):
        """What the gradient was divided by: a proximal step is as long as ``lr / denominator``, element by element."""
        return 1.0

    def check_options(self, h: SimpleNamespace) -> None:
        """Raise ValueError where the options of a group contradict each other."""

    # the step

    @effect
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Move every parameter that has a gradient, or none of them.

        ``closure``, if given, computes the loss; its gradients are taken here, and the loss is returned.
        Raises NonFiniteError, with the name of the parameter, for a gradient or a new value that is not finite.
        """
        loss = None if closure is None else self.evaluate(closure)
        if not self.steps and not self.skipped:
            self._report_missing()
        vars(self)["steps" if self._moves() else "skipped"] += 1  # sooner done than by __setattr__
        return loss

    @np.errstate(all="ignore")
    def _moves(self) -> bool:
        """Take a step, unless it is to be skipped."""
        ready = self._ready()
        moderate = True
        for _, g, _ in ready:
            moderate = moderate and is_moderate(g)
        if not moderate and self._stops():
            return False
        self._replace(self._new_values(ready, moderate))
        return True

    def zero_grad(self) -> None:
        """Forget the gradients: every ``.grad`` is None."""
        for p in self.names:
            p.grad = None

    def evaluate(self, closure: Callable[[], Tensor]) -> Tensor:
        """The loss that ``closure`` computes, after putting its gradients into ``.grad``."""
        loss = closure()
        if not isinstance(loss, Tensor):
            raise TypeError(f"the closure must return the loss as a Tensor, but it returned {loss!r:.60}")
        params = [p for p in self.names if p.requires_grad]
        for p, g in zip(params, grad(loss, params, allow_unused=True), strict=True):
            p.grad = None if g is None else g.data
        return loss

    def options_now(self, group: dict[str, Any]) -> SimpleNamespace:
        """The options of a group at this step, as numbers."""
        given = [*map(group.__getitem__, self.options)]
        before, constant, h = self._constant.get(id(group), ([], False, SimpleNamespace()))
        if not constant or given != before:
            options = dict(zip(self.options, given))
            h = all_at(options, self.steps)
            self._constant[id(group)] = given, not any(map(varies, given)), h
        return h

    def _ready(self) -> list[tuple[Any, np.ndarray, SimpleNamespace]]:
        """What has a gradient, the gradient, and the options at this step; small parameters in blocks."""
        ready: list[tuple[Any, np.ndarray, SimpleNamespace]] = []
        for i, group in enumerate(self.param_groups):
            h = self.options_now(group)
            moving = [p for p in group["params"] if p.grad is not None and p._requires_grad]
            before, blocks, alone = self._divisions.get(i, ([], [], []))
            as_before = identical(moving, before) and (self._moves_elements or not blocks)
            gathered: list[Any] = [block.gathered() for block in blocks] if as_before else [None]
            if NoneType in map(type, gathered):
                blocks, alone = self._divided(moving)
                self._divisions[i], gathered = (moving, blocks, alone), [block.gathered() for block in blocks]
            ready += zip(blocks, gathered, repeat(h))
            ready += [(p, gradient_of(self.names[p], p), h) for p in alone]
        return ready

    def _divided(self, moving: list[Tensor]) -> tuple[list[Block], list[Tensor]]:
        """Blocks of small parameters of one dtype and number of steps, and the parameters that go alone."""
        if not self._moves_elements:
            return [], moving
        alike: dict[Any, list[Tensor]] = {}
        for p in moving:
            g, data, state = gradient_of(self.names[p], p), p._data, self.state.get(p)
            small = type(data) is type(p.grad) is np.ndarray and data.size <= SMALL and g.dtype == data.dtype
            alike.setdefault((g.dtype, state and state.step) if small else p, []).append(p)
        parts = alike.values()
        return [Block(part) for part in parts if len(part) > 1], [part[0] for part in parts if len(part) == 1]

    @property
    def _moves_elements(self) -> bool:
        """Whether the step of an element depends on nothing but itself."""
        return self.elementwise and self.regularizer is None and self.constraint is None

    def _stops(self) -> bool:
        """Whether this step is skipped for a gradient that is not finite; without ``skip_nonfinite`` it raises."""
        for p, name in self.names.items():
            if p.grad is None or not p.requires_grad or is_finite(gradient_of(name, p)):
                continue
            if self.skip_nonfinite:
                return True
            consequence = f"step {self.steps} was not taken, nothing was changed"
            raise non_finite(f"the gradient of {name}", gradient_of(name, p), consequence)
        return False

    def _new_values(self, ready, moderate: bool) -> list[tuple[Tensor, np.ndarray]]:
        """All new values, checked to be finite: where they might not be, the state is kept to go back to."""
        safe = moderate
        for _, _, h in ready:
            safe = safe and h.lr < 1e6 and getattr(h, "eps", 1) > 0
        before = self.state if safe else {p: copy.deepcopy(state) for p, state in self.state.items()}
        new = [(p, self._moved(p, g, h)) for p, g, h in ready]
        for p, value in new:
            if not is_moderate(value) and not is_finite(value):
                self.state = before
                parts = zip(p.params, p.split(value)) if isinstance(p, Block) else [(p, value)]
                p, value = next((p, part) for p, part in parts if not is_finite(part))
                consequence = f"step {self.steps} was not taken: the learning rate may be too large"
                raise non_finite(f"the new value of {self.names[p]}", value, consequence)
        if not moderate:
            self._check_memory(before)
        return new

    def _check_memory(self, before: dict[Tensor, SimpleNamespace]) -> None:
        """After large gradients: a square that overflowed would stay, and the parameter never move again."""
        for p, state in self.state.items():
            for entry, value in vars(state).items():
                if isinstance(value, np.ndarray) and not is_finite(value):
                    self.state = before
                    consequence = f"step {self.steps} was not taken: clip the gradients, which are too large"
                    raise non_finite(f"{entry}, kept for {self.names[p]},", value, consequence)

    def _moved(self, p: Tensor | Block, g: np.ndarray, h: SimpleNamespace) -> np.ndarray:
        """The values that ``p`` will have: nothing but its state is changed yet."""
        name, state = "" if isinstance(p, Block) else self.names[p], self._one_step_on(p)
        values, out = p.data, p.scratch() if isinstance(p, Block) else self._spare.pop(p, None)
        out = np.empty_like(values) if out is None else out
        if self.maximize:
            g = -g
        if self.regularizer is not None:
            g = self.regularizer.added_to(g, name, p)
        if self._moves_elements and values.size > PIECE:
            for part in pieces(state, g, values, out):
                self._write_new_values(h, *part)
        else:
            self._write_new_values(h, state, g, values, out)
        if self.regularizer is not None:
            out = self.regularizer.after_step(out, name, p, lambda: h.lr / self.denominator(state, h))
        if self.constraint is not None:
            out = self.constraint.after_step(out, name, p)
        return out

    def _write_new_values(self, h: SimpleNamespace, state: SimpleNamespace, g, p: np.ndarray, out: np.ndarray) -> None:
        np.multiply(self.direction(g, p, state, h, out), float(h.lr), out=out)
        np.subtract(p, out, out)

    def _one_step_on(self, p: Tensor | Block) -> SimpleNamespace:
        """The state with which this step is taken."""
        params = p.params if isinstance(p, Block) else (p,)
        try:
            states = [*map(self.state.__getitem__, params)]
        except KeyError:
            self.state |= {part: self.fresh_state(part) for part in params if part not in self.state}
            states = [*map(self.state.__getitem__, params)]
        for state in states:
            state.step += 1
        return p.joint(states) if isinstance(p, Block) else states[0]

    def fresh_state(self, p: Tensor) -> SimpleNamespace:
        """The state of a parameter before its first step."""
        return SimpleNamespace(step=0, **self.start(p.data, SimpleNamespace(**self._group[p])))

    def _replace(self, new: list[tuple[Tensor, np.ndarray]]) -> None:
        """The one place where parameters change."""
        for p, value in new:
            if isinstance(p, Block):
                p.replace_data(value)
            elif (old := replace_data(p, value)) is not None:
                self._spare[p] = old

    def _report_missing(self) -> None:
        missing = [name for p, name in self.names.items() if p.grad is None and p.requires_grad]
        if missing:
            warnings.warn(
                f"no gradient has arrived at {', '.join(missing)}: not part of the loss, or step() came before "
                "backward()? (reported once)",
                stacklevel=4,
            )

    # what is saved

    def state_dict(self) -> dict[str, Any]:
        """A copy of everything a later run needs to go on bit for bit: steps, options, and what is remembered.

        Parameters go by their number, in the order given. Of a schedule, its ``repr`` is kept (and its state, if it
        is fed a metric): it is part of the program, as the model is.
        """
        return saving.state_dict(self)

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``, all of it or nothing.

        Raises CheckpointError where it does not fit this optimizer: the class, the groups, names or shapes.
        """
        saving.load_state_dict(self, saved)
        self._divisions.clear()

    def _with(self, options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """The options, with those given in place of the defaults, checked."""
        for name in given.keys() - options.keys():
            message = f"{type(self).__name__} takes no {name}; its options are {', '.join(options)}"
            if name == "weight_decay":
                message += ": for an L2 penalty write regularizer=L2(strength), for decoupled decay use AdamW"
            raise TypeError(message)
        options = {name: check(name, given.get(name, value), like=value) for name, value in options.items()}
        self.check_options(all_at(options, 0))
        return options

    def __repr__(self):
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{type(self).__name__}({len(self.names)} parameters, {options})"
