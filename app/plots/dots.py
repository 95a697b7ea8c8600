"""Dots of a size in pixels, each with a colour, some with a shape that says what they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.plots.stamp import Stamp

Array = NDArray[np.float64]


class Shape(Enum):
    """What a dot stands for. A value that has no place on the axis sits at its edge."""

    DOT = "dot"
    ZERO = "zero"  # exactly 0: a ring at the lower edge
    INF = "inf"  # a triangle at the upper edge
    NAN = "nan"  # a cross at the lower edge


@dataclass(frozen=True, slots=True)
class Dot:
    """A point in coordinates."""

    x: float
    y: float
    color: QColor
    shape: Shape = Shape.DOT


class Dots(PixelItem):
    """Dots over a plot, drawn in its pixels: some with a colour each, hundreds of one colour."""

    def __init__(self, plot: Plot, *, size: float = 6.0) -> None:
        super().__init__(plot)
        self._stamp = Stamp(size)
        self._size = size
        self._points: tuple[Array, Array, QColor] | None = None
        self._dots: tuple[Dot, ...] = ()
        self._chosen = -1

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The dots that have a colour each."""
        return self._dots

    def show_points(self, x: Array, y: Array, color: QColor) -> None:
        """Draw a dot of one colour at each point, shapes (n,), all finite."""
        self._points = (x, y, color)
        self.update()

    def show_dots(self, dots: tuple[Dot, ...], chosen: int = -1) -> None:
        """Draw dots, the one with index ``chosen`` ringed."""
        if (dots, chosen) != (self._dots, self._chosen):
            self._dots, self._chosen = dots, chosen
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        area = self._plot.area()
        painter.setClipRect(area.adjusted(-4, -4, 4, 4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale_x, shift_x, scale_y, shift_y = self._plot.mapping()
        if self._points is not None:
            x, y, color = self._points
            self._stamp.print(painter, shift_x + x * scale_x, shift_y + y * scale_y, color)
        pen = QPen(QColor(), self._size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        for dot in self._dots:
            if dot.shape is Shape.DOT:
                pen.setColor(dot.color)
                painter.setPen(pen)
                painter.drawPoint(QPointF(shift_x + dot.x * scale_x, shift_y + dot.y * scale_y))
        for index, dot in enumerate(self._dots):
            if dot.shape is not Shape.DOT:
                x = self._plot.to_pixels(dot.x, 0.0).x()
                self._paint_special(painter, dot.shape, x, area, dot.color)
            elif index == self._chosen:
                painter.setPen(QPen(self._theme.color("text"), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                radius = self._size / 2 + 3
                painter.drawEllipse(self._plot.to_pixels(dot.x, dot.y), radius, radius)

    @staticmethod
    def _paint_special(
        painter: QPainter, shape: Shape, x: float, area: QRectF, color: QColor
    ) -> None:
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        low, high = area.bottom() - 7, area.top() + 7
        if shape is Shape.ZERO:
            painter.drawEllipse(QPointF(x, low), 3.5, 3.5)
        elif shape is Shape.NAN:
            painter.drawLine(QPointF(x - 3, low - 3), QPointF(x + 3, low + 3))
            painter.drawLine(QPointF(x - 3, low + 3), QPointF(x + 3, low - 3))
        else:
            painter.setBrush(QBrush(color))
            corners = [QPointF(x - 4, high + 3), QPointF(x + 4, high + 3), QPointF(x, high - 4)]
            painter.drawPolygon(QPolygonF(corners))
