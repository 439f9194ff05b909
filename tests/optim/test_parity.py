"""Every trajectory that the libraries left us is reproduced."""

from pathlib import Path

import pytest

from tests.optim import parity


@pytest.mark.parametrize("row", list(parity.optimizers()), ids=lambda row: row.reference)
def test_every_parameter_after_every_step_is_the_reference_librarys(row):
    assert row.values == 36
    assert row.error < 1e-12


@pytest.mark.parametrize("row", list(parity.lbfgs()), ids=lambda row: row.reference)
def test_lbfgs_takes_pytorchs_steps_with_as_many_evaluations(row):
    assert row.error < 1e-8


@pytest.mark.parametrize("row", list(parity.schedules()), ids=lambda row: row.reference)
def test_every_rate_is_the_reference_librarys_at_every_step(row):
    assert row.error < 1e-12


def test_every_configuration_of_pytorch_is_compared():
    compared = {row.reference.removeprefix("torch ") for row in [*parity.optimizers(), *parity.lbfgs()]}
    assert parity.TORCH["optimizers"].keys() <= compared
    fed_a_metric = {key for key in parity.TORCH["schedules"] if key.startswith("ReduceLROnPlateau")}
    assert parity.TORCH["schedules"].keys() == parity.TORCH_SCHEDULES.keys() | fed_a_metric


def test_optax_differs_where_it_is_another_dialect_and_nowhere_else():
    """Each of these has another formula: see the docstrings of NAdam, RAdam, Adam and Rprop for the one here."""
    other_formula = {"nadam(.002)", "radam(.001)", "radam(.1,.9,.95)", "amsgrad(.1,.5,.6)", "rprop(.01)"}
    both_eps = {"adam(.1,eps_root=.01)", "rmsprop(.01,bias_correction)"}
    not_here = {f"{name}(.01)" for name in ("lars", "adan", "novograd", "sign_sgd", "fromage", "sm3")}
    assert parity.OPTAX["optimizers"].keys() - parity.FROM_OPTAX.keys() == other_formula | both_eps | not_here
    assert parity.OPTAX["schedules"].keys() == parity.OPTAX_SCHEDULES.keys()


def test_the_table_is_markdown_with_one_line_for_each_comparison():
    lines = parity.table(parity.lbfgs()).splitlines()
    assert lines[1] == "|---|---|---:|---:|"
    assert len(lines) == 4
    assert lines[2].startswith("| `LBFGS(lr=0.001, max_iter=20)` | `torch LBFGS(")


def test_the_table_in_the_docs_is_the_one_that_is_made_here():
    """Errors differ in the last bit from machine to machine; which rows there are does not."""
    written = (Path(__file__).parents[2] / "docs" / "parity.md").read_text().splitlines()
    made = parity.table([*parity.optimizers(), *parity.lbfgs(), *parity.schedules()]).splitlines()
    assert [line.split("|")[1:3] for line in written if line.startswith("|")] == [line.split("|")[1:3] for line in made]


def test_every_row_is_computed_again_when_the_tests_run_not_only_when_they_are_collected():
    assert all(row.error < 1e-12 for row in [*parity.optimizers(), *parity.schedules()])
    assert all(row.error < 1e-8 for row in parity.lbfgs())
