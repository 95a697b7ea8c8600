"""The application object: metadata, one route for all errors, garbage collection, crash file."""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import sys
import threading
import traceback
from collections import deque
from pathlib import Path
from types import TracebackType

import PySide6
from platformdirs import user_state_path
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QThread,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from core import __version__
from core.doctor import binding_problem
from core.errors import LabError

log = logging.getLogger(__name__)

GC_INTERVAL_MS = 1000
SWITCH_INTERVAL_S = 0.0005
"""How soon a thread that loads or writes lets the window's go on."""
MANY_MODULES = 100
"""What they hold is worth setting aside."""


class LabApplication(QApplication):
    """QApplication with the laboratory's rules.

    Signals
    -------
    error_reported(str, str)
        One sentence and the details of an unexpected error, from any thread.
    """

    error_reported = Signal(str, str)

    def __init__(self, arguments: list[str]) -> None:
        problem = binding_problem(PySide6.__version__, sys.version_info[:2])
        if problem:
            raise LabError(problem)
        super().__init__(arguments)
        self.setApplicationName("gradoscope")
        self.setApplicationDisplayName("Gradoscope")
        self.setApplicationVersion(__version__)
        self.setDesktopFileName("gradoscope")
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._modules = 0  # loaded when all was kept
        self._errors: deque[tuple[str, str]] = deque(maxlen=100)
        self._install_error_routes()
        # The cyclic collector runs on whichever thread allocates, such as the one that listens to
        # the trainer, and would destroy QObjects there: so it runs here, on a timer, only.
        gc.disable()
        self._gc_timer = QTimer(self)
        self._gc_timer.timeout.connect(self._collect_garbage)
        self._gc_timer.start(GC_INTERVAL_MS)

    def _install_error_routes(self) -> None:
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(_log_qt_message)

    def restore(self) -> None:
        """Undo what was changed for the whole process."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        qInstallMessageHandler(None)
        self._gc_timer.stop()
        gc.unfreeze()
        gc.enable()

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", details)
        self._errors.append((f"{kind.__name__}: {error}", details))
        if QThread.currentThread() is self.thread():
            self._report_errors()

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value or arguments.exc_type()
        self._on_exception(arguments.exc_type, error, arguments.exc_traceback)

    def keep_all(self) -> None:
        """Take all objects there are for ones that stay, and do so again when more are loaded.

        To look through them for garbage takes 30 to 50 ms, once a second, in which nothing moves.
        """
        gc.collect()
        gc.freeze()
        self._modules = len(sys.modules)

    @Slot()
    def _collect_garbage(self) -> None:
        if self._modules and len(sys.modules) > self._modules + MANY_MODULES:
            self.keep_all()
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                break
        self._report_errors()

    def _report_errors(self) -> None:
        while self._errors:
            self.error_reported.emit(*self._errors.popleft())


class CrashFile:
    """Where Python writes its last words; what the last session left there is shown once."""

    def __init__(self, file: Path | None = None) -> None:
        self.path = file or user_state_path("gradoscope", appauthor=False) / "crash.txt"
        self.last_crash = ""
        self._file = None
        try:
            if self.path.exists():
                self.last_crash = self.path.read_text(encoding="utf-8", errors="replace").strip()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
            faulthandler.enable(self._file)
        except OSError as error:  # a read-only home must not stop the start
            log.warning("no crash file: %s", error)
            faulthandler.enable()

    def close(self) -> None:
        """End the session in good order: nothing to tell next time."""
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self.path.unlink(missing_ok=True)


def assert_main_thread(what: QObject) -> None:
    """Refuse to touch a widget from another thread: Qt would not say a word.

    Raises
    ------
    RuntimeError
        If the caller is not in the thread of the application.
    """
    application = QApplication.instance()
    if application is not None and QThread.currentThread() is not application.thread():
        raise RuntimeError(f"{type(what).__name__} was touched from another thread")


def display_problem() -> str:
    """Return why no window can be opened, in one sentence; empty if one can.

    Without a display Qt ends the process by SIGABRT, so this is asked before Qt is.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY")
    if not display:
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    import ctypes

    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return ""  # let Qt find out
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    handle = x11.XOpenDisplay(None)
    if not handle:
        return f"The display {display!r} cannot be opened."
    x11.XCloseDisplay(handle)
    return ""


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)
