"""Every loss in several configurations: its operands, its options, and what it is called in PyTorch."""

from typing import NamedTuple

import numpy as np

from minigrad import nn

rng = np.random.default_rng(11)


class Loss(NamedTuple):
    """One configuration. The first ``differentiable`` operands get gradients."""

    name: str
    operands: tuple
    options: dict
    differentiable: int

    @property
    def ours(self):
        return getattr(nn, self.name)

    def __repr__(self):
        return f"{self.name}({', '.join([*(str(x.shape) for x in self.operands), *self.options])})"


def loss(name, *operands, differentiable=2, **options):
    return Loss(name, tuple(map(np.asarray, operands)), options, differentiable)


def real(*shape):
    return rng.standard_normal(shape)


def unit(*shape):
    return rng.uniform(0.1, 0.9, shape)


def simplex(*shape):
    shares = unit(*shape)
    return shares / shares.sum(-1, keepdims=True)


CLASSES = np.array([0, 2, 1, 2])
SOME_IGNORED = np.array([0, -100, 1, -100])
WEIGHTS = np.array([0.5, 2.0, 1.5])
PIXELS = np.array([[0, 2], [1, 1]])
SIGNS = np.array([1.0, -1.0, -1.0, 1.0])
FAR, NEAR = np.array([[2.0, -3.0, 0.1], [-0.2, 1.4, 0.5]]), np.zeros((2, 3))

ELEMENTWISE = [
    loss("mse_loss", real(4, 3), real(4, 3)),
    loss("l1_loss", real(4, 3), real(4, 3)),
    loss("huber_loss", FAR, NEAR),
    loss("huber_loss", FAR, NEAR, delta=0.3),
    loss("smooth_l1_loss", FAR, NEAR),
    loss("smooth_l1_loss", FAR, NEAR, beta=0.3),
    loss("smooth_l1_loss", FAR, NEAR, beta=0.0),
    loss("binary_cross_entropy_with_logits", real(4, 3), unit(4, 3)),
    loss("binary_cross_entropy_with_logits", real(4, 3), unit(4, 3), weight=unit(3), pos_weight=WEIGHTS),
    loss("binary_cross_entropy", unit(4, 3), unit(4, 3)),
    loss("binary_cross_entropy", unit(4, 3), unit(4, 3), weight=unit(4, 1)),
    loss("kl_div", np.log(simplex(4, 3)), simplex(4, 3)),
    loss("kl_div", np.log(simplex(4, 3)), np.log(simplex(4, 3)), log_target=True),
    loss("gaussian_nll_loss", real(4, 3), real(4, 3), unit(4, 3), differentiable=3),
    loss("gaussian_nll_loss", real(4, 3), real(4, 3), unit(4, 1), differentiable=3, full=True),
    loss("hinge_embedding_loss", real(4), SIGNS, differentiable=1),
    loss("hinge_embedding_loss", real(4), SIGNS, differentiable=1, margin=0.2),
    loss("cosine_embedding_loss", real(4, 3), real(4, 3), SIGNS),
    loss("cosine_embedding_loss", real(4, 3), real(4, 3), SIGNS, margin=0.1),
    loss("cosine_embedding_loss", real(3), real(3), 1.0),
]
CHOICE = [
    loss("cross_entropy", real(4, 3), CLASSES, differentiable=1),
    loss("cross_entropy", real(3), 1, differentiable=1),
    loss("cross_entropy", real(2, 3, 2), PIXELS, differentiable=1),
    loss("cross_entropy", real(4, 3), SOME_IGNORED, differentiable=1),
    loss("cross_entropy", real(4, 3), CLASSES, differentiable=1, weight=WEIGHTS),
    loss("cross_entropy", real(4, 3), CLASSES, differentiable=1, ignore_index=2),
    loss("cross_entropy", real(4, 3), CLASSES, differentiable=1, label_smoothing=0.2),
    loss("cross_entropy", real(4, 3), SOME_IGNORED, differentiable=1, weight=WEIGHTS, label_smoothing=0.2),
    loss("cross_entropy", real(2, 3, 2), PIXELS, differentiable=1, weight=WEIGHTS, ignore_index=1, label_smoothing=0.1),
    loss("cross_entropy", real(4, 3), simplex(4, 3)),
    loss("cross_entropy", real(4, 3), simplex(4, 3), weight=WEIGHTS, label_smoothing=0.2),
    loss("nll_loss", np.log(simplex(4, 3)), CLASSES, differentiable=1),
    loss("nll_loss", np.log(simplex(4, 3)), SOME_IGNORED, differentiable=1, weight=WEIGHTS),
    loss("nll_loss", real(2, 3, 2), PIXELS, differentiable=1),
]
BATCH_MEANS = [
    loss("kl_div", np.log(simplex(4, 3)), simplex(4, 3), reduction="batchmean"),
]
NOT_IN_TORCH = [loss("hinge_loss", real(4, 3), CLASSES, differentiable=1)]
REDUCED = [
    case._replace(options={**case.options, "reduction": reduction})
    for case in [*ELEMENTWISE, *CHOICE]
    for reduction in ("mean", "sum", "none")
]
