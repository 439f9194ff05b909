"""Arrays that NumPy knows by its dispatch protocols alone, as CuPy's are, flow through: ops, layers and optimizers."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.declare import OPS
from minigrad.samples import Call, call
from tests.elsewhere import Elsewhere

SAMPLES = [(op, s if isinstance(s, Call) else call(s)) for op in OPS.values() for s in op.samples]
X = np.random.default_rng(0).standard_normal((16, 4))
Y = np.random.default_rng(1).standard_normal((16, 3))


def made_of(x, kind, leaves):
    """Every floating array in an argument a leaf of this kind, and what says where an array of it."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        leaves.append(mg.tensor(kind(x), requires_grad=True))
        return leaves[-1]
    if isinstance(x, (list, tuple)):
        return type(x)(made_of(part, kind, leaves) for part in x)
    return kind(x) if isinstance(x, np.ndarray) else x


def results_and_gradients(op, drawn, kind):
    leaves = []
    args = [made_of(x, kind, leaves) for x in drawn.args]
    options = {name: made_of(x, kind, leaves) for name, x in drawn.kwargs.items()}
    answer = op(*args, **options)
    results = [y for y in (answer if isinstance(answer, (tuple, list)) else [answer]) if y.requires_grad]
    if results:
        sum(np.sum(y * y) for y in results).backward()
    return [y.data for y in results] + [x.grad for x in leaves if x.grad is not None]


@pytest.mark.parametrize(("op", "sample"), SAMPLES, ids=[f"{op.name} {sample}" for op, sample in SAMPLES])
def test_an_op_and_its_gradients_never_leave_the_library_of_their_operands(op, sample):
    drawn = sample.draw(np.random.default_rng(0))
    here, elsewhere = (results_and_gradients(op, drawn, kind) for kind in (lambda x: x, Elsewhere))
    assert len(here) == len(elsewhere)
    for expected, found in zip(here, elsewhere):
        assert type(found) is Elsewhere
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found.numbers, expected, rtol=1e-12, atol=1e-12)


def trained(model, opt_of, kind, loss_of=nn.mse_loss):
    """Three steps, all parameters and buffers being arrays of this kind; the parameters after it."""
    for t in (*model.parameters(), *model.buffers()):
        t.data = kind(t.data)
    opt = opt_of(model.parameters())
    for _ in range(3):
        closure = lambda: loss_of(model(mg.tensor(kind(X))), kind(Y))
        if isinstance(opt, optim.vector.VectorOptimizer):
            opt.step(closure)
            continue
        opt.zero_grad()
        closure().backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        opt.step()
    return [p.data for p in model.parameters()]


def assert_the_same_elsewhere(make, opt_of, **options):
    here, elsewhere = (trained(make(), opt_of, kind, **options) for kind in (lambda x: x, Elsewhere))
    for expected, found in zip(here, elsewhere, strict=True):
        assert type(found) is Elsewhere
        np.testing.assert_allclose(found.numbers, expected, rtol=1e-9, atol=1e-9)


FIRST_ORDER = [
    *(optim.SGD, optim.ASGD, optim.RMSprop, optim.Adam, optim.AdamW, optim.NAdam, optim.RAdam, optim.Adamax),
    *(optim.AdaBelief, optim.Yogi, optim.Adagrad, optim.Adadelta, optim.Rprop, optim.Lion, optim.LAMB, optim.Muon),
]
SECOND_ORDER = [optim.Newton, optim.NewtonCG, optim.LBFGS]
SQUARES = [optim.GaussNewton, optim.LevenbergMarquardt]


@pytest.mark.parametrize("optimizer", FIRST_ORDER + SECOND_ORDER)
def test_an_optimizer_moves_them_where_they_are(optimizer):
    assert_the_same_elsewhere(lambda: nn.Linear(4, 3, bias=False, rng=0), optimizer)


@pytest.mark.parametrize("optimizer", SQUARES)
def test_least_squares_are_solved_where_they_are(optimizer):
    residuals = lambda y, target: (y - target).ravel()
    assert_the_same_elsewhere(lambda: nn.Linear(4, 3, rng=0), optimizer, loss_of=residuals)


LAYERS = {
    "batch norm": lambda: nn.BatchNorm1d(4),
    "layer norm": lambda: nn.LayerNorm(4),
    "group norm": lambda: nn.GroupNorm(2, 4),
    "RMS norm": lambda: nn.RMSNorm(4),
    "dropout": lambda: nn.Dropout(0.5, rng=0),
    "alpha dropout": lambda: nn.AlphaDropout(0.5, rng=0),
    "noise": lambda: nn.GaussianNoise(rng=0),
    "stochastic depth": lambda: nn.Residual(nn.Tanh(), nn.StochasticDepth(0.5, rng=0)),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_computes_where_its_input_is(layer):
    make = lambda: nn.Sequential(nn.Linear(4, 4, rng=0), layer(), nn.ReLU(), nn.Linear(4, 3, rng=1))
    assert_the_same_elsewhere(make, lambda params: optim.SGD(params, lr=0.1, momentum=0.9))
