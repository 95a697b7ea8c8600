"""An hour of training, in less than a minute: nothing but the recorded data may grow.

By hand for as long as you like: ``GRADOSCOPE_SOAK_S=3600 pytest tests/app/test_soak.py``.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.shell.laboratory import Laboratory
from core import catalogue
from core.experiment import with_settings

SECONDS = float(os.environ.get("GRADOSCOPE_SOAK_S", "40"))
SLACK = 48 * 2**20
"""Bytes: caches of fonts and pictures, and what the allocator keeps."""
LABORATORY = with_settings(
    catalogue.load("twenty-sigmoid-layers"), ["training.epochs=1000000", "training.batch_size=8"]
)
pytestmark = [
    pytest.mark.process,
    pytest.mark.qt_log_ignore("propagateSizeHints"),
    pytest.mark.timeout(SECONDS * 1.3 + 120),
]


def resident(pid: int | str | None = "self") -> int | None:
    """Return the bytes of memory that a process holds, or None where nobody tells."""
    file = Path(f"/proc/{pid}/statm")
    if not file.exists():
        return None
    return int(file.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def recorded(laboratory: Laboratory) -> int:
    """Return the bytes that the run has recorded."""
    source = laboratory.session.record
    columns = (*source.scalars.values(), *source.layer_columns.values())
    frames = sum(frame.nbytes for frame in source.history.frames)
    return sum(column.nbytes for column in columns) + frames


def census(laboratory: Laboratory) -> dict[str, int]:
    """Count what could leak."""
    gc.collect()
    window = laboratory.window
    return {
        "objects": len(window.findChildren(QObject)) + len(laboratory.findChildren(QObject)),
        "items": sum(
            len(view.canvas.scene().items()) for view in laboratory.views if view.canvas.scene()
        ),
        "timers": len(window.findChildren(QTimer)) + len(laboratory.findChildren(QTimer)),
        "windows": len(QApplication.topLevelWidgets()),
        "threads": threading.active_count(),
    }


def visit(qtbot: QtBot, laboratory: Laboratory, seconds: float) -> None:
    """Look at every view in turn, choose layers, and look back now and then."""
    session, ended, turn = laboratory.session, time.monotonic() + seconds, 0
    while time.monotonic() < ended:
        view = laboratory.views[turn % len(laboratory.views)]
        laboratory.window.raise_view(view.key)
        session.select_layer(turn % len(session.source.facts.layers) + 1)
        session.select_step(session.source.steps // 2 if turn % 5 == 4 else None)
        qtbot.wait(100)
        turn += 1


def test_only_what_is_recorded_grows(qtbot: QtBot, laboratory: Laboratory) -> None:
    session = laboratory.session
    laboratory.window.show_views()
    session.run()
    qtbot.waitUntil(lambda: session.source.steps > 200, timeout=30_000)
    visit(qtbot, laboratory, min(max(10.0, SECONDS / 4), 60.0))  # every view was there once
    before, memory, data = census(laboratory), resident(), recorded(laboratory)
    training, steps = resident(session.trains_in), session.source.steps
    assert training != memory, "in a process of its own"
    visit(qtbot, laboratory, SECONDS)
    assert session.running
    assert census(laboratory) == before
    grown, trained = resident(), resident(session.trains_in)
    figures = {"recorded": (data, recorded(laboratory)), "window": (memory, grown)}
    figures["training"] = (training, trained)
    more = {name: (b - a) >> 20 for name, (a, b) in figures.items() if None not in (a, b)}
    print(f"{session.source.steps - steps:,} steps; MiB more: {more}")  # noqa: T201 -- by hand
    if memory is not None and grown is not None:
        assert grown - memory <= recorded(laboratory) - data + SLACK
    if training is not None and trained is not None:
        assert trained - training <= SLACK, "it keeps nothing of what it sends"
    session.pause()
