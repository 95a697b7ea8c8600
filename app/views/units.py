"""What single units of a layer say to single samples, and which of them are dead."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QResizeEvent

from app.plots import EnvelopeCurve, Follower, Plot, Scale
from app.plots.colored_image import ColoredImage
from app.plots.event_lanes import LANE
from app.plots.indices import color_table, kinds_in, linear_indices, rgba
from app.plots.linear_bar import LinearBar
from app.plots.notes import Cursor
from app.plots.text import integer, ordinal, percent
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.over_steps import StepView, marks_of
from app.views.readings import value_words
from app.views.segments import Segments
from app.views.table import Row, Table, layers_table
from app.views.unit_events import LANES, UnitEvents
from core.measure.missing import not_measured
from core.record import LayerFrame, Parts, RunSource
from core.record.columns import Envelope

_LEFT = 48.0
_STRIP = 6.0  # pixels: the edge at which silent units are marked


class UnitsView(FrameView, StepView):
    """Units from the first at the bottom, samples of the batch to the right; deaths below."""

    key = "units"
    title = "Units"
    quantities = ("dead_fraction", "derivative_mean", "activation_norm")
    x_title = "step; above: units by samples of the batch"
    empty_text = "Press Run to start: what each unit says to each sample."
    parts = Parts.MORE | Parts.ACTIVITY
    curves = True

    def _fill(self) -> None:
        self._dead = Follower(margin=0.2, shrink=0.4, smallest=1.0, low=0.0)
        self._scales = {"h": Follower(margin=0.0, shrink=0.6, smallest=1e-30)}
        self._scales["slope"] = Follower(margin=0.0, shrink=0.6, smallest=1e-30)
        self._matrix = Plot(
            Scale.WHOLE, Scale.WHOLE, left=_LEFT, bottom=3, mouse=(False, False), grid=False
        )
        self._matrix.y_layers = True
        self._matrix.overlay.set_over_image(True)
        self.plot = Plot(Scale.WHOLE, Scale.WHOLE, left=_LEFT, bottom=3, mouse=(True, False))
        self._lanes = Plot(Scale.WHOLE, Scale.NONE, left=_LEFT, mouse=(False, False), grid=False)
        self.canvas.add_plot(self._matrix, 0, 0)
        self.canvas.add_plot(self.plot, 1, 0)
        self.canvas.add_plot(self._lanes, 2, 0)
        self._bar = LinearBar(bottom=3)
        self.canvas.ci.addItem(self._bar, 0, 1)
        self._image, self._edge = ColoredImage(), ColoredImage()
        self._matrix.add(self._image)
        self._matrix.add(self._edge)
        self._curve = EnvelopeCurve()
        for item in self._curve.items:
            self.plot.add(item)
        self._events = UnitEvents(self._lanes)
        self._choice = Segments(
            (
                ("h", "h", "What each unit passes on: φ(z)"),
                ("slope", "φ′", "What each unit lets through backward: φ′(z)"),
            ),
            self,
        )
        self.header.add_control(self._choice)

    def _connect(self) -> None:
        super()._connect()
        self._choice.chosen.connect(self._on_chosen)
        self.plot.view_changed.connect(self._on_plot_moved)

    def _reset(self) -> None:
        FrameView._reset(self)
        StepView._reset(self)
        self._curve.clear_points()
        self._forget_layer()

    def _forget_layer(self) -> None:
        for follower in (self._dead, *self._scales.values()):
            follower.reset()
        self._events.forget()

    def _retheme(self, theme: Theme) -> None:
        self._bar.set_theme(theme)
        height = theme.px(LANE * len(LANES) + 24)
        self._lanes.setMinimumHeight(height)
        self._lanes.setMaximumHeight(height)
        self._events.set_theme(theme)
        self._curve.set_color(theme.color("bad"))

    def set_layer(self, number: int) -> None:
        if number != self.layer:
            self._forget_layer()
        super().set_layer(number)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.invalidate()

    @Slot()
    def _on_plot_moved(self) -> None:
        self._lanes.show_part(x=self.plot.x_range, y=(0.0, 1.0))

    def _picture(self, source: RunSource) -> Hashable:
        return (FrameView._picture(self, source), StepView._picture(self, source))

    def _steps_a_pixel(self) -> float:
        return StepView._steps_a_pixel(self)

    # Numbers -----------------------------------------------------------------------------

    def _layer(self) -> tuple[int, LayerFrame] | None:
        frame = self.frame
        if frame is None or not frame.layers:
            return None
        at = min(max(self.layer, 1), len(frame.layers))
        return at, frame.layers[at - 1]

    def _word(self, source: RunSource, at: int) -> str:
        layers = source.facts.layers
        return "channel" if at <= len(layers) and layers[at - 1].kind == "conv" else "unit"

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        found, frame = self._layer(), self.frame
        if found is None or frame is None:
            return ()
        at, layer = found

        def activity() -> Iterator[Row]:
            both = zip(layer.shown_units, layer.activity, layer.activity_slope, strict=True)
            for unit, values, slopes in both:
                for sample, (h, slope) in enumerate(zip(values, slopes, strict=True), 1):
                    yield (frame.step, at, int(unit) + 1, sample, h, slope)

        def events() -> Iterator[Row]:
            for one in source.units.events():
                yield (one.step, one.layer, one.unit + 1, one.kind)

        header = ("step", "layer", "unit", "sample", "h", "derivative")
        tables = [Table(self.key, header, activity)]
        tables.append(Table("unit_events", ("step", "layer", "unit", "event"), events))
        if "dead_fraction" in source.layer_columns:
            tables.append(layers_table(source, ("dead_fraction",), "dead_units"))
        return tuple(tables)

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        found = self._layer()
        if found is None:
            return
        at, layer = found
        self._draw_matrix(source, at, layer)
        self._draw_dead(source, at)
        self._events.draw(source, at)

    def _draw_matrix(self, source: RunSource, at: int, layer: LayerFrame) -> None:
        word = self._word(source, at)
        values = layer.activity if self._choice.key == "h" else layer.activity_slope
        units = max(len(layer.unit_z), 1)
        samples = max(values.shape[1], 1)
        every = self._every(layer)
        finite = values[np.isfinite(values)]
        # From 0 up, or around 0 in both directions: no other middle means anything.
        signed = bool(finite.size and finite.min() < 0)
        top = self._scales[self._choice.key].follow([0.0], np.abs(finite)) or (0.0, 1.0)
        high = top[1] if top[1] > 1e-29 else 1.0
        indices = linear_indices(values, -high if signed else 0.0, high)
        table = color_table(self.theme, signed=signed)
        if values.size:
            place = QRectF(0.5, 0.5, samples, every * len(values))
            self._image.show_colors(table[indices], place)
        else:
            self._image.clear_colors()
        silent = layer.unit_activity == 0
        strip = samples * _STRIP / max(self._matrix.pixels[0] - _STRIP - 3, 1.0)
        self._draw_edge(silent, strip)
        self._bar.set_scale(-high if signed else 0.0, high, kinds_in(indices), signed=signed)
        self._matrix.follow((0.5 - 1.5 * strip, samples + 0.5), (0.5, units + 0.5))
        count = int(np.count_nonzero(silent))
        words = [f"layer {at}", _title(layer)]
        if every > 1:
            words.append(f"every {ordinal(every)} {word} shown")
        told = f"{integer(count)} of {integer(units)} silent in this batch"
        words.append(f"{told} (marked)" if count else told)
        self.header.subtitle.set_words(", ".join(words[:2]) + " · " + " · ".join(words[2:]))

    @staticmethod
    def _every(layer: LayerFrame) -> int:
        shown = layer.shown_units
        return int(shown[1] - shown[0]) if len(shown) > 1 else 1

    def _draw_edge(self, silent: NDArray[np.bool_], strip: float) -> None:
        if not silent.any():
            self._edge.clear_colors()
            return
        colors = np.zeros((len(silent), 1, 4), np.uint8)
        colors[silent, 0] = rgba(self.theme.color("bad"))
        place = QRectF(0.5 - 1.5 * strip, 0.5, strip, len(silent))
        self._edge.show_colors(colors, place)

    def _draw_dead(self, source: RunSource, at: int) -> None:
        x = self._x_range(source)
        column = source.layer_columns.get("dead_fraction")
        overlay = self.plot.overlay
        overlay.show_marks(marks_of(source, self.at))
        if column is None or len(column) == 0:
            self._curve.clear_points()
            overlay.show_caption("dead units: not measured in this run")
            self.plot.follow(x, (0.0, 1.0))
            return
        start, stop, buckets = self._visible_rows(source, x)
        share = column.envelope(start, stop, buckets).of(at - 1)
        units = np.float32(source.facts.layers[at - 1].units)
        counts = (part * units for part in (share.low, share.high, share.mean))
        envelope = Envelope(share.start, share.stop, *counts)
        self._curve.show_envelope(envelope)
        self._curve.set_fine(not self.running)
        _, high = self._dead.follow(envelope.high) or (0.0, 1.0)
        self.plot.follow(x, (-0.06 * high, 1.6 * high))
        overlay.show_caption(self._told_of(source, at))

    def _told_of(self, source: RunSource, at: int) -> str:
        """Return how many are dead and what happened: ``3 of 64 units dead · 12 deaths``."""
        column = source.layer_columns["dead_fraction"]
        row = min(self.row_in(source), len(column) - 1)
        cell = column.read(row, row + 1)[0, at - 1]
        units = source.facts.layers[at - 1].units
        name = f"{self._word(source, at)}s dead"
        if np.isfinite(cell):
            words = f"{integer(round(float(cell) * units))} of {integer(units)} {name}"
        else:
            words = f"{name}: {value_words(cell)}{' at this step' if not_measured(cell) else ''}"
        told = self._events.told(source, at, None if self.at is None else row)
        return f"{words} · {told}" if told else words

    # Cursor ------------------------------------------------------------------------------

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source, found = self.source, self._layer()
        if source is None or found is None:
            return None
        if plot is self._matrix:
            return self._read_unit(source, *found, x, y)
        if not -0.5 <= x < source.steps + 0.5:
            return None
        at, _ = found
        step = self._step_at(source, x)
        lines = [f"step {integer(step)}"]
        column = source.layer_columns.get("dead_fraction")
        if column is not None and step < len(column):
            cell = column.read(step, step + 1)[0, at - 1]
            lines.append(f"dead {value_words(cell, write=percent)}")
        low, high = plot.x_range
        lines += self._events.near(x, max((high - low) / plot.pixels[0] * 1.5, 0.5))
        return Cursor(step, y, tuple(lines))

    def _read_unit(
        self, source: RunSource, at: int, layer: LayerFrame, x: float, y: float
    ) -> Cursor | None:
        every, sample = self._every(layer), round(x)
        row = int((y - 0.5) // every)
        if not (0 <= row < len(layer.activity) and sample <= layer.activity.shape[1]):
            return None
        word, unit = self._word(source, at), int(layer.shown_units[row])
        middle = 0.5 + every * (row + 0.5)
        share = float(layer.unit_activity[unit]) if unit < len(layer.unit_activity) else np.nan
        if sample < 1:
            silent = "silent: φ′ is 0 for the whole batch"
            active = silent if share == 0 else f"active for {percent(share)} of the batch"
            return Cursor(x, middle, (f"{word} {unit + 1}", active))
        lines = (
            f"{word} {unit + 1} · sample {sample} of the batch",
            f"h = {value_words(layer.activity[row, sample - 1])}",
            f"φ′ = {value_words(layer.activity_slope[row, sample - 1])}",
            f"active for {percent(share)} of the batch",
        )
        return Cursor(sample, middle, lines, box=True)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if plot is not self._matrix:
            StepView._pick(self, plot, x, y)

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        height = min(max(self.height() * 0.17, 46.0), 104.0)
        self.plot.setMinimumHeight(height)
        self.plot.setMaximumHeight(height)


def _title(layer: LayerFrame) -> str:
    # Nobody draws before this has been loaded: see FrameView.curves.
    from core.network.activations import activation_for

    return activation_for(layer.activation).title
