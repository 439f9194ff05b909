"""An op of one's own: declared, checked, used; and one whose derivative is no derivative on purpose.

``soft_sign_log`` squeezes large numbers without ever flattening out. Two formulas would do; one is declared, and
``opcheck`` holds it against finite differences at a grid of calls. ``quantize`` rounds, so its derivative is 0 nearly
everywhere and nothing could be learnt through it. A straight-through estimator pretends that it is the identity.
Declared as a surrogate, the checker knows that this is meant.

Run it: python examples/14_custom_op.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.samples import real


@mg.op(x=lambda g, y, x: g / (1 + np.abs(x)), samples=[real(2, 3), real()], branches=np.sign)
def soft_sign_log(x):
    """y = sign(x) log(1 + |x|),  dy/dx = 1 / (1 + |x|)."""
    return np.sign(x) * np.log1p(np.abs(x))


@mg.op(x=lambda g, y, x, levels: g, samples=[mg.samples.call(real(2, 3), 4)], surrogate=True)
def quantize(x, levels):
    """y = x rounded to multiples of 1 / levels; the gradient goes straight through. Bengio et al. (2013)."""
    return np.round(x * levels) / levels


def learnt(through) -> float:
    """How well a line is fitted whose weights are quantized by ``through``: the loss at the end."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 2))
    y = x @ np.array([0.75, -1.25])
    w = mg.tensor([0.0, 0.0], requires_grad=True, name="w")
    optimizer = optim.SGD([w], lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        loss = np.mean((x @ through(w) - y) ** 2)
        if loss.requires_grad:
            loss.backward()
            optimizer.step()
    return loss.item()


def main() -> dict:
    """Print the verdicts and losses and return them."""
    report = mg.opcheck(soft_sign_log, rng=0)
    print(report)
    losses = {
        "straight through": learnt(lambda w: quantize(w, 4)),
        "true derivative, which is 0": learnt(lambda w: np.round(w * 4) / 4),
    }
    for name, loss in losses.items():
        print(f"weights in quarters, {name:28} loss {loss:.4f}")
    return {"right": bool(report), **losses}


if __name__ == "__main__":
    main()
