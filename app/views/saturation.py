"""Where the units of a layer sit on the derivative of their activation."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtWidgets import QSpinBox

from app.plots import Bars, Dots, Follower, Line, Mark, Plot, Rule, Scale, Tag
from app.plots.dots import Dot
from app.plots.envelope_curve import Band
from app.plots.notes import Cursor
from app.plots.text import integer, number, percent
from app.theme import Theme
from app.views.base import View
from app.views.header import Segments
from app.views.of_frame import FrameView
from app.views.saturation_steps import SHARES, SharePicture
from app.views.stack import AXIS, StackView
from app.views.table import Row, Table, layers_table
from core.experiment.fields import Part
from core.record import LayerFrame, RunSource

MOST_DOTS = 1000  # more cannot be told apart; the share shown is said in the subtitle
SATURATED = 0.05  # of sup phi', as in the quantity saturated_fraction
FAR = 3.0
"""|z| beyond which a sigmoid passes on less than a fifth of its most."""


class SaturationView(FrameView, StackView):
    """phi and phi' of a layer, each unit as a dot, with the histograms of phi'(z) and z.

    Or, over the run: mean phi' and share of saturated units of every layer.
    """

    key = "saturation"
    title = "Saturation"
    quantities = ("saturated_fraction", "derivative_mean", "dead_fraction")
    x_title = "z"
    empty_text = "Press Run to start: the units of a layer ride on φ′ here."

    def _fill(self) -> None:
        self._laid: tuple[int, bool] | None = None  # what rows were laid out for
        self._z = Follower(margin=0.04, shrink=0.35, smallest=1.0)
        self._curve_key: Hashable = None
        self._sup = 1.0
        self._tags: tuple[Tag, ...] = ()
        self._lines: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
        self._curves = Plot(Scale.LINEAR, Scale.LINEAR, bottom=3)
        self._passed = Plot(Scale.NONE, Scale.LINEAR, left=2, bottom=3, mouse=(False, False))
        self._summed = Plot(Scale.LINEAR, Scale.NONE, mouse=(False, False))
        self.canvas.add_plot(self._curves, 0, 0)
        self.canvas.add_plot(self._passed, 0, 1)
        self.canvas.add_plot(self._summed, 1, 0)
        self._passed.setMinimumWidth(96)
        self._passed.setMaximumWidth(96)
        self._summed.setMinimumHeight(72)
        self._summed.setMaximumHeight(72)
        self._phi, self._derivative, self._far = Line(), Line(), Band()
        self._curves.add(self._far)
        self._passed_bars, self._summed_bars = Bars(lying=True), Bars()
        self._curves.add(self._phi)
        self._curves.add(self._derivative)
        self._passed.add(self._passed_bars)
        self._summed.add(self._summed_bars)
        self._dots = Dots(self._curves, size=6.5)
        self._shares = tuple(SharePicture(one, lowest=one is SHARES[-1]) for one in SHARES)
        self.stack = tuple(share.plot for share in self._shares)
        self.plot = self.stack[-1]
        self._placed: tuple[Any, ...] = (self._curves, self._passed, self._summed)
        self._take_out()
        for row, share in enumerate(self._shares):
            self.canvas.add_plot(share.plot, row, 0)
            self.canvas.ci.addItem(share.bar, row, 1)
        self._placed = tuple(item for share in self._shares for item in (share.plot, share.bar))
        self._when = Segments(
            (
                ("now", "now", "The units of the chosen layer at this step"),
                ("run", "over time", "All layers at every step"),
            ),
            self,
        )
        self.header.add_control(self._when)
        self._arrange()
        self._chooser = QSpinBox(self)
        self._chooser.setPrefix("layer ")
        self._chooser.setRange(1, 1)
        self._chooser.setKeyboardTracking(False)
        self._chooser.setProperty("small", "true")
        self._chooser.setFixedWidth(86)
        self._chooser.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._chooser.setToolTip("Layer to look at, 1 is nearest the input")
        self.header.add_control(self._chooser)

    def _connect(self) -> None:
        super()._connect()
        self._chooser.valueChanged.connect(self._on_layer_chosen)
        self._curves.view_changed.connect(self._on_curves_moved)
        self._when.chosen.connect(self._on_when_chosen)

    @property
    def over_time(self) -> bool:
        """Whether all steps are shown, not one."""
        return self._when.key == "run"

    def _arrange(self) -> None:
        """Place what is shown in the canvas; the rest would keep its room there."""
        now = ((self._curves, 0, 0), (self._passed, 0, 1), (self._summed, 1, 0))
        run = [
            (item, row, column)
            for row, share in enumerate(self._shares)
            for column, item in enumerate((share.plot, share.bar))
        ]
        self._take_out()
        shown = run if self.over_time else now
        layout: Any = self.canvas.ci.layout
        for item, row, column in shown:
            layout.addItem(item, row, column)
            item.setVisible(True)
        self._placed = tuple(item for item, _, _ in shown)
        self._stretch()

    def _take_out(self) -> None:
        layout: Any = self.canvas.ci.layout
        for item in self._placed:
            layout.removeItem(item)
            item.setVisible(False)

    def _stretch(self) -> None:
        """Make both pictures over time of one height: the axis of the lower one comes on top."""
        laid = (self.canvas.height(), self.over_time)
        if laid == self._laid:
            return
        self._laid = laid
        half = max(1.0, (self.canvas.height() - 12 - AXIS) / 2)  # less margins and spacing
        heights = (half, half + AXIS)
        layout: Any = self.canvas.ci.layout
        for row, (plot, height) in enumerate(zip(self.stack, heights, strict=True)):
            plot.setPreferredHeight(height)
            factor = int(self.over_time or row == 0)
            if layout.rowStretchFactor(row) != factor:
                layout.setRowStretchFactor(row, factor)
        layout.activate()

    @Slot(str)
    def _on_when_chosen(self, key: str) -> None:
        self._arrange()
        self._footer.set_title("step" if self.over_time else "z")
        self._chooser.setVisible(not self.over_time)
        self.canvas.follow_again()
        self.invalidate()

    def _reset(self) -> None:
        StackView._reset(self)
        FrameView._reset(self)
        for share in self._shares:
            share.clear_points()
        self._z.reset()
        self._curve_key = None

    def _retheme(self, theme: Theme) -> None:
        self._phi.set_color(theme.color("dim"))
        self._phi.set_fine(True)
        self._derivative.set_color(theme.color("accent"))
        self._derivative.set_fine(True)
        self._dots.set_outline(theme.color("text"))
        self._far.set_color(theme.color("bad", 0.07))
        for share in self._shares:
            share.set_theme(theme)

    def set_layer(self, number: int) -> None:
        if number != self.layer:
            self._z.reset()
        super().set_layer(number)
        self._show_layer()

    @Slot(int)
    def _on_layer_chosen(self, number: int) -> None:
        if number != self.layer:
            self.set_layer(number)
            self.layer_selected.emit(number)

    @Slot()
    def _on_curves_moved(self) -> None:
        self._passed.show_part(x=(0.0, 1.12), y=self._curves.y_range)
        self._summed.show_part(x=self._curves.x_range, y=(0.0, 1.3))

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.over_time:
            return (layers_table(source, SHARES, f"{self.key}-steps"),)
        frame = self.frame
        if frame is None:
            return ()
        number_ = min(max(self.layer, 1), len(frame.layers))
        layer = frame.layers[number_ - 1]

        def units() -> Iterator[Row]:
            pairs = zip(layer.unit_z, layer.unit_derivative, strict=True)
            for unit, (z, slope) in enumerate(pairs, 1):
                yield (frame.step, number_, unit, z, slope)

        def histograms() -> Iterator[Row]:
            for name, one in (("phi'(z)", layer.derivative), ("z", layer.z)):
                for low, high, count in zip(one.edges, one.edges[1:], one.counts, strict=False):
                    yield (frame.step, number_, name, low, high, int(count))

        return (
            Table(self.key, ("step", "layer", "unit", "mean_z", "mean_derivative"), units),
            Table("histograms", ("step", "layer", "quantity", "low", "high", "count"), histograms),
        )

    # Of one step, or of all ----------------------------------------------------------------

    def _prepare(self, source: RunSource) -> None:
        if not self.over_time:
            super()._prepare(source)

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        return View._obstacle(self, source) if self.over_time else super()._obstacle(source)

    def _picture(self, source: RunSource) -> Hashable:
        return View._picture(self, source) if self.over_time else super()._picture(source)

    def _steps_a_pixel(self) -> float:
        return StackView._steps_a_pixel(self) if self.over_time else super()._steps_a_pixel()

    def _shown_step(self, source: RunSource) -> int:
        return View._shown_step(self, source) if self.over_time else super()._shown_step(source)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if self.over_time:
            super()._pick(plot, x, y)
            self._select(round(y))

    # Drawing -----------------------------------------------------------------------------

    def _show_layer(self) -> None:
        """Keep the chooser in step without telling anybody."""
        count = max(self.layer_count, 1)
        self._chooser.blockSignals(True)
        if self._chooser.maximum() != count:
            self._chooser.setMaximum(count)
        self._chooser.setValue(self.layer)
        self._chooser.blockSignals(False)

    def _draw(self, source: RunSource) -> None:
        if self.over_time:
            self._draw_run(source)
        else:
            self._draw_now(source)

    def _draw_run(self, source: RunSource) -> None:
        self._stretch()
        x = self._x_range(source, -0.5)
        rows = self._visible_rows(source, x)
        for share in self._shares:
            share.draw(source, rows)
            share.plot.follow(x, (0.5, self.layer_count + 0.5))
            share.plot.overlay.show_row(self.layer)
        self._show_marks(source)
        self.header.subtitle.set_words("of every layer")

    def _draw_now(self, source: RunSource) -> None:
        frame = self.frame
        assert frame is not None
        self._show_layer()
        number_ = min(max(self.layer, 1), len(frame.layers))
        layer = frame.layers[number_ - 1]
        z = self._z.follow(layer.z.edges, layer.unit_z, [-4.0, 4.0]) or (-4.0, 4.0)
        shown = z if self._curves.following else self._curves.x_range
        title = self._draw_curves(layer.activation, shown)
        self._curves.follow(z, (-0.07 * self._sup, 1.14 * self._sup))
        color = self.theme.layer_color(number_, len(frame.layers))
        count = self._draw_dots(layer, color)
        order = np.argsort(layer.unit_z)
        units_line = tuple(
            part[order].astype(np.float64) for part in (layer.unit_z, layer.unit_derivative)
        )
        self._curves.overlay.show_tags(self._tags, (*self._lines, (units_line[0], units_line[1])))
        for bars, histogram in (
            (self._passed_bars, layer.derivative),
            (self._summed_bars, layer.z),
        ):
            bars.set_color(color)
            bars.show_counts(histogram.edges, histogram.counts)
        self._on_curves_moved()
        limit = Rule(SATURATED * self._sup)
        rules = [Rule(limit.y, "saturated below 5 % of sup φ′")]
        marks: tuple[Mark, ...] = ()
        if getattr(layer.activation, "kind", "") == "sigmoid":
            rules.append(Rule(self._sup, "¼: the most a sigmoid passes on"))
            marks = (Mark(-FAR), Mark(FAR, "saturated in the texts: |z| > 3"))
        self._show_far(shown, shaded=bool(marks))
        self._curves.overlay.show_rules(tuple(rules))
        self._curves.overlay.show_marks(marks)
        self._summed.overlay.show_marks(tuple(Mark(mark.x) for mark in marks))
        self._passed.overlay.show_rules((limit,))
        self._passed.overlay.show_tags(
            (Tag(0.0, limit.y, self._saturated(source, number_), above=True),)
        )
        self._passed.overlay.show_caption("φ′(z)")
        self._summed.overlay.show_caption("z")
        lost = layer.z.nonfinite
        self._summed.overlay.show_note(f"NaN or Inf: {integer(lost)}" if lost else "", "bad")
        units = len(layer.unit_z)
        dots = "one dot a unit" if count == units else f"{integer(count)} of {integer(units)} units"
        self.header.subtitle.set_words(f"layer {number_}, {title}, {dots}")

    def _show_far(self, z: tuple[float, float], *, shaded: bool) -> None:
        """Shade where the argument of a sigmoid is far from 0."""
        if not shaded:
            self._far.clear_points()
            return
        left, right = np.array([min(z[0], -FAR), FAR]), np.array([-FAR, max(z[1], FAR)])
        self._far.show_area(left, right, np.full(2, -self._sup), np.full(2, 2 * self._sup))

    def _draw_curves(self, activation: Part, z: tuple[float, float]) -> str:
        """Draw phi and phi' over ``z`` unless they are there already; return their name."""
        # Only a frame brings us here, and what made the frame has imported torch already.
        import torch

        from core.network.activations import activation_for

        function = activation_for(activation)
        if (activation, z) != self._curve_key:
            self._curve_key = (activation, z)
            self._sup = max(function.sup, 1e-6)
            # Both sides of 0, where half of the activations have a corner or a jump.
            grid = np.sort(np.append(np.linspace(*z, 320), (-1e-6, 1e-6)))
            points = torch.from_numpy(grid.astype(np.float32))
            phi = function.phi(points)
            slope = function.derivative(points, phi).numpy().astype(np.float64)
            self._derivative.show_points(grid, slope)
            values = phi.numpy().astype(np.float64)
            low, high = float(values.min()), float(values.max())
            scaled = (values - low) / (high - low) * self._sup if high > low else values
            self._phi.show_points(grid, scaled)
            where = int(0.86 * len(grid))
            self._tags = (
                Tag(*_peak(grid, slope), "φ′(z)", "accent"),
                Tag(float(grid[where]), float(scaled[where]), "φ(z), scaled to fit", "muted"),
            )
            self._lines = ((grid, slope), (grid, scaled))
        return function.title

    def _draw_dots(self, layer: LayerFrame, color: object) -> int:
        units = len(layer.unit_z)
        chosen = np.arange(units)
        if units > MOST_DOTS:
            chosen = np.linspace(0, units - 1, MOST_DOTS).astype(np.int64)
        x, y = layer.unit_z[chosen], layer.unit_derivative[chosen]
        good = np.isfinite(x) & np.isfinite(y)
        dots = [
            Dot(float(a), float(b), color)  # pyright: ignore[reportArgumentType]
            for a, b in zip(x[good], y[good], strict=True)
        ]
        self._dots.show_dots(tuple(dots))
        return len(dots)

    def _saturated(self, source: RunSource, layer: int) -> str:
        """Return the measured share at the frame's step."""
        column = source.layer_columns.get("saturated_fraction")
        step = -1 if self.frame is None else self.frame.step
        if column is None or not 0 <= step < len(column):
            return ""
        share = float(column.read(step, step + 1)[0, layer - 1])
        return f"{percent(share)} saturated"

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        if self.over_time:
            return self._read_run(x, y)
        frame = self.frame
        if frame is None or plot is not self._curves:
            return None
        layer = frame.layers[min(self.layer, len(frame.layers)) - 1]
        area, at = plot.area(), plot.to_pixels(x, y)
        if not len(layer.unit_z) or not QRectF(area).contains(at):
            return None
        sx = area.width() / (plot.x_range[1] - plot.x_range[0])
        sy = area.height() / (plot.y_range[1] - plot.y_range[0])
        far = np.hypot((layer.unit_z - x) * sx, (layer.unit_derivative - y) * sy)
        if not np.isfinite(far).any():
            return None
        unit = int(np.nanargmin(far))
        if far[unit] > 24:
            return None
        z, slope = float(layer.unit_z[unit]), float(layer.unit_derivative[unit])
        lines = (f"unit {unit + 1}", f"mean z {number(z)}", f"mean φ′ {number(slope)}")
        return Cursor(z, slope, lines, box=True)

    def _read_run(self, x: float, y: float) -> Cursor | None:
        source, layer = self.source, round(y)
        if source is None or not -0.5 <= x < source.steps - 0.5:
            return None
        if not 1 <= layer <= self.layer_count:
            return None
        step = self._step_at(source, x)
        words = (share.words_at(source, step, layer) for share in self._shares)
        lines = (f"layer {layer} · step {integer(step)}", *(one for one in words if one))
        return Cursor(step, layer, lines, cross=True)


def _peak(grid: np.ndarray, slope: np.ndarray) -> tuple[float, float]:
    """Return the place of the leftmost maximum."""
    at = int(np.argmax(slope))
    return float(grid[at]), float(slope[at])
