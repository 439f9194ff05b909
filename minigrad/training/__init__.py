"""Training: the loop that fits a model to data, and the Trainer, which also looks for mistakes, saves and resumes."""

from minigrad.training.callbacks import EMA, BestWeights, Callback, Checkpoint, EarlyStopping, GradientAudit
from minigrad.training.checkpoints import load_checkpoint, save_checkpoint
from minigrad.training.loop import Epoch, Scores, evaluate, fit, train_step
from minigrad.training.prechecks import Check, precheck
from minigrad.training.recorder import Recorder
from minigrad.training.records import Record
from minigrad.training.runs import Run
from minigrad.training.trainer import Trainer
from minigrad.training.watchdog import Watchdog

__all__ = [
    "EMA",
    "BestWeights",
    "Callback",
    "Check",
    "Checkpoint",
    "EarlyStopping",
    "Epoch",
    "GradientAudit",
    "Record",
    "Recorder",
    "Run",
    "Scores",
    "Trainer",
    "Watchdog",
    "evaluate",
    "fit",
    "load_checkpoint",
    "precheck",
    "save_checkpoint",
    "train_step",
]
