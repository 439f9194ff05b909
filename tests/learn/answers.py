"""Answers to every exercise: a right one, and wrong ones with a word that the grader must say about them."""

WALK = """
def backward(output):
    uses, todo = {}, [output]
    while todo:
        for parent, _ in todo.pop().parents:
            if parent not in uses:
                todo.append(parent)
            uses[parent] = uses.get(parent, 0) + 1
    output.grad, todo = 1.0, [output]
    while todo:
        node = todo.pop()
        for parent, derivative in node.parents:
            parent.grad += node.grad * derivative
            uses[parent] -= 1
            if not uses[parent]:
                todo.append(parent)
"""
EAGER = """
def backward(output):
    output.grad, todo = 1.0, [output]
    while todo:
        node = todo.pop()
        for parent, derivative in node.parents:
            parent.grad += node.grad * derivative
            todo.append(parent)
"""
RECURSIVE = """
def backward(output):
    order = []
    def visit(node):
        if node not in order:
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)
    visit(output)
    output.grad = 1.0
    for node in reversed(order):
        for parent, derivative in node.parents:
            parent.grad += node.grad * derivative
"""
UNBROADCAST = """
def unbroadcast(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
"""
SCATTER = "def backward(g, y, table, ids):\n    s = np.zeros_like(table)\n    np.add.at(s, ids, g)\n    return s"
CROSS = """
def backward(g, y, logits, target):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(target)), target] -= 1
    return g * p / len(target)
"""
NORM = """
def backward(g, y, x):
    std = np.sqrt(np.var(x, axis=-1, keepdims=True) + EPS)
    return (g - g.mean(-1, keepdims=True) - y * (g * y).mean(-1, keepdims=True)) / std
"""
ADAM = """
def step(p, g, m, v, t, lr, b1, b2, eps):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v
"""
RATE = """
def rate(step, peak, warmup, total):
    if step < warmup:
        return peak * step / warmup
    return peak / 2 * (1 + math.cos(math.pi * min((step - warmup) / (total - warmup), 1.0)))
"""
DROPOUT = "def dropout(x, p, rng, training):\n    return x * (rng.random(x.shape) >= p) / (1 - p) if training else x"
TRAIN = """
def train(w, optimizer, batches, loss):
    for x, y in batches:
        optimizer.zero_grad()
        loss(x @ w, y).backward()
        optimizer.step()
"""
TAPE = """
def loss(w, x, y):
    prediction = x @ w
    return np.mean((prediction / np.sqrt(np.mean(prediction**2)) - y) ** 2)
"""


def one(arguments: str, result: str, name: str = "backward") -> str:
    """A function of one line."""
    return f"def {name}({arguments}):\n    return {result}\n"


def two(a: str, b: str) -> str:
    """The gradients of both operands."""
    return one("g, y, a, b", a, "backward_a") + one("g, y, a, b", b, "backward_b")


RIGHT = {
    "square": one("g, y, x", "g * 2 * x"),
    "tanh": one("g, y, x", "g * (1 - y * y)"),
    "divide": two("g / b", "-g * a / (b * b)"),
    "relu": one("g, y, x", "g * (x > 0)"),
    "unbroadcast": UNBROADCAST,
    "mean": one("g, y, x", "np.broadcast_to(g / len(x), x.shape)"),
    "matmul": two("g @ b.T", "a.T @ g"),
    "embedding": SCATTER,
    "softmax": one("g, y, x", "y * (g - np.sum(g * y, axis=-1, keepdims=True))"),
    "cross_entropy": CROSS,
    "layer_norm": NORM,
    "topological_order": WALK,
    "momentum": one("p, g, v, lr, rho", "p - lr * (rho * v + g), rho * v + g", "step"),
    "adam": ADAM,
    "adamw": one("p, g, lr, decay", "p - lr * decay * p - lr * g / (np.abs(g) + 1e-8)", "step"),
    "warmup_cosine": RATE,
    "dropout": DROPOUT,
    "bug_tape": TAPE,
    "bug_accumulation": TRAIN,
    "bug_broadcast": one("w, x, y", "np.mean(((x @ w)[:, 0] - y) ** 2)", "loss"),
}

WRONG = [
    ("square", one("g, y, x", "g * x"), "FACTOR"),
    ("square", one("g, y, x", "2 * x"), "UPSTREAM_IGNORED"),
    ("square", one("g, y, x", "g * 2 * z"), "NameError"),
    ("square", "def backward(g, y, x:\n    return 1", "SyntaxError"),
    ("square", "x = 1", "must define backward"),
    ("square", "def backward(g, y, x):\n    g *= 2 * x\n    return g", "writes into an array"),
    ("tanh", one("g, y, x", "g * (1 - x * x)"), "CHAIN_FACTOR"),
    ("divide", two("g / b", "g * a / (b * b)"), "SIGN"),
    ("relu", one("g, y, x", "g"), "MASK_MISSING"),
    ("relu", one("g, y, x", "g * (g > 0)"), "NONLINEAR_IN_G"),
    ("unbroadcast", one("g, shape", "g", "unbroadcast"), "you return shape (4, 3)"),
    ("unbroadcast", UNBROADCAST.replace("sum", "mean"), "it is 0.25 times that"),
    ("mean", one("g, y, x", "np.broadcast_to(g, x.shape)"), "FACTOR"),
    ("mean", one("g, y, x", "g / len(x)"), "has the shape of what it is the gradient of"),
    ("matmul", two("g @ b.T", "g.T @ a"), "has the shape of what"),
    ("matmul", two("g @ b.T", "np.resize(g.T @ a, b.shape)"), "WRONG"),
    ("embedding", SCATTER.replace("np.add.at(s, ids, g)", "s[ids] += g"), "the last pick alone counts"),
    ("softmax", one("g, y, x", "g * y * (1 - y)"), "DIAGONAL_ONLY"),
    ("cross_entropy", CROSS.replace(" / len(target)", ""), "FACTOR"),
    ("cross_entropy", CROSS.replace("p[np.arange(len(target)), target] -= 1", "pass"), "WRONG"),
    ("layer_norm", NORM.replace("- g.mean(-1, keepdims=True)", ""), "TERM_MISSING"),
    ("topological_order", EAGER, "yours is 8"),
    ("topological_order", RECURSIVE, "keep a list"),
    ("topological_order", EAGER.replace("todo.append(parent)", "pass"), "should be 4"),
    ("momentum", one("p, g, v, lr, rho", "p - lr * v, rho * v + g", "step"), "the old velocity"),
    ("momentum", one("p, g, v, lr, rho", "p - lr * g", "step"), "cannot be used"),
    ("adam", ADAM.replace(" / (1 - b1**t)", "").replace(" / (1 - b2**t)", ""), "bias corrections are missing"),
    ("adam", ADAM.replace(" / (1 - b2**t)", ""), "mean square is not corrected"),
    ("adamw", one("p, g, lr, decay", "p - decay * p - lr * g / (np.abs(g) + 1e-8)", "step"), "learning rate"),
    (
        "adamw",
        one("p, g, lr, decay", "p - lr * (g + decay * p) / (np.abs(g + decay * p) + 1e-8)", "step"),
        "Adam with L2",
    ),
    ("warmup_cosine", RATE.replace("peak * step", "peak * (step + 1)"), "one step late"),
    ("warmup_cosine", RATE.replace("(total - warmup)", "total"), "takes `total` steps"),
    (
        "warmup_cosine",
        RATE.replace("min((step - warmup) / (total - warmup), 1.0)", "(step - warmup) / (total - warmup)"),
        "rises again",
    ),
    ("dropout", DROPOUT.replace(" / (1 - p)", ""), "divided by 1 - p"),
    ("dropout", DROPOUT.replace(">= p", "<= p"), "share to be kept"),
    ("dropout", DROPOUT.replace(" if training else x", ""), "in evaluation"),
    ("dropout", DROPOUT.replace("rng.random", "np.random.default_rng().random"), "draw from rng"),
    ("dropout", DROPOUT.replace("x.shape)", "x.shape[1])"), "draw a number for each element"),
    ("bug_tape", TAPE.replace("prediction / ", "prediction.numpy() / "), "left the tape"),
    ("bug_accumulation", TRAIN.replace("        optimizer.zero_grad()\n", ""), "whose gradient is in .grad"),
    ("bug_accumulation", TRAIN.replace("        optimizer.step()\n", "") + "    optimizer.step()\n", "3 steps"),
    ("bug_broadcast", one("w, x, y", "np.mean((x @ w - y[:, None]) ** 2)[None]", "loss"), "one number, on the tape"),
]
