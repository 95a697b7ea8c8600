"""Where views stand: workspaces, docks moved by hand, layouts remembered, presenting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.settings import Settings, load_settings, save_settings
from app.shell.main_window import MainWindow
from app.shell.presenter import SCALE
from app.shell.workspaces import (
    BY_KEY,
    GROUPS,
    PAGES,
    WORKSPACES,
    grouped,
    narrowed,
    pages,
    present,
)
from app.theme import load_theme
from app.views import VIEWS

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", "grabbing the mouse")
KNOWN = {view.key for view in VIEWS}


def make(settings: Settings) -> MainWindow:
    window = MainWindow(settings)
    window.resize(1440, 900)
    window.set_views([view() for view in VIEWS])
    window.show()
    window.show_views()
    settle()
    return window


def settle() -> None:
    """Let the window take its sizes."""
    for _ in range(3):
        QTest.qWait(1)


def end(window: MainWindow) -> None:
    window.close()
    window.deleteLater()
    settle()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    one = make(Settings())
    yield one
    end(one)


def places(window: MainWindow) -> dict[str, object]:
    """Return where the views are that can be seen."""
    docks = {key: window.grid.docks[key] for key in window.grid.shown}
    return {
        key: dock.geometry().getRect()
        for key, dock in docks.items()
        if not dock.visibleRegion().isEmpty()
    }


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    window.activateWindow()
    QTest.keyClick(window, key, modifier or Qt.KeyboardModifier.NoModifier)
    settle()


# As data -----------------------------------------------------------------------------------


def test_no_workspace_holds_a_view_twice_and_all_can_be_found():
    for workspace in (*WORKSPACES, *PAGES):
        keys = [key for row in workspace.rows for cell in row for key in cell]
        assert len(keys) == len(set(keys)), workspace.key
        assert present(workspace.rows, KNOWN), workspace.key
    headed = [key for _, keys in GROUPS for key in keys]
    assert len(headed) == len(set(headed))
    assert {key for _, keys in grouped(KNOWN) for key in keys} == KNOWN


def test_what_does_not_exist_is_left_out_with_its_place():
    rows = ((("a", "b"), ("c",)), (("d",),))
    assert present(rows, {"b"}) == ((("b",),),)
    assert narrowed(((("a",), ("b", "c"), ("d",)), (("e",),))) == (
        (("a", "b", "c"), ("d",)),
        (("e",),),
    )
    assert [page.key for page in pages({"race"})] == ["presenter", "race"]


# Workspaces --------------------------------------------------------------------------------


def test_each_workspace_shows_its_views_and_no_others(window):
    for number, workspace in enumerate(WORKSPACES):
        key = Qt.Key(Qt.Key.Key_1.value + number)
        press(window, key, Qt.KeyboardModifier.ControlModifier)
        wanted = {k for row in workspace.rows for cell in row for k in cell} & KNOWN
        assert set(window.grid.shown) == wanted
        assert window.transport.workspace_button.text() == workspace.title
        assert window.actions_by_key[f"workspace_{workspace.key}"].isChecked()
        for row in present(workspace.rows, KNOWN):
            for cell in row:
                assert not window.grid.docks[cell[0]].visibleRegion().isEmpty()


def test_rows_and_columns_are_as_the_data_say_and_follow_the_window(window):
    for size in ((1440, 900), (1700, 1000)):
        window.resize(*size)
        settle()
        docks = window.grid.docks
        assert docks["loss"].y() == docks["heatmap"].y() <= docks["accuracy"].y()  # below tabs
        assert docks["loss"].x() < docks["accuracy"].x() < docks["heatmap"].x()
        assert docks["saturation"].y() > docks["loss"].y()
        width = window.grid.width()
        assert docks["heatmap"].width() / width == pytest.approx(0.38, abs=0.02)
    window.show_workspace(BY_KEY["flow"])
    settle()
    assert window.grid.docks["strip"].width() == window.grid.width()


def test_a_hidden_view_costs_nothing(window):
    hidden = [view for key, view in window.grid.docks.items() if key not in window.grid.shown]
    assert hidden
    assert not any(dock.view.isVisible() for dock in hidden)
    behind = window.grid.docks["ledger"].view
    assert behind.visibleRegion().isEmpty()


# By hand -----------------------------------------------------------------------------------


def drag(window: MainWindow, start: QPoint, stop: QPoint) -> None:
    """Drag with the mouse, in the window's pixels."""
    handle, left = window.windowHandle(), Qt.MouseButton.LeftButton
    QTest.mousePress(handle, left, Qt.KeyboardModifier.NoModifier, start)
    for part in range(1, 9):
        QTest.mouseMove(handle, start + (stop - start) * (part / 8))
        QTest.qWait(1)
    QTest.mouseRelease(handle, left, Qt.KeyboardModifier.NoModifier, stop)
    settle()


def test_a_view_is_dragged_by_its_header_and_stays_where_it_was_dropped(window):
    docks = window.grid.docks
    title = docks["loss"].view.header.subtitle
    target = docks["heatmap"]
    before = places(window)
    drag(
        window,
        title.mapTo(window, QPoint(5, title.height() // 2)),
        target.mapTo(window, QPoint(target.width() - 20, target.height() // 2)),
    )
    assert not docks["loss"].isFloating()
    assert docks["loss"].x() > docks["accuracy"].x()
    assert places(window) != before
    assert window.grid.is_own
    assert docks["loss"].view.geometry() == docks["loss"].rect()


def test_a_click_or_double_click_on_a_header_moves_nothing(window):
    header = window.grid.docks["loss"].view.header
    before = places(window)
    point = header.subtitle.mapTo(window, QPoint(5, 8))
    handle, left = window.windowHandle(), Qt.MouseButton.LeftButton
    QTest.mouseClick(handle, left, Qt.KeyboardModifier.NoModifier, point)
    QTest.mouseDClick(handle, left, Qt.KeyboardModifier.NoModifier, point)
    settle()
    assert not window.grid.docks["loss"].isFloating()
    assert not window.grid.is_own
    assert places(window) == before


def test_the_menu_of_views_shows_and_hides(window):
    menu = window.views_menu
    menu.fill()
    by_key = {action.data(): action for action in menu.actions() if action.data()}
    assert set(by_key) == KNOWN
    assert {key for key, action in by_key.items() if action.isChecked()} == set(window.grid.shown)
    by_key["accuracy"].trigger()
    by_key["race"].trigger()
    settle()
    assert "accuracy" not in window.grid.shown
    assert "race" in window.grid.shown
    assert not window.grid.docks["race"].visibleRegion().isEmpty()
    menu.fill()
    checked = {a.data() for a in menu.actions() if a.isChecked()}
    assert checked == set(window.grid.shown)


def test_any_view_can_be_raised_in_any_workspace(window):
    for workspace in WORKSPACES:
        window.show_workspace(workspace)
        for key in KNOWN:
            window.raise_view(key)
            QApplication.sendPostedEvents()
            assert not window.grid.docks[key].visibleRegion().isEmpty(), (workspace.key, key)


def test_a_view_can_leave_the_window_and_come_back(window):
    dock = window.grid.docks["loss"]
    leave, _ = dock.view.actions()
    leave.trigger()
    settle()
    assert dock.isFloating()
    assert dock.rect().contains(dock.view.geometry())
    leave.trigger()
    settle()
    assert not dock.isFloating()
    dock.view.actions()[1].trigger()
    assert "loss" not in window.grid.shown


def test_with_all_views_hidden_the_window_says_how_to_get_them_back(window, qtbot):
    empty = window.grid.grab().toImage()
    for key in window.grid.shown:
        window.grid.hide_view(key)
    settle()
    assert window.grid.shown == ()
    assert window.grid.grab().toImage() != empty
    window.actions_by_key["reset_layout"].trigger()
    settle()
    assert "loss" in window.grid.shown


# Remembered --------------------------------------------------------------------------------


def test_a_layout_made_by_hand_is_there_again_after_a_start(qtbot, tmp_path):
    settings = Settings()
    first = make(settings)
    first.grid.hide_view("accuracy")
    first.grid.show_view("units")
    first.actions_by_key["workspace_flow"].trigger()
    settle()
    first.actions_by_key["workspace_overview"].trigger()
    settle()
    assert "accuracy" not in first.grid.shown
    first.grid.resizeDocks([first.grid.docks["loss"]], [600], Qt.Orientation.Horizontal)
    settle()
    before = places(first)
    first.actions_by_key["workspace_flow"].trigger()
    end(first)
    assert save_settings(settings, tmp_path / "s.json") == ""
    again, notice = load_settings(tmp_path / "s.json")
    assert notice == ""
    second = make(again)
    assert second.grid.workspace.key == "flow"
    assert not second.grid.is_own
    second.actions_by_key["workspace_overview"].trigger()
    settle()
    assert second.grid.is_own
    assert places(second) == before
    second.actions_by_key["reset_layout"].trigger()
    settle()
    assert not second.grid.is_own
    assert "accuracy" in second.grid.shown
    end(second)
    assert again.layouts["overview"].startswith("1 front")


def test_the_view_in_front_of_a_place_is_remembered(qtbot):
    settings = Settings()
    first = make(settings)
    first.raise_view("ledger")
    settle()
    assert not first.grid.is_own
    end(first)
    second = make(settings)
    assert not second.grid.docks["ledger"].visibleRegion().isEmpty()
    assert second.grid.docks["profile"].visibleRegion().isEmpty()
    end(second)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "own",
        lambda text: text.replace("1 own", "0 own"),
        lambda text: text[:-9],
        lambda text: text[:40] + "A" + text[41:],
        lambda text: "1 own !!!",
        lambda text: "1 front nothing,,loss ness",
        lambda text: "1 own " + "eJwDAAAAAAE=",
    ],
)
def test_a_damaged_or_outdated_layout_gives_the_default(qtbot, damage):
    settings = Settings()
    first = make(settings)
    default = places(first)
    first.grid.hide_view("accuracy")
    end(first)
    settings.layouts["overview"] = damage(settings.layouts["overview"])
    settings.workspace = "overview"
    second = make(settings)
    assert places(second) == default
    end(second)


def test_an_unknown_workspace_gives_the_first(qtbot):
    window = make(Settings(workspace="of a later version"))
    assert window.grid.workspace is WORKSPACES[0]
    end(window)


def test_a_layout_made_by_hand_is_not_rearranged_in_a_narrow_window(window):
    window.grid.hide_view("cascade")
    window.resize(1000, 700)
    settle()
    assert window.grid.tabifiedDockWidgets(window.grid.docks["loss"]) == []
    window.actions_by_key["reset_layout"].trigger()
    settle()
    assert window.grid.tabifiedDockWidgets(window.grid.docks["loss"]) != []


# Presenting --------------------------------------------------------------------------------


def test_presenting_fills_the_screen_and_everything_is_as_before_afterwards(window, qtbot):
    window.raise_view("ledger")
    window.grid.hide_view("accuracy")
    settle()
    before, size = places(window), window.geometry()
    theme = window.theme
    press(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert not window.side.isVisible()
    assert not window.statusBar().isVisible()
    assert window.transport.present_button.isVisible()
    assert not window.transport.file_button.isVisible()
    assert window.theme.font == round(SCALE * theme.font)
    assert set(window.grid.shown) == {"strip", "heatmap"}
    press(window, Qt.Key.Key_Escape)
    assert not window.presenter.is_on
    assert window.geometry() == size
    assert window.theme == theme
    assert window.side.isVisible()
    assert window.statusBar().isVisible()
    assert window.transport.file_button.isVisible()
    assert not window.transport.present_button.isVisible()
    assert window.grid.workspace.key == "overview"
    qtbot.waitUntil(lambda: places(window) == before, timeout=5_000)


def test_a_remote_control_leafs_through_the_pages_and_blanks_the_screen(window):
    press(window, Qt.Key.Key_B)
    assert not window.presenter.is_black
    press(window, Qt.Key.Key_F5)
    presenter = window.presenter
    seen = [presenter.page.key]
    for _ in pages(KNOWN)[1:]:
        press(window, Qt.Key.Key_PageDown)
        seen.append(presenter.page.key)
        wanted = {k for row in presenter.page.rows for cell in row for k in cell} & KNOWN
        assert set(window.grid.shown) == wanted
    assert seen == [page.key for page in pages(KNOWN)]
    press(window, Qt.Key.Key_PageDown)
    assert presenter.page.key == "presenter"
    press(window, Qt.Key.Key_PageUp)
    assert presenter.page.key == seen[-1]
    press(window, Qt.Key.Key_B)
    assert presenter.is_black
    assert window.childAt(window.rect().center()) is presenter._black
    press(window, Qt.Key.Key_B)
    assert not presenter.is_black
    press(window, Qt.Key.Key_F11)
    assert not presenter.is_on
    assert window.settings.workspace == "overview"
    assert set(window.settings.layouts) <= set(BY_KEY)


def test_presenting_from_the_start_page_leads_back_to_it(window):
    window.show_start_page()
    window.actions_by_key["present"].trigger()
    assert window.stack.currentWidget() is window.grid
    window.actions_by_key["present"].trigger()
    assert window.stack.currentWidget() is window.start_page


def test_a_window_closed_while_presenting_is_remembered_as_it_was(qtbot):
    settings = Settings()
    window = make(settings)
    window.actions_by_key["present"].trigger()
    settle()
    end(window)
    assert settings.workspace == "overview"
    again = make(settings)
    assert not again.isFullScreen()
    end(again)


def test_large_print_reaches_header_footer_and_axes(window):
    view = window.grid.docks["loss"].view
    (plot, *_) = view.canvas.plots
    view.apply_theme(window.theme)
    settle()
    left, header = plot.area().left(), view.header.height()
    view.apply_theme(load_theme("dark").scaled(SCALE))
    settle()
    assert view.header.height() == round(SCALE * header)
    assert plot.area().left() == pytest.approx(SCALE * left)
    view.apply_theme(load_theme("dark"))
    settle()
    assert plot.area().left() == left


@pytest.mark.parametrize("size", [(960, 600), (1280, 800), (1920, 1080)])
def test_the_bar_fits_at_any_size_before_and_while_presenting(window, qtbot, size):
    bar = window.transport

    def cut() -> list[str]:
        parts = [part for part in bar.children() if part.isWidgetType() and part.isVisible()]
        return [
            part.objectName() or part.text()
            for part in parts
            if part.width() < part.minimumSizeHint().width()
            or part.geometry().right() >= bar.width()
        ]

    for presenting in (True, False, True, False):
        window.actions_by_key["present"].trigger()
        window.resize(*size)
        assert window.presenter.is_on is presenting
        qtbot.waitUntil(lambda: cut() == [], timeout=3_000)
