"""Thin upright lines over a plot, each from one height to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem

Array = NDArray[np.float64]


class Stems(PixelItem):
    """Hundreds of upright lines in one go, drawn in pixels; nothing where one is not finite."""

    _color = QColor()
    _ends: tuple[Array, Array, Array] | None = None

    def set_color(self, color: QColor) -> None:
        """Draw in this colour."""
        if color != self._color:
            self._color = color
            self.update()

    def show_stems(self, x: Array, low: Array, high: Array) -> None:
        """Draw a line at each ``x``, shape (n,), from ``low`` to ``high``."""
        good = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        self._ends = x[good], low[good], high[good]
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._ends is None or not len(self._ends[0]):
            return
        painter.setClipRect(self._plot.area())
        scale_x, shift_x, scale_y, shift_y = self._plot.mapping()
        x, low, high = self._ends
        at = (shift_x + x * scale_x).tolist()
        from_, to = (shift_y + low * scale_y).tolist(), (shift_y + high * scale_y).tolist()
        painter.setPen(QPen(self._color, 1))
        painter.drawLines([QLineF(a, b, a, c) for a, b, c in zip(at, from_, to, strict=True)])
