"""Filling many narrow rectangles as one image: a pixel column each, in the device's pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter

Array = NDArray[np.float64]

FROM = 64
"""Rectangles from which on the image is faster, whatever their height."""


def is_made_of_pixels(painter: QPainter) -> bool:
    """Tell whether a painter's device is made of pixels, not of shapes (SVG, PDF)."""
    engine = painter.paintEngine()
    return engine is not None and engine.type() is QPaintEngine.Type.Raster


def fill_columns(painter: QPainter, rects: Array, color: QColor, bounds: QRectF) -> None:
    """Fill rectangles that stand side by side, without smooth edges.

    Where several fall into one pixel column, it is filled from the lowest to the highest: none
    is missed, and none is blended twice.

    Parameters
    ----------
    painter : QPainter
        Of a device made of pixels; its transform scales and shifts only.
    rects : ndarray, shape (n, 4)
        Left, bottom, width and height, from left to right, without gaps in time order.
    color : QColor
    bounds : QRectF
        Around them all, in the same coordinates.
    """
    seen = bounds
    if painter.hasClipping():
        seen = bounds.intersected(painter.clipBoundingRect())
    transform = painter.deviceTransform()
    place = transform.mapRect(seen).toAlignedRect()
    width, height = place.width(), place.height()
    if width <= 0 or height <= 0:
        return
    shift = transform.dx() - place.x()
    left = np.floor(rects[:, 0] * transform.m11() + shift)
    right = np.floor((rects[:, 0] + rects[:, 2]) * transform.m11() + shift)
    right = np.maximum(right, left + 1.0)
    one = rects[:, 1] * transform.m22() + (transform.dy() - place.y())
    other = one + rects[:, 3] * transform.m22()
    top, bottom = np.floor(np.minimum(one, other)), np.floor(np.maximum(one, other))

    columns = np.arange(width)
    first = np.searchsorted(right, columns, side="right")
    last = np.searchsorted(left, columns, side="right")
    filled = first < last
    cuts = np.stack([first, last], axis=1)[filled].ravel()
    if not cuts.size:
        return
    top, bottom = np.append(top, np.inf), np.append(bottom, -np.inf)
    tops, bottoms = np.full(width, np.inf), np.full(width, -np.inf)
    tops[filled] = np.minimum.reduceat(top, cuts)[::2]
    bottoms[filled] = np.maximum.reduceat(bottom, cuts)[::2]

    rows = np.arange(height)[:, None]
    inside = (rows >= tops) & (rows < np.maximum(bottoms, tops + 1.0))  # a pixel at least
    pixels = inside * np.uint32(_premultiplied(color))
    picture = QImage(
        pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    painter.save()
    painter.resetTransform()
    rest, _ = painter.deviceTransform().inverted()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    at = rest.map(QPointF(place.x(), place.y()))
    to = rest.map(QPointF(place.x() + width, place.y() + height))
    painter.drawImage(QRectF(at, to), picture)
    painter.restore()


def _premultiplied(color: QColor) -> int:
    alpha = color.alpha()
    red, green, blue = (
        round(one * alpha / 255) for one in (color.red(), color.green(), color.blue())
    )
    return alpha << 24 | red << 16 | green << 8 | blue
