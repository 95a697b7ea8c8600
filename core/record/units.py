"""Which units died and came back: a log that anybody may read while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("birth", "death", "resurrection")
"""What may happen to a unit; :mod:`core.measure.units` defines it."""
MOST_EVENTS = 100_000
"""Events that are kept one by one; further ones are only counted."""


class UnitEvent(NamedTuple):
    """Something that happened to a unit.

    Attributes
    ----------
    step : int
        At which it was seen.
    layer : int
        From 1 at the input.
    unit : int
        From 0; the channel of a convolution.
    kind : str
        One of ``KINDS``.
    """

    step: int
    layer: int
    unit: int
    kind: str


@dataclass(frozen=True, slots=True)
class UnitsOfLayer:
    """How the units of one layer are, each array of shape (units,).

    Attributes
    ----------
    activity : ndarray of float32
        Share of the samples of the last epoch for which the unit was active.
    dead : ndarray of bool
        Whether it was active for none of them.
    lived : ndarray of bool
        Whether it was ever active, since its layer was drawn or got its activation.
    """

    activity: NDArray[np.float32]
    dead: NDArray[np.bool_]
    lived: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class UnitsNow:
    """How all units are after some step, layer behind layer; nothing of it ever changes.

    Attributes
    ----------
    step : int
        Newest watched step.
    starts : ndarray of int, shape (layers + 1,)
        Where each layer begins; the last is the number of all units.
    activity, dead, lived : ndarray, shape (units of all layers,)
        As in :class:`UnitsOfLayer`.
    """

    step: int
    starts: NDArray[np.int64]
    activity: NDArray[np.float32]
    dead: NDArray[np.bool_]
    lived: NDArray[np.bool_]

    def layer(self, number: int) -> UnitsOfLayer:
        """Return the units of a layer, counted from 1 at the input."""
        part = slice(self.starts[number - 1], self.starts[number])
        return UnitsOfLayer(self.activity[part], self.dead[part], self.lived[part])


@dataclass(frozen=True, slots=True)
class UnitBlock:
    """What a block of steps tells of the units.

    Attributes
    ----------
    events : ndarray of int64, shape (events, 4)
        Step, layer (from 1), unit (from 0) and place in ``KINDS``, in this order.
    now : UnitsNow
        After the block's last watched step.
    """

    events: NDArray[np.int64]
    now: UnitsNow


class UnitLog:
    """Births, deaths and resurrections of a run, in order; written by one thread, read by all.

    The first ``most`` events are kept one by one. What comes later is only counted:
    :attr:`complete` tells. The number of events is published last, so nobody locks.

    Parameters
    ----------
    layers : int
        Number of layers.
    most : int
        Events to keep.
    """

    def __init__(self, layers: int = 0, most: int = MOST_EVENTS) -> None:
        self.most = most
        self._rows = np.empty((most, 4), np.int64)  # memory is taken only as it is written
        self._length = 0
        self._counts = np.zeros((layers, len(KINDS)), np.int64)
        self._counts.flags.writeable = False
        self._now: UnitsNow | None = None

    def __len__(self) -> int:
        return self._length

    @property
    def total(self) -> int:
        """Number of all events, those that were only counted included."""
        return int(self._counts.sum())

    @property
    def complete(self) -> bool:
        """Whether every event so far is kept."""
        return self.total <= self.most

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of all events, shape (layers, 3): by layer and by place in ``KINDS``."""
        return self._counts

    def count(self, layer: int, kind: str) -> int:
        """Return the number of events of one kind in a layer, counted from 1."""
        return int(self._counts[layer - 1, KINDS.index(kind)])

    @property
    def now(self) -> UnitsNow | None:
        """Activity and flags of every unit, or None before the first watched step."""
        return self._now

    def rows(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Return kept events from index ``start``, as in :class:`UnitBlock`; read-only."""
        found = self._rows[: self._length][start:stop]
        found.flags.writeable = False
        return found

    def events(self, start: int = 0, stop: int | None = None) -> list[UnitEvent]:
        """Return kept events from index ``start``."""
        rows: Sequence[Sequence[int]] = self.rows(start, stop).tolist()
        return [UnitEvent(step, layer, unit, KINDS[kind]) for step, layer, unit, kind in rows]

    def append(self, block: UnitBlock) -> None:
        """Append what a block brought (trainer's thread only)."""
        self._now = block.now
        events = block.events
        if not len(events):
            return
        counts = self._counts.copy()
        np.add.at(counts, (events[:, 1] - 1, events[:, 3]), 1)
        counts.flags.writeable = False
        kept = events[: self.most - self._length]
        self._rows[self._length : self._length + len(kept)] = kept
        self._counts = counts
        self._length += len(kept)
