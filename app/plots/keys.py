"""A picture by keyboard: its values are read, picked, zoomed and moved without a mouse."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QKeyEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.notes import Cursor
from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.plots.ticks import Scale
from app.theme import Theme

if TYPE_CHECKING:
    from app.plots.canvas import Canvas

_FAR = 10  # times as far with Shift
_ZOOM = 0.7  # share of a range that is left
_PAN = 0.1  # share of a range
_PLACES = tuple((x, y) for y in (0.5, 0.25, 0.75) for x in (0.5, 0.25, 0.75, 0.1, 0.02, 0.9))
"""Shares of width and height where something may be to read, the middle first."""

_Key, _Modifier = Qt.Key, Qt.KeyboardModifier
_ARROWS: dict[int, tuple[int, int]] = {
    _Key.Key_Left: (-1, 0),
    _Key.Key_Right: (1, 0),
    _Key.Key_Down: (0, -1),
    _Key.Key_Up: (0, 1),
}
_ENTER = (_Key.Key_Return, _Key.Key_Enter)
_ZOOMS: dict[int, float] = {_Key.Key_Plus: _ZOOM, _Key.Key_Equal: _ZOOM, _Key.Key_Minus: 1 / _ZOOM}
_BACK = (_Key.Key_0, _Key.Key_Backspace)
_PAGES: dict[int, int] = {_Key.Key_PageDown: 1, _Key.Key_PageUp: -1}

HINT = "Enter reads values by the arrow keys, plus and minus zoom, Alt with the arrows moves."


def announce(widget: QWidget, words: str) -> None:
    """Have a screen reader say words, if there is one."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


class PictureKeys:
    """What the keys do in a canvas that has them.

    Enter puts up a cursor that reads what the mouse would read there; the arrows move it by a
    layer, a step or a hundredth of the picture. While it is up the arrows, Enter and Esc are the
    picture's, whatever they do elsewhere in the window; without it they stay the window's.

    Parameters
    ----------
    canvas : Canvas
        It is told of moves and picks by its signals, as if the mouse had made them.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._plot: Plot | None = None
        self._at = (0.0, 0.0)
        self._described = ""  # what the picture was said to be before the cursor was up
        self._theme: Theme | None = None
        self._points: dict[Plot, ReadingPoint] = {}

    # Public ------------------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Whether the cursor is up."""
        return self._plot is not None

    def set_theme(self, theme: Theme) -> None:
        """Take over colours."""
        self._theme = theme
        for point in self._points.values():
            point.set_theme(theme)

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is the picture's, though the window may have a command for it."""
        return self.reading and self._meaning(event) is not None

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key means here; return whether it means anything."""
        meaning = self._meaning(event)
        if meaning is None:
            return False
        meaning()
        return True

    def follow_mouse(self, plot: Plot, x: float, y: float) -> None:
        """Take the cursor along with the mouse, if it is up: there is but one."""
        if self.reading:
            self._place(plot, x, y)

    def put_away(self) -> None:
        """Take the cursor away and give the keys back."""
        if self._plot is None:
            return
        self._plot = None
        for point in self._points.values():
            point.hide()
        self._canvas.setAccessibleDescription(self._described)
        self._canvas.left.emit()

    # Keys --------------------------------------------------------------------------------

    def _meaning(self, event: QKeyEvent) -> Callable[[], None] | None:
        held = event.modifiers() & ~_Modifier.KeypadModifier
        key = event.key()
        shift = held == _Modifier.ShiftModifier
        if key in _ARROWS and held == _Modifier.AltModifier:
            return self._pan_by(*_ARROWS[key])
        if key in _ZOOMS and (shift or not held):
            plot = self._zoomable(0, 1)
            return None if plot is None else partial(self._zoom, plot, _ZOOMS[key])
        if key in _ARROWS and self.reading and (shift or not held):
            return partial(self._move, *_ARROWS[key], _FAR if shift else 1)
        if held:
            return None
        if key in _BACK and not all(plot.following for plot in self._canvas.plots):
            return self._follow_again
        return self._plain(key)

    def _plain(self, key: int) -> Callable[[], None] | None:
        """Return what a key without modifiers means to the cursor."""
        if not self.reading:
            return self._put_up if key in _ENTER and self._visible() else None
        if key in _ENTER:
            return self._pick
        if key == _Key.Key_Escape:
            return self.put_away
        if key in _PAGES and len(self._visible()) > 1:
            return partial(self._turn, _PAGES[key])
        return None

    # Reading -----------------------------------------------------------------------------

    def _visible(self) -> list[Plot]:
        return [plot for plot in self._canvas.plots if plot.isVisible()]

    def _put_up(self) -> None:
        self._described = self._canvas.accessibleDescription()
        self._begin(self._visible()[0])

    def _turn(self, way: int) -> None:
        """Go to the next plot of the canvas, from the last one to the first."""
        plots = self._visible()
        place = plots.index(self._plot) if self._plot in plots else -way
        self._begin(plots[(place + way) % len(plots)])

    def _begin(self, plot: Plot) -> None:
        """Put the cursor into the middle of a plot, or where there is something to read."""
        for shares in (*_PLACES, _PLACES[0]):
            self._go(plot, *_at_shares(plot, *shares))
            if plot.overlay.shown("cursor") is not None:
                break
        caption = plot.overlay.shown("caption")
        self._say(caption if isinstance(caption, str) and len(self._visible()) > 1 else "")

    def _move(self, right: int, up: int, times: int) -> None:
        plot = self._plot
        if plot is None or not plot.isVisible():  # the view shows others by now
            self._begin(self._visible()[0])
            return
        x, y = self._at
        self._go(plot, x + right * times * _unit(plot, 0), y + up * times * _unit(plot, 1))
        self._say()

    def _pick(self) -> None:
        if self._plot is not None:
            self._canvas.clicked.emit(self._plot, *self._at)

    def _go(self, plot: Plot, x: float, y: float) -> None:
        """Put the cursor at coordinates, or at the edge of the picture that is next to them."""
        self._place(plot, _inside(plot, 0, x), _inside(plot, 1, y))
        self._canvas.hovered.emit(plot, *self._at)

    def _place(self, plot: Plot, x: float, y: float) -> None:
        self._plot, self._at = plot, (x, y)
        if plot not in self._points:
            self._points[plot] = ReadingPoint(plot)
            if self._theme is not None:
                self._points[plot].set_theme(self._theme)
        for other, point in self._points.items():
            point.setVisible(other is plot)
        self._points[plot].show_at(x, y)

    def _say(self, before: str = "") -> None:
        assert self._plot is not None
        cursor = self._plot.overlay.shown("cursor")
        lines = cursor.lines if isinstance(cursor, Cursor) else ("Nothing to read here",)
        name = before.split(" · ")[0].split(",")[0]  # without what is said of it
        words = ". ".join(lines if lines[0].startswith(name) else (name, *lines))
        self._canvas.setAccessibleDescription(words)
        announce(self._canvas, words)

    # Ranges ------------------------------------------------------------------------------

    def _zoomable(self, *axes: int) -> Plot | None:
        """Return the plot of which the mouse, too, could move one of the axes."""
        plots = self._visible() if self._plot is None else [self._plot]
        return next((one for one in plots if any(one.mouse[axis] for axis in axes)), None)

    def _zoom(self, plot: Plot, factor: float) -> None:
        plot.zoom(factor, *(self._at if self.reading else (None, None)))
        self._keep_inside("Zoomed in" if factor < 1 else "Zoomed out")

    def _pan_by(self, right: int, up: int) -> Callable[[], None] | None:
        plot = self._zoomable(0 if right else 1)
        return None if plot is None else partial(self._pan, plot, right * _PAN, up * _PAN)

    def _pan(self, plot: Plot, right: float, up: float) -> None:
        plot.pan(right, up)
        self._keep_inside("Moved")

    def _follow_again(self) -> None:
        self._canvas.follow_again()
        self._keep_inside("Follows the run")

    def _keep_inside(self, words: str) -> None:
        """Say what happened to the range, and have the cursor where it can be seen."""
        if self._plot is not None:
            self._go(self._plot, *self._at)
        announce(self._canvas, words)


class ReadingPoint(PixelItem):
    """A small ring where the keys read: a read-out may be of the nearest thing beside it."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, z=9)  # below the numbers that are read
        self._at = (0.0, 0.0)

    def show_at(self, x: float, y: float) -> None:
        """Show it at coordinates of the plot."""
        self._at = (x, y)
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        area, at = self.boundingRect(), self._plot.to_pixels(*self._at)
        if not area.adjusted(-1, -1, 1, 1).contains(at):
            return
        # Whole, though it lies at an edge.
        x = min(max(at.x(), area.left() + 6), area.right() - 6)
        y = min(max(at.y(), area.top() + 6), area.bottom() - 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in (("panel", 4.0), ("accent", 2.0)):
            painter.setPen(QPen(self._theme.color(color), width))
            painter.drawEllipse(QPointF(x, y), 4.0, 4.0)


def _range(plot: Plot, axis: int) -> tuple[float, float]:
    return plot.y_range if axis else plot.x_range


def _is_whole(plot: Plot, axis: int) -> bool:
    if plot.y_layers if axis else plot.x_layers:
        return True
    return (plot.y_scale if axis else plot.x_scale) is Scale.WHOLE


def _unit(plot: Plot, axis: int) -> float:
    """Return how far a key goes: a layer, else a hundredth, but whole steps."""
    low, high = _range(plot, axis)
    if plot.y_layers if axis else plot.x_layers:
        return 1.0
    unit = (high - low) / 100
    return max(1.0, float(round(unit))) if _is_whole(plot, axis) else unit


def _inside(plot: Plot, axis: int, at: float) -> float:
    """Return the coordinate that can be read next to one: in sight, and whole where they are."""
    low, high = _range(plot, axis)
    if _is_whole(plot, axis) and math.ceil(low) <= math.floor(high):
        return float(min(max(round(at), math.ceil(low)), math.floor(high)))
    # An edge may round to outside.
    room = (high - low) * 1e-6
    return min(max(at, low + room), high - room)


def _at_shares(plot: Plot, right: float, up: float) -> tuple[float, float]:
    (left, end), (bottom, top) = plot.x_range, plot.y_range
    return left + right * (end - left), bottom + up * (top - bottom)
