"""A confusion matrix: what is, by rows, and what was said, by columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.plots.text import integer, percent
from app.theme import Theme

_LEAST = 0.14  # strength of the colour of a cell that is not empty
_NAMES = 76.0  # pixels that a name may take
_RECALL = 42.0
_SMALLEST = 11.0  # pixels of a row that can be labelled
_LARGEST = 110.0  # pixels of a cell


class Confusion(PixelItem):
    """Counts in cells coloured by their share of the row, right ones along the diagonal."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)

    def show_counts(self, counts: NDArray[np.int64], names: tuple[str, ...]) -> None:
        """Draw counts, shape (classes, classes): rows true, columns predicted."""
        if names != self._names or not np.array_equal(counts, self._counts):
            self._counts, self._names = counts, names
            self.update()

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column at coordinates of the plot."""
        if self._theme is None or not len(self._counts):
            return None
        cells, at = self._cells(), self._plot.to_pixels(x, y)
        classes = len(self._counts)
        if not cells.contains(at):
            return None
        row = int((at.y() - cells.top()) / cells.height() * classes)
        column = int((at.x() - cells.left()) / cells.width() * classes)
        return min(row, classes - 1), min(column, classes - 1)

    def center_of(self, row: int, column: int) -> tuple[float, float]:
        """Return the middle of a cell in coordinates of the plot."""
        return self._plot.from_pixels(self._cell(self._cells(), row, column).center())

    # Inside ------------------------------------------------------------------------------

    def _cells(self) -> QRectF:
        """Return where the cells are, in whole pixels."""
        assert self._theme is not None
        area, classes = self._plot.area(), len(self._counts)
        metrics = QFontMetricsF(self._theme.plot_font())
        line = metrics.height()
        longest = min(max(map(metrics.horizontalAdvance, self._names), default=0.0), _NAMES)
        width = area.width() - longest - line - 12 - _RECALL
        upright = width / classes < longest + 4
        below = (min(longest, self._standing()) if upright else line) + line + 8
        height = area.height() - below - line - 7
        cell_w, cell_h = width / classes, height / classes
        cell_w, cell_h = min(cell_w, cell_h * 2, _LARGEST), min(cell_h, cell_w * 1.5, _LARGEST)
        cell_w, cell_h = max(1, int(cell_w)), max(1, int(cell_h))
        left = area.left() + longest + line + 12 + int((width - cell_w * classes) / 2)
        top = area.top() + line + 7 + int((height - cell_h * classes) / 2)
        return QRectF(round(left), round(top), cell_w * classes, cell_h * classes)

    def _standing(self) -> float:
        """Return the pixels that an upright name may take: cells matter more."""
        return min(_NAMES, max(28.0, self._plot.area().height() * 0.2))

    def _cell(self, cells: QRectF, row: int, column: int) -> QRectF:
        width, height = cells.width() / len(self._counts), cells.height() / len(self._counts)
        return QRectF(cells.left() + column * width, cells.top() + row * height, width, height)

    # Qt ----------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None or not len(self._counts):
            return
        theme, cells = self._theme, self._cells()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(cells, theme.color("plot"))
        self._paint_cells(painter, theme, cells)
        self._paint_names(painter, theme, cells)

    def _paint_cells(self, painter: QPainter, theme: Theme, cells: QRectF) -> None:
        classes = len(self._counts)
        totals = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        shares = self._counts / totals
        font = theme.plot_font()
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        size = self._cell(cells, 0, 0)
        widest = metrics.horizontalAdvance(integer(int(self._counts.max(initial=0))))
        printed = size.width() >= widest + 4 and size.height() >= metrics.height() - 1
        ground = theme.color("plot")
        for row, column in zip(*np.nonzero(self._counts), strict=True):
            share = float(shares[row, column])
            strength = _LEAST + (1 - _LEAST) * share
            full = theme.color("accent" if row == column else "bad")
            color = _between(ground, full, strength)
            cell = self._cell(cells, int(row), int(column))
            painter.fillRect(cell.adjusted(1, 1, 0, 0) if size.height() > 6 else cell, color)
            if printed:
                text = integer(int(self._counts[row, column]))
                painter.setPen(_print_on(color))
                left = cell.center().x() - metrics.horizontalAdvance(text) / 2 + 0.5
                middle = cell.center().y() + (metrics.ascent() - metrics.descent()) / 2
                painter.drawText(QPointF(left, middle), text)
        if size.height() > 6:
            painter.setPen(QPen(theme.color("line"), 1))
            for place in range(classes + 1):
                x = int(cells.left() + place * size.width())
                y = int(cells.top() + place * size.height())
                painter.drawLine(x, int(cells.top()), x, int(cells.bottom()))
                painter.drawLine(int(cells.left()), y, int(cells.right()), y)

    def _paint_names(self, painter: QPainter, theme: Theme, cells: QRectF) -> None:
        metrics = QFontMetricsF(theme.plot_font())
        line, base = metrics.height(), (metrics.ascent() - metrics.descent()) / 2
        size = self._cell(cells, 0, 0)
        names = [metrics.elidedText(n, Qt.TextElideMode.ElideRight, _NAMES) for n in self._names]
        longest = max(map(metrics.horizontalAdvance, names), default=0.0)
        totals = self._counts.sum(axis=1)
        if size.height() >= _SMALLEST:
            for row, name in enumerate(names):
                middle = self._cell(cells, row, 0).center().y() + base
                painter.setPen(theme.color("muted"))
                left = cells.left() - 6 - metrics.horizontalAdvance(name)
                painter.drawText(QPointF(left, middle), name)
                if totals[row]:
                    share = float(self._counts[row, row] / totals[row])
                    painter.setPen(theme.color("bad" if share < 0.5 else "muted"))
                    text = percent(share)
                    left = cells.right() + _RECALL - 4 - metrics.horizontalAdvance(text)
                    painter.drawText(QPointF(left, middle), text)
        painter.setPen(theme.color("muted"))
        upright = longest + 4 > size.width()
        below = 0.0
        if size.width() >= (_SMALLEST if upright else longest):
            below = (min(longest, self._standing()) if upright else line) + 2
            for column, whole in enumerate(names):
                name = whole
                if upright:
                    room = self._standing()
                    name = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)
                middle = self._cell(cells, 0, column).center().x()
                if upright:
                    painter.save()
                    painter.translate(middle + base, cells.bottom() + 5)
                    painter.rotate(-90)
                    painter.drawText(QPointF(-metrics.horizontalAdvance(name), 0), name)
                    painter.restore()
                else:
                    left = middle - metrics.horizontalAdvance(name) / 2
                    at = QPointF(left, cells.bottom() + 3 + metrics.ascent())
                    painter.drawText(at, name)
        painter.setPen(theme.color("text"))
        above = cells.top() - 4 - metrics.descent()
        painter.drawText(
            QPointF(cells.right() + _RECALL - 4 - metrics.horizontalAdvance("recall"), above),
            "recall",
        )
        says = "predicted"
        left = cells.center().x() - metrics.horizontalAdvance(says) / 2
        painter.drawText(QPointF(left, cells.bottom() + below + 4 + metrics.ascent()), says)
        painter.save()
        edge = cells.left() - 10 - (longest if size.height() >= _SMALLEST else 0)
        painter.translate(edge, cells.center().y())
        painter.rotate(-90)
        painter.drawText(QPointF(-metrics.horizontalAdvance("true") / 2, 0), "true")
        painter.restore()


def _between(ground: QColor, full: QColor, share: float) -> QColor:
    parts = zip(ground.getRgb()[:3], full.getRgb()[:3], strict=True)  # pyright: ignore[reportIndexIssue]
    return QColor(*(round(a + (b - a) * share) for a, b in parts))


def _print_on(color: QColor) -> QColor:
    """Return black or white, whichever stands out more (relative luminance, WCAG 2)."""
    parts = np.array(color.getRgbF()[:3])  # pyright: ignore[reportIndexIssue]
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return QColor("#0b1118" if linear @ (0.2126, 0.7152, 0.0722) > 0.18 else "#ffffff")
