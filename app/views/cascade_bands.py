"""How the activations of one layer spread over the run: two bands and a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plots import Follower, Line, Plot, Scale
from app.plots.ranges import Range
from app.plots.ribbon import Ribbon
from app.theme import Theme
from app.views.percentiles import PercentileTrack

Array = NDArray[np.float64]

_BOUNDS = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
}
_SLACK = 1e-3  # bins end a little outside of what they hold


class LayerBands:
    """One layer: a line in a band in a wider band.

    Attributes
    ----------
    layer : int
        0 before the first picture.
    plot : Plot
    y : Follower
    track : PercentileTrack
    middle : Line
    line : (x, y)
        What was drawn last.
    """

    def __init__(self) -> None:
        self.layer = 0
        self.plot = Plot(Scale.WHOLE, Scale.LINEAR)
        self.y = Follower(margin=0.08, shrink=0.4, smallest=1e-12)
        self.wide, self.narrow, self.middle = Ribbon(), Ribbon(), Line()
        self.track = PercentileTrack()
        self.line: tuple[Array, Array] = (np.zeros(0), np.zeros(0))
        for item in (self.wide, self.narrow, self.middle):
            self.plot.add(item)

    def begin(self, layer: int) -> None:
        """Show another layer."""
        self.layer, self.track = layer, PercentileTrack()
        self.y.reset()
        self.clear_points()

    def clear_points(self) -> None:
        """Draw nothing."""
        for item in (self.wide, self.narrow, self.middle):
            item.clear_points()

    def draw(self, steps: Array, levels: list[Array]) -> None:
        """Draw lower ends, line and upper ends of the bands, in units of the axis."""
        self.wide.show_area(steps, levels[0], levels[4])
        self.narrow.show_area(steps, levels[1], levels[3])
        self.middle.show_points(steps, levels[2])
        self.line = (steps, levels[2])

    def set_color(self, theme: Theme, count: int) -> None:
        """Take over the colour of the layer."""
        color = theme.layer_color(self.layer, count)
        for item, alpha in ((self.wide, 0.24), (self.narrow, 0.5)):
            color.setAlphaF(alpha)
            item.set_color(color)
        self.middle.set_color(theme.color("text"))

    def percentiles(self) -> tuple[Array, Array]:
        """Return steps and percentiles: a snapshot every two pixels or so, and the newest."""
        steps, values = self.track.steps, self.track.values
        group = -(-2 * len(steps) // max(self.plot.pixels[0], 2))
        if group <= 1:
            return steps, values
        chosen = np.unique(np.append(np.arange(0, len(steps), group), len(steps) - 1))
        return steps[chosen], values[chosen]

    def bounds(self, kind: str) -> Range | None:
        """Return what h cannot leave; None if there is no such thing.

        What a layer passes on may be more than its activation: with batch normalisation after
        it, or a shortcut around it. Then the values tell.
        """
        bounds = _BOUNDS.get(kind)
        if bounds is None:
            return None
        least, greatest = self.track.least, self.track.greatest
        slack = _SLACK * (bounds[1] - bounds[0])
        inside = np.nanmin(least, initial=bounds[0]) >= bounds[0] - slack
        inside &= np.nanmax(greatest, initial=bounds[1]) <= bounds[1] + slack
        return bounds if inside else None


__all__ = ["LayerBands"]
