"""The row over a picture: title, subtitle, choices, help."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, icon
from core.measure import QUANTITIES

HEIGHT, FOOT = 38, 19


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
        self._build(choices)
        self._group.idClicked.connect(self._on_id_clicked)

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
        self._group.button(0).setChecked(True)

    @property
    def key(self) -> str:
        """The choice in force."""
        return self._keys[self._group.checkedId()]

    def choose(self, key: str) -> None:
        """Make a choice as if by hand."""
        number = self._keys.index(key)
        if number != self._group.checkedId():
            self._group.button(number).setChecked(True)
            self.chosen.emit(key)

    @Slot(int)
    def _on_id_clicked(self, number: int) -> None:
        self.chosen.emit(self._keys[number])


def help_html(names: tuple[str, ...], theme: Theme) -> str:
    """Return what is known of quantities as rich text."""
    parts = []
    for name in names:
        quantity = QUANTITIES[name]
        unit = f" · {escape(quantity.unit)}" if quantity.unit else ""
        parts.append(
            f"<p><b>{escape(quantity.title)}</b> {escape(quantity.symbol)}"
            f"<span style='color:{theme.muted}'>{unit}</span><br>"
            f"{escape(quantity.formula)}</p>"
            f"<p>{escape(quantity.reading)}<br>"
            f"<span style='color:{theme.warn}'>Misleads:</span> {escape(quantity.misleads)}"
            + (
                f"<br><span style='color:{theme.muted}'>{escape(quantity.source)}</span>"
                if quantity.source
                else ""
            )
            + "</p>"
        )
    return "".join(parts)


class HelpPopup(QFrame):
    """A sheet with help that goes away with the next click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setFixedWidth(340)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 6, 14, 6)
        column.addWidget(self._label)

    def show_at(self, corner: QPoint, html: str) -> None:
        """Open with the upper right corner at a point of the screen."""
        self._label.setText(html)
        self.adjustSize()
        self.move(corner - QPoint(self.width(), 0))
        self.show()


class Header(QWidget):
    """Title, subtitle, room for controls, the menu button and the help button.

    Signals
    -------
    help_requested()
        The ``?`` button was pressed.
    menu_requested(QPoint)
        The ``⋯`` button was pressed; a menu may open at this point of the screen.
    """

    help_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_color = ""
        self._build(title)
        self.help_button.clicked.connect(self.help_requested)
        self.menu_button.clicked.connect(self._on_menu_clicked)

    def _build(self, title: str) -> None:
        self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 9, 0)
        self._row.setSpacing(8)
        self._title = QLabel(title, self)
        self.subtitle = Words(self)
        self.help_button = QToolButton(self)
        self.help_button.setText("?")
        self.help_button.setProperty("small", "true")
        self.help_button.setAccessibleName(f"Help on {title}")
        self.menu_button = QToolButton(self)
        self.menu_button.setProperty("small", "true")
        self.menu_button.setToolTip("Copy or export")
        self.menu_button.setAccessibleName(f"Copy or export {title}")
        self._row.addWidget(self._title)
        self._row.addWidget(self.subtitle, 1)
        self._row.addWidget(self.menu_button)
        self._row.addWidget(self.help_button)

    def set_title(self, title: str) -> None:
        """Show a title, a shorter one where there is no room."""
        if title != self._title.text():
            self._title.setText(title)

    def show_title(self, *, shown: bool) -> None:
        """Show the title, or leave it to the tab above."""
        if shown is self._title.isHidden():
            self._title.setVisible(shown)

    def add_control(self, control: QWidget) -> None:
        """Place a control before the buttons for menu and help."""
        self._row.insertWidget(self._row.count() - 2, control)

    def make_handle(self) -> None:
        """Show that the free part of the row can be dragged; whoever lies below does the rest."""
        for part in (self._title, self.subtitle):
            part.setCursor(Qt.CursorShape.OpenHandCursor)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.setFixedHeight(theme.px(HEIGHT))
        font = QFont(theme.plot_font(theme.font, bold=True))
        self._title.setFont(font)
        self.subtitle.set_theme(theme)
        if theme.muted != self._icon_color:  # it is made in many sizes
            self._icon_color = theme.muted
            self.menu_button.setIcon(icon("more", theme, "muted"))

    @Slot()
    def _on_menu_clicked(self) -> None:
        button = self.menu_button
        self.menu_requested.emit(button.mapToGlobal(QPoint(0, button.height() + 4)))

    # Qt ------------------------------------------------------------------------------------

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # below lies a dock, which would leave the window
