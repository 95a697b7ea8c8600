"""The initialiser inspector and the clip geometry: their numbers, by hand and by NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.plots.text import THIN
from app.theme import load_theme
from app.tools import ClipGeometry, InitialiserInspector
from app.tools.clip_arrows import short, within
from app.tools.clip_numbers import WINDOW, clipped, direction, recent
from app.tools.initialiser_numbers import MOST_ENTRIES, Stack, changes, density, draw, verdict
from app.tools.initialiser_text import cells, says, sentence
from core.experiment import Experiment
from core.experiment.activations import Linear, Relu, Sigmoid, Tanh
from core.experiment.initializers import (
    INIT_KINDS,
    Constant,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    Lsuv,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    Zeros,
)
from core.experiment.spread import spread
from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue, NoClip
from core.measure.missing import NOT_MEASURED
from tests.app.fake_source import empty_record

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)")

LABORATORY = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 60},
        "network": {"layers": [{"units": 4, "init": "lecun_normal", "activation": "tanh"}]},
        "training": {"batch_size": 10, "device": "cpu", "clip": {"kind": "norm", "limit": 0.25}},
    }
)


def stack_of(init: object, activation: object, depth: int = 20, fan: int = 64) -> Stack:
    found = draw(init, activation, fan, fan, 1, depth, 0).stack
    assert found is not None
    return found


# One draw and its promise ---------------------------------------------------------------


@pytest.mark.parametrize("kind", INIT_KINDS)
def test_a_draw_of_every_kind_is_what_was_promised(kind: str) -> None:
    one = draw(INIT_KINDS[kind](), Relu(), 200, 150, 1, 3, 5)
    assert one.values.shape == (200 * 150,)
    assert one.shape == one.full == (150, 200)
    if one.promised.std is not None:
        assert_allclose(one.values.std(), one.promised.std, rtol=0.03, atol=1e-9)
        assert one.values.min() >= one.promised.low - 1e-6
        assert one.values.max() <= one.promised.high + 1e-6
    assert_allclose((one.singular**2).sum(), (one.values**2).sum(), rtol=1e-9, atol=1e-12)
    assert (np.diff(one.singular) <= 0).all()
    assert len(cells(one)) == 13


@pytest.mark.parametrize(
    "init",
    [HeNormal(), HeUniform(), TruncatedNormal(std=0.3), Uniform(low=-0.1, high=0.4), Orthogonal()],
)
def test_a_density_is_that_of_the_draw(init: HeNormal) -> None:
    one = draw(init, Relu(), 300, 200, 1, 2, 1)
    edges = np.linspace(one.values.min(), one.values.max(), 31)
    counts, _ = np.histogram(one.values, edges)
    fine = np.linspace(edges[0], edges[-1], 3001)
    found = density(init, one.promised, fine, 300)
    assert found is not None
    parts = found[:-1].reshape(30, 100).mean(1) * (edges[1] - edges[0])
    assert_allclose(counts / counts.sum(), parts, atol=0.004)


def test_weights_with_only_some_values_have_no_density() -> None:
    for init in (Zeros(), Constant(value=0.3), Identity(), Normal(std=0.0)):
        promised = spread(init, 20, 10)
        assert density(init, promised, np.linspace(-1, 1, 5), 20) is None


@pytest.mark.parametrize("fans", [(2000, 5000), (5000, 2000)])
@pytest.mark.parametrize("init", [GlorotUniform(), Orthogonal()])
def test_of_a_large_matrix_a_part_is_drawn_with_the_spread_of_the_whole(init, fans) -> None:
    one = draw(init, Linear(), *fans, 1, 2, 0)
    assert len(one.values) <= MOST_ENTRIES
    assert one.full == (fans[1], fans[0])
    assert max(one.shape) == 5000
    assert_allclose(one.values.std(), one.promised.std, rtol=0.01)


def test_a_convolution_counts_its_receptive_field() -> None:
    one = draw(HeNormal(), Relu(), 8 * 9, 32 * 9, 9, 2, 0)
    assert one.shape == (32, 72)
    assert_allclose(one.promised.std, math.sqrt(2 / 72))
    assert_allclose(one.values.std(), math.sqrt(2 / 72), rtol=0.05)
    assert_allclose(draw(Orthogonal(), Relu(), 72, 288, 9, 2, 0).singular, 1.0, rtol=1e-5)


# What layers make of it -----------------------------------------------------------------


def test_he_keeps_a_signal_in_relu_layers_and_glorot_halves_its_square() -> None:
    he, glorot = stack_of(HeNormal(), Relu()), stack_of(GlorotUniform(), Relu())
    assert_allclose((he.weight_variance, he.chi, he.fixed.q), (2.0, 1.0, 2.0), rtol=1e-9)
    assert_allclose(changes(he), (0.0, 0.0), atol=1e-9)
    assert_allclose((glorot.weight_variance, glorot.chi), (1.0, 0.5), rtol=1e-9)
    # 19 steps of the root of 1/2, forward and backward.
    assert_allclose(changes(glorot), [19 * math.log10(math.sqrt(0.5))] * 2, rtol=1e-9)
    assert_allclose(glorot.scale.layers, 1 / math.log(2))
    assert glorot.fixed.outcome == "vanished"


def test_the_stack_is_what_random_networks_do() -> None:
    rng = np.random.default_rng(0)
    width, depth, std = 600, 8, 1.5
    z, sizes = rng.normal(size=width), []
    matrices = [rng.normal(0, std / math.sqrt(width), (width, width)) for _ in range(depth)]
    slopes = []
    for at, matrix in enumerate(matrices):
        z = matrix @ (np.tanh(z) if at else z)
        sizes.append(math.sqrt((z**2).mean()))
        slopes.append(1 - np.tanh(z) ** 2)
    delta, norms = rng.normal(size=width), []
    for at in range(depth - 1, -1, -1):
        norms.append(np.linalg.norm(delta))
        delta = slopes[at - 1] * (matrices[at].T @ delta)
    found = stack_of(Normal(std=std / math.sqrt(width)), Tanh(), depth, width)
    assert_allclose(10**found.signal, sizes, rtol=0.1)
    assert_allclose(10**found.gradient, np.array(norms[::-1]) / norms[0], rtol=0.35)
    assert_allclose(found.weight_variance, std**2)


def test_sizes_beyond_and_below_all_numbers_are_said_and_not_clamped() -> None:
    nothing = draw(Zeros(), Relu(), 8, 8, 1, 5, 0)
    assert nothing.stack is not None
    assert (nothing.stack.signal == -np.inf).all()
    assert [word for _, word, _ in says(nothing)] == ["▼ vanishes (×0)"] * 2
    huge = draw(Normal(std=1e9), Relu(), 8, 8, 1, 20, 0)
    assert huge.stack is not None
    assert huge.stack.signal[-1] == np.inf
    (_, signal, _), (_, gradient, _) = says(huge)
    assert signal == "▲ explodes (×∞)"
    assert gradient == "× is lost (×?)"


def test_in_words() -> None:
    assert [verdict(one) for one in (-2.0, -1.0, 0.0, 1.0, 2.0)] == [
        "vanishes",
        "keeps",
        "keeps",
        "keeps",
        "explodes",
    ]
    shrinks = draw(GlorotUniform(), Relu(), 64, 64, 1, 20, 0)
    assert "carries about 9 layers" in sentence(shrinks)  # 6 / ln 2 = 8.66
    assert "grows 20 times in about 5 layers" in sentence(
        draw(Normal(std=math.sqrt(8 / 64)), Relu(), 64, 64, 1, 5, 0)  # chi 4: 6 / ln 4 = 4.3
    )
    for init, why in (
        (Lsuv(), "depend on a batch"),
        (Identity(), "are not random"),
        (Constant(value=-0.5), "have mean −0.5, not 0"),
    ):
        one = draw(init, Relu(), 8, 8, 1, 5, 0)
        assert one.stack is None
        assert why in sentence(one)
        assert says(one) == ()


# The inspector --------------------------------------------------------------------------


@pytest.fixture
def inspector(qtbot: QtBot) -> InitialiserInspector:
    dialog = InitialiserInspector()
    qtbot.addWidget(dialog)
    dialog.show()
    wait(qtbot, dialog)
    return dialog


def wait(qtbot: QtBot, dialog: InitialiserInspector) -> None:
    qtbot.waitUntil(lambda: not dialog.is_drawing, timeout=20_000)


def choose(dialog: QWidget, path: str, value: object) -> None:
    row = dialog.findChild(QWidget, path)
    assert row is not None, path
    row.committed.emit(value)  # pyright: ignore[reportAttributeAccessIssue]


def test_the_inspector_compares_two_initialisers(qtbot, inspector) -> None:
    assert [type(one.init) for one in inspector.draws] == [HeNormal, GlorotUniform]
    first, second = (label.text() for label in inspector.verdicts)
    assert "keeps its size" in first
    assert "vanishes" in second
    assert_allclose(inspector.plots.gradient[1].yData, inspector.draws[1].stack.gradient)
    choose(inspector, "compare", "none")
    wait(qtbot, inspector)
    assert len(inspector.draws) == 1
    assert inspector.verdicts[1].isHidden()
    assert len(inspector.plots.gradient[1].xData) == 0


def test_the_last_of_many_edits_is_drawn(qtbot, inspector) -> None:
    for fan in (10, 20, 30):
        choose(inspector, "fan_in", fan)
    choose(inspector, "init", "orthogonal")
    choose(inspector, "init.gain", 1.5)
    wait(qtbot, inspector)
    (one, _) = inspector.draws
    assert one.init == Orthogonal(gain=1.5)
    assert one.full == (64, 30)
    assert_allclose(inspector.plots.values[0].yData, 1.5, rtol=1e-5)
    assert all(row.dot.isHidden() for row in inspector._form.rows())


def test_a_field_that_divides_no_fan_is_refused(qtbot, inspector) -> None:
    choose(inspector, "field", 9)
    assert "multiples of the receptive field, 9" in inspector._form.row("field").error.text()
    assert inspector.choice.field == 1


def test_bars_and_curve_are_shares_of_the_weights(qtbot, inspector) -> None:
    inspector.look_at(HeUniform(), Relu(), (100, 300), 1, 5)
    wait(qtbot, inspector)
    plots = inspector.plots
    bars = plots.drawn._rects.ndarray()[: plots.drawn._count]
    assert_allclose(bars[:, 3].sum(), 1.0)
    x, share = plots.promised[0].xData, plots.promised[0].yData
    limit = math.sqrt(6 / 100)
    assert_allclose(share[np.abs(x) < limit], bars[0, 2] / (2 * limit))
    assert (share[np.abs(x) > limit * (1 + 1e-6)] == 0).all()


def test_what_it_is_compared_with_is_never_itself(qtbot, inspector) -> None:
    inspector.look_at(GlorotUniform(), Relu(), (8, 8), 1, 4)
    assert inspector.choice.compare.kind == "he_normal"  # what suits ReLU
    inspector.look_at(HeNormal(), Relu(), (8, 8), 1, 4)
    assert inspector.choice.compare.kind == "glorot_uniform"
    inspector.look_at(GlorotUniform(), Sigmoid(), (8, 8), 1, 4)
    assert inspector.choice.compare.kind == "he_normal"
    wait(qtbot, inspector)


# Clipping -------------------------------------------------------------------------------

RAW = np.array([0.9, 100.0])


def test_the_lecture_s_gradient_clipped_by_value() -> None:
    found = clipped(ClipValue(limit=1.0), (0.9, 100.0))
    assert found.after == (0.9, 1.0)
    after = np.clip(RAW, -1, 1)
    cosine = RAW @ after / np.linalg.norm(RAW) / np.linalg.norm(after)
    assert_allclose(found.angle, np.degrees(np.arccos(cosine)), rtol=1e-9)
    assert_allclose(found.angle, 41.47, atol=0.005)
    assert_allclose(found.factor, np.linalg.norm(after) / np.linalg.norm(RAW))
    assert_allclose((direction(found.raw), direction(found.after)), (89.48, 48.01), atol=0.005)


def test_the_lecture_s_gradient_clipped_by_norm() -> None:
    found = clipped(ClipNorm(limit=1.0), (0.9, 100.0))
    assert_allclose(found.after, RAW / np.linalg.norm(RAW), rtol=1e-12)
    assert_allclose(found.after, (0.00899964, 0.9999595), atol=5e-9)
    assert found.angle == 0.0
    assert_allclose(math.hypot(*found.after), 1.0)


def test_other_gradients() -> None:
    each = clipped(ClipLayerNorm(limit=0.5), (-1.2, 0.4))
    assert_allclose(each.after, (-0.5, 0.4))
    assert not clipped(ClipNorm(limit=2.0), (1.0, 1.0)).is_clipped
    assert not clipped(NoClip(), (1e9, 1.0)).is_clipped
    nothing = clipped(ClipNorm(), (0.0, 0.0))
    assert (nothing.factor, nothing.angle) == (1.0, 0.0)
    assert direction((0.0, 0.0)) is None
    assert [short(value) for value in (0.9, 100.0, -0.5, 1e-9)] == [
        "0.9",
        "100",
        "−0.5",
        "1.0·10⁻⁹",
    ]


def test_an_arrow_that_leaves_the_picture_by_far_keeps_its_direction() -> None:
    x, y = within((0.9, 100.0), (-1e-25, 1e-25))
    assert_allclose(math.hypot(x, y), 1e-23)
    assert_allclose(direction((x, y)), direction((0.9, 100.0)))
    assert within((0.9, 100.0), (-3.0, 3.0)) == (0.9, 100.0)


@pytest.fixture
def geometry(qtbot: QtBot) -> ClipGeometry:
    dialog = ClipGeometry()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def rows(dialog: ClipGeometry) -> dict[str, list[str]]:
    texts = [[label.text() for label in cells] for cells in dialog._cells]
    return {row[0]: row[1:] for row in texts}


def test_all_kinds_stand_side_by_side(geometry: ClipGeometry) -> None:
    assert rows(geometry) == {
        "Before": ["0.90000", "100.00", "100.00", "89.48°", ""],
        "By value": ["0.90000", "1.0000", "1.3454", "48.01°", "41.47°"],
        "By norm": ["0.0089996", "0.99996", "1.0000", "89.48°", "0°"],
        "By norm of each layer": ["0.90000", "1.0000", "1.3454", "48.01°", "41.47°"],
    }
    assert "turns by 41.47°: from 89.48° to 48.01°" in geometry.words.text()
    choose(geometry, "clip", "norm")
    assert geometry.words.text() == "1 % of its length is left, and its direction stays."
    choose(geometry, "clip.limit", 1000.0)
    assert "not clipped" in geometry.words.text()
    choose(geometry, "first", 0.0)
    choose(geometry, "second", 0.0)
    assert "no direction" in geometry.words.text()
    assert rows(geometry)["Before"][3] == "none"


def test_both_pictures_are_to_scale_and_hold_what_they_are_for(geometry: ClipGeometry) -> None:
    for gradient in ((0.9, 100.0), (-3000.0, 0.4), (0.2, -0.1)):
        choose(geometry, "first", gradient[0])
        choose(geometry, "second", gradient[1])
        picture = geometry.picture
        for plot in (picture.whole, picture.near):
            scale_x, _, scale_y, _ = plot.mapping()
            assert_allclose(scale_x, -scale_y, rtol=0.02)
        whole, near = picture.whole, picture.near
        assert whole.area().contains(whole.to_pixels(*gradient))
        for corner in ((-1.0, -1.0), (1.0, 1.0)):
            assert near.area().contains(near.to_pixels(*corner))


def test_the_tip_is_dragged(qtbot: QtBot, geometry: ClipGeometry) -> None:
    choose(geometry, "second", 1.5)
    picture = geometry.picture
    near = picture.near

    def at(x: float, y: float) -> QPoint:
        return picture.mapFromScene(near.mapToScene(near.to_pixels(x, y)))

    ranges = near.x_range
    view = picture.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at(0.9, 1.5))
    QTest.mouseMove(view, at(-0.5, 0.75))
    assert_allclose(geometry.gradient, (-0.5, 0.75), atol=0.02)
    assert near.x_range == ranges
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(-0.5, 0.75))
    assert geometry._form.row("first").field.value() == geometry.gradient[0]
    # Elsewhere than at the tip there is nothing to take.
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at(0.5, -0.5))
    QTest.mouseMove(view, at(0.2, 0.2))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(0.2, 0.2))
    assert_allclose(geometry.gradient, (-0.5, 0.75), atol=0.02)


def test_the_button_brings_the_lecture_s_example_back(geometry: ClipGeometry) -> None:
    geometry.set_clip(ClipNorm(limit=7.0))
    choose(geometry, "first", 3.0)
    geometry.lecture_button.click()
    assert geometry.gradient == (0.9, 100.0)
    assert geometry.clip == ClipNorm(limit=1.0)


# This run -------------------------------------------------------------------------------


def record_of(factors: list[float], angles: list[float], norms: list[float]):
    record = empty_record(3)
    put = {"clip_factor": factors, "clip_angle": angles, "grad_norm": norms}
    for name, column in record.scalars.items():
        column.append(np.array(put.get(name, np.zeros(len(factors))), np.float32))
    record.steps += len(factors)
    record.version += 1
    return record


def test_the_last_steps_of_a_run() -> None:
    many = [0.1] * WINDOW  # too long ago to count
    nan = math.nan
    record = record_of(
        [*many, 1.0, 0.5, 0.9999999, nan, 0.25],
        [*many, 0.0, 0.0, 0.0, nan, 30.0],
        [*many, 1.0, 2.0, 1.0, math.inf, 4.0],
    )
    record.scalars["clip_factor"].append(np.array([NOT_MEASURED], np.float32))
    record.scalars["clip_angle"].append(np.array([NOT_MEASURED], np.float32))
    record.scalars["grad_norm"].append(np.array([NOT_MEASURED], np.float32))
    record.steps += 1
    found = recent(record)
    assert found.first == 6
    assert len(found.angle) == WINDOW
    assert found.measured == WINDOW - 1
    assert found.clipped == WINDOW - 6 + 2
    assert found.not_finite == 1
    assert (found.step, found.factor, found.turned, found.norm) == (WINDOW + 4, 0.25, 30.0, 4.0)
    assert np.isnan(found.angle[[-1, -3]]).all()
    assert found.angle[-2] == 30.0


def test_a_run_without_steps(geometry: ClipGeometry) -> None:
    found = recent(empty_record(3))
    assert found.step is None
    assert math.isnan(found.share)
    geometry.show_source(empty_record(3))
    assert "No step has been measured yet" in geometry.run.numbers.text()
    assert geometry.run.share.text() == "This run does not clip."


def test_the_numbers_of_a_run_follow_it(geometry: ClipGeometry) -> None:
    record = record_of([1.0, 0.5], [0.0, 12.0], [1.0, 3.0])
    geometry.show_source(record)
    said = geometry.run.numbers.text()
    assert said == f"Step 1: ‖g‖ 3.00, clipped to 50{THIN}% of its length, turned by 12.0°."
    assert f"50{THIN}% of the last 2 measured steps clipped" in geometry.run.share.text()
    assert_allclose(geometry.run._line.yData, [0.0, 12.0])
    record = record_of([1.0], [0.0], [1.0])
    geometry.show_source(record)
    assert geometry.run.numbers.text() == "Step 0: ‖g‖ 1.00, not clipped."
    record = record_of([math.nan], [math.nan], [math.inf])
    geometry.show_source(record)
    assert "not finite (‖g‖ ∞)" in geometry.run.numbers.text()
    geometry.hide()
    geometry.show_source(record_of([1.0], [0.0], [9.0]))  # nobody looks
    assert "∞" in geometry.run.numbers.text()


# In the laboratory ----------------------------------------------------------------------


def test_both_windows_open_with_what_the_experiment_has(laboratory, qtbot) -> None:
    laboratory.window.actions_by_key["inspect_init"].trigger()
    inspector = laboratory.dialogs._inspector
    assert inspector.isVisible()
    wait(qtbot, inspector)
    choice = inspector.choice
    assert (choice.init.kind, choice.activation.kind) == ("lecun_normal", "tanh")
    assert (choice.fan_in, choice.fan_out, choice.depth) == (2, 4, 2)
    laboratory.window.actions_by_key["clip_geometry"].trigger()
    geometry = laboratory.dialogs._clipping
    assert geometry.clip == ClipNorm(limit=0.25)
    laboratory.session.step(5)
    qtbot.waitUntil(lambda: geometry.run.numbers.text().startswith("Step 4"), timeout=30_000)
    assert "By norm, limit 0.25." in geometry.run.share.text()
    laboratory.window.set_theme("light")
    assert geometry.picture.backgroundBrush().color() == load_theme("light").color("panel")
    inspector.close()
    geometry.close()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_both_take_over_the_theme(qtbot, inspector, geometry, name: str) -> None:
    theme = load_theme(name)
    for tool, canvas in ((inspector, inspector.plots), (geometry, geometry.picture)):
        tool.apply_theme(theme)
        assert tool.accessibleName()
        assert canvas.accessibleName()
        assert canvas.accessibleDescription()
        assert canvas.backgroundBrush().color() == theme.color("panel")
        assert not tool.isModal()
        assert not tool.grab().isNull()
