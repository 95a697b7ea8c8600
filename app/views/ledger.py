"""What weights and activations did to the error signal on its way down, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator

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
from app.views.waterfall import ORDER, Waterfall, waterfall
from core.record import Parts, RunSource
from core.theory.ledger import Ledger
from core.theory.ledger import Parts as Shares

_WIDE = 460  # pixels from which on the header has room for a sentence
_APART, _MOST_LINES = 10, 24  # pixels between lines that stand for a bar, and how many
_LEAST_SPAN = 0.4  # decades of the picture: noise of less than a factor of two stays small
_NAMES = {"weights": "weights Wᵀ", "activation": "activation φ′", "between": "norm, dropout"}


class LedgerView(FrameView):
    """A waterfall in decades from the loss at the right to the input at the left."""

    key = "ledger"
    title = "Chain ledger"
    quantities = ("delta_norm",)
    x_title = "layer, input at the left"
    parts = Parts.LEDGER
    empty_text = "Press Run to start: what each layer does to the gradient is booked here."

    def _fill(self) -> None:
        self._y = Follower(margin=0.12, shrink=0.6, smallest=_LEAST_SPAN, patience=PATIENCE)
        self.plot = Plot(Scale.WHOLE, Scale.LINEAR)
        self.plot.x_layers = True
        self.canvas.add_plot(self.plot)
        self._bands = {part: Band() for part in ORDER}
        self._beyond = {part: Band() for part in ORDER}  # nearer the input than the chosen layer
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
        wide = (0.5, count + 0.5) if count < 20 else (1 - count * 0.02, count * 1.02)
        low, high = wide if self.plot.following else self.plot.x_range
        fall = waterfall(ledger, count, self.plot.pixels[0] / max(high - low, 1e-9))
        chosen = self._chosen_layer()
        for part, bars in fall.bars.items():
            down = bars[:, 4] >= chosen
            _fill(self._bands[part], bars[down])
            _fill(self._beyond[part], bars[~down])
        self._level.show_points(*fall.line)
        y = self._y.follow(fall.levels, [0.0], *(bars[:, 2:4] for bars in fall.bars.values()))
        if y is not None:
            self.plot.follow(wide, y)
        self._show_tags(fall, chosen)
        joined = f"a bar stands for {integer(fall.each)} layers" if fall.each > 1 else ""
        self.plot.overlay.show_caption(joined)
        self.header.subtitle.set_words(self._words(ledger))

    def _show_tags(self, fall: Waterfall, chosen: int) -> None:
        tags: list[Tag] = []
        for part, color in (("activation", "warn"), ("weights", "accent"), ("between", "muted")):
            bars = fall.bars[part]
            if len(bars):
                left, right, start, end, _ = bars[np.abs(bars[:, 3] - bars[:, 2]).argmax()]
                place, top = (float(left) + float(right)) / 2, float(max(start, end))
                tags.append(Tag(place, top, _NAMES[part], color))
        here = self.layer_count - chosen  # from the output down
        level = float(fall.levels[here]) if here < len(fall.levels) else math.nan
        whole = self.layer < self.layer_count and here < len(fall.levels)
        if whole and math.isfinite(level):
            words = f"layer {chosen}: {_decades(level)} decades"
            tags.insert(0, Tag(float(fall.places[here]), level, words, "text"))
        self.plot.overlay.show_tags(tuple(tags), self._covered(fall))
        self.plot.overlay.show_marks((Mark(chosen, color="accent"),) if whole else ())
        ended = np.flatnonzero(~np.isfinite(fall.levels))
        text = ""
        if ended.size:
            text = f"the signal ends at layer {integer(self.layer_count - int(ended[0]))}"
        self.plot.overlay.show_note(text, "bad")

    def _covered(self, fall: Waterfall) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Return lines all over the bars, for words to keep off them."""
        bars = np.concatenate([fall.bars[part] for part in ORDER])
        if not len(bars):
            return ()
        bars = bars[np.argsort(bars[:, 0])]
        x, start, end = bars[:, :2].ravel(), bars[:, 2], bars[:, 3]
        low, high = self.plot.y_range
        tall = float(np.abs(end - start).max()) / (high - low) * self.plot.pixels[1]
        shares = np.linspace(0.0, 1.0, int(np.clip(tall / _APART, 2, _MOST_LINES)))
        return tuple((x, np.repeat(start + share * (end - start), 2)) for share in shares)

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


def _fill(band: Band, bars: np.ndarray) -> None:
    """Draw bars: left, right, start and end each."""
    if len(bars):
        left, right, start, end = bars[:, :4].T
        band.show_area(left, right, np.minimum(start, end), np.maximum(start, end))
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
