"""Many small pictures of one size as one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot


@dataclass(frozen=True, slots=True)
class Grid:
    """Where tiles are, in pixels of the pictures; y points up, tile 0 is at the upper left.

    Attributes
    ----------
    count, columns : int
    width, height : int
        Of a picture.
    gap : int
        Between two of them.
    """

    count: int
    columns: int
    width: int
    height: int
    gap: int

    @property
    def rows(self) -> int:
        """Number of rows, of which the last may not be full."""
        return -(-self.count // self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all."""
        return (
            self.columns * (self.width + self.gap) - self.gap,
            self.rows * (self.height + self.gap) - self.gap,
        )

    def place(self, tile: int) -> QRectF:
        """Return where a tile is; its top is the lower value."""
        row, column = divmod(tile, self.columns)
        left = column * (self.width + self.gap)
        top = self.size[1] - row * (self.height + self.gap)
        return QRectF(left, top - self.height, self.width, self.height)

    def tile_at(self, x: float, y: float) -> int | None:
        """Return the tile at a point, None beside them all."""
        column, row = (
            int(v // step)
            for v, step in (
                (x, self.width + self.gap),
                (self.size[1] - y, self.height + self.gap),
            )
        )
        tile = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and tile < self.count
        return tile if inside and self.place(tile).contains(x, y) else None


def best_grid(count: int, width: int, height: int, room: tuple[float, float]) -> Grid:
    """Return the grid whose tiles are the largest in ``room``, (width, height) in pixels."""
    gap = max(1, round(min(width, height) * 0.09))
    grids = (Grid(count, columns, width, height, gap) for columns in range(1, count + 1))

    def scale(grid: Grid) -> float:
        return min(room[0] / grid.size[0], room[1] / grid.size[1])

    return max(grids, key=scale)


def mosaic(
    grid: Grid, pictures: NDArray[np.uint8], gap: tuple[int, ...] = (0, 0, 0, 0)
) -> NDArray[np.uint8]:
    """Join pictures, shape (count, height, width, 4), into one, the lowest row first.

    Between them is the colour ``gap``: red, green, blue, alpha.
    """
    cells = np.zeros(
        (grid.rows * grid.columns, grid.height + grid.gap, grid.width + grid.gap, 4), np.uint8
    )
    cells[: grid.count] = gap
    cells[: grid.count, : grid.height, : grid.width] = pictures
    shape = (grid.rows, grid.columns, *cells.shape[1:])
    whole = cells.reshape(shape).transpose(0, 2, 1, 3, 4)
    whole = whole.reshape(grid.rows * shape[2], grid.columns * shape[3], 4)
    width, height = grid.size
    return np.ascontiguousarray(whole[:height, :width][::-1])


def fitted(
    size: tuple[float, float], room: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return ranges of x and y that show ``size`` whole, in the middle, equally scaled."""
    scale = max(min(room[0] / size[0], room[1] / size[1]), 1e-9)
    ranges = []
    for length, pixels in zip(size, room, strict=True):
        middle, half = length / 2, pixels / scale / 2
        ranges.append((middle - half, middle + half))
    return ranges[0], ranges[1]


class TileMarks(PixelItem):
    """A frame and a cross around tiles that stand out, and one frame around the pointed one."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._bad: tuple[QRectF, ...] = ()
        self._pointed: QRectF | None = None

    def show_marks(self, bad: tuple[QRectF, ...]) -> None:
        """Mark tiles, by their places."""
        if bad != self._bad:
            self._bad = bad
            self.update()

    def point_at(self, place: QRectF | None) -> None:
        """Frame one tile, or none."""
        if place != self._pointed:
            self._pointed = place
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in self._bad:
            rect = self._in_pixels(place)
            painter.setPen(QPen(self._theme.color("bad"), 1.5))
            painter.drawRect(rect)
            size = math.floor(min(9.0, rect.width() * 0.4))
            corner = QRectF(rect.right() - size - 3, rect.top() + 3, size, size)
            painter.fillRect(corner.adjusted(-2, -2, 2, 2), self._theme.color("panel", 0.85))
            painter.drawLine(corner.topLeft(), corner.bottomRight())
            painter.drawLine(corner.topRight(), corner.bottomLeft())
        if self._pointed is not None:
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRect(self._in_pixels(self._pointed).adjusted(-1, -1, 1, 1))

    def _in_pixels(self, place: QRectF) -> QRectF:
        one = self._plot.to_pixels(place.left(), place.bottom())
        other = self._plot.to_pixels(place.right(), place.top())
        return QRectF(one, other)
