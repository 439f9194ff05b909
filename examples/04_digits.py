"""Handwritten digits, by the Trainer: checks before the first step, the best weights kept, and what it gets wrong.

Run it: python examples/04_digits.py
"""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import load
from minigrad.training import EarlyStopping, Trainer

EPOCHS = 15


def picture(pixels: np.ndarray) -> str:
    """An 8 x 8 scan as letters."""
    shades = " .:-=+*#%@"
    levels = np.clip((pixels - pixels.min()) / (np.ptp(pixels) or 1) * 9, 0, 9).astype(int)
    return "\n".join("".join(shades[level] * 2 for level in row) for row in levels.reshape(8, 8))


def main() -> dict:
    """Train, print the epochs and one mistake, and return the numbers."""
    data = load("digits", rng=0)
    model = nn.MLP([64, 64, 32, 10], dropout=0.1, rng=0)
    optimizer = optim.AdamW(model.parameters(), lr=optim.schedules.Cosine(0.005, EPOCHS * 46), weight_decay=0.01)
    trainer = Trainer(model, nn.cross_entropy, optimizer, callbacks=[EarlyStopping(patience=5)], rng=0)
    for record in trainer.epochs(data, epochs=EPOCHS):
        scores = record.validation
        print(f"epoch {record.number:2}   validation loss {scores.loss:.4f}   accuracy {100 * scores.accuracy:.1f} %")
    model.eval()
    with mg.no_grad():
        guesses = model(data.validation.x).numpy().argmax(axis=1)
    wrong = np.flatnonzero(guesses != data.validation.y)
    if len(wrong):
        print(
            f"\n{len(wrong)} of {len(guesses)} wrong; "
            f"this {data.validation.y[wrong[0]]} was read as {guesses[wrong[0]]}:"
        )
        print(picture(data.validation.x[wrong[0]]))
    return {
        "accuracy": 1 - len(wrong) / len(guesses),
        "checks": [(check.name, check.passed) for check in trainer.checks],
    }


if __name__ == "__main__":
    main()
