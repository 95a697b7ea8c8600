"""What has been changed but waits for a restart."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.form.look import current_theme
from app.form.row import Sentence


class PendingBanner(QFrame):
    """``Restart to apply: batch size 32 → 64`` with the button that does it."""

    restart_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pending")
        self._build()
        self._connect()
        self.hide()

    def _build(self) -> None:
        self.label = Sentence("plain")
        self.button = QPushButton("Restart")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Start the run anew with these settings")
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.button)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 10, 8)
        box.setSpacing(6)
        box.addWidget(self.label)
        box.addLayout(line)

    def _connect(self) -> None:
        self.button.clicked.connect(self.restart_requested)

    def set_text(self, text: str) -> None:
        """Say what waits; empty: nothing does."""
        self.label.set_sentence(f"Restart to apply: {text}" if text else "")
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(area, theme.radius, theme.radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("warn"))
        painter.drawRoundedRect(QRectF(0, 0, 3, self.height()), 1.5, 1.5)
        painter.end()
