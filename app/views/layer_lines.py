"""The lines of all layers in one plot: depth in colour, the chosen one emphasised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from app.plots import EnvelopeCurve, Line, Plot, Tag
from app.plots.envelope_curve import centers, edges, means, scaled
from app.plots.gap_lane import GapLane
from app.theme import Theme
from app.views.readings import value_words
from core.measure.missing import not_measured
from core.record import RunSource
from core.record.columns import Column, Envelope

Array = NDArray[np.float64]
Row = NDArray[np.float32]
Rows = tuple[int, int, int]
"""First row, row after the last, buckets: as ``StepView._visible_rows`` gives them."""

NEAR = 10.0  # pixels: a click so near a line means its layer
MOST_LINES = 32  # more cannot be told apart; the first, the last and the chosen one are kept


class LayerLines:
    """Lines of a layer quantity: the chosen layer with its band, a reference run dashed.

    On a logarithmic axis what has no place on it is said in lanes at the foot of the plot.

    Parameters
    ----------
    plot : Plot

    Attributes
    ----------
    lines : list of Line
        One for each of :meth:`layers`.
    shown : list of (x, y)
        What was drawn last, in coordinates.
    spans : list of ndarray
        What the y axis should hold.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.lines: list[Line] = []
        self._dressed: object = None  # what the lines have their colours for
        self.chosen = EnvelopeCurve()
        self.references = (Line(), Line(), Line())
        self.lane = GapLane(plot)
        self.shown: list[tuple[Array, Array]] = []
        self.spans: list[Array] = []
        for item in (*self.chosen.items, *self.references):
            item.setZValue(2)
            plot.add(item)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours; the lines have theirs with the next picture."""
        self.chosen.set_color(theme.color("text"))
        self.lane.set_theme(theme)
        for line in self.references:
            line.set_color(theme.color("muted"), dashed=True)

    def clear_points(self) -> None:
        """Draw nothing."""
        for item in (*self.lines, *self.references, self.chosen, self.lane):
            item.clear_points()
        self.shown, self.spans = [], []

    @staticmethod
    def layers(count: int, chosen: int) -> list[int]:
        """Return the numbers of the layers that are drawn, from the input."""
        if count <= MOST_LINES:
            return list(range(1, count + 1))
        some = {round(at) for at in np.linspace(1, count, MOST_LINES)}
        return sorted(some | ({chosen} if 1 <= chosen <= count else set()))

    def draw(
        self, column: Column, rows: Rows, chosen: int, theme: Theme, *, log: bool, fine: bool
    ) -> None:
        """Draw the rows of a column."""
        count = column.width or 0
        envelope = column.envelope(rows[0], rows[1], max(8, rows[2] // 3))
        layers = self.layers(count, chosen)
        self._provide(len(layers))
        if (theme, count, layers) != self._dressed:
            self._dressed = (theme, count, layers)
            for line, layer in zip(self.lines, layers, strict=False):
                line.set_color(theme.layer_color(layer, count))
        picked = np.array(layers, np.intp) - 1
        x, mean = centers(envelope), means(envelope)[:, picked]
        known = ~not_measured(envelope.mean)[:, picked]
        coordinates = scaled(mean, log=log)
        whole = bool(known.all())
        self.shown, self.spans = [], [coordinates]
        for place, line in enumerate(self.lines[: len(layers)]):
            # Steps that nobody measured leave no gap: they say nothing of the line.
            keep = slice(None) if whole else known[:, place]
            points = (x[keep], coordinates[keep, place])
            line.show_points(*points)
            self.shown.append(points)
        self._draw_chosen(envelope, chosen, log=log, fine=fine)
        if log:
            self.lane.show_gaps(*edges(envelope), gaps(mean, known))
        else:
            self.lane.clear_points()

    def _draw_chosen(self, envelope: Envelope, chosen: int, *, log: bool, fine: bool) -> None:
        if not 1 <= chosen <= envelope.mean.shape[1]:
            self.chosen.clear_points()
            return
        one = envelope.of(chosen - 1)
        keep = ~not_measured(one.mean)
        one = Envelope(
            one.start[keep], one.stop[keep], one.low[keep], one.high[keep], one.mean[keep]
        )
        self.chosen.show_envelope(one, log=log)
        self.chosen.set_fine(fine)
        self.spans += [scaled(one.low, log=log), scaled(one.high, log=log)]

    def draw_reference(
        self, run: RunSource | None, quantity: str, rows: Rows, chosen: int, *, log: bool
    ) -> None:
        """Draw the first, the last and the chosen layer of another run."""
        column = run.layer_columns.get(quantity) if run is not None else None
        if run is None or column is None or not column.width or not run.steps:
            for line in self.references:
                line.clear_points()
            return
        stop = min(rows[1], run.steps)
        envelope = column.envelope(min(rows[0], stop), stop, max(8, rows[2] // 4))
        x, mean, known = centers(envelope), means(envelope), ~not_measured(envelope.mean)
        layers = dict.fromkeys((1, column.width, chosen))
        for line, layer in zip(self.references, layers, strict=False):
            if not 1 <= layer <= column.width:
                line.clear_points()
                continue
            keep = known[:, layer - 1]
            y = scaled(mean[keep, layer - 1], log=log)
            line.show_points(x[keep], y)
            self.spans.append(y)
        for line in self.references[len(layers) :]:
            line.clear_points()

    def tags(self, count: int, chosen: int, now: Row | None) -> tuple[Tag, ...]:
        """Return words for the first, the last and the chosen layer, the chosen one first.

        Parameters
        ----------
        count, chosen : int
        now : ndarray of float32, shape (count,), or None
            The newest values, if the lines end with them.
        """
        found: list[Tag] = []
        layers = self.layers(count, chosen)
        for layer, (x, y) in zip(layers, self.shown, strict=False):
            if layer not in (chosen, layers[0], layers[-1]):
                continue
            finite = np.flatnonzero(np.isfinite(y))
            if finite.size:
                at = finite[-1]
                words = "" if now is None else f": {value_words(now[layer - 1], 2)}"
                color = "text" if layer == chosen else "muted"
                found.append(Tag(float(x[at]), float(y[at]), f"layer {layer}{words}", color))
        found.sort(key=lambda tag: tag.color != "text")
        return tuple(found)

    def tagged_lines(self, count: int, chosen: int) -> tuple[tuple[Array, Array], ...]:
        """Return the lines that :meth:`tags` names, for words not to cover."""
        layers = self.layers(count, chosen)
        named = {chosen, layers[0], layers[-1]} if layers else set[int]()
        pairs = zip(layers, self.shown, strict=False)
        return tuple(points for layer, points in pairs if layer in named)

    def hit(self, at: QPointF, count: int, chosen: int) -> int | None:
        """Return the layer whose line is nearest above or below a pixel, if it is near."""
        scale_x, shift_x, scale_y, shift_y = self._plot.mapping()
        best, least = None, NEAR
        for layer, (x, y) in zip(self.layers(count, chosen), self.shown, strict=False):
            good = np.isfinite(y)
            if not good.any():
                continue
            pixels = shift_y + y[good] * scale_y
            far = abs(float(np.interp((at.x() - shift_x) / scale_x, x[good], pixels)) - at.y())
            if far < least:
                best, least = layer, far
        return best

    def _provide(self, count: int) -> None:
        while len(self.lines) < count:
            line = Line()
            self.lines.append(line)
            self._plot.add(line)
        for line in self.lines[count:]:
            line.clear_points()


def gaps(mean: NDArray[np.float32], known: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Return for each kind of value that has no logarithm the buckets in which it occurs.

    Parameters
    ----------
    mean : ndarray, shape (n, layers)
    known : ndarray of bool, shape (n, layers)
        What was measured.
    """
    kinds = {"zero": mean == 0, "nan": np.isnan(mean) & known, "inf": np.isinf(mean)}
    return {kind: np.asarray(found.any(axis=1)) for kind, found in kinds.items()}
