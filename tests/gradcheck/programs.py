"""Programs whose gradient is wrong although every op is right, or damaged by one, with what a report must say: and
programs that look like them and are right."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import minigrad as mg
from minigrad import nn

X = np.random.default_rng(11).standard_normal((4, 3))
W = np.random.default_rng(12).standard_normal((3, 3))


class Program(NamedTuple):
    """A function and its inputs, words that must stand in the report, and the words of the line that is to blame."""

    fn: Callable
    inputs: tuple
    says: str = ""
    line: str = ""


def scaled_by_data(x):
    scale = np.sqrt(np.mean(x.data**2))
    return x / scale  # here


def centred_by_numpy(x):
    centre = x.numpy().mean(axis=0)
    return np.tanh(x) * centre  # here


def weighted_by_item(x):
    largest = np.sum(x * x).item()
    return x * largest  # here


def penalty_as_float(x):
    penalty = float(np.sum(x * x))
    return np.sum(np.exp(x)) + 0.1 * np.sum(x) * penalty  # here


def wrapped_again(x):
    h = np.tanh(x)
    again = mg.tensor(h.data)
    return h * again  # here


def late(x):
    h = np.exp(0.1 * x)
    for _ in range(3):
        h = h + np.sin(h)
    return h * np.sum(h.data)  # here


def through_a_list(x):
    values = x.data.tolist()
    return np.sum(x * np.array(values))  # here


def running_maximum(x):
    best = -np.inf
    for row in x:
        best = max(best, np.sum(row * row).item())
    return x / best  # here


def matrix_of_numpy(x):
    cov = x.numpy().T @ x.numpy()
    return x @ cov  # here


def helper(h):
    return h.numpy() / np.linalg.norm(h.numpy())


def from_a_helper(x):
    h = x @ W
    return h * helper(h)  # here


def inside_the_branch(x):
    if np.sum(x.data) > 1e9:
        return x
    return np.where(x.data > 0, x * x.data, x)  # here


class Layer(nn.Module):
    """Normalizes by a statistic that it takes off the tape."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3, rng=0)

    def forward(self, x):
        h = self.linear(x)
        spread = h.numpy().std(axis=0)
        return h / spread  # here


@mg.op(x=lambda g, y, x: np.multiply(g, np.cos(x), out=g))
def sine_in_place(x):
    """y = sin x, with a backward that writes into what it is handed."""
    return np.sin(x)


@mg.op(x=lambda g, y, x: g * np.multiply(x, 2, out=x))
def square_in_place(x):
    """y = x**2, with a backward that changes its operand."""
    return x**2


def damaged_sibling(x):
    a = np.tanh(x)
    b = sine_in_place(x)  # here
    return a + b


def damaged_alone(x):
    return sine_in_place(np.tanh(x))  # here


def damaged_operand(x):
    h = np.tanh(x)
    return square_in_place(h)  # here


WRONG = {
    "a scale of .data": Program(scaled_by_data, (X,), "left the tape", "x / scale"),
    "a centre of .numpy()": Program(centred_by_numpy, (X,), "left the tape", "* centre"),
    "a weight of .item()": Program(weighted_by_item, (X,), "left the tape", "x * largest"),
    "a penalty as a float": Program(penalty_as_float, (X,), "left the tape", "* penalty"),
    "a Tensor made of data": Program(wrapped_again, (X,), "left the tape", "h * again"),
    "after a loop": Program(late, (X,), "left the tape", "h * np.sum(h.data)"),
    "through a list": Program(through_a_list, (X,), "left the tape", "np.array(values)"),
    "a running maximum": Program(running_maximum, (X,), "left the tape", "x / best"),
    "a covariance of NumPy": Program(matrix_of_numpy, (X,), "left the tape", "x @ cov"),
    "a helper": Program(from_a_helper, (X,), "left the tape", "h * helper(h)"),
    "in a where": Program(inside_the_branch, (X,), "left the tape", "np.where"),
    "a layer": Program(Layer(), (X,), "left the tape", "h / spread"),
    "a sibling's gradient is damaged": Program(damaged_sibling, (X,), "writes into", "sine_in_place(x)"),
    "a gradient is written into": Program(damaged_alone, (X,), "writes into", "sine_in_place(np.tanh(x))"),
    "an operand is written into": Program(damaged_operand, (X,), "writes into", "square_in_place(h)"),
}


def detached_scale(x):
    return x / np.sqrt(np.mean(x.detach() ** 2))


def under_no_grad(x):
    with mg.no_grad():
        scale = np.sqrt(np.mean(x**2))
    return x / scale


def a_mask_of_data(x):
    return x * (x.data > 0)


def an_index_of_data(x):
    return x[np.argsort(x.data[:, 0])] ** 2


def a_shape(x):
    return np.sum(x, axis=0) / x.data.shape[0]


def printed(x):
    str(x.data.mean())
    return np.tanh(x)


def constant_of_another(x):
    return np.tanh(x @ W) * np.linalg.norm(W)


def a_branch_on_a_number(x):
    return np.exp(x) if np.sum(x).item() < 1e6 else x


def rounded_for_show(x):
    mg.tensor(np.round(x.data, 2))
    return np.sin(x)


class Centre(nn.Module):
    """Remembers a mean that it uses in evaluation alone."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):
        return np.tanh(self.norm(x))


RIGHT = {
    "a detached scale": Program(detached_scale, (X,)),
    "a scale under no_grad": Program(under_no_grad, (X,)),
    "a mask of data": Program(a_mask_of_data, (X,)),
    "an index of data": Program(an_index_of_data, (X,)),
    "a shape": Program(a_shape, (X,)),
    "printed on the way": Program(printed, (X,)),
    "a constant of something else": Program(constant_of_another, (X,)),
    "a branch on a number": Program(a_branch_on_a_number, (X,)),
    "rounded for show": Program(rounded_for_show, (X,)),
    "running statistics": Program(Centre(), (X,)),
}
