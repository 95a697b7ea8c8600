"""What a view draws and what is known of its quantities, as a sheet that opens from its ``?``."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.theme import Theme
from app.views.help_words import HELP_WORDS
from core.measure import QUANTITIES

_WIDTH = 50  # characters of a line
_LONGEST_NAME = 40  # characters that are set bold
_MARGIN = 8  # pixels left free between the sheet and the edges of the screen


def help_html(names: tuple[str, ...], theme: Theme, view: str = "") -> str:
    """Return what is known of a view and of its quantities as rich text.

    Parameters
    ----------
    names : tuple of str
        Quantities.
    theme : Theme
    view : str, optional
        Key of a view that explains itself first.
    """
    parts = []
    if view:
        parts += [_of_view(view, theme)]
        parts += [_heading("What is measured", theme)] if names else []
    return "".join([*parts, *(_of_quantity(name, theme) for name in names)])


def help_tip(names: tuple[str, ...], theme: Theme, view: str) -> str:
    """Return the same in short: how to read the view, and what else the sheet tells."""
    words = HELP_WORDS[view]
    titles = ", ".join(QUANTITIES[name].title for name in names)
    return (
        f"<p>{escape(words.reading)}</p><p>{_misleads(words.misleads, theme)}</p>"
        f"<p style='color:{theme.muted}'>Click: what is drawn; {escape(titles)}.</p>"
    )


def _heading(text: str, theme: Theme) -> str:
    return (
        f"<p style='color:{theme.muted}; font-size:{theme.small}px; margin-top:14px;"
        f" margin-bottom:2px'>{escape(text)}</p>"
    )


def _misleads(text: str, theme: Theme) -> str:
    return f"<span style='color:{theme.warn}'>Misleads:</span> {escape(text)}"


def _source(text: str, theme: Theme) -> str:
    return f"<span style='color:{theme.muted}'>{escape(text)}</span>"


def _of_view(key: str, theme: Theme) -> str:
    words = HELP_WORDS[key]
    lines = "".join(
        f"<p style='margin-top:2px; margin-bottom:2px'>{_named(one)}</p>"
        for one in re.split(r"(?<=\.) ", words.drawn)
    )
    source = f"<br>{_source(words.source, theme)}" if words.source else ""
    return (
        f"{_heading('What is drawn', theme)}{lines}"
        f"{_heading('How to read it', theme)}"
        f"<p style='margin-top:2px; margin-bottom:4px'>{escape(words.reading)}</p>"
        f"<p style='margin-top:4px'>{_misleads(words.misleads, theme)}{source}</p>"
    )


def _named(sentence: str) -> str:
    """Return a sentence with what it explains, before its colon, in bold."""
    name, colon, rest = sentence.partition(": ")
    if not colon or len(name) > _LONGEST_NAME:
        return escape(sentence)
    return f"<b>{escape(name)}:</b> {escape(rest)}"


def _of_quantity(name: str, theme: Theme) -> str:
    quantity = QUANTITIES[name]
    return (
        f"<p><b>{escape(quantity.title)}</b> {escape(quantity.symbol)}"
        f"<span style='color:{theme.muted}'> · {escape(quantity.unit)}</span><br>"
        f"{escape(quantity.formula)}</p>"
        f"<p>{escape(quantity.reading)}<br>"
        f"{_misleads(quantity.misleads, theme)}<br>{_source(quantity.source, theme)}</p>"
    )


class HelpPopup(QFrame):
    """A sheet with help that goes away with the next click; what the screen cannot hold scrolls."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("help")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._build()

    def _build(self) -> None:
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._label.setContentsMargins(16, 0, 16, 8)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._label)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 4, 1, 4)
        column.addWidget(self._scroll)

    def show_at(self, corner: QPoint, html: str) -> None:
        """Open with the upper right corner at a point of the screen, or as near as it fits."""
        self._label.setText(html)
        screen = QGuiApplication.screenAt(corner) or self.screen()
        room = screen.availableGeometry().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        frame = self.contentsMargins().top() + self.contentsMargins().bottom() + 10
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        width = min(self._label.fontMetrics().averageCharWidth() * _WIDTH, room.width() - bar)
        least = self.minimumSizeHint().height()
        height = min(max(self._label.heightForWidth(width) + frame, least), room.height())
        self.resize(width + bar + 2, height)
        left = min(max(corner.x() - self.width(), room.left()), room.right() - self.width())
        top = min(max(corner.y(), room.top()), room.bottom() - height)
        self.move(left, top)
        self._scroll.verticalScrollBar().setValue(0)
        self.show()
        self._scroll.setFocus()

    # Qt ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
