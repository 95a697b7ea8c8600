"""Buttons of the bar at the top: the one that looks like a search field, and those with menus."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from app.shell.key_caps import KeyCaps

LENS, ONE_WORD, _TWO_WORDS = 34, 116, 192  # pixels of the search field and what it shows


class SearchField(QToolButton):
    """A button that looks like the search field that it opens."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("search_field")
        self.setAccessibleName("Search commands")
        self.setToolTip(action.toolTip())
        self.setMinimumSize(LENS, 30)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 4, 0)
        self._words = QLabel("Search")
        self._words.setProperty("role", "muted")
        row.addWidget(self._words, 1)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        self._caps = KeyCaps((keys,))
        row.addWidget(self._caps)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(action.trigger)

    def sizeHint(self) -> QSize:
        return QSize(210, 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(LENS, 30)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= ONE_WORD
        self._words.setText("Search commands" if self.width() >= _TWO_WORDS else "Search")
        for part in (self._words, self._caps):
            part.setVisible(wide)
        self.setIconSize(QSize(0, 0) if wide else QSize(16, 16))


def menu_button(text: str, tip: str) -> QToolButton:
    button = framed(_MenuButton())
    button.setText(text)
    button.setObjectName(f"button_{text.lower()}")
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button


class _MenuButton(QToolButton):
    """A button with its icon, an arrow, behind the words; its menu reads like any other."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.direction = Qt.LayoutDirection.RightToLeft  # pyright: ignore[reportAttributeAccessIssue]
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.end()


def framed(button: QToolButton) -> QToolButton:
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setMinimumHeight(30)
    button.setProperty("framed", True)
    return button
