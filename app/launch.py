"""The composition root: build, wire, show, and end in good order. Straight down."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.application import CrashFile, LabApplication
from app.settings import Settings, load_settings, save_settings, settings_file
from app.shell.main_window import MainWindow

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from app.shell.laboratory import Laboratory

log = logging.getLogger(__name__)


def launch(options: argparse.Namespace) -> int:
    """Run the application until its window is closed; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    application = LabApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)  # the trainer's thread ends first
    import qasync  # after PySide6, whose binding it takes

    started = time.monotonic()
    try:
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
            return runner.run(_run(application, options))
    except RuntimeError as error:  # the display went away: Qt has ended the loop under us
        if "Event loop stopped" not in str(error):
            raise
        log.error("the display is gone after %.0f s", time.monotonic() - started)
        return 1
    finally:
        application.restore()


async def _run(application: LabApplication, options: argparse.Namespace) -> int:
    scripted = bool(options.screenshot or options.headless or options.selftest)
    file = settings_file()
    settings, notice = (Settings(), "") if scripted else load_settings(file)
    if options.theme:
        settings.theme = options.theme
    window = MainWindow(settings)
    # Python runs these between two calls into Qt; a timer of the application sees to such calls.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.close_at_once))
    crash = None if scripted else CrashFile()
    closed = asyncio.get_running_loop().create_future()
    window.closed.connect(lambda: closed.done() or closed.set_result(None))
    window.resize(*(options.size or (1440, 900)))
    if not scripted and not options.size:
        window.restore()
    window.show()
    await _painted(window)

    # Only now what takes time to load: the window is on the screen, and what trains loads beside.
    from app.session import Session
    from core import catalogue

    session = Session(catalogue.load(options.experiment or catalogue.DEFAULT))
    session.start()
    from app.shell.laboratory import Laboratory

    laboratory = Laboratory(window, session)
    application.error_reported.connect(_on_error(laboratory))
    if options.experiment and options.experiment not in catalogue.names():
        laboratory.files.adopt(Path(options.experiment))
    laboratory.start()
    if notice:
        laboratory.notify("warn", notice)
    elif crash is not None and crash.last_crash:
        laboratory.notify("warn", "The last session ended in a crash.", details=crash.last_crash)

    code = 0
    try:
        if scripted:
            from app import script

            code = await script.run(laboratory, options)
        else:
            if options.experiment or options.steps:
                window.show_views()
                if options.steps:
                    laboratory.session.step(options.steps)
                else:
                    laboratory.session.run()
            await closed
    finally:  # the thread must end, or the process never will
        laboratory.close()
        await asyncio.get_running_loop().run_in_executor(None, laboratory.session.join)
        window.close()
    if not scripted:
        save_settings(settings, file)
    if crash is not None:
        crash.close()
    return code


async def _painted(window: MainWindow) -> None:
    """Wait until the window is on the screen, not merely asked for."""
    handle = window.windowHandle()
    deadline = time.monotonic() + 5.0
    while handle is not None and not handle.isExposed() and time.monotonic() < deadline:
        await asyncio.sleep(0.005)
    window.repaint()


def _on_error(laboratory: Laboratory) -> Callable[[str, str], None]:
    def show(message: str, details: str) -> None:
        laboratory.notify("bad", "Something went wrong in the window.", message, details)

    return show
