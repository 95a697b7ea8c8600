"""Where a step lies on an axis of steps, evenly or by decades."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.plots.ranges import Range
from core.record.columns import FACTOR, FIRST, Column, Envelope

Array = NDArray[np.float64]
ORIGIN = math.log10(0.5)
"""Where step 0 lies on an axis of decades: at its left end, half a step from nothing."""


class StepAxis:
    """Steps to coordinates and back.

    Attributes
    ----------
    log : bool
        Whether coordinates are log10 of the step.
    """

    def __init__(self) -> None:
        self.log = False

    @property
    def title(self) -> str:
        """What is written below the axis."""
        return "step, 0 at the left" if self.log else "step"

    def place(self, steps: ArrayLike) -> Array:
        """Return the coordinates of steps."""
        array = np.asarray(steps, np.float64)
        return np.log10(np.maximum(array, 0.5)) if self.log else array

    def at(self, step: float) -> float:
        """Return the coordinate of one step."""
        return float(self.place(step))

    def step(self, x: float) -> float:
        """Return the step at a coordinate, not rounded."""
        if not self.log:
            return x
        return 0.0 if x < ORIGIN / 2 else 10.0 ** min(x, 15.0)

    def rows(self, shown: Range, steps: int, pixels: int) -> tuple[int, int, int]:
        """Return first row, row after the last, and buckets for a range of coordinates."""
        start = max(0, math.floor(self.step(shown[0])))
        stop = max(start, min(steps, math.ceil(self.step(shown[1])) + 2))
        taken = self.at(stop) - max(self.at(start), shown[0])
        share = taken / max(shown[1] - shown[0], 1e-9 if self.log else 1.0)
        return start, stop, max(8, int(pixels * min(share, 1.0) * 0.75))

    def envelope(self, column: Column, rows: tuple[int, int, int]) -> Envelope:
        """Return the rows of a column in buckets about as wide as each other on the axis.

        By decades, buckets of one number of steps would show the first hundred steps of a long
        run as one point: the rows are read in parts that end where the pyramid's buckets do.
        """
        start, stop, buckets = rows
        if not self.log:
            return column.envelope(start, stop, buckets)
        width = max(self.at(stop) - self.at(start), 1e-9)
        parts: list[Envelope] = []
        first, end = start, FIRST
        while first < stop:
            last = min(end, stop)
            if last > first:
                share = (self.at(last) - self.at(first)) / width
                parts.append(column.envelope(first, last, max(8, round(buckets * share))))
                first = last
            end *= FACTOR
        if not parts:
            return column.envelope(start, stop, buckets)
        return Envelope(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("start", "stop", "low", "high", "mean")
            )
        )


__all__ = ["ORIGIN", "StepAxis"]
