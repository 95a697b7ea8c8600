"""Accuracy over steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.plots import Plot, Rule, Scale, Tag
from app.plots.envelope_curve import centers
from app.plots.notes import Cursor
from app.plots.text import integer, percent
from app.views.compared import other_than
from app.views.curves import CurveView
from app.views.loss import lowest
from app.views.table import Row, Table, scalars_table
from core.record import RunSource


class AccuracyView(CurveView):
    """Share of correct answers: batches with the band of their spread, and validation."""

    key = "accuracy"
    title = "Accuracy"
    quantities = ("accuracy", "val_accuracy")
    empty_text = "Press Run to start: the share of correct answers is drawn here."

    def _fill(self) -> None:
        self._add_curves(Scale.SHARE)
        self._add_step_scale()

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
        rows = (start, stop, max(8, buckets // 6))
        envelope = self.axis.envelope(source.scalars["accuracy"], rows)
        self._show_envelope(self._training, envelope, log=False)
        training = (self.axis.place(centers(envelope)), envelope.mean.astype(np.float64))
        steps, _, shares = self._evaluations(source)
        validation = self._draw_validation(steps, shares)
        for item in (self._training, self._validation):
            item.set_fine(not self.running)
        best = lowest(-shares)
        newest = best is not None and best == len(shares) - 1
        self._draw_best(steps, shares, best)
        others, named = self._draw_reference(x, "accuracy", "val_accuracy", log=False, share=6)
        self.plot.follow(x, (-0.02, 1.03))
        nothing = not source.facts.class_names
        self.plot.overlay.show_note("a number is predicted: see the loss" if nothing else "")
        tags = [
            Tag(
                float(place[-1]),
                float(values[-1]),
                f"{name} {percent(float(values[-1]))}{more}",
                color,
            )
            for name, color, (place, values), more in (
                ("validation", "warn", validation, ", the best" if newest else ""),
                ("training", "accent", training, ""),
            )
            if len(values) and np.isfinite(values[-1])
        ]
        if best is not None and not newest:
            words = f"best {percent(float(shares[best]))} at step {integer(int(steps[best]))}"
            tags.append(Tag(self.axis.at(steps[best]), float(shares[best]), words, "warn"))
        lines = (training, validation, *others)
        self.plot.overlay.show_tags((*tags, *named), lines, calm=self.running, about=self.at)
        classes = source.facts.n_classes
        rules = (Rule(1 / classes, f"guessing {percent(1 / classes)}"),) if classes > 1 else ()
        self.plot.overlay.show_rules(rules)
        self._show_marks(source)
        wide = int(envelope.stop[0] - envelope.start[0]) if len(envelope.start) else 1
        means = (
            f", means of {integer(wide)} steps"
            if wide > 1 and not self.axis.log and self.is_wide
            else ""
        )
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
        other = other_than(source, self.reference)
        if other is not None and step < other.steps:
            value = float(other.scalars["accuracy"].read(step, step + 1)[0])
            lines.append(f"{other.run_id} {percent(value)}")
        return Cursor(self.axis.at(step), y, tuple(lines))
