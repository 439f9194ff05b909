"""minigrad: reverse-mode autograd on NumPy that shows its work.

>>> import minigrad as mg
>>> x = mg.tensor([[1.0, 2.0]])
>>> w = mg.tensor([[3.0], [4.0]], requires_grad=True)
>>> loss = mg.tanh(x @ w / 10).sum()
>>> loss.backward()
>>> w.grad.round(4)
array([[0.0359],
       [0.0718]])

Every op of :data:`minigrad.declare.OPS` is public here under its own name, and answers to NumPy's function too.
"""

from importlib import import_module
from typing import Any

from minigrad import autograd, data, nn, ops, optim, samples, transforms
from minigrad.declare import OPS, composed, nondifferentiable, op
from minigrad.engine import Tensor
from minigrad.engine import Tensor as tensor
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.anomaly import detect_anomaly
from minigrad.gradcheck.audit import audit
from minigrad.gradcheck.checked import checked
from minigrad.gradcheck.opcheck import opcheck
from minigrad.modes import enable_grad, no_grad
from minigrad.nn import binary_cross_entropy_with_logits, cross_entropy, layer_norm
from minigrad.nn import binary_cross_entropy_with_logits as bce_with_logits
from minigrad.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "audit",
    "autograd",
    "backward_steps",
    "bce_with_logits",
    "binary_cross_entropy_with_logits",
    "checked",
    "compile",
    "composed",
    "cross_entropy",
    "data",
    "detect_anomaly",
    "draw",
    "enable_grad",
    "explain",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "layer_norm",
    "nn",
    "no_grad",
    "nondifferentiable",
    "op",
    "opcheck",
    "ops",
    "optim",
    "samples",
    "tensor",
    "transforms",
    "value_and_grad",
    "vjp",
    "why_zero",
]

__all__ += sorted(OPS)
globals().update(OPS)

LATER = {
    "backward_steps": "viz.steps",
    "compile": "tracing",
    "draw": "viz.draw",
    "explain": "viz.explain",
    "why_zero": "viz.why_zero",
}
"""What is loaded when it is first asked for, and the module that it is in."""


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{LATER[name]}"), name)
    return value
