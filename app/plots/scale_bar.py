"""What colours mean: a bar of them, numbers beside it, and a swatch for each special kind."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QLinearGradient, QPainter, QPen

from app.plots.indices import KINDS, NOT_MEASURED, special_color
from app.plots.plot import BOTTOM, MARGIN
from app.plots.side_item import SideItem

WIDTH = 62.0
_BAR, _ROW = 12.0, 18.0
Label = tuple[float, str, str]
"""y in pixels, words, and the token of their colour."""


class ScaleBar(SideItem):
    """The parts of a scale; subclasses know its ends.

    Parameters
    ----------
    bottom : float, optional
        Room below, as high as the axis of the picture beside it, pixels.
    """

    def __init__(self, *, bottom: float = BOTTOM) -> None:
        super().__init__(WIDTH)
        self._bottom = bottom
        self._kinds: frozenset[int] = frozenset()

    def bar_rect(self) -> QRectF:
        """Return where the colours are, in this item's pixels."""
        below = self._px(self._bottom) if self._bottom > MARGIN else self._bottom  # as a plot has
        whole = self.rect().adjusted(0, 4, 0, -below)
        lines = sum(len(words) for kind, words in KINDS if kind in self._kinds)
        below = lines * self._px(_ROW) + (4 if lines else 0)
        return QRectF(4, whole.top(), _BAR, max(1.0, whole.height() - below))

    @staticmethod
    def _paint_colors(
        painter: QPainter, bar: QRectF, ends: tuple[float, float], colors: NDArray[np.uint8]
    ) -> None:
        """Fill the bar; the scale goes from one y to the other, its ends on beyond."""
        gradient = QLinearGradient(QPointF(0, ends[0]), QPointF(0, ends[1]))
        for number, row in enumerate(colors):
            gradient.setColorAt(number / (len(colors) - 1), pg.mkColor(*(int(v) for v in row)))
        painter.fillRect(bar, gradient)

    def _paint_labels(self, painter: QPainter, bar: QRectF, labels: Iterable[Label]) -> None:
        """Write numbers beside the bar, those first that come first, none over another."""
        assert self._theme is not None
        metrics = QFontMetricsF(self._theme.plot_font())
        painter.setFont(self._theme.plot_font())
        height, taken = metrics.height(), list[float]()
        for y, label, token in labels:
            top = min(max(y - height / 2, bar.top()), bar.bottom() - height)
            if all(abs(top - other) >= height for other in taken):
                taken.append(top)
                painter.setPen(self._theme.color(token))
                painter.drawText(QPointF(bar.right() + 6, top + metrics.ascent()), label)

    def _paint_kinds(self, painter: QPainter, bar: QRectF) -> None:
        """Draw a swatch with its name for each special kind on screen."""
        assert self._theme is not None
        theme, top = self._theme, bar.bottom() + 6
        ascent = QFontMetricsF(theme.plot_font()).ascent()
        painter.setFont(theme.plot_font())
        for kind, words in KINDS:
            if kind not in self._kinds:
                continue
            swatch = QRectF(bar.left(), top, _BAR, _BAR)
            painter.fillRect(swatch, special_color(theme, kind))
            if kind == NOT_MEASURED:  # the colour of the ground
                painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(swatch.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setPen(theme.color("muted"))
            for line, word in enumerate(words):
                left = bar.right() + 6 if line == 0 else bar.left()
                painter.drawText(QPointF(left, top - 1 + ascent), word)
                top += self._px(_ROW) if line == len(words) - 1 else ascent + 3
