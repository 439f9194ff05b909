"""Layers, losses and what they are made of; names, state names and shapes are PyTorch's.

>>> from minigrad import nn
>>> nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
Sequential()  2,410 parameters
├─ 0  Linear(64, 32)  weight (32, 64), bias (32,)  2,080
├─ 1  ReLU()
└─ 2  Linear(32, 10)  weight (10, 32), bias (10,)    330
"""

from minigrad.nn import initializers
from minigrad.nn.activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
)
from minigrad.nn.classification import cross_entropy, hinge_loss, nll_loss
from minigrad.nn.layers import Bilinear, Embedding, Flatten, Identity, Linear, Residual, Sequential
from minigrad.nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from minigrad.nn.mlp import MLP
from minigrad.nn.module import Buffer, Module, Parameter
from minigrad.nn.normalization import BatchNorm1d, GroupNorm, LayerNorm, RMSNorm, group_norm, layer_norm, rms_norm
from minigrad.nn.stochastic import AlphaDropout, Dropout, GaussianNoise, StochasticDepth, linear_drop_rates, set_step
from minigrad.nn.summary import summary

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "MLP",
    "SELU",
    "AlphaDropout",
    "BatchNorm1d",
    "Bilinear",
    "Buffer",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "Module",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softshrink",
    "Softsign",
    "StochasticDepth",
    "Tanh",
    "Tanhshrink",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "gaussian_nll_loss",
    "group_norm",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "initializers",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "linear_drop_rates",
    "mse_loss",
    "nll_loss",
    "rms_norm",
    "set_step",
    "smooth_l1_loss",
    "summary",
]
