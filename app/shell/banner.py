"""A strip above the views that says what happened and what to do; never modal."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
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
MOST_ACTIONS = 3


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
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(200)
        column.addWidget(self.details)

    def _connect(self) -> None:
        for place, button in enumerate(self.buttons):
            button.clicked.connect(partial(self._choose, place))
        self.details_button.toggled.connect(self.details.setVisible)
        self.close_button.clicked.connect(self.hide)
        self._timer.timeout.connect(self.hide)

    def show_notice(
        self,
        level: str,
        message: str,
        hint: str = "",
        *,
        actions: tuple[tuple[str, str], ...] = (),
        details: str = "",
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
        """
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)
        hint_html = f" <span>{_escape(hint)}</span>" if hint else ""
        self.text.setText(f"<b>{_escape(message)}</b>{hint_html}")
        self.text.setAccessibleName(f"{message} {hint}")
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
        self.show()

    def _choose(self, place: int) -> None:
        self.chosen.emit(self._keys[place])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
