"""What a view says instead of a picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme import Theme


class Message(QWidget):
    """What a view says while it has nothing to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(self)
        self._text = QLabel(self)
        self._text.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 12, 24, 28)
        column.setSpacing(8)
        column.addStretch(1)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addStretch(1)

    @property
    def words(self) -> str:
        """All that is said."""
        return f"{self._title.text()} {self._text.text()}".strip()

    def say(self, title: str, text: str) -> None:
        """Show a short title and what to do."""
        if title != self._title.text():
            self._title.setText(title)
        if text != self._text.text():
            self._text.setText(text)

    def set_theme(self, theme: Theme) -> None:
        """Take over fonts."""
        self._title.setFont(theme.plot_font(theme.font, bold=True))
