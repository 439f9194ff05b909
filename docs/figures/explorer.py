"""The pictures of the explorer in the README and in docs/seeing.md: ``python docs/figures/explorer.py``.

Needs Playwright and Chromium (``pip install playwright``); everything that is seen is minigrad's own page.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

import minigrad as mg
from minigrad import nn

HERE = Path(__file__).parent


def neuron() -> mg.Tensor:
    """One neuron, with the numbers that every lecture has."""
    w, x, b = (mg.tensor(v, requires_grad=True, name=n) for n, v in (("w", -3.0), ("x", 2.0), ("b", 6.88)))
    m = w * x
    s = m + b
    o = mg.tanh(s)
    return o


def diamond() -> mg.Tensor:
    """Two uses of two uses: four ways back."""
    a = mg.tensor(1.0, requires_grad=True, name="a")
    b = a + a
    c = b + b
    return c


def layer() -> mg.Tensor:
    """A fully connected layer by hand, on five examples."""
    rng = np.random.default_rng(0)
    X = mg.tensor(rng.standard_normal((5, 3)), name="X")
    W = mg.tensor(rng.standard_normal((3, 4)), requires_grad=True, name="W")
    b = mg.tensor(rng.standard_normal(4), requires_grad=True, name="b")
    D = X @ W
    H = mg.tanh(D + b)
    loss = (H * H).mean()
    return loss


MODEL = nn.MLP([2, 16, 16, 2], rng=0)


def mlp(model=MODEL) -> mg.Tensor:
    """A small network on a batch of 64."""
    X = np.random.default_rng(0).standard_normal((64, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    loss = nn.cross_entropy(model(X), y)
    return loss


def photograph(browser: Browser, output: mg.Tensor, name: str, steps: int, width: int, below: str, naive=False) -> None:
    """The upper part of the page after some steps, down to the end of the part that is named."""
    with tempfile.TemporaryDirectory() as folder:
        view = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=2)
        view.goto(Path(output.graph().html(Path(folder) / "page.html")).as_uri())
        if naive:
            view.locator("input[value=naive]").check()
            view.evaluate("document.activeElement.blur()")
        for _ in range(steps):
            view.keyboard.press("ArrowRight")
        box = view.locator(below).bounding_box()
        assert box is not None
        clip = {"x": 0, "y": 0, "width": width, "height": box["y"] + box["height"] + 12}
        view.screenshot(path=HERE / f"{name}.png", clip=clip, full_page=True)
        view.close()


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        photograph(browser, neuron(), "explorer", 5, 1000, "#code")
        photograph(browser, diamond(), "explorer-naive", 5, 1000, "#code", naive=True)
        photograph(browser, layer(), "explorer-layer", 9, 1100, ".panel")
        photograph(browser, mlp(), "explorer-mlp", 10, 1400, ".stage figure")
        browser.close()
    neuron().graph().render(HERE / "neuron.svg")


if __name__ == "__main__":
    main()
