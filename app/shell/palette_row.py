"""How a row of the command palette looks."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.form.look import current_theme
from app.shell.key_caps import paint_keys, width_of
from app.theme import Theme

if TYPE_CHECKING:
    from app.shell.palette import Entry

    Index = QModelIndex | QPersistentModelIndex

ROW = 34
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
LETTERS_ROLE = Qt.ItemDataRole.UserRole + 2
_PAD = 12
_LEAST_HINT = 60  # pixels; less says nothing
_ELIDE = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RowDelegate(QStyledItemDelegate):
    """Text with the letters that were typed, a hint, and at the right keys or the group."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        entry: Entry = index.data(ENTRY_ROLE)
        state: QStyle.StateFlag = option.state  # pyright: ignore
        area = QRectF(option.rect)  # pyright: ignore
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), theme.radius, theme.radius)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(area.left(), area.top() + 8, 3, ROW - 16), 1.5, 1.5)
        room = area.adjusted(_PAD, 0, -_PAD, 0)
        if entry.keys:
            paint_keys(painter, room, (entry.keys,), theme)
            room.setRight(room.right() - width_of((entry.keys,), theme) - _PAD)
        elif entry.group:
            painter.setFont(theme.plot_font())
            painter.setPen(theme.color("muted" if entry.enabled else "dim"))
            painter.drawText(room, _RIGHT, entry.group)
            width = painter.fontMetrics().horizontalAdvance(entry.group)
            room.setRight(room.right() - width - _PAD)
        x = _paint_text(painter, room, entry, index.data(LETTERS_ROLE), theme)
        room.setLeft(x + 10)
        if room.width() >= _LEAST_HINT:
            font = theme.plot_font(theme.small + 1)
            painter.setFont(font)
            painter.setPen(theme.color("muted" if entry.enabled else "dim"))
            fitting = QFontMetricsF(font).elidedText(entry.hint, _ELIDE, room.width())
            painter.drawText(room, _LEFT, fitting)
        painter.restore()


def _paint_text(
    painter: QPainter, room: QRectF, entry: Entry, letters: frozenset[int], theme: Theme
) -> float:
    """Paint the text, emphasise letters, and return where it ends."""
    plain, bold = theme.plot_font(theme.font), theme.plot_font(theme.font, bold=True)
    text = QFontMetricsF(bold).elidedText(entry.text, _ELIDE, room.width())
    x = room.left()
    for found, places in groupby(range(len(text)), lambda place: place in letters):
        part = "".join(text[place] for place in places)
        font = bold if found else plain
        painter.setFont(font)
        color = ("accent" if found else "text") if entry.enabled else "dim"
        painter.setPen(theme.color(color))
        painter.drawText(QRectF(x, room.top(), room.width(), room.height()), _LEFT, part)
        x += QFontMetricsF(font).horizontalAdvance(part)
    return x
