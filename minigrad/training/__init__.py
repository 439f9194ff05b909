"""Training: the loop that fits a model to data."""

from minigrad.training.loop import Epoch, Scores, evaluate, fit, train_step

__all__ = ["Epoch", "Scores", "evaluate", "fit", "train_step"]
