"""What has been changed but waits for a restart."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.form.look import current_theme
from app.form.row import Sentence


class PendingBanner(QFrame):
    """``Restart to apply: batch size 32 → 64`` with the button that does it.

    Where data are not there a restart would throw the run away for nothing: then it says so, and
    its button fetches them.

    Signals
    -------
    restart_requested()
        The run is to begin anew.
    download_requested(str)
        This kind of data is wanted from the net.
    """

    restart_requested = Signal()
    download_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = ""
        self.setObjectName("pending")
        self._build()
        self._connect()
        self.hide()

    def _build(self) -> None:
        self.label = Sentence("plain")
        self.why_not = Sentence("warn")
        self.button = QPushButton("Restart")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Start the run anew with these settings")
        self.download_button = QPushButton("Download …")
        self.download_button.setProperty("primary", True)
        self.download_button.setToolTip("Fetch the files of this data set, once")
        line = QHBoxLayout()
        line.addStretch(1)
        for button in (self.button, self.download_button):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            line.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 8, 8)
        box.setSpacing(8)
        box.addWidget(self.label)
        box.addWidget(self.why_not)
        box.addLayout(line)

    def _connect(self) -> None:
        self.button.clicked.connect(self.restart_requested)
        self.download_button.clicked.connect(self._on_download)

    def set_text(self, text: str, why_not: str = "", kind: str = "") -> None:
        """Say what waits; empty: nothing does.

        Parameters
        ----------
        text : str
            The changes.
        why_not : str, optional
            What a restart would fail with.
        kind : str, optional
            Of data that can be fetched to mend that.
        """
        self._kind = kind
        self.label.set_sentence(f"Restart to apply: {text}" if text else "")
        self.why_not.set_sentence(why_not)
        self.button.setVisible(not kind)
        self.button.setEnabled(not why_not)
        self.download_button.setVisible(bool(kind))
        self.setVisible(bool(text))

    @Slot()
    def _on_download(self) -> None:
        self.download_requested.emit(self._kind)

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
