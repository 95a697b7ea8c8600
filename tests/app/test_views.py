"""Every view in every state, and the clock that drives them."""

from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.clock import BUDGET_S, FASTEST_MS, SHARE, SLOWEST_MS, RenderClock
from app.plots.indices import INF, NAN, ZERO, kinds_in, log_indices
from app.plots.indices import NOT_MEASURED as GAP
from app.theme import load_theme
from app.views import (
    VIEWS,
    AccuracyView,
    DecisionView,
    HeatmapView,
    HistogramsView,
    LayersOverTimeView,
    LedgerView,
    LossView,
    ProfileView,
    SaturationView,
    View,
)
from core.experiment import Experiment, with_settings
from core.measure.missing import NOT_MEASURED
from core.record import Event, Record, State, Status
from core.theory.ledger import Ledger, LedgerRow
from core.theory.prediction import Profile
from core.theory.profile import predict
from tests.app.fake_source import (
    append_steps,
    empty_record,
    fake_record,
    put_frame,
)

ALL = pytest.mark.parametrize("kind", VIEWS, ids=[kind.key for kind in VIEWS])


def shown(qtbot: QtBot, kind: type[View], record: Record | None) -> View:
    view = kind()
    qtbot.addWidget(view)
    view.resize(440, 320)
    view.set_source(record)
    view.show()
    view.refresh()
    view.grab()  # paint it, whatever the platform; this may settle its size
    view.refresh()
    return view


def test_the_views_have_names() -> None:
    keys = [kind.key for kind in VIEWS]
    assert len(set(keys)) == len(keys)
    assert all(key.isidentifier() for key in keys)  # layouts and file names hold them
    assert all(kind.title for kind in VIEWS)
    assert len({kind.title for kind in VIEWS}) == len(VIEWS)


def has_drawn(view: View) -> bool:
    """Tell whether there is a picture; these data have too many features for a map."""
    if isinstance(view, DecisionView):
        return "No map" in view.message.words
    return view.canvas.isVisible()


@ALL
def test_a_view_says_what_to_do_while_there_is_nothing(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, None)
    assert "Press Run" in view.message.words
    assert not view.refresh()
    view.set_source(empty_record())
    assert view.refresh()
    assert "Ready" in view.message.words


@ALL
def test_a_view_says_what_the_run_is_doing(qtbot: QtBot, kind: type[View]) -> None:
    record = Record(empty_record().experiment)
    view = shown(qtbot, kind, record)
    assert "Building" in view.message.words
    record.set_status(Status(State.FAILED, "No file digits.csv", "Choose another file."))
    assert view.refresh()
    assert "No file digits.csv" in view.message.words
    assert "Choose another file." in view.message.words


@ALL
@pytest.mark.parametrize("name", ["dark", "light"])
def test_a_view_draws_a_run(qtbot: QtBot, kind: type[View], name: str) -> None:
    record = fake_record()
    view = shown(qtbot, kind, record)
    view.apply_theme(load_theme(name))
    assert view.refresh()
    view.grab()
    assert has_drawn(view)
    if not view.canvas.isVisible():
        return
    assert view.provenance.startswith("run k3f9 · seed 0 · step 1")
    said = view.canvas.accessibleDescription()
    assert said.startswith(f"{kind.title}: ")
    assert said.endswith(f". {view.provenance}")


@ALL
def test_a_view_draws_only_what_has_changed(qtbot: QtBot, kind: type[View]) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, kind, record)
    view.refresh()
    assert not view.refresh()
    append_steps(record, 20)
    put_frame(record)
    assert view.refresh()
    assert not view.refresh()
    view.set_layer(3)
    assert view.refresh()
    assert not view.refresh()
    view.apply_theme(load_theme("light"))
    assert view.refresh()
    assert not view.refresh()


@ALL
@pytest.mark.parametrize(("steps", "layers"), [(1, 1), (2, 1), (1, 200), (30_000, 2)])
def test_a_view_takes_runs_of_any_size(
    qtbot: QtBot, kind: type[View], steps: int, layers: int
) -> None:
    view = shown(qtbot, kind, fake_record(steps, None, layers))
    assert has_drawn(view)


@ALL
def test_a_view_survives_what_is_not_a_number(qtbot: QtBot, kind: type[View]) -> None:
    record = fake_record(50, None)
    for column in record.scalars.values():
        column.append(np.array([np.nan, np.inf, 0], np.float32))
    bad = np.zeros((3, 20), np.float32)
    bad[0, 3], bad[1, 4], bad[2, 5] = np.nan, np.inf, 1e38
    for column in record.layer_columns.values():
        column.append(bad)
    record.steps += 3
    record.set_status(Status(State.DIVERGED, "The loss is not finite."))
    view = shown(qtbot, kind, record)
    assert has_drawn(view)
    assert "diverged" in view.provenance


@ALL
def test_a_view_goes_from_run_to_run(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, fake_record())
    view.set_layer(20)
    for record in (fake_record(10, None, 3), empty_record(2), fake_record(1640, 800, 40), None):
        view.set_source(record)
        assert view.refresh()
        view.grab()


@ALL
def test_a_view_leaves_nothing_behind(qapp: QApplication, qtbot: QtBot, kind: type[View]) -> None:
    before = len(qapp.allWidgets())
    view = kind()
    view.set_source(fake_record(30, None))
    view.show()
    view.refresh()
    view.grab()
    gone = weakref.ref(view)
    view.close()
    with qtbot.waitSignal(view.destroyed):
        view.deleteLater()
    del view
    gc.collect()
    assert gone() is None
    assert len(qapp.allWidgets()) <= before


@ALL
def test_the_cursor_reads_and_leaves(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, fake_record())
    for plot in view.canvas.plots:
        center = plot.from_pixels(plot.area().center())
        view.canvas.hovered.emit(plot, *center)
        view.canvas.hovered.emit(plot, -1e9, 1e9)
    view.canvas.left.emit()
    assert all(plot.overlay.shown("cursor") is None for plot in view.canvas.plots)


@ALL
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_every_view_has_help(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, None)
    assert "Misleads" in view.header.help_button.toolTip()
    view.header.help_button.click()
    popup = view.findChild(type(view._help))
    assert popup is not None
    assert popup.isVisible()
    popup.close()


def test_the_loss_shows_what_happened(qtbot: QtBot) -> None:
    record = fake_record()
    view = shown(qtbot, LossView, record)
    marks = view.plot.overlay.shown("marks")
    assert [mark.x for mark in marks] == [800]
    rules = view.plot.overlay.shown("rules")
    assert rules[0].text == "ln 10: learned nothing"
    record.set_status(Status(State.DIVERGED))
    view.refresh()
    assert "diverged at step 1" in view.plot.overlay.shown("marks")[-1].text
    view._scale.choose("lin")
    view.refresh()
    assert view.plot.y_range[0] == 0


def test_the_loss_is_not_drawn_anew_for_less_than_a_pixel(qtbot: QtBot) -> None:
    record = fake_record(50_000, None)
    record.set_status(Status(State.RUNNING))
    view = shown(qtbot, LossView, record)
    view.refresh()
    append_steps(record, 2)
    assert not view.refresh()
    append_steps(record, 500)
    assert view.refresh()
    append_steps(record, 2)
    record.set_status(Status(State.PAUSED))  # the last steps are drawn when the run rests
    assert view.refresh()
    assert view.plot.x_range[1] == record.steps


def test_the_heatmap_has_the_input_at_the_bottom(qtbot: QtBot) -> None:
    view = shown(qtbot, HeatmapView, fake_record(400, None))
    image = view._indices
    assert image is not None
    assert image.shape[0] == 20
    assert image[0].mean() < image[10].mean() < image[19].mean()
    low, high = view._bar._range
    assert low < -12
    assert -1 < high < 0.5
    cursor = view._read_out(view.plot, 279, 6.2)
    assert cursor is not None
    assert cursor.lines[0] == "layer 6 · step 279"
    assert cursor.lines[1].startswith("|δ| = ")
    assert "10⁻" in cursor.lines[1]


def test_the_heatmap_shows_and_explains_what_is_no_number(qtbot: QtBot) -> None:
    record = fake_record(50, None)
    values = np.full((3, 20), 1e-3, np.float32)
    values[:, 0], values[:, 1], values[:, 2] = 0, np.nan, np.inf
    for column in record.layer_columns.values():
        column.append(values)
    record.steps += 3
    view = shown(qtbot, HeatmapView, record)
    assert kinds_in(view._indices) == {ZERO, NAN, INF}
    assert view._indices[:3, -1].tolist() == [ZERO, NAN, INF]
    assert view._bar._kinds == {ZERO, NAN, INF}


def test_the_colours_of_the_heatmap_do_not_flicker(qtbot: QtBot) -> None:
    record = fake_record(100, None)
    view = shown(qtbot, HeatmapView, record)
    first = view._bar._range
    for _ in range(20):
        append_steps(record, 10)
        view.refresh()
    low, high = view._bar._range
    assert (low, high) == pytest.approx(first, abs=0.5)


@pytest.mark.parametrize("kind", [HeatmapView, ProfileView])
def test_faces_can_be_switched_by_key(qtbot: QtBot, kind: type[HeatmapView]) -> None:
    view = shown(qtbot, kind, fake_record())
    assert view.face.quantity == "delta_norm"
    with qtbot.waitActive(view):
        view.activateWindow()
    view.canvas.setFocus()
    for key, quantity in (
        (Qt.Key.Key_1, "weight_grad_norm"),
        (Qt.Key.Key_4, "update_ratio"),
        (Qt.Key.Key_3, "activation_norm"),
        (Qt.Key.Key_2, "delta_norm"),
    ):
        qtbot.keyClick(view.canvas, key)
        assert view.face.quantity == quantity
        assert view.refresh()


@pytest.mark.parametrize("kind", [HeatmapView, ProfileView])
def test_a_click_selects_a_layer(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, fake_record())
    plot = view.canvas.plots[0]
    at = (100, 12) if kind is HeatmapView else (12, plot.y_range[0] + 1)
    point = plot.mapToScene(plot.to_pixels(*at))
    pixel = QPoint(round(point.x()), round(point.y()))
    with qtbot.waitSignal(view.layer_selected) as blocker:
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert blocker.args == [12]
    assert view.layer == 12


def test_saturation_follows_and_tells_the_layer(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record(100, None))
    heard: list[int] = []
    view.layer_selected.connect(heard.append)
    view.set_layer(5)
    assert view._chooser.value() == 5
    assert heard == []
    view._chooser.setValue(9)
    assert heard == [9]
    view.refresh()
    assert view.header.subtitle.text == "layer 9, Sigmoid, one dot a unit"
    assert view._units.sup == 0.25


def test_frames_are_asked_for_at_most_ten_times_a_second(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake_record(100, None)
    view = shown(qtbot, SaturationView, record)
    now = [1000.0]
    monkeypatch.setattr("app.views.base.time.monotonic", lambda: now[0])
    asked: list[float] = []
    monkeypatch.setattr(record, "request_frame", lambda parts: asked.append(now[0]))
    view.refresh()
    assert asked == []  # the frame of the newest step is there
    for _ in range(100):
        append_steps(record, 1)
        view.refresh()
        now[0] += 0.0301
    assert len(asked) == 25
    put_frame(record)
    view.refresh()
    now[0] += 1
    asked.clear()
    view.refresh()
    assert asked == []


def test_each_layer_draws_its_line_of_the_chosen_quantity(qtbot: QtBot) -> None:
    record = fake_record(300, layers=5)
    view = shown(qtbot, LayersOverTimeView, record)
    assert isinstance(view, LayersOverTimeView)
    view.show_quantity("delta_norm")
    view.refresh()
    measured = record.layer_columns["delta_norm"].read()
    for layer, line in enumerate(view._lines.lines):
        x, y = line.getData()
        # Each point is the mean of some steps.
        wide = round(x[1] - x[0])
        first = np.log10(measured[:wide, layer].mean())
        assert y[0] == pytest.approx(first, abs=1e-4)
    assert len(view._lines.lines) == 5
    colors = {line.opts["pen"].color().name() for line in view._lines.lines}
    assert len(colors) == 5


def test_a_share_of_nothing_is_drawn_and_each_quantity_has_its_help(qtbot: QtBot) -> None:
    record = fake_record(50, layers=3)
    view = shown(qtbot, LayersOverTimeView, record)
    assert isinstance(view, LayersOverTimeView)
    view.show_quantity("dead_fraction")
    view.refresh()
    assert view.plot.overlay.shown("note") == ("", "muted")  # 0 is a value on this axis
    view.show_quantity("weight_norm")
    view.refresh()
    assert view.header.subtitle.text == "‖W‖"
    assert "Weights" in view.header.help_button.toolTip()


def test_of_very_many_layers_the_chosen_one_has_a_line(qtbot: QtBot) -> None:
    view = shown(qtbot, LayersOverTimeView, fake_record(20, layers=200))
    assert isinstance(view, LayersOverTimeView)
    view.set_layer(101)
    view.refresh()
    assert {1, 101, 200} <= set(view._lines.layers(view.layer_count, view.layer))
    assert len(view._lines.layers(view.layer_count, view.layer)) < 40


def test_the_words_of_the_loss_are_those_of_the_chosen_one(qtbot: QtBot) -> None:
    record = fake_record(30)
    for kind, words, has_rule in (
        ("cross_entropy", "cross-entropy, nats", True),
        ("mse", "mean squared error", False),
        ("binary_cross_entropy", "binary cross-entropy, nats", True),
    ):
        record.experiment = with_settings(record.experiment, [f"training.loss={kind}"])
        view = shown(qtbot, LossView, record)
        assert view.header.subtitle.text == words
        assert bool(view.plot.overlay.shown("rules")) == has_rule


def test_the_ledger_books_what_each_layer_did(qtbot: QtBot) -> None:
    view = shown(qtbot, LedgerView, fake_record(100, switch=None, layers=5))
    assert isinstance(view, LedgerView)
    x, y = view._level.getData()
    change = np.log10(1.1) - 0.62
    assert (y[0], y[-1]) == (0.0, pytest.approx(4 * change))
    assert np.nanmax(x) == 5
    assert np.nanmin(x) < 1
    view.resize(600, 400)
    view.refresh()
    assert "weights +0.17, activation −2.48 decades" in view.header.subtitle.text
    cursor = view._read_out(view.plot, 3.1, -1.0)
    assert cursor is not None
    assert cursor.lines == ("layer 3 · −0.58 decades", "weights +0.04", "activation −0.62")


def test_the_ledger_says_where_the_signal_ends(qtbot: QtBot) -> None:
    record = fake_record(50, switch=None, layers=4)
    rows = (
        LedgerRow(2, "dense 3", 0.2, 0.2, 0.1, 0.1, 0.05),
        LedgerRow(1, "dense 2", 0.05, 0.05, 0.02, 0.02, 0.0),
        LedgerRow(0, "dense 1", 0.0, 0.0, 0.0, 0.0, 0.0),
    )
    frame = record.frame
    assert frame is not None
    record.put_frame(dataclasses.replace(frame, ledger=Ledger(0.2, 0.2, rows)))
    view = shown(qtbot, LedgerView, record)
    assert view.canvas.plots[0].overlay.shown("note") == ("the signal ends at layer 2", "bad")


def test_theory_lies_over_the_profile_of_the_first_step(qtbot: QtBot) -> None:
    record = fake_record(60, switch=None, layers=4)
    spec = Experiment.parse(
        {"network": {"layers": [{"units": 64, "activation": "sigmoid", "repeat": 3}]}}
    )
    theory = predict(spec.network, (64,), 10)
    record.facts = dataclasses.replace(record.facts, theory=theory)
    view = shown(qtbot, ProfileView, record)
    assert isinstance(view, ProfileView)
    top = np.log10(record.layer_columns["delta_norm"].read(0, 1)[0][-1])
    expected = [top + (one.log10_ratio or 0.0) for one in theory.layers]
    assert view._theory.getData()[1] == pytest.approx(expected)
    bound = [top + n * np.log10(0.25) for n in (3, 2, 1, 0)]
    assert view._bound.getData()[1] == pytest.approx(bound)
    view.faces.choose("activation_norm")
    view.refresh()
    batch = np.log10(record.experiment.training.batch_size) / 2
    sizes = [(one.log10_forward or np.nan) + batch for one in theory.layers]
    assert view._theory.getData()[1] == pytest.approx(sizes)
    assert 64 * 32 / 4 < 10 ** (2 * sizes[0]) < 64 * 32 / 3, "sigmoids around a half"
    tags = [tag.text for tag in view.plot.overlay.shown("tags")]  # type: ignore[attr-defined]
    assert "theory" in tags
    assert "∏ sup φ′" not in tags
    view.faces.choose("update_ratio")
    view.refresh()
    tags = [tag.text for tag in view.plot.overlay.shown("tags")]  # type: ignore[attr-defined]
    assert tags
    assert "theory" not in tags


def test_steps_that_were_not_measured_are_no_numbers_in_the_heatmap() -> None:
    values = np.array([[1.0, np.nan, NOT_MEASURED, 0.0]], np.float32)
    kinds = log_indices(values[0], -1.0, 1.0).tolist()
    assert kinds[1:] == [NAN, GAP, ZERO]


def test_where_a_number_is_predicted_there_is_no_accuracy(qtbot: QtBot) -> None:
    record = fake_record(30)
    record.facts = dataclasses.replace(record.facts, class_names=(), n_classes=0)
    view = shown(qtbot, AccuracyView, record)
    assert "a number is predicted" in str(view.plot.overlay.shown("note"))


def test_the_profile_remembers_the_turning_points(qtbot: QtBot) -> None:
    record = fake_record()
    view = shown(qtbot, ProfileView, record)
    words = [tag.text for tag in view.plot.overlay.shown("tags")]
    assert words[0] == "now"
    assert words[1] == "before the change at step 800"
    record.events = (Event(0, "edit", "before the first step"),)
    record.version += 1
    view.refresh()
    assert [tag.text for tag in view.plot.overlay.shown("tags")] == ["now", "at step 0"]


# The clock ----------------------------------------------------------------------------------


class FakeView:
    """A view whose refresh takes as long as the test wants."""

    def __init__(self, time: list[float], cost: float) -> None:
        self.time, self.cost = time, cost
        self.drawn, self.visible, self.dirty = 0, True, True
        self.region = QRegion(0, 0, 9, 9)

    def refresh(self) -> bool:
        if self.dirty:
            self.time[0] += self.cost
            self.drawn += 1
        return self.dirty

    def isVisible(self) -> bool:
        return self.visible

    def visibleRegion(self) -> QRegion:
        return self.region


def clock_with(costs: list[float]) -> tuple[RenderClock, list[FakeView]]:
    time = [0.0]
    clock = RenderClock(now=lambda: time[0])
    views = [FakeView(time, cost) for cost in costs]
    for view in views:
        clock.add(view)
    return clock, views


def test_the_clock_draws_what_is_visible_and_dirty(qapp: QApplication) -> None:
    clock, views = clock_with([0.001] * 4)
    views[0].visible = False
    views[1].region = QRegion()
    views[2].dirty = False
    clock.tick()
    assert [view.drawn for view in views] == [0, 0, 0, 1]
    assert clock.frames == 1
    assert clock.seconds_in_refresh == pytest.approx(0.001)
    clock.remove(views[3])
    clock.tick()
    assert views[3].drawn == 1


def test_no_view_starves_when_the_budget_is_short(qapp: QApplication) -> None:
    clock, views = clock_with([BUDGET_S * 0.6] * 5)
    clock.tick()
    assert [view.drawn for view in views] == [1, 1, 0, 0, 0]  # costs are not known yet
    for _ in range(40):
        clock.tick()
    drawn = [view.drawn for view in views]
    assert max(drawn) - min(drawn) <= 1
    assert clock.frames == 41
    assert clock.refreshes == sum(drawn) <= 41 + 3  # one a tick, once all costs are known


def test_the_clock_slows_down_and_speeds_up_again(qapp: QApplication) -> None:
    clock, views = clock_with([0.1 * SHARE])
    assert clock.interval_ms == FASTEST_MS
    for _ in range(60):
        clock.tick()
    assert clock.interval_ms == SLOWEST_MS
    views[0].cost = 0.06 * SHARE
    for _ in range(60):
        clock.tick()
    assert clock.interval_ms == pytest.approx(60, abs=5)
    views[0].dirty = False
    for _ in range(60):
        clock.tick()
    assert clock.interval_ms == FASTEST_MS


def test_the_clock_ticks_and_stops(qtbot: QtBot) -> None:
    clock = RenderClock()
    with qtbot.waitSignal(clock.ticked):
        clock.start()
    assert clock.is_running
    clock.stop()
    assert not clock.is_running


def test_a_step_looked_back_at_has_the_theory_of_its_own_weights(qtbot: QtBot) -> None:
    record = fake_record(60, switch=None, layers=4)

    def theory(activation: str) -> Profile:
        layer = {"units": 64, "activation": activation, "repeat": 3}
        return predict(Experiment.parse({"network": {"layers": [layer]}}).network, (64,), 10)

    record.facts = dataclasses.replace(
        record.facts,
        theory=theory("tanh"),
        theory_step=40,
        past_theories=((0, theory("sigmoid")), (20, None)),
    )
    view = shown(qtbot, ProfileView, record)
    assert isinstance(view, ProfileView)

    def bound() -> float:
        y = view._bound.getData()[1]
        delta = np.log10(record.layer_columns["delta_norm"].read(0, 60)[:, -1])
        return float(y[0] - delta[0]) if y is not None and len(y) else np.nan

    view.set_step(39)
    view.refresh()
    assert np.isnan(bound())  # theory says nothing of what was drawn at step 20
    view.set_step(19)
    view.refresh()
    assert bound() == pytest.approx(3 * np.log10(0.25))
    words = [tag.text for tag in view.plot.overlay.shown("tags")]
    assert "now" not in words
    assert {"at step 19", "at step 0", "∏ sup φ′"} <= set(words)
    view.set_step(0)
    view.refresh()
    assert [tag.text for tag in view.plot.overlay.shown("tags")].count("at step 0") == 1


def test_only_what_changes_a_run_is_a_turning_point(qtbot: QtBot) -> None:
    record = fake_record(300, switch=None, layers=4)
    record.events = (Event(100, "reinit", "layer 2 drawn again"), Event(200, "continue", "longer"))
    view = shown(qtbot, ProfileView, record)
    words = [tag.text for tag in view.plot.overlay.shown("tags")]
    assert "before the change at step 100" in words


@ALL
def test_at_rest_every_footer_has_the_newest_step(qtbot: QtBot, kind: type[View]) -> None:
    record = fake_record(30_000, None, 3)
    view = shown(qtbot, kind, record)
    append_steps(record, 1)
    put_frame(record)
    view.refresh()
    assert "step 30,001" in view.provenance


def test_a_snapshot_of_another_step_is_said_and_is_of_the_same_network(qtbot: QtBot) -> None:
    record = empty_record(3)
    append_steps(record, 100)
    for step in (80, 90, None):
        put_frame(record, step=step)
    record.events = (Event(88, "edit", "learning rate"),)
    view = shown(qtbot, HistogramsView, record)
    view.set_step(87)  # nearer to 90, which is of the time after
    view.refresh()
    assert "snapshot of step 80 · looking back" in view.provenance
    view.set_step(90)
    view.refresh()
    assert "· step 90 · looking back" in view.provenance


def test_layers_over_time_has_the_reference_dashed(qtbot: QtBot) -> None:
    view = shown(qtbot, LayersOverTimeView, fake_record(300, layers=5))
    assert isinstance(view, LayersOverTimeView)
    assert not len(view._lines.references[0].getData()[0])
    view.set_reference(fake_record(100, None, 3))
    view.refresh()
    assert len(view._lines.references[0].getData()[0])


def test_the_range_of_the_profile_stands_still_in_noise(qtbot: QtBot) -> None:
    record = fake_record(50, None, 6)
    view = shown(qtbot, ProfileView, record)
    assert isinstance(view, ProfileView)
    record.set_status(Status(State.RUNNING))
    rng, moved, seen = np.random.default_rng(0), 0, view.plot.y_range
    for _ in range(60):
        noise = 10.0 ** rng.normal(-2, 0.6, (1, 6)).astype(np.float32)
        for column in record.layer_columns.values():
            column.append(noise)
        for column in record.scalars.values():
            column.append(np.ones(1, np.float32))
        record.steps += 1
        record.version += 1
        view.refresh()
        moved += view.plot.y_range != seen
        seen = view.plot.y_range
    assert moved <= 6


def test_where_a_unit_passes_all_or_nothing_it_is_inactive(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record())
    assert isinstance(view, SaturationView)
    view.set_layer(9)
    view.refresh()
    tags = view._units.passed.overlay.shown("tags")
    assert "inactive" in tags[0].text  # type: ignore[index]
    assert view._units.curves.overlay.shown("rules") == ()


def test_the_bars_of_the_ledger_stay_in_the_picture(qtbot: QtBot) -> None:
    record = fake_record(100, None, 3)
    assert record.frame is not None
    rows = (
        LedgerRow(1, "dense 2", 1.0, 1.0, 1000.0, 1000.0, 0.1),
        LedgerRow(0, "dense 1", 0.1, 0.1, 100.0, 100.0, 0.01),
    )
    record.put_frame(dataclasses.replace(record.frame, ledger=Ledger(1.0, 1.0, rows)))
    view = shown(qtbot, LedgerView, record)
    assert isinstance(view, LedgerView)
    assert view.plot.y_range[1] > 3.0
