"""A quantity of every layer at every step, over all decades."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRectF

from app.plots import ColorBar, Follower, HeatImage, Plot, Scale, index_image
from app.plots.heat_image import decades
from app.plots.notes import Cursor
from app.plots.text import integer, number
from app.theme import Theme
from app.views.faces import FaceView
from app.views.over_steps import StepView, marks_of
from app.views.table import Table, layers_table
from core.measure.missing import not_measured
from core.record import RunSource
from core.record.columns import Envelope


class HeatmapView(FaceView, StepView):
    """Layers from the input at the bottom to the output on top, steps to the right."""

    key = "heatmap"
    title = "Gradient heatmap"
    empty_text = "Press Run to start: every layer at every step, dark is small."

    def _fill(self) -> None:
        self._colors = Follower(margin=0.02, shrink=0.5, smallest=1.0)
        self.plot = Plot(Scale.WHOLE, Scale.WHOLE, left=34, mouse=(True, False), grid=False)
        self.plot.y_layers = True
        self.plot.overlay.set_over_image(True)
        self.canvas.add_plot(self.plot)
        self._bar = ColorBar()
        self.canvas.ci.addItem(self._bar, 0, 1)
        self._image = HeatImage()
        self.plot.add(self._image)
        self._add_faces()

    def _reset(self) -> None:
        super()._reset()
        self._colors.reset()
        self._image.clear_indices()

    def _retheme(self, theme: Theme) -> None:
        self._image.set_theme(theme)
        self._bar.set_theme(theme)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.face.quantity not in source.layer_columns:
            return ()
        return (layers_table(source, (self.face.quantity,), self.key),)

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        layers = self.layer_count
        x = self._x_range(source, -0.5)
        start, stop, buckets = self._visible_rows(source, x)
        column = source.layer_columns.get(self.face.quantity)
        if column is None or len(column) == 0:
            self._image.clear_indices()
            self.plot.overlay.show_note("not measured in this run")
        else:
            envelope = column.envelope(start, stop, buckets)
            self._draw_image(envelope)
            self.plot.overlay.show_note("")
        self.plot.follow(x, (0.5, layers + 0.5))
        self.plot.overlay.show_marks(marks_of(source, self.at))
        self.plot.overlay.show_row(self.layer)
        self.header.subtitle.set_words(f"log₁₀ {self.face.symbol}")

    def _draw_image(self, envelope: Envelope) -> None:
        # A mean that overflows is not an infinite measurement.
        values = np.where(
            np.isinf(envelope.mean) & np.isfinite(envelope.high), envelope.high, envelope.mean
        )
        low, high = decades(values)
        scale = self._colors.follow([low, high]) or (-1.0, 0.0)
        indices = index_image(values, *scale)
        size = int((envelope.stop - envelope.start).max()) if len(values) else 1
        # The first bucket may be a part of one, and lies at the left edge anyway.
        left = int(envelope.stop[0]) - size - 0.5 if len(values) else -0.5
        place = QRectF(left, 0.5, size * len(values), values.shape[1])
        self._image.show_indices(indices, place)
        self._bar.set_scale(*scale, self._image.kinds())

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        column = source.layer_columns.get(self.face.quantity) if source is not None else None
        if source is None or column is None or not -0.5 <= x < len(column) - 0.5:
            return None
        step, layer = self._step_at(source, x), round(y)
        if not (1 <= layer <= (column.width or 0) and step < len(column)):
            return None
        cell = column.read(step, step + 1)[0, layer - 1]
        value = float(cell)
        words = "exactly 0" if value == 0 else number(value, 3)
        sign = "=" if math.isfinite(value) and value != 0 else "is"
        if not_measured(cell):
            words = "not measured"
        title = f"layer {layer} · step {integer(step)}"
        return Cursor(step, layer, (title, f"{self.face.symbol} {sign} {words}"), box=True)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        super()._pick(plot, x, y)
        self._select(round(y))
