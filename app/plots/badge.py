"""A remark over a picture that can be clicked."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot

_PAD = 8.0


class Badge(PixelItem):
    """Words in a frame at the top of a picture, in its middle.

    Whoever gets the plot's clicks asks :meth:`holds`.
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, z=20)
        self._words: tuple[str, ...] = ()
        self.setVisible(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def words(self) -> str:
        """What is said, empty for nothing."""
        return self._words[0] if self._words else ""

    def say(self, *words: str) -> None:
        """Show words, or shorter ones where there is no room for them; none hides it."""
        if words != self._words:
            self._words = words
            self.prepareGeometryChange()
            self.setVisible(bool(words))
            self.update()

    def holds(self, point: QPointF) -> bool:
        """Whether a point in the plot's pixels lies on it."""
        return self.isVisible() and self.boundingRect().contains(point)

    def _fitting(self) -> tuple[str, float]:
        """Return the longest words that fit, and their width."""
        assert self._theme is not None
        metrics = QFontMetricsF(self._theme.plot_font(bold=True))
        room = self._plot.area().width() - 2 * _PAD - 16
        widths = [(one, metrics.horizontalAdvance(one)) for one in self._words]
        return next((one for one in widths if one[1] <= room), widths[-1])

    def boundingRect(self) -> QRectF:
        if self._theme is None or not self._words:
            return QRectF()
        area, (_, width) = self._plot.area(), self._fitting()
        height = QFontMetricsF(self._theme.plot_font(bold=True)).height() + 8
        left = area.center().x() - width / 2 - _PAD
        return QRectF(round(left), round(area.top() + 8), round(width + 2 * _PAD), round(height))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None or not self._words:
            return
        theme, box, (words, _) = self._theme, self.boundingRect(), self._fitting()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("warn"), 1))
        painter.setBrush(theme.color("raised", 0.96))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setFont(theme.plot_font(bold=True))
        painter.setPen(theme.color("warn"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
