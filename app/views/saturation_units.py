"""The units of one layer in one batch: each rides on phi'; their histograms at two sides."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Slot
from PySide6.QtGui import QColor

from app.plots import Bars, Dots, Follower, Line, Mark, Plot, Rule, Scale, Tag
from app.plots.envelope_curve import Band
from app.plots.notes import Cursor
from app.plots.ranges import Range
from app.plots.stems import Stems
from app.plots.text import integer, number
from app.theme import Theme
from app.views.readings import NOT_FINITE
from core.experiment.fields import Part
from core.record import LayerFrame

Array = NDArray[np.float64]
MOST_DOTS = 1000  # more cannot be told apart; the share shown is said in the subtitle
SATURATED = 0.05  # of sup phi', as in the quantity saturated_fraction
FAR = 3.0
"""|z| beyond which a sigmoid passes on less than a fifth of its most."""
_WIDTH, _HEIGHT = 96, 72  # pixels of the histograms beside and below the curves
_LIMIT = "saturated below 5 % of sup φ′"
_WIDE = 300  # pixels of the curves in which sentences have room beside them
_NEAR = 24.0  # pixels from a unit within which it is read
_CAPTION = "dot: mean z · line: to mean φ′"


def is_switch(activation: Part) -> bool:
    """Tell whether phi' is 0 or 1: where it is 0 a unit is inactive rather than saturated."""
    # Nobody draws before this has been loaded: see FrameView.curves.
    from core.measure.statistics import ON_OR_OFF

    return getattr(activation, "kind", "") in ON_OR_OFF


class UnitsPicture(QObject):
    """phi and phi' over z with the units as dots; beside them phi'(z), below them z, as bars.

    A dot rides on phi' at the mean of the unit's z; a line leads to the mean of its phi', which
    is what the unit passes on: the further z spreads over the batch, the longer the line.

    Attributes
    ----------
    curves, passed, summed : Plot
    z : Follower
    sup : float
        Of phi', of the activation that is drawn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.z = Follower(margin=0.04, shrink=0.35, smallest=1.0)
        self.sup = 1.0
        self._drawn: Hashable = None
        self._tags: tuple[Tag, ...] = ()
        self._lines: tuple[tuple[Array, Array], ...] = ()
        self.curves = Plot(Scale.LINEAR, Scale.LINEAR, bottom=3)
        self.passed = Plot(Scale.NONE, Scale.LINEAR, left=2, bottom=3, mouse=(False, False))
        self.summed = Plot(Scale.LINEAR, Scale.NONE, mouse=(False, False))
        self._phi, self._derivative, self._far = Line(), Line(), Band()
        for line in (self._phi, self._derivative):  # the units move, these hardly ever
            line.keep_drawn(True)
        for item in (self._far, self._phi, self._derivative):
            self.curves.add(item)
        self._passed_bars, self._summed_bars = Bars(lying=True), Bars()
        self.passed.add(self._passed_bars)
        self.summed.add(self._summed_bars)
        self._stems = Stems(self.curves, z=4.0)
        self._dots = Dots(self.curves, size=6.5)
        self.passed.overlay.show_caption("φ′(z)")
        self.summed.overlay.show_caption("z")
        self.curves.view_changed.connect(self._on_curves_moved)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours, and sizes that go with print."""
        for line, token in ((self._phi, "dim"), (self._derivative, "accent")):
            line.set_color(theme.color(token))
            line.set_fine(True)
        self._dots.set_theme(theme)
        self._stems.set_theme(theme)
        self._far.set_color(theme.color("bad", 0.07))
        for width in (self.passed.setMinimumWidth, self.passed.setMaximumWidth):
            width(theme.px(_WIDTH))
        for height in (self.summed.setMinimumHeight, self.summed.setMaximumHeight):
            height(theme.px(_HEIGHT))

    def reset(self) -> None:
        """Forget ranges and curves."""
        self.z.reset()
        self._drawn = None

    @Slot()
    def _on_curves_moved(self) -> None:
        self.passed.show_part(x=(0.0, 1.12), y=self.curves.y_range)
        self.summed.show_part(x=self.curves.x_range, y=(0.0, 1.3))

    # Drawing -----------------------------------------------------------------------------

    def draw(self, at: int, layer: LayerFrame, color: QColor, saturated: str, *, calm: bool) -> str:
        """Draw a layer; return what was drawn, in words.

        Parameters
        ----------
        at : int
            Of the layer, from 1 at the input.
        layer : LayerFrame
        color : QColor
        saturated : str
            The share of saturated units, in words.
        calm : bool
            Whether words may stay for a moment, as in ``Overlay.show_tags``.
        """
        z = self.z.follow(layer.z.edges, layer.unit_z, [-4.0, 4.0]) or (-4.0, 4.0)
        shown = z if self.curves.following else self.curves.x_range
        title = self._draw_curves(layer.activation, shown)
        self.curves.follow(z, (-0.07 * self.sup, 1.2 * self.sup))
        count, units = self._draw_units(layer, color), len(layer.unit_z)
        order = np.argsort(layer.unit_z)
        ends = (layer.unit_z[order].astype(float), layer.unit_derivative[order].astype(float))
        self.curves.overlay.show_tags(self._tags, (*self._lines, ends))
        wide = self.curves.pixels[0] >= _WIDE
        self.curves.overlay.show_caption(_CAPTION if wide else "")
        for bars, histogram in (
            (self._passed_bars, layer.derivative),
            (self._summed_bars, layer.z),
        ):
            bars.set_color(color)
            bars.show_counts(histogram.edges, histogram.counts)
        self._on_curves_moved()
        self._draw_limits(layer.activation, shown)
        limit = Tag(0.0, SATURATED * self.sup, saturated, above=True)
        self.passed.overlay.show_tags((limit,), calm=calm, about=(at, layer.activation))
        lost = layer.z.nonfinite
        self.summed.overlay.show_note(f"{NOT_FINITE}: {integer(lost)}" if lost else "", "bad")
        told = "one dot a unit" if count == units else f"{integer(count)} of {integer(units)} units"
        return f"{title}, {told}"

    def _draw_limits(self, activation: Part, z: Range) -> None:
        """Mark from where on a unit counts as saturated, and for a sigmoid what the texts say."""
        limit = Rule(SATURATED * self.sup)
        wide = self.curves.pixels[0] >= _WIDE
        # Where phi' is 0 or 1 for a sample, its mean over a batch is a share of the samples.
        rules = [] if is_switch(activation) else [Rule(limit.y, _LIMIT if wide else "5 %")]
        marks: tuple[Mark, ...] = ()
        if getattr(activation, "kind", "") == "sigmoid":
            rules.append(Rule(self.sup, "¼: the most a sigmoid passes on" if wide else ""))
            marks = (Mark(-FAR), Mark(FAR, "|z| > 3: saturated, lectures say" if wide else ""))
            left, right = np.array([min(z[0], -FAR), FAR]), np.array([-FAR, max(z[1], FAR)])
            self._far.show_area(left, right, np.full(2, -self.sup), np.full(2, 2 * self.sup))
        else:
            self._far.clear_points()
        self.curves.overlay.show_rules(tuple(rules))
        self.curves.overlay.show_marks(marks)
        self.summed.overlay.show_marks(
            tuple(Mark(mark.x, "" if wide or mark.x < 0 else "|z| > 3") for mark in marks)
        )
        self.passed.overlay.show_rules((limit,))

    def _draw_curves(self, activation: Part, z: Range) -> str:
        """Draw phi and phi' over ``z`` unless they are there already; return their name."""
        # Nobody draws before this has been loaded: see FrameView.curves.
        from core.network.activations import activation_for

        function = activation_for(activation)
        if (activation, z) != self._drawn:
            self._drawn = (activation, z)
            self.sup = max(function.sup, 1e-6)
            # Both sides of 0, where half of the activations have a corner or a jump.
            grid = np.sort(np.append(np.linspace(*z, 320), (-1e-6, 1e-6)))
            values, slope = _curves(activation, grid)
            self._derivative.show_points(grid, slope)
            low, high = float(values.min()), float(values.max())
            fitted = (values - low) / (high - low) * self.sup if high > low else values
            self._phi.show_points(grid, fitted)
            where, top = int(0.86 * len(grid)), int(np.argmax(slope))
            self._tags = (
                Tag(float(grid[top]), float(slope[top]), "φ′(z)", "accent"),
                Tag(float(grid[where]), float(fitted[where]), "φ(z), scaled to fit", "muted"),
            )
            self._lines = ((grid, slope), (grid, fitted))
        return function.title

    def _draw_units(self, layer: LayerFrame, color: QColor) -> int:
        """Draw each unit on the curve, and how far below (or above) its mean phi' is."""
        units = len(layer.unit_z)
        chosen = np.arange(units)
        if units > MOST_DOTS:
            chosen = np.linspace(0, units - 1, MOST_DOTS).astype(np.int64)
        x, mean = layer.unit_z[chosen], layer.unit_derivative[chosen]
        good = np.isfinite(x) & np.isfinite(mean)
        x, mean = x[good].astype(np.float64), mean[good].astype(np.float64)
        _, slope = _curves(layer.activation, x)
        self._dots.show_points(x, slope, color)
        faint = QColor(color)
        faint.setAlphaF(0.55)
        self._stems.set_color(faint)
        self._stems.show_stems(x, slope, mean)
        return len(x)

    # Reading -----------------------------------------------------------------------------

    def read(self, layer: LayerFrame, x: float, y: float) -> Cursor | None:
        """Return what the cursor reads at a point of the curves: the unit that is near."""
        plot = self.curves
        if not len(layer.unit_z) or not QRectF(plot.area()).contains(plot.to_pixels(x, y)):
            return None
        scale_x, _, scale_y, _ = plot.mapping()
        means, here = layer.unit_derivative, _curves(layer.activation, layer.unit_z)[1]
        with np.errstate(invalid="ignore"):
            across = (layer.unit_z - x) * scale_x
            up = (y - np.clip(y, np.minimum(means, here), np.maximum(means, here))) * scale_y
            far = np.hypot(across, up)  # from its line, dot included
        if not np.isfinite(far).any():
            return None
        unit = int(np.nanargmin(far))
        if far[unit] > _NEAR:
            return None
        z, slope, mean = float(layer.unit_z[unit]), float(here[unit]), float(means[unit])
        lines = (
            f"unit {unit + 1}",
            f"mean z {number(z)}",
            f"φ′ there {number(slope)}",
            f"mean φ′ {number(mean)}",
        )
        return Cursor(z, slope, lines, box=True)


def _curves(activation: Part, z: NDArray[np.floating]) -> tuple[Array, Array]:
    """Return phi and phi' at points, shape (n,) each."""
    # Nobody draws before this has been loaded: see FrameView.curves.
    import torch

    from core.network.activations import activation_for

    function = activation_for(activation)
    points = torch.from_numpy(z.astype(np.float32))
    phi = function.phi(points)
    slope = function.derivative(points, phi)
    return phi.numpy().astype(np.float64), slope.numpy().astype(np.float64)


__all__ = ["UnitsPicture"]
