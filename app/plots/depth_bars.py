"""Lying bars, a row a layer, each in a colour of its own with its value in words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.theme import Theme

_FREE = 0.18  # of a row, between two bars
_PAD = 5.0  # pixels beside words


@dataclass(frozen=True, slots=True)
class DepthBar:
    """A bar from the left edge to ``x`` at the whole number ``row``; NaN: words only."""

    row: int
    x: float
    color: QColor
    text: str = ""


class DepthBars(PixelItem):
    """A few hundred bars over a plot, drawn in its pixels in one go.

    Words stand behind the bar, or in it where there is no room behind, and only where a row is
    as high as print.
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._font = QFont()
        self._metrics = QFontMetricsF(self._font)
        self.bars: tuple[DepthBar, ...] = ()
        self._chosen = -1

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._font = theme.plot_font()
        self._metrics = QFontMetricsF(self._font)

    def show_bars(self, bars: tuple[DepthBar, ...], chosen: int = -1) -> None:
        """Draw bars, that of the row ``chosen`` outlined."""
        if (bars, chosen) != (self.bars, self._chosen):
            self.bars, self._chosen = bars, chosen
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        area = self._plot.area()
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(self._font)
        scale_x, shift_x, scale_y, shift_y = self._plot.mapping()
        height = abs(scale_y)
        bar_height = max(1.0, height * (1 - _FREE))
        words = height >= self._metrics.height() - 1
        for bar in self.bars:
            top = shift_y + bar.row * scale_y - bar_height / 2
            end = shift_x + bar.x * scale_x if bar.x == bar.x else area.left()
            end = min(max(end, area.left()), area.right())
            rect = QRectF(area.left(), top, end - area.left(), bar_height)
            painter.fillRect(rect, bar.color)
            if bar.row == self._chosen:
                painter.setPen(QPen(self._theme.color("text"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect.adjusted(0, 0, -1, -1))
            if words and bar.text:
                self._write(painter, bar, rect, area, chosen=bar.row == self._chosen)

    def _write(
        self, painter: QPainter, bar: DepthBar, rect: QRectF, area: QRectF, *, chosen: bool
    ) -> None:
        assert self._theme is not None
        width = self._metrics.horizontalAdvance(bar.text)
        at, color = rect.right() + _PAD, self._theme.color("text" if chosen else "muted")
        if at + width + _PAD > area.right():
            at = rect.right() - _PAD - width
            color = QColor("#0b0e12" if bar.color.lightness() > 95 else "#ffffff")
        painter.setPen(color)
        base = rect.center().y() + (self._metrics.ascent() - self._metrics.descent()) / 2
        painter.drawText(QPointF(at, base), bar.text)
