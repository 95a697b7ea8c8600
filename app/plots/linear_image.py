"""An image of numbers on a linear scale, from 0 up or around 0, and what is no number."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.theme import Theme, viridis
from core.measure.missing import not_measured

LEVELS = 251
"""Indices 0 .. LEVELS - 1 are colours; an odd number, so that one of them is the middle."""
NEG_INF, NOT_MEASURED, ZERO, NAN, INF = 251, 252, 253, 254, 255
KINDS = ((ZERO, "= 0"), (NAN, "NaN"), (INF, "∞"), (NEG_INF, "−∞"))

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
    """Return the colour of what is no number on the scale."""
    if kind == NEG_INF:
        return theme.color("inf").darker(190)
    return theme.color({ZERO: "zero", NAN: "nan", INF: "inf"}[kind])


def color_table(theme: Theme, *, signed: bool) -> NDArray[np.uint8]:
    """Return 256 colours: the scale, and one each for what is no number on it."""
    table = np.zeros((256, 4), np.uint8)
    table[:LEVELS] = diverging(LEVELS) if signed else viridis(LEVELS)
    for kind, _ in KINDS:
        table[kind] = rgba(special_color(theme, kind))
    return table  # NOT_MEASURED stays transparent


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


class ColoredImage(pg.ImageItem):
    """An image of colours that is handed over only when it is another one.

    Parameters
    ----------
    smooth : bool, optional
        Whether pixels run into each other: for what was sampled on a grid.
    """

    def __init__(self, *, smooth: bool = False) -> None:
        super().__init__(axisOrder="row-major")
        self._smooth = smooth
        self._colors: NDArray[np.uint8] | None = None
        self._place = QRectF()

    def show_colors(self, colors: NDArray[np.uint8], place: QRectF) -> bool:
        """Draw colours, shape (rows, columns, 4), the first row lowest; return whether new."""
        old = self._colors
        same = old is not None and np.array_equal(colors, old)
        if same and place == self._place:
            return False
        resized = old is None or old.shape != colors.shape
        if not same:
            self._colors = colors
            self.setImage(colors, autoLevels=False)
        if resized or place != self._place:
            self._place = QRectF(place)
            self.setRect(place)
        return True

    @property
    def colors(self) -> NDArray[np.uint8] | None:
        """What is drawn, None for nothing."""
        return self._colors

    def clear_colors(self) -> None:
        """Draw nothing."""
        if self._colors is not None:
            self._colors = None
            self.clear()

    def paint(self, painter: object, *args: object) -> None:
        painter.setRenderHint(painter.RenderHint.SmoothPixmapTransform, self._smooth)  # pyright: ignore[reportAttributeAccessIssue]
        super().paint(painter, *args)  # pyright: ignore[reportArgumentType]
