"""How far each layer has moved from the weights it began with."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent

from app.plots import Follower, Plot, Scale
from app.plots.depth_bars import DepthBar, DepthBars
from app.plots.notes import Cursor
from app.plots.text import integer, ordinal
from app.theme import Theme
from app.views.layer_lines import LayerLines
from app.views.over_steps import marks_of
from app.views.readings import cell_of, row_at, special_words, value_words
from app.views.segments import Segments
from app.views.stack import StackView
from app.views.table import Table, layers_table
from core.measure.missing import NOT_MEASURED
from core.record import RunSource
from core.record.chunks import Array

_WIDE = 560  # pixels of the view from which the bars stand beside the lines


class RaceView(StackView):
    """Distance travelled, a line a layer, with the field as it stands in bars beside it."""

    key = "race"
    title = "Learning-speed race"
    quantities = ("weight_distance",)
    empty_text = "Press Run to start: how far each layer moves is drawn here."

    def _fill(self) -> None:
        self._log = True
        self._y = Follower(margin=0.1, smallest=1.0)
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self._field = Plot(Scale.LOG, Scale.WHOLE, left=28, mouse=(False, False))
        self._field.y_layers = True
        self.canvas.add_plot(self.plot, 0, 0)
        self.canvas.add_plot(self._field, 0, 1)
        self._field.setMinimumWidth(170)
        self._field.setMaximumWidth(230)
        self.stack, self.shares = (self.plot,), (1,)
        self._lines = LayerLines(self.plot)
        self._bars = DepthBars(self._field)
        self._bar_words: tuple[str, ...] = ()
        self._scale = Segments(
            (("lin", "lin", "Linear axis"), ("log", "log", "Logarithmic axis")), self
        )
        self._scale.choose("log")
        self.header.add_control(self._scale)

    def _connect(self) -> None:
        super()._connect()
        self._scale.chosen.connect(self._on_scale_chosen)

    def _reset(self) -> None:
        super()._reset()
        self._y.reset()
        self._lines.clear_points()
        self._bars.show_bars(())

    def _retheme(self, theme: Theme) -> None:
        self._lines.set_theme(theme)
        self._bars.set_theme(theme)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if "weight_distance" not in source.layer_columns:
            return ()
        return (layers_table(source, ("weight_distance",), self.key),)

    @Slot(str)
    def _on_scale_chosen(self, key: str) -> None:
        self._log = key == "log"
        self._y = Follower(
            margin=0.1,
            smallest=1.0 if self._log else 1e-12,
            low=None if self._log else 0.0,
        )
        scale = Scale.LOG if self._log else Scale.LINEAR
        self.plot.set_scales(Scale.WHOLE, scale)
        self._field.set_scales(scale, Scale.WHOLE)
        self.plot.follow_again()
        self._said = 0.0
        self.invalidate()

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        x = self._x_range(source)
        rows = self._visible_rows(source, x)
        column = source.layer_columns["weight_distance"]
        fine = not self.running
        self._lines.draw(column, rows, self.layer, self.theme, log=self._log, fine=fine)
        self._lines.draw_reference(
            self.reference, "weight_distance", rows, self.layer, log=self._log
        )
        found = row_at(column, self.at)
        values = np.full(self.layer_count, NOT_MEASURED) if found is None else found[1]
        y = self._y.follow(*self._lines.spans)
        if y is not None:
            self.plot.follow(x, y)
        self.plot.overlay.show_marks(marks_of(source, self.at))
        say = self._may_say()
        if self._field.isVisible():
            self._draw_field(values, say=say)
        if say:
            live = values if self.at is None and self.plot.following else None
            tags = self._lines.tags(len(values), self.layer, live)
            self.plot.overlay.show_tags(tags, self._lines.tagged_lines(len(values), self.layer))
            self.plot.overlay.show_note(special_words(values) if self._log else "")
            self.header.subtitle.set_words(self._words(values))

    def _draw_field(self, values: Array, *, say: bool) -> None:
        count = len(values)
        if say or len(self._bar_words) != count:
            self._bar_words = tuple(value_words(value, 2) for value in values)
        bars = tuple(
            DepthBar(
                layer,
                self._place(float(value)),
                self.theme.layer_color(layer, count),
                self._bar_words[layer - 1],
            )
            for layer, value in enumerate(values, 1)
        )
        self._bars.show_bars(bars, self.layer)
        low, high = self.plot.y_range
        # Room behind the longest bar for its number.
        room = min(self.theme.px(62) / self._field.pixels[0], 0.6)
        self._field.follow((low, low + (high - low) / (1 - room)), (0.4, count + 0.6))

    def _place(self, value: float) -> float:
        if not math.isfinite(value):
            return math.nan
        if self._log:
            return math.log10(value) if value > 0 else math.nan
        return value

    def _words(self, values: Array) -> str:
        count = len(values)
        if count < 2:
            return f"it has moved {value_words(values[0], 2)}" if count else ""
        last, first = value_words(values[-1], 2), value_words(values[0], 2)
        return f"layer {count} has moved {last}, layer 1 {first}"

    def _order(self, values: Array) -> dict[int, int]:
        """Return the rank of each layer that has a place in the race, the farthest 1."""
        finite = np.flatnonzero(np.isfinite(values))
        order = finite[np.argsort(-values[finite], kind="stable")]
        return {int(at) + 1: rank for rank, at in enumerate(order, 1)}

    # Reading -----------------------------------------------------------------------------

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        if source is None or source.steps == 0:
            return None
        column = source.layer_columns["weight_distance"]
        if plot is self._field:
            found, layer = row_at(column, self.at), round(y)
            if found is None or not 1 <= layer <= len(found[1]):
                return None
            return self._cursor(x, y, found[0], layer, found[1])
        step = self._step_at(source, x)
        values = column.read(step, step + 1)[0]
        layer = self._nearest(values, y)
        return None if layer is None else self._cursor(step, y, step, layer, values)

    def _cursor(self, x: float, y: float, step: int, layer: int, values: Array) -> Cursor:
        words = value_words(cell_of((step, values), layer))
        rank = self._order(values).get(layer)
        place = "" if rank is None else f" · {ordinal(rank)} of {len(values)}"
        lines = (f"layer {layer} · step {integer(step)}", f"moved {words}{place}")
        return Cursor(x, y, lines)

    def _nearest(self, values: Array, y: float) -> int | None:
        places = np.array([self._place(float(value)) for value in values])
        far = np.abs(places - y)
        return int(np.nanargmin(far)) + 1 if np.isfinite(far).any() else None

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if plot is self._field:
            self._select(round(y))
            return
        super()._pick(plot, x, y)
        layer = self._lines.hit(plot.to_pixels(x, y), self.layer_count, self.layer)
        if layer is not None:
            self._select(layer)

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= self.theme.px(_WIDE)
        if self._field.isVisible() is not wide:
            self._field.setVisible(wide)
        super().resizeEvent(event)


__all__ = ["RaceView"]
