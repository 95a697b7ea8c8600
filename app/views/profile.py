"""A quantity layer by layer, now and at the turning points of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from PySide6.QtGui import QColor

from app.plots import Dots, Follower, Line, Plot, Scale, Shape, Tag, log10
from app.plots.dots import Dot
from app.plots.notes import Cursor
from app.plots.text import elide, integer, number
from app.theme import Theme
from app.views.faces import FaceView
from app.views.table import Row, Table
from core.measure.missing import not_measured
from core.record import RunSource
from core.record.chunks import Array
from core.record.columns import Column


class ProfileView(FaceView):
    """The newest step, the first, and the last before the latest change."""

    key = "profile"
    title = "Layer profile"
    x_title = "layer, input at the left"
    empty_text = "Press Run to start: the strength of the signal, layer by layer."

    def _fill(self) -> None:
        self._y = Follower(margin=0.08, shrink=0.55, smallest=1.0)
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self.plot.x_layers = True
        self.canvas.add_plot(self.plot)
        self._first, self._before, self._now = Line(), Line(), Line()
        self._theory, self._bound = Line(), Line()
        for line in (self._bound, self._theory, self._first, self._before, self._now):
            line.set_fine(True)  # a few points each
            self.plot.add(line)
        self._dots = Dots(self.plot, size=7.0)
        self._add_faces()

    def _reset(self) -> None:
        self._y.reset()
        for line in (self._first, self._before, self._now, self._theory, self._bound):
            line.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._first.set_color(theme.color("dim"), dashed=True)
        self._before.set_color(theme.color("muted"))
        self._now.set_color(theme.color("accent"))
        self._theory.set_color(theme.color("good"), dashed=True)
        self._bound.set_color(theme.color("warn", 0.7), dashed=True)
        self._dots.set_outline(theme.color("text"))

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        column = source.layer_columns.get(self.face.quantity)
        step, last = self._shown(source, column)
        if column is None or last is None:
            return ()
        name = self.face.quantity
        columns: list[tuple[str, Iterable[object]]] = [
            (f"{name}_step_{step}", last),
            (f"{name}_step_0", column.read(0, 1)[0]),
        ]
        end = len(column) if self.at is None else self.at
        before = [one.step - 1 for one in source.events if 0 < one.step <= end]
        if before:
            at = before[-1]
            columns.append((f"{name}_step_{at}_before_event", column.read(at, at + 1)[0]))
        theory, drawn = source.facts.theory, source.facts.theory_step
        if theory is not None and name == "delta_norm" and drawn < len(column):
            # As logarithms: a bound over many layers may be too small for any number.
            top = float(log10(column.read(drawn, drawn + 1)[0])[-1])
            ratios = [one.log10_ratio for one in theory.layers]
            columns.append(("log10_theory", [None if r is None else top + r for r in ratios]))
            columns.append(("log10_bound", [top + one.log10_sup for one in theory.layers]))

        def rows() -> Iterator[Row]:
            parts = (values for _, values in columns)
            return zip(range(1, len(last) + 1), *parts, strict=True)

        return (Table(self.key, ("layer", *(title for title, _ in columns)), rows),)

    # Drawing -----------------------------------------------------------------------------

    def _column(self) -> Column | None:
        return self.source.layer_columns.get(self.face.quantity) if self.source else None

    def _steps_a_pixel(self) -> float:
        return super()._steps_a_pixel() if self.at is None else float("inf")

    def _shown(self, source: RunSource, column: Column | None) -> tuple[int, Array | None]:
        """Return the step that is drawn and its values; None if nobody measured any."""
        if column is None or not len(column):
            return 0, None
        if self.at is None:
            return column.latest() or (0, None)
        row = self.row_in(source)
        values = column.read(row, row + 1)[0]
        return row, None if not_measured(values).all() else values

    def _draw(self, source: RunSource) -> None:
        column, count = self._column(), self.layer_count
        step, last = self._shown(source, column)
        x_range = (0.5, count + 0.5) if count < 20 else (1 - count * 0.02, count * 1.02)
        gap = "not measured in this run" if self.at is None else "not measured at this step"
        self.plot.overlay.show_note(gap if last is None else "")
        if column is None or last is None:
            self._reset()
            self._dots.show_dots(())
            self.plot.overlay.show_tags(())
            return
        x = np.arange(1, len(last) + 1, dtype=np.float64)
        now, first = log10(last), log10(column.read(0, 1)[0])
        before, text = self._before_event(source, column)
        self._now.show_points(x, now)
        self._first.show_points(x, first)
        if before is None:
            self._before.clear_points()
        else:
            self._before.show_points(x, before)
        theory, bound = self._draw_theory(source, x, column)
        y = self._y.follow(now, first, () if before is None else before, theory, bound)
        if y is not None:
            self.plot.follow(x_range, y)
        self._dots.show_dots(self._dots_of(last, now), self.layer - 1)
        self._show_tags(x, now, first, before, text, theory, bound)
        # The step that diverged made no update.
        made = integer(min(step + 1, source.updates) if self.at is None else step)
        self.header.subtitle.set_words(f"{self.face.symbol} at step {made}")

    def _draw_theory(
        self, source: RunSource, x: np.ndarray, column: Column
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw what theory says of delta, from the output's at the step the weights are of."""
        theory, step = source.facts.theory, source.facts.theory_step
        nothing = np.zeros(0)
        if theory is None or self.face.quantity != "delta_norm" or step >= len(column):
            self._theory.clear_points()
            self._bound.clear_points()
            return nothing, nothing
        top = log10(column.read(step, step + 1)[0])[-1]
        ratios = [one.log10_ratio for one in theory.layers]
        predicted = top + np.array([np.nan if one is None else one for one in ratios])
        bound = top + np.array([one.log10_sup for one in theory.layers])
        self.header.subtitle.setToolTip(theory.sentence)
        if np.isfinite(predicted).sum() < 2:  # the output's own value alone predicts nothing
            predicted = nothing
        flat = np.allclose(bound, top)  # a supremum of 1 says nothing
        if len(predicted):
            self._theory.show_points(x, predicted)
        else:
            self._theory.clear_points()
        self._bound.show_points(x, np.full_like(bound, np.nan) if flat else bound)
        return predicted, nothing if flat else bound

    def _before_event(self, source: RunSource, column: Column) -> tuple[np.ndarray | None, str]:
        """Return the profile of the last step before the latest event, and its words."""
        for event in reversed(source.events):
            if 0 < event.step <= (len(column) if self.at is None else self.at):
                row = column.read(event.step - 1, event.step)[0]
                return log10(row), f"at step {integer(event.step)}, before {elide(event.text, 26)}"
        return None, ""

    def _dots_of(self, values: np.ndarray, logs: np.ndarray) -> tuple[Dot, ...]:
        count, dots = len(values), []
        for number_, (value, log) in enumerate(zip(values, logs, strict=True), 1):
            if np.isfinite(log):
                color = self.theme.layer_color(number_, count)
                dots.append(Dot(number_, float(log), color))
            else:
                shape, token = _special(float(value))
                dots.append(Dot(number_, 0.0, QColor(self.theme.color(token)), shape))
        return tuple(dots)

    def _show_tags(
        self,
        x: np.ndarray,
        now: np.ndarray,
        first: np.ndarray,
        before: np.ndarray | None,
        text: str,
        theory: np.ndarray,
        bound: np.ndarray,
    ) -> None:
        tags: list[Tag] = []
        # Each at a place of its own, so that the words part even where the lines meet.
        lines = ((now, "now", "accent", 0.12), (before, text, "muted", 0.6))
        same = before is not None and np.allclose(before, first, atol=0.15, equal_nan=True)
        lines = (*lines, (first, "at step 0", "muted", 0.35))
        lines = (*lines, (theory, "theory √χ", "good", 0.75))
        lines = (*lines, (bound, "∏ sup φ′", "warn", 0.5))
        for values, words, color, share in lines:
            if values is None or not len(values) or (values is first and same):
                continue
            finite = np.flatnonzero(np.isfinite(values))
            if finite.size:
                at = finite[min(int(share * finite.size), finite.size - 1)]
                tags.append(Tag(float(x[at]), float(values[at]), words, color))
        drawn = tuple(
            (x, one) for one in (now, first, before, theory, bound) if one is not None and len(one)
        )
        self.plot.overlay.show_tags(tuple(tags), drawn)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        column, layer = self._column(), round(x)
        if self.source is None:
            return None
        _, last = self._shown(self.source, column)
        if last is None or not 1 <= layer <= len(last):
            return None
        value = float(last[layer - 1])
        info = self.source.facts.layers[layer - 1]
        words = "exactly 0" if value == 0 else number(value, 3)
        kind = getattr(info.activation, "kind", "")
        title = f"layer {layer} · {info.units} {kind}".rstrip()
        return Cursor(layer, y, (title, f"{self.face.symbol} = {words}"))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        self._select(round(x))


def _special(value: float) -> tuple[Shape, str]:
    if value == 0:
        return Shape.ZERO, "muted"
    return (Shape.NAN, "nan") if np.isnan(value) else (Shape.INF, "inf")


__all__ = ["ProfileView"]
