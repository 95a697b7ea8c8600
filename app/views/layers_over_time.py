"""Any quantity of all layers over the steps, a line a layer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import Qt, Slot

from app.plots import Follower, Plot, Rule, Scale
from app.plots.envelope_curve import scaled
from app.plots.notes import Cursor
from app.plots.ranges import PATIENCE
from app.plots.text import integer
from app.theme import Theme
from app.views.compared import other_than
from app.views.layer_lines import LayerLines
from app.views.over_steps import StepView, marks_of
from app.views.readings import layers_told, quantity_words
from app.views.segments import Choice
from app.views.table import Table, layers_table
from core.measure import LAYER_QUANTITIES, QUANTITIES
from core.record import RunSource

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
        self._y = Follower(margin=0.06, smallest=0.5, patience=PATIENCE)
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self.canvas.add_plot(self.plot)
        self._lines = LayerLines(self.plot)
        self._chooser = Choice(self)
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
        self._y = Follower(margin=0.06, smallest=0.5 if log else 1e-6, patience=PATIENCE)
        self.plot.set_scales(Scale.WHOLE, Scale.LOG if log else Scale.LINEAR)
        self.plot.follow_again()
        self._lines.clear_points()
        self.apply_theme(self.theme)  # the help is another one

    def _reset(self) -> None:
        super()._reset()
        self._y.reset()
        self._lines.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._lines.set_theme(theme)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.quantity not in source.layer_columns:
            return ()
        return (layers_table(source, (self.quantity,), self.key),)

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        column = source.layer_columns.get(self.quantity)
        return layers_told(QUANTITIES[self.quantity].symbol, column, self.at, self.layer)

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        x = self._x_range(source)
        rows = self._visible_rows(source, x)
        column, quantity = source.layer_columns[self.quantity], QUANTITIES[self.quantity]
        fine = not self.running
        self._lines.draw(column, rows, self.layer, self.theme, log=quantity.log, fine=fine)
        other = other_than(source, self.reference)
        self._lines.draw_reference(other, self.quantity, rows, self.layer, log=quantity.log)
        nothing = not any(np.isfinite(one).any() for one in self._lines.spans)
        y = self._y.follow(*self._lines.spans)
        if y is not None:
            self.plot.follow(x, y)
        rules = tuple(
            Rule(float(scaled(at, log=quantity.log)), text)
            for at, text in _RULES.get(self.quantity, ())
        )
        overlay = self.plot.overlay
        overlay.show_note(self._why_empty() if nothing else "")
        tags = self._lines.tags(self.layer_count, self.layer, None)
        overlay.show_tags(tags, self._named(), calm=self.running, about=(self.layer, self.at))
        overlay.show_rules(() if nothing else rules)
        overlay.show_marks(marks_of(source, self.at))
        self.header.subtitle.set_words(quantity.symbol)

    def _named(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        return self._lines.tagged_lines(self.layer_count, self.layer)

    def _why_empty(self) -> str:
        return (
            "no layer has a learned slope (PReLU)"
            if self.quantity == "learned_slope"
            else "nothing to draw: 0 or not a number"
        )

    # Reading -----------------------------------------------------------------------------

    def _nearest(self, x: float, y: float) -> tuple[int, int] | None:
        """Return step and layer of the line that is nearest above or below a point."""
        source = self.source
        if source is None or source.steps == 0:
            return None
        step = self._step_at(source, x)
        column = source.layer_columns[self.quantity]
        values = scaled(column.read(step, step + 1)[0], log=QUANTITIES[self.quantity].log)
        far = np.abs(values - y)
        if not np.isfinite(far).any():
            return None
        return step, int(np.nanargmin(far)) + 1

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        found = self._nearest(x, y)
        if found is None or self.source is None:
            return None
        step, layer = found
        cell = self.source.layer_columns[self.quantity].read(step, step + 1)[0, layer - 1]
        words = quantity_words(QUANTITIES[self.quantity].symbol, cell)
        lines = (f"step {integer(step)} · layer {layer}", words)
        return Cursor(step, y, lines)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        found = self._nearest(x, y)
        if found is not None:
            self._select(found[1])
