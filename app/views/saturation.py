"""Where the units of a layer sit on the derivative of their activation."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtWidgets import QSpinBox

from app.plots import Bars, Dots, Follower, Line, Plot, Rule, Scale, Tag
from app.plots.dots import Dot
from app.plots.notes import Cursor
from app.plots.text import integer, number, percent
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.table import Row, Table
from core.experiment.fields import Part
from core.record import LayerFrame, RunSource

MOST_DOTS = 1000  # more cannot be told apart; the share shown is said in the subtitle
SATURATED = 0.05  # of sup phi', as in the quantity saturated_fraction


class SaturationView(FrameView):
    """phi and phi' of a layer, each unit as a dot, with the histograms of phi'(z) and z."""

    key = "saturation"
    title = "Saturation"
    quantities = ("saturated_fraction", "derivative_mean", "dead_fraction")
    x_title = "z"
    empty_text = "Press Run to start: the units of a layer ride on φ′ here."

    def _fill(self) -> None:
        self._z = Follower(margin=0.04, shrink=0.35, smallest=1.0)
        self._curve_key: Hashable = None
        self._sup = 1.0
        self._tags: tuple[Tag, ...] = ()
        self._lines: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
        self.plot = Plot(Scale.LINEAR, Scale.LINEAR, bottom=3)
        self._passed = Plot(Scale.NONE, Scale.LINEAR, left=2, bottom=3, mouse=(False, False))
        self._summed = Plot(Scale.LINEAR, Scale.NONE, mouse=(False, False))
        self.canvas.add_plot(self.plot, 0, 0)
        self.canvas.add_plot(self._passed, 0, 1)
        self.canvas.add_plot(self._summed, 1, 0)
        self._passed.setMinimumWidth(96)
        self._passed.setMaximumWidth(96)
        self._summed.setMinimumHeight(72)
        self._summed.setMaximumHeight(72)
        self._phi, self._derivative = Line(), Line()
        self._passed_bars, self._summed_bars = Bars(lying=True), Bars()
        self.plot.add(self._phi)
        self.plot.add(self._derivative)
        self._passed.add(self._passed_bars)
        self._summed.add(self._summed_bars)
        self._dots = Dots(self.plot, size=6.5)
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
        self.plot.view_changed.connect(self._on_plot_moved)

    def _reset(self) -> None:
        super()._reset()
        self._z.reset()
        self._curve_key = None

    def _retheme(self, theme: Theme) -> None:
        self._phi.set_color(theme.color("dim"))
        self._phi.set_fine(True)
        self._derivative.set_color(theme.color("accent"))
        self._derivative.set_fine(True)
        self._dots.set_outline(theme.color("text"))

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
    def _on_plot_moved(self) -> None:
        self._passed.show_part(x=(0.0, 1.12), y=self.plot.y_range)
        self._summed.show_part(x=self.plot.x_range, y=(0.0, 1.3))

    def tables(self, source: RunSource) -> tuple[Table, ...]:
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
        frame = self.frame
        assert frame is not None
        self._show_layer()
        number_ = min(max(self.layer, 1), len(frame.layers))
        layer = frame.layers[number_ - 1]
        z = self._z.follow(layer.z.edges, layer.unit_z, [-4.0, 4.0]) or (-4.0, 4.0)
        shown = z if self.plot.following else self.plot.x_range
        title = self._draw_curves(layer.activation, shown)
        self.plot.follow(z, (-0.07 * self._sup, 1.14 * self._sup))
        color = self.theme.layer_color(number_, len(frame.layers))
        count = self._draw_dots(layer, color)
        order = np.argsort(layer.unit_z)
        units_line = tuple(
            part[order].astype(np.float64) for part in (layer.unit_z, layer.unit_derivative)
        )
        self.plot.overlay.show_tags(self._tags, (*self._lines, (units_line[0], units_line[1])))
        for bars, histogram in (
            (self._passed_bars, layer.derivative),
            (self._summed_bars, layer.z),
        ):
            bars.set_color(color)
            bars.show_counts(histogram.edges, histogram.counts)
        self._on_plot_moved()
        limit = Rule(SATURATED * self._sup)
        self.plot.overlay.show_rules((Rule(limit.y, "saturated below 5 % of sup φ′"),))
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
        frame = self.frame
        if frame is None or plot is not self.plot:
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


def _peak(grid: np.ndarray, slope: np.ndarray) -> tuple[float, float]:
    """Return the place of the leftmost maximum."""
    at = int(np.argmax(slope))
    return float(grid[at]), float(slope[at])
