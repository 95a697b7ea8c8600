"""The scale of a heat image."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QLinearGradient, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.heat_image import INF, NAN, ZERO
from app.plots.plot import BOTTOM
from app.plots.ticks import Scale, ticks
from app.theme import Theme, viridis

WIDTH, _BAR, _ROW = 54.0, 12.0, 18.0
_HINTS = ((ZERO, "zero", "0"), (NAN, "nan", "NaN"), (INF, "inf", "Inf"))


class ColorBar(pg.GraphicsWidget):
    """Viridis with decades beside it, and a swatch for each special colour on screen."""

    def __init__(self) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self._range = (-1.0, 0.0)
        self._kinds: frozenset[int] = frozenset()
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDTH)

    def set_theme(self, theme: Theme) -> None:
        """Take over the colours."""
        self._theme = theme
        self.update()

    def set_scale(self, low: float, high: float, kinds: frozenset[int]) -> None:
        """Show the scale from 10**low to 10**high and the special colours in use."""
        if ((low, high), kinds) != (self._range, self._kinds):
            self._range, self._kinds = (low, high), kinds
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
        whole = self.rect().adjusted(0, 4, 0, -BOTTOM)
        hints = [hint for hint in _HINTS if hint[0] in self._kinds]
        below = len(hints) * _ROW + (4 if hints else 0)
        bar = QRectF(4, whole.top(), _BAR, max(1.0, whole.height() - below))
        gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for number, row in enumerate(viridis(9)):
            gradient.setColorAt(number / 8, pg.mkColor(*(int(v) for v in row)))
        painter.fillRect(bar, gradient)
        painter.setPen(theme.color("muted"))
        low, high = self._range
        for tick in ticks(Scale.LOG, low, high, max(2, int(bar.height() / 44))):
            y = bar.bottom() - (tick.at - low) / (high - low) * bar.height()
            top = min(max(y - metrics.height() / 2, bar.top()), bar.bottom() - metrics.height())
            painter.drawText(QRectF(bar.right() + 6, top, WIDTH, metrics.height()), tick.label)
        for row, (_, token, label) in enumerate(hints):
            top = bar.bottom() + 6 + row * _ROW
            painter.fillRect(QRectF(bar.left(), top, _BAR, _BAR), theme.color(token))
            painter.drawText(QRectF(bar.right() + 6, top - 1, WIDTH, metrics.height()), label)
