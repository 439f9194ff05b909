"""A bug hunt: a value that left the tape."""

import numpy as np

from minigrad.engine import Tensor
from minigrad.gradcheck import gradcheck
from minigrad.gradcheck.audit import audit
from minigrad.learn.exercise import Answer, Exercise, NotYet


def judge(answer: Answer) -> str:
    w, x = np.array([0.5, -1.0, 2.0]), np.array([[1.0, 2.0, -1.0], [0.5, -0.3, 0.8]])
    y = np.array([1.0, -1.0])
    residual = x @ w / np.sqrt(np.mean((x @ w) ** 2)) - y
    leaf = Tensor(w, requires_grad=True, name="w")
    found = answer.call("loss", leaf, x, y)
    if not isinstance(found, Tensor) or not np.isclose(found.item(), np.mean(residual**2)):
        raise NotYet("the value of the loss must stay what it was: only its gradient is wrong")
    found.backward()
    for report in (
        audit(found, fn=lambda: answer.call("loss", leaf, x, y)),
        gradcheck(lambda w: answer.call("loss", w, x, y), w, name="loss"),
    ):
        if not report:
            report.reproduce = ""
            raise NotYet(str(report))
    return "loss and gradient agree"


exercise = Exercise(
    name="bug_tape",
    title="Bug hunt: what is not on the tape has no gradient",
    starter='''"""Bug hunt: what is not on the tape has no gradient.

This loss divides the predictions by their size before it compares them. Its value is right, and training with it goes
wrong: the gradient does not know that the size depends on w. Nothing raises an error.

Find the line that leaves the tape, and keep it on. In a program of your own, these say whether a gradient is wrong,
and where it got lost:

    print(mg.gradcheck(lambda w: loss(w, x, y), w))
    print(mg.audit(result, fn=lambda: loss(w, x, y)))     # result = loss(w, x, y), after result.backward()
"""

import numpy as np


def loss(w, x, y):
    prediction = x @ w
    size = np.sqrt(np.mean(prediction.numpy() ** 2))
    return np.mean((prediction / size - y) ** 2)
''',
    hints=(
        "Which call turns a Tensor into a plain array?",
        ".numpy() does. NumPy's own functions work on Tensors, so there is no need for it.",
        "size = np.sqrt(np.mean(prediction ** 2))",
    ),
    judge=judge,
)
