"""Pictures by keyboard: the reading cursor, zoom, who gets which key, and names for all stops."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.plots import keys as keys_module
from app.plots.notes import Cursor
from app.views import CascadeView, HeatmapView, SpreadView, View
from core.experiment import Experiment
from core.record import Record
from tests.app.fake_source import fake_record

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LABORATORY = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 100},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "epochs": 100000, "device": "cpu"},
    }
)
Key, Modifier = Qt.Key, Qt.KeyboardModifier
T = TypeVar("T", bound=View)


class LeftOver(QObject):
    """Notes the keys that nobody in a view wanted."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.keys: list[int] = []
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self.keys.append(event.key())
        return False


def settle(view: View) -> None:
    view.invalidate()
    view.refresh()
    view.grab()
    view.invalidate()
    view.refresh()


def focused(qtbot: QtBot, kind: type[T], record: Record | None = None) -> T:
    """Return a view whose picture was reached by Tab."""
    view = kind()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.set_source(record or fake_record())
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    settle(view)
    view.header.help_button.setFocus()  # the window may have given it to the picture
    view.canvas.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.canvas.hasFocus)
    return view


def press(
    qtbot: QtBot, view: View, *keys: Qt.Key, held: Qt.KeyboardModifier = Modifier.NoModifier
) -> None:
    for key in keys:
        qtbot.keyClick(view.canvas, key, held)


def cursor_of(view: View) -> Cursor:
    found = [plot.overlay.shown("cursor") for plot in view.canvas.plots]
    (cursor,) = [one for one in found if one is not None]
    assert isinstance(cursor, Cursor)
    return cursor


def test_the_arrows_read_layer_by_layer_and_a_hundredth_of_the_steps(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return)
    before = cursor_of(view)
    press(qtbot, view, Key.Key_Up)
    assert cursor_of(view).y == before.y + 1
    low, high = view.plot.x_range
    press(qtbot, view, Key.Key_Right)
    moved = cursor_of(view).x - before.x
    assert moved == round((high - low) / 100) > 1
    press(qtbot, view, Key.Key_Right, held=Modifier.ShiftModifier)
    assert cursor_of(view).x - before.x == 11 * moved
    press(qtbot, view, *[Key.Key_Up] * 40)
    assert cursor_of(view).y == view.layer_count


def test_a_zoomed_picture_is_read_step_by_step(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return, *[Key.Key_Plus] * 12)
    before = cursor_of(view).x
    press(qtbot, view, Key.Key_Right)
    assert cursor_of(view).x == before + 1


def test_what_is_read_is_said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(keys_module, "announce", lambda widget, words: said.append(words))
    view = focused(qtbot, HeatmapView)
    described = view.canvas.accessibleDescription()
    press(qtbot, view, Key.Key_Return, Key.Key_Down)
    words = ". ".join(cursor_of(view).lines)
    assert said[-1] == view.canvas.accessibleDescription() == words
    settle(view)
    view._told = 0.0
    view._show_provenance(view.source)  # type: ignore[arg-type]
    assert view.canvas.accessibleDescription() == words  # a run that goes on talks into nothing
    press(qtbot, view, Key.Key_Escape)
    assert view.canvas.accessibleDescription() == described


def test_where_the_middle_is_empty_the_cursor_goes_to_what_there_is(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView, fake_record(520, None))
    view.plot.show_part(x=(0.0, 4000.0))
    press(qtbot, view, Key.Key_Return)
    assert 0 <= cursor_of(view).x < 520


def test_the_keys_belong_to_the_window_unless_the_cursor_is_up(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    left_over = LeftOver(view)

    def claimed(key: int, held: Qt.KeyboardModifier = Modifier.NoModifier) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, held)
        event.ignore()
        QApplication.sendEvent(view.canvas, event)
        return event.isAccepted()

    arrows = (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down)
    mine = (*arrows, Key.Key_Escape, Key.Key_Return, Key.Key_Plus)
    theirs = (Key.Key_Space, Key.Key_Home, Key.Key_1, Key.Key_Period, Key.Key_PageDown, 0x3A9)
    assert not any(claimed(key) for key in (*mine, *theirs))
    press(qtbot, view, *arrows, Key.Key_Escape)
    assert left_over.keys == [*arrows, Key.Key_Escape]
    press(qtbot, view, Key.Key_Return)
    assert all(claimed(key) for key in mine)
    assert not any(claimed(key) for key in theirs)
    assert not claimed(Key.Key_Up, Modifier.ControlModifier)  # the next layer
    press(qtbot, view, Key.Key_Left, Key.Key_Escape)
    assert left_over.keys == [*arrows, Key.Key_Escape]
    assert not any(claimed(key) for key in mine)
    press(qtbot, view, Key.Key_Left)
    assert left_over.keys[-1] == Key.Key_Left


def test_enter_picks_as_a_click_does(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return, Key.Key_Up)
    cursor = cursor_of(view)
    with qtbot.waitSignals([view.layer_selected, view.step_selected]):
        press(qtbot, view, Key.Key_Enter, held=Modifier.KeypadModifier)
    assert view.layer == cursor.y


def test_the_cursor_goes_with_the_focus_but_not_with_the_mouse(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return)
    QApplication.sendEvent(view.canvas, QEvent(QEvent.Type.Leave))
    assert cursor_of(view)
    at = QPointF(view.canvas.width() / 3, view.canvas.height() / 3)
    none = Qt.MouseButton.NoButton
    view.canvas.mouseMoveEvent(
        QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Modifier.NoModifier)
    )
    before = cursor_of(view)  # there is but one
    press(qtbot, view, Key.Key_Up)
    assert cursor_of(view).y == before.y + 1
    view.header.help_button.setFocus(Qt.FocusReason.TabFocusReason)
    assert not view.canvas.keys.reading
    assert all(plot.overlay.shown("cursor") is None for plot in view.canvas.plots)


def test_another_run_takes_the_cursor_away(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return)
    view.set_source(fake_record(60, None, 4))
    settle(view)
    assert not view.canvas.keys.reading


def test_zoom_and_move_what_the_mouse_may_and_follow_again(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    left_over = LeftOver(view)
    x, y = view.plot.x_range, view.plot.y_range
    press(qtbot, view, Key.Key_0)
    assert left_over.keys == [Key.Key_0]  # it follows already
    press(qtbot, view, Key.Key_Plus)
    low, high = view.plot.x_range
    assert x[0] < low < high < x[1]
    assert low + high == pytest.approx(sum(x))
    assert view.plot.y_range == y  # layers are not zoomed
    press(qtbot, view, Key.Key_Right, held=Modifier.AltModifier)
    assert view.plot.x_range[0] > low
    press(qtbot, view, Key.Key_Up, held=Modifier.AltModifier)
    assert view.plot.y_range == y
    assert not view.plot.following
    press(qtbot, view, Key.Key_Backspace)
    assert view.plot.following
    assert view.plot.x_range == x


def test_the_cursor_stays_where_it_is_while_zooming_and_in_sight_while_moving(
    qtbot: QtBot,
) -> None:
    view = focused(qtbot, HeatmapView)
    press(qtbot, view, Key.Key_Return, *[Key.Key_Left] * 30)
    before = cursor_of(view)
    press(qtbot, view, *[Key.Key_Plus] * 5)
    assert cursor_of(view) == before
    press(qtbot, view, *[Key.Key_Right] * 20, held=Modifier.AltModifier)
    low, high = view.plot.x_range
    assert low <= cursor_of(view).x <= high


def test_the_ring_shows_where_keys_go_and_not_where_one_clicks(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    canvas = view.canvas

    def ringed() -> bool:
        picture: QImage = canvas.grab().toImage()
        return picture.pixelColor(1, canvas.height() // 2) == view.theme.color("accent")

    size = view.plot.area()
    assert ringed()
    view.header.help_button.setFocus(Qt.FocusReason.TabFocusReason)
    assert not ringed()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton)
    assert canvas.hasFocus()
    assert not ringed()
    press(qtbot, view, Key.Key_Return)
    assert ringed()
    assert view.plot.area() == size


@pytest.mark.parametrize("kind", [CascadeView, SpreadView])
def test_a_panel_is_reached_by_page_and_picks_its_layer_and_step(
    qtbot: QtBot, kind: type[CascadeView | SpreadView]
) -> None:
    view = focused(qtbot, kind)
    view.set_layer(7)
    settle(view)
    shown = [plot for plot in view.stack if plot.isVisible()]
    press(qtbot, view, Key.Key_Return, Key.Key_PageUp)
    assert shown[-1].overlay.shown("cursor") is not None
    layer = int(cursor_of(view).lines[0].split()[1])
    assert layer != 7
    with qtbot.waitSignals([view.layer_selected, view.step_selected]):
        press(qtbot, view, Key.Key_Return)
    assert view.layer == layer
    settle(view)
    assert [plot for plot in view.stack if plot.isVisible()] == shown  # nothing jumps away
    press(qtbot, view, Key.Key_PageDown)
    assert shown[0].overlay.shown("cursor") is not None


def test_the_button_to_follow_again_lies_in_the_picture_and_covers_no_words(qtbot: QtBot) -> None:
    view = focused(qtbot, HeatmapView)
    view.plot.overlay.show_note("not measured in this run")
    press(qtbot, view, Key.Key_Plus)
    button = view.canvas._follow
    assert button.isVisible()
    view.grab()
    box = button.geometry().toRectF()
    assert view.plot.mapRectToScene(view.plot.area()).contains(box)  # not over the colour bar
    view.plot.overlay.show_note("a note in the same corner")
    view.grab()
    placed = [view.plot.mapRectToScene(one) for one in view.plot.overlay.placed]
    words = [one for one in placed if not one.contains(box.center())]
    assert len(words) == len(placed) - 1
    assert not any(one.intersects(box) for one in words)
    press(qtbot, view, Key.Key_0)
    assert not button.isVisible()
    view.grab()
    assert view.plot.overlay._kept.isEmpty()  # its place is free again


def nameless(window: QWidget) -> list[QWidget]:
    """Return the stops of Tab in a window that a screen reader has no name for."""
    found, one = [], window.nextInFocusChain()
    while one is not None and one is not window:
        stops = one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.focusProxy() is None
        text = getattr(one, "text", None)
        words = one.accessibleName() or (text() if callable(text) else "")
        # A button of a message gets its words with the message.
        later = isinstance(one, QAbstractButton) and not one.isVisible()
        if stops and one.window() is window and not later and not words:
            found.append(one)
        one = one.nextInFocusChain()
    return found


def test_every_stop_of_the_window_has_a_name(laboratory, qtbot: QtBot) -> None:
    window = laboratory.window
    window.show_views()
    laboratory.session.step(3)
    qtbot.waitUntil(lambda: laboratory.session.source.steps >= 3, timeout=30_000)
    qtbot.waitUntil(lambda: any(bar.isVisible() for bar in window.findChildren(QTabBar)))
    assert not nameless(window)
    stops = [one.canvas for one in window.findChildren(View)]
    assert all(one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.whatsThis() for one in stops)
