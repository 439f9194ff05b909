"""The lecture's pages have all topics in order, each with its five things, and every number is right.

The numbers are computed here once more in plain NumPy, from the formulas on the pages and without minigrad.
"""

import re
import runpy
import shlex
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from minigrad.cli import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / f"lecture-{name}.md" for name in ("regularization", "gradients", "methods", "rates")]
ORDER = [
    *("The objective", "L2", "L1", "Elastic net", "Dropout", "Batch normalization", "Stochastic depth"),
    *("Numerical gradient", "Gradient descent", "Stochastic gradient descent"),
    *("Conditioning", "Saddle points", "Noise"),
    *("Momentum", "RMSProp", "Adam", "Adam with L2 against AdamW"),
    *("Step decay", "Cosine decay", "Linear decay", "Inverse square root", "Warm-up"),
    "First against second order",
]
"""The topics as they are taught."""

SECTIONS = {
    heading: body
    for page in PAGES
    for heading, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page.read_text(encoding="utf-8"), re.M | re.S)
}
FIGURES = runpy.run_path(str(DOCS / "figures" / "lecture.py"))["FIGURES"]
SHORT = {
    "train": ["--epochs", "1", "--quiet", "--no-check", "--no-report"],
    "race": ["--steps", "20", "--rotations", "0", "--lr", "0.01"],
    "check": [],
}


def printed(topic: str) -> list[str]:
    """The bold numbers of a section."""
    (line,) = re.findall(r"^\*\*Number\.\*\* (.*?)\n\n", SECTIONS[topic], re.M | re.S)
    return re.findall(r"\*\*(-?[\d.]+(?:e-?\d+)?)\*\*", line)


def test_the_topics_are_those_of_the_lecture_in_its_order():
    assert list(SECTIONS) == ORDER


@pytest.mark.parametrize("topic", ORDER)
def test_a_topic_has_a_formula_code_that_runs_a_figure_a_number_and_where_to_see_it(topic):
    body = SECTIONS[topic]
    parts = [body.find(mark) for mark in ("$$", "```python\n>>> ", "![", "**Number.** ", "**See it.** ")]
    assert min(parts) >= 0
    assert all(a < b for a, b in pairwise(parts))
    seen = body.partition("**See it.** ")[2]
    assert re.search(r"`examples/\d\d_\w+\.(py|ipynb)`", seen)
    assert re.search(r"`minigrad \w+", seen)
    assert re.search(r"`tests/[\w/]+\.py`", seen)


def test_every_figure_is_on_a_page_and_every_page_shows_only_what_is_drawn():
    shown = re.findall(r"\]\(figures/lecture/([\w-]+)\.svg\)", "".join(SECTIONS.values()))
    assert shown == list(FIGURES)
    assert {path.stem for path in (DOCS / "figures" / "lecture").glob("*.svg")} == set(shown)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_one_that_is_drawn_now_and_small(name):
    path = DOCS / "figures" / "lecture" / f"{name}.svg"
    assert path.stat().st_size < 20_000
    label = ET.parse(path).getroot().get("aria-label")
    words, numbers = re.split(r"-?\d[\d.e+-]*", label), re.findall(r"-?\d[\d.e+-]*", label)
    fresh = FIGURES[name]().summary
    assert re.split(r"-?\d[\d.e+-]*", fresh) == words, "run: python docs/figures/lecture.py"
    now = [float(n.rstrip(".")) for n in re.findall(r"-?\d[\d.e+-]*", fresh)]
    np.testing.assert_allclose([float(n.rstrip(".")) for n in numbers], now, rtol=0.02, atol=1e-9)


COMMANDS = re.findall(r"`(minigrad [^`]*)`", " ".join(" ".join(SECTIONS.values()).split()))


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_a_command_works(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command)[1:]
    done = CliRunner().invoke(main, [*arguments, *SHORT[arguments[0]]])
    assert done.exit_code == 0, done.output


# the numbers, without minigrad


def objective():
    rng, x = np.random.default_rng(3), np.linspace(-1, 1, 12)
    y = np.sin(3 * x) + 0.2 * rng.standard_normal(12)
    X = np.polynomial.legendre.legvander(x, 11)
    w = np.linalg.solve(X.T @ X / 12 + 0.01 * np.eye(12), X.T @ y / 12)
    return np.mean((X @ w - y) ** 2) + 0.01 * w @ w


def first_zero():
    """The least lambda at which the minimum has w2 = 0: there the derivative by w2 is lambda in size."""
    (a, b), (_, d), (u, v) = [2.0, 0.8], [0.8, 1.0], (1.2, 0.6)
    strengths = np.linspace(0, 2, 200_001)
    w1 = u + (b * v - strengths) / a  # where the derivative by w1 is -lambda, w2 being 0
    return strengths[np.argmax(np.abs(b * (w1 - u) - d * v) <= strengths)]


def deviations():
    for normalize in (False, True):
        rng = np.random.default_rng(0)
        h = rng.standard_normal((256, 64))
        for _ in range(10):
            h = h @ (0.06 * rng.standard_normal((64, 64))).T
            h = np.tanh((h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-5) if normalize else h)
        yield h.std()


def central_quotient():
    h, slope = 1e-3, np.exp(np.sin(1.0)) * np.cos(1.0)
    return abs((np.exp(np.sin(1 + h)) - np.exp(np.sin(1 - h))) / (2 * h) - slope)


def batch_noise():
    x, rng = np.random.default_rng(0).standard_normal(4096), np.random.default_rng(1)
    small, large = (np.std([np.mean(-rng.choice(x, size)) for _ in range(2000)]) for size in (16, 64))
    return small / large


def steps(derivative, move, start, arrived):
    """How many steps it takes: ``move(state, g)`` gives the step to take and the next state."""
    w, state = np.array(start), None
    for step in range(10_000):
        if arrived(w):
            return step
        change, state = move(state, derivative(w))
        w = w + change
    return None


def ravine(degrees=0.0):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    R = np.array([[c, s], [-s, c]])
    H = R.T @ np.diag([1.0, 100.0]) @ R
    return (lambda w: H @ w), (lambda w: w @ H @ w / 2)


def down(move, target, degrees=0.0, start=(1.0, 1.0)):
    derivative, height = ravine(degrees)
    return steps(derivative, move, start, lambda w: height(w) < target)


def plain(lr):
    return lambda state, g: (-lr * g, None)


def heavy_ball(lr, rho):
    def move(v, g):
        v = g if v is None else rho * v + g
        return -lr * v, v

    return move


def rms(lr, rho=0.99):
    def move(s, g):
        s = (0.0 if s is None else rho * s) + (1 - rho) * g**2
        return -lr * g / (np.sqrt(s) + 1e-8), s

    return move


def away_from_the_saddle(move):
    return steps(lambda w: np.array([2 * w[0], w[1] ** 3 - 2 * w[1]]), move, [1.0, 1e-4], lambda w: abs(w[1]) > 1)


def at_rest():
    rng, w = np.random.default_rng(0), np.full(1000, 3.0)
    for _ in range(500):
        w = w - 0.1 * (w + rng.standard_normal(1000))
    return np.mean(w**2) / 2


def adam_with_l2():
    """Both mean weights after Adam's recurrence with the gradient of 0.25 w**2 added."""
    rng, w, v, s = np.random.default_rng(0), np.ones((2, 400)), 0.0, 0.0
    for t in range(1, 1001):
        g = np.array([[10.0], [0.1]]) * rng.standard_normal((2, 400)) + 0.5 * w
        v, s = 0.9 * v + 0.1 * g, 0.999 * s + 0.001 * g**2
        w = w - 1e-3 * (v / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    return w.mean(axis=1)


def newton():
    w = np.array([-1.2, 1.0])
    for step in range(100):
        (x, y) = w
        if (1 - x) ** 2 + 100 * (y - x**2) ** 2 < 1e-8:
            return step
        g = np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])
        H = np.array([[2 - 400 * y + 1200 * x**2, -400 * x], [-400 * x, 200.0]])
        w = w - np.linalg.solve(H, g)
    return None


def down_the_valley():
    def derivative(w):
        x, y = w
        return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])

    return steps(derivative, plain(1e-3), [-1.2, 1.0], lambda w: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2 < 1e-2)


NUMBERS = {
    "The objective": lambda: [objective()],
    "L2": lambda: [(1 - 0.1 * 2 * 0.05) ** 10],
    "L1": lambda: [first_zero()],
    "Elastic net": lambda: [(2 - 0.2) / (2 + 2 * 0.1)],
    "Dropout": lambda: [np.sum(np.random.default_rng(0).random(10_000, dtype=np.float32) >= 0.25)],
    "Batch normalization": lambda: list(deviations()),
    "Stochastic depth": lambda: [sum(1 - 0.5 * block / 54 for block in range(1, 55))],
    "Numerical gradient": lambda: [central_quotient()],
    "Gradient descent": lambda: [0.9**10],
    "Stochastic gradient descent": lambda: [batch_noise()],
    "Conditioning": lambda: [down(plain(2 / 101), 1e-6)],
    "Saddle points": lambda: [away_from_the_saddle(plain(0.05)), away_from_the_saddle(heavy_ball(0.05, 0.9))],
    "Noise": lambda: [at_rest(), 0.1 / (2 * (2 - 0.1))],
    "Momentum": lambda: [down(heavy_ball(4 / 121, (9 / 11) ** 2), 1e-6)],
    "RMSProp": lambda: [down(rms(0.02), 1e-3), down(rms(0.02), 1e-3, 45.0, (0.0, 2**0.5))],
    "Adam": lambda: [(1 - 0.9) / np.sqrt(1 - 0.999)],
    "Adam with L2 against AdamW": lambda: [(1 - 1e-3 * 0.5) ** 1000, *adam_with_l2()],
    "Step decay": lambda: [0.1 * 0.1 ** (70 // 30)],
    "Cosine decay": lambda: [0.1 / 2 * (1 + np.cos(np.pi * 25 / 100))],
    "Linear decay": lambda: [0.1 * (1 - 25 / 100)],
    "Inverse square root": lambda: [0.1 / np.sqrt(25)],
    "Warm-up": lambda: [0.1 * 25 / 100],
    "First against second order": lambda: [newton(), down_the_valley()],
}


@pytest.mark.parametrize("topic", ORDER)
def test_the_number_is_right(topic):
    shown, computed = printed(topic), NUMBERS[topic]()
    assert len(shown) == len(computed) > 0
    for text, value in zip(shown, computed):
        digits = len(text.partition("e")[0].partition(".")[2])
        last = 10.0 ** -(digits if "e" not in text else digits - int(text.partition("e")[2]))
        assert abs(float(text) - float(value)) <= 0.51 * last * ("." in text), (text, value)
