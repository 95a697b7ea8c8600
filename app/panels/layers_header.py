"""The titles over the table of layers."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from app.form.look import current_theme
from app.panels.layers_model import Column

PAD = 4
LEFT = 7  # of the layer's dot


class LayersHeader(QHeaderView):
    """Small muted titles, closer together than those of a full-size table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(24)
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setFixedHeight(self.fontMetrics().height() + 6)

    def small_font(self) -> QFont:
        """Return the font of the titles."""
        theme, font = current_theme(), self.font()
        font.setPixelSize(round(self.fontInfo().pixelSize() * theme.small / theme.font))
        return font

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        theme = current_theme()
        model, across = self.model(), Qt.Orientation.Horizontal
        text = str(model.headerData(logicalIndex, across))
        flags = model.headerData(logicalIndex, across, Qt.ItemDataRole.TextAlignmentRole)
        painter.save()
        painter.fillRect(rect, theme.color("panel"))
        painter.setFont(self.small_font())
        painter.setPen(theme.color("muted"))
        left = LEFT if logicalIndex == Column.NUMBER else PAD
        area = rect.adjusted(left, 0, -PAD, 0)
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(flags), text)
        painter.setPen(theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.restore()
