"""Histograms of many equally large sets of numbers in one pass, linear and of magnitudes.

Every finite value is in a bin and everything else is counted apart; nothing is clamped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.record.frame import Histogram, LogHistogram

Array = NDArray[np.float32]
Counts = NDArray[np.int64]

BINS = 48
"""Enough to see a shape in a panel of 200 pixels, few enough to be read at a glance."""
PER_DECADE = 8
"""Finest bins of magnitudes."""
MOST_LOG_BINS = 64
"""More of them than that are joined: 2, 4, 8 or 16 become one."""

_LARGEST = float(np.finfo(np.float32).max)
_NORMAL = float(np.finfo(np.float32).tiny)
_FIRST, _LAST = -359, 309
"""Edges of magnitudes are about 10 ** (k / PER_DECADE), for k from the first to the last."""
_AT_ONCE = 1 << 15
"""Values worked on at a time: they and what is made of them stay in the processor's cache."""


def _grid() -> tuple[Array, NDArray[np.int64]]:
    """Return all edges of magnitudes, and the column of each upper half of a float32.

    The upper 16 bits are sign, exponent and 7 bits of the fraction. Edges are rounded to such
    numbers, so a look-up in a table finds the right bin, exactly and in a nanosecond. Only of
    subnormals the upper half says too little: column 0 holds these and the zeros, the last
    column Inf and NaN.
    """
    powers = 10.0 ** (np.arange(_FIRST, _LAST + 1) / PER_DECADE)
    bits = np.minimum(powers, _LARGEST).astype(np.float32).view(np.uint32).astype(np.int64)
    bits = np.where(bits < 1 << 23, bits, (bits + (1 << 15)) >> 16 << 16)
    bits[0] = 1
    for at in range(1, len(bits) - 1):
        bits[at] = max(bits[at], bits[at - 1] + 1)
    bits[-1] = np.float32(_LARGEST).view(np.uint32)
    upper = np.arange(1 << 15)
    column = np.searchsorted(bits, upper << 16, "right")
    column[upper < 1 << 7] = 0
    column[upper >= 0x7F80] = len(bits)
    return bits.astype(np.uint32).view(np.float32), np.tile(column, 2)


GRID, _COLUMN = _grid()
_COLUMNS = len(GRID) + 1  # bins, and one at either end


@dataclass(frozen=True, slots=True)
class LogRows:
    """Histograms of magnitudes of several sets, as they are kept: small and in one piece.

    Attributes
    ----------
    first : int
        Place in ``GRID`` of the first bin's lower edge.
    counts : ndarray of uint32, shape (sets, bins)
        The finest bins, between the least and the greatest magnitude of all sets.
    apart : ndarray of int64, shape (sets, 6)
        Zeros, subnormals, negatives, NaN, +Inf, -Inf.
    """

    first: int
    counts: NDArray[np.uint32]
    apart: Counts

    def of(self, row: int) -> LogHistogram:
        """Return the histogram of one set."""
        apart: list[int] = self.apart[row].tolist()
        used = np.flatnonzero(self.counts[row])
        if not len(used):
            return LogHistogram(np.ones(1, np.float32), np.zeros(0, np.int64), *apart)
        low, high = int(used[0]), int(used[-1]) + 1
        joined = 1
        while (high - low) / joined > MOST_LOG_BINS - 1:
            joined *= 2
        # Joins sit on a fixed grid, on whole decades where possible, so that bars do not jump.
        first = self.first + low + _FIRST
        groups = np.arange(first // joined, (first + high - low - 1) // joined + 2) * joined
        starts = np.maximum(groups[:-1] - first, 0)
        counts = np.add.reduceat(self.counts[row, low:high], starts, dtype=np.int64)
        return LogHistogram(GRID[np.clip(groups - _FIRST, 0, len(GRID) - 1)], counts, *apart)

    def bytes_a_row(self) -> int:
        """Return the memory of one set."""
        return (self.counts.nbytes + self.apart.nbytes) // max(1, len(self.counts))


class Logs(Mapping[str, LogHistogram]):
    """Histograms of magnitudes by name, made when they are looked at.

    Parameters
    ----------
    rows : dict of name -> (LogRows, int)
        Where each is kept.
    """

    __slots__ = ("_rows",)

    def __init__(self, rows: dict[str, tuple[LogRows, int]]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> LogHistogram:
        rows, row = self._rows[name]
        return rows.of(row)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        """Memory they are kept in."""
        return sum(rows.bytes_a_row() for rows, _ in self._rows.values())


def histogram(values: NDArray[np.floating], bins: int = BINS) -> Histogram:
    """Count values in equal bins from the least to the greatest finite one.

    Parameters
    ----------
    values : ndarray, any shape
    bins : int

    Returns
    -------
    Histogram
        Every finite value is in a bin; the others are counted apart.
    """
    return histograms(values.reshape(1, -1), bins)[0]


def log_histogram(values: NDArray[np.floating]) -> LogHistogram:
    """Count magnitudes in bins of equal width in decades.

    Parameters
    ----------
    values : ndarray, any shape
        Counted as float32.

    Returns
    -------
    LogHistogram
        Every finite value other than 0 is in a bin; the others are counted apart.
    """
    return log_rows(values.reshape(1, -1)).of(0)


def histograms(
    values: NDArray[np.floating], bins: int = BINS, apart: Counts | None = None
) -> list[Histogram]:
    """Count each row in equal bins of its own.

    Parameters
    ----------
    values : ndarray, shape (rows, n)
    bins : int
    apart : ndarray, shape (rows, 6), optional
        As in :class:`LogRows`, if it is known.
    """
    rows, n = values.shape
    if n == 0:
        edges = np.linspace(-1.0, 1.0, bins + 1, dtype=np.float32)
        return [Histogram(edges, np.zeros(bins, np.int64), 0, 0) for _ in range(rows)]
    least, greatest = values.min(axis=1), values.max(axis=1)  # NaN if there is one
    fine = np.isfinite(least) & np.isfinite(greatest)
    low, high = (np.where(fine, one, 0.0).astype(np.float64) for one in (least, greatest))
    size = np.maximum(np.abs(low), np.abs(high))
    margin = np.where(size > 0, 0.5 * size, 0.5)
    constant = high - low <= 1e-6 * size  # up to float32 rounding
    low, high = low - margin * constant, high + margin * constant
    counts = np.zeros((rows, bins), np.int64)
    if fine.all():
        counts = _binned(values, low, high, bins)
    elif fine.any():
        counts[fine] = _binned(values[fine], low[fine], high[fine], bins)
    edges = low[:, None] + np.arange(bins + 1) * ((high - low) / bins)[:, None]
    edges[:, -1] = high
    edges = edges.clip(-_LARGEST, _LARGEST).astype(np.float32)
    if apart is None:
        zeros = np.count_nonzero(values == 0, axis=1).tolist()
    else:
        zeros = apart[:, 0].tolist()
    return [
        Histogram(edges[row], counts[row], zeros[row], 0) if good else _finite(values[row], bins)
        for row, good in enumerate(fine.tolist())
    ]


def _finite(values: NDArray[np.floating], bins: int) -> Histogram:
    """Return the histogram of what is finite in a row, and count the rest apart."""
    kinds = [int(np.count_nonzero(one)) for one in _not_finite(values)]
    rest = histogram(values[np.isfinite(values)], bins)
    return Histogram(rest.edges, rest.counts, rest.zeros, sum(kinds), *kinds)


def _not_finite(values: NDArray[np.floating]) -> tuple[NDArray[np.bool_], ...]:
    return np.isnan(values), np.isposinf(values), np.isneginf(values)


def _binned(
    values: NDArray[np.floating], low: NDArray[np.float64], high: NDArray[np.float64], bins: int
) -> Counts:
    """Return counts, shape (rows, bins), of what is finite everywhere."""
    rows, n = values.shape
    counts = np.zeros((rows, bins + 1), np.int64)  # the greatest value falls behind the last bin
    # In float64, since float32 cannot scale gradients of 1e-40.
    scale = bins / (high - low)
    for some, part in _parts(rows, n):
        place = np.subtract(values[some, part], low[some, None], dtype=np.float64)
        place *= scale[some, None]
        place += (np.arange(len(place)) * (bins + 1))[:, None]
        found = np.bincount(place.astype(np.int64).ravel(), minlength=len(place) * (bins + 1))
        counts[some] += found.reshape(-1, bins + 1)
    counts[:, bins - 1] += counts[:, bins]
    return counts[:, :bins]


def log_rows(values: NDArray[np.floating]) -> LogRows:
    """Count the magnitudes of each row.

    Parameters
    ----------
    values : ndarray, shape (rows, n)
        Counted as float32.
    """
    values = np.ascontiguousarray(values, np.float32)
    rows, n = values.shape
    counts = np.zeros((rows, _COLUMNS), np.int64)
    apart = np.zeros((rows, 6), np.int64)
    upper = values.view(np.uint16)[:, 1::2] if _LITTLE else values.view(np.uint16)[:, ::2]
    for some, part in _parts(rows, n):
        place = _COLUMN.take(upper[some, part])
        place += (np.arange(len(place)) * _COLUMNS)[:, None]
        found = np.bincount(place.ravel(), minlength=len(place) * _COLUMNS)
        counts[some] += found.reshape(-1, _COLUMNS)
        apart[some, 2] += np.count_nonzero(values[some, part] < 0, axis=1)
    for row in np.flatnonzero(counts[:, 0]):
        apart[row, 0] = np.count_nonzero(values[row] == 0)
        if counts[row, 0] > apart[row, 0]:  # subnormals
            size = np.abs(values[row])
            tiny = size[(size > 0) & (size < _NORMAL)]
            apart[row, 1] = len(tiny)
            column = np.searchsorted(GRID, tiny, "right")
            counts[row] += np.bincount(column, minlength=_COLUMNS)
    for row in np.flatnonzero(counts[:, -1]):
        apart[row, 3:] = [np.count_nonzero(one) for one in _not_finite(values[row])]
        apart[row, 2] -= apart[row, 5]
    used = np.flatnonzero(counts[:, 1:-1].sum(axis=0))
    first, stop = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
    return LogRows(first, counts[:, first + 1 : stop + 1].astype(np.uint32), apart)


_LITTLE = bool(np.array([1], np.uint16).view(np.uint8)[0])


def _parts(rows: int, n: int) -> Iterator[tuple[slice, slice]]:
    """Return pieces of an array, each small enough."""
    wide = max(1, min(n, _AT_ONCE))
    high = max(1, _AT_ONCE // wide)
    for row in range(0, rows, high):
        for start in range(0, n, wide):
            yield slice(row, min(row + high, rows)), slice(start, start + wide)
