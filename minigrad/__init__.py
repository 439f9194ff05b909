"""minigrad: reverse-mode autograd on NumPy that shows its work."""

from minigrad import ops, samples
from minigrad.declare import composed, nondifferentiable, op
from minigrad.engine import Tensor
from minigrad.modes import enable_grad, no_grad

__version__ = "0.1.0"
