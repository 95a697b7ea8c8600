"""The window as a user finds it: start page, commands, errors, settings, closing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeySequence
from PySide6.QtWidgets import QApplication, QGraphicsView

from app import application as lab_application
from app.plots.text import number
from app.settings import Settings, load_settings, save_settings
from app.shell.actions import COMMANDS, make_actions
from app.shell.laboratory import Laboratory
from app.shell.question import Question
from app.shell.start_page import FACTS, ORDER, StartPage
from app.views.words import Words
from core import catalogue
from core.experiment import Experiment, read_experiment, with_settings, write_experiment
from core.record.source import State

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

SPEC = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 100},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "epochs": 100000, "device": "cpu"},
    }
)


LABORATORY = SPEC


def test_every_command_builds_an_action_with_a_shortcut_of_its_own(qapp):
    owner = QObject()
    actions = make_actions(owner)
    keys = [action.shortcut().toString() for action in actions.values()]
    assert all(keys)
    assert len(set(keys)) == len(keys) == len(COMMANDS)
    assert all(action.toolTip() for action in actions.values())
    assert QKeySequence("Space").toString() in keys


def test_every_ready_experiment_is_on_the_start_page(qtbot):
    page = StartPage()
    qtbot.addWidget(page)
    assert [card.name for card in page.cards] == list(ORDER)
    assert sorted([*ORDER, *page.more]) == sorted(catalogue.names())
    with qtbot.waitSignal(page.chosen) as chosen:
        page.more["keras-lecture-fmnist"].click()
    assert chosen.args == ["keras-lecture-fmnist"]
    assert 3 <= len(ORDER) <= 5
    assert set(FACTS) == set(ORDER)
    assert ORDER[0] == catalogue.DEFAULT


def test_one_click_on_a_card_runs_it(laboratory, qtbot):
    window = laboratory.window
    assert window.stack.currentWidget() is window.start_page
    card = next(card for card in window.start_page.cards if card.name == catalogue.DEFAULT)
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert window.stack.currentWidget() is window.grid
    qtbot.waitUntil(lambda: laboratory.session.source.steps > 20, timeout=30_000)
    assert len(laboratory.session.source.facts.layers) == 21
    assert "Twenty sigmoid layers" in window.windowTitle()


def test_run_pause_and_step_by_the_buttons(laboratory, qtbot):
    actions = laboratory.window.actions_by_key
    actions["run"].trigger()
    qtbot.waitUntil(lambda: laboratory.session.source.steps > 5, timeout=30_000)
    assert actions["run"].text() == "Pause"
    actions["run"].trigger()
    qtbot.waitUntil(lambda: laboratory.session.source.status.state is State.PAUSED, timeout=30_000)
    assert actions["run"].text() == "Run"
    steps = laboratory.session.source.steps
    actions["step"].trigger()
    qtbot.waitUntil(lambda: laboratory.session.source.steps == steps + 1, timeout=30_000)
    told = laboratory.window.findChild(Words, "stages")
    qtbot.waitUntil(lambda: told.text.startswith(f"step {steps}: forward"), timeout=30_000)
    assert [part.split(" ")[0] for part in told.text.split(" · ")[1:]] == [
        "loss",
        "backward",
        "nothing",  # is clipped
        "update",
    ]
    actions["reset"].trigger()
    qtbot.waitUntil(lambda: laboratory.session.source.steps == 0, timeout=30_000)


def test_a_divergence_is_told_with_ways_out(laboratory, qtbot):
    window = laboratory.window
    spec = SPEC.plain()
    spec["training"]["optimizer"]["lr"] = 1e9
    spec["training"]["l2"] = 1.0
    laboratory.session.open(Experiment.parse(spec), run=True)
    window.show_views()
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=30_000)
    assert "Diverged at step" in window.banner.text.text()
    buttons = {one.text(): one for one in window.banner.buttons if one.isVisible()}
    buttons["Show where"].click()
    found = laboratory.session.source.found
    assert found is not None
    assert laboratory.session.at == found.step
    assert laboratory.session.layer == (found.layer or 1)
    buttons["Reset at a tenth of the rate"].click()
    assert laboratory.session.experiment.training.optimizer.lr == pytest.approx(1e8)


def test_an_exception_in_the_trainer_is_a_banner_with_details(laboratory, qtbot, monkeypatch):
    from core.engine.autograd import AutogradEngine

    def burst(*_: object) -> None:
        raise ZeroDivisionError("a wire burnt through")

    monkeypatch.setattr(AutogradEngine, "_train_step", burst)
    window = laboratory.window
    laboratory.session.run()
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=30_000)
    assert "a wire burnt through" in window.banner.text.text()
    assert "Traceback" in window.banner.details.toPlainText()
    assert not window.banner.details.isVisible()
    window.banner.details_button.click()
    assert window.banner.details.isVisible()
    monkeypatch.undo()
    window.banner.buttons[0].click()
    laboratory.session.run()
    qtbot.waitUntil(lambda: laboratory.session.source.steps > 5, timeout=30_000)


def test_a_bad_file_is_refused_and_nothing_is_lost(laboratory, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("sed = 1", encoding="utf-8")
    laboratory.open_file(bad)
    assert "bad.toml" in laboratory.window.banner.text.text()
    assert "Did you mean seed?" in laboratory.window.banner.text.text()
    assert laboratory.session.experiment == SPEC


def test_a_run_is_exported_in_the_background_and_told(laboratory, qtbot, tmp_path):
    laboratory.session.step(12)
    qtbot.waitUntil(lambda: laboratory.session.source.steps == 12, timeout=30_000)
    text = laboratory.window.toast.text
    laboratory.writer.write_run(tmp_path / "out")
    qtbot.waitUntil(lambda: "was written" in text.text(), timeout=30_000)
    assert len((tmp_path / "out" / "scalars.csv").read_text("utf-8").splitlines()) == 13
    (tmp_path / "file").touch()
    laboratory.writer.write_run(tmp_path / "file" / "under")
    banner = laboratory.window.banner
    qtbot.waitUntil(lambda: "cannot be written" in banner.text.text(), timeout=30_000)
    assert not laboratory.window.toast.isVisible()  # it said that the run is being written


def test_both_themes_dress_the_window_and_it_can_be_drawn(laboratory, tmp_path):
    window = laboratory.window
    window.show_views()
    colors = set()
    for _ in range(2):
        window.actions_by_key["theme"].trigger()
        assert window.grab_to(tmp_path / "window.png")
        colors.add(QImage(str(tmp_path / "window.png")).pixelColor(3, 790).name())
    assert len(colors) == 2


def test_touching_a_widget_from_another_thread_is_refused(laboratory):
    caught: list[str] = []

    def touch() -> None:
        for touched in (
            lambda: laboratory.views[0].set_source(None),
            lambda: laboratory.panel.panels()[0].set_experiment(SPEC),
        ):
            try:
                touched()
            except RuntimeError as error:
                caught.append(str(error))

    thread = threading.Thread(target=touch)
    thread.start()
    thread.join()
    assert len(caught) == 2
    assert all("from another thread" in text for text in caught)


# Files -------------------------------------------------------------------------------------


def questions(laboratory: Laboratory) -> list[Question]:
    return [one for one in laboratory.window.findChildren(Question) if one.isVisible()]


def answer(laboratory: Laboratory, key: str) -> None:
    (question,) = questions(laboratory)
    question.choose(key)


def seed(laboratory: Laboratory, value: int) -> None:
    spec = with_settings(laboratory.session.experiment, [f"seed={value}"])
    laboratory.session.edit(spec, "seed")


def test_the_title_says_what_is_open_and_whether_it_is_saved(laboratory, tmp_path):
    window = laboratory.window
    file = tmp_path / "a[*].toml"
    write_experiment(SPEC.model_copy(update={"name": "One [*] two"}), file)
    laboratory.open_file(file)
    assert window.windowTitle() == "One [*][*] two[*] · a[*][*].toml · Gradoscope"
    assert not window.isWindowModified()
    seed(laboratory, 5)
    assert window.isWindowModified()
    laboratory.session.undo_stack.undo()
    assert not window.isWindowModified()
    seed(laboratory, 6)
    window.actions_by_key["save"].trigger()
    assert not window.isWindowModified()
    assert "saved a[*].toml" in window.event_text.text()
    assert read_experiment(file).seed == 6


def test_closing_asks_once_and_the_answer_counts(laboratory, qtbot):
    window = laboratory.window
    seed(laboratory, 5)
    window.close()
    window.close()
    assert len(questions(laboratory)) == 1
    answer(laboratory, "cancel")
    assert window.isVisible()
    window.close()
    with qtbot.waitSignal(window.closed):
        answer(laboratory, "discard")
    assert not window.isVisible()


def test_closing_saves_first_if_that_is_wanted(laboratory, qtbot, tmp_path):
    file = tmp_path / "own.toml"
    write_experiment(SPEC, file)
    laboratory.open_file(file)
    seed(laboratory, 5)
    laboratory.window.close()
    with qtbot.waitSignal(laboratory.window.closed):
        answer(laboratory, "save")
    assert read_experiment(file).seed == 5


def test_closing_asks_nothing_where_there_is_nothing_to_save(laboratory, qtbot):
    with qtbot.waitSignal(laboratory.window.closed):
        laboratory.window.close()
    assert questions(laboratory) == []


def test_what_is_still_being_typed_counts_as_a_change(laboratory, qtbot):
    window = laboratory.window
    with qtbot.waitActive(window):
        window.activateWindow()
    field = laboratory.panel.run.row("name").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "Half a word")
    window.close()
    assert laboratory.session.experiment.name == "Half a word"
    answer(laboratory, "cancel")


def test_a_card_asks_before_it_takes_the_place_of_changes(laboratory):
    window = laboratory.window
    seed(laboratory, 5)
    window.start_page.cards[0].click()
    assert window.stack.currentWidget() is window.start_page
    answer(laboratory, "cancel")
    assert laboratory.session.experiment.seed == 5
    window.start_page.cards[0].click()
    answer(laboratory, "discard")
    assert window.stack.currentWidget() is window.grid
    assert laboratory.session.experiment == catalogue.load(window.start_page.cards[0].name)


def test_a_file_dropped_on_the_window_is_opened(laboratory, tmp_path):
    window = laboratory.window
    file = tmp_path / "dropped.toml"
    write_experiment(SPEC.model_copy(update={"seed": 5}), file)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    enter.ignore()
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    window.dropEvent(drop)
    assert laboratory.session.experiment.seed == 5
    assert window.stack.currentWidget() is window.grid
    text = QMimeData()
    text.setText("no file")
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, text, buttons, keys)
    enter.ignore()
    window.dragEnterEvent(enter)
    assert not enter.isAccepted()


def test_no_picture_stands_in_the_way_of_a_dropped_file(laboratory):
    laboratory.window.show_views()
    takers = [
        view
        for view in laboratory.window.findChildren(QGraphicsView)
        if view.acceptDrops() or view.viewport().acceptDrops()
    ]
    assert takers == []


def test_every_file_command_is_in_the_file_menu(laboratory):
    window = laboratory.window
    menu = window.transport.file_button.menu()
    assert menu is window.file_menu
    for key in ("open", "save", "export", "export_script", "look", "explore", "undo", "quit"):
        assert window.actions_by_key[key] in menu.actions()


# Settings --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b'{"theme": 7}', b"{" * 100000])
def test_damaged_settings_never_stop_a_start(tmp_path, content):
    file = tmp_path / "settings.json"
    file.write_bytes(content)
    settings, notice = load_settings(file)
    assert settings == Settings()
    assert "damaged" in notice
    assert file.with_suffix(".bad").read_bytes() == content
    assert load_settings(file) == (Settings(), "")


def test_settings_come_back(tmp_path):
    file = tmp_path / "new" / "settings.json"
    settings = Settings(theme="light")
    settings.remember(tmp_path / "ü.toml")
    assert save_settings(settings, file) == ""
    assert load_settings(file) == (settings, "")
    assert load_settings(file)[0].recent == [str(tmp_path / "ü.toml")]


# Whole processes ---------------------------------------------------------------------------


@pytest.fixture
def home(child_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return an environment with a home of its own, not of plain ASCII."""
    folder = tmp_path / "ü 中"
    folder.mkdir()
    return child_environment | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "QT_QPA_PLATFORM": "offscreen",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_headless_trains_and_leaves_a_picture_and_the_csv_files(home, tmp_path):
    out = tmp_path / "results"
    done = run(home, "--headless", "--out", str(out), "--experiment", "two-moons", "--steps", "30")
    assert done.returncode == 0, done.stderr
    assert "step 30 of 30" in done.stdout
    names = {file.name for file in out.iterdir()}
    assert names == {
        "experiment.toml",
        "scalars.csv",
        "layers.csv",
        "summary.json",
        "window.png",
    }
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["steps"] == 30
    assert QImage(str(out / "window.png")).width() == 1440


def test_a_picture_has_the_size_and_scale_asked_for(home, tmp_path):
    file = tmp_path / "picture.png"
    arguments = ["--size", "1040x700", "--scale", "1.5", "--theme", "light", "--steps", "12"]
    done = run(home, "--screenshot", str(file), "--experiment", "two-moons", *arguments)
    assert done.returncode == 0, done.stderr
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == (1560, 1050)
    assert picture.pixelColor(3, 3).lightness() > 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--experiment", "twenty-sigmod-layers"], ["twenty-sigmod-layers", "Did you mean"]),
        (["--size", "12"], ["'12'", "1440x900"]),
        (["--screenshot", "x.png", "--at", "soon", "draw"], ["soon"]),
        (["--screenshot", "x.png", "--at", "1", "training.optimizer.lr=nan"], ["nan"]),
    ],
)
def test_bad_arguments_are_repeated_in_one_sentence(home, tmp_path, arguments, words):
    done = run(home | {"PWD": str(tmp_path)}, *arguments)
    assert done.returncode == 2
    assert all(word in done.stderr for word in words)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a display")
def test_without_a_display_it_says_so(home):
    bare = {
        key: value
        for key, value in home.items()
        if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = run(bare)
    assert done.returncode == 2
    assert "There is no display" in done.stderr
    assert "--headless" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_terminated_session_ends_in_good_order_while_training(
    home, wait_until: Callable[..., None]
):
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--experiment", "two-moons"],
        env=home,
        stderr=subprocess.PIPE,
        text=True,
    )
    crash = Path(home["XDG_STATE_HOME"]) / "gradoscope" / "crash.txt"
    wait_until(crash.exists, "the start")
    wait_until(lambda: _threads(process.pid) >= 2, "the trainer")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert not crash.exists()


def _threads(pid: int) -> int:
    folder = Path(f"/proc/{pid}/task")
    return len(os.listdir(folder)) if folder.exists() else 2  # noqa: PTH208


def test_a_crash_is_told_at_the_next_start(tmp_path, monkeypatch):
    file = tmp_path / "crash.txt"
    file.write_text("Fatal Python error: Segmentation fault", encoding="utf-8")
    crash = lab_application.CrashFile(file)
    assert "Segmentation fault" in crash.last_crash
    crash.close()
    second = lab_application.CrashFile(file)
    assert second.last_crash == ""
    second.close()


def test_the_binding_loses_no_references(qapp: QApplication):
    """PySide6 6.12.0 on Python 3.11 loses one to None a call, and ends the process."""
    timer = QObject()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(1000):
        timer.setObjectName("x")
        qapp.sendPostedEvents()
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert after[0] > before[0] - 100
    assert after[1] > before[1] - 100


# What the newcomer met ---------------------------------------------------------------------


def test_after_a_run_has_ended_the_button_says_run_and_begins_anew(laboratory, qtbot):
    window, session = laboratory.window, laboratory.session
    spec = SPEC.plain()
    spec["training"]["optimizer"]["lr"] = 1e9
    spec["training"]["l2"] = 1.0
    session.open(Experiment.parse(spec), run=True)
    qtbot.waitUntil(lambda: session.source.status.state is State.DIVERGED, timeout=30_000)
    assert not session.running
    qtbot.waitUntil(lambda: window.transport.run_button.text() == "Run", timeout=5_000)
    run = session.source.run_id
    window.actions_by_key["run"].trigger()
    qtbot.waitUntil(lambda: session.source.run_id != run, timeout=30_000)


def test_the_bars_of_a_run_are_gone_with_it(laboratory, qtbot):
    session = laboratory.session
    shown = []
    laboratory.panel.set_live = lambda *values: shown.append(values)
    session.step(5)
    qtbot.waitUntil(lambda: session.source.steps == 5, timeout=30_000)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1][0] is not None, timeout=5_000)
    laboratory.window.actions_by_key["reset"].trigger()
    qtbot.waitUntil(lambda: session.source.steps == 0, timeout=30_000)
    qtbot.waitUntil(lambda: shown[-1] == (None, None), timeout=5_000)


def test_a_notice_that_asks_for_nothing_moves_nothing_and_goes_by_itself(laboratory, qtbot):
    window = laboratory.window
    banner, toast = window.banner, window.toast
    toast._timer.setInterval(50)
    before = window.stack.geometry()
    laboratory.notify("warn", "2 files were dropped on the window.")
    assert toast.isVisible()
    assert not banner.isVisible()
    qtbot.wait(10)
    assert window.stack.geometry() == before
    assert toast.parentWidget().rect().contains(toast.geometry())
    qtbot.waitUntil(lambda: not toast.isVisible(), timeout=5_000)
    laboratory.notify("bad", "It was not opened.")
    qtbot.wait(200)
    assert banner.isVisible()


def test_what_is_told_of_a_run_waits_while_the_start_page_is_shown(laboratory):
    window = laboratory.window
    window.show_views()
    window.banner.show_notice("bad", "Diverged at step 5", of_run=True)
    assert window.banner.isVisible()
    window.show_start_page()
    assert not window.banner.isVisible()
    window.show_views()
    assert window.banner.isVisible()
    window.banner.close_button.click()
    window.show_start_page()
    window.show_views()
    assert not window.banner.isVisible()


def test_digits_and_arrows_reach_the_pictures_from_anywhere(laboratory, qtbot):
    window, session = laboratory.window, laboratory.session
    qtbot.waitUntil(lambda: session.is_ready, timeout=60_000)
    window.show_views()
    session.step(20)
    qtbot.waitUntil(lambda: session.source.steps == 20, timeout=30_000)
    window.activateWindow()
    views = {view.key: view for view in laboratory.views}
    qtbot.waitUntil(lambda: not views["heatmap"].visibleRegion().isEmpty(), timeout=5_000)
    window._on_workspace(window.actions_by_key["workspace_overview"])
    for focused in (window.grid, views["loss"].canvas, views["loss"].header.help_button):
        focused.setFocus()
        qtbot.keyClick(focused, Qt.Key.Key_3)
        assert views["heatmap"].face.quantity == "activation_norm"
        qtbot.keyClick(focused, Qt.Key.Key_2)
        assert views["heatmap"].face.quantity == "delta_norm"
    window.raise_view("profile")
    qtbot.keyClick(window.grid, Qt.Key.Key_5)
    assert views["profile"].both
    window.raise_view("heatmap")
    canvas = views["heatmap"].canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert session.at == 19
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert session.at == 0
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert session.at is None


def test_the_loss_has_room_for_its_smallest_values(laboratory):
    transport = laboratory.window.transport
    label = transport._values["loss"]
    for value in (2.3026, 0.0345, 1.034e-6, float("nan"), float("inf")):
        text = number(value, 4)
        assert label.fontMetrics().horizontalAdvance(text) <= label.minimumWidth(), text


def test_a_menu_is_not_mirrored(laboratory):
    window = laboratory.window
    left = Qt.LayoutDirection.LeftToRight
    assert window.transport.views_button.layoutDirection() == left
    assert window.views_menu.layoutDirection() == left


def test_a_narrow_window_shows_two_views_side_by_side_and_the_others_as_tabs(laboratory, qtbot):
    window = laboratory.window
    window.show_views()

    def behind(key):
        return {dock.objectName() for dock in window.grid.tabifiedDockWidgets(window._docks[key])}

    window.resize(1440, 900)
    qtbot.waitUntil(lambda: behind("loss") == set(), timeout=5_000)
    window.resize(1024, 700)
    learning = {"dock_accuracy", "dock_predictions", "dock_decision"}
    qtbot.waitUntil(lambda: behind("loss") == learning, timeout=5_000)
    assert behind("saturation") == {"dock_cascade", "dock_ridgelines", "dock_histograms"}
    assert window._docks["loss"].isVisible()
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: behind("loss") == set(), timeout=5_000)
    assert behind("profile") == {"dock_layers", "dock_ledger"}
