"""How large the steps of the weights are, and what clipping leaves of the gradient."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent

from app.plots import EnvelopeCurve, Follower, Plot, Rule, Scale
from app.plots.envelope_curve import Band
from app.plots.notes import Cursor
from app.plots.ranges import PATIENCE, Range
from app.plots.text import integer, number, percent
from app.theme import Theme
from app.views.layer_lines import LayerLines
from app.views.readings import NOTHING, cell_of, row_at, special_words, value_words
from app.views.segments import Segments
from app.views.stack import StackView
from app.views.table import Table, layers_table, scalars_table
from app.views.update_lanes import CLIPPED, NAMES, TURNED, Clipping, Lanes, clipping_at
from core.record import RunSource
from core.record.chunks import Array

HEALTHY = (-3.5, -2.5)
"""Decades of the update ratio around the 0.001 of Karpathy's rule of thumb (CS231n)."""
# Where others warn: DeepDiagnosis and torchmortem both outside 1e-5 .. 1e-1.
_WARNED = (
    Rule(-1.0, "others warn above 10⁻¹"),
    Rule(-5.0, "others warn below 10⁻⁵"),
)
_WIDE = 420  # pixels of a plot in which long sentences have room
_ROOMY = 180  # pixels of a plot in which more than one line with words has its place
_NORMS = "norm of the gradient, raw and clipped, and of the update applied"
_TALL = 420  # pixels of the view from which all parts stand below each other
_LAYER_COLUMNS = (
    "update_ratio",
    "raw_grad_norm",
    "clipped_grad_norm",
    "penalty_grad_norm",
    "weight_norm",
    "below_floor",
)
_SCALARS = ("grad_norm", "clip_factor", "clip_angle", "learning_rate")


class UpdatesView(StackView):
    """The update ratio of all layers; raw, clipped and applied norms; the clip angle."""

    key = "updates"
    title = "Updates"
    quantities = ("update_ratio", "raw_grad_norm", "clipped_grad_norm", "clip_angle")
    empty_text = "Press Run to start: how far each update moves the weights is drawn here."

    def _fill(self) -> None:
        self._ratio = Plot(Scale.WHOLE, Scale.LOG)
        self._norms = Plot(Scale.WHOLE, Scale.LOG)
        self._angle = Plot(Scale.WHOLE, Scale.LINEAR)
        self.stack = (self._ratio, self._norms, self._angle)
        self.shares = (5, 4, 2)
        self._followers = (
            Follower(margin=0.1, smallest=1.5, patience=PATIENCE),
            Follower(margin=0.12, smallest=1.0, patience=PATIENCE),
            Follower(margin=0.3, smallest=1.0, low=0.0, patience=PATIENCE),
        )
        for row, plot in enumerate(self.stack):
            self.canvas.add_plot(plot, row, 0)
        self._healthy = Band()
        self._ratio.add(self._healthy)
        self._lines = LayerLines(self._ratio)
        self._lanes = Lanes(self._norms)
        self._turn = EnvelopeCurve()
        for item in self._turn.items:
            self._angle.add(item)
        self._part = Segments(
            (
                ("ratio", "ratio", "Update / weights of every layer"),
                ("layer", "layer", f"Of the chosen layer: {_NORMS}"),
                ("network", "network", f"Of the whole network: {_NORMS}, of all weights"),
                ("angle", "angle", "How far clipping turns the gradient"),
            ),
            self,
        )
        self._whole = Segments(
            (
                ("layer", "layer", f"Of the chosen layer: {_NORMS}"),
                ("network", "network", f"Of the whole network: {_NORMS}, of all weights"),
            ),
            self,
        )
        self.header.add_control(self._part)
        self.header.add_control(self._whole)
        self._show_parts(angle=False)

    def _connect(self) -> None:
        super()._connect()
        self._part.chosen.connect(self._on_part_chosen)
        self._whole.chosen.connect(self._on_whole_chosen)

    def _reset(self) -> None:
        super()._reset()
        for follower in self._followers:
            follower.reset()
        for item in (self._lines, self._lanes, self._turn, self._healthy):
            item.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._lines.set_theme(theme)
        self._lanes.set_theme(theme)
        self._healthy.set_color(theme.color("good", 0.14))
        self._turn.set_color(theme.color("accent"))

    def set_layer(self, number: int) -> None:
        if number != self.layer:
            self._followers[1].reset()
        super().set_layer(number)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if not set(_LAYER_COLUMNS) <= set(source.layer_columns):
            return ()
        return (
            layers_table(source, _LAYER_COLUMNS, self.key),
            scalars_table(source, _SCALARS, "clipping"),
        )

    # Parts -------------------------------------------------------------------------------

    def _show_parts(self, *, angle: bool) -> None:
        """Show what there is room for: all, or the part that was chosen."""
        tall = self.height() >= self.theme.px(_TALL)
        self._part.setVisible(not tall)
        self._whole.setVisible(tall)
        if tall:
            shown = self.stack if angle else self.stack[:2]
        else:
            places = {"ratio": self._ratio, "angle": self._angle}
            shown = (places.get(self._part.key, self._norms),)
        self.plot = shown[0]
        self._show_plots(*shown)

    @Slot(str)
    def _on_part_chosen(self, key: str) -> None:
        if key in ("layer", "network"):
            self._whole.choose(key)
        self._said = 0.0
        self._show_parts(angle=False)
        self.invalidate()

    @Slot(str)
    def _on_whole_chosen(self, key: str) -> None:
        if self._part.key in ("layer", "network"):
            self._part.choose(key)
        self._followers[1].reset()
        self._said = 0.0
        self.invalidate()

    def _of(self) -> int:
        """Return the layer of the norms, 0 for the whole network."""
        return 0 if self._whole.key == "network" else min(max(self.layer, 1), self.layer_count)

    # Drawing -----------------------------------------------------------------------------

    def _prepare(self, source: RunSource) -> None:
        super()._prepare(source)
        needed = self._norms.isVisible() and source.facts.layers and source.steps
        if needed and not self._lanes.prepare(source, self._of()):
            self.invalidate()  # the rest with the next picture

    def _picture(self, source: RunSource) -> Hashable:
        return (super()._picture(source), source.experiment.training.clip)

    def _draw(self, source: RunSource) -> None:
        clipped = clipping_at(source, self.row_in(source))
        self._show_parts(angle=_turns(source))
        x = self._x_range(source)
        rows = self._visible_rows(source, x)
        clipping = _clips(source, rows)
        say = self._may_say()
        if self._ratio.isVisible():
            self._draw_ratio(source, x, rows, say=say)
        if self._norms.isVisible():
            self._draw_norms(source, x, rows, clipped, clipping=clipping, say=say)
        if self._angle.isVisible():
            self._draw_angle(source, x, rows, clipped, say=say)
        self._show_marks(source)
        if say:
            found = row_at(source.layer_columns["update_ratio"], self.at)
            words = self._words(found) if self._ratio.isVisible() else clipped.words
            self.header.subtitle.set_words(words)

    def _draw_ratio(
        self, source: RunSource, x: Range, rows: tuple[int, int, int], *, say: bool
    ) -> None:
        column = source.layer_columns["update_ratio"]
        fine = not self.running
        self._lines.draw(column, rows, self.layer, self.theme, log=True, fine=fine)
        self._lines.draw_reference(self.reference, "update_ratio", rows, self.layer, log=True)
        y = self._followers[0].follow(*self._lines.spans, HEALTHY)
        if y is not None:
            self._ratio.follow(x, y)
        low, high = self._ratio.x_range
        edges = (np.array([at]) for at in (low, high, *HEALTHY))
        self._healthy.show_area(*edges)
        if say:
            found = row_at(column, self.at)
            ends = self.at is None and self._ratio.following
            now = found[1] if found is not None and ends else None
            tags = self._lines.tags(self.layer_count, self.layer, now)
            named = self._lines.tagged_lines(self.layer_count, self.layer)
            self._ratio.overlay.show_tags(tags, named)
            warned = _WARNED if self._ratio.pixels[1] >= self.theme.px(_ROOMY) else ()
            self._ratio.overlay.show_rules((Rule(-3.0, "healthy, about 10⁻³"), *warned))
            self._ratio.overlay.show_caption("update / weights" if self._norms.isVisible() else "")
            self._ratio.overlay.show_note("" if found is None else special_words(found[1]))

    def _draw_norms(
        self,
        source: RunSource,
        x: Range,
        rows: tuple[int, int, int],
        clipped: Clipping,
        *,
        clipping: bool,
        say: bool,
    ) -> None:
        self._lanes.prepare(source, self._of())
        spans = self._lanes.draw(rows, clipping=clipping, fine=not self.running)
        y = self._followers[1].follow(*spans)
        if y is not None:
            self._norms.follow(x, y)
        if say:
            layer = self._of()
            self._norms.overlay.show_caption(f"layer {layer}" if layer else "whole network")
            self._norms.overlay.show_note(self._norms_words(source, clipped))
            live = self.at is None and self._norms.following
            self._norms.overlay.show_tags(self._lanes.tags(live=live), tuple(self._lanes.shown))

    def _norms_words(self, source: RunSource, clipped: Clipping) -> str:
        """Return what has no place on the axis, what clipping did, and where Adam's floor is."""
        pairs = zip(NAMES, self._lanes.read(self.row_in(source)), strict=True)
        lost = [f"{name} {value_words(one)}" for name, one in pairs if not 0 < one < math.inf]
        if lost and self._norms.pixels[0] < self.theme.px(_WIDE):
            return ", ".join(lost)
        words = clipped.words if self._angle.isVisible() else self._angle_words(clipped)
        parts = [", ".join(lost), words] if lost else [words]
        floor = row_at(source.layer_columns["below_floor"], self.at)
        share = float(cell_of(floor, self._of()))
        if math.isfinite(share) and not lost:
            parts.append(f"{percent(share)} below Adam’s floor")
        return " · ".join(parts)

    def _angle_words(self, clipped: Clipping) -> str:
        if not clipped.clipped or not math.isfinite(float(clipped.angle)):
            return clipped.words
        return f"{clipped.words}, angle {number(float(clipped.angle))}°"

    def _draw_angle(
        self,
        source: RunSource,
        x: Range,
        rows: tuple[int, int, int],
        clipped: Clipping,
        *,
        say: bool,
    ) -> None:
        envelope = source.scalars["clip_angle"].envelope(*rows)
        self._turn.show_envelope(envelope)
        self._turn.set_fine(not self.running)
        y = self._followers[2].follow(envelope.low, envelope.high)
        if y is not None:
            self._angle.follow(x, y)
        if say:
            self._angle.overlay.show_caption("clip angle, degrees")
            self._angle.overlay.show_note(self._angle_words(clipped))

    def _words(self, found: tuple[int, Array] | None) -> str:
        if found is None:
            return NOTHING
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(found[1].astype(np.float64))
        healthy = int(((logs >= HEALTHY[0]) & (logs <= HEALTHY[1])).sum())
        return f"{integer(healthy)} of {integer(len(logs))} layers in the healthy band"

    # Reading -----------------------------------------------------------------------------

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        if source is None or source.steps == 0:
            return None
        step = self._step_at(source, x)
        if plot is self._ratio:
            values = source.layer_columns["update_ratio"].read(step, step + 1)[0]
            layer = _nearest(values, y)
            if layer is None:
                return None
            words = value_words(cell_of((step, values), layer))
            return Cursor(step, y, (f"step {integer(step)} · layer {layer}", f"ΔW/W = {words}"))
        if plot is self._norms:
            pairs = zip(NAMES, self._lanes.read(step), strict=True)
            lines = (f"{name} {value_words(value)}" for name, value in pairs)
            return Cursor(step, y, (f"step {integer(step)}", *lines))
        factor, angle = (
            value_words(source.scalars[name].read(step, step + 1)[0])
            for name in ("clip_factor", "clip_angle")
        )
        return Cursor(step, y, (f"step {integer(step)}", f"angle {angle}°", f"factor {factor}"))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        super()._pick(plot, x, y)
        if plot is self._ratio:
            layer = self._lines.hit(plot.to_pixels(x, y), self.layer_count, self.layer)
            if layer is not None:
                self._select(layer)

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_parts(angle=self._angle.isVisible())
        super().resizeEvent(event)


def _turns(source: RunSource) -> bool:
    """Tell whether clipping can turn the gradient, or has done so in this run."""
    if source.experiment.training.clip.kind in ("value", "layer_norm"):
        return True
    angle = source.scalars["clip_angle"].envelope(0, source.steps, 8)
    return bool(np.nanmax(angle.high, initial=0.0) > TURNED)


def _clips(source: RunSource, rows: tuple[int, int, int]) -> bool:
    """Tell whether any of some rows was clipped."""
    factor = source.scalars["clip_factor"].envelope(rows[0], rows[1], 8)
    return bool(np.nanmin(factor.low, initial=np.inf) < CLIPPED)


def _nearest(values: Array, y: float) -> int | None:
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.abs(np.log10(values.astype(np.float64)) - y)
    return int(np.nanargmin(far)) + 1 if np.isfinite(far).any() else None


__all__ = ["UpdatesView"]
