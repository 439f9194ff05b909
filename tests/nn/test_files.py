"""Weights in safetensors files: whole or not at all, on the way out and on the way in."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import CheckpointError
from minigrad.nn.files import load, save


def state(module):
    return {name: (value.dtype, value.shape, value.tobytes()) for name, value in module.state_dict().items()}


class Odd(nn.Module):
    """Values and layouts that are easily spoilt."""

    def __init__(self, seed):
        super().__init__()
        rng = np.random.default_rng(seed)
        self.transposed = nn.Parameter(np.zeros((3, 2)))
        self.transposed._data = rng.standard_normal((2, 3)).T  # as .data = would not leave it
        self.reversed = nn.Parameter(np.zeros(4))
        self.reversed.data = rng.standard_normal(4)[::-1]
        self.scalar = nn.Parameter(rng.standard_normal())
        self.special = nn.Parameter([-0.0, np.inf, -np.inf, np.nan, 5e-324])
        self.single = nn.Parameter(rng.standard_normal(3).astype(np.float32))
        self.empty = nn.Parameter(np.zeros((0, 3)))
        self.count = nn.Buffer(np.array(seed))
        self.mask = nn.Buffer(np.array([True, False]))


def test_a_round_trip_keeps_every_bit_shape_and_dtype(tmp_path):
    saved, loaded = Odd(1), Odd(2)
    save(saved, tmp_path / "model.safetensors")
    load(loaded, tmp_path / "model.safetensors")
    assert state(loaded) == state(saved)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in "ab":
        save(Odd(1), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_truncated_file_is_refused_at_every_length(tmp_path):
    path, net = tmp_path / "model.safetensors", nn.Linear(2, 1, rng=0)
    save(net, path)
    content, before = path.read_bytes(), state(net)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(CheckpointError, match=r"model\.safetensors"):
            load(net, path)
    assert state(net) == before


@pytest.mark.parametrize(
    "content", [b"", b"x", b"hello world, not a model", b"\x80\x04cos\nsystem\n.", b"PK\x03\x04" * 9, b"\xff" * 64]
)
def test_what_is_no_safetensors_file_is_refused_by_path_and_reason(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{path} cannot be read as safetensors: "):
        load(nn.Linear(2, 1, rng=0), path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in tmp_path / "absent", tmp_path:
        with pytest.raises(CheckpointError, match="cannot be read"):
            load(nn.Linear(2, 1, rng=0), path)


def test_a_file_of_another_model_is_refused_by_its_path(tmp_path):
    save(nn.Linear(2, 1, rng=0), tmp_path / "small")
    with pytest.raises(
        CheckpointError, match=r"small: this state does not fit Linear[\s\S]*shape +weight: \(1, 3\) needed"
    ):
        load(nn.Linear(3, 1, rng=0), tmp_path / "small")


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, broken):
    path = tmp_path / "model.safetensors"
    save(nn.Linear(2, 1, rng=0), path)
    old = path.read_bytes()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fails)
    with pytest.raises(CheckpointError, match=r"model.safetensors cannot be written: .*No space left"):
        save(nn.Linear(2, 1, rng=1), path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_the_content_reaches_the_disk_before_the_name_and_the_name_too(tmp_path, monkeypatch):
    calls, fsync, replace = [], os.fsync, os.replace

    def watched_fsync(descriptor):
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("name"), replace(*paths)))
    save(nn.Linear(2, 1, rng=0), tmp_path / "model.safetensors")
    assert calls == ["content", "name", "folder"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="absent/model cannot be written"):
        save(nn.Linear(2, 1, rng=0), tmp_path / "absent" / "model")


def test_minigrad_does_not_load_this_module():
    code = "import sys, minigrad; print('safetensors' in sys.modules, 'minigrad.nn.files' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]
    assert mg.nn is nn


def test_a_saved_file_may_be_read_by_whom_the_umask_lets_read(tmp_path):
    old = os.umask(0o022)
    try:
        save(nn.Linear(2, 1, rng=0), tmp_path / "model.safetensors")
    finally:
        os.umask(old)
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
