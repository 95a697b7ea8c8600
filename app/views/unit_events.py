"""What happened to the units of a layer: births, deaths and resurrections on the axis of steps."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from numpy.typing import NDArray

from app.plots import Plot
from app.plots.event_lanes import EventLanes
from app.plots.text import integer
from app.theme import Theme
from core.record import RunSource
from core.record.units import KINDS

LANES = (("births", "accent"), ("deaths", "bad"), ("revived", "good"))  # in the order of KINDS
_WORDS = ("birth", "death", "resurrection")


class UnitEvents:
    """The events of one layer, of which only new ones are read, and their lanes.

    Parameters
    ----------
    plot : Plot
        Where the lanes lie, a row a kind.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._lanes = EventLanes(plot, LANES)
        self.forget()

    def forget(self) -> None:
        """Begin anew, with another run or layer."""
        self._read = 0
        self._binned: Hashable = None
        self._events: NDArray[np.int64] = np.zeros((0, 2), np.int64)  # step, kind
        self._counts = np.zeros((len(KINDS), 0), np.int64)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours."""
        self._lanes.set_theme(theme)

    def read(self, source: RunSource, layer: int) -> int:
        """Take over what is new of a layer; return the number of its events before."""
        log, count = source.units, len(source.units)
        if count < self._read:
            self.forget()
        before = len(self._events)
        if count > self._read:
            rows = log.rows(self._read, count)
            self._read = count
            mine = rows[rows[:, 1] == layer][:, [0, 3]]
            if len(mine):
                self._events = np.concatenate([self._events, mine])
        return before

    def draw(self, source: RunSource, layer: int) -> None:
        """Draw how many events of each kind there are in every pixel."""
        before = self.read(source, layer)
        pixels = max(1, int(self._plot.area().width()))
        view = (pixels, self._plot.x_range)
        if view != self._binned:
            self._binned, before = view, 0
            self._counts = np.zeros((len(KINDS), pixels), np.int64)
        new = self._events[before:]
        if len(new):
            low, high = self._plot.x_range
            bins = np.floor((new[:, 0] - low) / (high - low) * pixels).astype(np.int64)
            seen = (bins >= 0) & (bins < pixels)
            np.add.at(self._counts, (new[seen, 1], bins[seen]), 1)
        self._lanes.show_counts(self._counts)
        lost = not source.units.complete
        note = f"only the first {integer(source.units.most)} events are drawn" if lost else ""
        self._plot.overlay.show_note(note)

    def told(self, source: RunSource, layer: int, up_to: int | None) -> str:
        """Return ``3 births, 1 death``: of the whole run, or (a row) up to there."""
        if up_to is None:
            counts = [source.units.count(layer, kind) for kind in KINDS]
        else:
            self.read(source, layer)
            counts = self._count(self._events[:, 0] <= up_to)
        return ", ".join(counted(n, word) for n, word in zip(counts, _WORDS, strict=True) if n)

    def near(self, x: float, reach: float) -> Iterator[str]:
        """Yield what happened near a step, in words."""
        close = self._count(np.abs(self._events[:, 0] - x) <= reach)
        for kind, count in zip(KINDS, close, strict=True):
            if count:
                yield counted(count, kind)

    def _count(self, chosen: NDArray[np.bool_]) -> list[int]:
        return np.bincount(self._events[chosen, 1], minlength=len(KINDS)).tolist()


def counted(count: int, word: str) -> str:
    """Return ``1 birth`` or ``2 births``."""
    return f"{integer(count)} {word}{'' if count == 1 else 's'}"


__all__ = ["LANES", "UnitEvents"]
