"""The walk: when may a node send its gradient on?"""

from minigrad.learn.exercise import Answer, Exercise, NotYet


class Node:
    """A value, its gradient, and what it was computed from: pairs of a node and the local derivative by it."""

    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0


def add(a, b):
    return Node(a.value + b.value, ((a, 1.0), (b, 1.0)))


def multiply(a, b):
    return Node(a.value * b.value, ((a, b.value), (b, a.value)))


def judge(answer: Answer) -> str:
    a = Node(1.0)
    b = add(a, a)
    c = add(b, b)
    _run(answer, c, "b = a + a; c = b + b")
    if a.grad == 8.0:
        raise NotYet(
            "b = a + a; c = b + b: a.grad should be 4, yours is 8\n  diagnosis: b sent its gradient on before all of "
            "it had arrived, and then once more. A node may send only when every node that uses it has sent"
        )
    _expect(a.grad, 4.0, "b = a + a; c = b + b")
    x, y = Node(3.0), Node(-2.0)
    p = multiply(x, y)
    q = add(p, x)
    r = multiply(q, p)
    _run(answer, r, "p = x * y; q = p + x; r = q * p")
    _expect(x.grad, 2 * x.value * y.value * (y.value + 1), "p = x * y; q = p + x; r = q * p, for x")
    _expect(y.grad, x.value**2 * (2 * y.value + 1), "p = x * y; q = p + x; r = q * p, for y")
    first = chain = Node(1.0)
    for _ in range(20_000):
        chain = add(chain, Node(0.0))
    _run(answer, chain, "a chain of 20,000 nodes")
    _expect(first.grad, 1.0, "a chain of 20,000 nodes")
    return "4 at the diamond, both gradients of x * y * (x * y + x), and 20,000 nodes in a row"


def _run(answer: Answer, output: Node, what: str) -> None:
    try:
        answer["backward"](output)
    except RecursionError:
        raise NotYet(
            f"{what}: Python's stack is too short for a recursion that deep: keep a list of what is to be done"
        ) from None
    except Exception as error:
        raise NotYet(f"{what}: {type(error).__name__}: {error}") from error


def _expect(found: float, wanted: float, what: str) -> None:
    if found != wanted:
        raise NotYet(f"{what}: the gradient should be {wanted}, yours is {found}")


exercise = Exercise(
    name="topological_order",
    title="When may a node send its gradient on?",
    starter='''"""When may a node send its gradient on?

A node knows its parents: pairs (parent, local derivative). backward(output) sets output.grad to 1 and adds
node.grad * derivative to the grad of every parent, until the leaves are reached. All grads are 0.0 at first.

A node may be used twice. In b = a + a; c = b + b there are four ways from c to a, so a.grad is 4. Who follows every
edge as soon as it comes along finds 8, because b sends its gradient on twice: once when half of it has arrived, and
once when all has. Find an order in which no node is visited before all nodes that use it. And mind that a graph may
be deeper than Python's stack.
"""


def backward(output):
    ...
''',
    hints=(
        "In b = a + a; c = b + b: the order c, b, a is right. Newest first would do, but these nodes have no date.",
        "First count how often each node is used, going from the output with a list of nodes still to visit.",
        "Then send, from the output on. Each time an edge to a parent has been used, count one off; at 0 it may send.",
        "The count: uses, todo = {}, [output]; while todo: for parent, _ in todo.pop().parents: if parent not in uses, "
        "todo.append(parent); then uses[parent] = uses.get(parent, 0) + 1",
    ),
    judge=judge,
)
