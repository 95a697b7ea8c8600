"""What every test may rely on: no display needed, no endless wait, and nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything can import Qt

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
DEADLINE = 30.0
"""Seconds after which something that must happen counts as never happening."""

# Examples are drawn anew from the same seed in every run; a slow machine fails no test.
settings.register_profile("gradoscope", deadline=None, derandomize=True, database=None)
settings.load_profile("gradoscope")


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Return a function that waits for a condition, and fails if it never comes true."""

    def wait(
        condition: Callable[[], object], what: str | Callable[[], str] = "the condition"
    ) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > deadline:
                text = what if isinstance(what, str) else what()
                pytest.fail(f"waited {DEADLINE:g} s in vain for {text}")
            time.sleep(0.002)

    return wait


@pytest.fixture(scope="session")
def child_environment() -> dict[str, str]:
    """Return the environment in which a child process finds this source tree."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, an open file, a window or a running timer."""
    with_qt = bool({"qtbot", "qapp"} & set(request.fixturenames))
    threads, files = set(threading.enumerate()), _open_files()
    windows, timers = (_windows(), _timers()) if with_qt else ({}, {})
    yield
    left = [f"thread {one.name!r}" for one in _threads_after(threads)]
    left += [f"open file {name!r}" for name in sorted(_files_after(files))]
    if with_qt:
        found = _windows().keys() - windows.keys() or _timers().keys() - timers.keys()
        if found:  # what nobody holds any more is not left behind, only not yet collected
            gc.collect()
            _delete_deferred()
        left += [f"window {text}" for key, text in _windows().items() if key not in windows]
        left += [f"timer {text}" for key, text in _timers().items() if key not in timers]
    if left:
        pytest.fail("left behind: " + ", ".join(left))


def _threads_after(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return new threads that keep the process alive; one that is just ending may end."""
    left = [one for one in threading.enumerate() if one not in before and not one.daemon]
    deadline = time.monotonic() + 2.0
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [one for one in left if one.is_alive()]


def _files_after(before: set[str]) -> set[str]:
    """Return files opened since; a folder that a file dialog is just reading may be closed."""
    deadline = time.monotonic() + 2.0
    while (left := _open_files() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _open_files() -> set[str]:
    """Return the regular files this process holds open (Linux; elsewhere ResourceWarning tells)."""
    found = set()
    folder = Path("/proc/self/fd")
    if folder.is_dir():
        for number in os.listdir(folder):  # noqa: PTH208  # Path.iterdir keeps one more open
            try:
                name = str((folder / number).readlink())
            except OSError:
                continue
            if name.startswith("/") and not name.startswith(
                ("/dev/", "/proc/", "/sys/", "/memfd:")
            ):
                found.add(name)
    return {name for name in found if not name.endswith(" (deleted)")}


def _delete_deferred() -> None:
    core = sys.modules["PySide6.QtCore"]
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)


def _windows() -> dict[int, str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return {}
    _delete_deferred()
    return {id(one): repr(one) for one in widgets.QApplication.topLevelWidgets()}


def _timers() -> dict[int, str]:
    """Return the running timers that Python knows of."""
    core, shiboken = sys.modules.get("PySide6.QtCore"), sys.modules.get("shiboken6")
    if core is None or shiboken is None:
        return {}
    return {
        id(one): f"{one!r} of {one.parent()!r}"
        for one in gc.get_objects()
        if issubclass(type(one), core.QTimer) and shiboken.isValid(one) and one.isActive()
    }
