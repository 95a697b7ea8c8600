"""The waterfall of the chain ledger, and what views and quantities say of themselves."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from html import unescape

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.theme import load_theme
from app.views import VIEWS, LedgerView, View
from app.views.help_sheet import HelpPopup, help_html, help_tip
from app.views.help_words import HELP_WORDS
from app.views.waterfall import ORDER, Waterfall, waterfall
from core.measure import QUANTITIES
from core.measure.help import explained, overview
from core.record import Record
from core.theory.ledger import Ledger, LedgerRow
from tests.app.fake_source import fake_record

ALL = pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.key)


def book(layers: int, weights: float, activation: float, between: float = 0.0) -> Ledger:
    """Return a ledger in which every layer does the same, in decades."""
    rows: list[LedgerRow] = []
    delta = 0.2
    for index in range(layers - 2, -1, -1):
        weighed = delta * 10**weights
        reached = weighed * 10**between
        below = reached * 10**activation
        rows.append(LedgerRow(index, f"dense {index + 1}", delta, delta, weighed, reached, below))
        delta = below
    return Ledger(0.2, 0.2, tuple(rows))


def in_order(fall: Waterfall) -> np.ndarray:
    """Return all bars from the loss (right) to the input (left)."""
    bars = np.concatenate([fall.bars[part] for part in ORDER])
    return bars[np.argsort(-bars[:, 1])]


def shown(qtbot: QtBot, ledger: Ledger, layers: int, size: tuple[int, int]) -> LedgerView:
    record: Record = fake_record(60, None, layers)
    assert record.frame is not None
    record.put_frame(dataclasses.replace(record.frame, ledger=ledger))
    view = LedgerView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.set_source(record)
    view.show()
    view.invalidate()
    view.refresh()
    return view


# The waterfall ------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [0.0, -0.1], ids=["plain", "with norm"])
@pytest.mark.parametrize(("weights", "activation"), [(0.15, -0.16), (-0.2, 0.1), (-0.1, -0.6)])
def test_no_bar_covers_another_and_each_begins_where_one_ended(
    weights: float, activation: float, between: float
) -> None:
    layers = 6
    fall = waterfall(book(layers, weights, activation, between), layers, 60.0)
    bars = in_order(fall)
    assert len(bars) == (layers - 1) * (3 if between else 2)
    assert (bars[1:, 1] <= bars[:-1, 0] + 1e-9).all()  # side by side
    assert bars[0, 2] == 0.0
    np.testing.assert_allclose(bars[1:, 2], bars[:-1, 3], atol=1e-12)
    change = weights + activation + between
    np.testing.assert_allclose(fall.levels, change * np.arange(layers), atol=1e-9)
    assert bars[-1, 3] == pytest.approx(fall.levels[-1])


def test_weights_stand_at_the_right_of_a_layer_and_the_activation_at_the_left() -> None:
    fall = waterfall(book(4, 0.15, -0.16, -0.1), 4, 90.0)
    for at in range(3):
        layer = at + 1.0
        left, middle, right = (
            fall.bars[part][at, :2] for part in ("activation", "between", "weights")
        )
        assert layer - 0.5 < left[0] < left[1] <= middle[0] < middle[1] <= right[0]
        assert right[1] < layer + 0.5
    plain = waterfall(book(4, 0.15, -0.16), 4, 90.0)
    assert plain.bars["activation"][0, 1] == pytest.approx(1.0)
    assert not len(plain.bars["between"])


def test_what_is_written_as_nothing_takes_no_room() -> None:
    fall = waterfall(book(4, 0.15, -0.16, -0.001), 4, 90.0)
    assert not len(fall.bars["between"])
    assert fall.bars["activation"][0, 1] == pytest.approx(fall.bars["weights"][0, 0])
    assert in_order(fall)[-1, 3] == pytest.approx(3 * (0.15 - 0.16 - 0.001))


def test_a_line_leads_from_bar_to_bar_and_past_what_changed_nothing() -> None:
    fall = waterfall(book(3, 0.3, 0.0), 3, 60.0)
    x, y = fall.line
    gaps = np.flatnonzero(np.isnan(x))
    level = [
        (xs[np.isfinite(xs)], ys[np.isfinite(ys)])
        for xs, ys in zip(np.split(x, gaps), np.split(y, gaps), strict=True)
    ]
    for xs, ys in level:
        assert len(set(ys.tolist())) == 1  # it never runs over a bar
        assert (np.diff(xs) <= 0).all()
    # From the middle of layer 2, whose activation did nothing, to the weights of layer 1.
    assert level[1][0][0] == pytest.approx(2.0)
    assert level[1][0][-1] == pytest.approx(fall.bars["weights"][0, 1])


@pytest.mark.parametrize("layers", [2, 20, 60, 200])
@pytest.mark.parametrize("width", [300.0, 820.0])
@pytest.mark.parametrize("between", [0.0, 0.05])
def test_no_bar_is_thinner_than_a_pixel_or_as_wide_as_a_wall(
    layers: int, width: float, between: float
) -> None:
    pixels = width / (layers * 1.04)
    fall = waterfall(book(layers, 0.1, -0.12, between), layers, pixels)
    bars = in_order(fall)
    widths = (bars[:, 1] - bars[:, 0]) * pixels
    assert widths.min() >= 1.0 - 1e-9
    assert widths.max() <= 60.0
    assert (bars[1:, 1] <= bars[:-1, 0] + 1e-9).all()
    change = 0.1 - 0.12 + between
    assert bars[-1, 3] == pytest.approx(change * (layers - 1))
    np.testing.assert_allclose(fall.levels, change * np.arange(layers), atol=1e-9)


def test_where_the_signal_ends_the_bars_end() -> None:
    rows = (
        LedgerRow(2, "dense 3", 0.2, 0.2, 0.1, 0.1, 0.05),
        LedgerRow(1, "dense 2", 0.05, 0.05, 0.02, 0.02, 0.0),
        LedgerRow(0, "dense 1", 0.0, 0.0, 0.0, 0.0, 0.0),
    )
    fall = waterfall(Ledger(0.2, 0.2, rows), 4, 60.0)
    assert np.isfinite(fall.levels).tolist() == [True, True, False, False]
    assert fall.bars["weights"][:, 4].tolist() == [2.0, 3.0]
    assert fall.bars["activation"][:, 4].tolist() == [3.0]


def test_what_all_came_around_lies_between() -> None:
    rows = (
        LedgerRow(1, "dense 2", 1.0, 1.0, 0.0, 0.5, 0.5),
        LedgerRow(0, "dense 1", 0.5, 0.5, 0.5, 0.5, 0.25),
    )
    assert math.isinf(rows[0].parts.weights)
    fall = waterfall(Ledger(1.0, 1.0, rows), 3, 60.0)
    np.testing.assert_allclose(fall.levels, np.log10([1.0, 0.5, 0.25]))
    assert fall.bars["between"][-1, 2:4] == pytest.approx([0.0, np.log10(0.5)])
    assert in_order(fall)[-1, 3] == pytest.approx(np.log10(0.25))


@pytest.mark.parametrize("size", [(380, 280), (900, 600)])
def test_a_healthy_network_fills_the_picture(qtbot: QtBot, size: tuple[int, int]) -> None:
    view = shown(qtbot, book(6, 0.25, -0.3), 6, size)
    low, high = view.plot.y_range
    bars = in_order(waterfall(book(6, 0.25, -0.3), 6, 60.0))
    span = bars[:, 2:4].max() - bars[:, 2:4].min()
    assert low < bars[:, 2:4].min()
    assert high > bars[:, 2:4].max()
    assert span / (high - low) > 0.7


def test_of_very_many_layers_a_small_view_joins_some_and_says_so(qtbot: QtBot) -> None:
    view = shown(qtbot, book(200, 0.1, -0.12), 200, (380, 280))
    assert view.plot.overlay.shown("caption") == "a bar stands for 2 layers"
    view.resize(900, 600)
    view.invalidate()
    view.refresh()
    assert view.plot.overlay.shown("caption") == ""


# Help of views ------------------------------------------------------------------------------


def test_every_view_and_nothing_else_has_words() -> None:
    assert set(HELP_WORDS) == {kind.key for kind in VIEWS}


@pytest.mark.parametrize("key", list(HELP_WORDS))
def test_words_are_sentences_and_not_too_many(key: str) -> None:
    words = HELP_WORDS[key]
    for text in (words.drawn, words.reading, words.misleads):
        assert text == " ".join(text.split())
        assert text[0].isupper() or text[0] in "“1z"
        assert text.endswith((".", ".”"))
        assert 40 < len(text) < 680
    assert not words.source.endswith(".")


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("profile", ("theory √χ", "∏ sup φ′", "step 0", "reference", "h ⇄ δ")),
        ("ledger", ("Blue", "Orange", "Grey", "from the right", "pale")),
        ("loss", ("band", "orange", "learned nothing", "vertical lines", "penalty")),
        ("units", ("Births", "Deaths", "Revived")),
        ("decision", ("ring", "stripes", "line", "discs")),
        ("predictions", ("diagonal", "red", "✕", "dashed")),
        ("strip", ("river", "cells", "Arcs", "stages")),
        ("heatmap", ("row", "column", "Colour", "NaN", "bar")),
    ],
)
def test_what_stands_in_a_picture_is_explained(key: str, named: tuple[str, ...]) -> None:
    for one in named:
        assert one.lower() in HELP_WORDS[key].drawn.lower(), one


@ALL
def test_the_sheet_explains_the_view_before_its_quantities(qtbot: QtBot, kind: type[View]) -> None:
    view = kind()
    qtbot.addWidget(view)
    text = unescape(re.sub(r"<[^>]*>", "", view._help_text()))
    words = HELP_WORDS[kind.key]
    order = [text.index(part[:30]) for part in (words.drawn, words.reading, words.misleads)]
    order.append(text.index("What is measured"))
    names = view._help_names()
    assert names
    order += [text.index(QUANTITIES[name].title, order[-1]) for name in names]
    assert order == sorted(order)
    assert text.count("Misleads:") == len(names) + 1


@pytest.mark.parametrize("name", list(QUANTITIES))
def test_the_sheet_says_the_unit_and_the_source_of_a_quantity(name: str) -> None:
    text = help_html((name,), load_theme("dark"))
    assert f" · {QUANTITIES[name].unit}<" in text
    assert QUANTITIES[name].source.replace("&", "&amp;") in text


def test_the_tip_is_short_and_says_what_else_there_is() -> None:
    tip = help_tip(("delta_norm", "weight_norm"), load_theme("light"), "ledger")
    assert "Misleads:" in tip
    assert "Click: what is drawn; Error signal, Weights." in tip
    assert QUANTITIES["delta_norm"].formula not in tip


# The sheet ----------------------------------------------------------------------------------


@pytest.fixture
def popup(qtbot: QtBot) -> Iterator[HelpPopup]:
    parent = QWidget()
    qtbot.addWidget(parent)
    yield HelpPopup(parent)  # as long as its parent lives


@pytest.mark.qt_log_ignore("This plugin does not support")
@pytest.mark.parametrize("lines", [2, 40, 400])
@pytest.mark.parametrize("where", ["top", "middle", "bottom", "left"])
def test_the_sheet_never_leaves_the_screen(popup: HelpPopup, lines: int, where: str) -> None:
    room = QGuiApplication.primaryScreen().availableGeometry()
    corner = {
        "top": QPoint(room.right(), room.top()),
        "middle": room.center(),
        "bottom": QPoint(room.right(), room.bottom() - 3),
        "left": QPoint(room.left() + 30, room.center().y()),
    }[where]
    popup.show_at(corner, "<p>a line of words</p>" * lines)
    assert room.contains(popup.geometry())
    bar = popup._scroll.verticalScrollBar()
    assert (bar.maximum() > 0) is (lines == 400 or popup.height() >= room.height() - 16)
    if lines == 2:
        assert popup.height() < 140
    popup.close()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_escape_closes_the_sheet_and_it_opens_at_its_top(popup: HelpPopup) -> None:
    center = QGuiApplication.primaryScreen().availableGeometry().center()
    popup.show_at(center, "<p>words</p>" * 300)
    bar = popup._scroll.verticalScrollBar()
    bar.setValue(bar.maximum())
    QTest.keyClick(popup._scroll, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    popup.show_at(center, "<p>words</p>" * 300)
    assert bar.value() == 0
    popup.close()


# Quantities ---------------------------------------------------------------------------------


def test_no_quantity_is_without_a_source_or_a_unit() -> None:
    assert not [q.name for q in QUANTITIES.values() if not q.source]
    assert not [q.name for q in QUANTITIES.values() if not q.unit]
    lines = overview().splitlines()
    at = lines[0].index("unit")
    for line, quantity in zip(lines[1:], QUANTITIES.values(), strict=True):
        assert line[at:] == quantity.unit
        assert f"unit      {quantity.unit}" in explained([quantity.name])


def test_a_gradient_is_no_pure_number_and_a_ratio_is_one() -> None:
    for name, quantity in QUANTITIES.items():
        if "grad" in name:
            assert quantity.unit == "loss units per weight unit"
    for name in ("update_ratio", "weight_distance", "clip_factor"):
        assert QUANTITIES[name].unit == "pure number"
