"""Numbers as indices into 256 colours: a scale, and one each for what is no number on it."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QColor

from app.theme import Theme, viridis
from core.measure.missing import not_measured

LEVELS = 251
"""Indices 0 .. LEVELS - 1 are colours; an odd number, so that one of them is the middle."""
NEG_INF, NOT_MEASURED, ZERO, NAN, INF = 251, 252, 253, 254, 255
KINDS = (
    (ZERO, ("= 0",)),
    (NAN, ("NaN",)),
    (INF, ("∞",)),
    (NEG_INF, ("−∞",)),
    (NOT_MEASURED, ("not", "measured")),
)
"""What is no number on a scale, and its name in lines of print."""

# RdBu of ColorBrewer 2.0 (Cynthia Brewer, Mark Harrower and The Pennsylvania State University;
# Apache License 2.0), its eleven colours from blue to red, joined linearly.
_RDBU = (
    (5, 48, 97),
    (33, 102, 172),
    (67, 147, 195),
    (146, 197, 222),
    (209, 229, 240),
    (247, 247, 247),
    (253, 219, 199),
    (244, 165, 130),
    (214, 96, 77),
    (178, 24, 43),
    (103, 0, 31),
)


@cache
def diverging(count: int = LEVELS) -> NDArray[np.uint8]:
    """Return ``count`` colours from blue over white to red as rows of red, green, blue, alpha."""
    at = np.linspace(0, len(_RDBU) - 1, count)
    table = np.full((count, 4), 255, np.uint8)
    for channel in range(3):
        values = [color[channel] for color in _RDBU]
        table[:, channel] = np.rint(np.interp(at, np.arange(len(_RDBU)), values))
    table.flags.writeable = False
    return table


def rgba(color: QColor) -> tuple[int, int, int, int]:
    """Return a colour as a row of an image."""
    return color.red(), color.green(), color.blue(), color.alpha()


def special_color(theme: Theme, kind: int) -> QColor:
    """Return the colour of what is no number on the scale; the ground shows what is missing."""
    if kind == NEG_INF:
        return theme.color("inf").darker(190)
    return theme.color({ZERO: "zero", NAN: "nan", INF: "inf", NOT_MEASURED: "plot"}[kind])


def color_table(theme: Theme, *, signed: bool = False) -> NDArray[np.uint8]:
    """Return 256 colours: viridis, or blue over white to red, and those of the special kinds."""
    table = np.zeros((256, 4), np.uint8)
    table[:LEVELS] = diverging(LEVELS) if signed else viridis(LEVELS)
    for kind, _ in KINDS:
        if kind != NOT_MEASURED:  # stays transparent
            table[kind] = rgba(special_color(theme, kind))
    return table


def log_indices(values: ArrayLike, low: float, high: float) -> NDArray[np.uint8]:
    """Return colour indices of the same shape for magnitudes on a logarithmic scale.

    Parameters
    ----------
    values : array-like of float32
        Not negative; exact zeros, NaN, Inf and what was not measured get indices of their own.
    low, high : float
        log10 of the values at the two ends of the scale. What lies beyond is drawn in the
        colour of the end.
    """
    array = np.asarray(values, np.float32)
    logs = np.zeros(array.shape, np.float32)
    np.log10(array, out=logs, where=np.isfinite(array) & (array > 0))
    places = np.rint((logs - low) * ((LEVELS - 1) / max(high - low, 1e-6)))
    return _with_kinds(array, places, mark_zero=True)


def linear_indices(
    values: ArrayLike, low: float, high: float, *, mark_zero: bool = True
) -> NDArray[np.uint8]:
    """Return colour indices of the same shape for values from ``low`` to ``high``.

    Parameters
    ----------
    values : array-like of float32
        NaN, infinities and what was not measured get indices of their own.
    low, high : float
        Ends of the scale, which must hold all finite values to show them all.
    mark_zero : bool
        Whether an exact 0 has an index of its own, too.
    """
    array = np.asarray(values, np.float32)
    scale = (LEVELS - 1) / max(high - low, 1e-38)
    with np.errstate(invalid="ignore", over="ignore"):
        places = np.rint((array.astype(np.float64) - low) * scale)
    return _with_kinds(array, places, mark_zero=mark_zero)


def _with_kinds(
    array: NDArray[np.float32], places: NDArray[np.floating], *, mark_zero: bool
) -> NDArray[np.uint8]:
    finite = np.isfinite(array)
    indices = np.where(finite, np.clip(places, 0, LEVELS - 1), 0).astype(np.uint8)
    if mark_zero:
        indices[array == 0] = ZERO
    if not finite.all():
        indices[np.isnan(array)] = NAN
        indices[array == np.inf] = INF
        indices[array == -np.inf] = NEG_INF
        indices[not_measured(array)] = NOT_MEASURED
    return indices


def kinds_in(indices: NDArray[np.uint8]) -> frozenset[int]:
    """Return which special colours an image has."""
    counts = np.bincount(indices.ravel(), minlength=256)
    return frozenset(kind for kind, _ in KINDS if counts[kind])


def decades(values: ArrayLike) -> tuple[float, float]:
    """Return log10 of the smallest and largest positive finite value, NaN without any."""
    array = np.asarray(values)
    array = array[np.isfinite(array) & (array > 0)]
    if not array.size:
        return math.nan, math.nan
    return math.log10(float(array.min())), math.log10(float(array.max()))
