"""Optimizers, schedules, regularizers and clipping: everything that turns gradients into better parameters."""

from minigrad.optim import schedules
from minigrad.optim.adagrad_family import ASGD, Adadelta, Adagrad
from minigrad.optim.adam_family import AdaBelief, Adamax, NAdam, RAdam, Yogi
from minigrad.optim.averaging import EMA, SWA
from minigrad.optim.clipping import clip_grad_norm, clip_grad_value
from minigrad.optim.constraints import MaxNorm, UnitNorm
from minigrad.optim.first_order import SGD, Adam, AdamW, RMSprop
from minigrad.optim.layerwise import LAMB, Muon
from minigrad.optim.lbfgs import LBFGS
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.regularizers import L1, L2, ElasticNet, GroupLasso, Orthogonal, Proximal, sparsity
from minigrad.optim.second_order import GaussNewton, LevenbergMarquardt, Newton, NewtonCG
from minigrad.optim.sign_based import Lion, Rprop
from minigrad.optim.vector import VectorOptimizer
from minigrad.optim.wrappers import SAM, Accumulate, Lookahead

__all__ = [
    "ASGD",
    "EMA",
    "L1",
    "L2",
    "LAMB",
    "LBFGS",
    "SAM",
    "SGD",
    "SWA",
    "Accumulate",
    "AdaBelief",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ElasticNet",
    "GaussNewton",
    "GroupLasso",
    "LevenbergMarquardt",
    "Lion",
    "Lookahead",
    "MaxNorm",
    "Muon",
    "NAdam",
    "Newton",
    "NewtonCG",
    "Optimizer",
    "Orthogonal",
    "Proximal",
    "RAdam",
    "RMSprop",
    "Rprop",
    "UnitNorm",
    "VectorOptimizer",
    "Yogi",
    "clip_grad_norm",
    "clip_grad_value",
    "schedules",
    "sparsity",
]
