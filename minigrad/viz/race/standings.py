"""What came of a race: a run of each optimizer at each rotation, and the learning rates that were tried."""

from dataclasses import dataclass
from functools import cached_property

from minigrad.viz.race.descent import Course, Run
from minigrad.viz.race.entrants import Entrant
from minigrad.viz.race.sweep import Sweep
from minigrad.viz.race.theory import Rate, rates


@dataclass(frozen=True)
class Lane:
    """One optimizer's race: a run at each rotation, and the learning rates that were tried for it."""

    entrant: Entrant
    runs: tuple[Run, ...]
    sweeps: tuple[Sweep, ...] = ()
    """One for each rotation; none where the learning rate was given."""

    def kept(self, place: int) -> float | None:
        """The steps at a rotation with the learning rate that is best at the first; infinite if it does not arrive."""
        return float(self.sweeps[place].arrived[self.sweeps[0].place]) if self.sweeps else None


@dataclass(frozen=True)
class Standings:
    """The course, and who went down it how."""

    course: Course
    rotations: tuple[float, ...]
    lanes: tuple[Lane, ...]
    shown: float = 0.0
    """The rotation at which the picture is shown first."""
    command: str = ""
    """What makes it again, on the command line."""

    @cached_property
    def rates(self) -> list[Rate]:
        """Theory beside measurement; only the ravine has a theory."""
        return rates(self.course.surface, self.course.start)

    @property
    def place(self) -> int:
        """Which of the rotations is shown first."""
        return self.rotations.index(self.shown)

    def lane(self, name: str) -> Lane:
        """The lane of the optimizer that goes by this name in the table."""
        found = [lane for lane in self.lanes if lane.entrant.name == name]
        if not found:
            raise KeyError(
                f"{name} did not take part: there were {', '.join(lane.entrant.name for lane in self.lanes)}"
            )
        return found[0]
