"""Units, first-layer weights, decision map and predictions: what they show of a snapshot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.plots.contour import class_lines, zero_lines
from app.plots.indices import (
    INF,
    LEVELS,
    NAN,
    NEG_INF,
    NOT_MEASURED,
    ZERO,
    diverging,
    linear_indices,
)
from app.plots.tiles import best_grid, mosaic
from app.theme import load_theme
from app.views import DecisionView, PredictionsView, UnitsView, View, WeightsView
from core.measure.missing import blank
from core.record import Frame, Parts, Record
from core.record.frame import Predictions
from core.record.units import UnitBlock, UnitsNow
from tests.app.fake_source import fake_record


def shown(qtbot: QtBot, kind: type[View], record: Record, size: tuple[int, int] = (620, 460)):
    view = kind()
    qtbot.addWidget(view)
    view.resize(*size)
    view.set_source(record)
    view.show()
    for _ in range(2):
        view.refresh()
        view.grab()
    return view


def changed(record: Record, layer: int = 1, **parts: object) -> None:
    """Publish the newest snapshot with one layer changed."""
    frame = record.frame
    assert frame is not None
    layers = list(frame.layers)
    layers[layer - 1] = dataclasses.replace(layers[layer - 1], **parts)
    record.put_frame(dataclasses.replace(frame, layers=tuple(layers)))


def put_predictions(record: Record, found: Predictions, **facts: object) -> Record:
    frame = record.frame
    assert frame is not None
    record.set_experiment(record.experiment, dataclasses.replace(record.facts, **facts))
    record.put_frame(Frame(frame.step, frame.layers, found, parts=Parts.ALL))
    return record


def happened(record: Record, *events: tuple[int, int, int, int]) -> None:
    """Append events: step, layer, unit, place in ``KINDS``."""
    now = UnitsNow(0, np.zeros(1, np.int64), np.zeros(0), np.zeros(0, bool), np.zeros(0, bool))  # pyright: ignore[reportArgumentType]
    record.units.append(UnitBlock(np.array(events, np.int64).reshape(-1, 4), now))


# Colours ---------------------------------------------------------------------------------


def test_five_kinds_of_no_number_have_five_colours() -> None:
    values = np.array([-1, 0, 1, np.nan, np.inf, -np.inf], np.float32)
    indices = linear_indices(np.append(values, blank((1,))), -1.0, 1.0)
    assert indices.tolist() == [0, ZERO, LEVELS - 1, NAN, INF, NEG_INF, NOT_MEASURED]
    assert linear_indices(values[1:2], -1.0, 1.0, mark_zero=False)[0] == LEVELS // 2


def test_the_middle_of_the_diverging_map_is_white_and_its_ends_are_blue_and_red() -> None:
    table = diverging(LEVELS).astype(int)
    assert table[LEVELS // 2, :3].tolist() == [247, 247, 247]
    assert table[20, 2] > table[20, 0]
    assert table[-20, 0] > table[-20, 2]


def test_a_line_between_classes_lies_where_both_are_as_likely() -> None:
    x = np.linspace(0, 1, 11)
    field = np.tile(x - 0.43, (5, 1))
    at, _ = zero_lines(field, x, np.arange(5.0))
    assert at == pytest.approx(np.full(len(at), 0.43))
    classes = np.where(field > 0, 1, 0)
    at, _ = class_lines(classes, np.abs(field), x, np.arange(5.0))
    assert at == pytest.approx(np.full(len(at), 0.43))
    classes[:, 3:6] = -1
    assert not len(class_lines(classes, np.abs(field), x, np.arange(5.0))[0])


def test_tiles_stand_in_rows_from_the_upper_left() -> None:
    grid = best_grid(6, 8, 8, (300.0, 200.0))
    assert (grid.columns, grid.rows) == (3, 2)
    pictures = np.zeros((6, 8, 8, 4), np.uint8)
    pictures[..., 0] = np.arange(1, 7)[:, None, None]
    whole = mosaic(grid, pictures)
    for tile in range(6):
        middle = grid.place(tile).center()
        assert grid.tile_at(middle.x(), middle.y()) == tile
        assert whole[int(middle.y()), int(middle.x()), 0] == tile + 1
    assert grid.tile_at(8.5, 3.0) is None


# Units -----------------------------------------------------------------------------------


def test_units_mark_those_that_are_silent_and_read_values(qtbot: QtBot) -> None:
    record = fake_record()
    frame = record.frame
    assert frame is not None
    activity = np.ones_like(frame.layers[0].unit_activity)
    activity[[3, 9]] = 0
    h = frame.layers[0].activity.copy()
    h[3], h[4, 0] = 0, np.nan
    changed(record, unit_activity=activity, activity=h)
    view = shown(qtbot, UnitsView, record)
    assert "2 of 64 silent in this batch" in view.header.subtitle.text
    edge = view._edge.colors
    assert edge is not None
    assert np.flatnonzero(edge[:, 0, 3]).tolist() == [3, 9]
    cursor = view._read_out(view._matrix, 2.0, 4.0)
    assert cursor is not None
    assert cursor.lines[0] == "unit 4 · sample 2 of the batch"
    assert cursor.lines[1] == "h = exactly 0"
    cursor = view._read_out(view._matrix, 1.0, 5.0)
    assert cursor is not None
    assert cursor.lines[1] == "h = NaN"


def test_units_say_that_only_some_are_shown_and_name_those(qtbot: QtBot) -> None:
    record = fake_record()
    frame = record.frame
    assert frame is not None
    one = frame.layers[0]
    half = slice(0, None, 2)
    changed(
        record,
        activity=one.activity[half],
        activity_slope=one.activity_slope[half],
        shown_units=one.shown_units[half],
    )
    view = shown(qtbot, UnitsView, record)
    assert "every 2nd unit shown" in view.header.subtitle.text
    cursor = view._read_out(view._matrix, 1.0, 4.0)
    assert cursor is not None
    assert cursor.lines[0].startswith("unit 3 ")


def test_units_count_what_happened_to_the_layer_and_read_only_what_is_new(qtbot: QtBot) -> None:
    record = fake_record()
    happened(record, (100, 1, 5, 1), (200, 2, 5, 1), (300, 1, 5, 2))
    view = shown(qtbot, UnitsView, record)
    caption = view.plot.overlay.shown("caption")
    assert caption == "0 of 64 units dead · 1 death, 1 resurrection"
    assert view._events._lanes.counts.sum(axis=1).tolist() == [0, 1, 1]
    happened(record, (400, 1, 6, 0), (401, 1, 7, 1))
    record.version += 1
    view.invalidate()
    view.refresh()
    assert view._events._lanes.counts.sum(axis=1).tolist() == [1, 2, 1]
    assert view._events._read == 5
    at = np.flatnonzero(view._events._lanes.counts[1])
    width = view._lanes.area().width()
    assert at[0] / width == pytest.approx(100 / view.plot.x_range[1], abs=0.01)
    view.set_layer(2)
    view.refresh()
    assert view._events._lanes.counts.sum(axis=1).tolist() == [0, 1, 0]
    view.set_layer(1)
    view.set_step(150)
    view.refresh()
    assert view.plot.overlay.shown("caption").endswith("· 1 death")


def test_the_number_of_dead_units_is_drawn_or_said_to_be_missing(qtbot: QtBot) -> None:
    record = fake_record(60, None)
    column = record.layer_columns["dead_fraction"]
    column.append(np.full((5, 20), 0.25, np.float32))
    column.append(blank((5, 20)))
    for name, one in (*record.scalars.items(), *record.layer_columns.items()):
        if name != "dead_fraction":
            one.append(np.ones((10, *([20] if one.width else [])), np.float32))
    record.steps += 10
    record.version += 1
    view = shown(qtbot, UnitsView, record)
    assert "not measured at this step" in view.plot.overlay.shown("caption")
    view.set_step(62)
    view.refresh()
    assert view.plot.overlay.shown("caption").startswith("16 of 64 units dead")
    assert view.plot.y_range[1] > 16
    cursor = view._read_out(view.plot, 68.0, 0.1)
    assert cursor is not None
    assert "dead not measured" in cursor.lines


# First-layer weights ---------------------------------------------------------------------


def test_weights_share_a_scale_or_have_their_own(qtbot: QtBot) -> None:
    record = fake_record()
    images = np.zeros((4, 8, 8), np.float32)
    images[0], images[1], images[2, 0, 0] = 0.5, -0.25, np.nan
    changed(record, weight_images=images)
    view = shown(qtbot, WeightsView, record)
    assert view._bar._range == (-0.5, 0.5)
    grid = view._grid
    assert grid is not None

    def color(unit: int) -> list[int]:
        middle = grid.place(unit).center()
        return view._image.colors[int(middle.y()), int(middle.x()), :3].tolist()

    assert color(0) == diverging()[-1, :3].tolist()
    assert color(1) != diverging()[0, :3].tolist()
    zero = load_theme("dark").color("zero")
    assert color(3) == [zero.red(), zero.green(), zero.blue()]
    assert NAN in view._bar._kinds
    view._choice.choose("own")
    view.refresh()
    assert color(1) == diverging()[0, :3].tolist()
    middle = grid.place(1).center()
    cursor = view._read_out(view.plot, middle.x(), middle.y())
    assert cursor is not None
    assert cursor.lines[0] == "unit 2"
    assert cursor.lines[1].startswith("w = −0.25")


def test_weights_say_which_data_have_pictures(qtbot: QtBot) -> None:
    record = fake_record()
    changed(record, weight_images=np.zeros(0, np.float32))
    view = shown(qtbot, WeightsView, record)
    assert "when the data are images" in view.spoken()
    record.set_experiment(record.experiment, dataclasses.replace(record.facts, components=12))
    view.invalidate()
    view.refresh()
    assert "12 principal components" in view.spoken()
    assert "PCA" in view.spoken()


# Decision map ----------------------------------------------------------------------------


def plane(*, lost: bool = False) -> Predictions:
    """Return two classes apart at x = 0, one of four samples wrong."""
    axis = np.linspace(-1, 1, 24).astype(np.float32)
    said = np.tile((axis > 0).astype(np.int16), (24, 1))
    sure = np.tile(0.5 + 0.5 * np.abs(axis), (24, 1)).astype(np.float32)
    if lost:
        said[:6], sure[:6] = -1, np.nan
    inputs = np.array([[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]], np.float32)
    return Predictions(
        np.array([0, 1, 0, 0]),
        np.array([0, 1, 0, 1]),
        np.array([[2, 1], [0, 1]]),
        inputs=inputs,
        x=axis,
        y=axis,
        map_class=said,
        map_value=sure,
        value="probability",
        sure=np.full(4, 0.75, np.float32),
    )


TWO = {"n_features": 2, "n_classes": 2, "class_names": ("left", "right")}


def test_the_map_shows_classes_samples_and_the_line_between(qtbot: QtBot) -> None:
    view = shown(qtbot, DecisionView, put_predictions(fake_record(), plane(), **TWO))
    assert "3 of 4 samples right, 1 ringed" in view.header.subtitle.text
    assert [(p.x(), p.y()) for p in (s.pos() for s in view._rings.points())] == [(0.5, -0.5)]
    border = view._border.getData()[0]
    assert border == pytest.approx(np.zeros(len(border)), abs=1e-6)
    colors = view._image.colors[:, :, :3].astype(int)
    ground = np.array(load_theme("dark").color("plot").getRgb()[:3])
    strength = np.abs(colors[12] - ground).sum(axis=1)
    assert strength[0] > strength[9] > strength[11]
    cursor = view._read_out(view.plot, 0.99, 0.0)
    assert cursor is not None
    assert cursor.lines[1] == "says right"
    assert cursor.lines[2].startswith("sure 100")


def test_samples_are_drawn_anew_only_if_they_are_others(qtbot: QtBot, monkeypatch) -> None:
    record = put_predictions(fake_record(), plane(), **TWO)
    view = shown(qtbot, DecisionView, record)
    drawn: list[int] = []
    for item in (view._points, view._rings):
        monkeypatch.setattr(item, "setData", lambda x, *_, **__: drawn.append(len(x)))

    def show(found: Predictions) -> list[int]:
        drawn.clear()
        put_predictions(record, found, **TWO)
        view.invalidate()
        view.refresh()
        return list(drawn)

    assert show(plane()) == []  # a copy, as each snapshot from another process is
    said = dataclasses.replace(plane(), predicted=np.array([0, 1, 1, 1]))
    assert show(said) == [2]  # ringed
    moved = dataclasses.replace(said, inputs=said.inputs + 0.1)
    assert show(moved) == [4, 2]


def test_the_map_hatches_where_the_output_is_not_finite(qtbot: QtBot) -> None:
    record = put_predictions(fake_record(), plane(lost=True), **TWO)
    view = shown(qtbot, DecisionView, record)
    assert "not finite on 25" in view.header.subtitle.text
    nan = list(load_theme("dark").color("nan").getRgb())
    striped = (view._image.colors == nan).all(axis=2)
    assert 0 < striped[:6].mean() < 1
    assert not striped[6:].any()
    cursor = view._read_out(view.plot, 0.0, -0.95)
    assert cursor is not None
    assert cursor.lines == ("0, −0.950", "output not finite")


def test_the_map_draws_regression_on_one_and_on_two_features(qtbot: QtBot) -> None:
    axis = np.linspace(-1, 1, 24).astype(np.float32)
    targets = np.array([[0.2], [-0.4]], np.float32)
    said = np.array([[0.2], [np.nan]], np.float32)
    numbers = {"n_classes": 0, "class_names": ()}
    found = Predictions(targets, said, inputs=np.zeros((2, 1), np.float32), x=axis)
    curve = dataclasses.replace(found, curve=axis[:, None] ** 2)
    record = put_predictions(fake_record(), curve, n_features=1, **numbers)
    view = shown(qtbot, DecisionView, record)
    assert view._curves[0].yData == pytest.approx(axis**2)
    assert "1 of 2 not finite" in view.header.subtitle.text
    field = (axis[:, None] + axis).astype(np.float32)
    found = dataclasses.replace(found, inputs=np.zeros((2, 2), np.float32), y=axis, map_value=field)
    view.set_source(put_predictions(fake_record(), found, n_features=2, **numbers))
    view.refresh()
    assert view._bar.isVisible()
    low, high = view._bar._range
    assert low == -high
    assert high >= 2


def test_other_data_have_no_map_and_are_sent_to_predictions(qtbot: QtBot) -> None:
    record = fake_record()
    view = shown(qtbot, DecisionView, record)
    assert "one or two features (you have 64): open Predictions" in view.spoken()
    assert view._read_out(view.plot, 0.5, 0.5) is None
    view.set_source(put_predictions(fake_record(), plane(), **TWO))
    view.refresh()
    assert "samples right" in view.spoken()


# Predictions -----------------------------------------------------------------------------


def test_predictions_tell_accuracy_and_the_worst_class(qtbot: QtBot) -> None:
    record = put_predictions(fake_record(), plane(), **TWO)
    view = shown(qtbot, PredictionsView, record)
    words = view.header.subtitle.text
    assert words.startswith("75")
    assert "worst: left at 67" in words
    x, y = view._matrix.center_of(0, 1)
    assert view._matrix.cell_at(x, y) == (0, 1)
    cursor = view._read_out(view.plot, x, y)
    assert cursor is not None
    assert cursor.lines[0] == "left, said right"
    assert cursor.lines[1].startswith("1 of 3")


def test_a_network_that_always_says_the_same_is_told(qtbot: QtBot) -> None:
    found = dataclasses.replace(
        plane(),
        predicted=np.array([1, 1, 1, -1]),
        confusion=np.array([[0, 2], [0, 1]]),
        undecided=1,
    )
    record = put_predictions(fake_record(), found, **TWO)
    view = shown(qtbot, PredictionsView, record)
    caption = view.plot.overlay.shown("caption")
    assert caption == "1 undecided: output not finite · always says right"
    assert view.spoken().startswith(f"Predictions: {caption}")


def test_pictures_stand_beside_the_matrix_where_there_is_room(qtbot: QtBot) -> None:
    pictures = np.random.default_rng(0).random((4, 8, 8)).astype(np.float32)
    found = dataclasses.replace(plane(), predicted=np.array([0, 1, -1, 1]))
    record = put_predictions(fake_record(), found, pictures=pictures, **TWO)
    view = shown(qtbot, PredictionsView, record, (800, 500))
    assert view.plot.isVisible()
    assert view._shown.isVisible()
    captions = view._pictures.captions
    assert [one.truth for one in captions] == ["", "", "left", "left"]
    assert captions[2].said == "not finite"
    assert captions[3].said == "right"
    assert captions[3].sure == pytest.approx(0.75)
    x, y = view._pictures.center_of(3)
    assert view._pictures.picture_at(x, y) == 3
    cursor = view._read_out(view._shown, x, y)
    assert cursor is not None
    assert cursor.lines[:2] == ("sample 4: left", "said right")
    narrow = shown(qtbot, PredictionsView, record, (380, 280))
    assert narrow.plot.isVisible()
    assert not narrow._shown.isVisible()
    narrow._choice.choose("pictures")
    narrow.refresh()
    assert narrow._shown.isVisible()
    assert not narrow.plot.isVisible()


def test_predicted_numbers_are_drawn_over_their_targets(qtbot: QtBot) -> None:
    targets = np.linspace(0, 1, 11).astype(np.float32)[:, None]
    said = targets + np.float32(0.1)
    said[0] = np.inf
    record = put_predictions(fake_record(), Predictions(targets, said), n_classes=0, class_names=())
    view = shown(qtbot, PredictionsView, record)
    words = view.header.subtitle.text
    assert "1 of 11 not finite" in words
    assert "RMSE 0.100 on 10 samples" in words
    assert len(view._dots.points()) == 10
    assert view._scatter.x_range == view._scatter.y_range
    cursor = view._read_out(view._scatter, 0.5, 0.6)
    assert cursor is not None
    assert cursor.lines == ("sample 6", "target 0.500", "said 0.600")


@pytest.mark.parametrize("kind", [UnitsView, WeightsView, DecisionView, PredictionsView])
def test_the_numbers_behind_the_picture_have_names(qtbot: QtBot, kind: type[View]) -> None:
    record = put_predictions(fake_record(), plane(), **TWO)
    view = shown(qtbot, kind, record)
    tables = view.tables(record)
    assert tables[0].name == kind.key
    for table in tables:
        for row in list(table.rows())[:3]:
            assert len(row) == len(table.header)
