"""``mg.autograd.grad``: gradients of a recorded Tensor with respect to others, as in ``torch.autograd``."""

import numpy as np

from minigrad import complaints
from minigrad.engine import Tensor, constant, seed, walk
from minigrad.errors import GraphError


def grad(output: Tensor, inputs, grad_outputs=None, create_graph=False, *, allow_unused=False) -> tuple:
    """The gradient of ``output`` with respect to each of ``inputs``, as Tensors; no ``.grad`` is touched.

    ``grad_outputs`` is the gradient arriving at ``output``, 1 if left out. With ``create_graph`` the results are on
    the tape themselves, so they can be differentiated again. An input that the output does not depend on is an
    error, or None with ``allow_unused``.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> (slope,) = grad(x * x * x, x, create_graph=True)
    >>> (curvature,) = grad(slope, x)
    >>> slope.item(), curvature.item()
    (27.0, 18.0)
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    complaints.check_tensors(output, inputs)
    g = seed(output, grad_outputs, keep_graph=create_graph)
    arrived = walk([output], [g], targets=set(inputs), create_graph=create_graph)
    unused = [i for i, x in enumerate(inputs) if x not in arrived]
    if unused and not allow_unused:
        raise GraphError(f"the output does not depend on input {unused[0]}: leave it out, or pass allow_unused=True")
    results = (arrived.get(x) for x in inputs)
    return tuple([g if g is None or isinstance(g, Tensor) else constant(np.copy(g)) for g in results])
