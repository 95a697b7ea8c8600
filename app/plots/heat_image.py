"""An image of numbers over many decades, in which what is no number looks like none."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF

from app.theme import Theme, viridis
from core.measure.missing import not_measured

LEVELS = 252
"""Indices 0 .. LEVELS - 1 are colours of the scale; the last four mean something else."""
NOT_MEASURED, ZERO, NAN, INF = 252, 253, 254, 255


def index_image(values: ArrayLike, low: float, high: float) -> NDArray[np.uint8]:
    """Return colour indices for values on a logarithmic scale.

    Parameters
    ----------
    values : array-like, shape (columns, layers)
        Not negative; exact zeros, NaN, Inf and what was not measured get indices of their own.
    low, high : float
        log10 of the values at the two ends of the scale. What lies beyond is drawn in the
        colour of the end.

    Returns
    -------
    ndarray of uint8, shape (layers, columns)
        Row 0 is the first layer: the lowest row of a picture whose y axis points up.
    """
    array = np.asarray(values, np.float32)
    positive = np.isfinite(array) & (array > 0)
    logs = np.zeros(array.shape, np.float32)
    np.log10(array, out=logs, where=positive)
    scale = (LEVELS - 1) / max(high - low, 1e-6)
    indices = np.clip(np.rint((logs - low) * scale), 0, LEVELS - 1).astype(np.uint8)
    indices[array == 0] = ZERO
    indices[np.isnan(array)] = NAN
    indices[np.isinf(array)] = INF
    indices[not_measured(array)] = NOT_MEASURED
    return np.ascontiguousarray(indices.T)


def lookup_table(theme: Theme) -> NDArray[np.uint8]:
    """Return 256 colours: viridis, and one each for what is no number on it."""
    table = np.zeros((256, 4), np.uint8)
    table[:LEVELS] = viridis(LEVELS)
    for index, token in ((ZERO, "zero"), (NAN, "nan"), (INF, "inf")):
        color = theme.color(token)
        table[index] = (color.red(), color.green(), color.blue(), 255)
    return table  # NOT_MEASURED stays transparent


class HeatImage(pg.ImageItem):
    """An image of colour indices."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._shown: NDArray[np.uint8] | None = None
        self._place = QRectF()
        self._table = np.zeros((256, 4), np.uint8)

    def set_theme(self, theme: Theme) -> None:
        """Take over the colours."""
        self._table = lookup_table(theme)
        if self._shown is not None:
            self.setImage(self._table[self._shown], autoLevels=False)

    def show_indices(self, indices: NDArray[np.uint8], place: QRectF) -> bool:
        """Draw indices into ``place``; return False when the picture is the same."""
        same = self._shown is not None and np.array_equal(indices, self._shown)
        if same and place == self._place:
            return False
        resized = self._shown is None or self._shown.shape != indices.shape
        if not same:
            self._shown = indices
            # Coloured here: a palette would be handed to Qt colour by colour, at every picture.
            self.setImage(self._table[indices], autoLevels=False)
        if resized or place != self._place:
            self._place = QRectF(place)
            self.setRect(place)
        return True

    def clear_indices(self) -> None:
        """Draw nothing."""
        if self._shown is not None:
            self._shown = None
            self.clear()

    def kinds(self) -> frozenset[int]:
        """Return which of NOT_MEASURED, ZERO, NAN, INF are on screen."""
        if self._shown is None:
            return frozenset()
        counts = np.bincount(self._shown.ravel(), minlength=256)
        return frozenset(kind for kind in (NOT_MEASURED, ZERO, NAN, INF) if counts[kind])


def decades(values: ArrayLike) -> tuple[float, float]:
    """Return log10 of the smallest and largest positive finite value, NaN without any."""
    array = np.asarray(values)
    array = array[np.isfinite(array) & (array > 0)]
    if not array.size:
        return math.nan, math.nan
    return math.log10(float(array.min())), math.log10(float(array.max()))
