"""Looking back: one cursor for all views, the timeline, and playing a recording."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from app.shell.laboratory import Laboratory
from app.shell.playback import Playback, Rate
from app.shell.timeline import Timeline
from app.theme import load_theme
from app.views import HeatmapView, LossView, ProfileView, SaturationView
from app.views.of_frame import FrameView
from core.experiment import Experiment, with_settings
from core.record import Parts
from tests.app.fake_source import append_steps, fake_record, put_frame

# Windows of the offscreen platform know no hints of their size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LABORATORY = with_settings(
    Experiment.parse(
        {
            "data": {"kind": "moons", "samples": 100},
            "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        }
    ),
    ["training.epochs=1000"],
)


def shown(qtbot: QtBot, kind, record):
    view = kind()
    qtbot.addWidget(view)
    view.resize(440, 320)
    view.set_source(record)
    view.show()
    view.refresh()
    return view


# Playback ------------------------------------------------------------------------------------


def test_playing_takes_the_time_that_was_asked_for() -> None:
    playback = Playback(rate=Rate(whole_s=20.0))
    playback.start(1, 0, 2001)
    for _ in range(10):
        at = playback.advance(1.0, 2001)
    assert at == 1000
    for _ in range(10):
        at = playback.advance(1.0, 2001)
    assert at == 2000
    assert playback.direction == 0


def test_playing_backward_ends_at_the_first_step() -> None:
    playback = Playback(rate=Rate(steps_per_s=10.0))
    playback.start(-1, 25, 100)
    assert playback.advance(1.0, 100) == 15
    assert playback.advance(5.0, 100) == 0
    assert playback.direction == 0


def test_playing_at_an_end_begins_at_the_other() -> None:
    playback = Playback()
    playback.start(1, 99, 100)
    assert (playback.position, playback.direction) == (0.0, 1)
    playback.start(-1, 0, 100)
    assert (playback.position, playback.direction) == (99.0, -1)


# Timeline ------------------------------------------------------------------------------------


@pytest.fixture
def timeline(qtbot: QtBot):
    now = [100.0]
    one = Timeline(now=lambda: now[0])
    qtbot.addWidget(one)
    one.resize(900, one.sizeHint().height())
    one.apply_theme(load_theme("dark"))
    one.step_selected.connect(one.set_step)  # as the session does
    one.set_source(fake_record(1000))
    one.show()
    one.clock = now  # type: ignore[attr-defined]
    return one


def test_a_click_on_the_track_looks_back(qtbot: QtBot, timeline: Timeline) -> None:
    track = timeline.track
    with qtbot.waitSignal(timeline.step_selected) as seen:
        qtbot.mouseClick(
            track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 2, track.height() // 2)
        )
    assert seen.args is not None
    assert abs(seen.args[0] - 500) <= 3
    assert timeline.words.startswith("step")
    qtbot.mouseClick(timeline.live, Qt.MouseButton.LeftButton)
    assert timeline.words == ""


def test_the_ends_of_the_track_are_the_first_and_the_last_step(timeline: Timeline) -> None:
    assert timeline.track.step_at(-50.0) == 0
    assert timeline.track.step_at(timeline.track.width() + 50.0) == 999


def test_buttons_and_keys_go_step_by_step(qtbot: QtBot, timeline: Timeline) -> None:
    seen: list[int | None] = []
    timeline.step_selected.connect(seen.append)
    timeline.step_back()  # from live: the newest step, whatever comes after it
    timeline.step_back()
    timeline.step_on()
    timeline.step_on()  # after the newest it is live again
    timeline.step_on()
    assert seen == [999, 998, 999, None]


def play_two_seconds(timeline: Timeline, start: int) -> None:
    timeline.track.moved.emit(start)
    timeline.play_forward()
    for _ in range(20):
        timeline.clock[0] += 0.1  # type: ignore[attr-defined]
        timeline.refresh()


def test_it_plays_on_the_render_clock(timeline: Timeline) -> None:
    seen: list[int | None] = []
    timeline.step_selected.connect(seen.append)
    timeline.rates.setCurrentText("10 steps/s")
    play_two_seconds(timeline, 10)
    assert seen[-1] == 30
    timeline.play_forward()  # the same button stops
    timeline.clock[0] += 1.0  # type: ignore[attr-defined]
    timeline.refresh()
    assert seen[-1] == 30


def test_it_plays_at_any_speed(qtbot: QtBot, timeline: Timeline) -> None:
    seen: list[int | None] = []
    timeline.step_selected.connect(seen.append)
    timeline.rates.setCurrentIndex(timeline.rates.count() - 1)  # another speed ...
    assert timeline.rates.currentText() == "whole run in 20 s"  # until it is known
    dialog = timeline.window().findChild(QInputDialog)
    assert dialog is not None
    dialog.setDoubleValue(0.37)
    dialog.accept()
    assert timeline.rates.currentText() == "1 step every 2.7 s"
    timeline.rates.take(37.5)
    assert timeline.rates.currentText() == "37.5 steps/s"
    play_two_seconds(timeline, 10)
    assert seen[-1] == 85
    count = timeline.rates.count()
    timeline.rates.take(10.0)  # one of the usual ones
    assert (timeline.rates.count(), timeline.playback.rate) == (count, Rate(steps_per_s=10.0))


def test_a_speed_that_is_not_said_changes_nothing(timeline: Timeline) -> None:
    timeline.rates.setCurrentIndex(timeline.rates.count() - 1)
    dialog = timeline.window().findChild(QInputDialog)
    assert dialog is not None
    dialog.reject()
    assert timeline.rates.currentText() == "whole run in 20 s"
    assert timeline.playback.rate == Rate(whole_s=20.0)


def test_without_a_run_there_is_nothing_to_press(qtbot: QtBot) -> None:
    one = Timeline()
    qtbot.addWidget(one)
    assert not one.live.isEnabled()
    assert not any(button.isEnabled() for button in one.buttons.values())


# Views ---------------------------------------------------------------------------------------


def test_the_profile_is_that_of_the_step(qtbot: QtBot) -> None:
    record = fake_record(400, switch=200, layers=6)
    view = shown(qtbot, ProfileView, record)
    live = view._now.yData.copy()
    view.set_step(50)
    view.refresh()
    back = view._now.yData.copy()
    expected = record.layer_columns["delta_norm"].read(50, 51)[0]
    assert 10**back == pytest.approx(expected, rel=1e-5)
    assert abs(back - live).max() > 1
    assert "step 50" in view.header.subtitle.text
    assert "looking back" in view.provenance
    view.set_step(None)
    view.refresh()
    assert view._now.yData == pytest.approx(live)


def test_a_snapshot_is_the_nearest_to_the_step(qtbot: QtBot) -> None:
    record = fake_record(400, switch=200, layers=4)
    view = shown(qtbot, SaturationView, record)
    assert isinstance(view, FrameView)
    view.set_step(40)
    view.refresh()
    steps = [frame.step for frame in record.history.frames]
    assert view.frame is not None
    assert view.frame.step == min(steps, key=lambda step: abs(step - 40))
    assert f"step {view.frame.step}" in view.provenance
    append_steps(record, 50, 200)
    put_frame(record, relu=True)
    kept = view.frame
    view.refresh()
    assert view.frame is kept  # the run goes on, the picture does not
    view.set_step(None)
    view.refresh()
    assert view.frame is record.frame


def test_nobody_asks_for_snapshots_while_looking_back(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake_record(400, switch=200, layers=4)
    view = shown(qtbot, SaturationView, record)
    asked: list[Parts] = []
    monkeypatch.setattr(record, "request_frame", asked.append)
    view.set_step(40)
    append_steps(record, 50, 200)
    view.refresh()
    assert asked == []


@pytest.mark.parametrize("kind", [LossView, HeatmapView])
def test_a_view_over_steps_marks_the_step_and_lets_choose_one(qtbot: QtBot, kind) -> None:
    view = shown(qtbot, kind, fake_record(400, switch=200, layers=4))
    view.set_step(123)
    view.refresh()
    marks = view.plot.overlay.shown("marks")
    assert [mark.x for mark in marks if mark.color == "accent"] == [123]
    with qtbot.waitSignal(view.step_selected) as seen:
        view.canvas.clicked.emit(view.plot, 77.2, 2.0)
    assert seen.args == [77]


# All together --------------------------------------------------------------------------------


def test_one_cursor_for_all(qtbot: QtBot, laboratory: Laboratory) -> None:
    session = laboratory.session
    laboratory.window.show_views()
    session.step(30)
    qtbot.waitUntil(lambda: session.source.steps == 30, timeout=20_000)
    session.select_step(12)
    assert {view.at for view in laboratory.views} == {12}
    laboratory.window.setFocus()
    qtbot.keyClick(laboratory.window, Qt.Key.Key_Left)
    assert session.at == 11
    qtbot.keyClick(laboratory.window, Qt.Key.Key_Home)
    assert session.at == 0
    qtbot.keyClick(laboratory.window, Qt.Key.Key_Escape)
    assert session.at is None
    session.select_step(500)  # there is no such step: the last one
    assert session.at == 29
    before = session.source
    session.reset()
    qtbot.waitUntil(lambda: session.source is not before, timeout=20_000)
    assert session.at is None
    assert {view.at for view in laboratory.views} == {None}


def test_a_run_is_pinned_to_compare_with(qtbot: QtBot, laboratory: Laboratory) -> None:
    session = laboratory.session
    unpin = laboratory.window.actions_by_key["unpin"]
    session.pin()
    assert session.reference is None  # there is nothing yet
    session.step(5)
    qtbot.waitUntil(lambda: session.source.steps == 5, timeout=20_000)
    session.pin()
    first = session.source
    assert {id(view.reference) for view in laboratory.views} == {id(first)}
    session.reset()
    qtbot.waitUntil(lambda: session.source is not first, timeout=20_000)
    assert session.reference is first
    assert unpin.isEnabled()
    unpin.trigger()
    assert session.reference is None
    assert not unpin.isEnabled()


def test_a_pinned_run_has_a_name_and_is_let_go_with_other_data(laboratory, qtbot) -> None:
    session, window = laboratory.session, laboratory.window
    qtbot.waitUntil(lambda: session.is_ready, timeout=60_000)
    laboratory._on_workspace_chosen("compare")
    assert "Nothing to compare" in window.toast.text.text()
    session.step(3)
    qtbot.waitUntil(lambda: session.source.steps == 3, timeout=30_000)
    laboratory.timeline.refresh()
    laboratory.timeline.pin.click()
    pinned = session.reference
    assert pinned is not None
    name = f"{pinned.experiment.name} · {pinned.run_id[-4:]}"
    assert name in window.event_text.text()
    assert name in laboratory.timeline.pin.toolTip()
    assert laboratory.timeline.pin.isChecked()
    session.open(with_settings(session.experiment, ["data.samples=50"]))
    qtbot.waitUntil(lambda: session.reference is None, timeout=30_000)
    assert "other data" in window.toast.text.text()
    assert not laboratory.timeline.pin.isChecked()
