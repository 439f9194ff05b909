"""Arrays of a .npz file are read without trust: no pickle, and no memory that the file does not fill."""

import contextlib
import io
import os
import pickle
import random
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from minigrad.data.npz import read_npz
from minigrad.data.own import from_npz
from minigrad.errors import DataError

X, Y = np.arange(60.0).reshape(20, 3), np.arange(20) % 2


@pytest.fixture
def saved(tmp_path):
    """The path of a file with these arrays."""

    def saved(**arrays):
        np.savez(tmp_path / "my.npz", **arrays)
        return tmp_path / "my.npz"

    return saved


def archive(path, **members):
    """A zip archive with these contents."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # two members of one name
        for name, content in members.items():
            for one in content if isinstance(content, list) else [content]:
                file.writestr(name, one)
    return path


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "i1", ">i8", "u8", "?", "U3", "S3", "c16"])
def test_arrays_come_back_as_they_were(saved, dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    for given in (array, np.asfortranarray(array), array[:0], array[0, 0]):
        found = read_npz(saved(a=given))["a"]
        np.testing.assert_array_equal(found, given)
        assert found.dtype == given.dtype


@pytest.mark.parametrize("wrapped", ["X", "whole"])
def test_a_pickle_in_the_archive_is_never_opened(tmp_path, wrapped):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sentinel"),)

    array = np.array([Bomb()], dtype=object)
    path = tmp_path / "my.npz"
    if wrapped == "X":
        np.savez(path, X=array, y=Y)
    else:
        path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match=r"would need pickle, which is never read|is no \.npz file"):
        from_npz(path)
    assert not (tmp_path / "sentinel").exists()


def test_a_mebibyte_that_declares_a_gibibyte_is_refused_before_memory_is_taken(tmp_path):
    header = _header((2**17, 2**10))
    path = tmp_path / "my.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("X.npy", "w", force_zip64=True) as member:
        member.write(header)
        for _ in range(1024):
            member.write(bytes(2**20))
    assert path.stat().st_size < 2**21
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"key 'X': it would be 1,073,741,952 bytes"):
            from_npz(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * 2**20


def _header(shape):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue()


LYING = {
    "more than it holds": (_header((1000, 1000)) + bytes(80), "declares 8,000,000 bytes, but it holds 80"),
    "less than it holds": (_header((2, 2)) + bytes(80), "declares 32 bytes, but it holds 80"),
    "negative": (_header((-1, -10)) + bytes(80), "declares|malformed"),
    "beyond all memory": (_header((2**40, 2**40)) + bytes(80), "declares"),
    "no header": (b"hello", "malformed"),
    "an empty member": (b"", "malformed"),
    "code in the header": (b"\x93NUMPY\x01\x00\x20\x00" + b"__import__('os').mkdir('x')     \n", "malformed"),
    "a newer version": (b"\x93NUMPY\x09\x00" + bytes(80), "version"),
}


@pytest.mark.parametrize(("content", "reason"), LYING.values(), ids=LYING)
def test_an_array_that_is_not_what_it_declares_is_refused_by_its_key(tmp_path, content, reason):
    path = archive(tmp_path / "my.npz", **{"X.npy": content, "y.npy": npy(Y)})
    with pytest.raises(DataError, match=rf"my\.npz, key 'X'.*({reason})"):
        from_npz(path)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match="two arrays of the same name"):
        read_npz(archive(tmp_path / "my.npz", **{"X.npy": [npy(X), npy(X + 1)]}))


def test_a_member_that_is_encrypted_or_damaged_is_refused(saved):
    path = saved(X=X, y=Y)
    good = path.read_bytes()
    encrypted, damaged = bytearray(good), bytearray(good)
    encrypted[6] |= 1
    encrypted[good.find(b"PK\x01\x02") + 8] |= 1
    damaged[200] ^= 1
    for content in (encrypted, damaged):
        path.write_bytes(content)
        with pytest.raises(DataError, match="key 'X'"):
            read_npz(path)


WRONG = {
    "X missing": ({"y": Y}, r"has no array 'X'; there are y \(20,\)"),
    "y missing": ({"X": X}, r"has no array 'y'; there are X \(20, 3\)"),
    "lengths differ": ({"X": X, "y": Y[:-1]}, r"X has shape \(20, 3\) and y \(19,\)"),
    "no features": ({"X": X[:, 0], "y": Y}, r"X has shape \(20,\) and y \(20,\): needed are \(N, features\)"),
    "no rows": ({"X": X[:0], "y": Y[:0]}, r"X has shape \(0, 3\)"),
    "three axes of targets": ({"X": X, "y": np.zeros((20, 2, 2))}, r"y \(20, 2, 2\)"),
    "NaN": ({"X": np.where(X == 4, np.nan, X), "y": Y}, r"key 'X' of shape .* not finite, the first at \(1, 1\)"),
    "infinite target": ({"X": X, "y": np.where(Y, np.inf, 1)}, r"key 'y' of shape \(20,\): 10 values are not finite"),
    "objects": ({"X": X.astype(object), "y": Y}, "key 'X': an array of objects would need pickle"),
    "complex": ({"X": X + 1j, "y": Y}, "key 'X': an array of complex128 .* holds no real numbers"),
    "dates": ({"X": X.astype("M8[s]"), "y": Y}, "key 'X': an array of datetime64"),
    "bytes": ({"X": X, "y": np.array([b"\xff", b"a"] * 10)}, "key 'y': bytes that are no ASCII"),
    "all rows equal": ({"X": np.ones((20, 3)), "y": Y}, "all rows of X are equal"),
    "one class": ({"X": X, "y": np.zeros(20)}, r"'y' is '0\.0' in every row"),
    "a class a row": (
        {"X": np.arange(120.0).reshape(40, 3), "y": np.array([f"n{i}" for i in range(40)])},
        "'y' has 40 different values in 40 rows: too many to be classes",
    ),
}


@pytest.mark.parametrize(("arrays", "reason"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_trained_on_is_refused_with_key_and_shapes(saved, arrays, reason):
    with pytest.raises(DataError, match=reason):
        from_npz(saved(**arrays))


def test_numbers_as_text_are_values_and_what_means_missing_is_no_class(saved):
    data = from_npz(saved(X=X, y=np.array([f"{i}.5" for i in range(20)])))
    assert not data.classes
    np.testing.assert_allclose(np.sort(data.preprocessing.target.answers(data.train.y).ravel())[0] % 1, 0.5)
    labelled = from_npz(saved(X=X, y=np.array([["a", "b", "NA", ""][i % 4] for i in range(20)])))
    assert labelled.classes == 2
    assert "rows    10 without a target are left out" in labelled.remarks


def test_constant_inputs_and_one_hot_targets_are_remarked(saved):
    data = from_npz(saved(X=np.concatenate([X, np.ones((20, 2))], axis=1), y=np.eye(2)[Y]))
    assert "inputs  2 of 5 are the same in every row" in data.remarks
    assert "if each 1 stands for a class, save y.argmax(axis=1)" in data.remarks[0]


def mutated(content, chance):
    """Bytes turned, cut out, doubled, set to extremes, and the end cut off."""
    content = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        kind, place = chance.randrange(5), chance.randrange(len(content))
        if kind == 0:
            content[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del content[place : place + chance.randrange(1, 30)]
        elif kind == 2:
            content[place:place] = content[place : place + chance.randrange(1, 60)]
        elif kind == 3:
            content[place : place + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"1e99"])
        else:
            del content[max(1, place) :]
        if not content:
            return b"\0"
    return bytes(content)


def mutated_files(path, count, seed):
    """Read so many, of both kinds of archives: either there is a data set, or one error that names the file."""
    chance, good = random.Random(seed), []
    for save in (np.savez, np.savez_compressed):
        save(path, X=X, y=Y)
        good.append(path.read_bytes())
    tracemalloc.start()
    try:
        for _ in range(count):
            path.write_bytes(mutated(chance.choice(good), chance))
            with contextlib.suppress(DataError):
                from_npz(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_mutated_files_are_read_or_refused(tmp_path):
    mutated_files(tmp_path / "my.npz", 200, seed=0)


@pytest.mark.slow
def test_5000_mutated_files_are_read_or_refused(tmp_path):
    mutated_files(tmp_path / "my.npz", 5000, seed=1)
