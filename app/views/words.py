"""Lines of words over and under a picture, cut to what fits."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme

FOOT = 19
"""Pixels that the line under a picture is high."""


class Words(QWidget):
    """A line of words that is cut to what fits and never asks the layout for room.

    A ``QLabel`` would have the window laid out anew with every new number.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def text(self) -> str:
        """The whole line."""
        return self._text

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setFont(theme.plot_font(theme.small + 1))
        self.update()

    def set_words(self, text: str) -> None:
        """Show a line, repainting only when it is another one."""
        if text != self._text:
            self._text = text
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(10, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None or not self._text or self.width() < 36:
            return  # a lone ellipsis says nothing
        painter = QPainter(self)
        painter.setFont(self._theme.plot_font(self._theme.small + 1))
        painter.setPen(self._theme.color("muted"))
        _write(painter, self.rect(), Qt.AlignmentFlag.AlignLeft, self._text)
        painter.end()


class Footer(QWidget):
    """The title of the x axis at the left, where the picture comes from at the right."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ""
        self._title, self._show_title = title, False
        self._token = "dim"
        self._theme: Theme | None = None
        self.setFixedHeight(FOOT)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setFixedHeight(theme.px(FOOT))
        self.update()

    def set_title(self, title: str) -> None:
        """Give the x axis another title."""
        if title != self._title:
            self._title = title
            self.update()

    def set_words(self, words: str, token: str, *, show_title: bool = True) -> None:
        """Show a line, repainting only when it is another one."""
        new = (words, token, show_title)
        if new != (self.words, self._token, self._show_title):
            self.words, self._token, self._show_title = new
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.plot_font())
        room = self.rect().adjusted(12, 0, -12, -3)
        width = painter.fontMetrics().horizontalAdvance(self.words)
        painter.setPen(self._theme.color(self._token))
        _write(painter, room, Qt.AlignmentFlag.AlignRight, self.words)
        rest = room.adjusted(0, 0, -width - 12, 0)
        if self._show_title and rest.width() > 24:
            painter.setPen(self._theme.color("muted"))
            _write(painter, rest, Qt.AlignmentFlag.AlignLeft, self._title)
        painter.end()


def _write(painter: QPainter, rect: QRect, side: Qt.AlignmentFlag, text: str) -> None:
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, fitting)
