"""Optimizers, schedules, regularizers and clipping: everything that turns gradients into better parameters."""

from minigrad.optim import schedules
from minigrad.optim.adagrad_family import ASGD, Adadelta, Adagrad
from minigrad.optim.adam_family import AdaBelief, Adamax, NAdam, RAdam, Yogi
from minigrad.optim.clipping import clip_grad_norm, clip_grad_value
from minigrad.optim.constraints import MaxNorm, UnitNorm
from minigrad.optim.first_order import SGD, Adam, AdamW, RMSprop
from minigrad.optim.layerwise import LAMB, Muon
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.regularizers import L1, L2, ElasticNet, GroupLasso, Orthogonal, Proximal, sparsity
from minigrad.optim.sign_based import Lion, Rprop

__all__ = [
    "ASGD",
    "L1",
    "L2",
    "LAMB",
    "SGD",
    "AdaBelief",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ElasticNet",
    "GroupLasso",
    "Lion",
    "MaxNorm",
    "Muon",
    "NAdam",
    "Optimizer",
    "Orthogonal",
    "Proximal",
    "RAdam",
    "RMSprop",
    "Rprop",
    "UnitNorm",
    "Yogi",
    "clip_grad_norm",
    "clip_grad_value",
    "schedules",
    "sparsity",
]
