"""The numbers beside a picture. Painted only when the range moves."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.plots.ticks import Tick
from app.theme import Theme


class Axis(QGraphicsItem):
    """The labels of one axis.

    A plain item beside the view box rather than ``pyqtgraph.AxisItem``, whose bounding box
    covers the whole picture once it has a grid: it would be painted with every new point.
    """

    def __init__(self, parent: pg.GraphicsWidget, *, vertical: bool) -> None:
        super().__init__(parent)
        self._vertical = vertical
        self._rect = QRectF()
        self._ticks: list[tuple[float, str]] = []
        self._font = QFont()
        self._metrics = QFontMetricsF(self._font)
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        """Take over font and colour."""
        self._theme = theme
        self._font = theme.plot_font()
        self._metrics = QFontMetricsF(self._font)
        self.update()

    def set_rect(self, rect: QRectF) -> None:
        """Move to where the labels go, in the parent's pixels."""
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = QRectF(rect)

    def set_ticks(self, ticks: list[Tick], places: list[float]) -> None:
        """Show labels at ``places``, the parent's pixels along the axis."""
        shown = [(place, tick.label) for place, tick in zip(places, ticks, strict=True)]
        if shown != self._ticks:
            self._ticks = shown
            self.update()

    def written(self) -> list[tuple[float, str]]:
        """Return the labels of a vertical axis with their upper edges: none over another."""
        rect, height = self._rect, self._metrics.height()
        found: list[tuple[float, str]] = []
        for at, label in sorted(self._ticks, reverse=True):  # from below
            top = min(max(at - height / 2, rect.top()), rect.bottom() - height)
            if not found or top + self._metrics.ascent() <= found[-1][0]:
                found.append((top, label))
        return found

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None or not self._ticks:
            return
        painter.setFont(self._font)
        painter.setPen(self._theme.color("muted"))
        rect = self._rect
        if self._vertical:
            for top, label in self.written():
                left = rect.right() - 3 - self._metrics.horizontalAdvance(label)
                painter.drawText(QPointF(left, top + self._metrics.ascent()), label)
            return
        end = rect.left() - 4
        for at, label in self._ticks:
            width = self._metrics.horizontalAdvance(label)
            left = min(max(at - width / 2, rect.left()), rect.right() - width)
            if left < end + 8:  # never one label over another
                continue
            end = left + width
            painter.drawText(QPointF(left, rect.top() + self._metrics.ascent()), label)
