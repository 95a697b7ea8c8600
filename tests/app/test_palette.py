"""Command palette and shortcut sheet: what is found, what runs, and which keys are left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, QPoint, QSize, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QSpinBox, QWidget

from app.settings import Settings
from app.shell.actions import COMMANDS, make_actions
from app.shell.fuzzy import match
from app.shell.key_caps import KeyCaps, caps_of
from app.shell.main_window import MainWindow
from app.shell.palette import MOST_ROWS, Entry, Palette
from app.shell.palette_entries import action_entries, entries_of
from app.shell.palette_row import ROW
from app.shell.shortcut_sheet import MORE, ShortcutSheet, in_columns, shortcuts_of
from core import catalogue
from core.experiment import Experiment

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", "grabbing the keyboard")

LABORATORY = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 100},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "epochs": 100000, "device": "cpu"},
    }
)
Key = Qt.Key


# Matching ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "emphasised"),
    [
        ("", "Save", ""),
        ("sav", "Save as …", "Sav"),
        ("AS save", "Save as …", "Saveas"),
        ("orch", "Export as PyTorch …", "orch"),
        ("lt", "Light theme", "Lt"),
        ("sl7", "Select layer 7 (dense 7)", "Sl7"),
        ("ex", "İ export", "ex"),
    ],
)
def test_every_word_is_found_and_its_letters_are_known(typed, text, emphasised):
    found = match(typed, text)
    assert found is not None
    assert "".join(text[place] for place in sorted(found.letters)) == emphasised


@pytest.mark.parametrize(
    ("typed", "text"), [("xyz", "Save"), ("save xyz", "Save"), ("ae", "Save"), ("evas", "Save")]
)
def test_what_does_not_hold_every_word_does_not_match(typed, text):
    assert match(typed, text) is None


def test_whole_words_come_before_beginnings_insides_gaps_and_descriptions():
    texts = ("run", "A run", "Running", "A runner", "Prune", "Reset the union")
    found = [match("run", text) for text in texts]
    costs = [one.cost for one in found if one is not None]
    assert len(costs) == len(texts)
    assert costs == sorted(set(costs))
    beside = match("run", "Experiments", "Choose and run one")
    assert beside is not None
    assert beside.cost > costs[-1]
    assert not beside.letters


# The palette ---------------------------------------------------------------------------------


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def palette(qtbot, ran) -> Palette:
    window = QWidget()
    window.resize(900, 700)
    qtbot.addWidget(window)
    window.show()

    def entry(text: str, *, enabled: bool = True) -> Entry:
        return Entry(text, "", "", lambda: ran.append(text), enabled=enabled)

    texts = ("Run", "Save", "Save as", "Undo", "Export", *(f"Layer {n}" for n in range(1, 16)))
    one = Palette(lambda: [entry(text, enabled=text != "Undo") for text in texts], window)
    one.open()
    return one


def current(palette: Palette) -> str:
    return palette.current.text if palette.current else ""


def listed(palette: Palette) -> list[str]:
    return [entry.text for entry in palette.listed]


def press(qtbot, palette: Palette, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(palette.search, key)


def test_typing_filters_and_enter_runs_the_best(qtbot, palette, ran):
    assert len(palette.listed) == 20
    qtbot.keyClicks(palette.search, "layer 1")
    assert listed(palette)[:2] == ["Layer 1", "Layer 10"]
    assert current(palette) == "Layer 1"
    press(qtbot, palette, Key.Key_Return)
    qtbot.waitUntil(lambda: ran == ["Layer 1"])


def test_it_runs_only_after_the_palette_has_closed(qtbot):
    window, seen = QWidget(), []
    qtbot.addWidget(window)
    window.show()
    one = Palette(lambda: [Entry("Look", "", "", lambda: seen.append(one.isVisible()))], window)
    one.open()
    press(qtbot, one, Key.Key_Return)
    assert not seen  # not within the key press
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [False]


def test_what_runs_may_be_the_end_of_window_and_palette(qtbot):
    window, destroyed = QWidget(), []
    window.show()
    one = Palette(lambda: [Entry("End", "", "", window.deleteLater)], window)
    one.destroyed.connect(lambda: destroyed.append(1))
    one.open()
    press(qtbot, one, Key.Key_Return)
    qtbot.waitUntil(lambda: bool(destroyed))


def test_up_and_down_go_round_and_pass_over_what_is_disabled(qtbot, palette):
    assert current(palette) == "Run"
    press(qtbot, palette, Key.Key_Up)
    assert current(palette) == "Layer 15"
    press(qtbot, palette, Key.Key_Down)
    assert current(palette) == "Run"
    press(qtbot, palette, Key.Key_Down, Key.Key_Down, Key.Key_Down)
    assert current(palette) == "Export"  # Undo stands between


def test_pages_and_ends_stop_at_the_ends(qtbot, palette):
    press(qtbot, palette, Key.Key_PageDown)
    assert current(palette) == "Layer 7"
    press(qtbot, palette, Key.Key_PageDown, Key.Key_PageDown)
    assert current(palette) == "Layer 15"
    press(qtbot, palette, Key.Key_PageUp)
    assert current(palette) == "Layer 5"
    press(qtbot, palette, Key.Key_Home)
    assert current(palette) == "Run"
    press(qtbot, palette, Key.Key_End)
    assert current(palette) == "Layer 15"


def test_what_is_disabled_is_shown_and_does_not_run(qtbot, palette, ran):
    qtbot.keyClicks(palette.search, "undo")
    assert listed(palette) == ["Undo"]
    press(qtbot, palette, Key.Key_Return)
    place = palette.list.visualRect(palette.rows.index(0, 0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.wait(20)
    assert palette.isVisible()
    assert not ran


def test_what_matches_nothing_is_said(qtbot, palette, ran):
    qtbot.keyClicks(palette.search, "xyz")
    assert palette.nothing.text() == "No command matches “xyz”"
    assert palette.nothing.isVisible()
    assert not palette.list.isVisible()
    press(qtbot, palette, Key.Key_Down, Key.Key_Return)
    assert palette.isVisible()
    palette.search.setText("x" * 500)
    assert palette.nothing.minimumSizeHint().width() < palette.width()


def test_escape_closes_and_the_next_time_nothing_is_typed(qtbot, palette, ran):
    qtbot.keyClicks(palette.search, "save")
    press(qtbot, palette, Key.Key_Escape)
    assert not palette.isVisible()
    palette.open()
    assert palette.search.text() == ""
    assert len(palette.listed) == 20
    qtbot.keyClick(palette.search, Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert not palette.isVisible()
    assert not ran


def test_what_was_used_last_comes_first_while_nothing_is_typed(qtbot, palette, ran):
    for typed in ("layer 9", "export"):
        palette.open()
        qtbot.keyClicks(palette.search, typed)
        press(qtbot, palette, Key.Key_Return)
    palette.open()
    assert listed(palette)[:3] == ["Export", "Layer 9", "Run"]
    qtbot.keyClicks(palette.search, "layer 1")
    assert current(palette) == "Layer 1"  # a better match comes before a recent one
    qtbot.waitUntil(lambda: ran == ["Layer 9", "Export"])


def test_a_click_runs_and_the_mouse_highlights_only_when_it_moves(qtbot, palette, ran):
    place = palette.list.visualRect(palette.rows.index(2, 0)).center()
    palette._pointer = QCursor.pos()
    palette.list.entered.emit(palette.rows.index(2, 0))  # the list moved below a resting mouse
    assert current(palette) == "Run"
    palette._pointer = QCursor.pos() + QPoint(5, 5)
    palette.list.entered.emit(palette.rows.index(2, 0))
    assert current(palette) == "Save as"
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: ran == ["Save as"])


def test_it_is_ten_rows_high_at_most_and_fits_a_low_window(qtbot, palette):
    assert ROW * MOST_ROWS <= palette.list.height() < ROW * (MOST_ROWS + 1)
    qtbot.keyClicks(palette.search, "save")
    assert palette.list.height() < 3 * ROW
    palette.close()
    palette.parentWidget().resize(400, 300)
    palette.open()
    assert palette.height() < 300
    assert palette.width() < 400


def test_a_screen_reader_is_told_names_keys_and_what_is_not_available(palette):
    assert palette.search.accessibleName()
    assert palette.list.accessibleName()
    role = Qt.ItemDataRole.AccessibleTextRole
    assert palette.rows.index(3, 0).data(role) == "Undo, not available"
    entry = Entry("Save", "Write it", "Ctrl+S", lambda: None)
    assert entry.spoken == "Save, Write it, Ctrl+S"


# In the laboratory ---------------------------------------------------------------------------


def choose(laboratory, text: str) -> None:
    """Run the entry with this text."""
    entries = [one for one in entries_of(laboratory) if one.text == text]
    assert len(entries) == 1, text
    assert entries[0].enabled
    entries[0].run()


def test_every_action_of_the_window_is_offered_as_it_is_now(qapp):
    owner = QObject()
    actions = make_actions(owner)
    actions["undo"].setEnabled(False)
    actions["run"].setText("Pause")
    found = {entry.text: entry for entry in action_entries(actions.values())}
    assert len(found) == len(COMMANDS) - 1  # not the palette in the palette
    assert not found["Undo"].enabled
    assert found["Pause"].keys == "Space"
    assert found["Save"].group == "File"
    assert all(entry.group and entry.hint for entry in found.values())


def test_layers_views_experiments_and_themes_are_offered(laboratory):
    texts = [entry.text for entry in entries_of(laboratory)]
    assert len(set(texts)) == len(texts)
    assert sum(text.startswith("Select layer ") for text in texts) == 3
    assert sum(text.startswith("Run experiment: ") for text in texts) == len(catalogue.names())
    assert {f"Show view: {view.title}" for view in laboratory.views} <= set(texts)
    choose(laboratory, next(text for text in texts if text.startswith("Select layer 2 (")))
    assert laboratory.session.layer == 2
    choose(laboratory, "Light theme")
    assert laboratory.window.theme.name == "light"
    light = next(one for one in entries_of(laboratory) if one.text == "Light theme")
    assert not light.enabled


def test_showing_a_view_brings_it_to_the_front_from_the_start_page(laboratory, qtbot):
    window = laboratory.window
    assert window.stack.currentWidget() is window.start_page
    for view in (laboratory.views[-1], laboratory.views[-3], laboratory.views[0]):
        choose(laboratory, f"Show view: {view.title}")
        qtbot.waitUntil(lambda view=view: not view.visibleRegion().isEmpty())
        assert window.stack.currentWidget() is window.grid
        assert window.focusWidget() is view


def test_an_experiment_runs_from_the_palette(laboratory, qtbot):
    window = laboratory.window
    window.activateWindow()
    qtbot.keyClick(window, Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = laboratory.palette
    assert palette.isVisible()
    qtbot.keyClicks(palette.search, "run two moons")
    assert current(palette) == "Run experiment: Two moons, tiny network"
    press(qtbot, palette, Key.Key_Return)
    qtbot.waitUntil(lambda: laboratory.session.source.steps > 5, timeout=30_000)
    assert laboratory.session.experiment == catalogue.load("two-moons")


def test_the_search_field_opens_it_and_is_a_lens_when_the_bar_is_narrow(laboratory, qtbot):
    window = laboratory.window
    transport = window.transport
    window.resize(1600, 800)
    qtbot.waitUntil(transport.search.isVisible)
    transport.search.click()
    assert laboratory.palette.isVisible()
    laboratory.palette.close()
    assert transport.search._words.isVisible()
    lenses = 0
    for width in range(1600, 960, -20):
        window.resize(width, 800)
        assert transport.search.isVisible() or not transport.speed.isVisible()
        if transport.search.isVisible() and not transport.search._words.isVisible():
            assert transport.search.width() < 40  # never an empty box around the lens
            lenses += 1
    assert lenses
    assert transport.help_button.isVisible()


# Shortcuts -----------------------------------------------------------------------------------


def test_caps_are_the_keys_that_are_pressed_together(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    assert caps_of("Ctrl+Shift+Z") == ["Ctrl", "Shift", "Z"]
    assert caps_of("Ctrl+Up") == ["Ctrl", "↑"]
    assert caps_of("Ctrl++") == ["Ctrl", "+"]
    assert caps_of("?") == ["?"]
    monkeypatch.setattr("sys.platform", "darwin")
    assert caps_of("Ctrl+Z") == ["⌘", "Z"]


def test_every_command_has_a_group(qapp):
    assert all(command.group for command in COMMANDS)
    assert len({command.key for command in COMMANDS}) == len(COMMANDS)


def test_columns_are_of_like_length_and_keep_the_order():
    assert in_columns([4, 4, 4]) == [0, 1, 2]
    assert in_columns([10, 1, 1, 1, 9], 3) == [0, 1, 4]
    assert in_columns([3]) == [0]


def test_the_sheet_names_every_shortcut_and_fits_a_small_screen(qtbot):
    owner = QObject()
    actions = make_actions(owner)
    sheet = ShortcutSheet(actions)
    qtbot.addWidget(sheet)
    sheet.toggle()
    assert sheet.isVisible()
    assert not sheet.isModal()
    said = [caps.accessibleName() for caps in sheet.findChildren(KeyCaps)]
    words = [label.text() for label in sheet.findChildren(QLabel)]
    assert len(said) == len(COMMANDS) + len(MORE) == len(shortcuts_of(actions))
    assert {"Space", "Ctrl+K", "?", "Ctrl+Click", "1 or 2 or 3 or 4"} <= set(said)
    assert {command.group for command in COMMANDS} <= set(words)
    for size in (QSize(1440, 900), QSize(1280, 800), QSize(1024, 700), QSize(853, 533)):
        room = size * 0.9
        sheet.fit(room)
        QApplication.processEvents()
        assert sheet.width() <= room.width()
        assert sheet.height() <= room.height()
        across, down = sheet._area.horizontalScrollBar(), sheet._area.verticalScrollBar()
        assert across.maximum() == 0
        hidden = sheet._page.height() - sheet._area.viewport().height()
        assert down.maximum() == max(hidden, 0)
        labels = sheet.findChildren(QLabel)
        assert all(label.width() >= label.sizeHint().width() for label in labels)
    qtbot.keyClick(sheet, Key.Key_Question)
    assert not sheet.isVisible()


def test_escape_closes_the_sheet_and_the_key_opens_it_again(laboratory, qtbot):
    window, sheet = laboratory.window, laboratory.shortcuts
    window.activateWindow()
    for _ in range(2):
        qtbot.keyClicks(window, "?")
        assert sheet.isVisible()
        qtbot.keyClick(sheet, Key.Key_Escape)
        assert not sheet.isVisible()
        window.activateWindow()


@pytest.mark.parametrize("make", [QLineEdit, QSpinBox])
def test_a_field_with_the_focus_keeps_its_keys(qtbot, make: Callable[[], QWidget]):
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    fired: list[str] = []
    for key in ("shortcuts", "run", "step"):
        window.actions_by_key[key].triggered.connect(lambda _=False, key=key: fired.append(key))
    field = make()
    window.set_panel(field)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    for text in ("?", " ", "."):
        qtbot.keyClicks(field, text)
    assert fired == []
    if isinstance(field, QLineEdit):
        assert field.text() == "? ."
    field.clearFocus()
    window.setFocus()
    qtbot.keyClicks(window, "?")
    assert fired == ["shortcuts"]
