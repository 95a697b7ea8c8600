"""Where the units of a layer sit on the derivative of their activation."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSpinBox

from app.plots import Plot
from app.plots.notes import Cursor
from app.plots.text import integer, percent
from app.theme import Theme
from app.views.base import View
from app.views.of_frame import FrameView
from app.views.readings import NOTHING, value_words
from app.views.saturation_steps import SHARES, SharePicture
from app.views.saturation_units import UnitsPicture, is_switch
from app.views.segments import Segments
from app.views.stack import AXIS, StackView
from app.views.table import Row, Table, layers_table
from core.record import LayerFrame, RunSource


class SaturationView(FrameView, StackView):
    """phi and phi' of a layer, each unit as a dot, with the histograms of phi'(z) and z.

    Or, over the run: mean phi' and share of saturated units of every layer.
    """

    key = "saturation"
    title = "Saturation"
    quantities = ("saturated_fraction", "derivative_mean", "dead_fraction")
    curves = True
    x_title = "z"
    empty_text = "Press Run to start: the units of a layer ride on φ′ here."

    def _fill(self) -> None:
        self._laid: tuple[int, bool] | None = None  # what rows were laid out for
        self._units = UnitsPicture()
        self._z = self._units.z
        self._shares = tuple(SharePicture(one, lowest=one is SHARES[-1]) for one in SHARES)
        self.stack = tuple(share.plot for share in self._shares)
        self.plot = self.stack[-1]
        units = self._units
        self._now = ((units.curves, 0, 0), (units.passed, 0, 1), (units.summed, 1, 0))
        self._run = tuple(
            (item, row, column)
            for row, share in enumerate(self._shares)
            for column, item in enumerate((share.plot, share.bar))
        )
        self._placed: tuple[tuple[Any, int, int], ...] = ()
        for places in (self._now, self._run):  # both share cells: one of them is in the layout
            self._take_out()
            self._placed = places
            for item, row, column in places:
                if isinstance(item, Plot):
                    self.canvas.add_plot(item, row, column)
                else:
                    self.canvas.ci.addItem(item, row, column)
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
        self._chooser.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._chooser.setToolTip("Layer to look at, 1 is nearest the input")
        self.header.add_control(self._chooser)

    def _connect(self) -> None:
        super()._connect()
        self._chooser.valueChanged.connect(self._on_layer_chosen)
        self._when.chosen.connect(self._on_when_chosen)

    @property
    def over_time(self) -> bool:
        """Whether all steps are shown, not one."""
        return self._when.key == "run"

    def _arrange(self) -> None:
        """Place what is shown in the canvas; the rest would keep its room there."""
        self._take_out()
        self._placed = self._run if self.over_time else self._now
        layout: Any = self.canvas.ci.layout
        for item, row, column in self._placed:
            layout.addItem(item, row, column)
            item.setVisible(True)
        self._stretch()

    def _take_out(self) -> None:
        layout: Any = self.canvas.ci.layout
        for item, _, _ in self._placed:
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
        self._units.reset()

    def _retheme(self, theme: Theme) -> None:
        self._units.set_theme(theme)
        self._chooser.setFixedWidth(theme.px(86))
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

    def _layer(self) -> tuple[int, LayerFrame] | None:
        """Return number and snapshot of the layer that is looked at."""
        frame = self.frame
        if frame is None:
            return None
        at = min(max(self.layer, 1), len(frame.layers))
        return at, frame.layers[at - 1]

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.over_time:
            return (layers_table(source, SHARES, f"{self.key}-steps"),)
        frame, found = self.frame, self._layer()
        if frame is None or found is None:
            return ()
        at, layer = found

        def units() -> Iterator[Row]:
            pairs = zip(layer.unit_z, layer.unit_derivative, strict=True)
            for unit, (z, slope) in enumerate(pairs, 1):
                yield (frame.step, at, unit, z, slope)

        def histograms() -> Iterator[Row]:
            for name, one in (("phi'(z)", layer.derivative), ("z", layer.z)):
                for low, high, count in zip(one.edges, one.edges[1:], one.counts, strict=False):
                    yield (frame.step, at, name, low, high, int(count))

        return (
            Table(self.key, ("step", "layer", "unit", "mean_z", "mean_derivative"), units),
            Table("histograms", ("step", "layer", "quantity", "low", "high", "count"), histograms),
        )

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        if self.over_time:
            at = min(max(self.layer, 1), self.layer_count)
            yield f"layer {at}"
            for share in self._shares:
                yield share.words_at(source, self.row_in(source), at)

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
        found = self._layer()
        assert found is not None
        self._show_layer()
        at, layer = found
        color = self.theme.layer_color(at, self.layer_count)
        words = self._units.draw(layer, color, self._saturated(source, at))
        self.header.subtitle.set_words(f"layer {at}, {words}")

    def _saturated(self, source: RunSource, layer: int) -> str:
        """Return the measured share at the frame's step."""
        column = source.layer_columns.get("saturated_fraction")
        step = -1 if self.frame is None else self.frame.step
        if column is None or not 0 <= step < len(column):
            return ""
        words = value_words(column.read(step, step + 1)[0, layer - 1], write=percent)
        activation = source.facts.layers[layer - 1].activation
        if self.frame is not None and layer <= len(self.frame.layers):
            activation = self.frame.layers[layer - 1].activation
        name = "inactive" if is_switch(activation) else "saturated"
        return f"{name}: {words}" if words == NOTHING else f"{words} {name}"

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        if self.over_time:
            return self._read_run(x, y)
        found = self._layer()
        if found is None or plot is not self._units.curves:
            return None
        return self._units.read(found[1], x, y)

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
