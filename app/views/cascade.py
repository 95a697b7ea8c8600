"""How the activations of some layers spread over the run: percentiles, or mean and deviation.

After figures 2 and 3 of X. Glorot and Y. Bengio, Understanding the difficulty of training deep
feedforward neural networks, AISTATS 2010.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot

from app.plots import Plot, Rule
from app.plots.notes import Cursor
from app.plots.ranges import Range
from app.plots.text import integer, number
from app.views.cascade_bands import LayerBands
from app.views.distribution import unit_of
from app.views.of_frame import newest_with, snapshots
from app.views.percentiles import LEVELS, PercentileTrack
from app.views.readings import NOT_FINITE, value_words
from app.views.segments import Segments
from app.views.stack import StackView
from app.views.table import Row, Table, layers_table
from core.experiment.fields import Part
from core.measure.missing import not_measured
from core.record import Frame, Parts, RunSource

Array = NDArray[np.float64]

MOST = 4
LEAST_HEIGHT = 56  # pixels of a panel; where there is less room fewer are drawn
_MEAN, _STD = "activation_mean", "activation_std"
_CAPTION = 22.0  # pixels above the asymptote, where a panel is high enough


class CascadeView(StackView):
    """A panel for the first, the middle and the last hidden layer, and for the chosen one.

    The input is at the bottom.
    """

    key = "cascade"
    title = "Saturation cascade"
    quantities = ("activation_mean", "activation_std", "saturated_fraction")
    empty_text = "Press Run to start: which layers saturate, and when, is drawn here."

    def _fill(self) -> None:
        self._panels = tuple(LayerBands() for _ in range(MOST))
        self._extra = 0  # stays when one of the others is chosen, so that no panel goes
        self.stack = tuple(panel.plot for panel in self._panels)
        self.shares = (1,) * MOST
        for row, plot in enumerate(self.stack):
            self.canvas.add_plot(plot, row, 0)
        self.plot = self.stack[-1]
        self._show_plots(self.stack[-1])
        self._kind = Segments(
            (
                (
                    "percentiles",
                    "%",
                    "Median, half of the values (25 to 75 %), nearly all (2 to 98 %):\n"
                    "of each snapshot, accurate to a bin of its histogram",
                ),
                ("mean", "mean ± std", "Mean and standard deviation, recorded at every step"),
            ),
            self,
        )
        self.header.add_control(self._kind)

    def _connect(self) -> None:
        super()._connect()
        self._kind.chosen.connect(self._on_kind_chosen)

    def _reset(self) -> None:
        super()._reset()
        self._extra = 0
        for panel in self._panels:
            panel.begin(0)

    @property
    def by_percentiles(self) -> bool:
        """Whether the bands are percentiles, not standard deviations."""
        return self._kind.key == "percentiles"

    def show_percentiles(self, percentiles: bool) -> None:
        """Show percentiles of snapshots, or mean and deviation of all steps."""
        self._kind.choose("percentiles" if percentiles else "mean")

    @Slot(str)
    def _on_kind_chosen(self, key: str) -> None:
        for panel in self._panels:
            panel.y.reset()
        self.canvas.follow_again()
        self.invalidate()

    def set_layer(self, number: int) -> None:
        super().set_layer(number)
        if number not in self._fixed_layers():
            self._extra = number

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if not self.by_percentiles:
            if not {_MEAN, _STD} <= set(source.layer_columns):
                return ()
            return (layers_table(source, (_MEAN, _STD), self.key),)
        frames = _frames_of(source)

        def rows() -> Iterator[Row]:
            for layer in range(1, max((len(one.layers) for one in frames), default=0) + 1):
                track = PercentileTrack()
                track.update(frames, layer)
                parts = (track.steps, track.values, track.nan, track.infinite)
                for step, values, nan, infinite in zip(*parts, strict=True):
                    yield (int(step), layer, *values, int(nan), int(infinite))

        names = tuple(f"h_percentile_{level:g}" for level in LEVELS)
        return (Table(self.key, ("step", "layer", *names, "nan", "infinite"), rows),)

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        if found is None and self.by_percentiles and not _frames_of(source):
            return "Waiting", "The first snapshot of all layers is on its way."
        return found

    def _picture(self, source: RunSource) -> Hashable:
        # A run at rest may still get its last snapshot.
        frames = () if self.running else _frames_of(source)
        return (super()._picture(source), len(frames), frames[-1].step if frames else -1)

    def _fixed_layers(self) -> tuple[int, ...]:
        """Return the first, the middle and the last hidden layer: the output has no bounds."""
        hidden = max(1, self.layer_count - 1)
        return tuple(dict.fromkeys((1, (hidden + 1) // 2, hidden)))

    def _layers(self) -> list[int]:
        """Return the layers that are shown, from the top of the page."""
        count, fixed = self.layer_count, list(self._fixed_layers())
        if 1 <= self._extra <= count and self._extra not in fixed:
            fixed.append(self._extra)
        most = max(1, min(MOST, self.canvas.height() // LEAST_HEIGHT))
        chosen = min(max(self.layer, 1), count)
        # Where there is no room the middle goes first, and the chosen one last.
        keep = dict.fromkeys((chosen, max(self._fixed_layers()), 1, self._extra, *fixed))
        kept = [one for one in keep if one in {*fixed, chosen}][:most]
        return sorted(kept, reverse=True)

    def _draw(self, source: RunSource) -> None:
        layers = self._layers()
        panels = self._panels[-len(layers) :]
        self._show_plots(*(panel.plot for panel in panels))
        x = self._x_range(source)
        frames = _frames_of(source)
        for panel, layer in zip(panels, layers, strict=True):
            if panel.layer != layer:
                panel.begin(layer)
            panel.set_color(self.theme, self.layer_count)
            if self.by_percentiles:
                data = self._percentiles(panel, frames)
            else:
                data = self._mean(panel, source, x)
            self._finish(panel, source, frames, data, x)
            panel.plot.overlay.show_tags((), (panel.line,))  # words keep off it
        self._show_marks(source)
        bands = "median, 25–75 %, 2–98 %" if self.by_percentiles else "mean ± one deviation"
        self.header.subtitle.set_words(f"h: {bands}")

    def _percentiles(self, panel: LayerBands, frames: tuple[Frame, ...]) -> list[Array]:
        panel.track.update(frames, panel.layer)
        steps, values = panel.percentiles()
        finite = np.where(np.isfinite(values), values, np.nan)
        bad = panel.track.nan + panel.track.infinite
        first = np.flatnonzero(bad)
        note = ""
        if len(first):
            note = f"{NOT_FINITE} from step {integer(int(panel.track.steps[first[0]]))}"
        panel.plot.overlay.show_note(note, "bad" if note else "muted")
        return [steps, *finite.T]

    def _mean(self, panel: LayerBands, source: RunSource, x: Range) -> list[Array]:
        start, stop, buckets = self._visible_rows(source, x)
        rows = (start, stop, max(8, buckets // 3))
        mean, std = (
            source.layer_columns[name].envelope(*rows).of(panel.layer - 1) for name in (_MEAN, _STD)
        )
        known = ~not_measured(mean.mean)
        steps = ((mean.start + mean.stop - 1) / 2.0)[known]
        middle, spread = (one.mean[known].astype(np.float64) for one in (mean, std))
        middle[~np.isfinite(middle)] = np.nan
        spread[~np.isfinite(spread)] = np.nan
        nothing = np.full(len(middle), np.nan)
        lost = len(steps) and not np.isfinite(middle[-1])
        panel.plot.overlay.show_note(f"{NOT_FINITE} at the end" if lost else "", "bad")
        return [steps, nothing, middle - spread, middle, middle + spread, nothing]

    def _finish(
        self,
        panel: LayerBands,
        source: RunSource,
        frames: tuple[Frame, ...],
        data: list[Array],
        x: Range,
    ) -> None:
        """Set the range, draw bands and asymptotes, write the caption.

        ``data`` are steps, and from below the ends of the bands and, in the middle, the line.
        """
        infos = source.facts.layers
        kind: Part = infos[panel.layer - 1].activation
        if frames and panel.layer <= len(frames[-1].layers):
            kind = frames[-1].layers[panel.layer - 1].activation
        name = str(getattr(kind, "kind", "")).replace("_", " ")
        bounds = panel.bounds(name.replace(" ", "_"))
        if bounds is None:
            y = panel.y.follow(*data[1:])
            panel.plot.overlay.show_rules(())
        else:
            span, pixels = bounds[1] - bounds[0], panel.plot.pixels[1]
            over = _CAPTION / (pixels - _CAPTION) if pixels > 4 * _CAPTION else 0.06
            y = (bounds[0] - 0.06 * span, bounds[1] + over * span)
            words = "saturated" if panel.plot is self._top() else ""
            panel.plot.overlay.show_rules(tuple(Rule(at, words) for at in bounds))
        if y is not None and panel.plot.following:
            panel.plot.set_y_unit(unit_of(*y))
        unit = panel.plot.y_unit
        if y is not None:
            panel.plot.follow(x, (y[0] / unit, y[1] / unit))
        panel.draw(data[0], [one / unit for one in data[1:]])
        panel.middle.set_fine(not self.running)
        chosen = " · chosen" if panel.layer == self.layer else ""
        panel.plot.overlay.show_caption(f"layer {panel.layer} · {name}{chosen}")

    def _top(self) -> Plot:
        return next(plot for plot in self.stack if plot.isVisible())

    # Reading -----------------------------------------------------------------------------

    def _panel_of(self, plot: Plot) -> LayerBands | None:
        return next((one for one in self._panels if one.plot is plot and one.layer), None)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        super()._pick(plot, x, y)
        panel = self._panel_of(plot)
        if panel is not None:
            self._select(panel.layer)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        panel, source = self._panel_of(plot), self.source
        if panel is None or source is None or not source.steps:
            return None
        if not self.by_percentiles:
            return self._read_mean(source, panel, x, y)
        track = panel.track
        if not len(track):
            return None
        at = int(np.abs(track.steps - x).argmin())
        low, first, middle, third, high = (number(float(one)) for one in track.values[at])
        bad = int(track.nan[at] + track.infinite[at])
        title = f"layer {panel.layer} · step {integer(int(track.steps[at]))}"
        title = f"{title} · {NOT_FINITE} {integer(bad)}" if bad else title
        lines = (title, f"median {middle}, half {first} to {third}", f"2 to 98 %: {low} to {high}")
        return Cursor(float(track.steps[at]), y, lines)

    def _read_mean(self, source: RunSource, panel: LayerBands, x: float, y: float) -> Cursor:
        step = self._step_at(source, x)
        cells = [
            source.layer_columns[name].read(step, step + 1)[0, panel.layer - 1]
            for name in (_MEAN, _STD)
        ]
        mean, std = (value_words(cell) for cell in cells)
        title = f"layer {panel.layer} · step {integer(step)}"
        return Cursor(step, y, (title, f"mean {mean}", f"standard deviation {std}"))


def _frames_of(source: RunSource) -> tuple[Frame, ...]:
    """Return the snapshots that know h."""
    return snapshots(source, newest_with(source, Parts.MORE))
