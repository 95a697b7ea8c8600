"""The window as people use it: training is in another process, whatever becomes of that."""

import os
import signal

import pytest

from core import catalogue
from core.experiment import differences, with_settings
from core.record import State

LABORATORY = with_settings(catalogue.load("two-moons"), ["training.epochs=1000000"])
pytestmark = [pytest.mark.process, pytest.mark.qt_log_ignore("propagateSizeHints")]


def test_it_runs_pauses_and_steps_there(qtbot, laboratory):
    session = laboratory.session
    assert session.trains_in not in (None, os.getpid())
    assert ("cpu", "CPU") in session.devices
    laboratory.window.show_views()
    session.toggle()
    qtbot.waitUntil(lambda: session.source.steps > 100, timeout=20_000)
    assert session.running
    session.toggle()
    qtbot.waitUntil(lambda: session.source.status.state is State.PAUSED, timeout=10_000)
    steps = session.source.steps
    session.step(2)
    qtbot.waitUntil(lambda: session.source.steps == steps + 2, timeout=10_000)
    for view in laboratory.views:
        view.refresh()
        assert not view.grab().isNull()


def test_a_setting_changed_live_is_in_force_there(qtbot, laboratory):
    session = laboratory.session
    session.run()
    qtbot.waitUntil(lambda: session.source.steps > 10, timeout=20_000)
    session.edit(with_settings(session.experiment, ["training.optimizer.lr=0.0123"]), "rate")
    qtbot.waitUntil(lambda: bool(session.source.events), timeout=10_000)
    assert session.source.experiment.training.optimizer.lr == 0.0123
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: len(session.source.events) == 2, timeout=10_000)
    assert not differences(session.source.experiment, LABORATORY)


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_when_it_dies_the_window_says_so_and_try_again_begins_anew(qtbot, laboratory):
    session, banner = laboratory.session, laboratory.window.banner
    laboratory.window.show_views()
    session.run()
    qtbot.waitUntil(lambda: session.source.steps > 50, timeout=20_000)
    record = session.source
    os.kill(session.trains_in, signal.SIGKILL)
    qtbot.waitUntil(banner.isVisible, timeout=10_000)
    assert "SIGKILL" in record.status.message
    assert not session.running
    assert banner.buttons[0].text() == "Try again"
    banner.buttons[0].click()
    qtbot.waitUntil(lambda: session.source is not record, timeout=10_000)
    session.run()
    qtbot.waitUntil(lambda: session.source.steps > 20, timeout=20_000)
    assert not banner.isVisible()
