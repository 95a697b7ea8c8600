"""Any quantity of all layers over the steps, a line a layer."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox

from app.plots import EnvelopeCurve, Follower, Line, Plot, Rule, Scale, Tag, log10
from app.plots.envelope_curve import centers
from app.plots.notes import Cursor
from app.plots.text import integer, number
from app.views.over_steps import StepView, marks_of
from app.views.table import Table, layers_table
from core.measure import LAYER_QUANTITIES, QUANTITIES
from core.record import RunSource

MOST_LINES = 32  # more cannot be told apart; the first, the last and the chosen one are kept
_RULES = {
    "update_ratio": ((1e-3, "healthy about 0.001"),),
    "learned_slope": ((0.25, "start 0.25"), (0.0, "ReLU"), (1.0, "linear")),
    "saturated_fraction": ((0.5, "half"),),
}


class LayersOverTimeView(StepView):
    """A line a layer in the colour of its depth; the chosen layer with the band of its steps."""

    key = "layers"
    title = "Layers over time"
    empty_text = "Press Run to start: each layer draws a line here."

    def _fill(self) -> None:
        self._y = Follower(margin=0.06, smallest=0.5)
        self._lines: list[Line] = []
        self._chosen = EnvelopeCurve()
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self.canvas.add_plot(self.plot)
        for item in self._chosen.items:
            item.setZValue(2)
            self.plot.add(item)
        self._chooser = QComboBox(self)
        for name in LAYER_QUANTITIES:
            quantity = QUANTITIES[name]
            self._chooser.addItem(quantity.title, name)
            self._chooser.setItemData(
                self._chooser.count() - 1, quantity.reading, Qt.ItemDataRole.ToolTipRole
            )
        self._chooser.setCurrentIndex(self._chooser.findData("weight_grad_norm"))
        self._chooser.setProperty("small", "true")
        self._chooser.setAccessibleName("Quantity")
        self._chooser.setToolTip("What the lines are")
        self.header.add_control(self._chooser)

    def _connect(self) -> None:
        super()._connect()
        self._chooser.currentIndexChanged.connect(self._on_chosen)

    @property
    def quantity(self) -> str:
        """Name of what is shown."""
        return str(self._chooser.currentData())

    def show_quantity(self, name: str) -> None:
        """Show another one of ``core.measure.LAYER_QUANTITIES``."""
        self._chooser.setCurrentIndex(self._chooser.findData(name))

    def _help_names(self) -> tuple[str, ...]:
        return (self.quantity,)

    @Slot()
    def _on_chosen(self) -> None:
        log = QUANTITIES[self.quantity].log
        self._y = Follower(margin=0.06, smallest=0.5 if log else 1e-6)
        self.plot.set_scales(Scale.WHOLE, Scale.LOG if log else Scale.LINEAR)
        self.plot.follow_again()
        self._clear()
        self.apply_theme(self.theme)  # the help is another one

    def _reset(self) -> None:
        super()._reset()
        self._y.reset()
        self._clear()

    def _clear(self) -> None:
        self._chosen.clear_points()
        for line in self._lines:
            line.clear_points()

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.quantity not in source.layer_columns:
            return ()
        return (layers_table(source, (self.quantity,), self.key),)

    # Drawing -----------------------------------------------------------------------------

    def _layers(self) -> list[int]:
        """Return the numbers of the layers drawn, from the input."""
        count = self.layer_count
        if count <= MOST_LINES:
            return list(range(1, count + 1))
        some = {round(at) for at in np.linspace(1, count, MOST_LINES)}
        return sorted(some | ({self.layer} if 1 <= self.layer <= count else set()))

    def _draw(self, source: RunSource) -> None:
        x = self._x_range(source)
        start, stop, buckets = self._visible_rows(source, x)
        column = source.layer_columns[self.quantity]
        envelope = column.envelope(start, stop, max(8, buckets // 3))
        quantity, layers = QUANTITIES[self.quantity], self._layers()
        self._provide(len(layers))
        place, tags, shown = centers(envelope), list[Tag](), list[np.ndarray]()
        for line, layer in zip(self._lines, layers, strict=False):
            mean = self._scaled(envelope.mean[:, layer - 1], log=quantity.log)
            line.set_color(self.theme.layer_color(layer, self.layer_count))
            line.show_points(place, mean)
            shown.append(mean)
            if layer in (self.layer, layers[0], layers[-1]) and np.isfinite(mean).any():
                at = np.flatnonzero(np.isfinite(mean))[-1]
                color = "text" if layer == self.layer else "muted"
                tags.append(Tag(float(place[at]), float(mean[at]), f"layer {layer}", color))
        shown += self._draw_chosen(source, (start, stop, max(8, buckets // 3)), log=quantity.log)
        rules = tuple(
            Rule(float(self._scaled(np.array([at]), log=quantity.log)[0]), text)
            for at, text in _RULES.get(self.quantity, ())
        )
        y = self._y.follow(*shown)
        if y is not None:
            self.plot.follow(x, y)
        nothing = not any(np.isfinite(one).any() for one in shown)
        self.plot.overlay.show_note(self._why_empty() if nothing else "")
        tags.sort(key=lambda tag: tag.color != "text")  # the chosen one has its place first
        lines = tuple((place, one) for one in shown[:3])
        self.plot.overlay.show_tags(tuple(tags), lines, calm=self.running)
        self.plot.overlay.show_rules(() if nothing else rules)
        self.plot.overlay.show_marks(marks_of(source, self.at))
        self.header.subtitle.set_words(quantity.symbol)

    def _draw_chosen(
        self, source: RunSource, rows: tuple[int, int, int], *, log: bool
    ) -> list[np.ndarray]:
        """Draw the band of the chosen layer: what its single steps were."""
        if not 1 <= self.layer <= self.layer_count:
            self._chosen.clear_points()
            return []
        envelope = source.layer_columns[self.quantity].envelope(*rows).of(self.layer - 1)
        self._chosen.set_color(self.theme.color("text"))
        self._chosen.show_envelope(envelope, log=log)
        self._chosen.set_fine(not self.running)
        return [self._scaled(part, log=log) for part in (envelope.low, envelope.high)]

    def _why_empty(self) -> str:
        return (
            "no layer has a learned slope (PReLU)"
            if self.quantity == "learned_slope"
            else "nothing to draw: 0 or not a number"
        )

    def _provide(self, count: int) -> None:
        while len(self._lines) < count:
            line = Line()
            self._lines.append(line)
            self.plot.add(line)
        for line in self._lines[count:]:
            line.clear_points()

    @staticmethod
    def _scaled(values: np.ndarray, *, log: bool) -> np.ndarray:
        return log10(values) if log else np.asarray(values, np.float64)

    def _nearest(self, x: float, y: float) -> tuple[int, int] | None:
        """Return step and layer of the line that is nearest above or below a point."""
        source = self.source
        if source is None or source.steps == 0:
            return None
        step = self._step_at(source, x)
        column = source.layer_columns[self.quantity]
        values = self._scaled(column.read(step, step + 1)[0], log=QUANTITIES[self.quantity].log)
        far = np.abs(values - y)
        if not np.isfinite(far).any():
            return None
        return step, int(np.nanargmin(far)) + 1

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        found = self._nearest(x, y)
        if found is None or self.source is None:
            return None
        step, layer = found
        value = float(self.source.layer_columns[self.quantity].read(step, step + 1)[0][layer - 1])
        quantity = QUANTITIES[self.quantity]
        lines = (
            f"step {integer(step)} · layer {layer}",
            f"{quantity.symbol} = {number(value, 3)}",
        )
        return Cursor(step, y, lines)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        found = self._nearest(x, y)
        if found is not None:
            self._select(found[1])
