"""What the tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeDatabase
from pytestqt.qtbot import QtBot

from app import session
from app.session import Session
from app.settings import Settings
from app.shell.laboratory import Laboratory
from app.shell.main_window import MainWindow
from core.control import RunControl
from core.experiment import Experiment
from core.trainer import Trainer
from core.warmup import load_curves, warm_up


@pytest.fixture(scope="session", autouse=True)
def _file_types() -> None:
    """Let Qt open its table of file types, which it keeps open, before any test is watched."""
    QMimeDatabase().mimeTypeForFile("experiment.toml").name()


@pytest.fixture(autouse=True)
def _trains_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in a thread, which starts at once; tests marked ``process`` do as people's runs do."""
    load_curves()
    if request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(session, "RemoteTrainer", _in_thread)


def _in_thread(experiment: Experiment) -> Trainer:
    return Trainer(experiment, RunControl(), prepare=warm_up)


@pytest.fixture
def laboratory(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    """Open a laboratory with the module's ``LABORATORY``, an experiment, ready to train."""
    window = MainWindow(Settings())
    window.resize(1280, 800)
    one = Laboratory(window, Session(request.module.LABORATORY))
    window.show()
    one.start()
    qtbot.waitUntil(lambda: one.session.is_ready, timeout=30_000)
    yield one
    one.close()
    one.session.join()
    window.close()
    window.deleteLater()
