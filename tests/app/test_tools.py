"""Previews before the run: activations, schedules, principal components."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.plots import Cursor, Line, Rule, Scale
from app.plots.text import THIN
from app.theme import load_theme
from app.tools import ActivationExplorer, SchedulePreview, ScreePlot
from app.tools.curves import rates_over, run_length
from app.tools.explorer import places, saturated_where
from core.engine.schedules import Schedule
from core.experiment import Experiment
from core.experiment.activations import (
    ACTIVATION_KINDS,
    Elu,
    Gelu,
    LeakyRelu,
    Linear,
    Relu,
    Rescaled,
    Sigmoid,
    Tanh,
)
from core.experiment.fields import Part
from core.experiment.schedules import CosineDecay, ExponentialDecay, OneCycle, StepDecay

# What the offscreen platform says of every window with a least or greatest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def points(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Return what a line draws."""
    assert line.xData is not None
    assert line.yData is not None
    return line.xData, line.yData


def experiment(schedule: dict, lr: float = 0.1, **training: object) -> Experiment:
    return Experiment.parse(
        {
            "training": {
                "optimizer": {"kind": "sgd", "lr": lr},
                "schedule": schedule,
                "epochs": 10,
                **training,
            }
        }
    )


# Activations -----------------------------------------------------------------------------


@pytest.fixture
def explorer(qtbot: QtBot) -> ActivationExplorer:
    dialog = ActivationExplorer()
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(dialog: ActivationExplorer, path: str, value: object) -> None:
    row = dialog.findChild(QWidget, path)
    assert row is not None, path
    row.committed.emit(value)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("kind", ACTIVATION_KINDS)
def test_the_explorer_draws_every_kind(explorer: ActivationExplorer, kind: str) -> None:
    explorer.set_activation(ACTIVATION_KINDS[kind]())
    z, slope = points(explorer._derivative)
    _, phi = points(explorer._phi)
    # The slope drawn is that of the function drawn, wherever it has no corner.
    measured = np.gradient(phi, z)[1:-1]
    smooth = np.abs(np.diff(slope, 2)) < 1e-3
    smooth &= (np.diff(z)[1:] > 1e-3) & (np.diff(z)[:-1] > 1e-3)
    assert smooth.sum() > 400
    assert_allclose(measured[smooth], slope[1:-1][smooth], atol=2e-3)
    assert "φ(z) = " in explorer.facts.text()
    assert explorer.canvas.accessibleDescription()


def test_the_shades_lie_where_the_slope_is_small(explorer: ActivationExplorer) -> None:
    explorer.set_activation(Gelu())
    z, slope = points(explorer._derivative)
    small = np.abs(slope) < 0.05 * np.abs(slope).max()
    corners = explorer._shades[1]._rects.ndarray()[: explorer._shades[1]._count]
    shaded = np.zeros(len(z), bool)
    for left, _, width, _ in corners:
        shaded |= (z >= left) & (z <= left + width)
    assert len(corners) == 2
    assert_allclose(shaded.mean(), small.mean(), atol=0.005)
    explorer.set_activation(Linear())
    assert explorer._shades[0]._count == explorer._shades[1]._count == 0


def test_what_is_said_of_an_activation(explorer: ActivationExplorer) -> None:
    explorer.set_activation(Sigmoid())
    said = explorer.facts.text()
    z = math.log((1 + math.sqrt(0.95)) / (1 - math.sqrt(0.95)))  # s(1 - s) = 0.05 / 4
    assert f"below 5 % of it where z < −{z:.2f} or z > {z:.2f}" in said
    assert "sup |φ′| = 0.250" in said
    assert "φ′(z) = σ(z) (1 − σ(z))" in said
    assert "Verhulst 1845" in said
    explorer.set_activation(Linear())
    assert "Source" not in explorer.facts.text()
    assert "nowhere" in explorer.facts.text()


def test_intervals_in_words() -> None:
    inf = math.inf
    assert saturated_where([(-inf, 0.0)]) == "below 5 % of it where z < 0"
    assert saturated_where([(-2.0, -1.0), (3.0, inf)]) == (
        "below 5 % of it where −2.00 < z < −1.00 or z > 3.00"
    )


def test_corners_are_drawn_sharp() -> None:
    z = places(2.0, [(-math.inf, -1.0)])
    assert_allclose((z[0], z[-1]), (-12.0, 12.0))
    assert (np.diff(z) > 0).all()
    for corner in (0.0, -1.0):
        assert np.count_nonzero(np.abs(z - corner) < 1e-5) >= 2


def test_choosing_a_kind_and_its_settings(explorer: ActivationExplorer) -> None:
    choose(explorer, "activation", "rescaled")
    choose(explorer, "activation.alpha", 3.0)
    choose(explorer, "activation.inner", "leaky_relu")
    choose(explorer, "activation.inner.alpha", 0.2)
    assert explorer.activation == Rescaled(alpha=3.0, inner=LeakyRelu(alpha=0.2))
    assert points(explorer._derivative)[0][-1] == 18.0
    assert_allclose(points(explorer._derivative)[1][0], 0.2)
    # What has no run has no moment at which a setting takes effect.
    assert all(row.dot.isHidden() for row in explorer._form.rows())


def test_a_value_out_of_range_is_refused_beside_its_field(explorer: ActivationExplorer) -> None:
    explorer.set_activation(Elu(alpha=2.0))
    drawn = points(explorer._phi)[1]
    choose(explorer, "activation.alpha", 20.0)
    row = explorer._form.row("activation.alpha")
    assert row is not None
    assert "20.0 is too large. Use at most 10." in row.error.text()
    assert explorer.activation == Elu(alpha=2.0)
    assert points(explorer._phi)[1] is drawn
    choose(explorer, "activation.alpha", 3.0)
    assert row.error.text() == ""
    assert_allclose(points(explorer._phi)[1][0], 3.0 * math.expm1(-6.0))


@pytest.mark.parametrize("spec", [Tanh(), Relu()])
def test_nothing_is_drawn_before_the_window_is_shown(qtbot: QtBot, spec: Part) -> None:
    dialog = ActivationExplorer()
    qtbot.addWidget(dialog)
    dialog.set_activation(spec)
    assert dialog.activation == spec
    assert len(points(dialog._phi)[0]) == 0
    assert not dialog.isModal()
    dialog.show()
    assert len(points(dialog._phi)[0]) > 600


def test_the_pointer_reads_all_three_numbers(explorer: ActivationExplorer) -> None:
    explorer.set_activation(Tanh())
    explorer.canvas.hovered.emit(explorer.slope_plot, 1.0, 0.5)
    cursor = explorer.slope_plot.overlay.shown("cursor")
    assert isinstance(cursor, Cursor)
    assert cursor.lines == ("z 1.00", "φ 0.762", "φ′ 0.420")
    assert explorer.phi_plot.overlay.shown("cursor") is None
    explorer.canvas.left.emit()
    assert explorer.slope_plot.overlay.shown("cursor") is None


def test_tools_are_imported_without_torch(child_environment: dict[str, str]) -> None:
    code = "import app.tools, sys; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=child_environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "False"


# Schedules -------------------------------------------------------------------------------


@pytest.fixture
def preview(qtbot: QtBot) -> SchedulePreview:
    widget = SchedulePreview()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_the_run_is_as_long_as_epochs_and_limit_allow() -> None:
    assert run_length(experiment({"kind": "constant"}).training, 7) == 70
    assert run_length(experiment({"kind": "constant"}, steps=50).training, 7) == 50
    assert run_length(experiment({"kind": "constant"}, steps=90).training, 7) == 70


@pytest.mark.parametrize(
    "spec", [OneCycle(peak=0.3137), CosineDecay(warmup=7), ExponentialDecay(warmup=333)]
)
def test_the_tips_of_a_long_run_are_not_missed(spec: OneCycle | CosineDecay) -> None:
    total = 50_000
    steps, rates = rates_over(spec, 0.1, 1000, total)
    brute = Schedule(spec, 1000, total)
    every = np.array([0.1 * brute.factor(step) for step in range(total)])
    assert_allclose(rates, every[steps.astype(int)])
    assert rates.max() == every.max()
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, total - 1)


def test_a_schedule_is_drawn_and_put_into_words(preview: SchedulePreview) -> None:
    preview.set_experiment(experiment({"kind": "cosine", "warmup": 4}, lr=0.2), 100)
    assert preview.plot.y_scale is Scale.LINEAR
    assert points(preview._line)[1].max() == 0.2
    assert preview.plot.x_range == (0.0, 999.0)
    said = preview.caption.text()
    assert said.startswith("0.0400 first, 0.200 at the peak, ")
    assert said.endswith("; 1,000 steps")
    assert preview.canvas.accessibleDescription() == said
    assert preview.canvas.minimumHeight() >= 110
    preview.set_experiment(experiment({"kind": "plateau"}), 1)
    assert preview.caption.text() == (
        "0.100 throughout, unless the validation loss stops falling; 10 steps"
    )


def test_what_falls_by_factors_is_drawn_on_a_logarithmic_axis(preview: SchedulePreview) -> None:
    preview.set_experiment(experiment({"kind": "step", "every": 2, "factor": 0.1}), 50)
    assert preview.plot.y_scale is Scale.LOG
    assert_allclose(points(preview._line)[1][[0, -1]], [-1.0, -5.0])
    preview.set_experiment(experiment({"kind": "exponential", "factor": 0.99}), 50)
    assert preview.plot.y_scale is Scale.LINEAR


def test_a_rate_that_falls_to_nothing_keeps_a_readable_axis(preview: SchedulePreview) -> None:
    preview.set_experiment(experiment({"kind": "exponential", "factor": 1e-40}), 50)
    low, high = preview.plot.y_range
    assert -15.0 < low < -12.9
    assert high > -1.0


def test_without_the_length_of_an_epoch_words_stand_in(preview: SchedulePreview) -> None:
    one = experiment({"kind": "cosine"})
    assert preview.canvas.isHidden()
    preview.set_experiment(one, 10)
    assert preview.canvas.isVisible()
    preview.set_experiment(one, None)
    assert preview.canvas.isHidden()
    assert preview.caption.text() == preview.empty_text


def test_a_schedule_is_drawn_again_only_when_it_changed(
    preview: SchedulePreview, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[StepDecay] = []

    def counted(spec: StepDecay, lr: float, length: int, total: int) -> object:
        drawn.append(spec)
        return rates_over(spec, lr, length, total)

    monkeypatch.setattr("app.tools.curves.rates_over", counted)
    one = experiment({"kind": "step"})
    preview.set_experiment(one, 10)
    preview.set_experiment(experiment({"kind": "step"}, l1=0.001), 10)  # no business of the rate
    assert len(drawn) == 1
    for other, length in (
        (one, 11),
        (experiment({"kind": "step"}, lr=0.3), 11),
        (experiment({"kind": "step"}, lr=0.3, steps=20), 11),
        (experiment({"kind": "step", "every": 2}, lr=0.3, steps=20), 11),
    ):
        before = len(drawn)
        preview.set_experiment(other, length)
        assert len(drawn) == before + 1


def test_the_mouse_reaches_the_panel_through_a_small_plot(preview: SchedulePreview) -> None:
    preview.set_experiment(experiment({"kind": "cosine"}), 10)
    preview.resize(300, 200)
    at = QPointF(preview.canvas.geometry().center())
    assert preview.childAt(at.toPoint()) is None  # so that a turn of the wheel is preview's ...
    wheel = QWheelEvent(
        at,
        at,
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(preview, wheel)
    assert not wheel.isAccepted()  # ... who leaves it to what scrolls


# Principal components --------------------------------------------------------------------


def test_the_variance_that_components_explain(qtbot: QtBot) -> None:
    scree = ScreePlot()
    qtbot.addWidget(scree)
    assert scree.isHidden()
    scree.set_explained((0.5, 0.25, 0.15, 0.1), 2)
    assert not scree.isHidden()
    kept, left_out = scree._kept, scree._left_out
    assert_allclose(kept._rects.ndarray()[: kept._count, 3], [0.5, 0.75])
    assert_allclose(left_out._rects.ndarray()[: left_out._count, 3], [0.9, 1.0])
    assert_allclose(left_out._rects.ndarray()[:2, 0], [2.6, 3.6])
    assert scree.caption.text() == f"2 of 4 components kept: 75{THIN}% of the variance"
    assert scree.plot.overlay.shown("rules") == (Rule(0.75, color="text"),)
    scree.set_explained((0.5, 0.5), 2)
    assert left_out._count == 0
    scree.set_explained((), 0)
    assert scree.isHidden()


def test_bars_of_many_components_touch(qtbot: QtBot) -> None:
    scree = ScreePlot()
    qtbot.addWidget(scree)
    scree.set_explained((1 / 784,) * 784, 100)
    corners = scree._kept._rects.ndarray()[:100]
    assert_allclose(corners[1:, 0], corners[:-1, 0] + corners[:-1, 2])


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_tool_takes_over_the_theme(qtbot: QtBot, name: str) -> None:
    theme = load_theme(name)
    for tool in (SchedulePreview(), ScreePlot(), ActivationExplorer()):
        qtbot.addWidget(tool)
        tool.apply_theme(theme)
        assert tool.accessibleName()
        assert tool.canvas.accessibleName()
        assert tool.canvas.backgroundBrush().color() == theme.color("panel")
