"""What rows of distributions look like: ridges, and the words beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PySide6.QtGui import QColor

from app.plots.ridges import Ridge
from app.plots.row_words import RowWords
from app.views.distribution import Distribution
from app.views.ridge_rows import Row

TAIL = 0.001
"""Share of a row's values that may lie left of the axis."""
MANY = 50
"""Values of a row of which a single one may, too."""


def _binned(rows: Sequence[Row]) -> Iterator[Distribution]:
    for row in rows:
        for one in (row.values, row.compared):
            if one is not None and one.binned:
                yield one


def ends_of(rows: Sequence[Row]) -> list[float]:
    """Return the outermost edges of all rows; of magnitudes without the thin tail at the left.

    A product of derivatives may come as near to 0 as a number can: one such value would take
    half of the axis.
    """
    found: list[float] = []
    for one in _binned(rows):
        first = 0
        if one.log:
            tail = max(TAIL * one.binned, 1.0 if one.binned >= MANY else 0.0)
            first = int(np.searchsorted(np.cumsum(one.counts), tail, "right"))
            first = min(first, len(one.counts) - 1)
        found += (float(one.edges[first]), float(one.edges[-1]))
    return found


def count_below(rows: Sequence[Row], low: float) -> int:
    """Return how many values of the rows lie in bins below a coordinate."""
    values = (row.values for row in rows if row.values is not None)
    return sum(int(one.counts[one.edges[1:] <= low + 1e-6].sum()) for one in values)


def highest_density(rows: Sequence[Row]) -> float | None:
    """Return the largest density of all rows, None if nothing is in a bin."""
    return max((float(one.density.max()) for one in _binned(rows)), default=None)


def ridge_of(row: Row, color: QColor, height: float, unit: float, top: float | None) -> Ridge:
    """Return the outline of a row.

    Parameters
    ----------
    row : Row
    color : QColor
    height : float
        Of a full ridge, in units of y.
    unit : float
        Of the axis of x.
    top : float or None
        The density that is drawn as high as that; each its own maximum if None.
    """
    x = y = np.zeros(0)
    ghost_x = ghost_y = None
    if row.values is not None:
        x, y = row.values.outline(top)
    if row.compared is not None:
        ghost_x, ghost_y = row.compared.outline(top)
        ghost_x, ghost_y = ghost_x / unit, ghost_y * height
    return Ridge(row.base, x / unit, y * height, color, row.chosen, ghost_x, ghost_y)


def words_of(rows: Sequence[Row]) -> tuple[RowWords, ...]:
    """Return what stands beside the rows."""
    return tuple(
        _words(row, 0 if place in (0, len(rows) - 1) else 1 + _rank(place))
        for place, row in enumerate(rows)
    )


def _words(row: Row, rank: int) -> RowWords:
    if row.values is None:
        return RowWords(row.base, f"{row.label} –", (), row.chosen, rank)
    return RowWords(row.base, row.label, row.values.apart(), row.chosen, rank)


def _rank(place: int) -> int:
    """Return how late a row is written: those at multiples of large powers of 2 first."""
    return 16 - (place & -place).bit_length() if place else 0


__all__ = ["count_below", "ends_of", "highest_density", "ridge_of", "words_of"]
