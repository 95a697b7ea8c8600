"""A field for sentences: several lines, committed when the focus leaves or at Ctrl+Enter."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.form.valued import MIXED, Valued

_LINES = 3


class LongTextField(Valued, QPlainTextEdit):
    """Text of some lines that keeps what is typed until it can be used."""

    committed = Signal(object)
    reverted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # a file is for the window: not its name for this text
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def is_typing(self) -> bool:
        """Tell whether text was typed that is not committed."""
        return self.document().isModified()

    def _show(self, value: Any) -> None:
        self.setPlaceholderText("mixed" if value is MIXED else "")
        text = "" if value is MIXED or value is None else str(value)
        if text != self.toPlainText():
            self.setPlainText(text)
        self.document().setModified(False)

    def commit_typed(self) -> None:
        """Commit what was typed, if anything was."""
        if self.is_typing():
            self.document().setModified(False)
            self.committed.emit(self.toPlainText())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its own menu is no leaving
            self.commit_typed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ended = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if ended and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.commit_typed()
        elif event.key() == Qt.Key.Key_Escape and self.is_pending():
            self.set_value(self._value, force=True)
            self.reverted.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().lineSpacing() * _LINES + 18)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, self.sizeHint().height())
