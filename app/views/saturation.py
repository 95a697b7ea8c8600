"""Where the units of a layer sit on the derivative of their activation."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSpinBox

from app.plots import Plot
from app.plots.notes import Cursor
from app.plots.text import integer, percent
from app.theme import Theme
from app.views.base import View
from app.views.of_frame import FrameView
from app.views.over_steps import marks_of
from app.views.readings import NOTHING, value_words
from app.views.saturation_steps import SHARES, SharePicture
from app.views.saturation_units import UnitsPicture, is_switch
from app.views.segments import Segments
from app.views.stack import AXIS, StackView
from app.views.table import Row, Table, layers_table
from core.record import LayerFrame, RunSource

NOW, RUN, BOTH = "now", "run", "both"
_TITLES = {NOW: "z", RUN: "step", BOTH: "z; below: step"}
_TALL = 370  # pixels from which on there is room for the layers below the units
_PART = 0.15  # of the height that each of the pictures below takes
_ANY = 16_777_215.0  # Qt's word for no limit


class SaturationView(FrameView, StackView):
    """phi and phi' of a layer, each unit as a dot, with the histograms of phi'(z) and z.

    Below it where there is room, or instead of it: mean phi' and share of saturated units of
    every layer over the run.
    """

    key = "saturation"
    title = "Saturation"
    quantities = ("saturated_fraction", "derivative_mean", "dead_fraction")
    curves = True
    x_title = "z"
    empty_text = "Press Run to start: the units of a layer ride on φ′ here."

    def _fill(self) -> None:
        self._laid: tuple[int, str] | None = None  # what rows were laid out for
        self._units = UnitsPicture()
        self._z = self._units.z
        self._shares = tuple(SharePicture(one, lowest=one is SHARES[-1]) for one in SHARES)
        self.stack = tuple(share.plot for share in self._shares)
        self.plot = self.stack[-1]
        units = self._units
        now = ((units.curves, 0, 0), (units.passed, 0, 1), (units.summed, 1, 0))
        run = tuple(
            (item, row, column)
            for row, share in enumerate(self._shares)
            for column, item in enumerate((share.plot, share.bar))
        )
        below = tuple((item, len(self._shares) + row, column) for item, row, column in run)
        self._places = {NOW: now, RUN: run, BOTH: (*now, *below)}
        self._placed: tuple[tuple[Any, int, int], ...] = ()
        for places in (now, run):  # both share cells: one of them is in the layout
            self._take_out()
            self._placed = places
            for item, row, column in places:
                if isinstance(item, Plot):
                    self.canvas.add_plot(item, row, column)
                else:
                    self.canvas.ci.addItem(item, row, column)
        self._when = Segments(
            (
                (NOW, "now", "The units of the chosen layer at this step"),
                (RUN, "over time", "All layers at every step"),
            ),
            self,
        )
        self.header.add_control(self._when)
        self._chooser = QSpinBox(self)
        self._chooser.setPrefix("layer ")
        self._chooser.setRange(1, 1)
        self._chooser.setKeyboardTracking(False)
        self._chooser.setProperty("small", "true")
        self._chooser.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._chooser.setToolTip("Layer to look at, 1 is nearest the input")
        self.header.add_control(self._chooser)
        self._arrange()

    def _connect(self) -> None:
        super()._connect()
        self._chooser.valueChanged.connect(self._on_layer_chosen)
        self._when.chosen.connect(self._on_when_chosen)

    @property
    def arrangement(self) -> str:
        """What is shown: units at one step, layers over the run, or one above the other."""
        if self._when.key == RUN:
            return RUN
        return BOTH if self.canvas.height() >= self.theme.px(_TALL) else NOW

    @property
    def over_time(self) -> bool:
        """Whether all steps are shown and no single one."""
        return self.arrangement == RUN

    def _arrange(self) -> None:
        """Place what is shown in the canvas; the rest would keep its room there."""
        arrangement = self.arrangement
        laid = (self.canvas.height(), arrangement)
        if laid == self._laid:
            return
        if self._laid is None or self._laid[1] != arrangement:
            self._take_out()
            self._placed = self._places[arrangement]
            layout: Any = self.canvas.ci.layout
            for item, row, column in self._placed:
                layout.addItem(item, row, column)
                item.setVisible(True)
            self._footer.set_title(_TITLES[arrangement])
            self._chooser.setVisible(arrangement != RUN)
        self._laid = laid
        self._stretch(arrangement)

    def _take_out(self) -> None:
        layout: Any = self.canvas.ci.layout
        for item, _, _ in self._placed:
            layout.removeItem(item)
            item.setVisible(False)

    def _stretch(self, arrangement: str) -> None:
        """Make both pictures over time of one height: the axis of the lower one comes on top."""
        room = self.canvas.height() - 12 - AXIS  # less margins and spacing
        height = max(1.0, room / 2 if arrangement == RUN else room * _PART)
        fixed = arrangement == BOTH
        layout: Any = self.canvas.ci.layout
        for plot, most in zip(self.stack, (height, height + AXIS), strict=True):
            plot.setPreferredHeight(most)
            plot.setMinimumHeight(most if fixed else 0.0)
            plot.setMaximumHeight(most if fixed else _ANY)
        for row in range(2 * len(self.stack)):
            factor = int(row == 0 or (arrangement == RUN and row == 1))
            if layout.rowStretchFactor(row) != factor:
                layout.setRowStretchFactor(row, factor)
        layout.activate()

    @Slot(str)
    def _on_when_chosen(self, key: str) -> None:
        self._arrange()
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
        steps = (layers_table(source, SHARES, f"{self.key}-steps"),)
        if self.over_time:
            return steps
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
            *(steps if self.arrangement == BOTH else ()),
        )

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        if self.arrangement != NOW:
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
        run, now = View._picture(self, source), super()._picture(source)
        return {NOW: (now,), RUN: (run,), BOTH: (now, run)}[self.arrangement]

    def _steps_a_pixel(self) -> float:
        alone = self.arrangement == NOW
        return super()._steps_a_pixel() if alone else StackView._steps_a_pixel(self)

    def _shown_step(self, source: RunSource) -> int:
        return View._shown_step(self, source) if self.over_time else super()._shown_step(source)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if plot in self.stack:
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
        self._arrange()
        if self.arrangement != RUN:
            self._draw_now(source)
        if self.arrangement != NOW:
            self._draw_run(source)
        if self.arrangement == RUN:
            self.header.subtitle.set_words("of every layer")

    def _draw_run(self, source: RunSource) -> None:
        x = self._x_range(source, -0.5)
        rows = self._visible_rows(source, x)
        for share in self._shares:
            share.draw(source, rows)
            share.plot.follow(x, (0.5, self.layer_count + 0.5))
            share.plot.overlay.show_row(self.layer)
        if self.arrangement == BOTH:  # too low for words, which stand in the views beside it
            lines = tuple(replace(mark, text="") for mark in marks_of(source, self.at))
            for plot in self.stack:
                plot.overlay.show_marks(lines)
        else:
            self._show_marks(source)

    def _draw_now(self, source: RunSource) -> None:
        found = self._layer()
        assert found is not None
        self._show_layer()
        at, layer = found
        color = self.theme.layer_color(at, self.layer_count)
        saturated = self._saturated(source, at)
        words = self._units.draw(at, layer, color, saturated, calm=self.running and self.at is None)
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
        if plot in self.stack:
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
