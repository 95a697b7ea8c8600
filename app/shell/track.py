"""The track of the timeline: the whole run at a glance, and a handle to look back with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import arrayToQPath
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.text import integer
from app.theme import Theme
from core.record import Event

_HEIGHT = 40
_TOP = 13.0  # of the curve: above it are the words of events
Array = NDArray[np.float64]


class Track(QWidget):
    """Loss of the whole run as a line, events as flags, the step looked at as a handle.

    Signals
    -------
    moved(int)
        The handle was moved to this recorded step.
    """

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme | None = None
        self._steps = 0
        self._at: int | None = None
        self._hovered: float | None = None
        self._curve: tuple[Array, Array] = (np.zeros(0), np.zeros(0))
        self._events: tuple[Event, ...] = ()
        self._ground: QPixmap | None = None
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Timeline")
        self.setToolTip("Click or drag to look back. ← and → go step by step.")

    # Public ------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self._repaint()

    def show_run(self, steps: int, x: Array, y: Array, events: tuple[Event, ...]) -> None:
        """Show a run of so many steps.

        Parameters
        ----------
        steps : int
        x, y : ndarray of float64, shape (points,)
            A line over steps, in any unit; at most two points a pixel.
        events : tuple of Event
        """
        self._steps, self._curve, self._events = steps, (x, y), events
        self._repaint()

    def show_step(self, at: int | None) -> None:
        """Put the handle on a step, or (None) at the end."""
        if at != self._at:
            self._at = at
            where = "live" if at is None else f"looking back at step {integer(at)}"
            self.setAccessibleDescription(where)
            self.update()

    def step_at(self, x: float) -> int:
        """Return the recorded step below a pixel."""
        share = (x - self._rect().left()) / max(self._rect().width(), 1.0)
        return round(min(max(share, 0.0), 1.0) * max(self._steps - 1, 0))

    # Inside ------------------------------------------------------------------------------

    def _repaint(self) -> None:
        self._ground = None
        self.update()

    def _rect(self) -> QRectF:
        return QRectF(self.rect()).adjusted(6, 2, -7, -3)

    def _x(self, step: float) -> float:
        rect = self._rect()
        return rect.left() + step / max(self._steps - 1, 1) * rect.width()

    def _paint_ground(self) -> QPixmap:
        """Paint what stays while the handle moves."""
        assert self._theme is not None
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self._rect()
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("plot"))
        painter.drawRoundedRect(rect.adjusted(-5.5, -1.5, 5.5, 1.5), 4, 4)
        self._paint_curve(painter, rect)
        self._paint_events(painter, rect)
        painter.end()
        return pixmap

    def _paint_curve(self, painter: QPainter, rect: QRectF) -> None:
        assert self._theme is not None
        x, y = self._curve
        finite = np.isfinite(y)
        if np.count_nonzero(finite) < 2:
            return
        low, high = float(y[finite].min()), float(y[finite].max())
        height = rect.height() - _TOP - 2
        scale = height / (high - low) if high > low else 0.0
        base = rect.bottom() - 2 if high > low else rect.bottom() - height / 2
        across = rect.left() + x / max(self._steps - 1, 1) * rect.width()
        painter.setPen(QPen(self._theme.color("accent"), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(arrayToQPath(across, base - (y - low) * scale, connect="finite"))

    def _paint_events(self, painter: QPainter, rect: QRectF) -> None:
        assert self._theme is not None
        font = self._theme.plot_font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        free = rect.left()
        for place, event in enumerate(self._events):
            x = self._x(event.step)
            flag = [
                QPointF(x - 4, rect.top()),
                QPointF(x + 4, rect.top()),
                QPointF(x, rect.top() + 6),
            ]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("warn"))
            painter.drawPolygon(QPolygonF(flag))
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QPointF(x, rect.top() + 6), QPointF(x, rect.bottom()))
            later = self._events[place + 1].step if place + 1 < len(self._events) else None
            end = rect.right() if later is None else self._x(later) - 6
            room = end - x - 8
            if room > 40 and x > free:
                words = metrics.elidedText(event.text, Qt.TextElideMode.ElideRight, room)
                painter.setPen(self._theme.color("muted"))
                painter.drawText(QPointF(x + 8, rect.top() + metrics.ascent() - 1), words)
                free = x + 8 + metrics.horizontalAdvance(words)

    def _choose(self, x: float) -> None:
        if self._steps:
            self.moved.emit(self.step_at(x))

    # Qt ----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        if self._ground is None:
            self._ground = self._paint_ground()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self._rect()
        if self._steps:
            live = self._at is None
            x = self._x(self._steps - 1 if self._at is None else self._at)
            color = self._theme.color("good" if live else "accent")
            if not live:
                shade = self._theme.color("window", 0.45)
                painter.fillRect(QRectF(x, rect.top(), rect.right() - x, rect.height()), shade)
            painter.setPen(QPen(color, 2))
            painter.drawLine(QPointF(x, rect.top() - 1), QPointF(x, rect.bottom() + 1))
            if not live:
                painter.setBrush(color)
                painter.drawEllipse(QPointF(x, rect.bottom() - 5), 3.5, 3.5)
        if self._hovered is not None and self._steps:
            self._paint_hover(painter, rect)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(-5.5, -1.5, 5.5, 1.5), 4, 4)
        painter.end()

    def _paint_hover(self, painter: QPainter, rect: QRectF) -> None:
        assert self._theme is not None and self._hovered is not None
        step = self.step_at(self._hovered)
        x = self._x(step)
        painter.setFont(self._theme.plot_font())
        metrics = QFontMetricsF(painter.font())
        words = f"step {integer(step)}"
        width = metrics.horizontalAdvance(words) + 10
        left = x + 6 if x + 6 + width < rect.right() else x - 6 - width
        box = QRectF(left, rect.bottom() - metrics.height() - 3, width, metrics.height() + 2)
        painter.setPen(QPen(self._theme.color("muted"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised", 0.92))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._choose(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = event.position().x()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._hovered = None
            self._choose(event.position().x())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if self._steps and turned:
            at = self._steps - 1 if self._at is None else self._at
            self.moved.emit(min(max(at + (1 if turned > 0 else -1), 0), self._steps - 1))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the window knows what the arrows do

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._repaint()
