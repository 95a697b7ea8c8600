"""Which class has which colour and shape."""

from __future__ import annotations

from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.side_item import SideItem
from app.theme import Theme

SHAPES = ("o", "s", "t1", "d", "p", "h", "star")
"""Symbols of pyqtgraph's scatter plot, one a class as long as they last."""
WIDTH, _ROW = 92.0, 19.0


_ALIKE = ("#56b4e9", "#0072b2")  # two blues, never next to each other


def class_color(theme: Theme, number: int) -> QColor:
    """Return the colour of a class, from 0: those for runs, then the same ones darker."""
    first, *rest = theme.run_colors
    colors = (first, *sorted(rest, key=lambda one: one in _ALIKE))
    color = QColor(colors[number % len(colors)])
    return color if number < len(colors) else color.darker(100 + 45 * (number // len(colors)))


class ClassKey(SideItem):
    """Rows of a symbol and a name."""

    def __init__(self) -> None:
        super().__init__(WIDTH)
        self._names: tuple[str, ...] = ()
        self._extra: tuple[str, ...] = ()

    def show_names(self, names: tuple[str, ...], extra: tuple[str, ...]) -> None:
        """Show classes, and below them ``extra``: of "wrong" and "not finite"."""
        if (names, extra) != (self._names, self._extra):
            self._names, self._extra = names, extra
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        theme, font = self._theme, self._theme.plot_font()
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pitch = self._px(_ROW)
        rows = max(0, int((self.rect().height() - 8) / pitch) - len(self._extra))
        names = self._names
        if len(names) > rows:
            names = (*names[: max(rows - 1, 0)], f"{len(names) - max(rows - 1, 0)} more")
        y = 4 + pitch / 2
        for number, name in enumerate((*names, *self._extra)):
            at = QPointF(12, y)
            if number >= len(names):
                self._paint_extra(painter, theme, name, at)
            elif number < len(self._names) and name == self._names[number]:
                painter.setPen(QPen(theme.color("plot"), 1))
                painter.setBrush(class_color(theme, number))
                shape = Symbols[SHAPES[number % len(SHAPES)]]
                painter.drawPath(QTransform(9, 0, 0, 9, at.x(), at.y()).map(shape))
            painter.setPen(theme.color("text" if number < len(names) else "muted"))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._px(WIDTH) - 26)
            middle = y + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(24, middle), text)
            y += pitch

    @staticmethod
    def _paint_extra(painter: QPainter, theme: Theme, name: str, at: QPointF) -> None:
        if name == "wrong":
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, 5.5, 5.5)
        else:
            square = QRectF(at.x() - 5, at.y() - 5, 10, 10)
            painter.fillRect(square, theme.color("plot"))
            painter.setPen(QPen(theme.color("nan"), 2))
            painter.drawLine(square.bottomLeft(), square.topRight())
            painter.drawRect(square)
