"""Rows in chunks: growth never copies what is there, and chunks of equal rows cost nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.measure.missing import NOT_MEASURED, not_measured

Array = NDArray[np.float32]

_FIRST = 64
"""The first chunk begins with a 64th of its rows, and doubles: a short run stays small."""


class Chunks:
    """An append-only table of rows in chunks of one size, written by one thread.

    Chunks are written once, then only replaced whole by one of the same values, or dropped. A
    reader's array is therefore never changed. Which rows are complete is the writer's to
    publish, after :meth:`write` has returned.

    Parameters
    ----------
    shape : tuple of int
        Shape of a row.
    size : int
        Rows of a chunk.
    """

    def __init__(self, shape: tuple[int, ...], size: int) -> None:
        self.size = size
        self.dropped = 0  # chunks
        self.nbytes = 0
        self._shape = shape
        self._chunks: list[Array] = []
        self._gone: Array = np.broadcast_to(NOT_MEASURED, (size, *shape))

    def write(self, at: int, values: Array) -> None:
        """Write rows from row ``at``, which is the end, on."""
        done, count, size = 0, len(values), self.size
        while done < count:
            index, inside = divmod(at + done, size)
            end = min(inside + count - done, size)
            rows = self._with_room(index, inside, end)
            rows[inside:end] = values[done : done + end - inside]
            done += end - inside
            if end == size:
                self._fold(index)

    def read(self, start: int, stop: int) -> Array:
        """Return rows, read-only: a view if they lie in one chunk, else a copy."""
        size, chunks = self.size, self._chunks
        first, inside = divmod(start, size)
        if stop <= start:
            rows = np.empty((0, *self._shape), np.float32)
        elif stop <= (first + 1) * size:
            rows = chunks[first][inside : stop - first * size]
        else:
            last = (stop - 1) // size
            end = chunks[last][: stop - last * size]
            rows = np.concatenate([chunks[first][inside:], *chunks[first + 1 : last], end])
        rows.flags.writeable = False
        return rows

    def drop(self, count: int) -> None:
        """Let go of the oldest ``count`` chunks; their rows read as NaN from now on."""
        for index in range(self.dropped, count):
            self.nbytes -= _owned(self._chunks[index])
            self._chunks[index] = self._gone
        self.dropped = max(self.dropped, count)

    def __len__(self) -> int:
        """Return the number of chunks, dropped ones included."""
        return len(self._chunks)

    def _with_room(self, index: int, used: int, end: int) -> Array:
        """Return a chunk with room up to row ``end``; only the first chunk ever grows."""
        chunks = self._chunks
        if index < len(chunks):
            rows = chunks[index]
            if end <= len(rows):
                return rows
            count = min(max(end, 2 * len(rows)), self.size)
        else:
            rows = None
            count = self.size if index else max(end, self.size // _FIRST)
        grown = np.empty((count, *self._shape), np.float32)
        self.nbytes += grown.nbytes
        if rows is None:
            chunks.append(grown)
        else:
            self.nbytes -= rows.nbytes
            grown[:used] = rows[:used]
            chunks[index] = grown
        return grown

    def _fold(self, index: int) -> None:
        """Keep one row for a full chunk of equal rows."""
        rows = self._chunks[index]
        row = rows[:1]
        if _same(rows[-1:], row) and _same(rows, row):
            self.nbytes += row.nbytes - rows.nbytes
            self._chunks[index] = np.broadcast_to(row.copy(), rows.shape)


def _same(rows: Array, row: Array) -> bool:
    """Whether all rows are this row to the bit (0 is not -0); any NaN equals any other."""
    equal = rows.view(np.int32) == row.view(np.int32)
    return bool(equal.all() or (equal | _same_nothing(rows, row)).all())


def _same_nothing(rows: Array, row: Array) -> NDArray[np.bool_]:
    """Tell where both are a NaN, or both are not measured."""
    return np.isnan(rows) & np.isnan(row) & (not_measured(rows) == not_measured(row))


def _owned(rows: Array) -> int:
    """Return the bytes of a chunk: of one row, if all are the same one."""
    return rows[:1].nbytes if rows.strides[0] == 0 else rows.nbytes
