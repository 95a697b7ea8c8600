"""A share of every layer at every step, as a picture with its own fixed scale."""

from __future__ import annotations

import numpy as np

from app.plots import Plot, Scale
from app.plots.colored_image import ColoredImage
from app.plots.envelope_curve import cells
from app.plots.indices import color_table, kinds_in, linear_indices
from app.plots.linear_bar import LinearBar
from app.plots.plot import BOTTOM
from app.plots.text import percent
from app.plots.ticks import Tick
from app.theme import Theme
from app.views.readings import value_words
from core.record import RunSource

SHARES = ("derivative_mean", "saturated_fraction")
"""From the top of the page."""
NAMES = {"derivative_mean": "mean φ′ / sup φ′", "saturated_fraction": "saturated share"}
_LABELS = tuple(Tick(at / 4, percent(at / 4)) for at in range(0, 5, 2))


class SharePicture:
    """Layers from the input at the bottom, steps to the right, 0 to 1 in colours.

    Attributes
    ----------
    plot : Plot
    bar : LinearBar
    """

    def __init__(self, quantity: str, *, lowest: bool) -> None:
        self.quantity = quantity
        bottom = BOTTOM if lowest else 3.0
        self.plot = Plot(Scale.WHOLE, Scale.WHOLE, bottom=bottom, mouse=(True, False), grid=False)
        self.plot.y_layers = True
        self.plot.overlay.set_over_image(True)
        self.plot.overlay.show_caption(NAMES[quantity])
        self.bar = LinearBar(bottom=bottom)
        self.bar.setMinimumHeight(0)  # else it would have a say in how high the pictures are
        self.bar.setPreferredHeight(0)
        self._image = ColoredImage()
        self.plot.add(self._image)
        self._table = np.zeros((256, 4), np.uint8)

    def set_theme(self, theme: Theme) -> None:
        """Take over the colours."""
        self._table = color_table(theme)
        self.bar.set_theme(theme)

    def clear_points(self) -> None:
        """Draw nothing."""
        self._image.clear_colors()

    def draw(self, source: RunSource, rows: tuple[int, int, int]) -> None:
        """Draw rows of a run: first, the one after the last, buckets."""
        column = source.layer_columns.get(self.quantity)
        if column is None or not len(column):
            self.clear_points()
            self.plot.overlay.show_note("not measured in this run")
            return
        self.plot.overlay.show_note("")
        envelope = column.envelope(*rows)
        # 0 is a share like any other here: it has its place on the scale.
        indices = linear_indices(envelope.mean, 0.0, 1.0, mark_zero=False).T
        place = cells(envelope, envelope.mean.shape[1])
        self._image.show_colors(self._table[indices], place)
        self.bar.set_scale(0.0, 1.0, kinds_in(indices), signed=False, labels=_LABELS)

    def words_at(self, source: RunSource, step: int, layer: int) -> str:
        """Return the value of one cell with its name."""
        column = source.layer_columns.get(self.quantity)
        if column is None or step >= len(column) or not 1 <= layer <= (column.width or 0):
            return ""
        cell = column.read(step, step + 1)[0, layer - 1]
        return f"{NAMES[self.quantity]} {value_words(cell, write=percent)}"


__all__ = ["SHARES", "SharePicture"]
