"""Best and reference runs, chosen colours, both directions: what views show besides the run."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.plots.indices import NOT_MEASURED as GAP
from app.views import (
    AccuracyView,
    HeatmapView,
    LedgerView,
    LossView,
    ProfileView,
    SaturationView,
    View,
)
from app.views.hidden import vanishes_unseen
from app.views.step_axis import StepAxis
from core.measure.missing import NOT_MEASURED
from core.record import Record, State, Status
from core.record.columns import Column
from tests.app.fake_source import append_steps, empty_record, fake_record


def shown(qtbot: QtBot, kind: type[View], record: Record, other: Record | None = None) -> View:
    view = kind()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.set_source(record)
    view.set_reference(other)
    view.show()
    view.refresh()
    view.grab()
    view.refresh()
    return view


def tags(view: View) -> list[str]:
    found = view.plot.overlay.shown("tags")  # type: ignore[attr-defined]
    return [tag.text for tag in found]


def marks(view: View) -> list[str]:
    found = view.plot.overlay.shown("marks")  # type: ignore[attr-defined]
    return [mark.text for mark in found]


def reference(steps: int = 400, layers: int = 20) -> Record:
    record = fake_record(steps, 100, layers)
    record.run_id = "p2q7"
    return record


def drawn(line: object) -> np.ndarray:
    return np.asarray(line.getData()[1])  # type: ignore[attr-defined]


# Loss and accuracy --------------------------------------------------------------------------


def test_the_best_validation_is_marked_where_it_was(qtbot: QtBot) -> None:
    record = fake_record(300, None)
    record.evaluations.val_loss[:] = [2.0, 0.5, float("nan"), 0.21, 0.21, 0.7, 0.9]
    record.evaluations.val_accuracy[:] = [0.1, 0.2, 0.95, 0.95, 0.4, 0.3, 0.3]
    loss = shown(qtbot, LossView, record)
    assert "best 0.210 at step 135" in tags(loss)
    (dot,) = loss._best._dots
    assert (dot.x, dot.y) == pytest.approx((135, np.log10(0.21)))
    accuracy = shown(qtbot, AccuracyView, record)
    assert any(text.startswith("best 95") and text.endswith("step 90") for text in tags(accuracy))


def test_the_newest_validation_says_itself_that_it_is_the_best(qtbot: QtBot) -> None:
    record = fake_record(300, None)
    record.evaluations.val_loss[:] = [2.0, 1.5, 1.0, 0.9, 0.8, 0.7, 0.5]
    assert "validation 0.500, the best" in tags(shown(qtbot, LossView, record))
    only = fake_record(20, None)
    assert not any("best" in text for text in tags(shown(qtbot, LossView, only)))


@pytest.mark.parametrize("kind", [LossView, AccuracyView, HeatmapView])
def test_an_early_stop_is_marked_and_says_what_became_of_the_weights(
    qtbot: QtBot, kind: type[View]
) -> None:
    record = fake_record(300, None)
    words = "Stopped early at step 300: the validation loss was lowest at step 135 (0.21)"
    record.set_status(Status(State.STOPPED, f"{words}; its weights are back."))
    view = shown(qtbot, kind, record)
    assert marks(view) == ["stopped early, best weights are back"]
    record.set_status(Status(State.STOPPED, f"{words}."))
    view.invalidate()
    view.refresh()
    assert marks(view)[0].startswith("stopped early at step 300")
    record.set_status(Status(State.STOPPED, "Stopped at step 300."))  # by hand
    view.invalidate()
    view.refresh()
    assert marks(view) == []


def test_the_data_part_has_a_line_only_where_there_is_a_penalty(qtbot: QtBot) -> None:
    record = empty_record()
    append_steps(record, 60)
    view = shown(qtbot, LossView, record)
    assert view._data.xData is None or not len(view._data.xData)
    for name, value in (("loss", 3.0), ("loss_data", 2.0), ("loss_penalty", 1.0)):
        record.scalars[name] = Column()
        record.scalars[name].append(np.full(60, value, np.float32))
    record.version += 1
    view.invalidate()
    view.refresh()
    assert np.allclose(drawn(view._data), np.log10(2.0))
    assert np.allclose(drawn(view._penalty), 0.0)
    assert {"training 3.00", "data part 2.00", "penalty part 1.00"} <= set(tags(view))


@pytest.mark.parametrize("kind", [LossView, AccuracyView])
def test_a_reference_has_lines_of_its_own(qtbot: QtBot, kind: type[View]) -> None:
    record, other = fake_record(300, None), reference()
    view = shown(qtbot, kind, record, other)
    assert "reference p2q7" in tags(view)
    training, validation = (drawn(line) for line in view._others)
    assert len(training) > 60
    assert len(validation) == 7  # no further than our own run
    cursor = view._read_out(view.plot, 250.0, 0.5)
    assert any(line.startswith("p2q7 ") for line in cursor.lines)
    view.set_reference(None)
    view.refresh()
    assert not len(view._others[0].xData)
    view.set_reference(record)  # a run is nothing to compare itself with
    view.refresh()
    assert not any("reference" in text for text in tags(view))


def test_steps_by_decades_read_and_pick_the_same_steps(qtbot: QtBot) -> None:
    record = fake_record(1640, 800)
    view = shown(qtbot, LossView, record)
    view._log_x.click()
    view.refresh()
    mark = view.plot.overlay.shown("marks")[0]
    assert mark.x == pytest.approx(np.log10(800))
    x, y = view._training.line.getData()
    first = np.log10(record.scalars["loss"].read(0, 10))
    assert y[:10] == pytest.approx(first, abs=1e-5)  # the first steps are points of their own
    assert x[1:10] == pytest.approx(np.log10(np.arange(1, 10)))
    with qtbot.waitSignal(view.step_selected) as blocker:
        view._pick(view.plot, np.log10(57.2), 0.0)
    assert blocker.args == [57]
    assert view._read_out(view.plot, np.log10(57.2), 0.0).lines[0] == "step 57"
    view._log_x.click()
    view.refresh()
    assert view.plot.overlay.shown("marks")[0].x == 800


@pytest.mark.parametrize("steps", [1, 31, 33, 300, 70_000])
def test_buckets_by_decades_hold_every_step_once(steps: int) -> None:
    column, axis = Column(), StepAxis()
    column.append(np.arange(steps, dtype=np.float32))
    axis.log = True
    envelope = axis.envelope(column, axis.rows((-0.31, axis.at(steps)), steps, 400))
    assert envelope.start[0] == 0
    assert envelope.stop[-1] == steps
    assert envelope.start[1:].tolist() == envelope.stop[:-1].tolist()
    assert envelope.low.tolist() == envelope.start.tolist()
    assert len(envelope.start) < 1200


# Heatmap ------------------------------------------------------------------------------------


def test_a_shared_scale_holds_all_faces_and_stays(qtbot: QtBot) -> None:
    view = shown(qtbot, HeatmapView, fake_record(300, None))
    own = view._bar.range
    view.faces.choose("activation_norm")
    view.refresh()
    assert view._bar.range[0] > own[1] - 3
    view._shared.click()
    view.refresh()
    shared = view._bar.range
    assert shared[0] <= own[0] + 0.5
    assert shared[1] > 1.2
    for quantity in ("weight_grad_norm", "delta_norm", "update_ratio"):
        view.faces.choose(quantity)
        view.refresh()
        assert view._bar.range == shared


NONE, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


def send(
    view: HeatmapView, kind: QEvent.Type, y: float, button: Qt.MouseButton, held: Qt.MouseButton
) -> None:
    """Send what the mouse does over the colour bar, ``y`` in its pixels."""
    canvas, port = view.canvas, view.canvas.viewport()
    place = QPointF(canvas.mapFromScene(view._bar.mapToScene(QPointF(8, y))))
    far = QPointF(port.mapToGlobal(place.toPoint()))
    event = QMouseEvent(kind, place, far, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(port, event)


def drag(view: HeatmapView, start: float, stop: float) -> None:
    send(view, QEvent.Type.MouseMove, start, NONE, NONE)
    send(view, QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    for share in (0.3, 0.6, 1.0):
        QTest.qWait(15)  # pyqtgraph skips what comes faster
        send(view, QEvent.Type.MouseMove, start + share * (stop - start), NONE, LEFT)
        view.refresh()
    send(view, QEvent.Type.MouseButtonRelease, stop, LEFT, NONE)
    view.refresh()
    QTest.qWait(15)


def test_the_ends_of_the_colours_can_be_dragged(qtbot: QtBot) -> None:
    view = shown(qtbot, HeatmapView, fake_record(300, None))
    bar = view._bar
    low, high = bar.range
    before = view._indices.copy()
    drag(view, bar.place(high) + 2, bar.place(-4.0))
    assert bar.range == pytest.approx((low, -4.0), abs=0.2)
    assert (view._indices != before).any()
    assert bar.place(low) == pytest.approx(bar.bar_rect().bottom())  # the whole is still there
    drag(view, bar.place(-6.0), bar.place(-5.0))  # between the ends: both
    assert bar.range == pytest.approx((low + 1, -3.0), abs=0.2)
    drag(view, bar.place(bar.range[0]), bar.place(40.0))  # an end never passes the other
    assert bar.range[0] < bar.range[1]


def test_the_wheel_narrows_the_colours_and_a_double_click_gives_them_back(qtbot: QtBot) -> None:
    view = shown(qtbot, HeatmapView, fake_record(300, None))
    bar, port = view._bar, view.canvas.viewport()
    low, high = bar.range
    rows = view.plot.x_range
    at = view.canvas.mapFromScene(bar.mapToScene(bar.bar_rect().center()))
    where = QPointF(at), QPointF(port.mapToGlobal(at))
    turn = QWheelEvent(
        *where,
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, turn)
    view.refresh()
    assert bar.range[1] - bar.range[0] == pytest.approx(0.88 * (high - low), rel=0.01)
    assert view.plot.x_range == rows  # the picture's own zoom is another one
    y = bar.bar_rect().center().y()
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
        send(view, kind, y, LEFT, LEFT)
        send(view, QEvent.Type.MouseButtonRelease, y, LEFT, NONE)
    view.refresh()
    assert bar.range == (low, high)


def test_the_colours_can_be_moved_by_key(qtbot: QtBot) -> None:
    view = shown(qtbot, HeatmapView, fake_record(300, None))
    low, high = view._bar.range
    for key in view._keys:
        assert not key.key().isEmpty()
    view._keys[1].activated.emit()
    view.refresh()
    assert view._bar.range == (low + 0.5, high)
    view._keys[2].activated.emit()
    view.refresh()
    assert view._bar.range == (low + 0.5, high - 0.5)


def test_what_was_not_measured_is_in_the_legend(qtbot: QtBot) -> None:
    record = fake_record(50, None)
    assert GAP not in shown(qtbot, HeatmapView, record)._bar._kinds
    for column in record.layer_columns.values():
        column.append(np.full((3, 20), NOT_MEASURED, np.float32))
    record.steps += 3
    record.version += 1
    view = shown(qtbot, HeatmapView, record)
    assert GAP in view._bar._kinds
    assert view._read_out(view.plot, 51, 3).lines[1].endswith("not measured")


def hidden_record(weights: np.ndarray, delta: np.ndarray) -> Record:
    record = empty_record(len(delta))
    append_steps(record, 5)
    for name, values in (("weight_grad_norm", weights), ("delta_norm", delta)):
        record.layer_columns[name] = Column(len(delta))
        record.layer_columns[name].append(np.tile(values.astype(np.float32), (5, 1)))
    return record


def test_a_badge_says_when_the_weights_gradient_hides_that_delta_is_gone(qtbot: QtBot) -> None:
    even, falling = np.linspace(2e-3, 1e-3, 10), 10.0 ** np.linspace(-8, -1, 10)
    record = hidden_record(even, falling)
    view = shown(qtbot, HeatmapView, record)
    assert view._badge.words == ""  # delta is what is shown
    view.faces.choose("weight_grad_norm")
    view.refresh()
    assert "δ is gone" in view._badge.words
    picked: list[int] = []
    view.layer_selected.connect(picked.append)
    at = view._badge.boundingRect().center()
    place = view.canvas.mapFromScene(view.plot.mapToScene(at))
    qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.face.quantity == "delta_norm"
    assert picked == []
    view.refresh()
    assert view._badge.words == ""


@pytest.mark.parametrize(
    ("weights", "delta", "unseen"),
    [
        (np.ones(6), np.logspace(-5, 0, 6), True),
        (np.ones(6), np.logspace(-3, 0, 6), False),
        (np.logspace(-3, 0, 6), np.logspace(-5, 0, 6), False),
        (np.full(6, np.nan), np.logspace(-5, 0, 6), False),
        (np.zeros(6), np.logspace(-5, 0, 6), False),
        (np.ones(6), np.append(0.0, np.ones(5)), True),
        (np.ones(6), np.append(np.ones(5), np.inf), False),
        (np.ones(6), np.full(6, NOT_MEASURED), False),
    ],
)
def test_only_what_looks_healthy_can_hide(
    weights: np.ndarray, delta: np.ndarray, unseen: bool
) -> None:
    assert vanishes_unseen(hidden_record(weights, delta), None) is unseen


# Saturation ---------------------------------------------------------------------------------


def test_saturation_over_time_needs_no_snapshot(qtbot: QtBot) -> None:
    record = empty_record()
    append_steps(record, 200)
    view = shown(qtbot, SaturationView, record)
    assert "Waiting" in view.message.words
    view._when.choose("run")
    assert view.refresh()
    assert view.canvas.isVisible()
    upper, lower = view.stack
    assert upper.isVisible()
    assert lower.x_range == upper.x_range
    cursor = view._read_out(upper, 120.2, 5.1)
    assert cursor.lines == (
        "layer 5 · step 120",
        "mean φ′ / sup φ′ 80\N{NARROW NO-BREAK SPACE}%",
        "saturated share 7.0\N{NARROW NO-BREAK SPACE}%",
    )
    heard: list[int] = []
    view.layer_selected.connect(heard.append)
    with qtbot.waitSignal(view.step_selected) as blocker:
        view._pick(lower, 120.2, 5.1)
    assert blocker.args == [120]
    assert heard == [5]


def test_saturation_comes_back_from_over_time(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record(200, None))
    size = view._units.curves.pixels
    view._when.choose("run")
    view.refresh()
    view.grab()
    QApplication.processEvents()
    assert not view._units.curves.isVisible()
    heights = [plot.pixels[1] for plot in view.stack]
    assert abs(heights[0] - heights[1]) <= 2
    view._when.choose("now")
    view.refresh()
    view.grab()
    assert view._units.curves.pixels == size
    assert not view.stack[0].isVisible()


def test_saturation_shows_units_and_the_run_where_there_is_room(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record(200, 100))
    assert not view.stack[0].isVisible()
    view.resize(700, 640)
    QApplication.processEvents()
    assert view.refresh()
    view.grab()
    curves, (upper, lower) = view._units.curves, view.stack
    assert curves.isVisible()
    assert upper.isVisible()
    assert curves.pixels[1] > upper.pixels[1] > 40
    assert abs(upper.pixels[1] - lower.pixels[1]) <= 2
    assert view._read_out(lower, 120.2, 5.1).lines[0] == "layer 5 · step 120"
    assert {table.name for table in view.tables(view.source)} >= {"saturation-steps", "histograms"}
    with qtbot.waitSignal(view.step_selected) as blocker:
        view._pick(lower, 120.2, 5.1)
    assert blocker.args == [120]
    view._pick(curves, 0.0, 0.2)  # which is no step
    marks = lower.overlay.shown("marks")
    assert [(mark.x, mark.text) for mark in marks] == [(100, "")]
    view.resize(500, 320)
    QApplication.processEvents()
    view.refresh()
    assert not upper.isVisible()


def test_units_ride_on_the_curve_and_a_line_leads_to_what_they_pass_on(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record(200, None))
    layer = view.frame.layers[0]
    z = layer.unit_z.astype(np.float64)
    phi = 1 / (1 + np.exp(-z))
    dots = np.stack(view._units._dots._points[:2], axis=1)
    np.testing.assert_allclose(dots[:, 0], z, rtol=1e-6)
    np.testing.assert_allclose(dots[:, 1], phi * (1 - phi), rtol=1e-4)
    x, low, high = view._units._stems._ends
    np.testing.assert_allclose(low, dots[:, 1])
    np.testing.assert_allclose(high, layer.unit_derivative, rtol=1e-6)
    unit = int(np.argmax(np.abs(high - low)))
    lines = view._read_out(view._units.curves, x[unit], (low[unit] + high[unit]) / 2).lines
    assert lines[0] == f"unit {unit + 1}"
    assert [line.rsplit(" ", 1)[0] for line in lines[1:]] == ["mean z", "φ′ there", "mean φ′"]


def test_a_sigmoid_has_its_quarter_and_its_threes(qtbot: QtBot) -> None:
    view = shown(qtbot, SaturationView, fake_record(200, None))
    rules = view._units.curves.overlay.shown("rules")
    assert any(rule.y == 0.25 and "¼" in rule.text for rule in rules)
    assert [mark.x for mark in view._units.curves.overlay.shown("marks")] == [-3, 3]
    relu = shown(qtbot, SaturationView, fake_record(200, 10))
    assert relu._units.curves.overlay.shown("marks") == ()
    assert not any("¼" in rule.text for rule in relu._units.curves.overlay.shown("rules"))


# Profile and ledger -------------------------------------------------------------------------


def test_the_profile_shows_the_reference_at_the_same_step(qtbot: QtBot) -> None:
    record, other = fake_record(300, None), reference(400)
    view = shown(qtbot, ProfileView, record, other)
    assert "reference p2q7" in tags(view)
    column = other.layer_columns["delta_norm"]
    assert drawn(view._other) == pytest.approx(np.log10(column.read(299, 300)[0]), abs=1e-5)
    short = reference(120, layers=5)
    view.set_reference(short)
    view.refresh()
    assert "reference p2q7 at step 119" in tags(view)
    assert len(drawn(view._other)) == 5
    view._key_5.activated.emit()
    view.refresh()
    for line, name in ((view._other, "delta_norm"), (view._up_other, "activation_norm")):
        values = short.layer_columns[name].read(119, 120)[0]
        assert drawn(line) == pytest.approx(np.log10(values), abs=1e-5)
    view.faces.choose("delta_norm")
    view.refresh()
    assert not len(drawn(view._up_other))


def test_forward_and_backward_are_in_one_picture(qtbot: QtBot) -> None:
    record = fake_record(300, None)
    view = shown(qtbot, ProfileView, record)
    view._key_5.activated.emit()
    view.refresh()
    words = tags(view)
    assert {"forward |h| →", "← backward |δ|"} <= set(words)
    for line, name in ((view._up, "activation_norm"), (view._now, "delta_norm")):
        expected = np.log10(record.layer_columns[name].read(299, 300)[0])
        assert drawn(line) == pytest.approx(expected, abs=1e-5)
    assert "Misleads" in view.header.help_button.toolTip()
    assert [line[:4] for line in view._read_out(view.plot, 3.0, 0.0).lines[1:]] == ["|δ| ", "|h| "]
    view.faces.choose("update_ratio")
    view.refresh()
    assert not len(view._up.xData)


def test_the_ledger_dims_what_is_beyond_the_chosen_layer(qtbot: QtBot) -> None:
    view = shown(qtbot, LedgerView, fake_record(100, None, 6))
    view.set_layer(3)
    view.refresh()
    counts = {part: (view._bands[part]._count, view._beyond[part]._count) for part in view._bands}
    assert counts["activation"] == (3, 2)
    assert counts["weights"] == (3, 2)
    whole = 3 * (np.log10(1.1) - 0.62)
    assert f"layer 3: −{-whole:.2f} decades" in tags(view)
    view.set_layer(6)  # where the loss arrives: nothing is left out
    view.refresh()
    assert view._beyond["weights"]._count == 0
    assert view._bands["weights"]._count == 5
    assert view.plot.overlay.shown("marks") == ()


# Small --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LossView, AccuracyView, HeatmapView, SaturationView, ProfileView])
def test_choices_are_not_cut_in_a_small_view(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, fake_record(100, None))
    view.resize(380, 280)
    QApplication.processEvents()
    view.grab()
    buttons = [one for one in view.header.findChildren(QToolButton) if one.isVisible()]
    assert buttons
    for button in buttons:
        assert button.width() >= min(button.sizeHint().width(), button.maximumWidth())
