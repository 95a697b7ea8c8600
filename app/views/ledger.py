"""What weights and activations did to the error signal on its way down, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from app.plots import Follower, Line, Mark, Plot, Scale, Tag
from app.plots.envelope_curve import Band
from app.plots.notes import Cursor
from app.plots.ranges import PATIENCE
from app.plots.text import integer
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.table import Row, Table
from core.record import Parts, RunSource

if TYPE_CHECKING:  # it needs torch, which is loaded after the window
    from core.theory.ledger import Ledger
    from core.theory.ledger import Parts as Shares

_WIDE = 460  # pixels from which on the header has room for a sentence
_FEW_BARS = 12  # so few are as wide as words, which then keep off them
HALF = 0.36  # of a layer's width that its bars take
_PARTS = ("weights", "activation", "between")


class LedgerView(FrameView):
    """A waterfall in decades from the loss at the right to the input at the left."""

    key = "ledger"
    title = "Chain ledger"
    quantities = ("delta_norm",)
    x_title = "layer, input at the left"
    parts = Parts.LEDGER
    empty_text = "Press Run to start: what each layer does to the gradient is booked here."

    def _fill(self) -> None:
        self._y = Follower(margin=0.16, shrink=0.5, smallest=1.0, patience=PATIENCE)
        self.plot = Plot(Scale.WHOLE, Scale.LINEAR)
        self.plot.x_layers = True
        self.canvas.add_plot(self.plot)
        self._bands = {part: Band() for part in _PARTS}
        self._beyond = {part: Band() for part in _PARTS}  # nearer the input than the chosen layer
        self._level = Line()
        self._level.set_fine(True)
        for item in (*self._bands.values(), *self._beyond.values(), self._level):
            self.plot.add(item)

    def _reset(self) -> None:
        super()._reset()
        self._y.reset()
        self._level.clear_points()
        for band in (*self._bands.values(), *self._beyond.values()):
            band.clear_points()

    def _retheme(self, theme: Theme) -> None:
        self._level.set_color(theme.color("muted"))
        for part, band in self._bands.items():
            band.set_color(self._color(part))
            faint = self._color(part)
            faint.setAlphaF(0.28)
            self._beyond[part].set_color(faint)

    def _color(self, part: str) -> QColor:
        return self.theme.color({"weights": "accent", "activation": "warn"}.get(part, "dim"))

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        ledger, frame = self._ledger(), self.frame
        if ledger is None or frame is None:
            return ()
        norms = ("arrived", "summed", "weighed", "reached", "delta")
        decades = ("change", "weights", "activation", "between")

        def rows() -> Iterator[Row]:
            for row in ledger.rows:
                yield (
                    frame.step,
                    row.layer + 1,
                    row.name,
                    *(getattr(row, one) for one in norms),
                    *(getattr(row.parts, one) for one in decades),
                )

        header = ("step", "layer", "name", *norms, *(f"{one}_decades" for one in decades))
        return (Table(self.key, header, rows),)

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        if found is None and self._ledger() is None:
            return "Waiting", "The ledger of the last batch is on its way."
        return found

    def _ledger(self) -> Ledger | None:
        return self.frame.ledger if self.frame is not None else None

    def _draw(self, source: RunSource) -> None:
        ledger, count = self._ledger(), self.layer_count
        assert ledger is not None
        levels = [0.0]  # decades after each layer, from the output down
        edges: dict[str, list[tuple[float, float, float]]] = {part: [] for part in _PARTS}
        for row in ledger.rows:
            at, place = levels[-1], row.layer + 1
            parts = row.parts
            for part in ("weights", "between", "activation"):
                change = getattr(parts, part)
                if math.isfinite(change) and math.isfinite(at):
                    edges[part].append((float(place), min(at, at + change), max(at, at + change)))
                    at += change
            levels.append(at if math.isfinite(parts.change) else math.nan)
        chosen = self._chosen_layer()
        for part in _PARTS:
            rows = np.array(edges[part] or np.zeros((0, 3)), np.float64)
            down = rows[:, 0] >= chosen
            _fill(self._bands[part], rows[down])
            _fill(self._beyond[part], rows[~down])
        x = np.arange(count, 0, -1, dtype=np.float64)[: len(levels)]
        values = np.array(levels)
        self._level.show_points(x[::-1], values[::-1])
        ends = [at for bars in edges.values() for _, low, high in bars for at in (low, high)]
        y = self._y.follow(values, ends, [0.0])
        if y is not None:
            wide = (0.5, count + 0.5) if count < 20 else (1 - count * 0.02, count * 1.02)
            self.plot.follow(wide, y)
        self._show_tags(edges, x, values, chosen)
        self.header.subtitle.set_words(self._words(ledger))

    def _show_tags(
        self,
        edges: dict[str, list[tuple[float, float, float]]],
        x: np.ndarray,
        values: np.ndarray,
        chosen: int,
    ) -> None:
        names = {"weights": "weights Wᵀ", "activation": "activation φ′", "between": "norm, dropout"}
        tags: list[Tag] = []
        for part, color in (("activation", "warn"), ("weights", "accent"), ("between", "muted")):
            rows = edges[part]
            if rows and max(high - low for _, low, high in rows) > 0.0:
                place, _, high = max(rows, key=lambda one: one[2] - one[1])
                tags.append(Tag(place, high, names[part], color))
        here = np.flatnonzero(x == chosen)
        whole = self.layer < self.layer_count and here.size > 0
        if whole and math.isfinite(values[here[0]]):
            level = float(values[here[0]])
            words = f"layer {chosen}: {_decades(level)} decades"
            tags.insert(0, Tag(float(chosen), level, words, "text"))
        bars = [
            (np.array([at - HALF, at + HALF]), np.array([y, y]))
            for rows in edges.values()
            for at, low, high in rows[: _FEW_BARS * len(_PARTS)]
            for y in (low, (low + high) / 2, high)
        ]
        self.plot.overlay.show_tags(tuple(tags), ((x[::-1], values[::-1]), *bars))
        self.plot.overlay.show_marks((Mark(chosen, color="accent"),) if whole else ())
        ended = np.flatnonzero(~np.isfinite(values))
        text = f"the signal ends at layer {integer(int(x[ended[0]]))}" if ended.size else ""
        self.plot.overlay.show_note(text, "bad")

    def _chosen_layer(self) -> int:
        """Return the layer down to which the waterfall is told; 1 if the loss's own is chosen."""
        layer = min(max(self.layer, 1), self.layer_count)
        return 1 if layer == self.layer_count else layer

    def _words(self, ledger: Ledger) -> str:
        layer = min(max(self.layer, 1), self.layer_count)
        if layer == self.layer_count or not ledger.rows:
            return "from the loss down, in decades"
        parts = ledger.down_to(layer - 1)
        if self.width() < self.theme.px(_WIDE):  # layer and sum stand in the picture
            return f"Wᵀ {_decades(parts.weights)}, φ′ {_decades(parts.activation)}"
        return f"down to layer {layer}: {_sentence(parts)}"

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        ledger, layer = self._ledger(), round(x)
        if ledger is None or not 1 <= layer <= self.layer_count:
            return None
        row = next((one for one in ledger.rows if one.layer == layer - 1), None)
        if row is None:
            return Cursor(layer, y, (f"layer {layer}", "where the loss arrives"))
        parts = row.parts
        lines = [f"layer {layer} · {_decades(parts.change)} decades"]
        lines += [
            f"{name} {_decades(getattr(parts, part))}"
            for part, name in (("weights", "weights"), ("activation", "activation"))
        ]
        if parts.between:
            lines.append(f"norm, dropout, way around {_decades(parts.between)}")
        return Cursor(layer, y, tuple(lines))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        self._select(round(x))


def _fill(band: Band, rows: np.ndarray) -> None:
    """Draw bars: place, lower and upper end each."""
    if len(rows):
        order = np.argsort(rows[:, 0])
        x, low, high = rows[order].T
        band.show_area(x - HALF, x + HALF, low, high)
    else:
        band.clear_points()


def _sentence(parts: Shares) -> str:
    words = f"weights {_decades(parts.weights)}, activation {_decades(parts.activation)}"
    between = f", rest {_decades(parts.between)}" if parts.between else ""
    return f"{words}{between} decades"


def _decades(value: float) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "to 0" if value < 0 else "from 0"
    return f"{value:+.2f}".replace("-", "−")


__all__ = ["LedgerView"]
