"""Fields that are chosen from: one of several, yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.form.valued import MIXED, Valued

if TYPE_CHECKING:
    from collections.abc import Iterable

_ARROW = 24  # pixels at the right end


class ChoiceField(Valued, QComboBox):
    """One of several values, each with a readable name and a sentence as its tooltip."""

    committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumContentsLength(3)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel alone does not focus
        self._connect()

    def _connect(self) -> None:
        self.activated.connect(self._on_activated)

    def set_choices(self, choices: Iterable[tuple[str, str, str]]) -> None:
        """Fill the list with (value, name, sentence)."""
        self.clear()
        for index, (value, name, sentence) in enumerate(choices):
            self.addItem(name, value)
            if sentence:
                self.setItemData(index, f"<qt>{sentence}</qt>", Qt.ItemDataRole.ToolTipRole)
                self.setItemData(index, sentence, Qt.ItemDataRole.AccessibleDescriptionRole)
        self._show(self._value)

    def values(self) -> list[Any]:
        """Return what can be chosen."""
        return [self.itemData(index) for index in range(self.count())]

    def _show(self, value: Any) -> None:
        self.setPlaceholderText("mixed" if value is MIXED else "")
        index = -1 if value is MIXED or value is None else self.findData(value)
        if index < 0 and value is not MIXED and value is not None:
            self.addItem(f"{value} (not here)", value)
            index = self.count() - 1
        self.setCurrentIndex(index)

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        value = self.itemData(index)
        if value != self._value or self._invalid:
            self.committed.emit(value)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        area = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        area.setRight(self.width() - _ARROW)  # a style sheet counts the arrow's room twice
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        role = QPalette.ColorRole.PlaceholderText if self._is_blank() else QPalette.ColorRole.Text
        painter.setPen(self.palette().color(role))
        text = self.placeholderText() if self._is_blank() else self.currentText()
        text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width() - 2)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area.adjusted(2, 0, 0, 0), flags, text)
        painter.end()

    def _is_blank(self) -> bool:
        return self.currentIndex() < 0

    def showPopup(self) -> None:
        view = self.view()
        view.setMinimumWidth(max(self.width(), view.sizeHintForColumn(0) + 32))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class BoolField(Valued, QCheckBox):
    """Yes or no."""

    committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clicked.connect(self._on_clicked)

    def _show(self, value: Any) -> None:
        self.setTristate(value is MIXED)
        self.setCheckState(
            Qt.CheckState.PartiallyChecked
            if value is MIXED
            else Qt.CheckState.Checked
            if value
            else Qt.CheckState.Unchecked
        )

    @Slot()
    def _on_clicked(self) -> None:
        self.setTristate(False)
        self.committed.emit(self.checkState() != Qt.CheckState.Unchecked)
