"""A run as it is at one moment, though it goes on: what a file says must not change under it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.measure.missing import not_measured
from core.record import Evaluations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.record import Envelope, Frame, RunSource
    from core.record.columns import Column

_ROWS = 4096


class StillColumn:
    """The first rows of a column; nothing is copied.

    Parameters
    ----------
    column : Column
    length : int
        Rows that are seen.
    """

    def __init__(self, column: Column, length: int) -> None:
        self._column = column
        self._length = min(length, len(column))

    def __len__(self) -> int:
        return self._length

    @property
    def width(self) -> int | None:
        """Values in a row, or None."""
        return self._column.width

    @property
    def first_kept(self) -> int:
        """First row at full detail."""
        return self._column.first_kept

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Return rows, as :meth:`Column.read` does."""
        start, stop, _ = slice(start, stop).indices(self._length)
        return self._column.read(start, stop)

    def last(self) -> NDArray[np.float32] | None:
        """Return the newest row that was measured, or None."""
        found = self.latest()
        return None if found is None else found[1]

    def latest(self) -> tuple[int, NDArray[np.float32]] | None:
        """Return step and values of the newest row that was measured, or None."""
        start = max(0, self._length - _ROWS)
        rows = self.read(start)
        known = np.flatnonzero(~not_measured(rows).reshape(len(rows), -1).all(axis=1))
        if not known.size:
            return None
        return start + int(known[-1]), rows[known[-1]]

    def envelope(self, start: int, stop: int, buckets: int) -> Envelope:
        """Reduce rows to buckets, as :meth:`Column.envelope` does."""
        return self._column.envelope(start, min(stop, self._length), buckets)


class Still:
    """A :class:`core.record.RunSource` that stands still; it asks the run for nothing."""

    def __init__(self, source: RunSource, frame: Frame | None = None) -> None:
        self._source = source
        self.frame = frame or source.frame  # before the steps: it is of one of them
        self.version = source.version
        self.status, self.facts, self.events = source.status, source.facts, source.events
        self.experiment = source.experiment
        self.updates = source.updates
        self.steps = source.steps
        steps, losses, shares = source.evaluations.arrays()
        self.evaluations = Evaluations(steps.tolist(), losses.tolist(), shares.tolist())
        self.scalars = _still(source.scalars, self.steps)
        self.layer_columns = _still(source.layer_columns, self.steps)

    def request_frame(self, *args: object, **parts: object) -> None:
        """Ask for nothing: what is there is what is shown."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


def still(source: RunSource, frame: Frame | None = None) -> RunSource:
    """Return a run as it is now, with ``frame`` for its newest snapshot if one is given."""
    return cast("RunSource", Still(source, frame))


def _still(columns: Mapping[str, Column], steps: int) -> Mapping[str, StillColumn]:
    return MappingProxyType({name: StillColumn(one, steps) for name, one in columns.items()})
