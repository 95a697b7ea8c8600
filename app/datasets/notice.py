"""Problems in plain words, inside a dialog."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import LabError


class Notice(QFrame):
    """A box with what is wrong and what to do; hidden while nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("level", "bad")
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.addWidget(self.label)
        self.hide()

    def show_problems(self, problems: Sequence[LabError]) -> None:
        """Show message and hint of each; none hides the box."""
        parts = [f"<b>{_plain(one.message)}</b> {_plain(one.hint)}" for one in problems]
        self.label.setText("<br>".join(parts))
        self.label.setAccessibleName(" ".join(f"{one.message} {one.hint}" for one in problems))
        self.setVisible(bool(problems))


def _plain(text: str) -> str:
    """Return text safe in rich text, with places to break after each slash of a path."""
    return html.escape(text).replace("/", "/\u200b")
