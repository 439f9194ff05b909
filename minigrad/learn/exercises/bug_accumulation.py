"""A bug hunt: gradients of yesterday."""

import numpy as np

from minigrad.engine import Tensor
from minigrad.learn.exercise import Answer, Exercise, NotYet
from minigrad.nn.losses import mse_loss
from minigrad.optim import SGD


def descend(train) -> tuple[np.ndarray, int]:
    """The weights after three steps, and how many steps the optimizer has taken."""
    rng = np.random.default_rng(0)
    w, x = Tensor([1.0, -1.0], requires_grad=True), rng.standard_normal((6, 2))
    optimizer = SGD([w], lr=0.1)
    train(w, optimizer, [(x[i : i + 2], x[i : i + 2] @ np.array([2.0, 0.5])) for i in (0, 2, 4)], mse_loss)
    return w.data, optimizer.steps


def right(w, optimizer, batches, loss):
    for x, y in batches:
        optimizer.zero_grad()
        loss(x @ w, y).backward()
        optimizer.step()


def judge(answer: Answer) -> str:
    train = answer["train"]
    try:
        found, steps = descend(train)
    except Exception as error:
        raise NotYet(f"train fails: {type(error).__name__}: {error}") from error
    wanted, _ = descend(right)
    if steps != 3:
        raise NotYet(f"there are 3 batches, so 3 steps are to be taken; yours takes {steps}")
    if not np.allclose(found, wanted, rtol=1e-12):
        raise NotYet(
            f"after 3 batches the weights should be {wanted.round(4)}, yours are {found.round(4)}\n"
            "  the second step is longer than the gradient of its own batch: whose gradient is in .grad then?"
        )
    return f"three steps, to {found.round(4)}"


exercise = Exercise(
    name="bug_accumulation",
    title="Bug hunt: gradients of yesterday",
    starter='''"""Bug hunt: gradients of yesterday.

backward() adds to .grad; it does not replace it. That is what makes two losses, or two uses of a weight, add up. It is
also behind a bug that everybody writes once. This loop has it: the loss falls for a while, and then it does not.
"""


def train(w, optimizer, batches, loss):
    for x, y in batches:
        loss(x @ w, y).backward()
        optimizer.step()
''',
    hints=(
        "Print w.grad in the loop, beside the gradient of the batch alone.",
        "optimizer.zero_grad() forgets the gradients. When must that happen?",
        "optimizer.zero_grad() before backward(), in every turn of the loop",
    ),
    judge=judge,
)
