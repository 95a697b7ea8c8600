"""What the views of a snapshot share: which one is shown, and asking for a new one."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from typing import ClassVar

from app.views.base import View
from app.views.over_steps import TURNS
from core.record import Frame, Parts, RunSource
from core.record.frame import Predictions
from core.warmup import has_curves

INTERVAL = 0.1  # s; a snapshot costs the trainer a forward and backward pass's worth
MORE_INTERVAL = 0.25  # s; with the numbers of every unit and bin it costs as much again
SLOW_INTERVAL = 0.5  # s; one with what takes longer costs several
SLOW = Parts.LEDGER | Parts.PREDICTIONS | Parts.SINGULAR_VALUES


def newest_with(source: RunSource, parts: Parts) -> Frame | None:
    """Return the newest snapshot if it has some parts."""
    newest = source.frame
    return newest if newest is not None and parts in newest.parts else None


def snapshots(source: RunSource, shown: Frame | None) -> tuple[Frame, ...]:
    """Return the history, and what is shown if it is newer."""
    frames = source.history.frames
    if shown is None or (frames and shown.step <= frames[-1].step):
        return frames
    return (*frames, shown)


def nearest_of(frames: tuple[Frame, ...], at: int, source: RunSource) -> Frame | None:
    """Return the snapshot closest to a step, if there is one with no event of the run between."""
    place = bisect_left(frames, at, key=_step)
    around = frames[max(0, place - 1) : place + 1]
    turns = [event.step for event in source.events if event.kind in TURNS]
    same = [one for one in around if bisect_right(turns, one.step) == bisect_right(turns, at)]
    return min(same or around, key=lambda one: abs(one.step - at), default=None)


def _step(frame: Frame) -> int:
    return frame.step


class FrameView(View):
    """A view of one snapshot: the newest, or the one nearest to the step that is looked at.

    Subclasses name the ``parts`` that they need, and draw :attr:`frame`.
    """

    parts: ClassVar[Parts] = Parts.NONE
    curves: ClassVar[bool] = False  # whether it draws curves of activations

    _frame: Frame | None = None
    _asked: float = -SLOW_INTERVAL

    @property
    def frame(self) -> Frame | None:
        """The snapshot that is shown; it has all ``parts``."""
        return self._frame

    @property
    def predictions(self) -> Predictions | None:
        """What the network says in it, if it was asked."""
        return self._frame.predictions if self._frame is not None else None

    def _reset(self) -> None:
        self._frame = None

    def _prepare(self, source: RunSource) -> None:
        self._frame = self._found(source)
        if self.at is None:
            self._ask(source)

    def _found(self, source: RunSource) -> Frame | None:
        newest = newest_with(source, self.parts)
        if self.at is None:
            return (
                newest
                or self._frame
                or next(
                    (one for one in reversed(source.history.frames) if self.parts in one.parts),
                    None,
                )
            )
        return nearest_of(snapshots(source, newest), self.at, source)

    def _ask(self, source: RunSource) -> None:
        """Request a snapshot, at most ten a second, and none of a step already seen."""
        if source.steps == 0 or not source.facts.layers:
            return
        newest = newest_with(source, self.parts)
        if newest is not None and newest.step >= source.steps - 1:
            return
        now = time.monotonic()
        if now - self._asked >= self._interval():
            self._asked = now
            source.request_frame(self.parts)

    def _interval(self) -> float:
        if self.parts & SLOW:
            return SLOW_INTERVAL
        return MORE_INTERVAL if self.parts else INTERVAL

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        if found is None and self._frame is None:
            return "Waiting", "The first snapshot of all layers is on its way."
        if found is None and self.curves and not has_curves():
            return "Waiting", "What computes the curves is being loaded."
        return found

    def _picture(self, source: RunSource) -> Hashable:
        step = self._frame and self._frame.step
        return (source.status.state, step, self.layer_count, not self.curves or has_curves())

    def _steps_a_pixel(self) -> float:
        return float("inf")  # only another snapshot is another picture

    def _step_words(self, source: RunSource) -> str:
        words = super()._step_words(source)
        if self.at is None or self._frame is None or self._frame.step == self.row_in(source):
            return words
        return f"snapshot of {words}"

    def _shown_step(self, source: RunSource) -> int:
        if self._frame is None or self.at is not None:
            return super()._shown_step(source) if self._frame is None else self._frame.step
        return min(self._frame.step + 1, source.updates)
