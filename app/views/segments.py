"""A choice of a few: buttons side by side or, where there is no room, one with a menu."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

_ARROW = 16  # pixels behind the word of the menu button; the style sheet leaves them free


class Segments(QWidget):
    """Toggle buttons side by side, one of them down.

    Signals
    -------
    chosen(str)
        Another choice was made by hand.
    """

    chosen = Signal(str)

    def __init__(
        self, choices: tuple[tuple[str, str, str], ...], parent: QWidget | None = None
    ) -> None:
        """Take key, label and tooltip of each choice."""
        super().__init__(parent)
        self._keys = [key for key, _, _ in choices]
        self._compact = False
        self._build(choices)
        self._group.idClicked.connect(self._on_id_clicked)
        self.menu.triggered.connect(self._on_triggered)

    def _build(self, choices: tuple[tuple[str, str, str], ...]) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        for number, (_, label, tip) in enumerate(choices):
            button = QToolButton(self)
            button.setText(label)
            button.setToolTip(tip)
            button.setAccessibleName(tip or label)
            button.setCheckable(True)
            place = "first" if number == 0 else "middle"
            place = "last" if number == len(choices) - 1 else place
            button.setProperty("segment", "only" if len(choices) == 1 else place)
            self._group.addButton(button, number)
            row.addWidget(button)
        self.menu = QMenu(self)
        one = QActionGroup(self)
        for _, label, tip in choices:
            action = self.menu.addAction(_in_full(label, tip))
            action.setCheckable(True)
            one.addAction(action)
        self._drop = _Drop([label for _, label, _ in choices], self)
        self._drop.setMenu(self.menu)
        self._drop.hide()
        row.addWidget(self._drop)
        self._group.button(0).setChecked(True)
        self._show_choice()

    @property
    def key(self) -> str:
        """The choice in force."""
        return self._keys[self._group.checkedId()]

    @property
    def keys(self) -> tuple[str, ...]:
        """All choices, from left to right."""
        return tuple(self._keys)

    @property
    def words(self) -> str:
        """The choice in force as it is written."""
        return self._drop.text()

    @property
    def count(self) -> int:
        """Number of choices."""
        return len(self._keys)

    def choose(self, key: str) -> None:
        """Make a choice as if by hand."""
        number = self._keys.index(key)
        if number != self._group.checkedId():
            self._group.button(number).setChecked(True)
            self._show_choice()
            self.chosen.emit(key)

    def set_compact(self, *, compact: bool) -> None:
        """Show the choice in force only, the others in a menu; or all of them."""
        if compact != self._compact:
            self._compact = compact
            for button in self._group.buttons():
                button.setVisible(not compact)
            self._drop.setVisible(compact)

    def width_of(self, *, compact: bool) -> int:
        """Return the pixels it takes in either way."""
        for button in (*self._group.buttons(), self._drop):
            button.ensurePolished()  # only then it knows how wide it is
        if compact:
            return self._drop.sizeHint().width()
        return sum(button.sizeHint().width() for button in self._group.buttons())

    # Slots ---------------------------------------------------------------------------------

    @Slot(int)
    def _on_id_clicked(self, number: int) -> None:
        self._show_choice()
        self.chosen.emit(self._keys[number])

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        self.choose(self._keys[self.menu.actions().index(action)])

    def _show_choice(self) -> None:
        number = self._group.checkedId()
        button = self._group.button(number)
        self.menu.actions()[number].setChecked(True)
        self._drop.setText(button.text())
        self._drop.setToolTip(button.toolTip())
        self._drop.setAccessibleName(button.accessibleName())


class Choice(QComboBox):
    """A field with a list that cuts its words by an ellipsis where it is too narrow."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        fitting = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - 4
        )
        option.currentText = fitting  # pyright: ignore[reportAttributeAccessIssue]
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class _Drop(QToolButton):
    """A button with a menu, as wide as its longest word: it does not jump."""

    def __init__(self, words: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self.setProperty("segment", "drop")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        now = metrics.horizontalAdvance(self.text())
        most = max(metrics.horizontalAdvance(word) for word in self._words)
        return super().sizeHint() + QSize(most - now, 0)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().buttonText().color(), 1.4))
        x, y = self.width() - _ARROW / 2 - 2, self.height() / 2 - 1
        corners = [QPointF(x - 3, y), QPointF(x, y + 3), QPointF(x + 3, y)]
        painter.drawPolyline(QPolygonF(corners))
        painter.end()


def _in_full(label: str, tip: str) -> str:
    """Return a choice as the menu writes it: with what it stands for, in a few words."""
    first = tip.splitlines()[0].split(":")[0].split(" (")[0] if tip else ""
    text = f"{label}   {first}" if first and first.casefold() != label.casefold() else label
    return text.replace("&", "&&")


__all__ = ["Choice", "Segments"]
