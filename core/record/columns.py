"""Append-only columns with a pyramid, so that any range of any run is cheap to draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.measure.missing import not_measured
from core.record.chunks import Array, Chunks
from core.record.envelope import Envelope, join
from core.record.gaps import has_gaps, reduced

FIRST = 32
"""Rows joined in the finest level of the pyramid."""
FACTOR = 8
"""Buckets joined from one level to the next: with FIRST, the pyramid is 11 % of the rows."""

_ROWS = 4096  # of a chunk of rows: a multiple of FIRST, so that what is dropped has its buckets
_BUCKETS = 512  # of a chunk of the pyramid


class Column:
    """An append-only sequence of values, written by one thread and read by others.

    The length is published after the values, so a reader sees only complete rows, and its
    arrays never change. Values are kept as float32 without loss of the trainer's precision;
    nothing is averaged away, and nothing is dropped unless there is a budget. Reading any range
    for a picture costs O(buckets), whatever the length of the run.

    Parameters
    ----------
    width : int, optional
        Values in a row (layers), or None for one value a row.
    budget : int, optional
        Bytes for rows. Beyond it the oldest rows are dropped, some thousands at a time; their
        minima, maxima and means over 32 rows and more stay. Without it every row is kept.
    """

    def __init__(self, width: int | None = None, budget: int | None = None) -> None:
        self._shape = () if width is None else (width,)
        self._budget = budget
        self._raw = Chunks(self._shape, _ROWS)
        self._levels: list[Chunks] = []  # of low, high, mean
        self._length = 0
        self._kept = 0

    def __len__(self) -> int:
        return self._length

    @property
    def width(self) -> int | None:
        """Values in a row, or None."""
        return self._shape[0] if self._shape else None

    @property
    def first_kept(self) -> int:
        """First row at full detail: 0 unless a budget made older rows go."""
        return self._kept

    @property
    def nbytes(self) -> int:
        """Bytes held, room for further rows included."""
        return self._raw.nbytes + sum(level.nbytes for level in self._levels)

    def append(self, values: Array) -> None:
        """Append rows (trainer's thread only).

        Parameters
        ----------
        values : ndarray, shape (n,) or (n, width)
        """
        before, after = self._length, self._length + len(values)
        self._raw.write(before, values)
        if after // FIRST > before // FIRST:
            with np.errstate(invalid="ignore", over="ignore"):
                self._build(before, after)
        self._length = after
        if self._budget is not None and self._raw.nbytes > self._budget:
            self._drop(self._budget)

    def _build(self, before: int, after: int) -> None:
        """Add the buckets that the new rows complete, level by level."""
        size, factor, level, source = FIRST, FIRST, 0, self._raw
        while after // size > before // size:
            if level == len(self._levels):
                self._levels.append(Chunks((3, *self._shape), _BUCKETS))
            first, last = before // size, after // size
            rows = source.read(first * factor, last * factor)
            rows = rows.reshape(last - first, factor, *rows.shape[1:])
            buckets = np.empty((last - first, 3, *self._shape), np.float32)
            low, high, mean = (rows[:, :, i] for i in range(3)) if level else (rows,) * 3
            if has_gaps(mean):
                parts = [one.reshape(-1, *self._shape) for one in (low, high, mean)]
                cuts = np.arange(0, len(parts[0]), factor)
                found = reduced(parts[0], parts[1], parts[2], np.ones(len(parts[0])), cuts)
                buckets[:] = np.stack(found, axis=1)
            else:
                np.minimum.reduce(low, axis=1, out=buckets[:, 0])
                np.maximum.reduce(high, axis=1, out=buckets[:, 1])
                buckets[:, 2] = np.add.reduce(mean, axis=1, dtype=np.float64) / factor
            self._levels[level].write(first, buckets)
            source, factor = self._levels[level], FACTOR
            size, level = size * FACTOR, level + 1

    def _drop(self, budget: int) -> None:
        """Drop the oldest rows; where from they are kept is published first."""
        while self._raw.nbytes > budget and self._raw.dropped < len(self._raw) - 1:
            self._kept = (self._raw.dropped + 1) * _ROWS
            self._raw.drop(self._raw.dropped + 1)

    def read(self, start: int = 0, stop: int | None = None) -> Array:
        """Return rows ``start:stop``, read-only; a view if they are neighbours in memory.

        Rows before :attr:`first_kept` are no longer known: they read as not measured.
        """
        start, stop, _ = slice(start, stop).indices(self._length)
        return self._raw.read(start, stop)

    def last(self) -> Array | None:
        """Return the newest row that was measured, read-only, or None while there is none."""
        found = self.latest()
        return None if found is None else found[1]

    def latest(self) -> tuple[int, Array] | None:
        """Return step and values of the newest row that was measured, or None.

        It looks back for as many rows as are kept in one piece.
        """
        while length := self._length:
            row = self.read(length - 1, length)[0]
            if self._kept >= length:  # it was overtaken
                continue
            if not not_measured(row).all():
                return length - 1, row
            start = max(0, length - _ROWS)
            gaps = not_measured(self.read(start, length)).reshape(length - start, -1).all(axis=1)
            known = np.flatnonzero(~gaps)
            if not known.size:
                return None
            at = start + int(known[-1])
            return at, self.read(at, at + 1)[0]
        return None

    def envelope(self, start: int, stop: int, buckets: int) -> Envelope:
        """Reduce rows ``start:stop`` to at most about ``2 * buckets`` buckets.

        Every row counts in exactly one bucket: minima and maxima are never missed. All buckets
        but the first and the last are of one size. The first may begin up to one pyramid bucket
        before ``start``; the last ends at ``stop``.

        Where rows were dropped, no bucket is smaller than 32 rows, so there can be fewer of
        them, and the last may end up to 31 rows after ``stop``.
        """
        while True:
            kept = self._kept
            envelope = self._envelope(start, stop, buckets, kept)
            if self._kept == kept or self._kept <= start:  # else rows may have gone meanwhile
                return envelope

    def _envelope(self, start: int, stop: int, buckets: int, kept: int) -> Envelope:
        stop = min(stop, self._length)
        start = max(0, min(start, stop))
        buckets = max(1, buckets)
        size, above, level = 1, FIRST, -1
        gone = start < min(stop, kept)
        if gone and stop < kept:
            stop = -(-stop // FIRST) * FIRST
        while level + 1 < len(self._levels) and (
            (stop - start) // above >= buckets or (gone and level < 0)
        ):
            size, above, level = above, above * FACTOR, level + 1
        if level < 0:
            raw = self._raw.read(start, stop)
            edges = np.arange(start, stop, dtype=np.int64)
            return join(edges, edges + 1, raw, raw, raw, buckets)
        first, last = start // size, stop // size
        rows = self._levels[level].read(first, last)
        begin = np.arange(first, last, dtype=np.int64) * size
        end = begin + size
        if last * size < stop:  # the newest rows, not yet a full bucket of this level
            rows = np.concatenate([rows, self._tail(level, last * size, stop)])
            begin = np.append(begin, last * size)
            end = np.append(end, stop)
        return join(begin, end, rows[:, 0], rows[:, 1], rows[:, 2], buckets)

    def _tail(self, level: int, at: int, stop: int) -> Array:
        """Return low, high and mean of less than a bucket, from finer levels and rows."""
        parts: list[Array] = []
        weights: list[NDArray[np.float64]] = []
        for finer in reversed(range(level)):
            size = FIRST * FACTOR**finer
            first, last = at // size, stop // size
            parts.append(self._levels[finer].read(first, last))
            weights.append(np.full(last - first, float(size)))
            at = last * size
        raw = self._raw.read(at, stop)
        parts.append(np.stack([raw, raw, raw], axis=1))
        rows = np.concatenate(parts)
        shares = np.concatenate([*weights, np.ones(len(raw))])
        if has_gaps(rows):
            at_start = np.zeros(1, np.int64)
            return np.stack(reduced(rows[:, 0], rows[:, 1], rows[:, 2], shares, at_start), axis=1)
        with np.errstate(invalid="ignore", over="ignore"):
            mean = np.tensordot(shares, rows[:, 2].astype(np.float64), 1) / shares.sum()
            row = [rows[:, 0].min(axis=0), rows[:, 1].max(axis=0), mean]
            return np.array([row], dtype=np.float32)
