"""Bars of a histogram, upright or lying."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class Bars(pg.GraphicsObject):
    """Filled bars between edges, in coordinates; heights are shares of the tallest.

    Parameters
    ----------
    lying : bool, optional
        Whether edges run along the y axis and bars grow to the right.
    """

    def __init__(self, *, lying: bool = False) -> None:
        super().__init__()
        self._lying = lying
        self._color = QColor()
        self._edges: NDArray[np.float64] = np.zeros(0)
        self._rects: list[QRectF] = []
        self._bounds = QRectF()

    def set_color(self, color: QColor) -> None:
        """Set the colour of the bars."""
        if color != self._color:
            self._color = color
            self.update()

    def show_counts(self, edges: NDArray[np.floating], counts: NDArray[np.integer]) -> None:
        """Draw a bar for each count; the tallest has height 1."""
        top = int(counts.max()) if len(counts) else 0
        shares = counts / top if top else np.zeros(len(counts))
        self.prepareGeometryChange()
        lines = zip(edges[:-1], edges[1:], shares, strict=True)
        if self._lying:
            self._rects = [QRectF(0, float(a), float(s), float(b - a)) for a, b, s in lines if s]
        else:
            self._rects = [QRectF(float(a), 0, float(b - a), float(s)) for a, b, s in lines if s]
        low, high = (float(edges[0]), float(edges[-1])) if len(edges) else (0.0, 0.0)
        self._bounds = (
            QRectF(0, low, 1, high - low) if self._lying else QRectF(low, 0, high - low, 1)
        )
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        # Edges meet at whole pixels: smoothing would leave hairlines between the bars. A bar
        # thinner than a pixel is drawn one pixel wide, or counts would vanish.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pg.mkPen(self._color, width=1, cosmetic=True))
        painter.setBrush(self._color)
        painter.drawRects(self._rects)
