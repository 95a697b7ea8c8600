"""Two arrows over the limit that clips: a gradient before and after, to be dragged by its tip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from app.plots import Plot
from app.plots.text import number

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsSceneMouseEvent

    from app.theme import Theme
    from app.tools.clip_numbers import Clipped

_GRIP = 11.0  # pixels around the tip that can be taken
_HEAD = 10.0  # pixels of an arrow's head
_ARC = 46.0  # pixels from the origin to the arc of the angle


class Arrows(QGraphicsObject):
    """Raw and clipped gradient over the limit, drawn in a plot's pixels.

    Parameters
    ----------
    plot : Plot
    magnified : Plot, optional
        Another picture of a part of this one: the part is framed here, and the clipped arrow and
        the angle are named there.

    Signals
    -------
    dragged(float, float)
        The raw arrow's tip was moved to these coordinates, rounded to what a pixel tells apart.
    dropped()
        It was let go.
    """

    dragged = Signal(float, float)
    dropped = Signal()

    def __init__(self, plot: Plot, magnified: Plot | None = None) -> None:
        super().__init__(plot)
        self._plot = plot
        self._magnified = magnified
        self._shown: tuple[Clipped, str, float] | None = None
        self._theme: Theme | None = None
        self.setZValue(5)
        self.setAcceptedMouseButtons(Qt.MouseButton.LeftButton)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag the tip")
        plot.view_changed.connect(self.follow_plot)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours."""
        self._theme = theme
        self.update()

    def show_clipped(self, found: Clipped, kind: str, limit: float) -> None:
        """Draw a gradient, clipped by a kind (``none`` draws no limit) at a limit."""
        self._shown = (found, kind, limit)
        self.follow_plot()

    @Slot()
    def follow_plot(self) -> None:
        """Move with the plot's range and size."""
        self.prepareGeometryChange()
        self.update()

    # Qt ----------------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return self._plot.area()

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        if self._shown is not None:
            tip = self._plot.to_pixels(*self._shown[0].raw)
            if self._plot.area().contains(tip):
                path.addEllipse(tip, _GRIP, _GRIP)
        return path

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        area = self._plot.area()
        at = event.pos()
        inside = QPointF(
            min(max(at.x(), area.left()), area.right()), min(max(at.y(), area.top()), area.bottom())
        )
        pixel = 1 / abs(self._plot.mapping()[0])
        x, y = self._plot.from_pixels(inside)
        self.dragged.emit(_rounded(x, pixel), _rounded(y, pixel))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.dropped.emit()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._shown is None or self._theme is None:
            return
        found, kind, limit = self._shown
        theme, plot = self._theme, self._plot
        area, origin = plot.area(), plot.to_pixels(0.0, 0.0)
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("dim"), 1))
        painter.drawLine(QLineF(area.left(), origin.y(), area.right(), origin.y()))
        painter.drawLine(QLineF(origin.x(), area.top(), origin.x(), area.bottom()))
        if kind != "none":
            box = QRectF(plot.to_pixels(-limit, limit), plot.to_pixels(limit, -limit))
            painter.setPen(QPen(theme.color("warn"), 1.4))
            painter.setBrush(theme.color("warn", 0.1))
            if kind == "norm":
                painter.drawEllipse(box)
            else:
                painter.drawRect(box)
        self._frame(painter)
        raw = plot.to_pixels(*within(found.raw, plot.x_range))
        outside = not area.contains(raw)
        end = _at_edge(origin, raw, area) if outside else raw
        if found.is_clipped:
            self._arrow(painter, origin, end, theme.color("muted"), 1.6)
            self._arrow(painter, origin, plot.to_pixels(*found.after), theme.color("accent"), 2.6)
        else:
            self._arrow(painter, origin, end, theme.color("accent"), 2.6)
        if outside:
            self._break(painter, origin, end)
        else:
            painter.setPen(QPen(theme.color("muted"), 1.4))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(raw, 5.0, 5.0)
        if self._magnified is not None:
            self._name(painter, origin, raw, f"before {_components(found.raw)}", "muted")
            return
        after = plot.to_pixels(*found.after)
        if found.angle > 0.5:
            self._angle(painter, origin, raw, after)
        if kind != "none":
            self._name(painter, origin, after, f"after {_components(found.after)}", "accent")

    def _arrow(
        self, painter: QPainter, begin: QPointF, end: QPointF, color: QColor, width: float
    ) -> None:
        line = QLineF(begin, end)
        if line.length() < 0.5:
            return
        head = min(_HEAD, line.length())
        along = QPointF(line.dx() / line.length(), line.dy() / line.length())
        across = QPointF(-along.y(), along.x())
        base = end - along * head
        painter.setPen(QPen(color, width))
        painter.drawLine(begin, base)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(color))
        wing = across * (head * 0.42)
        painter.drawPolygon(QPolygonF([end, base + wing, base - wing]))

    def _frame(self, painter: QPainter) -> None:
        """Frame what the other picture magnifies."""
        if self._magnified is None or self._theme is None:
            return
        (x0, x1), (y0, y1) = self._magnified.x_range, self._magnified.y_range
        part = QRectF(self._plot.to_pixels(x0, y1), self._plot.to_pixels(x1, y0))
        if part.width() < 0.8 * self._plot.area().width():
            painter.setPen(QPen(self._theme.color("dim"), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(part)

    def _name(self, painter: QPainter, begin: QPointF, end: QPointF, text: str, color: str) -> None:
        """Write beyond the end of an arrow, as far as there is room."""
        assert self._theme is not None
        font = self._theme.plot_font()
        metrics = QFontMetricsF(font)
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
        line = QLineF(begin, end)
        along = line.unitVector() if line.length() > 0 else QLineF(0, 0, 0, -1)
        reach = 10 + abs(along.dx()) * box.width() / 2 + abs(along.dy()) * box.height() / 2
        box.moveCenter(end + QPointF(along.dx(), along.dy()) * reach)
        inside = self._plot.area().adjusted(3, 22, -3, -3)  # below the caption
        box.moveLeft(max(min(box.left(), inside.right() - box.width()), inside.left()))
        box.moveTop(max(min(box.top(), inside.bottom() - box.height()), inside.top()))
        if box.adjusted(-4, -4, 4, 4).contains(end):  # pushed back over the arrow
            above = end.y() - box.height() - 9
            box.moveTop(above if above > inside.top() else end.y() + 9)
        painter.fillRect(box, self._theme.color("plot", 0.7))
        painter.setFont(font)
        painter.setPen(self._theme.color(color))
        painter.drawText(QPointF(box.left() + 3, box.top() + metrics.ascent()), text)

    def _break(self, painter: QPainter, origin: QPointF, end: QPointF) -> None:
        """Cut the shaft by two slanting strokes: it is longer than it is drawn."""
        assert self._theme is not None
        line = QLineF(end, origin)
        if line.length() < 40:
            return
        for shift, color, width in (
            (26.0, "plot", 7.0),
            (22.5, "muted", 1.4),
            (29.5, "muted", 1.4),
        ):
            middle = line.pointAt(shift / line.length())
            normal = QLineF(line.normalVector().unitVector())
            slant = QPointF(normal.dx() * 7 + line.unitVector().dx() * 3, 0)
            slant.setY(normal.dy() * 7 + line.unitVector().dy() * 3)
            pen = QPen(self._theme.color(color), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(middle - slant, middle + slant)

    def _angle(self, painter: QPainter, origin: QPointF, raw: QPointF, after: QPointF) -> None:
        assert self._theme is not None
        first, second = QLineF(origin, raw).angle(), QLineF(origin, after).angle()
        turn = (second - first + 180.0) % 360.0 - 180.0
        radius = min(_ARC, max(14.0, 0.6 * QLineF(origin, after).length()))
        box = QRectF(origin.x() - radius, origin.y() - radius, 2 * radius, 2 * radius)
        painter.setPen(QPen(self._theme.color("text"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(box, round(first * 16), round(turn * 16))
        assert self._shown is not None
        middle = QLineF.fromPolar(radius, first + turn / 2).translated(origin)
        self._name(painter, origin, middle.p2(), f"{number(self._shown[0].angle)}°", "text")


def _at_edge(begin: QPointF, end: QPointF, area: QRectF) -> QPointF:
    """Return where the line to ``end`` leaves the area, which holds its beginning."""
    share = 1.0
    inside = area.adjusted(3, 3, -3, -3)
    dx, dy = end.x() - begin.x(), end.y() - begin.y()
    for delta, at, low, high in (
        (dx, begin.x(), inside.left(), inside.right()),
        (dy, begin.y(), inside.top(), inside.bottom()),
    ):
        if delta:
            share = min(share, max((low - at) / delta, (high - at) / delta))
    return QPointF(begin.x() + share * dx, begin.y() + share * dy)


def within(vector: tuple[float, float], span: tuple[float, float]) -> tuple[float, float]:
    """Return a vector shortened to some pictures' widths: farther away, pixels end.

    Cut off one by one there, they would turn it.
    """
    most, length = 50.0 * (span[1] - span[0]), math.hypot(*vector)
    share = most / length if length > most else 1.0
    return vector[0] * share, vector[1] * share


def _components(vector: tuple[float, float]) -> str:
    return f"({short(vector[0])}, {short(vector[1])})"


def short(value: float) -> str:
    """Return a number with up to four digits, without zeros at its end."""
    text = f"{value:.4g}"
    return number(value) if "e" in text else text.replace("-", "−")


def _rounded(value: float, step: float) -> float:
    """Return a coordinate with the digits that a pixel can tell apart."""
    return round(value, max(0, -math.floor(math.log10(step))))
