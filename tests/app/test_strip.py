"""The network strip, and a training step in its five stages."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from pytestqt.qtbot import QtBot

from app.plots.strip_lane import INF, MISSING, NAN, ZERO, Lane, levels, river, shares_of, specials
from app.plots.strip_layout import strip_layout
from app.views.stages import (
    STAGE_S,
    Phase,
    Stage,
    StageClock,
    StepNumbers,
    clipped,
    in_one_line,
    read_step,
    sentence,
    was_clipped,
)
from app.views.strip import StripView, light_of
from app.views.strip_picture import joined
from core.measure.missing import NOT_MEASURED, blank
from core.record import Record, State, Status
from tests.app.fake_source import append_steps, empty_record, fake_record, put_frame


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, in seconds, to be moved by hand."""
    time = [1000.0]
    monkeypatch.setattr("app.views.strip.time.monotonic", lambda: time[0])
    return time


def shown(qtbot: QtBot, record: Record, width: int = 900, height: int = 300) -> StripView:
    view = StripView()
    qtbot.addWidget(view)
    view.resize(width, height)
    view.set_source(record)
    view.show()
    for _ in range(3):
        view.refresh()
        view.grab()
    return view


def numbers(**changed: object) -> StepNumbers:
    """Return the numbers of a step of a fake run, some of them changed."""
    record = fake_record(10, None, 3)
    return dataclasses.replace(read_step(record, 9), **changed)  # pyright: ignore[reportArgumentType]


def floats(*values: float | np.float32) -> np.ndarray:
    return np.array(values, np.float32)


# The clock of the stages --------------------------------------------------------------------


def test_stages_play_in_order_and_end_by_themselves() -> None:
    clock = StageClock()
    assert clock.phase(5.0) == Phase()
    clock.play(10.0)
    seen = [clock.phase(10.0 + STAGE_S * (n + 0.5)).stage for n in range(5)]
    assert seen == list(Stage)
    assert clock.phase(10.0).progress == 0
    assert clock.phase(10.0 + 0.9 * STAGE_S).progress == 1  # complete before it goes on
    assert clock.phase(10.0 + 5 * STAGE_S) == Phase()
    assert clock.phase(10.1) == Phase()  # over is over


def test_a_stage_is_held_until_it_is_released() -> None:
    clock = StageClock()
    clock.hold(Stage.CLIP, 3.0)
    assert clock.phase(3.0) == Phase(Stage.CLIP, 0.0)
    assert clock.phase(500.0) == Phase(Stage.CLIP, 1.0)
    clock.release()
    assert clock.phase(501.0) == Phase()


# Words --------------------------------------------------------------------------------------


def test_the_backward_sentence_has_the_real_numbers() -> None:
    step = numbers(delta=floats(1.6e-13, 3e-7, 0.21))
    words = "Backward: |δ| falls from 0.21 at layer 3 to 1.6·10⁻¹³ at layer 1."
    assert sentence(Stage.BACKWARD, step) == words


def test_words_keep_zero_nan_inf_and_not_measured_apart() -> None:
    found = {
        sentence(Stage.BACKWARD, numbers(delta=floats(1e-3, value, 0.2)))
        for value in (0.0, np.nan, np.inf, NOT_MEASURED)
    }
    assert found == {
        f"Backward: |δ| starts with 0.20 at layer 3 and is {what} at layer 2."
        for what in ("exactly 0", "NaN", "∞", "not measured")
    }
    nothing = numbers(delta=blank((3,)))
    assert sentence(Stage.BACKWARD, nothing) == "Backward: |δ| was not measured at this step."


def test_a_ratio_that_no_float32_can_hold_is_no_trouble() -> None:
    step = numbers(h=floats(1e-30, 1.0, 1e30))
    assert "grows from 1.0·10⁻³⁰" in sentence(Stage.FORWARD, step)


def test_the_clip_sentence_tells_what_was_cut() -> None:
    cut = numbers(raw=np.float32(4), factor=np.float32(0.25), angle=np.float32(0), clips=True)
    assert was_clipped(cut)
    assert clipped(cut) == 1
    assert "norm 4.0 becomes 1.0, a factor of 0.25" in sentence(Stage.CLIP, cut)
    whole = dataclasses.replace(cut, factor=np.float32(1))
    assert not was_clipped(whole)
    assert "nothing is cut" in sentence(Stage.CLIP, whole)
    assert "none is set" in sentence(Stage.CLIP, dataclasses.replace(whole, clips=False))
    assert not was_clipped(dataclasses.replace(cut, factor=NOT_MEASURED))


def test_one_line_tells_all_stages_in_their_order() -> None:
    step = numbers(
        h=floats(3, 2, 1),
        loss=np.float32(2.5),
        delta=floats(1.6e-13, 3e-7, 0.21),
        raw=np.float32(4),
        factor=np.float32(0.25),
        update=floats(0, NOT_MEASURED, 0.01),
    )
    assert in_one_line(step).split(": ")[1].split(" · ") == [
        "forward |h| 3.0 → 1.0",
        "loss 2.500",
        "backward |δ| 0.21 → 1.6·10⁻¹³",
        "clip ‖g‖ 4.0 → 1.0",
        "update |ΔW|/|W| 0.0100 → 0",
    ]


# The lanes ----------------------------------------------------------------------------------


def lane(values: np.ndarray) -> Lane:
    kinds, shares = levels(values, -10, 0), shares_of(values, -10, 0)
    return Lane(shares, kinds, (), tuple("" for _ in values), "")


def test_what_has_no_magnitude_is_told_apart() -> None:
    values = np.concatenate([floats(1.0, 1e-10, 1e-20, 0, np.nan, np.inf, -np.inf), blank((1,))])
    assert levels(values, -10, 0).tolist() == [15, 0, 0, ZERO, NAN, INF, INF, MISSING]


def test_a_vanishing_signal_thins_out_to_a_thread_and_zero_is_a_gap() -> None:
    layout = strip_layout((0, 0, 900, 200), 5, 14.0)
    drawn = lane(floats(0, 1e-10, 1e-6, 1e-3, 1.0))
    path, middle = river(layout, drawn, layout.backward), sum(layout.backward) / 2

    def width(number: float) -> float:
        x = layout.x(1) + (number - 1) * layout.pitch
        strip = QRectF(x - 0.5, layout.backward[0] - 5, 1, 400)
        other = type(path)()
        other.addRect(strip)
        return path.intersected(other).boundingRect().height()

    widths = [width(n) for n in (2, 3, 4, 5)]
    assert widths == sorted(widths)
    assert 1 < widths[0] < 3
    assert widths[-1] > 0.8 * (layout.backward[1] - layout.backward[0])
    assert not path.contains(type(path.currentPosition())(layout.x(1), middle))
    assert [kind for kind, _ in specials(layout, drawn, layout.backward)] == [ZERO]


def test_neighbours_without_a_number_are_one_hatch() -> None:
    layout = strip_layout((0, 0, 900, 200), 6, 14.0)
    values = np.concatenate([floats(np.nan, np.nan, 1, np.inf, 1), blank((1,))])
    found = specials(layout, lane(values), layout.forward)
    assert [kind for kind, _ in found] == [NAN, INF, MISSING]
    assert found[0][1].right() == pytest.approx(layout.x(2) + layout.pitch / 2)


def test_a_cell_joins_its_units_and_hides_nothing() -> None:
    units = np.arange(10)
    values = np.array([3, 4, 0, 0, np.nan, 1, np.inf, 2, 1e-30, 1e-30], np.float32)
    found = joined(10, units, values, 5, squares=True)
    assert found[0] == pytest.approx(np.sqrt(12.5))
    assert found[1] == 0
    assert np.isnan(found[2])
    assert np.isposinf(found[3])
    assert found[4] == pytest.approx(1e-30)
    some = joined(100, np.arange(0, 100, 2), np.ones(50, np.float32), 12, squares=False)
    assert levels(some, -1, 1)[-1] == MISSING  # unit 100 alone, of which nobody kept the activity
    assert len(joined(257, np.arange(257), np.ones(257, np.float32), 24, squares=False)) <= 24


@pytest.mark.parametrize("count", [1, 2, 20, 60, 200])
@pytest.mark.parametrize("size", [(364, 120), (880, 190), (1280, 480)])
def test_a_strip_of_any_depth_fits(count: int, size: tuple[int, int]) -> None:
    layout = strip_layout((8, 4, *size), count, 14.0)
    edges = [layout.source[0], layout.x(1) - layout.column / 2]
    edges += [layout.x(n) for n in range(1, count + 1)][1:]
    edges += [layout.box[0], layout.box[1], layout.left + layout.width]
    assert edges == sorted(edges)
    assert layout.forward[0] < layout.forward[1] < layout.backward[0] < layout.backward[1]
    assert layout.layers is not None
    assert layout.layers + 14 <= layout.top + layout.height + 1
    assert layout.x_range[0] == pytest.approx(1 + (layout.left - layout.x(1)) / layout.pitch)


# The view -----------------------------------------------------------------------------------


def test_one_step_at_rest_plays_its_stages_and_then_rests(qtbot: QtBot, now: list[float]) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, record)
    assert view.phase.stage is None
    now[0] += 5
    append_steps(record, 1)
    seen = []
    for _ in range(5):
        view.refresh()
        seen.append(view.phase.stage)
        assert view._numbers is not None
        assert sentence(view.phase.stage, view._numbers) == view._sentence.text
        now[0] += STAGE_S
    assert seen == list(Stage)
    assert view.refresh()
    assert view.phase == Phase()
    now[0] += 1
    assert not view.refresh()  # nothing is drawn any more


def test_each_stage_has_its_light(qtbot: QtBot, now: list[float]) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, record)
    now[0] += 5
    append_steps(record, 1)
    view.refresh()
    now[0] += 0.3 * STAGE_S
    view.refresh()
    reach = view._item.light.forward_reach
    assert 0.3 < reach < 0.5
    now[0] += 2 * STAGE_S
    view.refresh()
    assert view._item.light.backward_reach == pytest.approx(reach)
    assert view._item.light.forward < 0.5
    assert light_of(Phase(Stage.CLIP)).clip == 1
    assert light_of(Phase(Stage.UPDATE)).update == 1


def test_many_steps_and_a_run_at_full_speed_play_nothing(qtbot: QtBot, now: list[float]) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, record)
    now[0] += 5
    append_steps(record, 2)
    view.refresh()
    assert view.phase.stage is None
    record.steps_per_s = 900.0
    record.set_status(Status(State.RUNNING))
    for _ in range(3):
        append_steps(record, 1)
        now[0] += 0.5
        view.refresh()
        assert view.phase.stage is None
    append_steps(record, 1)
    record.set_status(Status(State.PAUSED))  # the last step of a run is no single step
    view.refresh()
    assert view.phase.stage is None


def test_in_slow_motion_the_stages_fit_between_two_steps(qtbot: QtBot, now: list[float]) -> None:
    record = fake_record(60, None)
    record.steps_per_s = 1.0
    record.set_status(Status(State.RUNNING))
    view = shown(qtbot, record)
    for _ in range(2):
        append_steps(record, 1)
        seen = []
        for _ in range(10):
            view.refresh()
            seen.append(view.phase.stage)
            now[0] += 0.1
        assert [stage for stage in dict.fromkeys(seen) if stage] == list(Stage)
        assert seen[-1] is Stage.UPDATE or seen[-1] is None


def test_looking_back_step_by_step_plays_and_a_hurry_does_not(
    qtbot: QtBot, now: list[float]
) -> None:
    view = shown(qtbot, fake_record(60, None))
    now[0] += 5
    view.set_step(30)
    view.refresh()
    assert view.phase.stage is None  # a jump
    now[0] += 5
    view.set_step(29)
    view.refresh()
    assert view.phase.stage is Stage.FORWARD
    assert view._numbers is not None
    assert view._numbers.row == 29
    for at in range(28, 20, -1):
        now[0] += 0.05
        view.set_step(at)
        view.refresh()
        assert view.phase.stage is None
    view.set_step(None)
    view.refresh()
    assert view._numbers.row == 59


def test_whoever_stays_at_a_stage_sees_the_next_step_there(qtbot: QtBot, now: list[float]) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, record)
    qtbot.mouseClick(view.stage_row.chips[2], Qt.MouseButton.LeftButton)
    now[0] += 5
    view.refresh()
    assert view.phase == Phase(Stage.BACKWARD, 1.0)
    assert view._sentence.text.startswith("Backward: |δ| falls from ")
    append_steps(record, 1)
    now[0] += 5
    view.refresh()
    assert view.phase.stage is Stage.BACKWARD
    assert view._numbers is not None
    assert view._numbers.row == 60
    qtbot.mouseClick(view.stage_row.chips[2], Qt.MouseButton.LeftButton)
    view.refresh()
    assert view.phase.stage is None


def test_arrow_keys_go_from_stage_to_stage(qtbot: QtBot, now: list[float]) -> None:
    view = shown(qtbot, fake_record(60, None))
    with qtbot.waitActive(view):
        view.activateWindow()
    view.canvas.setFocus()
    seen = []
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)  # no stage is held: the timeline's key
    view.refresh()
    assert view.phase.stage is None
    qtbot.mouseClick(view.stage_row.chips[0], Qt.MouseButton.LeftButton)
    view.refresh()
    seen.append(view.phase.stage)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(view.canvas, key)
        view.refresh()
        seen.append(view.phase.stage)
    assert seen == [Stage.FORWARD, Stage.LOSS, Stage.FORWARD, None]


def test_a_click_selects_a_layer_and_hovering_reads_it(qtbot: QtBot) -> None:
    record = fake_record(60, None)
    view = shown(qtbot, record)
    assert view._placed is not None
    point = view.plot.mapToScene(view.plot.to_pixels(12, 0.5))
    assert view.plot.to_pixels(12, 0.5).x() == pytest.approx(view._placed.x(12), abs=0.5)
    pixel = QPoint(round(point.x()), round(point.y()))
    with qtbot.waitSignal(view.layer_selected) as blocker:
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert blocker.args == [12]
    cursor = view._read_out(view.plot, 12.2, 0.5)
    assert cursor is not None
    delta = record.layer_columns["delta_norm"].read(59, 60)[0]
    assert cursor.lines[0] == "layer 12 · 64 sigmoid"
    ratio = delta[11] / delta[12]
    assert f"× {ratio:.2f} of layer 13" in cursor.lines[2]
    loss = view._read_out(view.plot, view._placed.x_range[1] - 0.1, 0.5)
    assert loss is not None
    assert loss.lines[0] == "loss"
    first = view._read_out(view.plot, view._placed.x_range[0], 0.5)
    assert first is not None
    assert first.lines == ("input", "64 features")


def test_without_a_snapshot_the_rivers_flow_all_the_same(qtbot: QtBot) -> None:
    record = empty_record()
    append_steps(record, 5)
    view = shown(qtbot, record)
    assert view.canvas.isVisible()
    assert "no snapshot" in view.header.subtitle.text
    assert view._item._picture is not None
    assert view._item._picture.forward.cells == ()
    put_frame(record)
    view.refresh()
    assert len(view._item._picture.forward.cells) == 20
    assert "a cell" in view.header.subtitle.text


def test_a_step_that_was_not_measured_is_not_zero(qtbot: QtBot) -> None:
    record = fake_record(60, None)
    for column in record.layer_columns.values():
        column.append(blank((1, 20)))
    for column in record.scalars.values():
        column.append(blank((1,)))
    record.steps += 1
    view = shown(qtbot, record)
    assert view._numbers is not None
    assert view._numbers.row == 59  # live: the newest that was measured
    view.set_step(60)
    view.refresh()
    picture = view._item._picture
    assert picture is not None
    assert set(picture.backward.kinds.tolist()) == {MISSING}
    assert "–" in view._sentence.text


@pytest.mark.parametrize("size", [(380, 280), (900, 300), (1300, 600)])
@pytest.mark.parametrize("layers", [1, 20, 200])
def test_print_never_overlaps_and_stays_inside(
    qtbot: QtBot, now: list[float], size: tuple[int, int], layers: int
) -> None:
    record = empty_record(layers)
    append_steps(record, 3)
    put_frame(record, units=32)
    view = shown(qtbot, record, *size)
    view.set_layer(min(7, layers))
    for stage in (None, Stage.FORWARD, Stage.LOSS, Stage.BACKWARD):  # later ones cover on purpose
        if stage is not None:
            view._stages.hold(stage, now[0] - 9)
        view.refresh()
        view.grab()
        area, written = view.plot.area(), view._item.written
        assert written
        if layers > 1 and size[0] > 400 and stage in (None, Stage.FORWARD):
            assert any("|h|" in text for _, text in written), "whose numbers they are"
        for index, (box, text) in enumerate(written):
            assert area.adjusted(-1, -1, 1, 1).contains(box), text
            for other, words in written[:index]:
                common = box.intersected(other)
                assert common.width() < 1 or common.height() < 2, (text, words)


@pytest.mark.parametrize("size", [(300, 30), (300, 44), (470, 70), (900, 140)])
@pytest.mark.parametrize("line", [14.0, 21.0])
def test_a_low_strip_writes_nothing_that_is_cut(size: tuple[int, int], line: float) -> None:
    layout = strip_layout((0, 0, *size), 20, line)
    assert layout.backward[1] <= size[1]
    if layout.layers is not None:
        assert layout.layers + line <= size[1]
    if layout.numbers is not None:
        assert layout.numbers[0] >= 0
        assert layout.numbers[1] + line <= size[1]


def test_there_are_numbers_on_a_strip_as_high_as_before_an_audience() -> None:
    assert strip_layout((0, 0, 1400, 145), 20, 20.0).numbers is not None
