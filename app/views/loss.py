"""Loss over steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Slot

from app.plots import EnvelopeCurve, Follower, Line, Plot, Rule, Scale, Tag, log10
from app.plots.envelope_curve import centers, thinned
from app.plots.notes import Cursor
from app.plots.text import integer, number
from app.theme import Theme
from app.views.header import Segments
from app.views.over_steps import StepView, marks_of
from app.views.table import Row, Table, scalars_table
from core.experiment.losses import LOSS_TEXTS
from core.record import RunSource

_LEAST_DECADES = 0.6  # a plateau looks flat, its noise does not fill the picture


class LossView(StepView):
    """Training loss with the band of its batches, validation loss, penalty."""

    key = "loss"
    title = "Loss"
    quantities = ("loss", "val_loss", "loss_penalty")
    empty_text = "Press Run to start: the loss of every step is drawn here."

    def _fill(self) -> None:
        self._log = True
        self._y = Follower(margin=0.06, smallest=_LEAST_DECADES)
        self.plot = Plot(Scale.WHOLE, Scale.LOG)
        self.canvas.add_plot(self.plot)
        self._penalty, self._validation, self._training = Line(), Line(), EnvelopeCurve()
        for item in (*self._training.items, self._penalty, self._validation):
            self.plot.add(item)
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
        for item in (self._training, self._validation, self._penalty):
            item.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._training.set_color(theme.color("accent"))
        self._validation.set_color(theme.color("warn"), dashed=True)
        self._penalty.set_color(theme.color("dim"))

    @Slot(str)
    def _on_scale_chosen(self, key: str) -> None:
        self._log = key == "log"
        self._y = Follower(
            margin=0.06,
            smallest=_LEAST_DECADES if self._log else 1e-12,
            low=None if self._log else 0.0,
        )
        self.plot.set_scales(Scale.WHOLE, Scale.LOG if self._log else Scale.LINEAR)
        self.plot.follow_again()
        self.invalidate()

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        def validation() -> Iterator[Row]:
            steps, losses, _ = source.evaluations.arrays()
            return zip(steps.tolist(), losses.tolist(), strict=True)

        return (
            scalars_table(source, ("loss", "loss_data", "loss_penalty"), self.key),
            Table("validation", ("step", "val_loss"), validation),
        )

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        x = self._x_range(source)
        start, stop, buckets = self._visible_rows(source, x)
        tags: list[Tag] = []
        envelope = source.scalars["loss"].envelope(start, stop, buckets)
        self._training.show_envelope(envelope, log=self._log)
        self._training.set_fine(not self.running)
        mean = self._scaled(envelope.mean)
        self._tag(tags, centers(envelope), mean, "training", "accent")
        data = [self._scaled(envelope.low), self._scaled(envelope.high)]

        steps, losses, _ = self._evaluations(source)
        steps, val = thinned(steps, self._scaled(losses), self.plot.pixels[0] // 3)
        self._validation.show_points(steps, val)
        self._validation.set_fine(not self.running)
        self._tag(tags, steps, val, "validation", "warn")
        data.append(val)

        data.append(self._draw_penalty(source, (start, stop, buckets), tags))
        y = self._y.follow(*data)
        if y is not None:
            self.plot.follow(x, y)
        lines = ((centers(envelope), mean), (steps, val))
        self.plot.overlay.show_tags(tuple(tags), lines, calm=self.running)
        self.plot.overlay.show_rules(self._rules(source))
        self.plot.overlay.show_marks(marks_of(source, self.at))
        self.header.subtitle.set_words(LOSS_TEXTS[source.experiment.training.loss.kind])

    def _draw_penalty(
        self, source: RunSource, rows: tuple[int, int, int], tags: list[Tag]
    ) -> np.ndarray:
        last = source.scalars["loss_penalty"].last()
        if last is None or not last > 0:
            self._penalty.clear_points()
            return np.zeros(0)
        envelope = source.scalars["loss_penalty"].envelope(*rows)
        values = self._scaled(envelope.mean)
        self._penalty.show_points(centers(envelope), values)
        self._tag(tags, centers(envelope), values, "penalty part", "muted")
        return values

    def _rules(self, source: RunSource) -> tuple[Rule, ...]:
        kind = source.experiment.training.loss.kind
        classes = {"cross_entropy": source.facts.n_classes, "binary_cross_entropy": 2}.get(kind, 0)
        if classes < 2:
            return ()
        at = math.log(classes)
        return (Rule(math.log10(at) if self._log else at, f"ln {classes}: learned nothing"),)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return log10(values) if self._log else np.asarray(values, np.float64)

    def _tag(self, tags: list[Tag], x: np.ndarray, y: np.ndarray, name: str, color: str) -> None:
        finite = np.flatnonzero(np.isfinite(y))
        if finite.size:
            at, value = float(x[finite[-1]]), float(y[finite[-1]])
            shown = number(10.0**value if self._log else value)
            tags.append(Tag(at, value, f"{name} {shown}", color))

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        if source is None or source.steps == 0:
            return None
        step = self._step_at(source, x)
        value = float(source.scalars["loss"].read(step, step + 1)[0])
        lines = [f"step {integer(step)}", f"loss {number(value, 4)}"]
        steps, losses, _ = self._evaluations(source)
        before = int(np.searchsorted(steps, step, "right")) - 1
        if before >= 0:
            at = integer(int(steps[before]))
            lines.append(f"validation {number(float(losses[before]), 4)} at {at}")
        return Cursor(step, y, tuple(lines))
