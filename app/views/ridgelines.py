"""Distributions down the page: of all layers in one batch, or of one layer over the run."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QToolButton

from app.plots import Follower, Plot, Scale, step_stop
from app.plots.notes import Cursor
from app.plots.ranges import Range
from app.plots.ridges import Ridge, Ridges
from app.plots.row_words import RowLabels, RowShares
from app.plots.text import integer, power
from app.theme import Theme
from app.views.distribution import unit_of
from app.views.of_frame import FrameView, snapshots
from app.views.ridge_rows import (
    Row,
    distribution_tables,
    layer_rows,
    stride_for,
    time_rows,
)
from app.views.ridge_shapes import count_below, ends_of, highest_density, ridge_of, words_of
from app.views.table import Table
from core.record import Frame, Parts, RunSource

LEFT = 44.0
NARROW = 520  # pixels of a view in which words beside the rows get less room


@dataclass(frozen=True, slots=True)
class Shown:
    """A quantity of a layer that has a distribution."""

    name: str
    symbol: str
    title: str
    help_name: str
    log: bool


QUANTITIES = (
    Shown("z", "z", "Pre-activation", "preactivation_std", log=False),
    Shown("h", "h", "Activation", "activation_std", log=False),
    Shown("derivative", "φ′(z)", "Derivative", "derivative_mean", log=False),
    Shown("delta", "δ", "Error signal", "delta_norm", log=True),
    Shown("gradient", "∂L/∂W", "Weight gradient", "weight_grad_norm", log=True),
    Shown("weight", "W", "Weights", "weight_norm", log=False),
)


class RidgelinesView(FrameView):
    """A ridge a layer, input at the bottom; or a ridge a snapshot, the oldest at the back."""

    key = "ridgelines"
    title = "Distributions"
    parts = Parts.MORE | Parts.LOGS
    x_title = "value"
    empty_text = "Press Run to start: how the values of each layer spread is drawn here."

    def _fill(self) -> None:
        self._logs = {one.name: one.log for one in QUANTITIES}  # each keeps its own axis
        self._x = self._make_follower(log=True)
        self._stop = 0.0
        self._rows: list[Row] = []
        self.plot = Plot(Scale.LOG, Scale.NONE, left=LEFT, mouse=(True, False))
        self.canvas.add_plot(self.plot)
        self._ridges = Ridges()
        self.plot.add(self._ridges)
        self._labels = RowLabels(self.plot)
        self._apart = RowShares(self.plot)
        self.canvas.ci.addItem(self._apart, 0, 1)
        self._build_controls()

    def _build_controls(self) -> None:
        self._chooser = QComboBox(self)
        for place, one in enumerate(QUANTITIES):
            self._chooser.addItem(one.symbol, one.name)
            self._chooser.setItemData(place, one.title, Qt.ItemDataRole.ToolTipRole)
        self._chooser.setCurrentIndex(self._chooser.findData("delta"))
        self._chooser.setProperty("small", "true")
        self._chooser.setAccessibleName("Quantity")
        self._chooser.setToolTip("Whose distribution")
        self._time = self._toggle("time", "The chosen layer over the run, the oldest at the back")
        self._scale = self._toggle("log", "Magnitudes in decades; exact zeros stand at the right")
        self._scale.setChecked(True)
        self._common = self._toggle(
            "=",
            "One height scale for all ridges, that of their densities;\n"
            "else each is as high as its own maximum",
        )
        for control in (self._chooser, self._time, self._scale, self._common):
            self.header.add_control(control)

    def _toggle(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setCheckable(True)
        button.setProperty("segment", "only")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _connect(self) -> None:
        super()._connect()
        self._chooser.currentIndexChanged.connect(self._on_chosen)
        self._time.toggled.connect(self._on_time_toggled)
        self._scale.toggled.connect(self._on_scale_toggled)
        self._common.toggled.connect(self.invalidate)

    def _reset(self) -> None:
        super()._reset()
        self._x.reset()
        self._stop = 0.0
        self._apart.set_width(0.0)

    def _retheme(self, theme: Theme) -> None:
        self._ridges.set_colors(theme.color("plot"), theme.color("text"), theme.color("grid"))
        self._labels.set_theme(theme)
        self._apart.set_theme(theme)

    # Public ------------------------------------------------------------------------------

    @property
    def quantity(self) -> Shown:
        """What is shown."""
        return QUANTITIES[self._chooser.currentIndex()]

    @property
    def over_time(self) -> bool:
        """Whether the ridges are snapshots of one layer."""
        return self._time.isChecked()

    @property
    def log(self) -> bool:
        """Whether magnitudes are shown."""
        return self._logs[self.quantity.name]

    def show_quantity(self, name: str) -> None:
        """Show another one: z, h, derivative, delta, gradient or weight."""
        self._chooser.setCurrentIndex(self._chooser.findData(name))

    def show_over_time(self, over_time: bool) -> None:
        """Show the chosen layer over the run, or all layers."""
        self._time.setChecked(over_time)

    def show_log(self, log: bool) -> None:
        """Show magnitudes, or values."""
        self._scale.setChecked(log)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        frame, name, log = self.frame, self.quantity.name, self.log
        if frame is None:
            return ()
        layer = min(max(self.layer, 1), len(frame.layers))
        if self.over_time:
            chosen = [(one, layer) for one in snapshots(source, frame)]
        else:
            chosen = [(frame, number) for number in range(1, len(frame.layers) + 1)]
        return distribution_tables(chosen, name, self.key, log=log)

    # Slots -------------------------------------------------------------------------------

    @Slot()
    def _on_chosen(self) -> None:
        self._scale.blockSignals(True)
        self._scale.setChecked(self.log)
        self._scale.blockSignals(False)
        self._start_anew()

    @Slot(bool)
    def _on_time_toggled(self, over_time: bool) -> None:
        self._start_anew()

    @Slot(bool)
    def _on_scale_toggled(self, log: bool) -> None:
        self._logs[self.quantity.name] = log
        self._start_anew()

    def _start_anew(self) -> None:
        self._x = self._make_follower(log=self.log)
        self._stop = 0.0
        self._apart.set_width(0.0)
        self.plot.set_scales(Scale.LOG if self.log else Scale.LINEAR, Scale.NONE)
        self.plot.follow_again()
        self.apply_theme(self.theme)  # the help is another one

    # Drawing -----------------------------------------------------------------------------

    def _help_names(self) -> tuple[str, ...]:
        return (self.quantity.help_name,)

    def _picture(self, source: RunSource) -> Hashable:
        frames = source.history.frames
        newest = frames[-1].step if frames and self.over_time else 0
        return (super()._picture(source), newest // stride_for(newest))

    @staticmethod
    def _make_follower(*, log: bool) -> Follower:
        if log:  # whole decades
            return Follower(margin=0.0, shrink=0.5, smallest=2.0, patience=30)
        return Follower(margin=0.03, shrink=0.45, smallest=1e-44, patience=30)

    def _draw(self, source: RunSource) -> None:
        frame = self.frame
        if frame is None or not frame.layers:
            return
        self._rows = self._rows_of(source, frame)
        low, high = self._x_range()
        unit = 1.0 if self.log else unit_of(low, high)
        x = (low / unit, high / unit)
        if self.plot.following:
            self.plot.set_x_unit(unit)
        y, height = self._y_range(source, frame)
        ridges = self._ridges_of(height, self.plot.x_unit)
        self._ridges.show_ridges(ridges, QRectF(x[0], y[0], x[1] - x[0], y[1] - y[0]))
        self.plot.follow(x, y)
        words = words_of(self._rows)
        self._labels.show_rows(words)
        self._apart.show_rows(words)
        if any(one.shares for one in words):  # once there it stays, so that nothing jumps
            least = 86.0 if self.width() < self.theme.px(NARROW) else 108.0
            most = max(least, 0.3 * self.width() / self.theme.scale)
            self._apart.set_width(min(max(least, self._apart.needed_width()), most))
        self.plot.overlay.show_note(self._why_empty())
        self.plot.overlay.show_caption(self._tail(low))
        self._say(frame)

    def _rows_of(self, source: RunSource, frame: Frame) -> list[Row]:
        name, log = self.quantity.name, self.log
        layer = min(max(self.layer, 1), len(frame.layers))
        if self.over_time:
            return time_rows(source, frame, layer, name, log=log, compared=self.reference)
        compared = None
        if self.reference is not None:
            compared = self.reference.history.nearest(frame.step)
        return layer_rows(frame, layer, name, log=log, compared=compared)

    def _x_range(self) -> Range:
        ends = ends_of(self._rows)
        if self.log:
            ends = [f(one) for one in ends for f in (math.floor, math.ceil)]
        return self._x.follow(ends) or (-1.0, 1.0)

    def _y_range(self, source: RunSource, frame: Frame) -> tuple[Range, float]:
        """Return the range, and the height of a full ridge: many rows overlap, few do not."""
        bases = [row.base for row in self._rows]
        count = len(bases)
        if not self.over_time:
            height = min(0.9 + 0.05 * max(0, count - 4), 1.9)
            return (0.75, count + height + 0.3), height
        last = max(frame.step, -round(bases[0] * self._stride(source, frame)))
        self._stop = step_stop(self._stop, last, growing=self.running)
        stop = self._stop if self.running else last
        rows = max(1.0, stop / self._stride(source, frame))
        pitch = max(1.0, (max(bases) - min(bases)) / max(1, count - 1))
        height = pitch * min(0.9 + 0.1 * max(0, count - 4), 2.6)
        return (-rows - 0.25 * height, height + 0.2), height

    def _stride(self, source: RunSource, frame: Frame) -> int:
        return stride_for(snapshots(source, frame)[-1].step)

    def _ridges_of(self, height: float, unit: float) -> tuple[Ridge, ...]:
        top = highest_density(self._rows) if self._common.isChecked() else None
        colors = self._colors()
        return tuple(
            ridge_of(row, color, height, unit, top)
            for row, color in zip(self._rows, colors, strict=True)
        )

    def _colors(self) -> list[QColor]:
        count = self.layer_count
        return [self.theme.layer_color(row.layer, max(count, row.layer)) for row in self._rows]

    def _tail(self, low: float) -> str:
        """Return how many values lie left of a logarithmic axis."""
        count = count_below(self._rows, low) if self.log and self.plot.following else 0
        return f"{integer(count)} below {power(round(low))}" if count else ""

    def _why_empty(self) -> str:
        values = [row.values for row in self._rows if row.values is not None]
        if not values:
            return "not measured in this snapshot"
        if any(one.binned for one in values):
            return ""
        return "nothing finite but 0" if self.log else "nothing finite"

    def _say(self, frame: Frame) -> None:
        """Put into words what the picture is."""
        symbol = f"|{self.quantity.symbol}|" if self.log else self.quantity.symbol
        layer = min(max(self.layer, 1), len(frame.layers))
        what = f"{symbol} of layer {layer}" if self.over_time else symbol
        if self.reference is not None and any(row.compared is not None for row in self._rows):
            what = f"{what}, dashed: run {self.reference.run_id}"
        self.header.subtitle.set_words(what)
        kind = "magnitude" if self.log else "value"
        common = self._common.isChecked()
        heights = "density, one scale" if common else "equal peaks"
        self._footer.set_title(f"{kind}; {heights}")

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        for row in self._rows:
            for one in row.values.apart() if row.chosen and row.values is not None else ():
                yield f"layer {row.layer}: {one.text}"

    # Reading -----------------------------------------------------------------------------

    def _row_at(self, x: float, y: float) -> Row | None:
        """Return the row whose ridge is seen at a point, or on whose base line it stands."""
        seen = self._ridges.front(x, y)
        rows = sorted(self._rows, key=lambda row: row.base)
        if seen is not None:
            return next((row for row in rows if row.base == seen.base), None)
        below = [row for row in rows if row.base <= y]
        return below[-1] if below else next(iter(rows), None)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        low, high = plot.x_range
        row = self._row_at(x, y)
        if row is None or not low <= x <= high:
            return None
        title = f"layer {row.layer} · step {integer(row.step)}"
        if row.values is None:
            return Cursor(x, y, (title, "not measured"))
        return Cursor(x, y, (title, *row.values.words_at(x * plot.x_unit, self.quantity.symbol)))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        row = self._row_at(x, y)
        if row is None:
            return
        if self.over_time:
            self.step_selected.emit(row.step)
        else:
            self._select(row.layer)
