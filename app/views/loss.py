"""Loss over steps."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Slot

from app.plots import Follower, Line, Plot, Rule, Scale, Tag
from app.plots.envelope_curve import centers, scaled
from app.plots.notes import Cursor
from app.plots.text import integer, number
from app.theme import Theme
from app.views.compared import other_than
from app.views.curves import CurveView
from app.views.segments import Segments
from app.views.table import Row, Table, scalars_table
from core.experiment.losses import LOSS_TEXTS
from core.record import RunSource

_LEAST_DECADES = 0.6  # a plateau looks flat, its noise does not fill the picture


class LossView(CurveView):
    """Training loss with the band of its batches, its two parts, validation loss."""

    key = "loss"
    title = "Loss"
    quantities = ("loss", "val_loss", "loss_data", "loss_penalty")
    empty_text = "Press Run to start: the loss of every step is drawn here."

    def _fill(self) -> None:
        self._log = True
        self._y = Follower(margin=0.06, smallest=_LEAST_DECADES)
        self._add_curves(Scale.LOG)
        self._penalty, self._data = Line(), Line()
        for item in (self._penalty, self._data):
            item.setZValue(-1)  # below what they are parts of
            self.plot.add(item)
        self._add_step_scale()
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
        for item in (self._penalty, self._data):
            item.clear_points()

    def _retheme(self, theme: Theme) -> None:
        super()._retheme(theme)
        self._penalty.set_color(theme.color("dim"))
        self._data.set_color(theme.color("good", 0.75))

    @Slot(str)
    def _on_scale_chosen(self, key: str) -> None:
        self._log = key == "log"
        self._y = Follower(
            margin=0.06,
            smallest=_LEAST_DECADES if self._log else 1e-12,
            low=None if self._log else 0.0,
        )
        self.plot.set_scales(self.plot.x_scale, Scale.LOG if self._log else Scale.LINEAR)
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
        rows = self._visible_rows(source, x)
        tags: list[Tag] = []
        envelope = self.axis.envelope(source.scalars["loss"], rows)
        self._show_envelope(self._training, envelope, log=self._log)
        self._training.set_fine(not self.running)
        at, mean = self.axis.place(centers(envelope)), self._scaled(envelope.mean)
        self._tag(tags, at, mean, "training", "accent")
        data = [self._scaled(envelope.low), self._scaled(envelope.high)]

        steps, losses, _ = self._evaluations(source)
        coordinates = self._scaled(losses)
        validation = self._draw_validation(steps, coordinates)
        self._validation.set_fine(not self.running)
        best = lowest(losses)
        self._draw_best(steps, coordinates, best)
        newest = best is not None and best == len(losses) - 1
        self._tag(tags, *validation, "validation", "warn", ", the best" if newest else "")
        if best is not None and not newest:
            words = f"best {number(float(losses[best]))} at step {integer(int(steps[best]))}"
            place = self.axis.at(steps[best])
            tags.append(Tag(place, float(coordinates[best]), words, "warn"))
        parts = self._draw_parts(source, rows, tags)
        others, named = self._draw_reference(x, "loss", "val_loss", log=self._log)
        tags += named
        y = self._y.follow(*data, validation[1], *parts, *(values for _, values in others))
        if y is not None:
            self.plot.follow(x, y)
        self.plot.overlay.show_tags(
            tuple(tags), ((at, mean), validation, *others), calm=self.running, about=self.at
        )
        self.plot.overlay.show_rules(self._rules(source))
        self._show_marks(source)
        words = LOSS_TEXTS[source.experiment.training.loss.kind]
        self.header.subtitle.set_words(words if self.is_wide else words.split(",")[0])

    def _draw_parts(
        self, source: RunSource, rows: tuple[int, int, int], tags: list[Tag]
    ) -> list[np.ndarray]:
        """Draw what data and penalty make of the loss, where there is a penalty."""
        last = source.scalars["loss_penalty"].last()
        if last is None or not last > 0:
            self._penalty.clear_points()
            self._data.clear_points()
            return []
        drawn: list[np.ndarray] = []
        for line, quantity, name, color in (
            (self._penalty, "loss_penalty", "penalty part", "muted"),
            (self._data, "loss_data", "data part", "good"),
        ):
            envelope = self.axis.envelope(source.scalars[quantity], rows)
            x, values = self.axis.place(centers(envelope)), self._scaled(envelope.mean)
            line.show_points(x, values)
            line.set_fine(not self.running)
            self._tag(tags, x, values, name, color)
            drawn.append(values)
        return drawn

    def _rules(self, source: RunSource) -> tuple[Rule, ...]:
        kind = source.experiment.training.loss.kind
        classes = {"cross_entropy": source.facts.n_classes, "binary_cross_entropy": 2}.get(kind, 0)
        if classes < 2:
            return ()
        at = math.log(classes)
        return (Rule(math.log10(at) if self._log else at, f"ln {classes}: learned nothing"),)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return scaled(values, log=self._log)

    def _tag(
        self, tags: list[Tag], x: np.ndarray, y: np.ndarray, name: str, color: str, more: str = ""
    ) -> None:
        finite = np.flatnonzero(np.isfinite(y))
        if finite.size:
            at, value = float(x[finite[-1]]), float(y[finite[-1]])
            shown = number(10.0**value if self._log else value)
            tags.append(Tag(at, value, f"{name} {shown}{more}", color))

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
        other = other_than(source, self.reference)
        if other is not None and step < other.steps:
            value = float(other.scalars["loss"].read(step, step + 1)[0])
            lines.append(f"{other.run_id} {number(value, 4)}")
        return Cursor(self.axis.at(step), y, tuple(lines))


def lowest(values: np.ndarray) -> int | None:
    """Return the place of the first lowest evaluation; None where there are fewer than two."""
    if np.isfinite(values).sum() < 2:
        return None
    return int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
