"""Gradient mean and spread, updates, and the learning-speed race."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.plots import Line, Plot
from app.plots.text import percent
from app.theme import load_theme
from app.views import RaceView, SpreadView, UpdatesView, View
from app.views.derived import Derived, applied, product, whole
from app.views.layer_lines import LayerLines
from app.views.readings import layers_words, special_words, value_words
from core.experiment import with_settings
from core.measure.missing import NOT_MEASURED, not_measured
from core.record import Event, Record
from tests.app.fake_source import append_steps, empty_record, fake_record


def shown(qtbot: QtBot, kind: type[View], record: Record, size: tuple[int, int]) -> View:
    view = kind()
    qtbot.addWidget(view)
    view.resize(*size)
    view.set_source(record)
    view.show()
    settle(view)
    return view


def settle(view: View) -> None:
    view.invalidate()
    view.refresh()
    view.grab()  # this may settle its size
    view.invalidate()
    view.refresh()


def record_of(steps: int = 60, layers: int = 4, **columns: object) -> Record:
    """Return a run with some columns as given: a number, or what numpy spreads to all rows."""
    record = empty_record(layers)
    for name, column in (record.layer_columns | record.scalars).items():
        shape = (steps,) if column.width is None else (steps, column.width)
        value = np.asarray(columns.get(name, 0.0), np.float32)
        column.append(np.array(np.broadcast_to(value, shape)))
    record.steps = steps
    record.version += 1
    return record


def points(line: Line) -> int:
    x = line.getData()[0]
    return 0 if x is None else len(x)


def data(line: Line) -> tuple[np.ndarray, np.ndarray]:
    x, y = line.getData()
    assert x is not None
    assert y is not None
    return x, y


def note(plot: Plot) -> str:
    return plot.overlay.shown("note")[0]  # type: ignore[index]


# Words --------------------------------------------------------------------------------------


def test_the_five_kinds_of_values_have_words_of_their_own() -> None:
    cells = np.array([NOT_MEASURED, 0, np.nan, np.inf, -np.inf, 0.25], np.float32)
    words = [value_words(cell) for cell in cells]
    assert words == ["not measured", "exactly 0", "NaN", "∞", "−∞", "0.250"]
    assert special_words(cells) == (
        "exactly 0: layer 2 · NaN: layer 3 · ∞: layer 4 · −∞: layer 5 · not measured: layer 1"
    )
    assert special_words(np.ones(3, np.float32)) == ""
    assert layers_words([1, 2, 3, 7, 9, 11]) == "layers 1–3, 7, 9 …"


# Derived columns ----------------------------------------------------------------------------


def test_a_product_keeps_what_was_not_measured_apart_from_what_is_no_number() -> None:
    one = np.array([2, NOT_MEASURED, np.nan, 3], np.float32)
    other = np.array([4, 1, 1, NOT_MEASURED], np.float32)
    result = product(one, other)
    assert result[0] == 8
    assert not_measured(result).tolist() == [False, True, False, True]
    assert np.isnan(result[2])


def test_of_weights_that_are_all_0_nobody_knows_the_update() -> None:
    record = record_of(2, 2, update_ratio=[np.inf, 0.5], weight_norm=[0.0, 4.0])
    parts = applied(record, 0, 2)
    assert not_measured(parts).tolist() == [[True, False]] * 2
    assert parts[0, 1] == 2
    assert not_measured(whole(parts)).all()
    assert whole(np.array([[3, 4]], np.float32)).tolist() == [5]


def test_a_derived_column_grows_with_its_run_and_begins_anew_with_another() -> None:
    asked: list[tuple[int, int]] = []

    def compute(source: object, start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return np.ones((stop - start, 1), np.float32)

    record = fake_record(40_000, None, 1)
    derived = Derived(compute, 1)
    assert not derived.update(record, 1)  # too long for one go
    assert derived.update(record, 1)
    append_steps(record, 5)
    assert derived.update(record, 1)
    assert asked == [(0, 32_768), (32_768, 40_000), (40_000, 40_005)]
    derived.update(record, 2)
    assert asked[-1] == (0, 32_768)


# Spread -------------------------------------------------------------------------------------


def spread_view(
    qtbot: QtBot, stds: object, size: tuple[int, int] = (700, 420), layers: int = 4
) -> SpreadView:
    record = record_of(60, layers, weight_grad_std=stds, weight_grad_mean=0.0)
    view = shown(qtbot, SpreadView, record, size)
    assert isinstance(view, SpreadView)
    return view


def test_the_first_layer_is_drawn_on_the_scale_of_the_last(qtbot: QtBot) -> None:
    view = spread_view(qtbot, [2e-15, 1e-9, 1e-6, 1e-3])
    first, _, last = view.stack
    assert first.y_range == last.y_range
    assert first.y_unit == last.y_unit
    assert first.y_range[1] * first.y_unit == pytest.approx(1.16e-3, rel=0.1)
    assert view.header.subtitle.text == "spread of layer 1 is 2·10⁻¹² of the last one’s"
    view._scale.choose("own")
    settle(view)
    assert first.y_range[1] * first.y_unit == pytest.approx(2.3e-15, rel=0.1)
    assert last.y_range[1] * last.y_unit == pytest.approx(1.16e-3, rel=0.1)
    labels = [label for _, label in first._axis_y._ticks]
    assert any("10⁻¹⁵" in label for label in labels)


def test_the_band_is_one_standard_deviation_to_either_side(qtbot: QtBot) -> None:
    record = record_of(60, 2, weight_grad_std=[0.1, 0.3], weight_grad_mean=[0.05, -0.2])
    view = shown(qtbot, SpreadView, record, (700, 420))
    assert isinstance(view, SpreadView)
    box = view._last.band.boundingRect()
    assert (box.top(), box.bottom()) == pytest.approx((-0.5, 0.1))
    assert view._last.mean.getData()[1] == pytest.approx(-0.2)


def test_a_chosen_layer_between_has_a_panel(qtbot: QtBot) -> None:
    view = spread_view(qtbot, 1e-3)
    assert [plot.isVisible() for plot in view.stack] == [True, False, True]
    before = view.stack[0].pixels[1]
    assert before > 100  # the hidden one takes no room
    view.set_layer(3)
    settle(view)
    assert [plot.isVisible() for plot in view.stack] == [True, True, True]
    heights = [plot.pixels[1] for plot in view.stack]
    assert max(heights) - min(heights) <= 12
    cursor = view._read_out(view.stack[1], 7, 0.0)
    assert cursor is not None
    assert cursor.lines == ("layer 3 · step 7", "mean exactly 0", "spread 0.00100")


def test_a_spread_of_nothing_is_said(qtbot: QtBot) -> None:
    assert note(spread_view(qtbot, [0.0, 1, 1, 1]).stack[0]) == "spread exactly 0"
    assert note(spread_view(qtbot, [np.nan, 1, 1, 1]).stack[0]) == "spread NaN"
    view = spread_view(qtbot, 0.0)
    assert "exactly 0, of the last: exactly 0" in view.header.subtitle.text
    record = view.source
    assert record is not None
    assert view.tables(record)[0].header == ("step", "layer", "weight_grad_mean", "weight_grad_std")


def test_steps_that_nobody_measured_leave_no_gap_in_the_mean(qtbot: QtBot) -> None:
    stds = np.full((60, 2), NOT_MEASURED)
    stds[::10] = 0.5
    means = np.where(not_measured(stds), NOT_MEASURED, np.float32(0.1))
    record = record_of(60, 2, weight_grad_std=stds, weight_grad_mean=means)
    view = shown(qtbot, SpreadView, record, (700, 420))
    assert isinstance(view, SpreadView)
    x, y = data(view._last.mean)
    assert x.tolist() == [0, 10, 20, 30, 40, 50]
    assert np.isfinite(y).all()
    view.set_step(7)
    settle(view)
    assert note(view.stack[0]) == "not measured"


def test_zooming_one_plot_zooms_the_others(qtbot: QtBot) -> None:
    view = spread_view(qtbot, 1.0)
    first, _, last = view.stack
    first.box.setRange(xRange=(10, 20), padding=0)
    first.box.sigRangeChangedManually.emit(None)
    assert last.x_range == pytest.approx((10, 20))
    last.box.setRange(xRange=(12, 15), padding=0)
    assert first.x_range == pytest.approx((12, 15))
    settle(view)
    assert first.x_range == pytest.approx((12, 15))
    last.follow_again()
    assert first.following
    assert first.x_range == pytest.approx((0, 60))


# Updates ------------------------------------------------------------------------------------


def clipped_record(kind: str = "value") -> Record:
    factor = np.ones(200)
    factor[150:] = 0.1
    record = record_of(
        200,
        3,
        grad_norm=np.where(factor < 1, 10.0, 1.0),
        clip_factor=factor,
        clip_angle=np.where(factor < 1, 30.0 if kind == "value" else 0.0, 0.0),
        raw_grad_norm=np.where(factor < 1, 5.0, 0.5)[:, None],
        clipped_grad_norm=0.5,
        update_ratio=[1e-6, 1e-3, 0.0],
        weight_norm=2.0,
        below_floor=np.nan,
    )
    record.experiment = with_settings(record.experiment, [f"training.clip={kind}"])
    return record


def updates_view(qtbot: QtBot, record: Record, size: tuple[int, int] = (760, 560)) -> UpdatesView:
    view = shown(qtbot, UpdatesView, record, size)
    assert isinstance(view, UpdatesView)
    view.refresh()
    return view


def test_the_share_of_clipped_steps_is_of_the_last_hundred(qtbot: QtBot) -> None:
    view = updates_view(qtbot, clipped_record())
    assert note(view._angle) == f"{percent(0.5)} of the last 100 steps clipped, angle 30.0°"
    view.set_step(120)  # before clipping began
    settle(view)
    assert note(view._angle) == f"{percent(0)} of the last 100 steps clipped"


def test_the_whole_network_is_clipped_step_by_step(qtbot: QtBot) -> None:
    record = clipped_record()
    view = updates_view(qtbot, record)
    view._whole.choose("network")
    settle(view)
    assert view._lanes.read(199).tolist() == pytest.approx([10, 1, 2 * np.hypot(1e-6, 1e-3)])
    y = view._lanes.lines["clipped"].getData()[1]
    assert y == pytest.approx(0.0, abs=1e-6)  # never more than 1, where raw jumps to 10
    view._whole.choose("layer")
    view.set_layer(2)
    settle(view)
    assert view._lanes.read(199).tolist() == pytest.approx([5, 0.5, 2e-3])


def test_without_clipping_there_is_no_clipped_line(qtbot: QtBot) -> None:
    record = record_of(
        50, 3, clip_factor=1.0, grad_norm=1.0, raw_grad_norm=1.0, clipped_grad_norm=1.0,
        update_ratio=1e-3, weight_norm=1.0, below_floor=0.25,
    )  # fmt: skip
    view = updates_view(qtbot, record)
    assert not view._angle.isVisible()
    assert note(view._norms) == f"no clipping · {percent(0.25)} below Adam’s floor"
    assert not points(view._lanes.lines["clipped"])
    assert view.header.subtitle.text == "3 of 3 layers in the healthy band"


def test_clipping_the_norm_of_all_needs_no_angle(qtbot: QtBot) -> None:
    view = updates_view(qtbot, clipped_record("norm"))
    assert not view._angle.isVisible()
    assert "clipped, angle 0°" in note(view._norms)


def test_exact_zeros_are_said_and_lie_in_a_lane(qtbot: QtBot) -> None:
    view = updates_view(qtbot, clipped_record())
    assert note(view._ratio) == "exactly 0: layer 3"
    assert list(view._lines.lane.runs) == ["zero"]
    assert view._lines.lane.runs["zero"] == [(-0.5, 199.5)]
    assert view.header.subtitle.text == "1 of 3 layers in the healthy band"
    cursor = view._read_out(view._ratio, 10, -3.1)
    assert cursor is not None
    assert cursor.lines == ("step 10 · layer 2", "ΔW/W = 0.00100")


def test_a_low_view_shows_the_part_that_is_chosen(qtbot: QtBot) -> None:
    view = updates_view(qtbot, clipped_record(), (380, 280))
    assert [plot.isVisible() for plot in view.stack] == [True, False, False]
    high = view.stack[0].pixels[1]
    for key, place in (("layer", 1), ("network", 1), ("angle", 2), ("ratio", 0)):
        view._part.choose(key)
        settle(view)
        assert [plot.isVisible() for plot in view.stack] == [n == place for n in range(3)]
        assert view.stack[place].pixels[1] == pytest.approx(high, abs=4)
        assert view._whole.key == ("layer" if key == "layer" else "network")
    view.resize(760, 560)
    settle(view)
    assert all(plot.isVisible() for plot in view.stack)
    names = [table.name for table in view.tables(view.source)]  # type: ignore[arg-type]
    assert names == ["updates", "clipping"]


# Race ---------------------------------------------------------------------------------------


def race_view(qtbot: QtBot, far: object, size: tuple[int, int] = (760, 420)) -> RaceView:
    view = shown(qtbot, RaceView, record_of(80, 4, weight_distance=far), size)
    assert isinstance(view, RaceView)
    return view


def test_the_race_says_how_far_the_ends_have_moved(qtbot: QtBot) -> None:
    view = race_view(qtbot, [3e-9, 1e-5, 0.5, 0.31])
    assert view.header.subtitle.text == "layer 4 has moved 0.31, layer 1 3·10⁻⁹"
    assert [bar.text for bar in view._bars.bars] == ["3·10⁻⁹", "1·10⁻⁵", "0.50", "0.31"]
    assert [bar.x for bar in view._bars.bars] == pytest.approx(
        np.log10([3e-9, 1e-5, 0.5, 0.31]), abs=1e-5
    )
    cursor = view._read_out(view._field, -1.0, 4.2)
    assert cursor is not None
    assert cursor.lines == ("layer 4 · step 79", "moved 0.310 · 2nd of 4")


def test_who_has_not_moved_is_said_and_has_no_bar(qtbot: QtBot) -> None:
    view = race_view(qtbot, [0.0, NOT_MEASURED, np.nan, 0.2])
    assert [bar.text for bar in view._bars.bars] == ["exactly 0", "not measured", "NaN", "0.20"]
    assert np.isnan([bar.x for bar in view._bars.bars]).tolist() == [True, True, True, False]
    assert note(view.plot) == "exactly 0: layer 1 · NaN: layer 3 · not measured: layer 2"
    assert sorted(view._lines.lane.runs) == ["nan", "zero"]
    view._scale.choose("lin")
    settle(view)
    assert view._bars.bars[0].x == 0  # on this axis 0 has its place
    assert view._lines.lane.runs == {}
    assert view.plot.y_range[0] == 0


def test_the_bars_are_of_the_step_that_is_looked_at(qtbot: QtBot) -> None:
    far = np.linspace(0, 1, 80)[:, None] * np.ones(4)
    far[40:, 1] -= far[40, 1]  # drawn again
    record = record_of(80, 4, weight_distance=far)
    record.events = (Event(40, "reinit", "layer 2 drawn again"),)
    view = shown(qtbot, RaceView, record, (760, 420))
    assert isinstance(view, RaceView)
    view.set_step(40)
    settle(view)
    assert [bar.text for bar in view._bars.bars] == ["0.51", "exactly 0", "0.51", "0.51"]
    assert view.plot.overlay.shown("marks")[0].text == "layer 2 drawn again"  # type: ignore[index]


def test_a_click_looks_back_and_a_bar_selects_its_layer(qtbot: QtBot) -> None:
    view = race_view(qtbot, [1e-6, 1e-4, 1e-2, 1.0])
    assert view._field.isVisible()

    def click(plot: Plot, x: float, y: float) -> None:
        point = plot.mapToScene(plot.to_pixels(x, y))
        pixel = QPoint(round(point.x()), round(point.y()))
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=pixel)

    with qtbot.waitSignal(view.layer_selected) as layer:
        click(view._field, view._field.x_range[0] + 0.5, 3)
    assert layer.args == [3]
    with qtbot.waitSignal(view.step_selected) as step, qtbot.waitSignal(view.layer_selected):
        click(view.plot, 50, -4)
    assert step.args is not None
    assert step.args[0] == pytest.approx(50, abs=1)
    assert view.layer == 2


def test_narrow_there_are_only_lines(qtbot: QtBot) -> None:
    view = race_view(qtbot, 0.1, (380, 280))
    assert not view._field.isVisible()
    assert view.plot.pixels[0] > 280


@pytest.mark.parametrize("kind", [UpdatesView, RaceView])
def test_another_run_is_drawn_dashed(qtbot: QtBot, kind: type[View]) -> None:
    record = fake_record(100, None, 5)
    view = shown(qtbot, kind, record, (760, 560))
    lines: LayerLines = view._lines  # type: ignore[attr-defined]
    assert not any(points(line) for line in lines.references)
    other = record_of(60, 3, update_ratio=0.01, weight_distance=0.01)
    view.set_reference(other)
    settle(view)
    first, last, _ = lines.references
    assert data(first)[1] == pytest.approx(-2)
    assert data(last)[0].max() <= 120
    assert first.opts["pen"].style() == Qt.PenStyle.CustomDashLine
    view.set_reference(None)
    settle(view)
    assert not points(first)


@pytest.mark.parametrize("kind", [SpreadView, UpdatesView, RaceView])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_all_sizes_are_drawn(qtbot: QtBot, kind: type[View], name: str) -> None:
    view = shown(qtbot, kind, fake_record(300, 100, 20), (220, 160))
    view.apply_theme(load_theme(name))
    for size in ((900, 600), (380, 280), (420, 421)):
        view.resize(*size)
        settle(view)
        assert not view.refresh()


@pytest.mark.parametrize("kind", [UpdatesView, RaceView])
def test_words_at_a_line_are_of_the_newest_step_not_of_a_mean(
    qtbot: QtBot, kind: type[View]
) -> None:
    values = np.full((4000, 2), 1e-3)
    values[-1] = [0.0, 0.02]
    record = record_of(4000, 2, update_ratio=values, weight_distance=values)
    view = shown(qtbot, kind, record, (760, 560))
    plot = view.canvas.plots[0]
    words = [tag.text for tag in plot.overlay.shown("tags")]  # type: ignore[attr-defined]
    assert words == ["layer 1: exactly 0", "layer 2: 0.020"]
    view.set_step(100)  # where the lines end is another step
    settle(view)
    words = [tag.text for tag in plot.overlay.shown("tags")]  # type: ignore[attr-defined]
    assert words == ["layer 1", "layer 2"]
