"""Mean and spread of the weight gradient over steps, the first layer beside the last."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot

from app.plots import Follower, Line, Plot, Rule, Scale
from app.plots.envelope_curve import Band, centers, edges, means
from app.plots.notes import Cursor
from app.plots.ranges import PATIENCE, Range
from app.plots.text import integer, number
from app.theme import Theme
from app.views.distribution import unit_of
from app.views.readings import NOTHING, cell_of, row_at, value_words
from app.views.segments import Segments
from app.views.stack import StackView
from app.views.table import Table, layers_table
from core.measure.missing import not_measured
from core.record import RunSource

Array = NDArray[np.float64]
_MEAN, _SPREAD = "weight_grad_mean", "weight_grad_std"
_NOTHING = 1e-43  # less than the least range of numbers of float32
_WIDE = 360  # pixels of a plot from which whole sentences stand in it
_LEFT = 64.0  # room for −1.5·10⁻¹⁹ at the axis


class _Panel:
    """A layer's plot: the mean in the band of one standard deviation to either side."""

    def __init__(self) -> None:
        self.layer = 0
        self.plot = Plot(Scale.WHOLE, Scale.LINEAR, left=_LEFT)
        self.y = Follower(margin=0.08, smallest=1e-44, patience=PATIENCE)
        self.widest, self.band, self.mean = Band(), Band(), Line()
        self.reference = (Line(), Line())
        self.drawn: tuple[Array, ...] = ()
        self.other: tuple[Array, ...] = ()
        for item in (self.widest, self.band, *self.reference, self.mean):
            self.plot.add(item)

    def clear_points(self) -> None:
        """Draw nothing, and forget the range."""
        for item in (self.widest, self.band, self.mean, *self.reference):
            item.clear_points()
        self.y.reset()
        self.drawn = self.other = ()

    def read(self, source: RunSource, layer: int, rows: tuple[int, int, int]) -> None:
        """Take what is drawn from the record: edges of the buckets, mean, spread, highest."""
        self.layer, self.drawn = layer, _read(source, layer, rows)

    def read_reference(self, run: RunSource | None, layer: int, rows: tuple[int, int, int]) -> None:
        """Take what another run's layer did, if it has so many."""
        self.other = ()
        if run is not None and run.steps and 1 <= layer <= len(run.facts.layers):
            stop = min(rows[1], run.steps)
            self.other = _read(run, layer, (min(rows[0], stop), stop, rows[2]))

    def reach(self) -> list[Array]:
        """Return what the y axis should hold."""
        found = []
        if self.drawn:
            _, _, _, mean, spread, highest = self.drawn
            found += [mean - highest, mean + highest, mean - spread, mean + spread]
        if self.other:
            _, _, _, mean, spread, _ = self.other
            found += [mean - spread, mean + spread]
        return found

    def draw(self, unit: float) -> None:
        """Draw in units of the axis."""
        left, right, x, mean, spread, highest = self.drawn
        mean, spread, highest = mean / unit, spread / unit, highest / unit
        self.mean.show_points(x, mean)
        if len(x):
            self.widest.show_area(left, right, mean - highest, mean + highest)
            self.band.show_area(left, right, mean - spread, mean + spread)
        for line, side in zip(self.reference, (-1, 1), strict=True):
            if self.other:
                line.show_points(self.other[2], (self.other[3] + side * self.other[4]) / unit)
            else:
                line.clear_points()


class SpreadView(StackView):
    """A panel for the first layer, one for the last, one for the chosen layer between them.

    All have one scale unless asked otherwise: then what the first layer gets is seen beside
    what the last one gets, which is often nothing.
    """

    key = "spread"
    title = "Gradient mean and spread"
    quantities = (_MEAN, _SPREAD)
    empty_text = "Press Run to start: what single weights of the first and last layer are told."
    _one_y = True

    def _fill(self) -> None:
        self._panels = (_Panel(), _Panel(), _Panel())
        self._first, self._between, self._last = self._panels
        self._unit = 1.0
        self._extra = 0  # stays when an outer one is chosen, so that no panel goes by a click
        self._common = Follower(margin=0.08, smallest=1e-44, patience=PATIENCE)
        self.stack = tuple(panel.plot for panel in self._panels)
        for row, plot in enumerate(self.stack):
            self.canvas.add_plot(plot, row, 0)
        self.shares = (1, 1, 1)
        self.plot = self._last.plot
        self._show_plots(self._first.plot, self._last.plot)
        self._scale = Segments(
            (
                ("same", "same", "All layers on the scale of the largest"),
                ("own", "own", "Each layer on a scale of its own"),
            ),
            self,
        )
        self.header.add_control(self._scale)

    def _connect(self) -> None:
        super()._connect()
        self._scale.chosen.connect(self._on_scale_chosen)

    def _reset(self) -> None:
        super()._reset()
        self._extra = 0
        self._common.reset()
        for panel in self._panels:
            panel.clear_points()

    def _retheme(self, theme: Theme) -> None:
        for panel in self._panels:
            for line in panel.reference:
                line.set_color(theme.color("muted"), dashed=True)

    def _hurry(self) -> None:
        super()._hurry()
        for panel in self._panels:
            panel.y.hurry()

    @Slot(str)
    def _on_scale_chosen(self, key: str) -> None:
        self._one_y = key == "same"
        self.canvas.follow_again()
        self._common.reset()
        for panel in self._panels:
            panel.y.reset()
        self._said = 0.0
        self.invalidate()

    def set_layer(self, number: int) -> None:
        super().set_layer(number)
        if 1 < number < self.layer_count:
            self._extra = number

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if not {_MEAN, _SPREAD} <= set(source.layer_columns):
            return ()
        return (layers_table(source, (_MEAN, _SPREAD), self.key),)

    # Drawing -----------------------------------------------------------------------------

    def _layers(self) -> list[tuple[_Panel, int]]:
        """Return the panels that are shown, from the input, with their layers."""
        count = self.layer_count
        if count <= 1:
            return [(self._last, 1)]
        between = self.layer if 1 < self.layer < count else self._extra
        if 1 < between < count:
            return [(self._first, 1), (self._between, between), (self._last, count)]
        return [(self._first, 1), (self._last, count)]

    def _draw(self, source: RunSource) -> None:
        shown = self._layers()
        self._show_plots(*(panel.plot for panel, _ in shown))
        x = self._x_range(source)
        start, stop, buckets = self._visible_rows(source, x)
        rows = (start, stop, max(8, buckets // 3))
        there = None if self.reference is None else len(self.reference.facts.layers)
        for panel, layer in shown:
            if layer != panel.layer:
                panel.y.reset()
            panel.read(source, layer, rows)
            same = there if layer == self.layer_count else layer  # last beside last
            panel.read_reference(self.reference, same or 0, rows)
        common = self._common.follow(*(part for panel, _ in shown for part in panel.reach()))
        for panel, layer in shown:
            own = panel.y.follow(*panel.reach())
            self._draw_panel(panel, layer, x, common if self._one_y else own)
        self._show_marks(source)
        if self._may_say():
            self._say(source, shown)

    def _draw_panel(self, panel: _Panel, layer: int, x: Range, y: Range | None) -> None:
        if y is not None and max(abs(y[0]), abs(y[1])) < _NOTHING:
            y = (-1.0, 1.0)  # exactly 0 on any scale
        unit = 1.0 if y is None else unit_of(*y)
        if panel.plot.following:
            panel.plot.set_y_unit(unit)
            if y is not None:
                panel.plot.follow(x, (y[0] / unit, y[1] / unit))
        self._color(panel, layer)
        panel.draw(panel.plot.y_unit)
        panel.mean.set_fine(not self.running)
        panel.plot.overlay.show_rules((Rule(0.0),))

    def _color(self, panel: _Panel, layer: int) -> None:
        color = self.theme.layer_color(layer, self.layer_count)
        for item, alpha in ((panel.widest, 0.22), (panel.band, 0.5)):
            color.setAlphaF(alpha)
            item.set_color(color)
        panel.mean.set_color(self.theme.color("text"))

    def _say(self, source: RunSource, shown: list[tuple[_Panel, int]]) -> None:
        found = row_at(source.layer_columns[_SPREAD], self.at)
        last = cell_of(found, self.layer_count)
        for panel, layer in shown:
            wide = panel.plot.pixels[0] >= self.theme.px(_WIDE)
            chosen = ", chosen" if layer == self.layer and len(shown) > 1 else ""
            panel.plot.overlay.show_caption(f"layer {layer}{chosen}")
            cell = cell_of(found, layer)
            words = value_words(cell, 2)
            if wide and words != NOTHING:
                words = f"spread {words}"
            if layer < self.layer_count and (ratio := _ratio(cell, last)):
                words += f", {ratio} the last one’s" if wide else f", {ratio} the last"
            panel.plot.overlay.show_note(words)
        self.header.subtitle.set_words(self._words(cell_of(found, 1), last))

    def _words(self, first: np.float32, last: np.float32) -> str:
        if self.layer_count < 2:
            return "one layer only"
        if ratio := _ratio(first, last):
            return f"spread of layer 1 is {ratio} the last one’s"
        return f"spread of layer 1: {value_words(first, 2)}, of the last: {value_words(last, 2)}"

    # Reading -----------------------------------------------------------------------------

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        super()._pick(plot, x, y)
        layer = next((layer for panel, layer in self._layers() if panel.plot is plot), None)
        if layer is not None:
            self._select(layer)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        panel = next((one for one, _ in self._layers() if one.plot is plot), None)
        if source is None or panel is None or not 1 <= panel.layer <= self.layer_count:
            return None
        if source.steps == 0:
            return None
        step = self._step_at(source, x)
        mean, spread = (
            value_words(source.layer_columns[name].read(step, step + 1)[0, panel.layer - 1])
            for name in (_MEAN, _SPREAD)
        )
        title = f"layer {panel.layer} · step {integer(step)}"
        return Cursor(step, y, (title, f"mean {mean}", f"spread {spread}"))


def _read(source: RunSource, layer: int, rows: tuple[int, int, int]) -> tuple[Array, ...]:
    """Return left and right edges, centers, mean, mean spread and highest spread of buckets."""
    mean, spread = (
        source.layer_columns[name].envelope(*rows).of(layer - 1) for name in (_MEAN, _SPREAD)
    )
    count = min(len(mean.start), len(spread.start))
    keep = ~not_measured(mean.mean[:count])  # steps that nobody measured leave no gap
    return tuple(
        part[:count][keep].astype(np.float64)
        for part in (
            *edges(mean),
            centers(mean),
            means(mean),
            means(spread),
            spread.high,
        )
    )


def _ratio(cell: np.float32, last: np.float32) -> str:
    """Return ``2·10⁻¹² of`` or ``2.2 times``: a spread beside the last one's; empty if neither."""
    one, other = float(cell), float(last)
    if not (math.isfinite(one) and math.isfinite(other) and one > 0 and other > 0):
        return ""
    return f"{number(one / other, 2)} {'of' if one < other else 'times'}"


__all__ = ["SpreadView"]
