"""Checkpoint files: nothing is lost, nothing damaged is accepted, and what fails leaves the old file."""

import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import save as serialized

from minigrad.errors import CheckpointError
from minigrad.training import checkpoints, load_checkpoint, save_checkpoint
from minigrad.training.checkpoints import packed, unpacked

VALUES = {
    "special": np.array([-0.0, np.inf, -np.inf, np.nan, 5e-324, 1e308]),
    "scalar": np.array(1.5),
    "empty": np.zeros((0, 3)),
    "single": np.arange(6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "view": np.arange(10.0)[::-2],
    "big endian": np.arange(3.0).astype(">f8"),
    **{kind: np.array([0, 1, 100]).astype(kind) for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2")},
    "mask": np.array([True, False]),
}
SMALL = {"step": 3, "w": np.array([1.0, 2.0]), "generator": np.random.default_rng(0).bit_generator.state}


def signed(state_text: str, arrays=None) -> bytes:
    """A checkpoint with a right checksum around any JSON: what only somebody with bad intentions writes."""
    text = '{"sha256":"' + checkpoints.UNSIGNED + '",' + state_text + "}"
    content = serialized(arrays or {}, {checkpoints.KEY: text})
    start, digest = checkpoints._signature(content)
    return content[:start] + digest.encode() + content[start + 64 :]


@pytest.mark.parametrize("name", VALUES)
def test_every_array_comes_back_with_its_bytes_shape_and_dtype(tmp_path, name):
    value = VALUES[name]
    save_checkpoint(tmp_path / "file", {"a": {"b": [value]}})
    back = load_checkpoint(tmp_path / "file")["a"]["b"][0]
    assert (back.shape, back.dtype) == (value.shape, value.dtype.newbyteorder("="))
    assert back.tobytes() == np.ascontiguousarray(value, dtype=back.dtype).tobytes()


def test_numbers_and_text_come_back_equal_and_keys_as_text(tmp_path):
    state = {
        "int": 2**127,
        "float": 0.1,
        "inf": np.inf,
        "none": None,
        "yes": True,
        "text": "ü\n\0",
        3: {"deep": [1, ()]},
    }
    save_checkpoint(tmp_path / "file", state)
    expected = {**state, "3": {"deep": [1, []]}}
    del expected[3]
    assert load_checkpoint(tmp_path / "file") == expected


def test_the_same_state_gives_the_same_bytes():
    assert packed(SMALL) == packed(dict(SMALL))
    many = {"arrays": {f"a{i}": np.full(i % 3, i, dtype=np.float32 if i % 2 else float) for i in range(50)}}
    assert len({packed(many) for _ in range(5)}) == 1


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "nul\0", "", "n" * 10_000, "__class__", "__metadata__x", "a/b"])
def test_a_name_is_only_text_and_load_writes_nothing(tmp_path, name):
    save_checkpoint(tmp_path / "file", {"model": {name: np.ones(2)}})
    before = sorted(tmp_path.rglob("*"))
    np.testing.assert_array_equal(load_checkpoint(tmp_path / "file")["model"][name], np.ones(2))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_cut_short_is_refused_at_every_length():
    content = packed(SMALL)
    for length in range(len(content)):
        with pytest.raises(CheckpointError):
            unpacked(content[:length])


def test_a_file_is_refused_with_any_single_bit_turned():
    content = packed(SMALL)
    for i in range(len(content)):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[i] ^= 1 << bit
            with pytest.raises(CheckpointError):
                unpacked(bytes(damaged))


@pytest.mark.parametrize("more", [b"\0", b"more"])
def test_a_file_with_more_at_its_end_is_refused(more):
    with pytest.raises(CheckpointError):
        unpacked(packed(SMALL) + more)


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"hello, this is text",
        b"<!DOCTYPE html><html>",
        b"\x89PNG\r\n\x1a\n" * 9,
        b"PK\x03\x04" * 99,
        b"\xff" * 64,
    ],
)
def test_what_is_no_checkpoint_is_refused_by_path_and_reason(tmp_path, content):
    path = tmp_path / "some.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"some\.ckpt cannot be read as a checkpoint: .+"):
        load_checkpoint(path)


def test_a_missing_file_a_folder_and_bare_weights_are_refused(tmp_path):
    (tmp_path / "weights").write_bytes(serialized({"w": np.zeros(2)}))
    for path in (tmp_path / "absent", tmp_path, tmp_path / "weights"):
        with pytest.raises(CheckpointError, match=f"{path.name} cannot be read"):
            load_checkpoint(path)


@pytest.mark.parametrize("kind", ["pickle", "npz", "npy"])
def test_a_pickle_is_never_opened(tmp_path, kind):
    sentinel, path = tmp_path / "sentinel", tmp_path / "file"
    with path.open("wb") as file:
        if kind == "pickle":
            pickle.dump(Bomb(sentinel), file)
        elif kind == "npz":
            np.savez(file, np.array([Bomb(sentinel)], dtype=object))
        else:
            np.save(file, np.array([Bomb(sentinel)], dtype=object))
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    assert not sentinel.exists()


@pytest.mark.parametrize("length", [0, 1, 10**6, 2**63, 2**64 - 1])
def test_a_header_of_any_claimed_length_is_refused_without_memory(length):
    content = length.to_bytes(8, "little") + packed(SMALL)[8:]
    tracemalloc.start()
    with pytest.raises(CheckpointError):
        unpacked(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_a_file_that_declares_more_than_it_has_is_refused_without_memory():
    header = b'{"__metadata__":{"minigrad":"{}"},"w":{"dtype":"F64","shape":[134217728],"data_offsets":[0,1073741824]}}'
    content = len(header).to_bytes(8, "little") + header + bytes(2**20)
    tracemalloc.start()
    with pytest.raises(CheckpointError):
        unpacked(content)
    assert tracemalloc.get_traced_memory()[1] < 2 * len(content)
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"version":2,"state":{}', "made by a newer version"),
        ('"state":{}', "its version is None"),
        ('"version":1.0,"state":{}', r"its version is 1\.0"),
        ('"version":-1,"state":{}', "its version is -1"),
        ('"version":true,"state":{}', "its version is True"),
        ('"version":1', "malformed"),
        ('"version":1,"state":[]', "do not belong together"),
        ('"version":1,"state":{"w":{"$array":"absent"}}', "malformed"),
        ('"version":1,"state":{"w":{"$array":[1]}}', "malformed"),
        ('"version":1,"state":' + "[" * 100_000 + "]" * 100_000, "malformed"),
        ('"version":1,"state":{', "malformed"),
    ],
)
def test_a_signed_file_that_makes_no_sense_is_refused(text, reason):
    with pytest.raises(CheckpointError, match=reason):
        unpacked(signed(text))


def test_an_array_that_nobody_asks_for_is_refused():
    with pytest.raises(CheckpointError, match="do not belong together"):
        unpacked(signed('"version":1,"state":{}', {"extra": np.zeros(2)}))


def test_a_header_that_could_not_be_read_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "HEADER_LIMIT", 100)
    with pytest.raises(CheckpointError, match=r"its header of .* bytes is longer than the 100 allowed"):
        save_checkpoint(tmp_path / "file", SMALL)
    assert os.listdir(tmp_path) == []


def test_overlapping_and_duplicate_arrays_are_refused():
    content = packed({"a": np.zeros(2), "b": np.ones(2)})
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    header["b"]["data_offsets"] = [0, 16]
    text = json.dumps(header).encode()
    with pytest.raises(CheckpointError):
        unpacked(len(text).to_bytes(8, "little") + text + bytes(32))


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"f": print}, "which cannot be saved"),
        ({"o": np.array([None])}, "cannot be written"),
        ({"a": {"b/c": np.ones(1), "b": {"c": np.ones(1)}}}, "two arrays go by the path"),
        ({1: 0, "1": 0}, "cannot be told apart"),
        ({"$array": 1}, "cannot be told apart"),
        ([1], "a state is a dict"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_leaves_the_old_file(tmp_path, state, reason):
    path = tmp_path / "file"
    save_checkpoint(path, SMALL)
    old = path.read_bytes()
    with pytest.raises(CheckpointError, match=reason):
        save_checkpoint(path, state)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["file"]


CALLS = ("open", "fsync", "replace", "close")


def test_a_save_whose_kth_system_call_fails_leaves_one_whole_file_and_no_litter(tmp_path, monkeypatch):
    """For every k: until the rename the old content, after it the new, and CheckpointError in each case."""
    path, failed, k = tmp_path / "file", 0, 0
    save_checkpoint(path, SMALL)
    old, new = path.read_bytes(), packed({"step": 4})
    seen: list[str] = []
    while True:
        path.write_bytes(old)
        seen.clear()
        with monkeypatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, failing_at(k, name, getattr(os, name), seen))
            try:
                save_checkpoint(path, {"step": 4})
            except CheckpointError as error:
                failed += "No space left" in str(error)
            else:
                break
        expected = new if "replace" in seen[:-1] else old
        assert path.read_bytes() == expected, seen
        assert os.listdir(tmp_path) == ["file"], seen
        k += 1
    assert failed == k >= 5
    assert path.read_bytes() == new


def test_the_content_is_on_the_disk_before_the_name_and_the_name_before_save_returns(tmp_path, monkeypatch):
    seen: list[str] = []
    for name in CALLS:
        monkeypatch.setattr(os, name, failing_at(-1, name, getattr(os, name), seen))
    save_checkpoint(tmp_path / "file", SMALL)
    assert seen == ["open", "fsync", "replace", "open", "fsync", "close"]


def failing_at(k, name, call, seen):
    def maybe(*arguments, **options):
        seen.append(name)
        if len(seen) == k + 1:
            raise OSError(28, "No space left on device")
        return call(*arguments, **options)

    return maybe


@pytest.mark.parametrize("method", ["write", "flush"])
def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, method):
    path, real = tmp_path / "file", open
    save_checkpoint(path, SMALL)
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    def broken(*arguments, **options):
        file = real(*arguments, **options)
        setattr(file, method, full)
        return file

    monkeypatch.setattr("builtins.open", broken)
    with pytest.raises(CheckpointError, match="No space left"):
        save_checkpoint(path, {"step": 4})
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["file"]


def test_mutated_files_raise_nothing_but_checkpoint_errors():
    """Bytes changed, deleted, inserted and swapped at random places."""
    rng, content = np.random.default_rng(0), packed(SMALL)
    for _ in range(1000):
        damaged = bytearray(content)
        for _ in range(rng.integers(1, 4)):
            i, n = rng.integers(len(damaged)), rng.integers(1, 9)
            new = rng.bytes(n) if rng.random() < 0.5 else bytes(damaged[(j := rng.integers(len(damaged))) : j + n])
            damaged[i : i + (n if rng.random() < 0.7 else 0)] = new if rng.random() < 0.8 else b""
        if bytes(damaged) != content:
            with pytest.raises(CheckpointError):
                unpacked(bytes(damaged))
