"""Where in the user's program a Tensor was made: captured in a fraction of a microsecond, formatted when asked.

>>> line = here()
>>> print(line)  # doctest: +ELLIPSIS
<doctest ...>:1  line = here()
"""

import linecache
import os
import sys
from itertools import islice
from types import CodeType, FrameType
from typing import NamedTuple

import numpy as np

_OURS = tuple(os.path.dirname(os.path.abspath(module)) + os.sep for module in (__file__, np.__file__))


def is_internal(filename: str) -> bool:
    """Whether a file belongs to minigrad or NumPy, and so is not where the user wrote something."""
    return filename.startswith(_OURS) or filename.startswith("<__array_function__")


_IS_INTERNAL: dict[str, bool] = {}
"""The answers so far: every op asks, of several files."""

_COMMANDS: set[str] = set()
"""What calls minigrad where minigrad is a command."""


def _remember(filename: str) -> None:
    _IS_INTERNAL[filename] = is_internal(filename)
    if filename.endswith(os.path.join("click", "core.py")):
        _COMMANDS.add(filename)


class Source(NamedTuple):
    """A place in the user's program: its code object, and the offset of the instruction that ran."""

    code: CodeType
    offset: int

    @property
    def filename(self) -> str:
        return self.code.co_filename

    @property
    def line(self) -> int:
        positions = next(islice(self.code.co_positions(), self.offset // 2, None), (None,))
        return positions[0] or self.code.co_firstlineno

    @property
    def text(self) -> str:
        """The source line, or an empty string where no source is to be had."""
        return linecache.getline(self.filename, self.line).strip()

    def __str__(self) -> str:
        place = f"{os.path.basename(self.filename)}:{self.line}"
        return f"{place}  {self.text}" if self.text else place


def user_frame(depth: int = 1) -> FrameType:
    """The innermost running frame outside minigrad and NumPy: the user's own line, at least ``depth`` calls up.

    Where minigrad is run as a program there is none, and minigrad's own line is the best there is: that of a caller of
    who asks, ``depth=2``, since a frame that holds itself in a variable is a cycle, and keeps alive all it was called
    with.
    """
    frame = first = sys._getframe(depth)
    while True:
        try:
            while _IS_INTERNAL[frame.f_code.co_filename]:
                frame = frame.f_back  # type: ignore[assignment]
        except KeyError:
            _remember(frame.f_code.co_filename)
        except AttributeError:  # there is none further out
            return first
        else:
            return first if frame.f_code.co_filename in _COMMANDS else frame


def here() -> Source:
    """Where the user's program is now.

    >>> here().text
    'here().text'
    """
    frame = user_frame(2)
    return Source(frame.f_code, frame.f_lasti)
