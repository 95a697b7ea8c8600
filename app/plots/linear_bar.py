"""The scale of an image of numbers on a linear scale."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QLinearGradient, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.linear_image import KINDS, diverging, special_color
from app.plots.plot import BOTTOM
from app.plots.ticks import Scale, Tick, ticks
from app.theme import Theme, viridis

WIDTH, _BAR, _ROW = 60.0, 12.0, 18.0


class LinearBar(pg.GraphicsWidget):
    """Colours with numbers beside them, and a swatch for each special colour on screen.

    Parameters
    ----------
    bottom : float, optional
        Room below, as high as the axis of the picture beside it, pixels.
    """

    def __init__(self, *, bottom: float = BOTTOM) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._bottom = bottom
        self._range = (0.0, 1.0)
        self._signed = False
        self._kinds: frozenset[int] = frozenset()
        self._labels: tuple[Tick, ...] | None = None
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDTH)

    def set_theme(self, theme: Theme) -> None:
        """Take over the colours."""
        self._theme = theme
        self.update()

    def set_scale(
        self,
        low: float,
        high: float,
        kinds: frozenset[int],
        *,
        signed: bool,
        labels: tuple[Tick, ...] | None = None,
    ) -> None:
        """Show the scale from ``low`` to ``high``; ``labels`` replace its numbers."""
        new = ((low, high), kinds, signed, labels)
        if new != (self._range, self._kinds, self._signed, self._labels):
            self._range, self._kinds, self._signed, self._labels = new
            self.update()

    def sizeHint(self, which: Qt.SizeHint, constraint: QSizeF | None = None) -> QSizeF:  # pyright: ignore[reportIncompatibleMethodOverride]
        return QSizeF(WIDTH, 40 if which == Qt.SizeHint.MinimumSize else 10_000)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        theme = self._theme
        metrics = QFontMetricsF(theme.plot_font())
        painter.setFont(theme.plot_font())
        whole = self.rect().adjusted(0, 4, 0, -self._bottom)
        hints = [hint for hint in KINDS if hint[0] in self._kinds]
        below = len(hints) * _ROW + (4 if hints else 0)
        bar = QRectF(4, whole.top(), _BAR, max(1.0, whole.height() - below))
        gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        supports = diverging(11) if self._signed else viridis(9)
        for number, row in enumerate(supports):
            share = number / (len(supports) - 1)
            gradient.setColorAt(share, pg.mkColor(*(int(v) for v in row)))
        painter.fillRect(bar, gradient)
        painter.setPen(theme.color("muted"))
        low, high = self._range
        shown = self._labels
        if shown is None:
            shown = tuple(ticks(Scale.LINEAR, low, high, max(2, int(bar.height() / 36))))
        for tick in shown:
            y = bar.bottom() - (tick.at - low) / (high - low) * bar.height()
            top = min(max(y - metrics.height() / 2, bar.top()), bar.bottom() - metrics.height())
            painter.drawText(QPointF(bar.right() + 6, top + metrics.ascent()), tick.label)
        for row, (kind, label) in enumerate(hints):
            top = bar.bottom() + 6 + row * _ROW
            painter.fillRect(QRectF(bar.left(), top, _BAR, _BAR), special_color(theme, kind))
            painter.drawText(QPointF(bar.right() + 6, top - 1 + metrics.ascent()), label)
