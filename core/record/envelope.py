"""What a picture needs of a range of a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.record.chunks import Array
from core.record.gaps import has_gaps, reduced


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


def join(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    low: Array,
    high: Array,
    mean: Array,
    buckets: int,
) -> Envelope:
    """Join neighbours until there are at most ``2 * buckets``; joins sit on a fixed grid.

    All of them are of one size, but the last may be smaller.
    """
    count, group = len(begin), 1
    while count // group > 2 * buckets:
        group *= 2
    if group == 1:
        return Envelope(begin, end, low, high, mean)
    # Splits at multiples of the group in rows of this level keep still what is already drawn.
    size = int(end[0] - begin[0])
    head = -(int(begin[0]) // size) % group
    tail = head + (count - head - 1) // group * group
    cuts = np.arange(head, tail + 1, group)
    cuts = np.concatenate([[0], cuts]) if head else cuts
    stops = np.append(begin[cuts[1:]], end[-1])
    if has_gaps(mean):
        return Envelope(
            begin[cuts], stops, *reduced(low, high, mean, (end - begin).astype(np.float64), cuts)
        )
    shape = ((tail - head) // group, group, *mean.shape[1:])
    pieces = (slice(0, head), slice(head, tail), slice(tail, None))[0 if head else 1 :]

    def extremes(part: Array, reduce: np.ufunc) -> Array:
        *first, on_grid, last = (part[piece] for piece in pieces)
        grid = on_grid.reshape(shape)
        middle = grid[:, 0].copy()
        for place in range(1, group):  # few: much faster than to reduce along this axis
            reduce(middle, grid[:, place], out=middle)
        around = [reduce.reduce(piece, axis=0, keepdims=True) for piece in (*first, last)]
        return np.concatenate([*around[:-1], middle, around[-1]])

    def means() -> Array:
        *first, on_grid, last = (mean[piece] for piece in pieces)
        grid = on_grid.reshape(shape)
        middle = grid[:, 0].astype(np.float64)
        for place in range(1, group):
            middle += grid[:, place]
        middle /= group
        around = [piece.mean(axis=0, dtype=np.float64, keepdims=True) for piece in first]
        weights = (end - begin)[tail:]
        newest = np.average(last.astype(np.float64), axis=0, weights=weights)[None]
        return np.concatenate([*around, middle, newest]).astype(np.float32)

    with np.errstate(invalid="ignore", over="ignore"):
        return Envelope(
            begin[cuts],
            stops,
            extremes(low, np.minimum),
            extremes(high, np.maximum),
            means(),
        )
