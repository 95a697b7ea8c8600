"""Curves of columns: a mean line within the band from minimum to maximum."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.columns_of_pixels import FROM, fill_columns, is_made_of_pixels
from core.record import Envelope

Array = NDArray[np.float64]


def log10(values: ArrayLike) -> Array:
    """Return log10, NaN where there is none: a gap, not a point at the bottom."""
    array = np.asarray(values, np.float64)
    result = np.full(array.shape, np.nan)
    np.log10(array, out=result, where=np.isfinite(array) & (array > 0))
    return result


class Line(pg.PlotCurveItem):
    """A thin line; values that are not finite leave gaps."""

    def __init__(self) -> None:
        super().__init__()
        self._color, self._dashed = QColor(), False
        self._ratio, self._fixed = 1.0, False
        self._given = (np.zeros(0), np.zeros(0))

    def set_color(self, color: QColor, *, dashed: bool = False) -> None:
        """Set colour and style of the pen."""
        if (color, dashed) != (self._color, self._dashed):
            self._color, self._dashed = color, dashed
            self._make_pen()

    def _make_pen(self) -> None:
        # Width 1 takes Qt's fast path. A pen that is not scaled counts the pixels of the device.
        width = 1.6 * self._ratio if self.opts["antialias"] else 1
        style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
        pen = pg.mkPen(self._color, width=width, style=style, cosmetic=True)
        if self._dashed:
            pen.setDashPattern([4, 3])
        self.setPen(pen)

    def show_points(self, x: Array, y: Array) -> None:
        """Draw the points; costs O(points), so pass at most two a pixel."""
        if np.array_equal(y, self._given[1], equal_nan=True) and np.array_equal(x, self._given[0]):
            return
        self._given = (x.copy(), y.copy())
        finite = np.isfinite(y)
        whole = bool(finite.all())
        self.setData(x, y, connect="all" if whole else "finite", skipFiniteCheck=whole)

    def set_fine(self, fine: bool) -> None:
        """Draw smoother and a little wider: for a picture at rest, or with few points."""
        if self.opts["antialias"] is not fine:
            self.opts["antialias"] = fine  # setData without points would drop them
            self._make_pen()
            self.keep_drawn(fine)

    def keep_drawn(self, kept: bool) -> None:
        """Keep what is drawn, while what lies above it changes: a jagged line can take 10 ms."""
        mode = self.CacheMode.DeviceCoordinateCache if kept else self.CacheMode.NoCache
        self.setCacheMode(mode)

    def paint(
        self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.xData is None or not len(self.xData):
            return
        ratio = self._ratio if self._fixed else p.device().devicePixelRatioF()
        if ratio != self._ratio:
            self._ratio = ratio
            self._make_pen()
        super().paint(p, opt, widget)

    def set_ratio(self, ratio: float) -> None:
        """Draw for a device with so many pixels to a logical one, whatever it says."""
        self._ratio, self._fixed = ratio, True
        self._make_pen()

    def boundingRect(self) -> QRectF:
        """Return what is seen: to find the ends of the points costs more than to draw them."""
        view = self.getViewBox()  # not our own viewRect(), which keeps an old range
        return QRectF() if view is None else view.viewRect()

    def clear_points(self) -> None:
        """Draw nothing."""
        self._given = (np.zeros(0), np.zeros(0))
        if self.xData is not None and len(self.xData):
            self.setData([], [])


class Band(pg.GraphicsObject):
    """The area between minimum and maximum, a rectangle a bucket.

    Few are drawn as rectangles, handed over as one array, which is internal to pyqtgraph (its
    bar graphs use it). Many are filled as one image: each pixel row of a rectangle that lets
    something shine through costs a call within Qt, and they took a third of all painting.
    """

    def __init__(self) -> None:
        super().__init__()
        self._color = QColor()
        self._rects = PrimitiveArray(QRectF, 4)
        self._count = 0
        self._bounds = QRectF()

    def set_color(self, color: QColor) -> None:
        """Set the colour of the area."""
        self._color = color
        self.update()

    def show_area(self, left: Array, right: Array, low: Array, high: Array) -> None:
        """Fill from ``low`` to ``high``, with gaps where either is not finite."""
        good = np.isfinite(low) & np.isfinite(high) & (high > low)
        corners = np.stack([left, low, right - left, high - low], axis=1)[good]
        self.prepareGeometryChange()
        self._count = len(corners)
        self._rects.resize(self._count)
        self._rects.ndarray()[:] = corners
        self._bounds = QRectF()
        if len(corners):
            bottom, top = float(low[good].min()), float(high[good].max())
            x = float(left[0])
            self._bounds = QRectF(x, bottom, float(right[-1]) - x, top - bottom)
        self.update()

    def clear_points(self) -> None:
        """Draw nothing."""
        if self._count:
            self.prepareGeometryChange()
            self._count, self._bounds = 0, QRectF()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if not self._count:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._count >= FROM and is_made_of_pixels(painter):
            fill_columns(painter, self._rects.ndarray(), self._color, self._bounds)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        painter.drawRects(*self._rects.drawargs())  # pyright: ignore[reportCallIssue, reportArgumentType]


class EnvelopeCurve:
    """A mean line in the band of all values: no minimum and no maximum is missed."""

    def __init__(self) -> None:
        self.band = Band()
        self.line = Line()
        self.items = (self.band, self.line)

    def set_color(self, color: QColor) -> None:
        """Set the colour of the line; the band is the same, fainter."""
        faint = QColor(color)
        faint.setAlphaF(0.3)
        self.band.set_color(faint)
        self.line.set_color(color)

    def show_envelope(self, envelope: Envelope, *, log: bool = False) -> None:
        """Draw an envelope of one-value rows."""
        x = centers(envelope)
        low, high, mean = (
            scaled(part, log=log) for part in (envelope.low, envelope.high, envelope.mean)
        )
        self.line.show_points(x, mean)
        if (high > low).any():
            self.band.show_area(*edges(envelope), low, high)
        else:
            self.band.clear_points()

    def set_fine(self, fine: bool) -> None:
        """Smooth edges of the line, not of the band."""
        self.line.set_fine(fine)

    def clear_points(self) -> None:
        """Draw nothing."""
        self.band.clear_points()
        self.line.clear_points()


def thinned(x: Array, y: Array, points: int) -> tuple[Array, Array]:
    """Reduce a line to about ``points``: each group's minimum and maximum, and the newest."""
    group = -(-2 * len(y) // max(points, 2))
    if group <= 2:
        return x, y
    groups = -(-len(y) // group)
    padded = np.full(groups * group, np.nan)
    padded[: len(y)] = y
    rows = padded.reshape(groups, group)
    low = np.where(np.isnan(rows), np.inf, rows).argmin(axis=1)
    high = np.where(np.isnan(rows), -np.inf, rows).argmax(axis=1)
    places = np.arange(groups)[:, None] * group + np.sort(np.stack([low, high], axis=1), axis=1)
    at = np.append(places.ravel(), len(y) - 1)
    return x[at], y[at]


def centers(envelope: Envelope) -> Array:
    """Return the middle row of each bucket."""
    return (envelope.start + envelope.stop - 1) / 2.0


def edges(envelope: Envelope) -> tuple[Array, Array]:
    """Return the left and the right edge of each bucket, in coordinates."""
    left, right = (at.astype(np.float64) - 0.5 for at in (envelope.start, envelope.stop))
    return left, right


def cells(envelope: Envelope, rows: int) -> QRectF:
    """Return where an image of the buckets lies, ``rows`` high from y = 0.5."""
    count = len(envelope.start)
    size = int((envelope.stop - envelope.start).max()) if count else 1
    # The first bucket may be a part of one, and lies at the left edge anyway.
    left = int(envelope.stop[0]) - size - 0.5 if count else -0.5
    return QRectF(left, 0.5, size * count, rows)


def means(envelope: Envelope) -> NDArray[np.float32]:
    """Return means; one that overflows is not an infinite measurement."""
    over = np.isinf(envelope.mean) & np.isfinite(envelope.high)
    return np.where(over, envelope.high, envelope.mean) if over.any() else envelope.mean


def scaled(values: ArrayLike, *, log: bool) -> Array:
    """Return coordinates on a logarithmic or a linear axis."""
    return log10(values) if log else np.asarray(values, np.float64)
