"""One setting: label, live mark, field, and the sentence that says what is wrong with it."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QWidget,
)

from app.form.browse import BrowseButton
from app.form.choices import BoolField, ChoiceField
from app.form.fields import LineField, PathField
from app.form.help_mark import HelpLabel, HelpMark
from app.form.help_sheet import HelpSheet, Topic, help_html
from app.form.long_text import LongTextField
from app.form.look import current_theme
from app.form.marks import ARROW, DOT, ResetArrow, ScopeDot
from app.form.names import number_text, readable
from core.experiment.fields import Scope

Field = LineField | ChoiceField | BoolField | LongTextField
_LONGEST_LABEL = "Inner activation"  # with dot and arrow; all forms share one column: fields align
_LONG_WORD = re.compile(r"\S{30,}")


class Sentence(QLabel):
    """Small print that wraps, even inside the long words that people paste into fields."""

    def __init__(self, role: str = "error", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", role)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hide()

    def set_sentence(self, sentence: str) -> None:
        """Show a sentence, or nothing at all."""
        self.setText(_LONG_WORD.sub(_breakable, sentence))
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))


class FieldRow(QWidget):
    """A labelled field; F1, a click on the label and the ``?`` beside it open a sheet of help.

    Parameters
    ----------
    topic : Topic, optional
        What the sheet is about; without it, it has nothing but the description.

    Attributes
    ----------
    path : str
        Dotted path of the setting; ``edited`` carries it.

    Signals
    -------
    edited(str, object)
        The path, and what the user entered.
    state_changed()
        The value differs from its default now, or something is wrong with it, or no longer.
    """

    edited = Signal(str, object)
    state_changed = Signal()

    def __init__(
        self,
        path: str,
        title: str,
        field: Field,
        *,
        description: str = "",
        scope: Scope = Scope.RESTART,
        default: Any = None,
        name: str = "",
        topic: Topic | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = path
        self._topic = topic
        self.field = field
        self.title = name or title
        self._default = default
        self._refused = ""
        self._problem = ""
        self._build(title, description, scope)
        self._connect()

    def _build(self, title: str, description: str, scope: Scope) -> None:
        self._description = description
        self.label = HelpLabel(title)
        self.label.setProperty("role", "muted")
        self.label.setBuddy(self.field)
        self.dot = ScopeDot(scope)
        self.arrow = ResetArrow()
        self.arrow.setToolTip(f"Reset to default ({_plain(self._default)})")
        self.arrow.setAccessibleName(f"Reset {self.title} to its default")
        self._can_reset = self._default is not None and scope is not Scope.NOTE
        self.error = Sentence()
        self._caption = QWidget()
        caption = QHBoxLayout(self._caption)
        caption.setContentsMargins(0, 0, 0, 0)
        caption.setSpacing(4)
        caption.addWidget(self.label)
        caption.addWidget(self.dot)
        caption.addStretch(1)
        caption.addWidget(self.arrow)
        self.help_mark = HelpMark(self.title, self._caption)
        self._controls = QHBoxLayout()
        self._controls.setSpacing(4)
        self._controls.addWidget(self.field, 1)
        if isinstance(self.field, PathField):
            self.browse = BrowseButton(self.field)
            self._controls.addWidget(self.browse)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        several_lines = isinstance(self.field, LongTextField)
        beside = Qt.AlignmentFlag.AlignTop if several_lines else Qt.AlignmentFlag(0)
        grid.addWidget(self._caption, 0, 0, beside)
        grid.addLayout(self._controls, 0, 1)
        grid.addWidget(self.error, 1, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self._align()
        self.field.setObjectName(self.path)
        self.field.setAccessibleName(self.title)
        self.field.setAccessibleDescription(description)
        if isinstance(self.field, (LineField, LongTextField)):  # the row's menu has both
            self.field.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        lines = [html.escape(line) for line in description.splitlines()]
        self.setToolTip(f"<qt>{'<br>'.join(lines)}</qt>" if lines else "")

    def _connect(self) -> None:
        self.arrow.clicked.connect(self.reset)
        self.label.clicked.connect(self.show_help)
        self.help_mark.clicked.connect(self.show_help)
        self.field.installEventFilter(self)
        self.field.committed.connect(self._on_committed)
        if isinstance(self.field, (LineField, LongTextField)):
            self.field.reverted.connect(self._on_reverted)

    def add_button(self, button: QWidget) -> None:
        """Put a small button to the right of the field."""
        self._controls.addWidget(button)

    def set_value(self, value: Any, *, force: bool = False) -> None:
        """Show a value, unless the user's text has to stay (see the field)."""
        if self.field.set_value(value, force=force):
            self.set_refused("")
        self.arrow.setVisible(self._can_reset and self.is_changed())
        self.state_changed.emit()

    def is_changed(self) -> bool:
        """Tell whether the value is not the default."""
        value, default = self.field.value(), self._default
        return value != (default["kind"] if isinstance(default, dict) else default)

    def set_refused(self, sentence: str) -> None:
        """Say why what the user entered cannot be used; empty: it can."""
        self._refused = sentence
        self._show_error()

    def set_problem(self, sentence: str) -> None:
        """Say what is wrong with the value itself, as whoever runs it found; empty: nothing."""
        self._problem = sentence
        self._show_error()

    def reset(self) -> None:
        """Ask for the default; what is being typed is dropped."""
        self.field.set_value(self.field.value(), force=True)
        self.edited.emit(self.path, self._default)

    def help_text(self) -> str:
        """Return what the sheet of help says now, as rich text."""
        return help_html(
            self.title, self._description, self._topic, self.field.value(), current_theme()
        )

    @Slot()
    def show_help(self) -> None:
        """Open the sheet of help beside the row."""
        # A line edit takes any popup but its own for leaving; one of a combo box has no style.
        parent = self.field if isinstance(self.field, LineField) else self
        HelpSheet(parent).show_beside(self, self.help_text())

    def _show_error(self) -> None:
        sentence = self._refused or self._problem
        self.field.set_invalid(bool(self._refused))
        self.error.set_sentence(sentence)
        self.state_changed.emit()

    def _align(self) -> None:
        label = self.fontMetrics().horizontalAdvance(_LONGEST_LABEL)
        width = label + 4 + DOT + 2 + 4 + ARROW
        self._caption.setFixedWidth(width)

    def _show_mark(self) -> None:
        wanted = self.underMouse() or self.field.hasFocus()
        if wanted:
            end = (self.label if self.dot.isHidden() else self.dot).geometry().right() + 5
            room = self._caption.width() - (0 if self.arrow.isHidden() else ARROW + 2)
            self.help_mark.place(end, room, self.label.geometry().center().y())
        self.help_mark.setVisible(wanted)

    @Slot(object)
    def _on_committed(self, value: object) -> None:
        self.edited.emit(self.path, value)

    @Slot()
    def _on_reverted(self) -> None:
        self.set_refused("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._align()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._show_mark()
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_mark()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_mark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1 and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.show_help()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self._menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _menu(self) -> QMenu:
        field = self.field
        typed = isinstance(field, (LineField, LongTextField))
        menu = field.createStandardContextMenu() if typed else QMenu(self)
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addAction("Help\tF1").triggered.connect(self.show_help)
        action = menu.addAction(f"Reset to default ({_plain(self._default)})")
        action.setEnabled(self._default is not None and self.isEnabled())
        action.triggered.connect(self.reset)
        return menu


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return readable(str(value.get("kind", "")))
    if isinstance(value, bool):
        return "on" if value else "off"
    return number_text(value) if isinstance(value, (int, float)) else readable(str(value))


def _breakable(word: re.Match[str]) -> str:
    text = word.group()
    return "\u200b".join(text[start : start + 15] for start in range(0, len(text), 15))
