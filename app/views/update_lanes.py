"""What the optimiser got and what came of it: raw gradient, clipped gradient, applied update."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.plots import Line, Plot, Tag, log10
from app.plots.envelope_curve import Band, centers, edges, means
from app.plots.gap_lane import GapLane
from app.plots.text import integer, percent
from app.theme import Theme
from app.views.derived import Compute, Derived, applied, product, whole
from app.views.layer_lines import gaps
from app.views.readings import value_words
from core.measure.missing import NOT_MEASURED, not_measured
from core.record import RunSource
from core.record.columns import Envelope

Array = NDArray[np.float64]
PAST = 100
"""Steps of which the share that was clipped is told."""
CLIPPED = 1.0 - 1e-5
"""A clip factor below is clipping, and not the rounding of a quotient of norms."""
TURNED = 0.01
"""Degrees; a larger angle is clipping, and not rounding."""
NAMES = ("raw", "clipped", "applied")


class Lanes:
    """Three lines on one logarithmic axis, and the area that clipping took away.

    Parameters
    ----------
    plot : Plot

    Attributes
    ----------
    shown : list of (x, y)
        The lines that were drawn last.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.taken = Band()
        self.lines = {name: Line() for name in NAMES}
        self.lane = GapLane(plot)
        self.shown: list[tuple[Array, Array]] = []
        self._tags: list[tuple[int, Tag]] = []
        self._derived = Derived(_rows_of(0), 3)
        self._layer = 0
        for item in (self.taken, *self.lines.values()):
            plot.add(item)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours."""
        self.taken.set_color(theme.color("warn", 0.22))
        self.lane.set_theme(theme)
        for name, token in zip(NAMES, ("warn", "accent", "good"), strict=True):
            self.lines[name].set_color(theme.color(token))

    def clear_points(self) -> None:
        """Draw nothing."""
        for item in (self.taken, self.lane, *self.lines.values()):
            item.clear_points()
        self.shown, self._tags = [], []

    def prepare(self, source: RunSource, layer: int) -> bool:
        """Compute new rows of a layer, or (0) of the network; return whether all are there."""
        if layer != self._layer:
            self._layer, self._derived = layer, Derived(_rows_of(layer), 3)
        return self._derived.update(source, layer)

    def draw(self, rows: tuple[int, int, int], *, clipping: bool, fine: bool) -> list[Array]:
        """Draw rows that are prepared; return what the y axis should hold."""
        envelope = self._derived.column.envelope(*rows)
        x, mean = centers(envelope), means(envelope)
        known = ~not_measured(envelope.mean)
        self.shown, self._tags, spans = [], [], []
        colors = ("warn", "accent", "good")
        for index, (name, color) in enumerate(zip(NAMES, colors, strict=True)):
            line = self.lines[name]
            if name == "clipped" and not clipping:
                line.clear_points()
                continue
            keep = known[:, index]
            points = (x[keep], log10(mean[keep, index]))
            line.show_points(*points)
            line.set_fine(fine)
            self.shown.append(points)
            spans.append(points[1])
            words = "raw, not clipped" if name == "raw" and not clipping else name
            self._tag(points, index, words, color)
        self._draw_taken(envelope, mean, clipping=clipping)
        self.lane.show_gaps(*edges(envelope), gaps(mean, known))
        return spans

    def _draw_taken(self, envelope: Envelope, mean: NDArray[np.float32], *, clipping: bool) -> None:
        if clipping and len(mean):
            self.taken.show_area(*edges(envelope), log10(mean[:, 1]), log10(mean[:, 0]))
        else:
            self.taken.clear_points()

    def _tag(self, points: tuple[Array, Array], index: int, name: str, color: str) -> None:
        x, y = points
        finite = np.flatnonzero(np.isfinite(y))
        if finite.size:
            at = finite[-1]
            self._tags.append((index, Tag(float(x[at]), float(y[at]), name, color)))

    def tags(self, *, live: bool) -> tuple[Tag, ...]:
        """Return the names of the lines, with their newest values if the lines end with them."""
        newest = self._derived.column.last()
        if not live or newest is None:
            return tuple(tag for _, tag in self._tags)
        return tuple(
            replace(tag, text=f"{tag.text} {value_words(newest[index], 2)}")
            for index, tag in self._tags
        )

    def read(self, step: int) -> NDArray[np.float32]:
        """Return raw, clipped and applied norm of a step."""
        if not 0 <= step < len(self._derived.column):
            return np.full(3, NOT_MEASURED)
        return self._derived.column.read(step, step + 1)[0]


def _rows_of(layer: int) -> Compute:
    """Return what computes raw, clipped and applied norm of a layer, or (0) of the network."""

    def of_layer(source: RunSource, start: int, stop: int) -> NDArray[np.float32]:
        raw, clipped = (
            source.layer_columns[name].read(start, stop)[:, layer - 1]
            for name in ("raw_grad_norm", "clipped_grad_norm")
        )
        return np.stack([raw, clipped, applied(source, start, stop)[:, layer - 1]], axis=1)

    def of_network(source: RunSource, start: int, stop: int) -> NDArray[np.float32]:
        raw, factor = (
            np.ascontiguousarray(source.scalars[name].read(start, stop))
            for name in ("grad_norm", "clip_factor")
        )
        return np.stack([raw, product(raw, factor), whole(applied(source, start, stop))], axis=1)

    return of_layer if layer else of_network


@dataclass(frozen=True, slots=True)
class Clipping:
    """What clipping did of late.

    Attributes
    ----------
    asked : bool
        Whether the run clips now.
    steps, measured, clipped : int
        Of the last steps: how many, of them measured, of those clipped.
    factor, angle : float32
        Of the newest of them that was measured.
    """

    asked: bool
    steps: int
    measured: int
    clipped: int
    factor: np.float32
    angle: np.float32

    @property
    def words(self) -> str:
        """The share in words."""
        if not self.asked and not self.clipped:
            return "no clipping"
        if not self.measured:
            return "clipping was not measured"
        few = "" if self.measured == self.steps else f"{integer(self.measured)} measured of the "
        share = percent(self.clipped / self.measured)
        return f"{share} of the {few}last {self.steps} steps clipped"


def clipping_at(source: RunSource, row: int) -> Clipping:
    """Return what clipping did in the last hundred steps up to a row."""
    stop = row + 1
    start = max(0, stop - PAST)
    factor, angle = (
        source.scalars[name].read(start, stop) for name in ("clip_factor", "clip_angle")
    )
    known = np.flatnonzero(~not_measured(factor))
    asked = source.experiment.training.clip.kind != "none"
    if not known.size:
        return Clipping(asked, stop - start, 0, 0, NOT_MEASURED, NOT_MEASURED)
    clipped = (factor[known] < CLIPPED) | (angle[known] > TURNED)
    last = int(known[-1])
    return Clipping(asked, stop - start, known.size, int(clipped.sum()), factor[last], angle[last])


__all__ = ["NAMES", "Clipping", "Lanes", "clipping_at"]
