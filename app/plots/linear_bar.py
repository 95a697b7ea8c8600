"""The scale of an image of numbers on a linear scale."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.indices import diverging
from app.plots.plot import BOTTOM
from app.plots.scale_bar import ScaleBar
from app.plots.ticks import Scale, Tick, ticks
from app.theme import viridis


class LinearBar(ScaleBar):
    """Colours from 0 up, or around 0 in both directions."""

    def __init__(self, *, bottom: float = BOTTOM) -> None:
        super().__init__(bottom=bottom)
        self._range = (0.0, 1.0)
        self._signed = False
        self._labels: tuple[Tick, ...] | None = None

    def set_scale(
        self,
        low: float,
        high: float,
        kinds: frozenset[int],
        *,
        signed: bool,
        labels: tuple[Tick, ...] | None = None,
    ) -> None:
        """Show the scale from ``low`` to ``high``; ``labels`` replace its numbers."""
        new = ((low, high), kinds, signed, labels)
        if new != (self._range, self._kinds, self._signed, self._labels):
            self._range, self._kinds, self._signed, self._labels = new
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        bar, (low, high) = self.bar_rect(), self._range
        colors = diverging(11) if self._signed else viridis(9)
        self._paint_colors(painter, bar, (bar.bottom(), bar.top()), colors)
        shown = self._labels
        if shown is None:
            count = max(2, int(bar.height() / self._px(36)))
            shown = tuple(ticks(Scale.LINEAR, low, high, count))
        length = bar.height() / (high - low)
        labels = ((bar.bottom() - (one.at - low) * length, one.label, "muted") for one in shown)
        self._paint_labels(painter, bar, labels)
        self._paint_kinds(painter, bar)
