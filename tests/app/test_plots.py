"""Ranges, ticks, words and pictures, without any run."""

from __future__ import annotations

import itertools
import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.plots import Canvas, EnvelopeCurve, Follower, Line, Plot, Scale, log10
from app.plots.envelope_curve import thinned
from app.plots.indices import INF, LEVELS, NAN, ZERO, color_table, log_indices
from app.plots.notes import Mark, Rule, Tag
from app.plots.overlay import CALM_S
from app.plots.ranges import nice_step, step_stop
from app.plots.text import THIN, elide, integer, number, percent, power
from app.plots.ticks import layer_ticks, ticks
from app.theme import load_theme, viridis
from core.record import Column


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.124, "0.124"),
        (2.3026, "2.30"),
        (1640.0, "1,640"),
        (-0.5, "−0.500"),
        (1.1e-10, "1.1·10⁻¹⁰"),
        (-3.21e7, "−3.2·10⁷"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert number(value) == text


def test_other_texts() -> None:
    assert integer(1640) == "1,640"
    assert power(-4) == "10⁻⁴"
    assert power(0) == "1"
    assert percent(0.53) == f"53{THIN}%"
    assert percent(0.002) == f"0.2{THIN}%"
    assert elide("abcdefgh", 5) == "abcd…"


def test_a_range_stands_still_until_the_data_leave_it() -> None:
    follower = Follower(margin=0.1, shrink=0.4)
    first = follower.follow([0.0, 10.0])
    assert first == (-1.0, 11.0)
    assert follower.follow([0.5, 10.9]) == first
    assert follower.follow([0.0, 12.0]) != first
    wide = follower.current
    assert follower.follow([0.0, 8.0]) == wide
    assert follower.follow([0.0, 1.0]) != wide


def test_a_patient_range_stands_still_in_noise_and_is_drawn_in_when_it_lasts() -> None:
    follower = Follower(margin=0.1, shrink=0.5, patience=10)
    wide = follower.follow([0.0, 100.0])
    for high in (10.0, 90.0, 5.0, 80.0) * 10:
        assert follower.follow([0.0, high]) == wide
    grown = follower.follow([0.0, 120.0])
    assert grown is not None
    assert wide is not None
    assert grown[0] == wide[0]  # the other end stays
    assert grown[1] > 120.0
    ranges = [follower.follow([0.0, 10.0 + n % 3]) for n in range(20)]
    assert ranges[8] == grown
    assert ranges[-1] == pytest.approx((-1.2, 13.2))  # all that it needed of late


def test_a_range_ignores_what_is_not_finite() -> None:
    follower = Follower()
    assert follower.follow([math.nan, math.inf]) is None
    low, high = follower.follow([1.0, math.nan, 2.0]) or (0, 0)
    assert low < 1 < 2 < high < 3
    assert follower.follow([math.nan]) == (low, high)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_a_range_always_holds_the_data(values: list[float]) -> None:
    follower = Follower()
    for value in values:
        range_ = follower.follow([value])
        assert range_ is not None
        assert range_[0] <= value <= range_[1]
        assert range_[0] < range_[1]


def test_constant_data_do_not_flicker() -> None:
    follower = Follower(smallest=1.0)
    first = follower.follow([2.0])
    assert all(follower.follow([2.0 + x]) == first for x in (0.1, -0.1, 0.4))


def test_the_axis_of_steps_grows_in_leaps_and_rests_tight() -> None:
    stop, moved = 0.0, 0
    for steps in range(1, 5000):
        new = step_stop(stop, steps, growing=True)
        assert new >= steps
        moved += new != stop
        stop = new
    assert moved < 40
    assert step_stop(stop, 4999, growing=False) == 4999
    assert step_stop(stop, 1, growing=True) == 20  # another, shorter run


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_ticks_lie_inside_and_are_not_too_many(low: float, span: float, count: int) -> None:
    slack = 2e-3 * span  # less than a pixel
    for scale in (Scale.LINEAR, Scale.WHOLE, Scale.SHARE):
        found = ticks(scale, low, low + span, count)
        assert len(found) <= 2 * count + 1
        for tick in found:
            assert low - slack <= tick.at <= low + span + slack
            assert tick.label


@given(st.floats(-45, 35), st.floats(0.05, 80), st.integers(2, 12))
def test_log_ticks_lie_inside(low: float, span: float, count: int) -> None:
    for tick in ticks(Scale.LOG, low, low + span, count):
        assert low - 1e-6 <= tick.at <= low + span + 1e-6


@pytest.mark.parametrize("span", [12, 20, 31, 44, 60, 80])
@pytest.mark.parametrize("low", [-43.0, -7.0])
def test_however_wide_a_log_axis_is_it_has_two_labels(low: float, span: float) -> None:
    assert 2 <= len(ticks(Scale.LOG, low, low + span, 2)) <= 5


def test_tick_labels() -> None:
    assert [t.label for t in ticks(Scale.LOG, -13, 0.2, 5)][-2:] == ["10⁻⁴", "1"]
    assert [t.label for t in ticks(Scale.WHOLE, 0, 1640, 5)][1] == "500"
    assert [t.label for t in layer_ticks(0.5, 20.5, 5)] == ["1", "5", "10", "15", "20"]
    assert [t.label for t in layer_ticks(0.5, 1.5, 5)] == ["1"]
    assert nice_step(10, 4) == 5


def test_log10_has_no_value_where_there_is_none() -> None:
    found = log10([1.0, 100.0, 0.0, -1.0, math.nan, math.inf])
    assert found[:2].tolist() == [0.0, 2.0]
    assert np.isnan(found[2:]).all()


def test_layer_1_is_the_lowest_row_of_the_image_and_decades_are_even() -> None:
    values = np.array([[1e-10, 1e-5, 1.0]] * 4)  # four steps, three layers
    image = log_indices(np.transpose(values), -10, 0)
    assert image.shape == (3, 4)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image[0, 0] == 0  # row 0 is drawn at the bottom: layer 1, the smallest here
    assert image[2, 0] == LEVELS - 1
    assert abs(int(image[1, 0]) - (LEVELS - 1) / 2) <= 1


def test_what_is_no_number_has_an_index_of_its_own() -> None:
    image = log_indices(np.transpose([[0.0, math.nan, math.inf, 1e-30, 1e30]]), -10, 0)
    assert image[:, 0].tolist() == [ZERO, NAN, INF, 0, LEVELS - 1]
    for name in ("dark", "light"):
        table = color_table(load_theme(name))
        special = {tuple(table[i]) for i in (ZERO, NAN, INF)}
        assert len(special) == 3
        assert not special & {tuple(row) for row in viridis(LEVELS)}


@given(st.integers(1, 4000), st.integers(10, 400))
def test_thinning_keeps_minimum_maximum_and_the_newest(count: int, points: int) -> None:
    rng = np.random.default_rng(count)
    x, y = np.arange(count, dtype=float), rng.normal(size=count)
    small_x, small_y = thinned(x, y, points)
    assert len(small_y) <= points + 3
    assert small_y[-1] == y[-1]
    assert small_y.min() == y.min()
    assert small_y.max() == y.max()
    assert (np.diff(small_x) >= 0).all()


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.add_plot(Plot(Scale.WHOLE, Scale.LINEAR))
    canvas.set_theme(load_theme("dark"))
    canvas.resize(500, 300)
    return canvas


def test_an_envelope_draws_minimum_and_maximum(canvas: Canvas) -> None:
    column = Column()
    values = np.zeros(100_000, np.float32)
    values[54_321], values[77_777] = 9, -9
    column.append(values)
    curve = EnvelopeCurve()
    for item in curve.items:
        canvas.plots[0].add(item)
    envelope = column.envelope(0, 100_000, canvas.plots[0].pixels[0])
    curve.show_envelope(envelope)
    bounds = curve.band.boundingRect()
    assert (bounds.top(), bounds.bottom()) == (-9, 9)
    assert len(curve.line.xData) <= 2 * canvas.plots[0].pixels[0] + 2


def test_a_line_has_gaps_where_values_are_not_finite(canvas: Canvas) -> None:
    line = Line()
    canvas.plots[0].add(line)
    line.show_points(np.arange(4.0), np.array([1.0, math.nan, math.inf, 2.0]))
    assert line.opts["connect"] == "finite"
    line.show_points(np.arange(2.0), np.array([1.0, 2.0]))
    assert line.opts["connect"] == "all"
    line.set_fine(True)
    assert len(line.xData) == 2  # a change of quality keeps the points


def test_the_mouse_takes_over_and_gives_back(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 10), (0, 1))
    assert plot.x_range == (0, 10)
    plot.box.setRange(xRange=(2, 3), padding=0)
    plot.box.sigRangeChangedManually.emit([True, True])
    plot.follow((0, 20), (0, 1))
    assert plot.x_range == (2, 3)
    plot.follow_again()
    assert plot.following
    assert plot.x_range == (0, 20)


def test_pixels_and_coordinates_agree(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    canvas.grab()
    plot.follow((0, 10), (-1, 1))
    for x, y in ((0, -1), (10, 1), (2.5, 0.3)):
        assert plot.from_pixels(plot.to_pixels(x, y)) == pytest.approx((x, y))


def test_words_do_not_cover_each_other(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 10), (0, 1))
    plot.overlay.show_tags(tuple(Tag(9, 0.5, f"line {n} 0.123") for n in range(6)))
    plot.overlay.show_rules((Rule(0.5, "ln 10: learned nothing"),))
    plot.overlay.show_marks((Mark(4, "first"), Mark(4.1, "second"), Mark(10, "at the edge" * 9)))
    plot.overlay.show_caption("z")
    plot.overlay.show_note("zeros 12")
    canvas.grab()
    boxes = plot.overlay.placed
    assert len(boxes) == 12
    for index, box in enumerate(boxes):
        assert plot.area().adjusted(-1, -1, 1, 1).contains(box)
        assert not any(box.intersects(other) for other in boxes[:index])


def test_words_do_not_cover_what_other_words_point_at(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 10), (0, 1))
    plot.overlay.show_tags((Tag(5, 0.5, "training 98 %"),))
    canvas.grab()
    (box,) = plot.overlay.placed
    under = plot.from_pixels(box.center())
    plot.overlay.show_tags((Tag(5, 0.5, "training 98 %"), Tag(*under, "best")))
    canvas.grab()
    assert not plot.overlay.placed[0].contains(plot.to_pixels(*under))


@pytest.mark.parametrize("over_image", [False, True])
def test_words_beside_lines_stand_in_the_order_of_the_lines(
    canvas: Canvas, *, over_image: bool
) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 24), (0, 1))
    plot.overlay.set_over_image(over_image)
    events = ((15, "rate 0.05 → 0.01"), (15.4, "rate 0.01 → 0.05"), (23, "rate 0.05 → 1e9"))
    plot.overlay.show_marks(tuple(Mark(x, text) for x, text in events))
    canvas.grab()
    boxes = plot.overlay.placed[::-1]  # the newest is placed first
    assert len(boxes) == 3
    for (x, one), (other_x, other) in pairwise(zip((x for x, _ in events), boxes, strict=True)):
        apart = one.bottom() < other.top() or other.bottom() < one.top()
        assert apart or (one.right() < other.left()) == (x < other_x)
    inside = plot.area()
    upper = boxes[2].center().y() < inside.center().y()
    assert upper is over_image  # the lowest rows are the layers near the input


def test_words_stay_where_they_are_for_a_moment_while_a_run_goes(qtbot: QtBot, monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("app.plots.overlay.time.monotonic", lambda: now[0])
    plot = Plot(Scale.WHOLE, Scale.LINEAR)
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.add_plot(plot)
    first, second = (
        (Tag(1.0, 2.0, "training 2.0", "accent"),),
        (Tag(2.0, 1.0, "training 1.0", "accent"),),
    )
    plot.overlay.show_tags(first, calm=True)
    assert plot.overlay.shown("tags") == first  # the first ones come at once
    now[0] += 0.1
    plot.overlay.show_tags(second, calm=True)
    assert plot.overlay.shown("tags") == first
    plot.overlay.show_tags(second)  # the run rests: what is written is what is there
    assert plot.overlay.shown("tags") == second
    now[0] += CALM_S + 0.1
    plot.overlay.show_tags(first, calm=True)
    assert plot.overlay.shown("tags") == first
    plot.overlay.show_tags(second, calm=True, about="another layer")  # what is wrong never stays
    assert plot.overlay.shown("tags") == second


def test_a_note_stands_below_the_caption_where_there_is_no_room_beside_it(qtbot: QtBot) -> None:
    canvas, plot = Canvas(), Plot(Scale.LINEAR, Scale.LINEAR)
    qtbot.addWidget(canvas)
    canvas.add_plot(plot)
    canvas.set_theme(load_theme("dark"))
    canvas.resize(170, 160)
    canvas.show()
    plot.overlay.show_caption("∂L/∂W")
    plot.overlay.show_note("NaN or Inf 4 096", "bad")
    canvas.grab()
    caption, note = plot.overlay.placed[:2]
    assert not caption.intersects(note)
    assert note.top() > caption.top()


def test_a_line_is_seen_wherever_the_range_goes(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    plot = canvas.add_plot(Plot(grid=False))
    line = Line()
    line.set_color(QColor("#ff0000"))
    plot.add(line)
    canvas.set_theme(load_theme("dark"))
    canvas.show()

    def red() -> int:
        image = canvas.grab().toImage()
        colors = (image.pixelColor(x, y) for x in range(300) for y in range(200))
        return sum(color.red() > 200 and color.green() < 80 for color in colors)

    x = np.linspace(0.0, 1.0, 50)
    for offset, span in ((0.0, 1.0), (100.0, 1.0), (-40.0, 0.01), (7.0, 1e4), (7.0, 1e-3)):
        line.show_points(offset + span * x, offset + span * x)  # as views do: points, then range
        plot.follow((offset, offset + span), (offset, offset + span))
        assert red() > 150
        plot.follow((offset, offset + 3 * span), (offset, offset + 3 * span))
        assert red() > 50  # a third of it, with the same points


def test_a_double_click_in_a_zoomed_picture_chooses_nothing(
    canvas: Canvas, qtbot: QtBot, qapp: QApplication
) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 10), (0, 1))
    canvas.grab()
    clicks: list[float] = []
    canvas.clicked.connect(lambda _, x, y: clicks.append(x))
    at = canvas.mapFromScene(plot.mapToScene(plot.to_pixels(5.0, 0.5)))

    def click(*, double: bool = False) -> None:
        event = SimpleNamespace(
            button=lambda: Qt.MouseButton.LeftButton,
            scenePos=lambda: canvas.mapToScene(at),
            double=lambda: double,
        )
        canvas._on_mouse_clicked(event)

    click()
    assert clicks == [pytest.approx(5.0, abs=0.1)]  # at once: nothing to give back
    plot.box.sigRangeChangedManually.emit([True, True])
    click()
    click(double=True)
    qtbot.wait(qapp.doubleClickInterval() + 50)
    assert plot.following
    assert len(clicks) == 1
    plot.box.sigRangeChangedManually.emit([True, True])
    click()
    qtbot.waitUntil(lambda: len(clicks) == 2)


def test_names_at_the_end_of_lines_stand_in_their_order(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    plot.follow((0, 10), (0, 1))
    heights = (0.5, 0.52, 0.48)
    plot.overlay.show_tags(tuple(Tag(10, y, f"layer at {y}") for y in heights))
    canvas.grab()
    tops = [box.top() for box in plot.overlay.placed]
    assert len(tops) == 3
    assert tops[1] < tops[0] < tops[2]


def test_a_note_that_is_too_long_breaks_at_its_dots(canvas: Canvas) -> None:
    plot = canvas.plots[0]
    canvas.resize(230, 200)
    plot.overlay.show_note(" · ".join(["zeros 1 053 of 2 048"] * 4))
    canvas.grab()
    assert len(plot.overlay.placed) >= 2
    assert all(plot.area().contains(box) for box in plot.overlay.placed)


def test_labels_of_a_low_picture_do_not_overlap(canvas: Canvas) -> None:
    canvas.resize(300, 62)
    canvas.grab()
    plot = canvas.plots[0]
    plot.follow((0, 10), (-1, 1))
    shown = plot._axis_y.written()
    tops = sorted(top for top, _ in shown)
    assert len(tops) >= 1
    assert all(b - a >= 9 for a, b in itertools.pairwise(tops))
