"""A bug hunt: every prediction against every target."""

import numpy as np

from minigrad.engine import Tensor
from minigrad.learn.exercise import Answer, Exercise, NotYet

W, X = np.array([[2.0], [-1.0]]), np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, 0.7]])
Y = np.array([1.0, 0.0, -1.0])


def judge(answer: Answer) -> str:
    found = answer.call("loss", Tensor(W, requires_grad=True), X, Y)
    if not isinstance(found, Tensor) or found.shape != () or not found.requires_grad:
        raise NotYet(f"loss must return a Tensor of one number, on the tape, not {found!r}")
    wanted = float(np.mean((X @ W[:, 0] - Y) ** 2))
    if np.isclose(found.item(), np.mean((X @ W - Y) ** 2)):
        raise NotYet(
            f"for 3 rows the mean of the 3 squared errors is {wanted:.4f}; yours is {found.item():.4f}, a mean of 9\n"
            "  diagnosis: print the shape of the difference"
        )
    if not np.isclose(found.item(), wanted):
        raise NotYet(f"the mean of the 3 squared errors is {wanted:.4f}; yours is {found.item():.4f}")
    return f"{found.item():.4f}, the mean of 3 squared errors"


exercise = Exercise(
    name="bug_broadcast",
    title="Bug hunt: every prediction against every target",
    starter='''"""Bug hunt: every prediction against every target.

w has shape (2, 1), x has shape (n, 2), and y has shape (n,). This loss trains, without an error, to a model that always
predicts the mean of y. nn.mse_loss would have refused; whoever writes a loss by hand has to look.
"""

import numpy as np


def loss(w, x, y):
    prediction = x @ w
    return np.mean((prediction - y) ** 2)
''',
    hints=(
        "What shape has prediction, and what shape has prediction - y?",
        "(n, 1) - (n,) is (n, n): every prediction less every target.",
        "return np.mean((prediction[:, 0] - y) ** 2)",
    ),
    judge=judge,
)
