"""Rows that are folded away until they are wanted."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.form.look import current_icon, current_theme
from app.form.row import FieldRow

_ARROW = 14


class Fold(QWidget):
    """A caption that shows or hides the rows below it, and says how many differ from default.

    Rows that say something is wrong are never hidden.
    """

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = caption
        self._rows: list[FieldRow] = []
        self.button = _FoldButton()
        self.button.clicked.connect(self.toggle)
        self.content = QWidget()
        self.content.hide()
        self._inside = QVBoxLayout(self.content)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(8)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self.content)
        self.look_at_rows()

    def add(self, row: FieldRow) -> None:
        """Put a row below the others."""
        self._rows.append(row)
        self._inside.addWidget(row)
        row.state_changed.connect(self.look_at_rows)

    def is_open(self) -> bool:
        """Tell whether the rows are shown."""
        return not self.content.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Show or hide the rows."""
        self.content.setVisible(is_open)
        self.button.setChecked(is_open)
        self.button.setAccessibleDescription("open" if is_open else "folded")

    @Slot()
    def look_at_rows(self) -> None:
        """Count what differs from its default, and show what is wrong."""
        changed = sum(row.is_changed() for row in self._rows)
        self.button.setText(f"{self._caption} · {changed} changed" if changed else self._caption)
        if any(row.error.text() for row in self._rows):
            self.set_open(True)

    @Slot()
    def toggle(self) -> None:
        """Show the rows, or hide them."""
        self.set_open(not self.is_open())


class _FoldButton(QAbstractButton):
    """An arrow, down where the rows are shown, and the caption."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # it is painted anew under the mouse
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(_ARROW + 6 + metrics.horizontalAdvance(self.text()) + 2, metrics.height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        token = "accent" if self.hasFocus() else "text" if self.underMouse() else "muted"
        top = (self.height() - _ARROW) // 2
        name = "down" if self.isChecked() else "right"
        current_icon(name, token).paint(painter, QRect(-2, top, _ARROW, _ARROW))
        painter.setPen(current_theme().color(token))
        area = self.rect().adjusted(_ARROW + 2, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()
