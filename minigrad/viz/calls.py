"""Which calls of modules were running when a Tensor was made: the frames that a picture draws around it.

A call of a module leaves its number on what it returns. Everything on the tape that was made after the call began
and before what it returned was made inside it: so the frames are intervals of age, and nest as the calls did.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minigrad.engine import Tensor
from minigrad.nn.module import Call, Module
from minigrad.nn.tree import headline


@dataclass(eq=False)
class Frame:
    """One call of a module."""

    start: int
    end: int
    kind: str
    module: Module | None
    name: str = ""
    """What the module around it calls it."""

    @property
    def label(self) -> str:
        """The call that builds the module; its class alone if it is gone."""
        return self.kind if self.module is None else headline(self.module)


def frames_of(made: Sequence[Tensor]) -> dict[Tensor, tuple[Frame, ...]]:
    """The frames around each Tensor, outermost first. ``made`` is sorted by age."""
    frames = sorted(_calls(made).values(), key=lambda frame: frame.start)
    around: dict[Tensor, tuple[Frame, ...]] = {}
    open_now: list[Frame] = []
    coming = iter(frames)
    upcoming = next(coming, None)
    for t in made:
        while upcoming is not None and upcoming.start < t.age:
            open_now = [frame for frame in open_now if frame.end > upcoming.start]
            upcoming.name = _name_in(open_now, upcoming)
            open_now.append(upcoming)
            upcoming = next(coming, None)
        open_now = [frame for frame in open_now if frame.end >= t.age]
        around[t] = tuple(open_now)
    return around


def _calls(made: Sequence[Tensor]) -> dict[int, Frame]:
    """Every call that returned one of these, by its number; of several results the newest ends it."""
    frames: dict[int, Frame] = {}
    for t in made:
        for call in map(Call._make, t.calls):
            if call.start in frames:
                frames[call.start].end = t.age
            else:
                frames[call.start] = Frame(call.start, t.age, call.kind, call.module())
    return frames


def _name_in(outer: Sequence[Frame], frame: Frame) -> str:
    if not outer or outer[-1].module is None:
        return ""
    return next((name for name, child in outer[-1].module.named_children() if child is frame.module), "")
