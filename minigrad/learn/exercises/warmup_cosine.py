"""A schedule is a function of the step and of nothing else."""

import math

from minigrad.learn.exercise import Exercise
from minigrad.learn.judges import trajectory

PEAK, WARMUP, TOTAL = 0.4, 4, 12


def schedule(step, peak, warmup, total, late=0, length=None):
    if step < warmup:
        return peak * (step + late) / warmup
    done = (step - warmup) / ((total - warmup) if length is None else length)
    return peak / 2 * (1 + math.cos(math.pi * min(done, 1.0)))


def run(rate):
    return [rate(step, PEAK, WARMUP, TOTAL) for step in range(TOTAL + 4)]


exercise = Exercise(
    name="warmup_cosine",
    title="A schedule is a function of the step",
    starter='''"""A schedule is a function of the step.

The learning rate starts at 0, grows in a line to its peak at step `warmup`, and then falls along half a cosine, to 0
at step `total`. There it stays.

    step <  warmup:   peak * step / warmup
    step >= warmup:   peak / 2 * (1 + cos(pi * t)),   t from 0 at warmup to 1 at total
"""

import math


def rate(step, peak, warmup, total):
    return ...
''',
    hints=(
        "t is (step - warmup) / (total - warmup).",
        "Beyond total the cosine would rise again: cut t off at 1 with min.",
        "return peak / 2 * (1 + math.cos(math.pi * min(t, 1.0)))    at or after the warm-up",
    ),
    judge=trajectory(
        run,
        "rate",
        schedule,
        {
            "the warm-up starts one step late: at step 0 the rate is 0": lambda s, p, w, n: schedule(
                s, p, w, n, late=1
            ),
            "the cosine takes `total` steps; the warm-up's are not its own": lambda s, p, w, n: schedule(
                s, p, w, n, length=n
            ),
            "beyond total the rate rises again: cut t off at 1": lambda s, p, w, n: (
                schedule(s, p, w, n) if s < n else p / 2 * (1 + math.cos(math.pi * (s - w) / (n - w)))
            ),
        },
    ),
)
