"""A quantity layer by layer, now and at the turning points of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QKeySequence, QResizeEvent, QShortcut

from app.plots import Dots, Follower, Line, Plot, Scale, Shape, Tag, log10
from app.plots.dots import Dot
from app.plots.notes import Cursor
from app.plots.ranges import PATIENCE
from app.plots.text import integer
from app.theme import Theme
from app.views.compared import other_than, reference_color
from app.views.faces import FACES, Face, FaceView
from app.views.profile_lines import before_event, measured_at, reference_at, theory_of
from app.views.readings import layers_told, quantity_words
from app.views.table import Row, Table, layers_table
from core.record import RunSource
from core.record.chunks import Array
from core.record.columns import Column

BOTH = "both"
_WIDE = 460  # pixels from which on the whole title has room beside the choices
_DELTA, _FORWARD = FACES[1], FACES[2]


class ProfileView(FaceView):
    """The newest step, the first, the last before the latest change, and a reference run.

    Or both directions in one: the signal on its way up, the error on its way down.
    """

    key = "profile"
    title = "Layer profile"
    x_title = "layer, input at the left"
    empty_text = "Press Run to start: the strength of the signal, layer by layer."

    def _fill(self) -> None:
        self._y = Follower(margin=0.08, shrink=0.55, smallest=1.0, patience=PATIENCE)
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self.plot.x_layers = True
        self.canvas.add_plot(self.plot)
        self._first, self._before, self._now = Line(), Line(), Line()
        self._theory, self._bound = Line(), Line()
        self._other, self._up, self._up_first, self._up_other = Line(), Line(), Line(), Line()
        self._lines = (
            *(self._bound, self._theory, self._other, self._up_other),
            *(self._first, self._up_first),
            *(self._before, self._up, self._now),
        )
        for line in self._lines:
            line.set_fine(True)  # a few points each
            self.plot.add(line)
        self._dots = Dots(self.plot, size=7.0)
        tip = "Forward and backward: activations h on their way up, delta on its way down (5)"
        self._add_faces((BOTH, "h ⇄ δ", tip))
        self._key_5 = QShortcut(
            QKeySequence("5"), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
        )

    def _connect(self) -> None:
        super()._connect()
        self._key_5.activated.connect(self._on_key_5)

    @property
    def both(self) -> bool:
        """Whether both directions are shown."""
        return self.faces.key == BOTH

    @property
    def face(self) -> Face:
        return _DELTA if self.both else super().face

    def _help_names(self) -> tuple[str, ...]:
        return (_FORWARD.quantity, _DELTA.quantity) if self.both else super()._help_names()

    @Slot()
    def _on_key_5(self) -> None:
        self.faces.choose(BOTH)

    def _reset(self) -> None:
        self._y.reset()
        for line in self._lines:
            line.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._first.set_color(theme.color("dim"), dashed=True)
        self._before.set_color(theme.color("muted"))
        self._now.set_color(theme.color("accent"))
        self._theory.set_color(theme.color("good"), dashed=True)
        self._bound.set_color(theme.color("warn", 0.7), dashed=True)
        self._up.set_color(theme.color("warn"))
        self._up_first.set_color(theme.color("dim"), dashed=True)
        for line in (self._other, self._up_other):
            line.set_color(reference_color(), dashed=True)
        self._dots.set_theme(theme)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.both:
            return (layers_table(source, (_FORWARD.quantity, _DELTA.quantity), self.key),)
        column = source.layer_columns.get(self.face.quantity)
        step, last = self._shown(source, column)
        if column is None or last is None:
            return ()
        name = self.face.quantity
        columns: list[tuple[str, Iterable[object]]] = [
            (f"{name}_step_{step}", last),
            (f"{name}_step_0", column.read(0, 1)[0]),
        ]
        before = before_event(source, column, self.at)
        if before is not None:
            at = before[0]
            columns.append((f"{name}_step_{at}_before_event", column.read(at, at + 1)[0]))
        theory = theory_of(source, name, column, step)
        if theory is not None:
            _, predicted, bound = theory
            known = np.isfinite(predicted)
            pairs = zip(predicted, known, strict=True)
            columns.append(("log10_theory", [one if there else None for one, there in pairs]))
            if np.isfinite(bound).any():
                columns.append(("log10_bound", bound))

        def rows() -> Iterator[Row]:
            parts = (values for _, values in columns)
            return zip(range(1, len(last) + 1), *parts, strict=True)

        return (Table(self.key, ("layer", *(title for title, _ in columns)), rows),)

    def _key_numbers(self, source: RunSource) -> Iterator[str]:
        faces = (_FORWARD, _DELTA) if self.both else (self.face,)
        for face in faces:
            column = source.layer_columns.get(face.quantity)
            yield from layers_told(face.symbol, column, self.at, self.layer)

    # Drawing -----------------------------------------------------------------------------

    def _column(self) -> Column | None:
        return self.source.layer_columns.get(self.face.quantity) if self.source else None

    def _steps_a_pixel(self) -> float:
        return super()._steps_a_pixel() if self.at is None else float("inf")

    def _shown(self, source: RunSource, column: Column | None) -> tuple[int, Array | None]:
        """Return the step that is drawn and its values; None if nobody measured any."""
        row = None if self.at is None else self.row_in(source)
        return measured_at(column, row) or (row or 0, None)

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
        # The step that diverged made no update.
        made = integer(min(step + 1, source.updates) if self.at is None else step)
        if self.both:
            self._draw_both(source, x, x_range, step, last, first)
            self.header.subtitle.set_words(f"|h| and |δ| at step {made}")
            return
        for line in (self._up, self._up_first, self._up_other):
            line.clear_points()
        event, before, text = before_event(source, column, self.at), None, ""
        if event is not None:
            text = event[1]
            before = log10(column.read(event[0], event[0] + 1)[0])
        self._now.show_points(x, now)
        self._first.show_points(x, first)
        if before is None:
            self._before.clear_points()
        else:
            self._before.show_points(x, before)
        theory, bound = self._draw_theory(source, x, column, step)
        other, other_text = self._draw_reference(source, self.face, self._other, step)
        y = self._y.follow(now, first, () if before is None else before, theory, bound, other)
        if y is not None:
            self.plot.follow(x_range, y)
        self._dots.show_dots(self._dots_of(last, now), self.layer - 1)
        alike = before is not None and np.allclose(before, first, atol=0.15, equal_nan=True)
        named = alike or (self.at is not None and step == 0)
        self._show_tags(
            x,
            (
                # Each at a place of its own, so that the words part even where the lines meet.
                (now, self._now_words(step), "accent", 0.12),
                (before, text, "muted", 0.6),
                (first, "" if named else "at step 0", "muted", 0.35),
                (theory, "theory" if self.face is _FORWARD else "theory √χ", "good", 0.75),
                (bound, "∏ sup φ′", "warn", 0.5),
                (other, other_text, "muted", 0.85),
            ),
        )
        self.header.subtitle.set_words(f"{self.face.symbol} at step {made}")

    def _draw_both(
        self,
        source: RunSource,
        x: np.ndarray,
        x_range: tuple[float, float],
        step: int,
        last: Array,
        first: np.ndarray,
    ) -> None:
        """Draw the signal on its way up and the error on its way down, now and at step 0."""
        for line in (self._before, self._theory, self._bound):
            line.clear_points()
        column = source.layer_columns[_FORWARD.quantity]
        known = step < len(column)
        values = column.read(step, step + 1)[0] if known else np.full_like(last, np.nan)
        up, up_first, now = log10(values), log10(column.read(0, 1)[0]), log10(last)
        for line, points in zip(
            (self._now, self._first, self._up, self._up_first),
            (now, first, up, up_first),
            strict=True,
        ):
            line.show_points(x, points)
        other, _ = self._draw_reference(source, _DELTA, self._other, step)
        up_other, words = self._draw_reference(source, _FORWARD, self._up_other, step)
        y = self._y.follow(now, first, up, up_first, other, up_other)
        if y is not None:
            self.plot.follow(x_range, y)
        dots = (*self._dots_of(last, now), *self._dots_of(values, up))
        self._dots.show_dots(dots, self.layer - 1)
        self._show_tags(
            x,
            (
                # Their step stands in the subtitle.
                (up, "forward |h| →", "warn", 0.1),
                (now, "← backward |δ|", "accent", 0.75),
                (first, "at step 0", "muted", 0.4),
                (up_first, "at step 0", "muted", 0.6),
                (up_other, words, "muted", 0.85),
                (other, "", "muted", 0.85),
            ),
        )

    def _now_words(self, step: int) -> str:
        return "now" if self.at is None else f"at step {integer(step)}"

    def _draw_reference(
        self, source: RunSource, face: Face, line: Line, step: int
    ) -> tuple[np.ndarray, str]:
        """Draw the reference at the same step, or at its last one that was measured."""
        other = other_than(source, self.reference)
        found = None if other is None else reference_at(other, face.quantity, step)
        if found is None:
            line.clear_points()
            return np.zeros(0), ""
        values = log10(found[0])
        line.show_points(np.arange(1, len(values) + 1, dtype=np.float64), values)
        return values, found[1]

    def _draw_theory(
        self, source: RunSource, x: np.ndarray, column: Column, step: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw what theory says of h or delta with the weights as they were last drawn."""
        nothing = np.zeros(0)
        found = theory_of(source, self.face.quantity, column, step)
        if found is None:
            self._theory.clear_points()
            self._bound.clear_points()
            self.header.subtitle.setToolTip("")
            return nothing, nothing
        sentence, predicted, bound = found
        self.header.subtitle.setToolTip(sentence)
        if np.isfinite(predicted).sum() < 2:  # the output's own value alone predicts nothing
            predicted = nothing
        flat = np.allclose(bound, bound[-1], equal_nan=True)  # a supremum of 1 says nothing
        if len(predicted):
            self._theory.show_points(x, predicted)
        else:
            self._theory.clear_points()
        self._bound.show_points(x, np.full_like(bound, np.nan) if flat else bound)
        return predicted, nothing if flat else bound

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

    def _special_places(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return where the shapes of what has no place on the axis stand: no words cover them."""
        low, high = self.plot.y_range
        edge = (high - low) / self.plot.pixels[1] * 7
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for dot in self._dots.dots:
            if dot.shape is not Shape.DOT:
                y = high - edge if dot.shape is Shape.INF else low + edge
                found.append((np.array([dot.x - 0.4, dot.x + 0.4]), np.array([y, y])))
        return found

    def _show_tags(
        self,
        x: np.ndarray,
        lines: tuple[tuple[np.ndarray | None, str, str, float], ...],
    ) -> None:
        """Name lines: values, words, colour, and at which share of the layers the words are."""
        tags: list[Tag] = []
        drawn = self._special_places()
        for values, words, color, share in lines:
            if values is None or not len(values):
                continue
            places = np.arange(1, len(values) + 1, dtype=np.float64)  # of a reference not as many
            drawn.append((places, values))
            finite = np.flatnonzero(np.isfinite(values) & (places <= len(x)))
            if finite.size and words:
                at = finite[min(int(share * finite.size), finite.size - 1)]
                tags.append(Tag(float(places[at]), float(values[at]), words, color))
        self.plot.overlay.show_tags(
            tuple(tags), tuple(drawn), calm=self.running, about=(self.faces.key, self.at)
        )

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        column, layer = self._column(), round(x)
        if self.source is None:
            return None
        step, last = self._shown(self.source, column)
        if last is None or not 1 <= layer <= len(last):
            return None
        info = self.source.facts.layers[layer - 1]
        kind = getattr(info.activation, "kind", "")
        lines = [
            f"layer {layer} · {info.units} {kind}".rstrip(),
            quantity_words(self.face.symbol, last[layer - 1]),
        ]
        if self.both:
            row = self.source.layer_columns[_FORWARD.quantity].read(step, step + 1)
            if len(row):
                lines.append(quantity_words(_FORWARD.symbol, row[0][layer - 1]))
        return Cursor(layer, y, tuple(lines))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        self._select(round(x))

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= self.theme.px(_WIDE)
        self.header.set_title(self.title if wide else "Profile")
        super().resizeEvent(event)


def _special(value: float) -> tuple[Shape, str]:
    if value == 0:
        return Shape.ZERO, "muted"
    return (Shape.NAN, "nan") if np.isnan(value) else (Shape.INF, "inf")


__all__ = ["ProfileView"]
