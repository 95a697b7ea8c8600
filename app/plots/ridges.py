"""Ridges: the outlines of many distributions down the page, the nearer over the farther."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ridge:
    """One outline over its base line.

    Attributes
    ----------
    base : float
        y of the base line.
    x, height : ndarray, shape (n,)
        Points of the outline, ``height`` over the base; empty draws the base line alone.
    color : QColor
    chosen : bool
        Stands out.
    ghost_x, ghost_height : ndarray or None
        Outline to compare with, dashed.
    """

    base: float
    x: Array
    height: Array
    color: QColor
    chosen: bool = False
    ghost_x: Array | None = None
    ghost_height: Array | None = None

    def reaches(self, x: float) -> float:
        """Return the y of the outline at ``x``, the base beside it."""
        if not len(self.x):
            return self.base
        return self.base + float(np.interp(x, self.x, self.height, 0.0, 0.0))


class Ridges(pg.GraphicsObject):
    """Filled outlines in coordinates; those with a lower base cover those with a higher one."""

    def __init__(self) -> None:
        super().__init__()
        self._ridges: tuple[Ridge, ...] = ()
        self._polygons: list[tuple[Ridge, QPolygonF, QPolygonF | None, QPen, QColor]] = []
        self._bounds = QRectF()
        self._ground, self._text, self._line = QColor(), QColor(), QColor()
        self._ratio: float | None = None

    def set_ratio(self, ratio: float) -> None:
        """Draw for a device with so many pixels to a logical one, whatever it says."""
        self._ratio = ratio

    @property
    def ridges(self) -> tuple[Ridge, ...]:
        """What is drawn, from the front."""
        return self._ridges

    def set_colors(self, ground: QColor, text: QColor, line: QColor) -> None:
        """Set the colour below, that of the chosen outline and ghosts, and of base lines."""
        self._ground, self._text, self._line = ground, text, line

    def show_ridges(self, ridges: tuple[Ridge, ...], place: QRectF) -> None:
        """Draw ridges; base lines go from the left to the right of ``place``."""
        self.prepareGeometryChange()
        self._bounds = QRectF(place)
        self._ridges = tuple(sorted(ridges, key=lambda one: one.base))
        self._polygons = [self._made(one) for one in reversed(self._ridges)]
        self.update()

    def front(self, x: float, y: float) -> Ridge | None:
        """Return the ridge that is seen at a point, None on the ground."""
        return next((one for one in self._ridges if one.base <= y <= one.reaches(x)), None)

    def _made(self, ridge: Ridge) -> tuple[Ridge, QPolygonF, QPolygonF | None, QPen, QColor]:
        ghost = None
        if ridge.ghost_x is not None and ridge.ghost_height is not None and len(ridge.ghost_x):
            ghost = _polygon(ridge.ghost_x, ridge.base + ridge.ghost_height)
        pen = QPen(self._text if ridge.chosen else ridge.color, 2 if ridge.chosen else 1)
        pen.setCosmetic(True)
        # Opaque, so that what lies behind does not shine through.
        fill = _mixed(ridge.color, self._ground, 0.8 if ridge.chosen else 0.42)
        return ridge, _polygon(ridge.x, ridge.base + ridge.height), ghost, pen, fill

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        # A pen that is not scaled counts the pixels of the device.
        ratio = self._ratio or painter.device().devicePixelRatioF()
        floor = QPen(self._line, 1)
        floor.setCosmetic(True)
        dashed = QPen(self._text, ratio, Qt.PenStyle.CustomDashLine)
        dashed.setCosmetic(True)
        dashed.setDashPattern([3, 2])
        left, right = self._bounds.left(), self._bounds.right()
        for ridge, polygon, ghost, pen, fill in self._polygons:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(floor)
            painter.drawLine(QLineF(left, ridge.base, right, ridge.base))
            if polygon.size():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawPolygon(polygon)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if ghost is not None:
                painter.setPen(dashed)
                painter.drawPolyline(ghost)
            outline = QPen(pen)
            outline.setWidthF(pen.widthF() * ratio)
            painter.setPen(outline)
            painter.drawPolyline(polygon)


def _polygon(x: Array, y: Array) -> QPolygonF:
    return pg.functions.arrayToQPolygonF(x, y) if len(x) else QPolygonF()


def _mixed(color: QColor, ground: QColor, share: float) -> QColor:
    """Return ``color`` over ``ground`` as if it were transparent."""
    mixed = (
        round(share * a + (1 - share) * b)
        for a, b in zip(color.getRgb()[:3], ground.getRgb()[:3], strict=True)  # pyright: ignore[reportIndexIssue, reportArgumentType]
    )
    return QColor(*mixed)
