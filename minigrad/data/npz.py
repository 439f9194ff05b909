"""Arrays in a ``.npz`` file, read without trust: no pickle, and nothing is allocated that the file does not hold.

>>> import io
>>> file = io.BytesIO()
>>> np.savez(file, X=np.eye(2), y=np.array([0, 1]))
>>> {name: array.shape for name, array in read_npz(file).items()}
{'X': (2, 2), 'y': (2,)}
"""

import math
import os
import tokenize
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from minigrad.errors import DataError

RATIO = 100
"""So many times what it takes in the file an array may be, and more only if it is small."""
SMALL = 10_000_000
MOST_ARRAYS = 1000

MALFORMED = (
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError, EOFError, NotImplementedError, MemoryError),
    *(ValueError, TypeError, KeyError, AttributeError, SyntaxError, RecursionError, RuntimeError, OverflowError),
)
"""What the readers of zip and npy files raise for files that are none."""


def read_npz(path: str | os.PathLike | IO[bytes]) -> dict[str, np.ndarray]:
    """Every array in the file, by name.

    Raises :class:`~minigrad.errors.DataError` naming the path and the array: for arrays of objects, which would need
    pickle, and for any that declares more than the file holds, before memory is taken for it.
    """
    shown = path if isinstance(path, (str, os.PathLike)) else "the file"
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_ARRAYS:
                raise DataError(f"{shown} has {len(members):,} arrays, more than the {MOST_ARRAYS:,} allowed")
            names = [member.filename.removesuffix(".npy") for member in members]
            if len(set(names)) < len(names):
                raise DataError(f"{shown} has two arrays of the same name")
            return {name: _array(archive, member, shown) for name, member in zip(names, members, strict=True)}
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{shown} cannot be read: {error}") from error
    except MALFORMED as error:
        why = error or type(error).__name__
        raise DataError(f"{shown} is no .npz file: {why}; one is written by np.savez(path, X=X, y=y)") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: Any) -> np.ndarray:
    where = f"{shown}, key {member.filename.removesuffix('.npy')[:40]!r}"
    if member.file_size > max(SMALL, RATIO * member.compress_size):
        raise DataError(
            f"{where}: it would be {member.file_size:,} bytes, and takes {member.compress_size:,} in the file; "
            "if it is meant, save it with np.savez, which does not compress"
        )
    try:
        with archive.open(member) as file:
            version = npy.read_magic(file)
            if version not in ((1, 0), (2, 0)):
                raise DataError(f"{where}: npy files of version {version} are not read")
            header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = header(file)
            if dtype.hasobject:
                raise DataError(f"{where}: an array of objects would need pickle, which is never read; save numbers")
            size = math.prod(shape) * dtype.itemsize
            held = member.file_size - file.tell()
            if size != held or min(shape, default=0) < 0:
                raise DataError(f"{where}: shape {shape} of {dtype} declares {size:,} bytes, but it holds {held:,}")
            content = file.read()
    except DataError:
        raise
    except (*MALFORMED, OSError) as error:
        raise DataError(f"{where} is malformed: {error or type(error).__name__}") from None
    if len(content) != size:
        raise DataError(f"{where}: {len(content):,} bytes of {size:,} are there")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
