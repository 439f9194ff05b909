"""What an exercise is, and how an answer is taken from the learner's file."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np


class NotYet(Exception):
    """The answer is not right yet; the message says why, and where to look."""


@dataclass(frozen=True)
class Grade:
    """Whether an answer is right, and the words for it."""

    passed: bool
    text: str

    def __bool__(self):
        return self.passed


@dataclass(frozen=True)
class Exercise:
    """One step of the course: a file to be completed, hints that come one at a time, and a grader."""

    name: str
    title: str
    starter: str
    """The Python file that the learner gets; its docstring is the task."""
    hints: tuple[str, ...]
    judge: Callable[["Answer"], str]
    """Returns what the right answer shows, or raises :class:`NotYet`."""

    def grade(self, path: Path) -> Grade:
        """Run the learner's file and judge what it defines. Errors in it are part of the answer, and are told."""
        try:
            return Grade(True, self.judge(Answer.read(path)))
        except NotYet as reason:
            return Grade(False, str(reason))


class Answer:
    """What the learner's file defines."""

    def __init__(self, path: Path, names: dict[str, Any]):
        self.path, self.names = path, names

    @classmethod
    def read(cls, path: Path) -> "Answer":
        """Run the file. Raises NotYet with the line if it cannot be run."""
        module = ModuleType(path.stem)
        module.__file__ = str(path)
        try:
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            exec(code, module.__dict__)  # the learner's own file, which they asked to run
        except Exception as error:
            raise NotYet(f"{path.name} cannot be run: {told(error, path)}") from error
        return cls(path, vars(module))

    def __getitem__(self, name: str) -> Any:
        if not callable(self.names.get(name)):
            raise NotYet(f"{self.path.name} must define {name}, as the file that you were given does")
        return self.names[name]

    def call(self, name: str, *args: Any) -> Any:
        """What the learner's function returns for copies of these arguments. Raises NotYet if it fails, or is empty."""
        shown = ", ".join(map(brief, args))
        given = [np.copy(x) if isinstance(x, np.ndarray) else x for x in args]
        try:
            result = self[name](*given)
        except NotYet:
            raise
        except Exception as error:
            raise NotYet(f"{name}({shown}) fails: {told(error, self.path)}") from error
        if result is None or result is Ellipsis:
            raise NotYet(f"{name} returns {result}: replace the ... by your answer")
        if any(isinstance(x, np.ndarray) and not np.array_equal(x, y, equal_nan=True) for x, y in zip(args, given)):
            raise NotYet(f"{name} writes into an array that it was given: others still need it; return a new one")
        return result


def told(error: BaseException, path: Path) -> str:
    """An error in one line, with the line of the learner's file that it came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = lines[-1] if lines else getattr(error, "lineno", None)
    return f"{type(error).__name__}: {error}" + (f" (line {where})" if where and "line" not in str(error) else "")


def brief(x: Any) -> str:
    """An argument in a few characters.

    >>> brief(np.ones((2, 3))), brief(0.1)
    ('array of shape (2, 3)', '0.1')
    """
    return f"array of shape {x.shape}" if isinstance(x, np.ndarray) and x.ndim else repr(x)
