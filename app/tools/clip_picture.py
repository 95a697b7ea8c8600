"""Two pictures of a gradient that is clipped: all of it, and what lies near the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal, Slot

from app.plots import Canvas, Plot, Scale
from app.plots.text import number
from app.tools.clip_arrows import Arrows

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsGridLayout

    from app.theme import Theme
    from app.tools.clip_numbers import Clipped

_NEAR = 1.7  # limits that the near picture reaches to


class ClipPicture(Canvas):
    """The whole gradient at the left, what lies near the limit at the right; both to scale.

    Signals
    -------
    dragged(float, float)
        The raw gradient was moved by mouse to these components.
    """

    dragged = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        still = (False, False)
        self.whole = Plot(Scale.LINEAR, Scale.LINEAR, mouse=still)
        self.near = Plot(Scale.LINEAR, Scale.LINEAR, mouse=still)
        self.arrows = (Arrows(self.whole, self.near), Arrows(self.near))
        self._shown: tuple[Clipped, str, float] | None = None
        self._dragging = False
        self.setAccessibleName("Gradient before and after clipping")
        for column, plot in enumerate((self.whole, self.near)):
            self.add_plot(plot, 0, column)
            grid = cast("QGraphicsGridLayout", self.ci.layout)
            grid.setColumnStretchFactor(column, 2 + column)
        self.setMinimumSize(420, 280)
        self.whole.overlay.show_caption("the whole gradient")
        self.near.overlay.show_caption("near the limit, magnified")
        for one in self.arrows:
            one.dragged.connect(self._on_dragged)
            one.dropped.connect(self._on_dropped)
        self.view_changed.connect(self._on_view_changed)

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.set_theme(theme)
        for one in self.arrows:
            one.set_theme(theme)

    def show_clipped(self, found: Clipped, kind: str, limit: float) -> None:
        """Draw a gradient, clipped by a kind at a limit (of ``none``: any length to show)."""
        self._shown = (found, kind, limit)
        for one in self.arrows:
            one.show_clipped(found, kind, limit)
        if not self._dragging:  # a picture that moves below the mouse cannot be dragged in
            self._show_ranges()

    def _show_ranges(self) -> None:
        assert self._shown is not None
        found, _, limit = self._shown
        xs, ys = ((0.0, value, -limit, limit) for value in found.raw)
        _follow(self.whole, (min(xs), max(xs)), (min(ys), max(ys)), 0.16)
        _follow(self.near, (-_NEAR * limit, _NEAR * limit), (-_NEAR * limit, _NEAR * limit), 0.0)
        ratio = self._magnified()
        words = f", × {number(ratio, 2)}" if ratio > 1.05 else ""
        self.near.overlay.show_caption(f"near the limit{words}")

    def _magnified(self) -> float:
        scales = [abs(plot.mapping()[0]) for plot in (self.near, self.whole)]
        return scales[0] / scales[1] if scales[1] else 1.0

    # Slots -------------------------------------------------------------------------------

    @Slot(float, float)
    def _on_dragged(self, x: float, y: float) -> None:
        self._dragging = True
        self.dragged.emit(x, y)

    @Slot()
    def _on_dropped(self) -> None:
        self._dragging = False
        if self._shown is not None:
            self._show_ranges()

    @Slot()
    def _on_view_changed(self) -> None:
        if self._shown is not None and not self._dragging:
            self._show_ranges()


def _follow(plot: Plot, x: tuple[float, float], y: tuple[float, float], margin: float) -> None:
    """Show both ranges with as many pixels for 1 along x as along y."""
    wide, high = plot.pixels
    spans = [(end - begin) * (1 + 2 * margin) for begin, end in (x, y)]
    unit = max(spans[0] / wide, spans[1] / high)
    (x0, x1), (y0, y1) = (
        ((sum(ends) - unit * pixels) / 2, (sum(ends) + unit * pixels) / 2)
        for ends, pixels in ((x, wide), (y, high))
    )
    plot.follow((x0, x1), (y0, y1))
