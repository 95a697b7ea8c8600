"""Accuracy over steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.plots import EnvelopeCurve, Line, Plot, Rule, Scale, Tag
from app.plots.envelope_curve import centers, thinned
from app.plots.notes import Cursor
from app.plots.text import integer, percent
from app.theme import Theme
from app.views.over_steps import StepView, marks_of
from app.views.table import Row, Table, scalars_table
from core.record import RunSource


class AccuracyView(StepView):
    """Share of correct answers: batches with the band of their spread, and validation."""

    key = "accuracy"
    title = "Accuracy"
    quantities = ("accuracy", "val_accuracy")
    empty_text = "Press Run to start: the share of correct answers is drawn here."

    def _fill(self) -> None:
        self.plot = Plot(Scale.WHOLE, Scale.SHARE)
        self.canvas.add_plot(self.plot)
        self._training, self._validation = EnvelopeCurve(), Line()
        for item in (*self._training.items, self._validation):
            self.plot.add(item)

    def _reset(self) -> None:
        super()._reset()
        self._training.clear_points()
        self._validation.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._training.set_color(theme.color("accent"))
        self._validation.set_color(theme.color("warn"), dashed=True)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        def validation() -> Iterator[Row]:
            steps, _, shares = source.evaluations.arrays()
            return zip(steps.tolist(), shares.tolist(), strict=True)

        return (
            scalars_table(source, ("accuracy",), self.key),
            Table("validation", ("step", "val_accuracy"), validation),
        )

    def _draw(self, source: RunSource) -> None:
        x = self._x_range(source)
        # A sixth of the buckets of other curves: the mean of a bucket is all the smoothing
        # there is, and single batches only know a few values.
        start, stop, buckets = self._visible_rows(source, x)
        envelope = source.scalars["accuracy"].envelope(start, stop, max(8, buckets // 6))
        self._training.show_envelope(envelope)
        steps, _, shares = self._evaluations(source)
        at, shares = thinned(steps, shares, self.plot.pixels[0] // 3)
        self._validation.show_points(at, shares)
        for item in (self._training, self._validation):
            item.set_fine(not self.running)
        self.plot.follow(x, (-0.02, 1.03))
        nothing = not source.facts.class_names
        self.plot.overlay.show_note("a number is predicted: see the loss" if nothing else "")
        tags = [
            Tag(float(place[-1]), float(values[-1]), f"{name} {percent(float(values[-1]))}", color)
            for name, color, place, values in (
                ("validation", "warn", at, shares),
                ("training", "accent", centers(envelope), envelope.mean),
            )
            if len(values) and np.isfinite(values[-1])
        ]
        lines = ((centers(envelope), envelope.mean.astype(np.float64)), (at, shares))
        self.plot.overlay.show_tags(tuple(tags), lines, calm=self.running)
        classes = source.facts.n_classes
        rules = (Rule(1 / classes, f"guessing {percent(1 / classes)}"),) if classes > 1 else ()
        self.plot.overlay.show_rules(rules)
        self.plot.overlay.show_marks(marks_of(source, self.at))
        wide = int(envelope.stop[0] - envelope.start[0]) if len(envelope.start) else 1
        means = f", means of {integer(wide)} steps" if wide > 1 else ""
        self.header.subtitle.set_words("" if nothing else f"% of samples{means}")

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        if source is None or source.steps == 0:
            return None
        step = self._step_at(source, x)
        value = float(source.scalars["accuracy"].read(step, step + 1)[0])
        lines = [f"step {integer(step)}", f"batch {percent(value)}"]
        steps, _, shares = self._evaluations(source)
        before = int(np.searchsorted(steps, step, "right")) - 1
        if before >= 0:
            at = integer(int(steps[before]))
            lines.append(f"validation {percent(float(shares[before]))} at {at}")
        return Cursor(step, y, tuple(lines))
