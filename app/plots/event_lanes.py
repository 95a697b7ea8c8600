"""Ticks on lanes along an axis: when something happened, as many times as it did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot

LANE = 13.0
"""Height of a lane, pixels at a scale of 1."""


class EventLanes(PixelItem):
    """A lane a kind, its name in the plot's left margin, a tick for each pixel with events.

    A tick is a third of its lane high for one event and as high as the lane for ten or more.

    Parameters
    ----------
    plot : Plot
        Whose x axis they share; lanes lie over its picture from top to bottom.
    kinds : tuple of (name, token)
        Names of the lanes and the theme's tokens for their colours.
    """

    def __init__(self, plot: Plot, kinds: tuple[tuple[str, str], ...]) -> None:
        super().__init__(plot)
        self._kinds = kinds
        self._counts = np.zeros((len(kinds), 0), np.int64)
        self._ticks = [PrimitiveArray(QRectF, 4) for _ in kinds]
        self._made: object = None

    @property
    def counts(self) -> NDArray[np.int64]:
        """Events by lane and by pixel of the picture's width."""
        return self._counts

    def show_counts(self, counts: NDArray[np.int64]) -> None:
        """Draw events, shape (lanes, pixels of the picture's width)."""
        if not np.array_equal(counts, self._counts):
            self._counts = counts.copy()
            self._made = None
            self.update()

    def follow_plot(self) -> None:
        self._made = None
        super().follow_plot()

    def _make(self, area: QRectF) -> None:
        height = area.height() / len(self._kinds)
        for lane, (ticks, counts) in enumerate(zip(self._ticks, self._counts, strict=True)):
            at = np.flatnonzero(counts)
            high = np.clip((1 + 2 * np.log10(np.maximum(counts[at], 1))) / 3, 0, 1) * (height - 3)
            bottom = area.top() + (lane + 1) * height - 1.5
            ticks.resize(len(at))
            ticks.ndarray()[:] = np.stack(
                [area.left() + at, bottom - high, np.full(len(at), 1.0), high], axis=1
            )

    # Qt ----------------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return self._plot.area().adjusted(-self._plot.area().left(), 0, 0, 0)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        area = self._plot.area()
        if self._made != area:
            self._make(area)
            self._made = QRectF(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        font = self._theme.plot_font(self._theme.small - 1)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        height = area.height() / len(self._kinds)
        for lane, ((name, token), ticks) in enumerate(zip(self._kinds, self._ticks, strict=True)):
            color: QColor = self._theme.color(token)
            bottom = area.top() + (lane + 1) * height
            painter.setPen(self._theme.color("muted"))
            left = area.left() - 6 - metrics.horizontalAdvance(name)
            middle = bottom - height / 2 + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(left, middle), name)
            painter.fillRect(
                QRectF(area.left(), bottom - 1.5, area.width(), 1), self._theme.color("grid")
            )
            if self._counts.shape[1]:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawRects(*ticks.drawargs())  # pyright: ignore[reportCallIssue, reportArgumentType]
