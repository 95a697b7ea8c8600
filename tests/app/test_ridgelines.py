"""Ridgelines and the saturation cascade: what they draw, keep apart, and remember."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.plots import Plot
from app.plots.ridges import Ridge, Ridges
from app.views import CascadeView, RidgelinesView, View
from app.views.distribution import distribution
from app.views.percentiles import LEVELS, PercentileTrack, percentiles_of
from app.views.ridge_rows import MOST_ROWS, chosen_frames, chosen_layers, stride_for
from core.measure.histograms import histogram, log_histogram
from core.record import Frame, LayerFrame, Parts, Record
from tests.app.fake_source import append_steps, empty_record, fake_record, put_frame

V = TypeVar("V", bound=View)


def shown(qtbot: QtBot, kind: type[V], record: Record) -> V:
    view = kind()
    qtbot.addWidget(view)
    view.resize(600, 460)
    view.set_source(record)
    view.show()
    view.refresh()
    view.grab()
    view.refresh()
    return view


def with_values(frame: Frame, layer: int, values: np.ndarray) -> Frame:
    """Return a frame in which h of a layer is another one."""
    layers = list(frame.layers)
    old = layers[layer - 1]
    logs = {**old.logs, "h": log_histogram(values)}
    layers[layer - 1] = dataclasses.replace(old, h=histogram(values), logs=logs)
    return dataclasses.replace(frame, layers=tuple(layers))


def layer_of(values: np.ndarray) -> LayerFrame:
    record = fake_record(3, None, 1)
    assert record.frame is not None
    return with_values(record.frame, 1, values).layers[0]


# Distributions ------------------------------------------------------------------------------


@pytest.mark.parametrize("log", [False, True])
def test_what_has_no_place_on_the_axis_is_told_apart(log: bool) -> None:
    values = np.concatenate([np.linspace(1, 2, 90), np.zeros(4), np.full(3, np.nan)])
    values = np.concatenate([values, [np.inf, -np.inf, 1e-40]]).astype(np.float32)
    found = distribution(layer_of(values), "h", log=log)
    assert found is not None
    assert (found.zeros, found.subnormal, found.nan) == (4, 1, 3)
    assert (found.pos_inf, found.neg_inf, found.total) == (1, 1, 100)
    texts = [one.text for one in found.apart()]
    assert [text.split()[0] for text in texts] == ["subnormal", "0:", "−∞", "+∞", "NaN"]
    assert texts[-1].startswith("NaN 3")


def test_without_anything_finite_there_is_no_outline_and_no_range(qtbot: QtBot) -> None:
    found = distribution(layer_of(np.full(50, np.nan, np.float32)), "h", log=False)
    assert found is not None
    assert found.binned == 0
    assert len(found.outline()[0]) == 0
    assert found.total == 50
    record = fake_record(5, None, 2)
    assert record.frame is not None
    frame = with_values(record.frame, 1, np.full(50, np.nan, np.float32))
    record.put_frame(with_values(frame, 2, np.linspace(1e-20, 2e-20, 50).astype(np.float32)))
    record.version += 1
    view = shown(qtbot, RidgelinesView, record)
    view.show_quantity("h")
    view.refresh()
    assert view.plot.x_range[1] * view.plot.x_unit < 3e-20  # no room for bins of nothing
    assert view.plot.x_range[1] > 0.1  # coordinates that Qt can invert


def test_a_layer_that_was_not_measured_says_so(qtbot: QtBot) -> None:
    layer = dataclasses.replace(layer_of(np.ones(4, np.float32)), h=None, logs={})
    assert distribution(layer, "h", log=False) is None
    assert distribution(layer, "h", log=True) is None


def test_an_outline_is_as_high_as_its_maximum_or_as_its_density() -> None:
    narrow = distribution(layer_of(np.linspace(0, 1, 480).astype(np.float32)), "h", log=False)
    wide = distribution(layer_of(np.linspace(0, 10, 480).astype(np.float32)), "h", log=False)
    assert narrow is not None
    assert wide is not None
    assert narrow.outline()[1].max() == wide.outline()[1].max() == 1
    top = float(narrow.density.max())
    assert wide.outline(top)[1].max() == pytest.approx(0.1, rel=0.2)


# Rows ---------------------------------------------------------------------------------------


def test_of_many_layers_the_first_last_and_chosen_are_drawn() -> None:
    assert chosen_layers(20, 3) == list(range(1, 21))
    layers = chosen_layers(500, 123)
    assert len(layers) <= MOST_ROWS + 1
    assert {1, 123, 500} <= set(layers)


def test_snapshots_of_a_growing_run_stay_where_they_are() -> None:
    def picked(last: int, stride: int) -> set[int]:
        frames = tuple(Frame(step, ()) for step in range(3, last, 7))
        return {frame.step for frame in chosen_frames(frames, stride)}

    stride = stride_for(1000)
    early, late = picked(600, stride), picked(1000, stride)
    assert len(late) <= MOST_ROWS
    assert len(early - late) <= 1  # the newest gives way
    assert 3 in late


# Ridgelines ---------------------------------------------------------------------------------


def test_the_input_is_at_the_bottom_and_the_chosen_layer_stands_out(qtbot: QtBot) -> None:
    view = shown(qtbot, RidgelinesView, fake_record(100, None))
    view.set_layer(4)
    view.refresh()
    rows = view._rows
    assert [row.layer for row in rows] == list(range(1, 21))
    assert [row.base for row in rows] == sorted(row.base for row in rows)
    assert [row.layer for row in rows if row.chosen] == [4]
    assert [ridge.chosen for ridge in view._ridges.ridges].index(True) == 3
    # delta shrinks towards the input: so do the ridges, on an axis of whole decades
    peaks = [float(ridge.x[ridge.height.argmax()]) for ridge in view._ridges.ridges]
    assert peaks[0] < peaks[9] < peaks[19]
    assert all(float(end).is_integer() for end in view.plot.x_range)


def test_a_click_selects_the_layer_whose_ridge_is_seen(qtbot: QtBot) -> None:
    view = shown(qtbot, RidgelinesView, fake_record(100, None))
    ridge = view._ridges.ridges[6]
    at = int(ridge.height.argmax())
    x, y = float(ridge.x[at]), ridge.base + 0.9 * float(ridge.height[at])
    with qtbot.waitSignal(view.layer_selected) as blocker:
        view.canvas.clicked.emit(view.plot, x, y)
    assert blocker.args == [7]
    cursor = view._read_out(view.plot, x, y)
    assert cursor is not None
    assert cursor.lines[0].startswith("layer 7 · step 99")
    values = view._rows[6].values
    assert values is not None
    assert f"of {values.total:,}" in cursor.lines[2]


def test_the_ridge_in_front_is_the_one_that_is_seen() -> None:
    x, height = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.5, 0.0])
    ridges = Ridges()
    back, front = (Ridge(base, x, height, QColor("red")) for base in (2.0, 1.0))
    ridges.show_ridges((back, front), QRectF(0, 0, 2, 4))
    assert ridges.front(1.0, 2.2) is front
    assert ridges.front(1.0, 2.8) is back
    assert ridges.front(1.0, 3.9) is None


def test_over_time_the_oldest_is_at_the_back_and_a_click_looks_back(qtbot: QtBot) -> None:
    record = fake_record()
    view = shown(qtbot, RidgelinesView, record)
    view.show_quantity("h")
    view.show_over_time(True)
    view.refresh()
    steps = [row.step for row in sorted(view._rows, key=lambda row: row.base)]
    assert steps == sorted(steps, reverse=True)
    assert {0, record.steps - 1} <= set(steps)
    assert [row.step for row in view._rows if row.chosen] == [record.steps - 1]
    oldest = view._ridges.ridges[-1]
    with qtbot.waitSignal(view.step_selected) as blocker:
        view.canvas.clicked.emit(view.plot, float(oldest.x[5]), oldest.base)
    assert blocker.args == [0]
    view.set_step(545)
    view.refresh()
    kept = record.history.nearest(545)
    assert kept is not None
    assert [row.step for row in view._rows if row.chosen] == [kept.step]


def test_zeros_and_nan_stand_beside_the_ridges(qtbot: QtBot) -> None:
    record = fake_record(50, None, 3)
    view = shown(qtbot, RidgelinesView, record)
    assert view._apart.maximumWidth() == 0
    assert record.frame is not None
    values = np.linspace(0.5, 1, 100).astype(np.float32)
    values[:40] = 0
    values[40] = np.nan
    record.put_frame(with_values(record.frame, 2, values))
    record.version += 1
    view.show_quantity("h")
    view.refresh()
    texts = [one.text for row in view._apart._rows for one in row.shares]
    assert len(texts) == 2
    assert texts[0].startswith("0: 40")
    assert texts[1].startswith("NaN 1")
    assert view._apart.maximumWidth() > 60
    view.grab()


def test_each_quantity_keeps_its_axis(qtbot: QtBot) -> None:
    view = shown(qtbot, RidgelinesView, fake_record(50, None))
    assert view.log
    view.show_quantity("z")
    assert not view.log
    view.show_log(True)
    view.show_quantity("delta")
    view.show_log(False)
    view.show_quantity("z")
    assert view.log
    assert view._scale.isChecked()


def test_a_pinned_run_is_drawn_as_outlines(qtbot: QtBot) -> None:
    view = shown(qtbot, RidgelinesView, fake_record(100, None))
    assert all(ridge.ghost_x is None for ridge in view._ridges.ridges)
    view.set_reference(fake_record(100, None, 5))
    view.refresh()
    ghosts = [ridge.ghost_x is not None for ridge in view._ridges.ridges]
    assert ghosts == [True] * 5 + [False] * 15
    assert "run k3f9" in view.header.subtitle.text
    view.show_over_time(True)
    view.refresh()
    assert any(ridge.ghost_x is not None for ridge in view._ridges.ridges)


def test_a_single_tiny_magnitude_does_not_stretch_the_axis(qtbot: QtBot) -> None:
    record = fake_record(100, None, 3)
    assert record.frame is not None
    values = 10.0 ** np.linspace(-2.5, -1, 2000)
    values[0] = 1e-30
    frame = record.frame
    for layer in (1, 2, 3):
        frame = with_values(frame, layer, values.astype(np.float32))
    record.put_frame(frame)
    view = shown(qtbot, RidgelinesView, record)
    view.show_quantity("h")
    view.show_log(True)
    view.refresh()
    assert view.plot.x_range[0] == pytest.approx(-3, abs=1.01)
    assert view.plot.overlay.shown("caption") == "3 below 10⁻³"


def test_the_table_has_every_bin_and_what_is_apart(qtbot: QtBot) -> None:
    record = fake_record(100, None)
    view = shown(qtbot, RidgelinesView, record)
    bins, special = view.tables(record)
    assert record.frame is not None
    counts = sum(int(one.logs["delta"].counts.sum()) for one in record.frame.layers)
    rows = list(bins.rows())
    assert sum(int(str(row[-1])) for row in rows) == counts
    assert all(len(row) == len(bins.header) for row in rows)
    assert len(list(special.rows())) == 20


# Percentiles --------------------------------------------------------------------------------


def test_percentiles_are_right_to_a_bin() -> None:
    values = np.random.default_rng(0).normal(1, 2, 5000).astype(np.float32)
    one = histogram(values)
    width = float(one.edges[1] - one.edges[0])
    assert np.abs(percentiles_of(one) - np.percentile(values, LEVELS)).max() < width


def test_half_zeros_have_their_median_at_zero() -> None:
    values = np.maximum(np.random.default_rng(1).normal(-0.1, 1, 4000), 0).astype(np.float32)
    found = percentiles_of(histogram(values))
    assert found[:3].tolist() == [0, 0, 0]
    assert found[4] == pytest.approx(np.percentile(values, 98), abs=0.1)
    around = np.concatenate([np.linspace(-1, 1, 100), np.zeros(900)]).astype(np.float32)
    assert percentiles_of(histogram(around), (10, 50, 90)).tolist() == [0, 0, 0]


def test_infinite_values_keep_their_place_in_the_order() -> None:
    values = np.concatenate([np.linspace(0.5, 1, 60), np.full(40, np.inf)]).astype(np.float32)
    found = percentiles_of(histogram(values))
    assert np.isfinite(found[:3]).all()
    assert np.isposinf(found[3:]).all()
    assert np.isnan(percentiles_of(histogram(np.full(9, np.nan, np.float32)))).all()


def test_each_snapshot_is_computed_once_and_forgotten_when_dropped() -> None:
    record = fake_record(300, None, 3)
    frames = record.history.frames
    track = PercentileTrack()
    assert track.update(frames, 2) == len(frames)
    assert track.update(frames, 2) == 0
    put_frame(record)
    assert record.frame is not None
    newest = dataclasses.replace(record.frame, step=400)
    assert track.update((*frames, newest), 2) == 1
    assert track.update(frames[::2], 2) == 0
    assert track.steps.tolist() == [frame.step for frame in frames[::2]]


# Cascade ------------------------------------------------------------------------------------


def notes(plot: Plot, what: str) -> list[Any]:
    found = plot.overlay.shown(what)
    assert isinstance(found, tuple)
    return list(found)


def visible(view: CascadeView) -> list[int]:
    return [one.layer for one in view._panels if one.plot.isVisible()]


def test_the_cascade_shows_the_chosen_layer_among_the_hidden_ones(qtbot: QtBot) -> None:
    view = shown(qtbot, CascadeView, fake_record(200, None))
    assert visible(view) == [19, 10, 1]  # of 20 the last is the output
    view.set_layer(5)
    view.refresh()
    assert visible(view) == [19, 10, 5, 1]
    view.set_layer(10)
    view.refresh()
    assert visible(view) == [19, 10, 5, 1]  # a click moves no panel
    captions = [one.plot.overlay.shown("caption") for one in view._panels]
    assert captions[1] == "layer 10 · sigmoid · chosen"
    view.resize(380, 240)
    view.grab()
    view.refresh()
    assert 10 in visible(view)
    assert len(visible(view)) < 4


def test_bounds_are_drawn_where_there_are_any(qtbot: QtBot) -> None:
    record = fake_record(200, None)
    view = shown(qtbot, CascadeView, record)
    for panel in view._panels[1:]:
        assert [rule.y for rule in notes(panel.plot, "rules")] == [0, 1]
    frame = record.history.frames[-1]
    outside = np.linspace(-2, 2, 100).astype(np.float32)  # normalised after the activation
    record.put_frame(dataclasses.replace(with_values(frame, 19, outside), step=199))
    record.history.add(dataclasses.replace(with_values(frame, 19, outside), step=199))
    record.version += 1
    view.invalidate()
    view.refresh()
    assert view._panels[1].plot.overlay.shown("rules") == ()
    assert view._panels[1].plot.y_range[1] > 1.9


def test_the_cascade_of_a_relu_has_no_bounds(qtbot: QtBot) -> None:
    view = shown(qtbot, CascadeView, fake_record(1640, 0))
    assert all(not one.plot.overlay.shown("rules") for one in view._panels)


def test_the_cascade_says_from_when_values_are_lost(qtbot: QtBot) -> None:
    record = fake_record(200, None, 4)
    frame = record.history.frames[-1]
    values = np.linspace(0, 1, 100).astype(np.float32)
    values[:5] = np.nan
    record.history.add(dataclasses.replace(with_values(frame, 3, values), step=199))
    view = shown(qtbot, CascadeView, record)
    assert view._panels[1].layer == 3
    assert view._panels[1].plot.overlay.shown("note") == ("NaN or ∞ from step 199", "bad")
    cursor = view._read_out(view._panels[1].plot, 199, 0.5)
    assert cursor is not None
    assert cursor.lines[0] == "layer 3 · step 199 · NaN or ∞ 5"


def test_huge_activations_have_coordinates_near_one(qtbot: QtBot) -> None:
    record = fake_record(200, 0, 4)
    frame = record.history.frames[-1]
    values = np.linspace(0, 1e30, 100).astype(np.float32)
    record.history.add(dataclasses.replace(with_values(frame, 3, values), step=199))
    plot = shown(qtbot, CascadeView, record)._panels[1].plot
    assert 1 < plot.y_range[1] < 20
    assert plot.y_range[1] * plot.y_unit > 9e29


def test_a_click_in_the_cascade_looks_back_at_a_step(qtbot: QtBot) -> None:
    view = shown(qtbot, CascadeView, fake_record())
    with qtbot.waitSignal(view.step_selected) as blocker:
        view.canvas.clicked.emit(view.plot, 512.3, 0.5)
    assert blocker.args == [512]
    view.set_step(512)
    view.refresh()
    for panel in view._panels:
        if panel.plot.isVisible():
            assert 512 in [mark.x for mark in notes(panel.plot, "marks")]


def test_mean_and_deviation_come_from_every_step(qtbot: QtBot) -> None:
    record = empty_record(3)
    append_steps(record, 50)
    view = shown(qtbot, CascadeView, record)
    assert "snapshot" in view.message.words
    view.show_percentiles(False)
    view.refresh()
    assert view.canvas.isVisible()
    cursor = view._read_out(view.plot, 20, 0.0)
    assert cursor is not None
    assert cursor.lines[0] == "layer 1 · step 20"
    (table,) = view.tables(record)
    assert len(list(table.rows())) == 150
    view.show_percentiles(True)
    put_frame(record, step=10)
    record.version += 1
    view.refresh()
    (table,) = view.tables(record)
    assert len(list(table.rows())) == 3
    assert Parts.MORE in record.history.frames[0].parts
