"""The page of a run that has just ended. Loaded after the training: nobody waits for it before."""

from minigrad.cli.recipe import Recipe
from minigrad.nn.files import write_atomically
from minigrad.training.runs import Run
from minigrad.viz.training_report.facts import facts_of
from minigrad.viz.training_report.report import report
from minigrad.viz.training_report.verdict import headline


def written(run: Run, recipe: Recipe) -> str:
    """Write the page of a run that has just ended: its verdict, in a line."""
    facts = facts_of(run, data=recipe.data, schedule=recipe.schedule)
    write_atomically(run.folder / "report.html", report(facts).encode())
    return headline(facts)
