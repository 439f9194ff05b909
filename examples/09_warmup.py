"""A large learning rate, with warm-up and without.

At a random start the loss is curved most, and a rate of 1 throws the weights to where the units are saturated and
little can be learned any more. Three epochs of linear warm-up let the network reach a flatter place first; there the
same rate is not too large. Both runs end with a cosine decay, and are repeated from four random starts.

Run it: python examples/09_warmup.py
"""

from minigrad import data, nn, optim
from minigrad.optim.schedules import Cosine, Warmup
from minigrad.training.loop import fit

LR, EPOCHS, BATCH = 1.0, 6, 32


def accuracy(warmup_epochs: int, seed: int) -> float:
    """The validation accuracy on the digits."""
    digits = data.load("digits")
    steps_per_epoch = len(data.Batches(digits.train, BATCH))
    warmup = warmup_epochs * steps_per_epoch
    schedule = Warmup(warmup, then=Cosine(LR, EPOCHS * steps_per_epoch - warmup))
    model = nn.MLP([64, 64, 64, 10], activation="tanh", init=nn.initializers.lecun_normal, rng=seed)
    optimizer = optim.SGD(model, schedule)
    *_, last = fit(model, optimizer, digits, loss=nn.cross_entropy, epochs=EPOCHS, batch_size=BATCH, rng=seed)
    return last.validation.accuracy


def main() -> dict:
    """Print the accuracies and return them."""
    found = {epochs: [accuracy(epochs, seed) for seed in range(4)] for epochs in (0, 3)}
    for epochs, accuracies in found.items():
        print(f"{epochs} epochs of warm-up: validation accuracy {', '.join(f'{value:.1%}' for value in accuracies)}")
    return found


if __name__ == "__main__":
    main()
