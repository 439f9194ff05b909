"""Why a learning rate should fall: under noise, a constant one never comes to rest.

``w**2 / 2`` is minimized from w = 10 by a thousand runs side by side, whose gradients have noise of size 1. A large
rate is soon near the minimum and jitters there; a small one is still on its way. Those that fall do both: first far,
then still. Each schedule is a function of the step, and is given where a learning rate is.

Run it: python examples/19_decays.py
"""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.optim import schedules

STEPS = 300
RATES = {
    "constant 0.5": 0.5,
    "constant 0.01": 0.01,
    "step": schedules.Step(0.5, every=100, gamma=0.1),
    "cosine": schedules.Cosine(0.5, STEPS),
    "linear": schedules.Linear(0.5, STEPS),
    "inverse square root": schedules.InverseSqrt(0.5),
}


def final(rate) -> float:
    """The mean loss after all steps."""
    rng, w = np.random.default_rng(0), mg.tensor(np.full(1000, 10.0), requires_grad=True)
    optimizer = optim.SGD([w], rate)
    for _ in range(STEPS):
        w.grad = w.data + rng.standard_normal(1000)
        optimizer.step()
    return float(np.mean(w.data**2) / 2)


def main() -> dict:
    """Print the table and return its numbers."""
    found = {name: final(rate) for name, rate in RATES.items()}
    print(f"learning rate          loss after {STEPS} steps (noise leaves lr / (2 (2 - lr)))")
    for name, loss in found.items():
        print(f"{name:20} {loss:10.4f}")
    return found


if __name__ == "__main__":
    main()
