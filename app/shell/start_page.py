"""The first thing one sees: ready experiments as cards, one click runs one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.form.flow import FlowLayout
from app.theme import Theme
from resources import path as resource_path

ORDER = (
    "twenty-sigmoid-layers",
    "he-relu-digits",
    "exploding-relu",
    "fashion-batch-norm",
    "two-moons",
)
FACTS = {
    "twenty-sigmoid-layers": ("20 layers", "sigmoid", "digits"),
    "he-relu-digits": ("20 layers", "ReLU", "digits"),
    "exploding-relu": ("10 layers", "ReLU, std 0.3", "digits"),
    "fashion-batch-norm": ("2 layers", "batch norm", "Fashion-MNIST"),
    "two-moons": ("2 layers", "tanh", "moons"),
}
PROFILES = {
    "twenty-sigmoid-layers": (0.04, 0.2, 0.45, 0.7, 1.0),
    "he-relu-digits": (0.8, 0.72, 0.78, 0.75, 0.8),
    "exploding-relu": (1.0, 0.75, 0.5, 0.27, 0.08),
    "fashion-batch-norm": (0.55, 0.62, 0.6, 0.7, 0.72),
    "two-moons": (0.5, 0.62, 0.55, 0.66, 0.7),
}
"""A sketch of delta over depth, input at the left: an ornament that tells the story."""


_SPACE = 16  # pixels between cards
_LEAST = 216  # pixels of a card's height
_ASIDE, _ABOVE, _BELOW = 36, 110, 36  # pixels of a card around its sentence


class Card(QAbstractButton):
    """An experiment: title, a sentence, and a sketch of what its gradient does."""

    def __init__(self, name: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._title, self._text = title, text
        self._theme: Theme | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setToolTip(f"Run “{title}”.")

    def apply_theme(self, theme: Theme) -> None:
        """Take over the theme's colours."""
        self._theme = theme
        self.update()

    def height_for(self, width: int) -> int:
        """Return the pixels that all of its text takes at a width."""
        theme = self._theme
        if theme is None:
            return _LEAST
        words = QFontMetrics(theme.plot_font(theme.small + 1)).boundingRect(
            QRect(0, 0, width - _ASIDE, 1000), Qt.TextFlag.TextWordWrap, self._text
        )
        return max(_LEAST, _ABOVE + words.height() + _BELOW)

    def sizeHint(self) -> QSize:
        return QSize(300, _LEAST)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, _LEAST)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.underMouse() or self.hasFocus()
        edge = theme.color("accent" if lit else "line")
        painter.setPen(QPen(edge, 1.5 if lit else 1.0))
        painter.setBrush(theme.color("raised" if lit else "panel"))
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, 8, 8)
        self._draw_sketch(
            painter, theme, QRectF(box.left() + 16, box.top() + 16, box.width() - 32, 52)
        )
        y = int(box.top() + _ABOVE - 26)
        inner = int(box.width()) - 32
        left = int(box.left() + 16)
        painter.setPen(theme.color("text"))
        painter.setFont(theme.plot_font(theme.title, bold=True))
        painter.drawText(left, y, inner, 20, Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(theme.plot_font(theme.small + 1))
        painter.setPen(theme.color("muted"))
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
        room = self.height() - _ABOVE - _BELOW + 6
        painter.drawText(left, y + 24, inner, room, flags, self._text)
        painter.setFont(theme.plot_font(theme.small))
        painter.setPen(theme.color("accent"))
        facts = " · ".join(FACTS.get(self.name, ()))
        painter.drawText(
            left, int(box.bottom() - 26), inner, 18, Qt.AlignmentFlag.AlignVCenter, facts
        )

    def _draw_sketch(self, painter: QPainter, theme: Theme, area: QRectF) -> None:
        heights = PROFILES.get(self.name, (0.5,) * 5)
        count = 24
        painter.setPen(Qt.PenStyle.NoPen)
        gap = area.width() / count
        for bar in range(count):
            place = bar / (count - 1) * (len(heights) - 1)
            low = min(int(place), len(heights) - 2)
            height = heights[low] + (heights[low + 1] - heights[low]) * (place - low)
            tall = max(2.0, height * area.height())
            painter.setBrush(theme.layer_color(bar + 1, count))
            path = QPainterPath()
            corner = QPointF(area.left() + bar * gap, area.bottom() - tall)
            path.addRoundedRect(QRectF(corner.x(), corner.y(), gap * 0.66, tall), 1.5, 1.5)
            painter.drawPath(path)


class StartPage(QScrollArea):
    """A title and the cards.

    Signals
    -------
    chosen(str)
        Name of the experiment to run.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()

    def _build(self) -> None:
        self.setAccessibleName("Experiments")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = QWidget()
        page.setObjectName("start")
        column = QVBoxLayout(page)
        column.setContentsMargins(40, 40, 40, 40)
        column.setSpacing(8)
        self.title = QLabel("What happens to the gradient?")
        self.title.setProperty("role", "headline")
        column.addWidget(self.title)
        intro = QLabel(
            "Choose an experiment: it runs at once. Then change a setting while it trains."
        )
        intro.setProperty("role", "muted")
        intro.setWordWrap(True)
        column.addWidget(intro)
        column.addSpacing(16)
        self._grid = QGridLayout()
        self._grid.setSpacing(_SPACE)
        self.cards: list[Card] = []
        for name, title, text in ready_experiments(ORDER):
            card = Card(name, title, text)
            card.clicked.connect(self._on_card)
            self.cards.append(card)
        column.addLayout(self._grid)
        column.addSpacing(8)
        column.addLayout(self._more())
        column.addStretch(1)
        self.state = QLabel("Loading the laboratory …")
        self.state.setProperty("role", "muted")
        column.addWidget(self.state)
        self.setWidget(page)
        self._columns = 0
        self._arrange(3)

    def _more(self) -> FlowLayout:
        """Return a line of buttons for the ready experiments that have no card."""
        line = FlowLayout(spacing=8)
        label = QLabel("More experiments")
        label.setProperty("role", "muted")
        line.addWidget(label)
        self.more: dict[str, QToolButton] = {}
        names = sorted(file.stem for file in resource_path("experiments").glob("*.toml"))
        for name, title, text in ready_experiments([one for one in names if one not in ORDER]):
            button = QToolButton()
            button.setText(title)
            button.setToolTip(f"<qt>{text}</qt>")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(partial(self.chosen.emit, name))
            line.addWidget(button)
            self.more[name] = button
            button.ensurePolished()
            label.setFixedHeight(button.sizeHint().height())  # on the buttons' base line
        return line

    def set_state(self, text: str) -> None:
        """Show what is being loaded, or nothing."""
        self.state.setText(text)

    def apply_theme(self, theme: Theme) -> None:
        """Take over the theme's colours."""
        for card in self.cards:
            card.apply_theme(theme)
        self._fit_cards()

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for card in self.cards:
            self._grid.removeWidget(card)
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _fit_cards(self) -> None:
        """Make all cards as high as the longest text needs."""
        room = self.viewport().width() - 80 - _SPACE * (self._columns - 1)
        width = max(220, room // max(self._columns, 1))
        height = max((card.height_for(width) for card in self.cards), default=_LEAST)
        for card in self.cards:
            card.setFixedHeight(height)

    @Slot()
    def _on_card(self) -> None:
        card = self.sender()
        if isinstance(card, Card):
            self.chosen.emit(card.name)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._arrange(3 if self.width() > 840 else 2 if self.width() > 560 else 1)
        self._fit_cards()


def ready_experiments(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Read names and descriptions only: validation would cost the first paint 200 ms."""
    cards = []
    for name in names:
        with resource_path("experiments", f"{name}.toml").open("rb") as file:
            data = tomllib.load(file)
        cards.append((name, str(data["name"]), str(data["description"])))
    return cards
