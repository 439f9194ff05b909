"""What every schedule can do: be asked for a step, say how it was built, and draw its curve."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from numbers import Real
from typing import Any

from minigrad.optim.hyperparameters import Described
from minigrad.shown import Shown

Rate = float | Callable[[int], float]
"""A number, a schedule, or any other function of the step."""

BLOCKS = "▁▂▃▄▅▆▇█"


class Schedule(Described, Shown):
    """A function of the step, counted from 0, and a value: two that print the same are the same."""

    def value(self, step: int) -> float:
        """The rate at this step; to be written by each subclass."""
        raise NotImplementedError

    @property
    def horizon(self) -> int:
        """The last step to draw: where it ends, or far enough to see where it goes."""
        return 100

    def __call__(self, step: int) -> float:
        if not isinstance(step, Real) or not step >= 0:
            raise ValueError(f"a schedule is asked for a step >= 0, got {step!r}")
        return float(self.value(step))

    def curve(self, steps: int | None = None, *, width: int = 24) -> str:
        """Its shape in one line, from step 0 to ``steps``; the highest block is the highest rate, an empty one is 0."""
        rates = self._sampled(steps, width)
        top = max(rates) or 1.0
        return "".join(BLOCKS[round(rate / top * 7)] for rate in rates)

    def preview(self, steps: int | None = None, *, width: int = 60, height: int = 8) -> "Drawing":
        """Its curve as a chart of ``height`` lines, drawn by ``print`` or at a prompt.

        >>> from minigrad.optim.schedules import Cosine
        >>> Cosine(0.1, 90).preview(width=30, height=4)
             0.1 ┤███▇▇▆▅▄▂▁
                 │███████████▆▄▃▁
                 │███████████████▇▅▄▂
               0 ┤████████████████████▇▆▄▃▂▁▁
                 └──────────────────────────────
                  0                           90
        """
        last = self.horizon if steps is None else steps
        rates = self._sampled(last, width)
        top = max(rates) or 1.0
        eighths = [round(rate / top * 8 * height) for rate in rates]
        lines = []
        for row in reversed(range(height)):
            label = f"{top:.3g}" if row == height - 1 else "0" if row == 0 else ""
            bars = "".join((" " + BLOCKS)[min(max(filled - 8 * row, 0), 8)] for filled in eighths)
            lines.append(f"{label:>8} {'┤' if label else '│'}{bars}".rstrip())
        lines += [f"{'':9}└{'─' * len(rates)}", f"{'':10}0{last:>{len(rates) - 1}}"]
        return Drawing("\n".join(lines))

    def _sampled(self, steps: int | None, width: int) -> list[float]:
        last = self.horizon if steps is None else steps
        columns = max(2, min(width, last + 1))
        return [self(round(i * last / (columns - 1))) for i in range(columns)]

    def __str__(self):
        return f"{self!r}    {self.curve()}    steps 0 to {self.horizon}"

    # what is fed a metric, here or inside

    def observe(self, metric: float) -> None:
        """Pass a metric on to whatever inside waits for one: see :class:`Plateau`."""
        for _, part in self._parts():
            part.observe(metric)

    def state_dict(self) -> dict[str, Any]:
        """What cannot be computed from the step: nothing, unless there is a :class:`Plateau` inside."""
        states = {name: part.state_dict() for name, part in self._parts()}
        return {name: state for name, state in states.items() if state}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from a ``state_dict()``."""
        for name, part in self._parts():
            if name in saved:
                part.load_state_dict(saved[name])

    def _parts(self) -> Iterator[tuple[str, "Schedule"]]:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            for i, part in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(part, Schedule):
                    yield f"{field.name}.{i}", part


class Drawing(str):
    """Text that a prompt shows as it is printed."""

    def __repr__(self):
        return str(self)


def horizon_of(rate: Rate) -> int:
    """How many steps of this are worth drawing: of a number or a plain function, none."""
    return rate.horizon if isinstance(rate, Schedule) else 0
