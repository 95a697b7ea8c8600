"""What the views over steps share: the axis of steps and what happened on it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.plots import Mark, Plot, step_stop
from app.plots.ranges import Range
from app.plots.text import integer
from app.views.base import View
from core.record import RunSource, State

Array = NDArray[np.float64]
_NOTHING: tuple[Array, Array, Array] = (np.zeros(0), np.zeros(0), np.zeros(0))
TURNS = ("edit", "reinit")
"""Kinds of events from which on a run is another one; that it goes on for longer is none."""
MOST_MARKS = 200  # beyond, a picture of a thousand pixels is nothing but marks


def marks_of(source: RunSource, at: int | None = None) -> tuple[Mark, ...]:
    """Return a mark for each event, one for a bad end, one for the step that is looked at."""
    marks = [Mark(event.step, event.text) for event in source.events[-MOST_MARKS:]]
    if source.status.state is State.DIVERGED:
        marks.append(Mark(source.updates, f"diverged at step {integer(source.updates)}", "bad"))
    elif source.status.state is State.FAILED:
        marks.append(Mark(source.steps, f"failed at step {integer(source.steps)}", "bad"))
    elif stopped_early(source):
        # The engine says it in a sentence that is too long for a mark.
        back = "weights are back" in source.status.message
        at_step = f" at step {integer(source.updates)}"
        text = f"stopped early{', best weights are back' if back else at_step}"
        marks.append(Mark(source.updates, text, "text"))
    if at is not None:
        marks.append(Mark(at, f"step {integer(at)}", "accent"))
    return tuple(marks)


def stopped_early(source: RunSource) -> bool:
    """Whether the validation loss ended the run, rather than its epochs or somebody."""
    status = source.status
    return status.state is State.STOPPED and status.message.startswith("Stopped early")


class StepView(View):
    """A view whose x axis is the run."""

    plot: Plot
    _stop: float = 0.0
    _evaluated: tuple[Array, Array, Array] = _NOTHING

    def _reset(self) -> None:
        self._stop = 0.0
        self._evaluated = _NOTHING

    def _evaluations(self, source: RunSource) -> tuple[Array, Array, Array]:
        """Return steps, losses and accuracies, of which only the new ones are converted."""
        done, lists = len(self._evaluated[0]), source.evaluations
        count = len(lists.val_accuracy)  # appended last
        if count < done:
            done, self._evaluated = 0, _NOTHING
        if count > done:
            new = slice(done, count)
            parts = (lists.steps[new], lists.val_loss[new], lists.val_accuracy[new])
            steps, losses, shares = (
                np.append(old, np.asarray(part, np.float64))
                for old, part in zip(self._evaluated, parts, strict=True)
            )
            self._evaluated = (steps, losses, shares)
        return self._evaluated

    def _steps_a_pixel(self) -> float:
        if not self.running:
            return 1.0
        low, high = self.plot.x_range
        return max(1.0, (high - low) / self.plot.pixels[0] / 2)

    def _x_range(self, source: RunSource, first: float = 0.0) -> Range:
        """Return the range to follow: the whole run."""
        self._stop = step_stop(self._stop, source.steps, growing=self.running)
        ended = source.status.state in (State.DIVERGED, State.FAILED) or stopped_early(source)
        return first, self._stop * (1.03 if ended else 1.0)  # room for the mark of the end

    def _visible_rows(self, source: RunSource, x: Range) -> tuple[int, int, int]:
        """Return first row, row after the last, and buckets to read for the picture."""
        low, high = x if self.plot.following else self.plot.x_range
        start = max(0, math.floor(low))
        stop = max(start, min(source.steps, math.ceil(high) + 2))
        share = (stop - start) / max(high - low, 1.0)
        return start, stop, max(8, int(self.plot.pixels[0] * min(share, 1.0) * 0.75))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if self.source is not None and -0.5 <= x < self.source.steps + 0.5:
            self.step_selected.emit(self._step_at(self.source, x))

    def _step_at(self, source: RunSource, x: float) -> int:
        """Return the recorded step nearest to a coordinate."""
        return min(max(round(x), 0), source.steps - 1)
