"""From a CSV file to a trained model and back: blanks, a column of text, a column that says nothing, new rows.

The file is written here: rents of 400 flats, from size, district, floor and age, with noise of 40. A tenth of the
floors is missing, districts are words, and every flat has a number of its own. What each column holds is found out,
and said; statistics for filling and scaling come from the training rows alone. The same steps then apply to new rows.

On the command line it is: minigrad train flats.csv --target rent && minigrad predict runs/NAME new.csv

Run it: python examples/15_your_own_csv.py
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

from minigrad import nn, optim
from minigrad.data.new import new_rows
from minigrad.data.own import from_csv
from minigrad.engine import Tensor
from minigrad.modes import no_grad
from minigrad.optim.schedules import Cosine
from minigrad.training.loop import fit

DISTRICTS = {"harbour": 0.0, "hill": 250.0, "old town": 120.0}
NOISE, EPOCHS = 40.0, 100


def write_flats(path: Path, count: int, seed: int) -> None:
    """A file as people have them. Rent = 9 per square metre + district + 15 per floor - 2 per year + noise."""
    rng = np.random.default_rng(seed)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["flat", "size", "district", "floor", "age", "country", "rent"])
        for flat in range(count):
            size, floor, age = rng.uniform(20, 120), int(rng.integers(0, 9)), int(rng.integers(0, 60))
            district = str(rng.choice(list(DISTRICTS)))
            rent = 200 + 9 * size + DISTRICTS[district] + 15 * floor - 2 * age + NOISE * rng.standard_normal()
            known = "" if rng.random() < 0.1 else floor
            writer.writerow([flat, f"{size:.1f}", district, known, age, "nowhere", f"{rent:.2f}"])


def error(model: nn.Module, x: np.ndarray, rents: np.ndarray, steps) -> float:
    """The root mean squared error, in the units of the rent."""
    with model.evaluating(), no_grad():
        answers = steps.target.answers(model(Tensor(x)).data)
    return float(np.sqrt(np.mean((answers - rents) ** 2)))


def main() -> dict:
    """Print what was read and how well it is predicted, and return the numbers."""
    with tempfile.TemporaryDirectory() as folder:
        path, new_path = Path(folder) / "flats.csv", Path(folder) / "new.csv"
        write_flats(path, 400, seed=0)
        write_flats(new_path, 200, seed=1)
        flats = from_csv(path, target="rent")
        steps = flats.preprocessing
        new = new_rows(new_path, steps)

    print("\n".join(flats.remarks))
    print(f"inputs  {', '.join(steps.features)}")
    model = nn.MLP([flats.features, 32, 1], rng=0)
    optimizer = optim.AdamW(model, Cosine(0.01, EPOCHS * 10), weight_decay=0.01)
    for epoch in fit(model, optimizer, flats, loss=nn.mse_loss, epochs=EPOCHS, rng=0):
        if epoch.number % 25 == 0:
            print(f"epoch {epoch.number:3}  validation loss {epoch.validation.loss:.4f}")

    rents = new.known.astype(float)
    found = {
        "features": steps.features,
        "left out": steps.left_out,
        "guessing the mean": float(rents.std()),
        "new rows": error(model, new.x, rents, steps),
        "noise": NOISE,
    }
    print(f"\nerror on 200 new flats: {found['new rows']:.0f}; guessing the mean {found['guessing the mean']:.0f}")
    print(f"the noise in the rents is {NOISE:.0f}, and what a missing floor is worth cannot be known: 15 a floor")
    return found


if __name__ == "__main__":
    main()
