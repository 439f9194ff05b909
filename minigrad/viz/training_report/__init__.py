"""The report page of a training run, and of several runs over one another."""

from minigrad.viz.training_report.facts import Facts, facts_of, facts_of_trainer
from minigrad.viz.training_report.report import report
from minigrad.viz.training_report.verdict import Finding, headline, verdict

__all__ = ["Facts", "Finding", "facts_of", "facts_of_trainer", "headline", "report", "verdict"]
