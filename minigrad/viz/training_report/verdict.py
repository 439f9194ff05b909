"""What is to be said of a run: each finding with the number that says so, and what to try next."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minigrad.viz.training_report.facts import Facts

BAND = (1e-4, 1e-2)
"""An update is about a thousandth of its weight: within this band, a factor of ten either way."""

GAP = 1.2
"""From so many times its lowest value on, a final validation loss counts as overfitting."""

FALLING = 0.05
"""If the loss fell by this share over the last fifth of the epochs, more of them would help."""

DEAD, SATURATED, CLIPPED = 0.25, 0.5, 0.5
"""Shares from which dead units, flat outputs and clipped steps are a matter to act on."""


class Finding(NamedTuple):
    """Something about a run."""

    kind: str
    """In a word or two: ``dead units``."""
    level: str
    """``good``, ``note``, ``warn`` or ``bad``."""
    message: str
    """With the number that says so."""
    move: str = ""
    """What to try next."""

    @property
    def mark(self) -> str:
        """A sign for the level."""
        return {"good": "✓", "note": "·", "warn": "⚠", "bad": "✗"}[self.level]

    def __str__(self):
        return f"{self.mark} {self.kind}: {self.message}" + (f" → {self.move}" if self.move else "")


def verdict(facts: Facts) -> list[Finding]:
    """All findings, the gravest first; if there is nothing to act on, the first one says ``healthy``."""
    found = [finding for look in LOOKS for finding in look(facts)]
    found.sort(key=lambda finding: ("bad", "warn", "note", "good").index(finding.level))
    if not any(finding.level in ("bad", "warn") for finding in found):
        found.insert(0, _healthy(facts))
    return found


def headline(facts: Facts) -> str:
    """The verdict in one line.

    The gravest finding, and how many more there are to act on.
    """
    found = [finding for finding in verdict(facts) if finding.level != "note"]
    more = sum(finding.level in ("bad", "warn") for finding in found[1:])
    return str(found[0]) + (f" (and {more} more)" if more else "")


def _healthy(facts: Facts) -> Finding:
    judged, best = facts.judged, facts.best
    score = best[judged]
    how = f"accuracy {100 * score['accuracy']:.1f} %, " if score.get("accuracy") is not None else ""
    ratio = typical_ratio(facts)
    parts = [f"{judged} {how}loss {score['loss']:.3g} at epoch {best['epoch']}"]
    if ratio is not None:
        parts.append(f"updates are {ratio:.1g} of the weights")
    if facts.judged == "validation":
        parts.append(f"gap {_gap(best):+.3g}")
    return Finding("healthy", "good", ", ".join(parts))


def _gap(row) -> float:
    return row["validation"]["loss"] - row["train"]["loss"]


def _checks(facts: Facts) -> Iterator[Finding]:
    for check in facts.config.get("checks") or []:
        if isinstance(check, dict) and check.get("passed") is False:
            yield Finding(str(check.get("name")), "warn", f"before step 1: {check.get('message')}")


def _diverging(facts: Facts) -> Iterator[Finding]:
    losses = [loss + penalty for loss, penalty in zip(facts.column("running_loss"), facts.column("penalty"))]
    low, last = min(losses), losses[-1]
    if len(losses) > 1 and last > 1.5 * low and last > low + 0.05 * abs(losses[0]):
        at = losses.index(low) + 1
        lr = max(facts.column("lr"))
        yield Finding(
            "diverging",
            "bad",
            f"what is minimized was {low:.3g} in epoch {at} and is {last:.3g} in the last one",
            f"a smaller learning rate: --lr {lr / 3:.1g} instead of {lr:.2g}, or --clip-norm 1",
        )


def _chance(facts: Facts) -> Iterator[Finding]:
    examples = facts.judging()
    if not facts.classes or examples is None:
        return
    share = float(np.bincount(examples.y).max() / len(examples.y))
    accuracy = facts.best[facts.judged]["accuracy"]
    if accuracy is not None and accuracy <= share + 1e-9:
        yield Finding(
            "no better than chance",
            "bad",
            f"accuracy {100 * accuracy:.1f} %, and the most frequent class alone gives {100 * share:.1f} %",
            "minigrad lr-find for a learning rate, and look at the update ratios below",
        )


def _overfitting(facts: Facts) -> Iterator[Finding]:
    if facts.judged != "validation":
        return
    last, lowest = facts.history[-1], min(facts.history, key=lambda row: row["validation"]["loss"])
    low, end, gap = lowest["validation"]["loss"], last["validation"]["loss"], _gap(last)
    if end > GAP * low and gap > 0.1 * end:
        before, after = (row["validation"]["accuracy"] for row in (lowest, last))
        yield Finding(
            "overfitting gap",
            "note" if after is not None and after >= before else "warn",  # less sure of itself, but as often right
            f"the validation loss was lowest, {low:.3g}, after epoch {lowest['epoch']} and is {end:.3g} at the end, "
            f"{gap:.3g} above the training loss",
            "--patience 5 to stop in time, or --dropout 0.1, --l2 1e-4, more data",
        )


def _learning_rate(facts: Facts) -> Iterator[Finding]:
    ratio = typical_ratio(facts)
    if ratio is None or BAND[0] <= ratio <= BAND[1]:
        return
    lr = max(facts.column("lr"))
    factor = 10 ** round(math.log10(1e-3 / ratio)) if ratio else 10.0
    high = ratio > BAND[1]
    yield Finding(
        "learning rate out of band",
        "warn",
        f"a step changes the weights by {ratio:.1g} of their size (about {BAND[0]:g} to {BAND[1]:g} is usual)",
        f"a {'smaller' if high else 'larger'} learning rate: --lr {lr * factor:.1g} instead of {lr:.2g}",
    )


def typical_ratio(facts: Facts) -> float | None:
    """The median update ratio of the weight matrices while the learning rate is at least half its highest."""
    rates = facts.column("lr")
    rows = [row for row, lr in zip(facts.history, rates) if lr >= max(rates) / 2]
    matrices = {name for name, p in facts.model.named_parameters() if p.ndim >= 2}
    ratios = [change["ratio"] for row in rows for name, change in row["updates"].items() if name in matrices]
    ratios = [ratio for ratio in ratios if ratio is not None]
    return float(np.median(ratios)) if ratios else None


def _dead(facts: Facts) -> Iterator[Finding]:
    last = {path: units for path, units in facts.history[-1]["units"].items() if units["dead"]}
    if last:
        path, worst = max(last.items(), key=lambda pair: pair[1]["dead"] / pair[1]["units"])
        act = worst["dead"] >= DEAD * worst["units"]
        yield Finding(
            "dead units",
            "warn" if act else "note",
            f"{worst['dead']} of {worst['units']} units of layer {path} give 0 for every example",
            "a smaller learning rate, --activation gelu or leakyrelu, or --norm batch" if act else "",
        )


def _saturated(facts: Facts) -> Iterator[Finding]:
    last = facts.history[-1]["units"]
    path, worst = max(last.items(), key=lambda pair: pair[1]["saturated"], default=("", {"saturated": 0.0}))
    if worst["saturated"] >= SATURATED:
        yield Finding(
            "saturated units",
            "warn",
            f"{100 * worst['saturated']:.0f} % of the outputs of layer {path} lie where the slope is almost 0",
            "a smaller learning rate, --norm layer, or --activation relu",
        )


def _clipping(facts: Facts) -> Iterator[Finding]:
    clipped, steps = sum(facts.column("clipped")), facts.history[-1]["step"]
    if steps and clipped > CLIPPED * steps:
        yield Finding(
            "clipping",
            "warn",
            f"{clipped:,} of {steps:,} steps were clipped: the bound, and not the learning rate, decides their length",
            "a larger --clip-norm, or a smaller --lr without one",
        )


def _still_falling(facts: Facts) -> Iterator[Finding]:
    losses = facts.column(facts.judged, "loss")
    before = losses[-1 - max(1, len(losses) // 5)] if len(losses) > 4 else math.nan
    if losses[-1] < (1 - FALLING) * before and losses[-1] == min(losses):
        epochs, fell = 2 * len(losses), 100 * (1 - losses[-1] / before)
        yield Finding(
            "still learning",
            "note",
            f"the {facts.judged} loss still fell by {fell:.0f} % in the last fifth of the run",
            f"more epochs: --epochs {epochs}",
        )


def _ended(facts: Facts) -> Iterator[Finding]:
    if facts.history[-1].get("ended"):
        yield Finding("ended early", "note", str(facts.history[-1]["ended"]))


LOOKS = (
    *(_diverging, _chance, _overfitting, _learning_rate, _dead, _saturated, _clipping),
    *(_checks, _still_falling, _ended),
)
