"""A question that waits for its answer without holding up the window behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

CANCEL = "cancel"


class Question(QMessageBox):
    """One sentence, what depends on it, and a button for each answer; Esc is ``cancel``.

    Shown by :meth:`open`: training and pictures go on behind it.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    text, detail : str
        The question, and what follows from the answers.
    answers : sequence of (key, text)
        The first one is what Enter chooses; Cancel is added.
    """

    answered = Signal(str)

    def __init__(
        self, parent: QWidget, text: str, detail: str, answers: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Gradoscope")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setInformativeText(detail)
        role = QMessageBox.ButtonRole
        self._buttons = {
            key: self.addButton(words, role.DestructiveRole if place else role.AcceptRole)
            for place, (key, words) in enumerate(answers)
        }
        self._buttons[CANCEL] = self.addButton("Cancel", role.RejectRole)
        first = self._buttons[answers[0][0]]
        first.setProperty("primary", True)
        first.style().unpolish(first)
        first.style().polish(first)
        self.setDefaultButton(first)
        self.setEscapeButton(self._buttons[CANCEL])
        self.finished.connect(self._on_finished)

    def choose(self, key: str) -> None:
        """Answer, as a click on the button does."""
        self._buttons[key].click()

    @Slot()
    def _on_finished(self) -> None:
        clicked = self.clickedButton()
        keys = [key for key, button in self._buttons.items() if button is clicked]
        self.answered.emit(keys[0] if keys else CANCEL)
