"""Curves of columns: a mean line within the band from minimum to maximum."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

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

    def set_color(self, color: QColor, *, dashed: bool = False) -> None:
        """Set colour and style of the pen."""
        self._color, self._dashed = color, dashed
        self._make_pen()

    def _make_pen(self) -> None:
        width = 1.6 if self.opts["antialias"] else 1  # width 1 takes Qt's fast path
        style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
        pen = pg.mkPen(self._color, width=width, style=style, cosmetic=True)
        if self._dashed:
            pen.setDashPattern([4, 3])
        self.setPen(pen)

    def show_points(self, x: Array, y: Array) -> None:
        """Draw the points; costs O(points), so pass at most two a pixel."""
        finite = np.isfinite(y)
        whole = bool(finite.all())
        self.setData(x, y, connect="all" if whole else "finite", skipFiniteCheck=whole)

    def set_fine(self, fine: bool) -> None:
        """Draw smoother and a little wider: for a picture at rest, or with few points."""
        if self.opts["antialias"] is not fine:
            self.opts["antialias"] = fine  # setData without points would drop them
            self._make_pen()

    def clear_points(self) -> None:
        """Draw nothing."""
        if self.xData is not None and len(self.xData):
            self.setData([], [])


class Band(pg.GraphicsObject):
    """The area between two curves."""

    def __init__(self) -> None:
        super().__init__()
        self._color = QColor()
        self._path = QPainterPath()
        self._bounds = QRectF()

    def set_color(self, color: QColor) -> None:
        """Set the colour of the area."""
        self._color = color
        self.update()

    def show_area(self, x: Array, low: Array, high: Array) -> None:
        """Fill from ``low`` to ``high``, with gaps where either is not finite."""
        good = np.isfinite(low) & np.isfinite(high)
        path = QPainterPath()
        edges = np.flatnonzero(np.diff(good.astype(np.int8), prepend=0, append=0))
        for begin, end in edges.reshape(-1, 2):
            part = slice(begin, end)
            around_x = np.concatenate([x[part], x[part][::-1]])
            around_y = np.concatenate([low[part], high[part][::-1]])
            path.addPath(pg.functions.arrayToQPath(around_x, around_y, finiteCheck=False))
        self.prepareGeometryChange()
        self._path = path
        self._bounds = path.controlPointRect()
        self.update()

    def clear_points(self) -> None:
        """Draw nothing."""
        if not self._path.isEmpty():
            self.prepareGeometryChange()
            self._path, self._bounds = QPainterPath(), QRectF()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillPath(self._path, self._color)


class EnvelopeCurve:
    """A mean line in the band of all values: no minimum and no maximum is missed."""

    def __init__(self) -> None:
        self.band = Band()
        self.line = Line()
        self.items = (self.band, self.line)

    def set_color(self, color: QColor) -> None:
        """Set the colour of the line; the band is the same, fainter."""
        faint = QColor(color)
        faint.setAlphaF(0.38)
        self.band.set_color(faint)
        self.line.set_color(color)

    def show_envelope(self, envelope: Envelope, *, log: bool = False) -> None:
        """Draw an envelope of one-value rows."""
        x = centers(envelope)
        low, high, mean = (
            log10(part) if log else np.asarray(part, np.float64)
            for part in (envelope.low, envelope.high, envelope.mean)
        )
        self.line.show_points(x, mean)
        if (high > low).any():
            self.band.show_area(x, low, high)
        else:
            self.band.clear_points()

    def set_fine(self, fine: bool) -> None:
        """Smooth edges of the line, not of the band."""
        self.line.set_fine(fine)

    def clear_points(self) -> None:
        """Draw nothing."""
        self.band.clear_points()
        self.line.clear_points()


def centers(envelope: Envelope) -> Array:
    """Return the middle row of each bucket."""
    return (envelope.start + envelope.stop - 1) / 2.0
