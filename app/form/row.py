"""One setting: label, live mark, field, and the sentence that says what is wrong with it."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractButton,
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
from app.form.long_text import LongTextField
from app.form.look import current_icon
from app.form.names import number_text, readable
from core.experiment.fields import Scope

Field = LineField | ChoiceField | BoolField | LongTextField
_LONGEST_LABEL = "Inner activation"  # with dot and arrow; all forms share one column: fields align
_DOT = 6
_ARROW = 12
_MARKS = {
    Scope.LIVE: "takes effect live",
    Scope.REINIT: "takes effect at the next draw of weights",
}
_LONG_WORD = re.compile(r"\S{30,}")


class ScopeDot(QWidget):
    """When a setting takes effect: a dot, at the next step; a ring, at the next draw of weights.

    Neither: at a restart.
    """

    def __init__(self, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filled = scope is Scope.LIVE
        self.setToolTip(_MARKS.get(scope, ""))
        self.setAccessibleName(_MARKS.get(scope, ""))
        self.setVisible(scope in _MARKS)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(_DOT + 2, _DOT + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self.palette().color(QPalette.ColorRole.Highlight)
        inside = 0.0 if self._filled else 0.6  # half of the ring's pen
        painter.setPen(Qt.PenStyle.NoPen if self._filled else QPen(color, 2 * inside))
        painter.setBrush(color if self._filled else Qt.BrushStyle.NoBrush)
        size = _DOT - 2 * inside
        painter.drawEllipse(QRectF(0.5 + inside, (self.height() - _DOT) / 2 + inside, size, size))
        painter.end()


class ResetArrow(QAbstractButton):
    """A small arrow beside what differs from its default; the context menu does the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from field to field
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(_ARROW, _ARROW)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        token = "accent" if self.underMouse() else "muted"
        area = QRect(0, (self.height() - _ARROW) // 2, _ARROW, _ARROW)
        current_icon("reset", token).paint(painter, area)
        painter.end()


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
    """A labelled field.

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
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = path
        self.field = field
        self.title = name or title
        self._default = default
        self._refused = ""
        self._problem = ""
        self._build(title, description, scope)
        self._connect()

    def _build(self, title: str, description: str, scope: Scope) -> None:
        self.label = QLabel(title)
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
        self._controls = QHBoxLayout()
        self._controls.setSpacing(4)
        self._controls.addWidget(self.field, 1)
        if isinstance(self.field, PathField):
            self.browse = BrowseButton(self.field)
            self._controls.addWidget(self.browse)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
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

    def _show_error(self) -> None:
        sentence = self._refused or self._problem
        self.field.set_invalid(bool(self._refused))
        self.error.set_sentence(sentence)
        self.state_changed.emit()

    def _align(self) -> None:
        label = self.fontMetrics().horizontalAdvance(_LONGEST_LABEL)
        width = label + 4 + _DOT + 2 + 4 + _ARROW
        self._caption.setFixedWidth(width)

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
