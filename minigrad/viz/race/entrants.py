"""Who takes part in a race: optimizers by name, with their options, as text that is parsed and never evaluated."""

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from minigrad import optim
from minigrad.engine import Tensor
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.vector import VectorOptimizer
from minigrad.optim.wrappers import Wrapper

ALIASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gd": ("gradient descent", "SGD", {}),
    "lbfgs": ("L-BFGS", "LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 1}),
    "momentum": ("momentum 0.9", "SGD", {"momentum": 0.9}),
    "nesterov": ("Nesterov 0.9", "SGD", {"momentum": 0.9, "nesterov": True}),
    "saddlefree": ("Newton, saddle-free", "Newton", {"saddle_free": True}),
}
"""Short name -> what it is called, its class, and its options. L-BFGS takes one of its own steps for each counted."""

KINDS: dict[str, type] = {
    name.lower(): kind
    for name, kind in vars(optim).items()
    if isinstance(kind, type) and issubclass(kind, Optimizer | Wrapper) and kind not in (Optimizer, VectorOptimizer)
}


@dataclass(frozen=True)
class Entrant:
    """An optimizer that takes part: its class, its options, and around which other it is wrapped, if it is a wrapper.

    >>> entrants("momentum, Adam(betas=(0.5, 0.99))")
    [Entrant('SGD(momentum=0.9)', label='momentum 0.9'), Entrant('Adam(betas=(0.5, 0.99))')]
    """

    kind: Callable[..., Any]
    options: dict[str, Any] = field(default_factory=dict)
    inner: "Entrant | None" = None
    label: str = ""

    def build(self, params: list[Tensor], lr: float | None) -> Any:
        """The optimizer of these parameters, at this learning rate or, without one, at its own."""
        if self.inner is not None:
            return self.kind(self.inner.build(params, lr), **self.options)
        return self.kind(params, **({} if lr is None else {"lr": lr}) | self.options)

    @property
    def innermost(self) -> "Entrant":
        """The optimizer inside all wrappers: whose learning rate it is."""
        return self if self.inner is None else self.inner.innermost

    @property
    def second_order(self) -> bool:
        """Whether it sees the parameters as one vector, and evaluates the loss itself."""
        kind = self.innermost.kind
        return isinstance(kind, type) and issubclass(kind, VectorOptimizer)

    @property
    def squares(self) -> bool:
        """Whether it minimizes a sum of squares, of which it is to be given the residuals."""
        kind = self.innermost.kind
        return isinstance(kind, type) and issubclass(kind, optim.GaussNewton)

    @property
    def lr(self) -> float | None:
        """The learning rate, where it is not to be searched for: it was given, or the method brings its own."""
        inner = self.innermost
        if "lr" in inner.options or not self.second_order:
            return inner.options.get("lr")
        return getattr(inner.kind, "defaults", {}).get("lr", 1.0)

    @property
    def name(self) -> str:
        """What it is called in tables and pictures."""
        return self.label or self.call

    @property
    def call(self) -> str:
        """How it is written: parsed again, it gives the same entrant."""
        parts = [] if self.inner is None else [self.inner.call]
        parts += [f"{name}={value!r}" for name, value in self.options.items()]
        name = getattr(self.kind, "__name__", "custom")
        return f"{name}({', '.join(parts)})" if parts else name

    def __repr__(self):
        return f"Entrant({self.call!r})" if not self.label else f"Entrant({self.call!r}, label={self.label!r})"


def entrants(given: Any) -> list[Entrant]:
    """What was given, as entrants: text, classes, Entrants, or several of them.

    Text is a list of names of :mod:`minigrad.optim`, in any case, with options as they are written in Python:
    ``"sgd, Adam(betas=(0.5, 0.99)), SAM(momentum, rho=0.1)"``. Raises ValueError for what is none, or twice the same.
    """
    if isinstance(given, str):
        found = _parsed(given)
    elif isinstance(given, Entrant):
        found = [given]
    elif callable(given):
        found = [Entrant(given)]
    elif isinstance(given, Iterable):
        found = [entrant for item in given for entrant in entrants(item)]
    else:
        raise ValueError(f"an optimizer is a name such as 'adam', a class or an Entrant, got {given!r:.60}")
    names = [entrant.name for entrant in found]
    if not found:
        raise ValueError("there is no optimizer in the race: name some, as 'sgd, momentum, adam'")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{twice} is in the race twice: leave one out, or give them other options")
    return found


def _parsed(text: str) -> list[Entrant]:
    try:
        tree = ast.parse(f"[{re.sub(r'(?<=[a-zA-Z])-(?=[a-zA-Z])', '', text)}]", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"cannot read {text!r:.80}: write names, as 'sgd, Adam(betas=(0.5, 0.99))'") from None
    assert isinstance(tree, ast.List)
    return [_entrant(node) for node in tree.elts]


def _entrant(node: ast.expr) -> Entrant:
    call = node if isinstance(node, ast.Call) else None
    name = call.func if call else node
    if not isinstance(name, ast.Name):
        raise ValueError(f"{ast.unparse(node)[:60]} is no optimizer: write its name, as 'adam'")
    label, known, options = ALIASES.get(name.id.lower(), ("", name.id, {}))
    kind = KINDS.get(known.lower())
    if kind is None:
        raise ValueError(f"there is no optimizer {name.id:.40}: there are {', '.join(sorted(KINDS | ALIASES))}")
    if call and call.keywords:
        label, options = "", options | {keyword.arg or "**": _literal(keyword) for keyword in call.keywords}
    inside = [_entrant(argument) for argument in call.args] if call else []
    wraps = issubclass(kind, Wrapper)
    if len(inside) != wraps:
        wanted = f"{kind.__name__}(adam)" if wraps else f"{kind.__name__}(lr=0.1)"
        raise ValueError(f"cannot read {ast.unparse(node)[:60]}: write it as {wanted}")
    entrant = Entrant(kind, options, inside[0] if wraps else None, label)
    try:
        entrant.build([Tensor([[1.0], [1.0]], requires_grad=True)], None)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return entrant


def _literal(keyword: ast.keyword) -> Any:
    try:
        return ast.literal_eval(keyword.value)
    except ValueError:
        raise ValueError(
            f"{ast.unparse(keyword)[:60]}: an option is a number, True, False, a text in quotes, or several in brackets"
        ) from None
