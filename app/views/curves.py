"""What the pictures of loss and accuracy share: axis of steps, best validation, reference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QToolButton

from app.plots import Dots, EnvelopeCurve, Line, Plot, Scale, Tag
from app.plots.dots import Dot
from app.plots.envelope_curve import centers, edges, scaled, thinned
from app.plots.ranges import Range
from app.theme import Theme
from app.views.compared import other_than, reference_color, reference_name
from app.views.over_steps import StepView, marks_of
from app.views.step_axis import ORIGIN, StepAxis
from core.record import RunSource
from core.record.columns import Envelope

_WIDE = 420  # pixels
Array = NDArray[np.float64]
Points = tuple[Array, Array]


class CurveView(StepView):
    """A training curve with its band, validation as a dashed line, the same of a reference."""

    def _add_curves(self, y: Scale) -> None:
        self.axis = StepAxis()
        self.plot = Plot(Scale.WHOLE, y)
        self.canvas.add_plot(self.plot)
        self._validation, self._training = Line(), EnvelopeCurve()
        self._others = (Line(), Line())  # training and validation of the reference
        for item in (*self._training.items, *self._others, self._validation):
            self.plot.add(item)
        self._best = Dots(self.plot, size=6.0)

    def _add_step_scale(self) -> None:
        self._log_x = QToolButton(self)
        self._log_x.setText("log x")
        self._log_x.setCheckable(True)
        self._log_x.setProperty("segment", "only")
        self._log_x.setToolTip("Steps by decades: the beginning takes as much room as the rest")
        self._log_x.setAccessibleName("Logarithmic axis of steps")
        self.header.add_control(self._log_x)

    @property
    def is_wide(self) -> bool:
        """Whether the header has room for a whole subtitle beside the choices."""
        return self.width() >= self.theme.px(_WIDE)

    def _connect(self) -> None:
        super()._connect()
        self._log_x.toggled.connect(self._on_log_x_toggled)

    def _reset(self) -> None:
        super()._reset()
        for item in (self._training, self._validation, *self._others):
            item.clear_points()
        self._best.show_dots(())

    def _retheme(self, theme: Theme) -> None:
        self._training.set_color(theme.color("accent"))
        self._validation.set_color(theme.color("warn"), dashed=True)
        self._others[0].set_color(reference_color())
        self._others[1].set_color(reference_color(), dashed=True)
        self._best.set_theme(theme)

    @Slot(bool)
    def _on_log_x_toggled(self, log: bool) -> None:
        self.axis.log = log
        self.plot.set_scales(Scale.LOG if log else Scale.WHOLE, self.plot.y_scale)
        self._footer.set_title(self.axis.title)
        self.plot.follow_again()
        self.invalidate()

    # Steps -------------------------------------------------------------------------------

    def _x_range(self, source: RunSource, first: float = 0.0) -> Range:
        low, high = super()._x_range(source, first)
        return (ORIGIN, self.axis.at(high)) if self.axis.log else (low, high)

    def _visible_rows(self, source: RunSource, x: Range) -> tuple[int, int, int]:
        shown = x if self.plot.following else self.plot.x_range
        return self.axis.rows(shown, source.steps, self.plot.pixels[0])

    def _steps_a_pixel(self) -> float:
        if not (self.axis.log and self.running):
            return super()._steps_a_pixel()
        low, high = self.plot.x_range
        steps = self.source.steps if self.source is not None else 0
        return max(1.0, steps * math.log(10) * (high - low) / self.plot.pixels[0] / 2)

    def _step_at(self, source: RunSource, x: float) -> int:
        return super()._step_at(source, self.axis.step(x))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if self.source is not None and self.axis.step(x) < self.source.steps + 0.5:
            self.step_selected.emit(self._step_at(self.source, x))

    # Drawing -----------------------------------------------------------------------------

    def _show_envelope(self, curve: EnvelopeCurve, envelope: Envelope, *, log: bool) -> None:
        """Draw an envelope at its place on the axis."""
        if not self.axis.log:
            curve.show_envelope(envelope, log=log)
            return
        low, high, mean = (
            scaled(part, log=log) for part in (envelope.low, envelope.high, envelope.mean)
        )
        curve.line.show_points(self.axis.place(centers(envelope)), mean)
        left, right = edges(envelope)
        curve.band.show_area(self.axis.place(left), self.axis.place(right), low, high)

    def _draw_validation(self, steps: Array, values: Array) -> Points:
        """Draw evaluations at their steps; ``values`` are coordinates."""
        points = thinned(self.axis.place(steps), values, self.plot.pixels[0] // 3)
        self._validation.show_points(*points)
        return points

    def _draw_best(self, steps: Array, values: Array, best: int | None) -> None:
        """Put a dot at the best evaluation; ``values`` are coordinates."""
        dots: tuple[Dot, ...] = ()
        if best is not None and math.isfinite(values[best]):
            at = Dot(self.axis.at(steps[best]), float(values[best]), self.theme.color("warn"))
            dots = (at,)
        self._best.show_dots(dots, 0)

    def _draw_reference(
        self, x: Range, quantity: str, validation: str, *, log: bool, share: int = 4
    ) -> tuple[list[Points], list[Tag]]:
        """Draw the mean and the validation of the reference; return what is drawn, with words.

        Parameters
        ----------
        x : (float, float)
            What is followed.
        quantity, validation : str
            A scalar column, and a list of ``Evaluations``.
        share : int
            It gets one ``share``-th of a curve's buckets.
        """
        other = other_than(self.source, self.reference) if self.source is not None else None
        if other is None:
            for line in self._others:
                line.clear_points()
            return [], []
        start, stop, buckets = self._visible_rows(other, x)
        rows = (start, stop, max(8, buckets // share))
        envelope = self.axis.envelope(other.scalars[quantity], rows)
        mean = scaled(envelope.mean, log=log)
        count = len(other.evaluations.val_accuracy)
        values = scaled(getattr(other.evaluations, validation)[:count], log=log)
        places = self.axis.place(np.asarray(other.evaluations.steps[:count], np.float64))
        drawn = [
            (self.axis.place(centers(envelope)), mean),
            thinned(places, values, self.plot.pixels[0] // 3),
        ]
        # No further than our own axis, which would be stretched by what is out of sight.
        seen = [(at[at <= x[1]], y[at <= x[1]]) for at, y in drawn]
        for line, points in zip(self._others, seen, strict=True):
            line.show_points(*points)
        at, y = seen[0] if np.isfinite(seen[0][1]).any() else seen[1]
        good = np.flatnonzero(np.isfinite(y))
        if not good.size:
            return seen, []
        middle = good[int(0.7 * (good.size - 1))]
        return seen, [Tag(float(at[middle]), float(y[middle]), reference_name(other), "muted")]

    def _show_marks(self, source: RunSource) -> None:
        marks = marks_of(source, self.at)
        if self.axis.log:
            marks = tuple(replace(mark, x=self.axis.at(mark.x)) for mark in marks)
        self.plot.overlay.show_marks(marks)


__all__ = ["CurveView"]
