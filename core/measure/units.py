"""What becomes of every unit: its activity over the last epoch, births, deaths, resurrections.

A unit (a channel of a convolution) is *active* for a sample if phi'(z) is not exactly 0, of a
channel in some pixel. It is *dead* at a step if it was active for no sample of the steps of the
last epoch, that step included, as the quantity ``dead_fraction`` has it. Of what happens to it,

- *death* is the step at which a unit that was active before has been silent for a whole epoch;
- *resurrection* is the step at which it is active again after a death;
- *birth* is the step at which it is active for the first time, if it had been silent for a whole
  epoch first: since the start, or since its layer was drawn again or got another activation.

So a unit that is active somewhere in the first epoch has no birth, one that never is has no event
at all, and deaths and resurrections alternate. Starting over is no event. A death once told holds
until the unit is active again, even if another batch size makes the epoch longer.

*Activity* is the share of the samples of the last epoch for which a unit was active: exact, as
long as counts of every step of an epoch can be kept (see :class:`EpochSums`). After a start, or
once the epoch has become longer, it is that of the steps that are known so far.

Where not every step is watched, all of this is said of the watched steps: an event carries the
watched step at which it was seen, and what passed in between is not known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.record.units import KINDS, UnitBlock, UnitsNow

NEVER = -(2**62)
"""Step at which a unit was last alive that has not been seen alive."""
ROOM = 1_000_000
"""Numbers that the memory of an epoch may hold."""
FEWEST = 64
"""Rows that it has at least, whatever the number of units."""
_PENDING = 256
_BIRTH, _DEATH, _RESURRECTION = range(len(KINDS))


class EpochSums:
    """Sums of rows over the steps of the last epoch.

    Sums are exact, and over exactly these steps, as long as a row for each step of the epoch
    fits into ``ROOM``. Beyond, ``stride`` steps share a row, which goes when all of them have
    left the epoch: the sums then reach up to ``stride - 1`` steps further back.

    Parameters
    ----------
    width : int
        Numbers in a row.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._total = np.zeros(width, np.int64)
        self._chunks: deque[tuple[NDArray[np.int64], NDArray[np.int32]]] = deque()
        self._new: list[tuple[list[int], NDArray[np.int32]]] = []
        self._window = 1

    def stride(self, window: int) -> int:
        """Return how many steps share a row."""
        return -(-window // max(FEWEST, ROOM // self._width))

    def add(self, steps: list[int], rows: NDArray[np.int32], window: int) -> None:
        """Add a row for each step; they are kept, not copied."""
        self._new.append((steps, rows))
        self._window = window
        if len(self._new) >= _PENDING:
            self._settle()

    def total(self) -> NDArray[np.int64]:
        """Return the sums up to the newest step."""
        self._settle()
        return self._total

    def forget(self, columns: slice) -> None:
        """Start over with some columns."""
        self._settle()
        self._total[columns] = 0
        for _, rows in self._chunks:
            rows[:, columns] = 0

    def _settle(self) -> None:
        """Take in what was added, and let go what is older than an epoch."""
        if not self._new:
            return
        steps = np.concatenate([np.array(one, np.int64) for one, _ in self._new])
        rows = np.concatenate([one for _, one in self._new])
        self._new = []
        self._total += rows.sum(axis=0, dtype=np.int32)
        newest, stride = int(steps[-1]), self.stride(self._window)
        if stride > 1:
            steps, rows = self._joined(steps, rows, stride)
        if len(steps):
            self._chunks.append((steps, rows))
        limit = newest - self._window
        while self._chunks and self._chunks[0][0][0] <= limit:
            steps, rows = self._chunks.popleft()
            gone = int(np.searchsorted(steps, limit, side="right"))
            self._total -= rows[:gone].sum(axis=0, dtype=np.int32)
            if gone < len(steps):
                self._chunks.appendleft((steps[gone:], rows[gone:]))

    def _joined(
        self, steps: NDArray[np.int64], rows: NDArray[np.int32], stride: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Join the rows of steps that share one; a row bears its newest step."""
        place = steps // stride
        cuts = np.flatnonzero(np.diff(place, prepend=-1))
        rows = np.add.reduceat(rows, cuts, axis=0)
        newest = steps[np.append(cuts[1:], len(steps)) - 1]
        if self._chunks and self._chunks[-1][0][-1] // stride == place[0]:
            before, last = self._chunks[-1]
            last[-1] += rows[0]
            before[-1] = newest[0]
            return newest[1:], rows[1:]
        return newest, rows

    def state(self) -> dict[str, Any]:
        """Return what later sums depend on."""
        self._settle()
        none = [(np.empty(0, np.int64), np.empty((0, self._width), np.int32))]
        steps, rows = zip(*(list(self._chunks) or none), strict=True)
        return {"steps": np.concatenate(steps), "rows": np.concatenate(rows)}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state`."""
        self._new = []
        self._chunks = deque()
        if len(state["steps"]):
            self._chunks.append((state["steps"].copy(), state["rows"].copy()))
        self._total = state["rows"].sum(axis=0, dtype=np.int64)


class UnitTracker:
    """Follows every unit of a network from step to watched step.

    Parameters
    ----------
    units : sequence of int
        Units of each layer, from the input on.
    """

    def __init__(self, units: Sequence[int]) -> None:
        self.units = np.array(units, np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.units)])
        self.total = n = int(self.starts[-1])
        self._last = np.full(n, NEVER)
        self._since = np.full(n, NEVER)  # NEVER: from the next watched step on
        self._asleep = np.zeros(n, np.bool_)  # silent for a whole epoch, and not active since
        self._dead = np.zeros(n, np.bool_)
        self._any_asleep, self._starting = False, True
        self._sums = EpochSums(n + len(units))
        self._events: list[NDArray[np.int64]] = []
        self._step, self._told = -1, -1

    def rows(self, steps: int, samples: int) -> NDArray[np.int32]:
        """Return rows for :meth:`observe`: active samples of each unit, to be filled in.

        Behind them each layer has the number of samples of the step: filled in.
        """
        rows = np.empty((steps, self.total + len(self.units)), np.int32)
        rows[:, self.total :] = samples
        return rows

    def observe(
        self, steps: list[int], rows: NDArray[np.int32], window: int
    ) -> NDArray[np.float64] | float:
        """Take note of watched steps.

        Parameters
        ----------
        steps : list of int
            Newer than all before.
        rows : ndarray, shape (steps, units of all layers + layers)
            From :meth:`rows`; kept.
        window : int
            Steps of an epoch.

        Returns
        -------
        ndarray, shape (steps, layers), or 0.0
            Share of dead units.
        """
        self._sums.add(steps, rows, window)
        self._step = steps[-1]
        if self._starting:
            self._since[self._since == NEVER] = steps[0]
            self._starting = False
        silent = rows[:, : self.total].min(axis=0) == 0
        self._dead = np.zeros_like(silent)
        # Only units that are silent somewhere, or were long before, need a closer look.
        chosen = np.flatnonzero(silent | self._asleep if self._any_asleep else silent)
        before = self._last[chosen]
        self._last.fill(steps[-1])
        if not len(chosen):
            return 0.0
        at = np.array(steps, np.int64)[:, None]
        seen = np.where(rows[:, chosen] > 0, at, NEVER)
        np.maximum(seen[0], before, out=seen[0])
        last = np.maximum.accumulate(seen, axis=0)
        self._last[chosen] = last[-1]
        dead = last <= at - window
        quiet = dead & (self._since[chosen] <= at - (window - 1))
        if self._any_asleep or quiet.any():
            self._compare(at, chosen, before, last, quiet)
        if not dead.any():
            return 0.0
        self._dead[chosen] = dead[-1]
        every = np.zeros((len(dead), self.total), np.int64)
        every[:, chosen] = dead
        return np.add.reduceat(every, self.starts[:-1], axis=1) / self.units

    def _compare(
        self,
        at: NDArray[np.int64],
        chosen: NDArray[np.int64],
        before: NDArray[np.int64],
        last: NDArray[np.int64],
        quiet: NDArray[np.bool_],
    ) -> None:
        """Compare each step with the one before it, and note what happened in between."""
        first = self._asleep[chosen]
        asleep = quiet | (first & (last == before))
        was = np.concatenate([first[None], asleep[:-1]])
        self._asleep[chosen] = asleep[-1]
        self._any_asleep = bool(self._asleep.any())
        row, place = np.nonzero(asleep != was)
        if not len(row):
            return
        lived = np.where(row > 0, last[row - 1, place], before[place]) != NEVER
        fell, unit = asleep[row, place], chosen[place]
        kind = np.where(fell, _DEATH, np.where(lived, _RESURRECTION, _BIRTH))
        layer = np.searchsorted(self.starts, unit, side="right")
        events = np.stack([at[row, 0], layer, unit - self.starts[layer - 1], kind], axis=1)
        self._events.append(events[lived | ~fell])

    def forget(self, layers: Collection[int]) -> None:
        """Start over with the units of some layers, from 0 at the input."""
        for index in layers:
            part = slice(int(self.starts[index]), int(self.starts[index + 1]))
            self._last[part] = self._since[part] = NEVER
            self._asleep[part] = False
            self._starting = True
            self._sums.forget(part)
            self._sums.forget(slice(self.total + index, self.total + index + 1))
        self._any_asleep = bool(self._asleep.any())

    def take(self) -> UnitBlock | None:
        """Return what happened since this was last asked; None without a watched step."""
        if self._step == self._told:
            return None
        self._told = self._step
        events, self._events = self._events, []
        total = self._sums.total()
        samples = np.repeat(total[self.total :], self.units)
        activity = (total[: self.total] / samples).astype(np.float32)
        now = UnitsNow(self._step, self.starts, activity, self._dead, self._last != NEVER)
        for one in (now.activity, now.dead, now.lived):
            one.flags.writeable = False
        return UnitBlock(np.concatenate(events) if events else np.empty((0, 4), np.int64), now)

    def state(self) -> dict[str, Any]:
        """Return what later events depend on."""
        return {
            "last": self._last.copy(),
            "since": self._since.copy(),
            "asleep": self._asleep.copy(),
            "sums": self._sums.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state`."""
        self._last, self._since = state["last"].copy(), state["since"].copy()
        self._asleep = state["asleep"].copy()
        self._any_asleep = bool(self._asleep.any())
        self._starting = bool((self._since == NEVER).any())
        self._sums.load_state(state["sums"])
        self._events, self._step, self._told = [], -1, -1
