"""The scale of a heat image, whose ends can be dragged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QStyleOptionGraphicsItem, QWidget

from app.plots import text
from app.plots.ranges import Range
from app.plots.scale_bar import Label, ScaleBar
from app.plots.ticks import Scale, ticks
from app.theme import viridis

LEAST = 0.25
"""Decades that a scale has at least."""
MOST = 60.0
"""How far from 1 an end can be moved, decades: further than any number recorded."""
_NEAR = 9.0  # pixels from an end within which it is that end that is dragged
_WHEEL = 0.88  # of the range that is left after a notch of the wheel


class ColorBar(ScaleBar):
    """Viridis with decades beside it, and a swatch for each special colour on screen.

    The ends of the colours can be dragged, each by itself or, between them, both; the wheel
    makes their range smaller or larger, a double click gives it back. Whoever shows the scale
    decides: it is told of what was chosen and sets the scale.

    Signals
    -------
    range_chosen(float, float)
        The ends were moved by hand, log10 of the values.
    range_released()
        The range is to be automatic again.
    """

    range_chosen = Signal(float, float)
    range_released = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._range: Range = (-1.0, 0.0)
        self._whole: Range = (-1.0, 0.0)
        self._by_hand = False
        self._grip: str = ""
        self._grabbed: tuple[Range, float] = ((-1.0, 0.0), 0.0)  # range and place at the start
        self._hovered = False
        self.setToolTip(
            "Drag an end of the colours, or both from between them; the wheel narrows.\n"
            "Double-click: automatic again. Keys: [ ] for the lower end, { } for the upper."
        )

    def set_scale(
        self, low: float, high: float, kinds: frozenset[int], chosen: Range | None = None
    ) -> None:
        """Show the scale from 10**low to 10**high and the special colours in use.

        Parameters
        ----------
        low, high : float
            The automatic ends.
        kinds : frozenset of int
        chosen : (float, float), optional
            The ends that are in force instead, by hand: the bar then shows both.
        """
        now = chosen or (low, high)
        whole = (min(low, now[0]), max(high, now[1]))
        if self._grip:  # what is dragged must not move below the mouse
            whole = (min(whole[0], self._whole[0]), max(whole[1], self._whole[1]))
        new = (now, whole, kinds, chosen is not None)
        if new != (self._range, self._whole, self._kinds, self._by_hand):
            self._range, self._whole, self._kinds, self._by_hand = new
            self.update()

    @property
    def range(self) -> Range:
        """The scale in force, log10 of the values at its ends."""
        return self._range

    def choose(self, low: float, high: float) -> None:
        """Tell of ends chosen by hand, unless they are too near or too far."""
        if high - low >= LEAST * 0.999 and low >= -MOST and high <= MOST:
            self.range_chosen.emit(low, high)

    # Places ------------------------------------------------------------------------------

    def place(self, at: float) -> float:
        """Return the y of a value, log10, in this item's pixels."""
        bar, (low, high) = self.bar_rect(), self._whole
        return bar.bottom() - (at - low) / (high - low) * bar.height()

    def _value(self, y: float) -> float:
        bar, (low, high) = self.bar_rect(), self._whole
        return low + (bar.bottom() - y) / bar.height() * (high - low)

    def _grip_at(self, y: float) -> str:
        low, high = (self.place(at) for at in self._range)
        near = min(_NEAR, max(2.0, (low - high) / 3))
        if abs(y - high) <= near or y < high:
            return "high"
        return "low" if abs(y - low) <= near or y > low else "both"

    # Mouse -------------------------------------------------------------------------------

    def hoverEvent(self, event: Any) -> None:
        """Show what a drag would move (pyqtgraph calls it)."""
        inside = not event.isExit()
        if inside:
            event.acceptDrags(Qt.MouseButton.LeftButton)
            event.acceptClicks(Qt.MouseButton.LeftButton)
            both = self._grip_at(event.pos().y()) == "both"
            self.setCursor(Qt.CursorShape.OpenHandCursor if both else Qt.CursorShape.SizeVerCursor)
        if inside != self._hovered:
            self._hovered = inside
            self.update()

    def mouseDragEvent(self, event: Any) -> None:
        """Move the ends (pyqtgraph calls it)."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        if event.isStart():
            start = event.buttonDownPos().y()
            self._grip, self._grabbed = self._grip_at(start), (self._range, self._value(start))
        (low, high), from_ = self._grabbed
        moved = self._value(event.pos().y()) - from_
        if self._grip == "low":
            low = min(low + moved, high - LEAST)
        elif self._grip == "high":
            high = max(high + moved, low + LEAST)
        else:
            low, high = low + moved, high + moved
        if event.isFinish():
            self._grip = ""
        self.choose(low, high)

    def mouseClickEvent(self, event: Any) -> None:
        """Give up the chosen range on a double click (pyqtgraph calls it)."""
        if event.button() == Qt.MouseButton.LeftButton and event.double():
            event.accept()
            self.range_released.emit()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        event.accept()
        low, high = self._range
        at = min(max(self._value(event.pos().y()), low), high)
        factor = _WHEEL ** (event.delta() / 120)
        low, high = at - (at - low) * factor, at + (high - at) * factor
        self.choose(low, high)

    # Painting ----------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        bar, (low, high) = self.bar_rect(), (self.place(at) for at in self._range)
        self._paint_colors(painter, bar, (low, high), viridis(9))
        self._paint_labels(painter, bar, self._labels(bar))
        if self._by_hand or self._hovered:
            self._paint_grips(painter, bar, (low, high))
        self._paint_kinds(painter, bar)

    def _labels(self, bar: QRectF) -> Iterator[Label]:
        """Yield y, words and token of the numbers, those of ends moved by hand first."""
        if self._by_hand:
            for at in self._range:
                yield self.place(at), text.number(10.0**at, 1 if at < -3.9 else 2), "text"
        count = max(2, int(bar.height() / self._px(44)))
        for tick in ticks(Scale.LOG, *self._whole, count):
            yield self.place(tick.at), tick.label, "muted"

    def _paint_grips(self, painter: QPainter, bar: QRectF, ends: tuple[float, float]) -> None:
        """Draw a line across the bar at either end, with a tooth beside it to take hold of."""
        assert self._theme is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self._theme.color("text")
        for y in ends:
            y = min(max(y, bar.top() + 0.5), bar.bottom() - 0.5)
            painter.setPen(QPen(QColor("#ffffff"), 1))
            painter.drawLine(QLineF(bar.left(), y, bar.right(), y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            tip = QPointF(bar.right() - 1, y)
            corners = [tip, tip + QPointF(6, -3.5), tip + QPointF(6, 3.5)]
            painter.drawPolygon(QPolygonF(corners))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
