"""A picture with two axes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Signal, Slot
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.axis import Axis
from app.plots.overlay import Overlay
from app.plots.ranges import Range
from app.plots.ticks import Scale, Tick, layer_ticks, ticks
from app.theme import Theme

__all__ = ["Plot", "Scale"]

LEFT = 46.0
BOTTOM = 20.0
MARGIN = 12.0  # pixels up to which there is only a margin, no axis
_FAR = 1e6  # pixels; beyond any picture, and well within what Qt can draw
_X_SPACING, _Y_SPACING = 62.0, 34.0  # pixels that a label takes at least


class Plot(pg.GraphicsWidget):
    """A view box with our axes, ground, grid and overlay.

    Ranges are set by whoever fills the plot, through :meth:`follow`; the mouse takes over by
    wheel or drag until :meth:`follow_again`. Logarithmic axes hold log10 of the values, so
    that decimation and hysteresis are the caller's.

    Signals
    -------
    view_changed()
        The visible range is another one, by whatever cause.
    following_changed(bool)
        The mouse took over, or gave back.
    """

    view_changed = Signal()
    following_changed = Signal(bool)

    def __init__(
        self,
        x: Scale = Scale.LINEAR,
        y: Scale = Scale.LINEAR,
        *,
        left: float = LEFT,
        bottom: float = BOTTOM,
        mouse: tuple[bool, bool] = (True, True),
        grid: bool = True,
    ) -> None:
        super().__init__()
        self.x_scale, self.y_scale = x, y
        self.x_layers = self.y_layers = False
        self.following = True
        self._left, self._bottom = left, bottom
        self._mouse = mouse
        self._grid = grid
        self._theme: Theme | None = None
        self._target: tuple[Range, Range] | None = None
        self._picture = QRectF(0, 0, 1, 1)
        self.x_unit = self.y_unit = 1.0
        self._scale = 1.0
        self._grid_x: list[float] = []
        self._grid_y: list[float] = []
        self._build()
        self._connect()

    def _build(self) -> None:
        # Ground and grid change with the range only, the curves above them with every picture.
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self.box = pg.ViewBox(self, enableMenu=False, enableMouse=any(self._mouse))
        self.box.setMouseEnabled(*self._mouse)
        self.box.disableAutoRange()
        self.box.borderRect.hide()  # it has no colour, and is painted with every picture
        self.box.setZValue(1)
        self.overlay = Overlay(self, self.to_pixels)
        self._axis_x = Axis(self, vertical=False)
        self._axis_y = Axis(self, vertical=True)
        self._axis_x.setVisible(self._bottom > MARGIN)  # else only a margin
        self._axis_y.setVisible(self._left > MARGIN)

    def _connect(self) -> None:
        self.box.sigRangeChanged.connect(self._on_range_changed)
        self.box.sigRangeChangedManually.connect(self._on_range_changed_manually)

    # Public ------------------------------------------------------------------------------

    @property
    def x_range(self) -> Range:
        """Visible range, in coordinates."""
        low, high = self.box.state["viewRange"][0]
        return low, high

    @property
    def y_range(self) -> Range:
        """Visible range, in coordinates."""
        low, high = self.box.state["viewRange"][1]
        return low, high

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the picture, at least 1."""
        rect = self.area()
        return max(1, int(rect.width())), max(1, int(rect.height()))

    def add(self, item: object) -> None:
        """Add an item in coordinates; it never moves the ranges."""
        self.box.addItem(item, ignoreBounds=True)

    def set_scales(self, x: Scale, y: Scale) -> None:
        """Change what the coordinates mean."""
        if (x, y) != (self.x_scale, self.y_scale):
            self.x_scale, self.y_scale = x, y
            self._update_ticks()

    def set_x_unit(self, unit: float) -> None:
        """Write ``unit`` times the coordinates below a linear x axis."""
        if unit != self.x_unit:
            self.x_unit = unit
            self._update_ticks()

    def set_y_unit(self, unit: float) -> None:
        """Write ``unit`` times the coordinates beside a linear y axis.

        Values far from 1 are no coordinates: Qt cannot invert a map of 1e-19 to a pixel.
        """
        if unit != self.y_unit:
            self.y_unit = unit
            self._update_ticks()

    def show_x_axis(self, shown: bool) -> None:
        """Write at the x axis, or leave it to the plot below."""
        bottom = BOTTOM if shown else 3.0
        if bottom != self._bottom:
            self._bottom = bottom
            self._axis_x.setVisible(shown)
            self.resizeEvent(None)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self._axis_x.set_theme(theme)
        self._axis_y.set_theme(theme)
        self.overlay.set_theme(theme)
        if theme.scale != self._scale:
            self._scale = theme.scale
            self.resizeEvent(None)
        self.update()

    def follow(self, x: Range, y: Range) -> None:
        """Show these ranges, now or when the mouse gives back."""
        self._target = (x, y)
        if self.following:
            self._show_range(x, y)

    def show_part(self, x: Range | None = None, y: Range | None = None) -> None:
        """Show exactly this range (of a plot that copies another one's)."""
        self._show_range(x or self.x_range, y or self.y_range)

    @Slot()
    def follow_again(self) -> None:
        """Give up a range chosen by mouse."""
        if self.following:
            return
        self.following = True
        if self._target is not None:
            self._show_range(*self._target)
        self.following_changed.emit(True)
        self.view_changed.emit()

    @property
    def mouse(self) -> tuple[bool, bool]:
        """Whether the ranges of x and y may be chosen by hand."""
        return self._mouse

    def zoom(self, factor: float, x: float | None = None, y: float | None = None) -> None:
        """Show ``factor`` times the range around a point, by default the middle, as by wheel."""
        ranges = [
            _zoomed(one, factor, at) if free else one
            for one, at, free in zip((self.x_range, self.y_range), (x, y), self._mouse, strict=True)
        ]
        self._choose_range(*ranges)

    def pan(self, right: float, up: float) -> None:
        """Show what lies beside, in shares of the range, as by drag."""
        ranges = [
            (low + share * (high - low), high + share * (high - low)) if free else (low, high)
            for (low, high), share, free in zip(
                (self.x_range, self.y_range), (right, up), self._mouse, strict=True
            )
        ]
        self._choose_range(*ranges)

    def to_pixels(self, x: float, y: float) -> QPointF:
        """Map coordinates to this item's pixels."""
        scale_x, shift_x, scale_y, shift_y = self.mapping()
        px, py = shift_x + x * scale_x, shift_y + y * scale_y
        return QPointF(min(max(px, -_FAR), _FAR), min(max(py, -_FAR), _FAR))

    def mapping(self) -> tuple[float, float, float, float]:
        """Return scale and shift of x, scale and shift of y, from coordinates to pixels."""
        rect = self._picture
        (x0, x1), (y0, y1) = self.box.state["viewRange"]
        scale_x, scale_y = rect.width() / (x1 - x0), -rect.height() / (y1 - y0)
        return scale_x, rect.left() - x0 * scale_x, scale_y, rect.bottom() - y0 * scale_y

    def from_pixels(self, point: QPointF) -> tuple[float, float]:
        """Map this item's pixels to coordinates."""
        rect = self.area()
        (x0, x1), (y0, y1) = self.box.state["viewRange"]
        x = x0 + (point.x() - rect.left()) / max(rect.width(), 1) * (x1 - x0)
        y = y0 + (rect.bottom() - point.y()) / max(rect.height(), 1) * (y1 - y0)
        return x, y

    def holds(self, point: QPointF) -> bool:
        """Whether a point in this item's pixels lies in the picture, not on an axis."""
        return self.area().contains(point)

    # Slots -------------------------------------------------------------------------------

    @Slot(object, object, object)
    def _on_range_changed(self, box: object, ranges: object, changed: object) -> None:
        self._update_ticks()
        self.overlay.update()
        self.view_changed.emit()

    @Slot(object)
    def _on_range_changed_manually(self, axes: object) -> None:
        if self.following:
            self.following = False
            self.following_changed.emit(False)

    # Inside ------------------------------------------------------------------------------

    def _show_range(self, x: Range, y: Range) -> None:
        values = (*x, *y)
        if not all(map(math.isfinite, values)) or x[0] >= x[1] or y[0] >= y[1]:
            return
        if (*self.x_range, *self.y_range) != values:
            self.box.setRange(xRange=x, yRange=y, padding=0, disableAutoRange=False)
            # Now rather than while it is painted, which would paint it a second time.
            self.box.updateMatrix()

    def _choose_range(self, x: Range, y: Range) -> None:
        """Show a range that was chosen by hand."""
        self._show_range(x, y)
        self._on_range_changed_manually(None)

    def area(self) -> QRectF:
        """Return the picture without its axes, in this item's pixels."""
        return self._picture

    def _margin(self, pixels: float) -> float:
        """Return what an axis takes; it grows with the labels, if there is room for any."""
        return pixels * self._scale if pixels > MARGIN else pixels

    def _update_ticks(self) -> None:
        rect = self.area()
        if rect.width() < 8 or rect.height() < 8:
            return
        make_x = layer_ticks if self.x_layers else None
        make_y = layer_ticks if self.y_layers else None
        count_x = max(2, int(rect.width() / _X_SPACING / self._scale))
        count_y = max(2, int(rect.height() / _Y_SPACING / self._scale))
        if self.x_layers:
            count_x = max(2, int(rect.width() / 30 / self._scale))
        low, high = (at * self.x_unit for at in self.x_range)
        x_ticks = [
            Tick(tick.at / self.x_unit, tick.label)
            for tick in (make_x or _ticks_of(self.x_scale))(low, high, count_x)
        ]
        low, high = (at * self.y_unit for at in self.y_range)
        y_ticks = [
            Tick(tick.at / self.y_unit, tick.label)
            for tick in (make_y or _ticks_of(self.y_scale))(low, high, count_y)
        ]
        self._grid_x = [self.to_pixels(tick.at, 0.0).x() for tick in x_ticks]
        self._grid_y = [self.to_pixels(0.0, tick.at).y() for tick in y_ticks]
        self._axis_x.set_ticks(x_ticks, self._grid_x)
        self._axis_y.set_ticks(y_ticks, self._grid_y)
        self.update()

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: object) -> None:
        left, bottom = self._margin(self._left), self._margin(self._bottom)
        rect = self.rect().adjusted(left, 4, -8, -bottom)
        self._picture = rect
        if rect.width() > 1 and rect.height() > 1:
            self.box.setGeometry(rect)
            self.overlay.set_rect(rect)
            whole = self.rect()
            # Three pixels off: what touches the picture is painted with each of its points.
            self._axis_x.set_rect(
                QRectF(rect.left() - 14, rect.bottom() + 3, rect.width() + 22, bottom - 3)
            )
            self._axis_y.set_rect(QRectF(whole.left(), rect.top() - 4, left - 3, rect.height() + 7))
            self._update_ticks()
            self.view_changed.emit()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        rect = self.area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(rect, self._theme.color("plot"))
        if not self._grid:
            return
        painter.setPen(QPen(self._theme.color("grid"), 1))
        left, right, top, bottom = (
            round(v) for v in (rect.left(), rect.right(), rect.top(), rect.bottom())
        )
        for x in self._grid_x:
            painter.drawLine(round(x), top, round(x), bottom)
        for y in self._grid_y:
            painter.drawLine(left, round(y), right, round(y))


def _zoomed(shown: Range, factor: float, at: float | None) -> Range:
    low, high = shown
    middle = (low + high) / 2 if at is None else at
    return middle + (low - middle) * factor, middle + (high - middle) * factor


def _ticks_of(scale: Scale) -> Callable[[float, float, int], list[Tick]]:
    def make(low: float, high: float, count: int) -> list[Tick]:
        return ticks(scale, low, high, count)

    return make
