"""A network as a strip: columns of cells, and two rivers that flow through them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.plots.plot import Plot
from app.plots.strip_data import Light, StripPicture
from app.plots.strip_lane import (
    INF,
    LEVELS,
    MISSING,
    NAN,
    ZERO,
    Lane,
    arrows,
    cell_rects,
    river,
    specials,
)
from app.plots.strip_layout import StripLayout
from app.plots.strip_print import BACKWARD, FORWARD, StripPrint
from app.plots.strip_stages import paint_clip, paint_special, paint_update
from app.theme import Theme


@dataclass(slots=True, eq=False)
class _Shapes:
    """What is drawn of a lane, made once a picture."""

    river: QPainterPath
    ink: QBrush
    arrows: list[QPolygonF] = field(default_factory=list)
    specials: list[tuple[int, QRectF]] = field(default_factory=list)
    cells: dict[int, list[QRectF]] = field(default_factory=dict)
    columns: list[QRectF] = field(default_factory=list)


class StripItem(QGraphicsItem):
    """A strip over a plot, in its pixels. It is told what is lit, and knows nothing of time."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._print: StripPrint | None = None
        self._layout: StripLayout | None = None
        self._picture: StripPicture | None = None
        self._lanes: tuple[_Shapes, _Shapes] | None = None
        self._selected = 0
        self._light = Light()
        self.setZValue(5)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._print = StripPrint(theme)
        self.update()

    @property
    def written(self) -> list[tuple[QRectF, str]]:
        """What was written last, and where."""
        return [] if self._print is None else self._print.written

    @property
    def line(self) -> float:
        """Height of a line of print."""
        return 14.0 if self._print is None else self._print.line

    def clear(self) -> None:
        """Show nothing."""
        self._picture = self._lanes = None
        self.update()

    def show_picture(self, layout: StripLayout, picture: StripPicture) -> None:
        """Draw a network."""
        assert self._print is not None
        self.prepareGeometryChange()
        self._layout, self._picture = layout, picture
        made = []
        for lane, span, way, token in (
            (picture.forward, layout.forward, 1, FORWARD),
            (picture.backward, layout.backward, -1, BACKWARD),
        ):
            made.append(
                _Shapes(
                    river(layout, lane, span),
                    _ink(layout, lane, self._print.theme.color(token)),
                    arrows(layout, lane, span, way),
                    specials(layout, lane, span),
                    cell_rects(layout, lane, span),
                    _columns(layout, lane, span),
                )
            )
        self._lanes = (made[0], made[1])
        self.update()

    def select(self, number: int) -> None:
        """Mark a layer."""
        if number != self._selected:
            self._selected = number
            self.update()

    def set_light(self, light: Light) -> None:
        """Light up parts."""
        if light != self._light:
            self._light = light
            self.update()

    @property
    def light(self) -> Light:
        """What is lit."""
        return self._light

    # Painting ----------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return self._plot.area()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        words, layout, picture, lanes = self._print, self._layout, self._picture, self._lanes
        if words is None or layout is None or picture is None or lanes is None:
            return
        theme = words.theme
        area, light = self._plot.area(), self._light
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words.begin(painter)
        self._paint_selection(painter, layout, theme)
        start, stop = layout.source[1], layout.box[0]
        for shapes, span, token, strength, reach, way in (
            (lanes[0], layout.forward, FORWARD, light.forward, light.forward_reach, 1),
            (lanes[1], layout.backward, BACKWARD, light.backward, light.backward_reach, -1),
        ):
            front = start + (stop - start) * (reach if way > 0 else 1 - reach)
            if reach < 1:
                painter.setOpacity(min(strength, 0.13))
                self._paint_lane(painter, shapes, theme, token)
                lit = QRectF(area)
                if way > 0:
                    lit.setRight(front)
                else:
                    lit.setLeft(front)
                painter.setClipRect(lit)
            painter.setOpacity(strength)
            self._paint_lane(painter, shapes, theme, token)
            painter.setClipRect(area)
            painter.setOpacity(1.0)
            if 0 < reach < 1:
                self._paint_front(painter, theme.color(token), front, span, way)
        self._paint_frames(painter, layout, picture, theme)
        words.write_all(painter, layout, picture, light, self._selected)
        words.write_loss(painter, layout, picture, light.loss)
        if light.update is not None:
            paint_update(painter, layout, picture, words, light.update)
        if light.clip is not None:
            paint_clip(painter, layout, picture.card, words, light.clip)

    def _paint_selection(self, painter: QPainter, layout: StripLayout, theme: Theme) -> None:
        if 1 <= self._selected <= layout.count:
            half = max(min(layout.pitch / 2, layout.column * 0.8 + 6), 3.0)
            x = layout.x(self._selected)
            room = QRectF(x - half, layout.forward[0] - 3, 2 * half, 0)
            room.setBottom(layout.backward[1] + 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("text", 0.07))
            painter.drawRoundedRect(room, 4, 4)

    def _paint_lane(self, painter: QPainter, shapes: _Shapes, theme: Theme, token: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shapes.ink)
        painter.drawPath(shapes.river)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("plot", 0.75), 1.5))
        for one in shapes.arrows:
            painter.drawPolyline(one)
        for kind, rect in shapes.specials:
            paint_special(painter, kind, rect, theme)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("plot"))
        painter.drawRects(shapes.columns)  # the river flows between them, not over their cells
        ground, full = theme.color("plot"), theme.color(token)
        full = full.lighter(112) if theme.is_dark else full.darker(112)
        for kind, rects in shapes.cells.items():
            painter.setBrush(_cell_color(kind, ground, full, theme))
            painter.drawRects(rects)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_front(
        self, painter: QPainter, color: QColor, x: float, span: tuple[float, float], way: int
    ) -> None:
        """Light the head of a signal on its way."""
        tail = 46.0
        glow = QLinearGradient(x - way * tail, 0, x, 0)
        none = QColor(color)
        none.setAlphaF(0.0)
        some = QColor(color)
        some.setAlphaF(0.45)
        glow.setColorAt(0, none)
        glow.setColorAt(1, some)
        left = x - tail if way > 0 else x
        painter.fillRect(QRectF(left, span[0] - 2, tail, span[1] - span[0] + 4), glow)
        painter.setPen(QPen(color, 2))
        painter.drawLine(QLineF(x, span[0] - 2, x, span[1] + 2))

    def _paint_frames(
        self, painter: QPainter, layout: StripLayout, picture: StripPicture, theme: Theme
    ) -> None:
        top, bottom = layout.forward[0] - 1, layout.backward[1] + 1
        line = theme.color("muted", 0.55)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if layout.column >= 2:
            for number in range(1, layout.count + 1):
                x = layout.x(number)
                rect = QRectF(x - layout.column / 2, top, layout.column, bottom - top)
                chosen = number == self._selected
                painter.setPen(QPen(theme.color("text") if chosen else line, 1.5 if chosen else 1))
                if picture.maps[number - 1] and layout.column > 8:
                    for back in (3.0, 6.0):  # sheets behind the first
                        corner = QPointF(rect.left() + back, rect.top() - back)
                        path = QPainterPath(corner)
                        path.lineTo(rect.right() + back, rect.top() - back)
                        path.lineTo(rect.right() + back, rect.bottom() - back)
                        painter.drawPath(path)
                radius = 3.0 if layout.column > 8 else 1.0
                painter.drawRoundedRect(rect, radius, radius)
        else:
            painter.setPen(QPen(theme.color("muted", 0.25), 1))
            lines = [
                QLineF(layout.x(n), top, layout.x(n), bottom) for n in range(1, layout.count + 1)
            ]
            if layout.pitch >= 3:
                painter.drawLines(lines)
            if 1 <= self._selected <= layout.count:
                painter.setPen(QPen(theme.color("text"), 1.5))
                painter.drawLine(lines[self._selected - 1])
        painter.setPen(QPen(line, 1))
        left, right = layout.source
        frame = QRectF(left, top, right - left, layout.forward[1] + 1 - top)
        painter.drawRoundedRect(frame, 3, 3)
        high = (frame.height() - 3) / max(1, picture.inputs)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("muted", 0.35))
        painter.drawRects(
            [
                QRectF(left + 2, frame.top() + 2 + i * high, frame.width() - 4, max(high - 1, 1))
                for i in range(picture.inputs)
            ]
        )
        middle = sum(layout.forward) / 2
        stop = layout.x(1) - layout.column / 2 - 3
        if stop - right > 8:  # of the input no strength is recorded: a line, not a river
            painter.setPen(QPen(theme.color("muted"), 1.2))
            painter.drawLine(QLineF(right + 3, middle, stop, middle))
            painter.drawLine(QLineF(stop - 4, middle - 3, stop, middle))
            painter.drawLine(QLineF(stop - 4, middle + 3, stop, middle))
        painter.setPen(QPen(theme.color("muted", 0.9), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number in picture.arcs if layout.pitch >= 8 else ():
            start, end = layout.x(number - 1), layout.x(number)
            path = QPainterPath(QPointF(start + 2, top - 2))
            path.cubicTo(start + 3, top - 11, end - 3, top - 11, end - 2, top - 2)
            painter.drawPath(path)


def _ink(layout: StripLayout, lane: Lane, color: QColor) -> QBrush:
    """Return the river's colour: the stronger the signal, the fuller."""
    ink = QLinearGradient(layout.x(1), 0, layout.x(layout.count), 0)
    span = max(layout.count - 1, 1)
    every = max(1, layout.count // 48)
    for index in range(0, layout.count, every):
        share = lane.shares[index]
        if np.isfinite(share):
            one = QColor(color)
            one.setAlphaF(0.45 + 0.3 * float(share))
            ink.setColorAt(index / span if layout.count > 1 else 0.0, one)
    if not ink.stops() or not np.isfinite(lane.shares).any():
        return QBrush(color)
    return QBrush(ink)


def _columns(layout: StripLayout, lane: Lane, span: tuple[float, float]) -> list[QRectF]:
    if layout.column < 2 or not any(map(len, lane.cells)):
        return []
    height = span[1] - span[0]
    return [
        QRectF(layout.x(n) - layout.column / 2, span[0], layout.column, height)
        for n in range(1, layout.count + 1)
    ]


def _cell_color(kind: int, ground: QColor, full: QColor, theme: Theme) -> QColor:
    if kind < 0:
        tokens = {ZERO: "zero", NAN: "nan", INF: "inf", MISSING: "grid"}
        return theme.color(tokens[kind])
    share = 0.14 + 0.86 * kind / (LEVELS - 1)
    low, high = ((one.red(), one.green(), one.blue()) for one in (ground, full))
    return QColor(*(round(a + (b - a) * share) for a, b in zip(low, high, strict=True)))
