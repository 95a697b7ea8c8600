"""A round dot drawn once and printed wherever it is wanted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.plots.columns_of_pixels import is_made_of_pixels

Array = NDArray[np.float64]

_PARTS = 4  # of a pixel, across and down: where a dot may lie
_KEPT = 200  # pictures of dots, one a colour


class Stamp:
    """Prints dots of one size, to a quarter of a pixel.

    Smoothing the edge of a dot takes Qt 4 microseconds, printing a picture of it a tenth of that:
    so each colour is drawn once, in each of the sixteen places within a pixel, side by side.
    Where there are no pixels (SVG, PDF) dots are drawn as points.

    Parameters
    ----------
    size : float
        Diameter in pixels.
    """

    def __init__(self, size: float) -> None:
        self._size = size
        self._pictures: dict[tuple[int, float], QPixmap] = {}
        self._pieces = PrimitiveArray(QPainter.PixmapFragment, 10)

    def print(self, painter: QPainter, x: Array, y: Array, color: QColor) -> None:
        """Draw a dot at each place, shapes (n,), in the painter's pixels."""
        if not is_made_of_pixels(painter):
            painter.setPen(self._pen(color))
            painter.drawPoints([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
            return
        to_device = painter.deviceTransform()
        ratio = to_device.m11()  # pixels of the device to one of ours
        shift = np.array([[to_device.dx()], [to_device.dy()]])
        place = np.stack([x, y]) * ratio + shift
        whole = np.floor(place)
        part = np.floor((place - whole) * _PARTS)
        cell = self._cell(ratio)
        self._pieces.resize(len(x))
        pieces = self._pieces.ndarray()
        middle = whole + 0.5 * (cell % 2)  # so that its edges are those of pixels
        pieces[:, 0:2] = ((middle - shift) / ratio).T
        pieces[:, 2:4] = (part * cell).T
        pieces[:, 4:6] = cell
        pieces[:, 6:8] = 1.0 / ratio
        pieces[:, 8] = 0.0  # turned by
        pieces[:, 9] = 1.0  # opaque
        painter.drawPixmapFragments(*self._pieces.drawargs(), self._picture(color, ratio))  # pyright: ignore[reportCallIssue, reportArgumentType]

    def _cell(self, ratio: float) -> int:
        """Return the side of one picture, in the device's pixels."""
        return math.ceil(self._size * ratio) + 3

    def _pen(self, color: QColor) -> QPen:
        pen = QPen(color, self._size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        return pen

    def _picture(self, color: QColor, ratio: float) -> QPixmap:
        key = (color.rgba(), ratio)
        picture = self._pictures.get(key)
        if picture is None:
            if len(self._pictures) > _KEPT:
                self._pictures.clear()
            picture = self._pictures[key] = self._drawn(color, ratio)
        return picture

    def _drawn(self, color: QColor, ratio: float) -> QPixmap:
        cell = self._cell(ratio)
        picture = QPixmap(_PARTS * cell, _PARTS * cell)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, self._size * ratio, c=Qt.PenCapStyle.RoundCap))
        middle = cell // 2
        for row in range(_PARTS):
            for column in range(_PARTS):
                within = QPointF((column + 0.5) / _PARTS, (row + 0.5) / _PARTS)
                painter.drawPoint(QPointF(column * cell + middle, row * cell + middle) + within)
        painter.end()
        return picture
