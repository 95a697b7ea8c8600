"""Notices that say what happened and what to do: a strip above the views, or a note over them."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

SHOWN_MS = 15_000
"""How long a notice stays that asks for nothing."""
NOTE_MS = 6_000
"""The same of one that lies over the views."""
MOST_ACTIONS = 3
_MARGIN = 16  # pixels between a note and the edges of what it lies over
_WIDEST, _AROUND = 520, 90  # pixels of a note, and of what is in it around the words


class Banner(QFrame):
    """One notice with some actions and details on demand.

    Signals
    -------
    chosen(str)
        Key of the action that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._keys = [""] * MOST_ACTIONS
        self._away = self._of_run = self._is_due = False
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._build()
        self._connect()
        self.hide()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.text, 1)
        self.buttons = [QPushButton() for _ in range(MOST_ACTIONS)]
        for button in self.buttons:
            row.addWidget(button)
        self.details_button = QPushButton("Details")
        self.details_button.setCheckable(True)
        row.addWidget(self.details_button)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setToolTip("Hide this notice.")
        self.close_button.setAccessibleName("Hide this notice")
        row.addWidget(self.close_button)
        column.addLayout(row)
        self.details = QPlainTextEdit()
        self.details.setAccessibleName("Details")
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(200)
        column.addWidget(self.details)

    def _connect(self) -> None:
        for place, button in enumerate(self.buttons):
            button.clicked.connect(partial(self._choose, place))
        self.details_button.toggled.connect(self.details.setVisible)
        self.close_button.clicked.connect(self.dismiss)
        self._timer.timeout.connect(self.dismiss)

    def show_notice(
        self,
        level: str,
        message: str,
        hint: str = "",
        *,
        actions: tuple[tuple[str, str], ...] = (),
        details: str = "",
        of_run: bool = False,
    ) -> None:
        """Show a notice.

        Parameters
        ----------
        level : {"info", "warn", "bad"}
        message, hint : str
            What happened, and what to do.
        actions : tuple of (key, text)
            At most ``MOST_ACTIONS``.
        details : str
            Shown on demand, such as a traceback.
        of_run : bool
            Whether it tells of the run in view, and waits where that is not seen.
        """
        self._of_run, self._is_due = of_run, True
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)
        hint_html = f" <span>{_escape(hint)}</span>" if hint else ""
        self.text.setText(f"<b>{_escape(message)}</b>{hint_html}")
        self.text.setAccessibleName(f"{message} {hint}")
        self._keys = [""] * MOST_ACTIONS
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(actions))
            if place < len(actions):
                self._keys[place], text = actions[place]
                button.setText(text)
        self.details_button.setVisible(bool(details))
        self.details_button.setChecked(False)
        self.details.setPlainText(details)
        self.details.hide()
        if level == "bad" or actions:  # stays until it is dealt with
            self._timer.stop()
        else:
            self._timer.start()
        self._show_or_wait()

    @Slot()
    def dismiss(self) -> None:
        """Take the notice back."""
        self._is_due = False
        self._timer.stop()
        self.hide()

    def dismiss_offer(self, key: str) -> None:
        """Take the notice back if it offers this action, which is needed no longer."""
        if self._is_due and key in self._keys:
            self.dismiss()

    def set_away(self, *, away: bool) -> None:
        """Say whether the run is out of sight; what is told of it waits until it is seen."""
        if away != self._away:
            self._away = away
            self._show_or_wait()

    def _show_or_wait(self) -> None:
        self.setVisible(self._is_due and not (self._away and self._of_run))

    def _choose(self, place: int) -> None:
        self.chosen.emit(self._keys[place])


class Toast(Banner):
    """A short notice over the lower right corner of a widget: nothing moves for it.

    It goes by itself, or with the next click beside it.
    """

    def __init__(self, below: QWidget) -> None:
        super().__init__(below)
        self._below = below
        self._timer.setInterval(NOTE_MS)
        below.installEventFilter(self)

    def _show_or_wait(self) -> None:
        self._lay()
        super()._show_or_wait()
        self.raise_()

    def dismiss_note(self) -> None:
        """Take back what only informs; a warning waits until its time is over."""
        if self.property("level") == "info":
            self.dismiss()

    def _lay(self) -> None:
        room = self._below.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        words = self.text.fontMetrics().horizontalAdvance(_plain(self.text.text()))
        width = min(words + _AROUND, _WIDEST, room.width())
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry(room.right() - width, room.bottom() - height, width, height)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest and self.isVisible():
            self._lay()  # its print is larger now, or its details are shown
        return done

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if (application := QApplication.instance()) is not None:
            application.installEventFilter(self)  # only now: each event of all widgets costs

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if (application := QApplication.instance()) is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind is QEvent.Type.Resize and watched is self._below and self.isVisible():
            self._lay()
        elif (
            kind is QEvent.Type.MouseButtonPress
            and isinstance(watched, QWidget)
            and watched is not self
            and not self.isAncestorOf(watched)
        ):
            self.dismiss_note()
        return False


def _plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
