"""Thin upright lines over a plot, each from one height to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot

Array = NDArray[np.float64]


class Stems(PixelItem):
    """Hundreds of upright lines in one go, drawn in pixels; nothing where one is not finite."""

    def __init__(self, plot: Plot, *, z: float) -> None:
        super().__init__(plot, z=z)
        self._color = QColor()
        self._ends: tuple[Array, Array, Array] | None = None
        self._lines = PrimitiveArray(QLineF, 4)

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
        self._lines.resize(len(x))
        lines = self._lines.ndarray()
        lines[:, 0] = lines[:, 2] = shift_x + x * scale_x
        lines[:, 1] = shift_y + low * scale_y
        lines[:, 3] = shift_y + high * scale_y
        painter.setPen(QPen(self._color, 1))
        painter.drawLines(*self._lines.drawargs())  # pyright: ignore[reportCallIssue, reportArgumentType]
