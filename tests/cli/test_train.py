import json
import math
import os
import pty
import re
import signal
from pathlib import Path

import pytest

from minigrad import nn
from minigrad.data.catalog import NAMES
from minigrad.training import Run, evaluate


def trained(run, *arguments):
    """What ``minigrad train ... --json`` answers."""
    result = run("train", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


@pytest.mark.parametrize("seed", range(10))
def test_the_digits_are_read_with_at_least_97_percent_accuracy(run, seed):
    assert trained(run, "digits", "--seed", str(seed))["validation"]["accuracy"] >= 0.97


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_can_be_learnt(run, name):
    scores = trained(run, name)["validation"]
    if scores["accuracy"] is None:
        assert scores["loss"] < 0.015, "the noise alone has a variance of 0.01"
    else:
        assert scores["accuracy"] > 0.9


def test_the_header_says_what_is_trained_on_what_and_how(run):
    lines = run("train", "digits", "--epochs", "1").stdout.splitlines()
    assert lines[0] == ("data    digits · 1,442 train / 355 validation · 64 features · 10 classes · pixels in [0, 1]")
    assert lines[1] == "model   Linear 64→64 · ReLU · Linear 64→32 · ReLU · Linear 32→10 · 6,570 parameters"
    assert lines[2] == "loss    cross-entropy · label smoothing 0.1 · no penalty"
    assert lines[3] == "optim   SGD · momentum 0.9 · no weight decay"
    assert lines[4].startswith("sched   lr Warmup(2, then=Cosine(0.1, 44)) · ▅█")
    assert lines[4].endswith("▁ · 46 optimizer steps")
    assert lines[5].startswith("machine NumPy ")
    assert lines[5].endswith(" · float32 · seed 0")
    assert lines[6] == ""


def test_the_header_says_what_is_decayed_and_what_is_not(run):
    options = {"--norm": "batch", "--optimizer": "adamw", "--weight-decay": "0.1", "--l1": "1e-4", "--clip-norm": "5"}
    arguments = [word for option in options.items() for word in option]
    lines = run("train", "digits", "--epochs", "1", *arguments).stdout.splitlines()
    where = "on 3 weight matrices, none on 7 bias or norm vectors"
    assert lines[2] == f"loss    cross-entropy · label smoothing 0.1 · penalty L1(0.0001) {where}"
    assert lines[3] == f"optim   AdamW · gradients clipped at norm 5 · weight decay 0.1 {where}"


def test_the_header_shows_the_random_layers_with_their_rates(run):
    arguments = ["--hidden", "64,64", "--residual", "--dropout", "0.1", "--stochastic-depth", "0.2", "--epochs", "1"]
    branch = "x + (Linear 64→64 · ReLU · Dropout 0.1 · StochasticDepth {})"
    model = " · ".join([branch.format(0.1), branch.format(0.2), "Linear 64→10"])
    assert run("train", "digits", *arguments).stdout.splitlines()[1].startswith(f"model   {model} · ")


def test_quiet_prints_the_result_alone(run):
    lines = run("train", "digits", "--epochs", "1", "--quiet").stdout.splitlines()
    assert lines[0].startswith("validation accuracy ")
    assert lines[0].endswith(" of 355)")
    assert lines[1].startswith("validation loss ")
    assert len(lines) == 2


def test_json_is_one_object_with_a_record_for_each_epoch(run):
    answer = trained(run, "digits", "--epochs", "2", "--lr", "0.05")
    assert [epoch["epoch"] for epoch in answer["epochs"]] == [1, 2]
    assert answer["last"] == {"epoch": 2, "validation": answer["epochs"][-1]["validation"]}
    assert answer["options"]["lr"] == 0.05
    assert answer["parameters"] == 6570
    assert answer["steps"] == 92


UNSTEADY = ["moons", "--epochs", "6", "--hidden", "32", "--lr", "1", "--schedule", "constant"]


def test_the_result_is_that_of_the_best_epoch_whose_weights_are_kept(run):
    answer = trained(run, *UNSTEADY, "--name", "x")
    scores = [epoch["validation"] for epoch in answer["epochs"]]
    best = min(range(6), key=lambda i: (-scores[i]["accuracy"], scores[i]["loss"]))
    assert best < 5, "or else there is nothing to tell apart"
    assert answer["best"] == {"epoch": best + 1, "validation": answer["epochs"][best]["validation"]}
    assert answer["validation"] == answer["best"]["validation"]
    kept = Run("runs/x")
    found = evaluate(kept.model(), kept.data().validation, nn.cross_entropy)
    assert found._asdict() == pytest.approx(answer["validation"])


def test_the_result_that_is_printed_names_the_best_epoch_and_the_last(run):
    answer = trained(run, *UNSTEADY, "--name", "x")
    accuracy, loss = run("train", *UNSTEADY, "--name", "x", "--quiet").stdout.splitlines()
    scores = answer["validation"]
    assert accuracy == f"validation accuracy {100 * scores['accuracy']:.1f} % ({200 * scores['accuracy']:.0f} of 200)"
    where = f"after epoch {answer['best']['epoch']}, the best of 6; {answer['last']['validation']['loss']:.4f} after"
    assert loss == f"validation loss {scores['loss']:.4f} {where} the last"
    assert run("train", "moons", "--epochs", "1", "--quiet").stdout.endswith(" after epoch 1, the last and the best\n")


def test_the_same_seed_prints_the_same_and_another_seed_something_else(run):
    first, again, other = (run("train", "moons", "--epochs", "3", "--dropout", "0.1", "--seed", s) for s in "001")
    assert first.stdout == again.stdout
    assert first.stdout.replace("seed 0", "seed 1") != other.stdout


def test_the_same_seed_writes_the_same_bytes(run):
    line = ("train", "moons", "--epochs", "3", "--dropout", "0.1", "--norm", "batch")
    first, again = (run(*line, "--name", name) for name in ("one", "other"))
    assert first.stdout == again.stdout.replace("other", "one")
    for file in ("best.safetensors", "last.safetensors", "snapshots/00003.safetensors"):
        assert Path("runs/one", file).read_bytes() == Path("runs/other", file).read_bytes()


def test_values_to_predict_have_no_accuracy(run):
    result = run("train", "curves", "--epochs", "1")
    assert "accuracy" not in result.stdout
    assert "2 numbers to predict" in result.stdout


def test_a_run_of_a_single_step_has_no_warm_up(run):
    lines = run("train", "digits", "--epochs", "1", "--batch-size", "2000").stdout.splitlines()
    assert "Warmup(0, then=Cosine(0.1, 1))" in lines[4]
    assert lines[4].endswith("· 1 optimizer step")


WRONG = {
    "--lr abc": "Invalid value for '--lr': 'abc' is not a valid number",
    "--lr nan": "Invalid value for '--lr': nan is not a finite number",
    "--lr inf": "Invalid value for '--lr': inf is not a finite number",
    "--lr 0": "Invalid value for '--lr': 0.0 is not in the range x>0",
    "--epochs -1": "Invalid value for '--epochs': -1 is not in the range x>=1",
    "--batch-size 0": "Invalid value for '--batch-size': 0 is not in the range x>=1",
    "--seed 1.5": "Invalid value for '--seed': '1.5' is not a valid whole number",
    "--seed -1": "Invalid value for '--seed': -1 is not in the range x>=0",
    "--dropout 1": "Invalid value for '--dropout': 1.0 is not in the range 0<=x<1",
    "--hidden 64,": "Invalid value for '--hidden': '64,' is not a list of whole numbers from 1, such as 64,32",
    "--hidden 64,0": "Invalid value for '--hidden': '64,0' is not a list of whole numbers from 1, such as 64,32",
    "--optimizer adma": "Invalid value for '--optimizer': 'adma' is not one of 'sgd', ",
    "--schedule cosin": "Invalid value for '--schedule': 'cosin' is not one of 'constant', 'cosine', ",
    "--epoch 3": "No such option '--epoch'",
    "--lr": "Option '--lr' requires an argument",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_a_wrong_value_is_one_line_that_names_the_option(run, arguments):
    result = run("train", "digits", *arguments.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {WRONG[arguments]}")
    assert result.stderr.endswith(" --help.\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("train",), ("train", "digit")])
def test_an_unknown_or_missing_data_set_lists_the_known_ones(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "DATASET" in result.stderr
    assert all(name in result.stderr for name in NAMES)
    assert result.stderr.count("\n") == 1


CONTRADICTIONS = {
    "digits --optimizer adam --momentum 0.9": "--momentum is not for adam: leave it out, or choose --optimizer sgd",
    "digits --weight-decay 0.1": "--weight-decay is not for sgd: write --l2 0.05 (its gradient is 0.1 w), or choose "
    "--optimizer adamw, lion, lamb",
    "digits --optimizer adamw --l2 0.1": "--l2 and the weight decay of adamw (0.01) both shrink the weights: write "
    "--weight-decay 0, or leave --l2 out",
    "digits --proximal": "--proximal says how a penalty acts, and there is none: write --l1 1e-4 too",
    "digits --schedule cosine --warmup 5": "--warmup belongs to a schedule that warms up: write --schedule "
    "warmup-cosine instead of cosine, or leave it out",
    "digits --warmup 920": "--warmup 920 leaves nothing of the 920 steps: write a smaller number, or more --epochs",
    "digits --stochastic-depth 0.1": "--stochastic-depth drops residual layers, and there are none: add --residual",
    "digits --hidden 48,32 --residual": "--residual needs a hidden layer of the width of the one before it: write "
    "--hidden 48,48 instead of 48,32",
    "digits --hidden none --dropout 0.1": "--dropout acts on hidden layers, and there are none: write --hidden 64",
    "digits --hidden none --norm batch": "--norm acts on hidden layers, and there are none: write --hidden 64",
    "curves --label-smoothing 0.1": "--label-smoothing needs classes, and curves has numbers to predict: leave it out",
}


@pytest.mark.parametrize("arguments", CONTRADICTIONS)
def test_options_that_do_not_go_together_are_an_error_that_says_what_to_change(run, arguments):
    result = run("train", *arguments.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {CONTRADICTIONS[arguments]}")
    assert result.stderr.count("\n") == 1


def test_gradients_clipped_to_almost_nothing_leave_the_model_where_it_was(run):
    arguments = ("digits", "--epochs", "1", "--label-smoothing", "0", "--clip-norm")
    clipped, free = (trained(run, *arguments, norm)["validation"]["loss"] for norm in ("1e-6", "1e6"))
    assert clipped == pytest.approx(math.log(10), rel=0.02)
    assert free < 2


def test_a_loss_that_explodes_stops_the_run_with_the_step_and_the_parameter(run):
    result = run("train", "digits", "--lr", "1e20")
    assert result.exit_code == 1
    assert "step 2 was not taken" in result.stderr
    assert result.stderr.count("\n") == 1


def test_proximal_l1_makes_weights_exactly_zero_and_says_how_many(run):
    arguments = ("train", "digits", "--l1", "1e-2", "--epochs", "3", "--quiet")
    plain, proximal = run(*arguments).stdout, run(*arguments, "--proximal").stdout
    assert plain.splitlines()[-1] == "weights that are exactly 0: 0.0 %"
    assert float(proximal.split()[-2]) > 10


def test_into_a_pipe_go_plain_lines_and_no_bar(start):
    process = start("train", "moons", "--epochs", "3")
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    assert not [character for character in out if ord(character) < 32 and character != "\n"]
    assert [line.split()[0] for line in out.splitlines()[-8:-5]] == ["1", "2", "3"]
    assert "━" not in out


def test_on_a_terminal_there_is_a_progress_bar_and_fewer_lines(start):
    ours, theirs = pty.openpty()
    process = start("train", "moons", "--epochs", "100", stdout=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    assert (process.wait(), process.communicate()[1]) == (0, "")
    assert "━" in shown.decode()
    assert "2500/2500" in shown.decode()
    assert shown.decode().count(" %      ") == 11


def test_a_reader_who_leaves_early_causes_no_traceback(start):
    process = start("train", "moons", "--epochs", "2000")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait() == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_ctrl_c_ends_training_with_one_line_and_exit_code_130(start):
    process = start("train", "moons", "--epochs", "1000000")
    while not process.stdout.readline().startswith("     1"):
        pass
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    place, way_on = error.split("; wrote ")
    assert re.fullmatch(r"stopped by Ctrl-C after step \d+, in epoch \d+", place)
    (folder,) = Path("runs").iterdir()
    assert way_on == f"{folder}: go on with minigrad resume {folder}\n"
