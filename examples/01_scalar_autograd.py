"""Reverse-mode differentiation of scalars in sixty lines, and the same expression in minigrad.

Nothing is imported but math. A Value remembers its operands and the local derivative by each of them; ``backward``
visits the newest value first, so that a gradient is whole before it is sent on. minigrad does the same for arrays,
with one table of derivatives instead of numbers kept beside the operands.

Run it: python examples/01_scalar_autograd.py
"""

import math
from itertools import count

import minigrad as mg

ages = count()


class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, parents=()):
        self.data, self.grad = data, 0.0
        self.parents = parents  # pairs: an operand, and the derivative of this value by it
        self.age = next(ages)

    def __add__(self, other):
        other = lifted(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lifted(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def __sub__(self, other):
        return self + lifted(other) * -1.0

    def __truediv__(self, other):
        return self * lifted(other) ** -1.0

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, ((self, 1 - y * y),))

    def backward(self):
        """Add the derivative of this value by every value it was made from to that value's ``grad``."""
        found, todo = {self}, [self]
        while todo:
            for parent, _ in todo.pop().parents:
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        self.grad = 1.0
        for value in sorted(found, key=lambda value: value.age, reverse=True):  # newest first
            for parent, derivative in value.parents:
                parent.grad += value.grad * derivative


def lifted(x):
    return x if isinstance(x, Value) else Value(x)


def expression(x, y, tanh):
    """Something with a diamond in it: p is used twice, and so is x."""
    p = x * y + x**3
    return tanh(p) / (p**2 + 1.0) - y


def main() -> dict:
    """Print both and return the gradients."""
    x, y = Value(0.6), Value(-1.4)
    ours = expression(x, y, Value.tanh)
    ours.backward()
    a, b = mg.tensor(0.6, requires_grad=True), mg.tensor(-1.4, requires_grad=True)
    theirs = expression(a, b, mg.tanh)
    theirs.backward()
    print("             sixty lines        minigrad")
    rows = {"value": (ours.data, theirs.item()), "d/dx": (x.grad, a.grad.item()), "d/dy": (y.grad, b.grad.item())}
    for name, (here, there) in rows.items():
        print(f"{name:6} {here:17.12f} {there:15.12f}")
    return rows


if __name__ == "__main__":
    main()
