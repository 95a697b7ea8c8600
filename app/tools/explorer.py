"""A window that draws any activation with its derivative, and says where it saturates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QSizePolicy, QVBoxLayout, QWidget

from app.form import PartForm
from app.form.look import current_theme
from app.form.row import Sentence
from app.plots import Canvas, Cursor, Line, Plot, Rule, Scale, Tag
from app.plots.envelope_curve import Band
from app.plots.text import number
from app.tools.choice import edited, show_choice
from core.experiment.activations import Activation, Tanh
from core.experiment.fields import Part, Scope, setting

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.theme import Theme

    Array = npt.NDArray[np.float64]
    Limits = list[tuple[float, float]]

REACH = 6.0
"""|z| up to which an activation is drawn that nothing stretches."""
_POINTS = 601


class _Choice(Part):
    """What is looked at."""

    activation: Activation = setting(
        Tanh(), title="Activation", help="The function to look at.", scope=Scope.NOTE
    )


class ActivationExplorer(QDialog):
    """phi above, phi' below, and in words what the curves amount to.

    Nothing here changes an experiment. torch, which computes the curves, is imported when the
    window is first shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = _Choice()
        self._drawn: Part | None = None
        self._curves: tuple[Array, Array, Array] | None = None
        self._build()
        self._connect()
        show_choice(self._form, self._choice)
        self.apply_theme(current_theme())

    def _build(self) -> None:
        self.setWindowTitle("Activation explorer")
        self.setAccessibleName("Activation explorer")
        self.setModal(False)
        self.resize(520, 640)
        self._form = PartForm(_Choice, ["activation"])
        self._phi, self._derivative = Line(), Line()
        self._shades = (Band(), Band())
        self.canvas = Canvas()
        self.canvas.setAccessibleName("Activation and its derivative over z")
        self.phi_plot = Plot(Scale.LINEAR, Scale.LINEAR, bottom=6, mouse=(False, False))
        self.slope_plot = Plot(Scale.LINEAR, Scale.LINEAR, mouse=(False, False))
        plots, lines = (self.phi_plot, self.slope_plot), (self._phi, self._derivative)
        for row, (plot, shade, line) in enumerate(zip(plots, self._shades, lines, strict=True)):
            plot.add(shade)
            plot.add(line)
            self.canvas.add_plot(plot, row, 0)
        self.phi_plot.overlay.show_caption("φ(z)")
        self.slope_plot.overlay.show_caption("φ′(z)")
        self.facts = Sentence("muted")
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(8)
        self._form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        box.addWidget(self._form)
        box.addWidget(self.canvas, 1)
        box.addWidget(self.facts)

    def _connect(self) -> None:
        self._form.edited.connect(self._on_edited)
        self.canvas.hovered.connect(self._on_hovered)
        self.canvas.left.connect(self._on_left)

    @property
    def activation(self) -> Part:
        """What is looked at."""
        return self._choice.activation

    def set_activation(self, spec: Part) -> None:
        """Look at an activation, one of ``core.experiment.activations.ActivationSpec``."""
        self._choice = _Choice.model_validate({"activation": spec})
        show_choice(self._form, self._choice, force=True)
        self._redraw()

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.canvas.set_theme(theme)
        for line, color in ((self._phi, "text"), (self._derivative, "accent")):
            line.set_fine(True)
            line.set_color(theme.color(color))
        for shade in self._shades:
            shade.set_color(theme.color("warn", 0.16))

    # Slots -------------------------------------------------------------------------------

    @Slot(str, object)
    def _on_edited(self, path: str, value: object) -> None:
        found = edited(self._form, self._choice, path, value)
        if found is not None:
            self._choice = found
            show_choice(self._form, self._choice)
            self._redraw()

    @Slot(object, float, float)
    def _on_hovered(self, plot: object, x: float, y: float) -> None:
        if self._curves is None:
            return
        z, phi, derivative = self._curves
        at = int(np.argmin(np.abs(z - x)))
        lines = (f"z {number(z[at])}", f"φ {number(phi[at])}", f"φ′ {number(derivative[at])}")
        for one, values in ((self.phi_plot, phi), (self.slope_plot, derivative)):
            cursor = Cursor(float(z[at]), float(values[at]), lines)
            one.overlay.show_cursor(cursor if one is plot else None)

    @Slot()
    def _on_left(self) -> None:
        for plot in (self.phi_plot, self.slope_plot):
            plot.overlay.show_cursor(None)

    # Drawing -----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        """Draw what is looked at, unless it is drawn already or nobody sees it."""
        spec = self._choice.activation
        if spec == self._drawn or not self.isVisible():
            return
        self._drawn = spec
        from core.network.activations import (
            SATURATED_BELOW,
            activation_for,
            curve,
            saturation_limits,
        )

        function, limits = activation_for(spec), saturation_limits(spec)
        z = places(getattr(spec, "alpha", 1.0) if spec.kind == "rescaled" else 1.0, limits)
        phi, derivative = curve(spec, z)
        self._curves = (z, phi, derivative)
        self._phi.show_points(z, phi)
        self._derivative.show_points(z, derivative)
        x = (float(z[0]), float(z[-1]))
        for plot, values, shade in (
            (self.phi_plot, phi, self._shades[0]),
            (self.slope_plot, derivative, self._shades[1]),
        ):
            y = _range_of(values)
            plot.follow(x, y)
            plot.overlay.show_cursor(None)
            _fill(shade, limits, x, y)
        limit = SATURATED_BELOW * function.sup
        rules = [Rule(limit, "5 % of sup |φ′|")]
        if float(derivative.min()) < 0.0:
            rules.append(Rule(-limit))
        self.slope_plot.overlay.show_rules(tuple(rules))
        self.slope_plot.overlay.show_tags((), ((z, derivative),))
        wide = [pair for pair in limits if min(pair[1], x[1]) - max(pair[0], x[0]) > 0.1 * x[1]]
        tags = tuple(Tag(_middle(pair, x), float(phi.max()), "saturated", "warn") for pair in wide)
        self.phi_plot.overlay.show_tags(tags[:1], ((z, phi),))
        lines = [
            f"φ(z) = {function.formula}",
            f"φ′(z) = {function.derivative_formula}",
            f"sup |φ′| = {number(function.sup)}; {saturated_where(limits)}",
        ]
        if function.source:
            lines.append(f"Source: {function.source}")
        self.facts.set_sentence("\n".join(lines))
        self.canvas.setAccessibleDescription(f"{function.title}: {lines[2]}")


def places(stretch: float, limits: Limits) -> Array:
    """Return where to compute a curve: evenly, and close to either side of 0 and of its limits.

    Half of the activations have a corner or a jump at one of these.
    """
    grid = np.linspace(-REACH * stretch, REACH * stretch, _POINTS)
    corners = [0.0, *(end for pair in limits for end in pair if math.isfinite(end))]
    near = [corner + side * 1e-6 * stretch for corner in corners for side in (-1, 1)]
    inside = [at for at in near if abs(at) < REACH * stretch]
    return np.unique(np.append(grid, inside))


def saturated_where(limits: Limits) -> str:
    """Return in words where an activation is saturated."""
    if not limits:
        return "nowhere below 5 % of it"
    texts = []
    for low, high in limits:
        if math.isinf(low):
            texts.append(f"z < {number(high)}")
        elif math.isinf(high):
            texts.append(f"z > {number(low)}")
        else:
            texts.append(f"{number(low)} < z < {number(high)}")
    return f"below 5 % of it where {' or '.join(texts)}"


def _range_of(values: Array) -> tuple[float, float]:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    span = high - low
    return low - 0.07 * span, high + 0.2 * span  # room for the caption


def _fill(shade: Band, limits: Limits, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Fill from the bottom to the top where the function is saturated, cut to the picture."""
    pairs = [(max(low, x[0]), min(high, x[1])) for low, high in limits]
    shown = [pair for pair in pairs if pair[0] < pair[1]]
    if not shown:
        shade.clear_points()
        return
    left, right = np.array(shown).T
    shade.show_area(left, right, np.full(len(shown), y[0]), np.full(len(shown), y[1]))


def _middle(pair: tuple[float, float], x: tuple[float, float]) -> float:
    return (max(pair[0], x[0]) + min(pair[1], x[1])) / 2
