"""Fetching a known data set: how much, from where, how far, and how to go on after a fault."""

from __future__ import annotations

import threading
import time
from collections import deque
from urllib.parse import urlsplit

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.datasets.notice import Notice
from app.form.names import readable
from core.data.download import Download, DownloadCancelledError, fetch
from core.data.files import size_text
from core.data.remote import downloads_for
from core.errors import LabError

_POLL = 100  # ms
_ENDING = 0.8
"""Seconds that closing waits for the thread; one that a silent server holds ends by itself."""
_WINDOW = 50  # samples of the rate: five seconds
_PARTS = 1000  # of the bar: bytes overflow its 32 bits
_one = threading.Lock()
"""Held while fetching, lest a thread that ends late writes into the part of the next one."""


class Transfer(threading.Thread):
    """Fetches files one after the other; knows no widget. Its attributes are read by others.

    Attributes
    ----------
    done_bytes, received : int
        What is there of all files, and what came over the net in this attempt.
    outcome : LabError or bool, optional
        The error, True when all is there; None while it works.
    """

    def __init__(self, downloads: tuple[Download, ...]) -> None:
        super().__init__(name="download", daemon=True)
        self._downloads = downloads
        self._cancelled = threading.Event()
        self.done_bytes = 0
        self.received = 0
        self.outcome: LabError | bool | None = None

    def cancel(self) -> None:
        """Ask it to end; what is there is kept."""
        self._cancelled.set()

    def run(self) -> None:
        while not _one.acquire(timeout=0.1):
            if self._cancelled.is_set():
                return
        try:
            before = 0
            for download in self._downloads:
                self._fetch(download, before)
                before += download.size
            self.outcome = True
        except LabError as error:
            self.outcome = error
        finally:
            _one.release()

    def _fetch(self, download: Download, before: int) -> None:
        received, first = self.received, -1

        def progress(there: int, total: int) -> None:
            nonlocal first
            first = there if first < 0 else first
            self.done_bytes = before + there
            self.received = received + there - first

        if self._cancelled.is_set():
            raise DownloadCancelledError("The download was stopped.")
        fetch(download, progress, self._cancelled.is_set)


class Rate:
    """Bytes a second over the last few looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque(maxlen=_WINDOW)

    def add(self, seconds: float, received: int) -> None:
        """Take a look: the time, and the bytes received so far."""
        self._looks.append((seconds, received))

    def value(self) -> float:
        """Return bytes a second; 0 while it is not known."""
        if len(self._looks) < 2:
            return 0.0
        (start, before), (end, after) = self._looks[0], self._looks[-1]
        return (after - before) / (end - start) if end > start else 0.0


class DownloadDialog(QDialog):
    """What a known data set needs from the net, and the way to get it.

    Accepted if all of it is there. Closing stops a download; it can be resumed.

    Parameters
    ----------
    kind : str
        One of ``core.data.remote.KNOWN``.
    """

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._downloads = downloads_for(kind)
        self._size = sum(one.size for one in self._downloads)
        self._transfer: Transfer | None = None
        self._rate = Rate()
        self._closing_until: float | None = None
        self._timer = QTimer(self, interval=_POLL)
        self._build(readable(kind))
        self._timer.timeout.connect(self._poll)
        self.go.clicked.connect(self.start)
        self.stop.clicked.connect(self._on_stop)
        self._show_idle()

    @property
    def transfer(self) -> Transfer | None:
        """The thread that fetches, if one does."""
        return self._transfer

    @property
    def is_complete(self) -> bool:
        """Whether all files are there."""
        return all(one.to.is_file() for one in self._downloads)

    @Slot()
    def start(self) -> None:
        """Begin, go on, or try again."""
        if self._transfer is not None:
            return
        self.problem.show_problems(())
        self._rate = Rate()
        self._transfer = Transfer(self._downloads)
        self.destroyed.connect(self._transfer.cancel)  # by its parent, without being closed
        self._transfer.start()
        self.go.setEnabled(False)
        self.stop.setText("Cancel")
        self._timer.start()

    def done(self, result: int) -> None:
        """Close, once a running download has stopped or a moment has passed; nothing blocks."""
        if self._transfer is None:
            super().done(result)
        elif self._closing_until is None:
            self._closing_until = time.monotonic() + _ENDING
            self._transfer.cancel()
            self.setEnabled(False)
            self.status.setText("Stopping …")

    def _build(self, name: str) -> None:
        self.setWindowTitle(f"Download {name}")
        self.setMinimumWidth(520)
        title = QLabel(f"{name}: {size_text(self._size)} to download")
        title.setProperty("role", "title")
        self.places = QLabel(f"Kept in {self._downloads[0].to.parent}")
        self.places.setWordWrap(True)
        self.places.setProperty("role", "muted")
        self.files = [QLabel() for _ in self._downloads]
        self.bar = QProgressBar()
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the download")
        self.status = QLabel()
        self.status.setProperty("role", "muted")
        self.problem = Notice(self)
        self.go, self.stop = QPushButton(), QPushButton()
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        for widget in (title, *self.files, self.places, self.bar, self.status, self.problem):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(row)

    @Slot()
    def _on_stop(self) -> None:
        if self._transfer is not None:
            self._transfer.cancel()
            self.status.setText("Stopping …")
        elif self.is_complete:
            self.accept()
        else:
            self.reject()

    @Slot()
    def _poll(self) -> None:
        transfer = self._transfer
        if transfer is None:
            return
        late = self._closing_until is not None and time.monotonic() > self._closing_until
        if transfer.is_alive() and not late:
            if self._closing_until is None:
                self._show_progress(transfer)
            return
        self._timer.stop()
        self._transfer = None
        if self._closing_until is not None:
            self._closing_until = None
            self.setEnabled(True)
            self._show_idle()
            self.done(int(QDialog.DialogCode.Rejected))
            return
        self._show_idle()
        if isinstance(transfer.outcome, DownloadCancelledError):
            self.status.setText("Stopped. What is there is kept.")
        elif isinstance(transfer.outcome, LabError):
            self.problem.show_problems((transfer.outcome,))
            self.go.setText("Try again")

    def _show_progress(self, transfer: Transfer) -> None:
        self._rate.add(time.monotonic(), transfer.received)
        self.bar.setValue(round(_PARTS * transfer.done_bytes / self._size))
        self.status.setText(progress_text(transfer.done_bytes, self._size, self._rate.value()))

    def _show_idle(self) -> None:
        there = 0
        for label, one in zip(self.files, self._downloads, strict=True):
            bytes_there, words = _state(one)
            there += bytes_there
            host = urlsplit(one.url).hostname
            label.setText(f"{one.to.name}, {size_text(one.size)} from {host}: {words}")
            label.setWordWrap(True)
        self.bar.setValue(round(_PARTS * there / self._size))
        complete = self.is_complete
        self.status.setText("All files are there." if complete else "")
        self.go.setText("Go on" if there else "Download")
        self.go.setEnabled(not complete)
        self.go.setVisible(not complete)
        self.stop.setText("Close")


def _state(one: Download) -> tuple[int, str]:
    if one.to.is_file():
        return one.size, "there"
    if one.part.is_file():
        size = min(one.part.stat().st_size, one.size)
        return size, f"{size_text(size)} there"
    return 0, "missing"


def progress_text(there: int, size: int, rate: float) -> str:
    """Return how far it is: bytes, rate, and time left where the rate is known."""
    text = f"{size_text(there)} of {size_text(size)}"
    if rate <= 0:
        return text
    seconds = round((size - there) / rate)
    minutes, rest = divmod(seconds, 60)
    left = f"{minutes} min {rest} s" if minutes else f"{seconds} s"
    return f"{text}, {size_text(round(rate))} a second, {left} left"
