"""Words instead of a picture, where the run goes on but has nothing to show here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot

_WIDEST = 440.0


class Placard(PixelItem):
    """A title and a sentence in the middle of a plot, which they cover, axes included."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, z=30)
        self.title = self.text = ""
        self.setVisible(False)

    @property
    def words(self) -> str:
        """All that is said, empty for nothing."""
        return f"{self.title}. {self.text}" if self.title else ""

    def say(self, title: str, text: str = "") -> None:
        """Show words; an empty title shows the plot again."""
        if (title, text) != (self.title, self.text):
            self.title, self.text = title, text
            self.setVisible(bool(title))
            self.update()

    def boundingRect(self) -> QRectF:
        return self._plot.rect()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        theme, whole = self._theme, self._plot.rect()
        painter.fillRect(whole, theme.color("panel"))
        width = min(whole.width() - 24, _WIDEST)
        room = QRectF(whole.center().x() - width / 2, whole.top(), width, whole.height())
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter
        bold, plain = theme.plot_font(theme.font, bold=True), theme.plot_font(theme.font)
        painter.setFont(bold)
        title = painter.boundingRect(room, int(flags), self.title)
        painter.setFont(plain)
        text = painter.boundingRect(room, int(flags), self.text)
        top = whole.center().y() - (title.height() + 6 + text.height()) / 2
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(room.left(), top, width, title.height()), int(flags), self.title)
        painter.setFont(plain)
        painter.setPen(theme.color("muted"))
        below = top + title.height() + 6
        painter.drawText(QRectF(room.left(), below, width, text.height()), int(flags), self.text)
