"""Four histograms of a layer: what goes in, what the activation passes, what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.plots import Bars, Follower, Plot, Scale
from app.plots.notes import Cursor
from app.plots.text import integer, number
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.readings import NOT_FINITE
from app.views.table import Row, Table
from core.record import Histogram, LayerFrame, RunSource

_PARTS = (
    ("z", "z"),
    ("derivative", "φ′(z)"),
    ("delta", "δ"),
    ("gradient", "∂L/∂W"),
)


class HistogramsView(FrameView):
    """z, phi'(z), delta and gradient of the chosen layer in one batch."""

    key = "histograms"
    title = "Histograms"
    quantities = ("derivative_mean", "delta_norm", "weight_grad_norm")
    x_title = "value; bars: share of the tallest"
    empty_text = "Press Run to start: how the values of a layer spread is drawn here."

    def _fill(self) -> None:
        self._plots: list[Plot] = []
        self._bars: list[Bars] = []
        self._ranges = [
            Follower(margin=0.03, shrink=0.45, smallest=1e-30, patience=30) for _ in _PARTS
        ]
        for number_, (_, caption) in enumerate(_PARTS):
            plot = Plot(Scale.LINEAR, Scale.NONE, left=8, mouse=(True, False))
            plot.overlay.show_caption(caption)
            self.canvas.add_plot(plot, number_ // 2, number_ % 2)
            bars = Bars()
            plot.add(bars)
            self._plots.append(plot)
            self._bars.append(bars)

    def _reset(self) -> None:
        super()._reset()
        for range_ in self._ranges:
            range_.reset()

    def _retheme(self, theme: Theme) -> None:
        pass

    def set_layer(self, number: int) -> None:
        if number != self.layer:
            self._reset()
        super().set_layer(number)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        found, frame = self._layer(), self.frame
        if found is None or frame is None:
            return ()
        at, layer = found
        parts = tuple((name, getattr(layer, name)) for name, _ in _PARTS)

        def histograms() -> Iterator[Row]:
            for name, one in parts:
                for low, high, count in zip(one.edges, one.edges[1:], one.counts, strict=False):
                    yield (frame.step, at, name, low, high, int(count))

        def special() -> Iterator[Row]:
            for name, one in parts:
                yield (frame.step, at, name, one.zeros, one.nan, one.pos_inf, one.neg_inf)

        start = ("step", "layer", "quantity")
        return (
            Table(self.key, (*start, "low", "high", "count"), histograms),
            Table("special", (*start, "zeros", "nan", "pos_inf", "neg_inf"), special),
        )

    # Drawing -----------------------------------------------------------------------------

    def _layer(self) -> tuple[int, LayerFrame] | None:
        frame = self.frame
        if frame is None or not frame.layers:
            return None
        at = min(max(self.layer, 1), len(frame.layers))
        return at, frame.layers[at - 1]

    def _draw(self, source: RunSource) -> None:
        found = self._layer()
        if found is None:
            return
        at, layer = found
        count = self.layer_count
        color = self.theme.layer_color(at, max(count, at))
        for (name, _), plot, bars, range_ in zip(
            _PARTS, self._plots, self._bars, self._ranges, strict=True
        ):
            histogram: Histogram = getattr(layer, name)
            bars.set_color(color)
            bars.show_counts(histogram.edges, histogram.counts)
            x = range_.follow(histogram.edges)
            if x is not None:
                plot.follow(x, (0.0, 1.3))
            plot.overlay.show_note(*_note(histogram))
        info = source.facts.layers[at - 1] if at <= count else None
        name = f", {info.units} units" if info is not None else ""
        self.header.subtitle.set_words(f"layer {at}{name}")

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        found = self._layer()
        if found is None or plot not in self._plots:
            return None
        histogram: Histogram = getattr(found[1], _PARTS[self._plots.index(plot)][0])
        place = int(np.searchsorted(histogram.edges, x, "right")) - 1
        if not 0 <= place < len(histogram.counts):
            return None
        low, high = float(histogram.edges[place]), float(histogram.edges[place + 1])
        lines = (
            f"{number(low)} to {number(high)}",
            f"count {integer(int(histogram.counts[place]))}",
        )
        return Cursor((low + high) / 2, y, lines)


def _note(histogram: Histogram) -> tuple[str, str]:
    """Return what the bars do not show, and its colour."""
    parts = []
    if histogram.zeros:
        parts.append(f"zeros {integer(histogram.zeros)}")
    if histogram.nonfinite:
        parts.append(f"{NOT_FINITE} {integer(histogram.nonfinite)}")
    if parts:
        total = int(histogram.counts.sum()) + histogram.nonfinite
        parts[-1] += f" of {integer(total)}"
    return " · ".join(parts), "bad" if histogram.nonfinite else "muted"
