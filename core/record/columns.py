"""Append-only columns with a pyramid, so that any range of any run is cheap to draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACTOR = 8
"""Rows joined from one pyramid level to the next: 3/7 more memory, reads of a few thousand."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A range of a column, reduced to a few buckets.

    Attributes
    ----------
    start, stop : ndarray of int64, shape (n,)
        First row of each bucket and the row after its last.
    low, high, mean : ndarray of float32, shape (n,) or (n, width)
        NaN where the bucket holds a NaN.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    low: Array
    high: Array
    mean: Array

    def of(self, index: int) -> Envelope:
        """Return the envelope of one value of rows of several."""
        low, high, mean = (part[:, index] for part in (self.low, self.high, self.mean))
        return Envelope(self.start, self.stop, low, high, mean)


class _Level:
    """A growing array. Growth copies and swaps, so that a reader's view stays valid."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.rows = np.empty((256, *shape), np.float32)

    def write(self, at: int, values: Array) -> None:
        end = at + len(values)
        if end > len(self.rows):
            grown = np.empty((max(end, 2 * len(self.rows)), *self.rows.shape[1:]), np.float32)
            grown[:at] = self.rows[:at]
            self.rows = grown
        self.rows[at:end] = values


class Column:
    """An append-only sequence of values, written by one thread and read by others.

    The length is published after the values, so a reader sees only complete rows. Values are
    kept as float32 without loss of the trainer's precision; nothing is dropped or averaged
    away. Reading any range for a picture costs O(buckets), whatever the length of the run.

    Parameters
    ----------
    width : int, optional
        Values in a row (layers), or None for one value a row.
    """

    def __init__(self, width: int | None = None) -> None:
        self._shape = () if width is None else (width,)
        self._raw = _Level(self._shape)
        self._levels: list[tuple[_Level, _Level, _Level]] = []  # low, high, mean
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def width(self) -> int | None:
        """Values in a row, or None."""
        return self._shape[0] if self._shape else None

    def append(self, values: Array) -> None:
        """Append rows (trainer's thread only).

        Parameters
        ----------
        values : ndarray, shape (n,) or (n, width)
        """
        before, after = self._length, self._length + len(values)
        self._raw.write(before, values)
        source = (self._raw, self._raw, self._raw)
        size, level = FACTOR, 0
        while after // size > before // size:
            if level == len(self._levels):
                self._levels.append(tuple(_Level(self._shape) for _ in range(3)))  # type: ignore[arg-type]
            first, last = before // size, after // size
            rows = slice(first * FACTOR, last * FACTOR)
            target = self._levels[level]
            for reduce, one, to in zip((np.min, np.max, np.mean), source, target, strict=True):
                groups = one.rows[rows].reshape(last - first, FACTOR, *self._shape)
                with np.errstate(invalid="ignore", over="ignore"):
                    to.write(first, reduce(groups, axis=1).astype(np.float32))
            source, size, level = target, size * FACTOR, level + 1
        self._length = after

    def read(self, start: int = 0, stop: int | None = None) -> Array:
        """Return rows ``start:stop`` as a read-only view, without copying."""
        length = self._length
        view = self._raw.rows[: length if stop is None else min(stop, length)][start:]
        view.flags.writeable = False
        return view

    def last(self) -> Array | None:
        """Return the newest row, or None while there is none."""
        length = self._length
        return self._raw.rows[length - 1] if length else None

    def envelope(self, start: int, stop: int, buckets: int) -> Envelope:
        """Reduce rows ``start:stop`` to at most about ``2 * buckets`` buckets.

        Every row counts in exactly one bucket: minima and maxima are never missed. The first
        bucket may begin up to one pyramid bucket before ``start``.
        """
        length = self._length
        stop = min(stop, length)
        start = max(0, min(start, stop))
        size, level = 1, -1
        while level + 1 < len(self._levels) and (stop - start) // (size * FACTOR) >= 2 * buckets:
            size, level = size * FACTOR, level + 1
        if level < 0:
            raw = self.read(start, stop)
            edges = np.arange(start, stop, dtype=np.int64)
            return _join(edges, edges + 1, raw, raw, raw, buckets)
        first, last = start // size, stop // size
        low, high, mean = (part.rows[first:last] for part in self._levels[level])
        begin = np.arange(first, last, dtype=np.int64) * size
        end = begin + size
        if last * size < stop:  # the newest rows, not yet a full bucket of this level
            tail = self.read(last * size, stop)
            with np.errstate(invalid="ignore", over="ignore"):
                low = np.concatenate([low, np.min(tail, axis=0, keepdims=True)])
                high = np.concatenate([high, np.max(tail, axis=0, keepdims=True)])
                mean = np.concatenate([mean, np.mean(tail, axis=0, keepdims=True)])
            begin = np.append(begin, last * size)
            end = np.append(end, stop)
        return _join(begin, end, low, high, mean, buckets)


def _join(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    low: Array,
    high: Array,
    mean: Array,
    buckets: int,
) -> Envelope:
    """Join neighbours until there are at most ``2 * buckets``; joins sit on a fixed grid."""
    group = 1
    while len(begin) // group > 2 * buckets:
        group *= 2
    if group == 1:
        return Envelope(begin, end, low, high, mean)
    # Splits at multiples of the group in rows of this level keep still what is already drawn.
    size = int(end[0] - begin[0])
    offset = int(begin[0]) // size % group
    splits = np.unique(np.concatenate([[0], np.arange(group - offset, len(begin), group)]))
    rows = (end - begin).astype(np.float64).reshape(-1, *([1] * (mean.ndim - 1)))
    with np.errstate(invalid="ignore", over="ignore"):
        return Envelope(
            begin[splits],
            np.append(end[splits[1:] - 1], end[-1]),
            np.minimum.reduceat(low, splits, axis=0),
            np.maximum.reduceat(high, splits, axis=0),
            (
                np.add.reduceat(mean * rows, splits, axis=0) / np.add.reduceat(rows, splits, axis=0)
            ).astype(np.float32),
        )
