"""``mg.autograd.grad``: gradients of a recorded Tensor with respect to others, as in ``torch.autograd``."""

from minigrad.engine import grad

__all__ = ["grad"]
