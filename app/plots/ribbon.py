"""The area between two curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

Array = NDArray[np.float64]


class Ribbon(pg.GraphicsObject):
    """Filled from a lower to an upper curve through the same x, with gaps where either is NaN.

    For a few hundred points: unlike :class:`Band`, whose rectangles are many times as fast, it
    has no steps where points are far apart.
    """

    def __init__(self) -> None:
        super().__init__()
        self._color = QColor()
        self._polygons: list[QPolygonF] = []
        self._bounds = QRectF()

    def set_color(self, color: QColor) -> None:
        """Set the colour of the area."""
        self._color = color
        self.update()

    def show_area(self, x: Array, low: Array, high: Array) -> None:
        """Fill from ``low`` to ``high``."""
        good = np.isfinite(low) & np.isfinite(high)
        self.prepareGeometryChange()
        self._polygons = []
        self._bounds = QRectF()
        if good.any():
            ends = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
            for start, stop in ends.reshape(-1, 2):
                some = slice(start, stop)
                around = np.concatenate([x[some], x[some][::-1]])
                edge = np.concatenate([low[some], high[some][::-1]])
                self._polygons.append(pg.functions.arrayToQPolygonF(around, edge))
            left, right = float(x[good][0]), float(x[good][-1])
            bottom, top = float(low[good].min()), float(high[good].max())
            self._bounds = QRectF(left, bottom, right - left, top - bottom)
        self.update()

    def clear_points(self) -> None:
        """Draw nothing."""
        if self._polygons:
            self.prepareGeometryChange()
            self._polygons, self._bounds = [], QRectF()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        for polygon in self._polygons:
            painter.drawPolygon(polygon)
