"""The four pictures of the initialiser inspector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np

from app.plots import Canvas, Line, Plot, Rule, Scale, Tag, log10
from app.plots.dots import Dot, Dots
from app.plots.envelope_curve import Band
from app.plots.text import number, percent
from app.tools.initialiser_numbers import Draw, Stack, density

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.theme import Theme

    Array = npt.NDArray[np.float64]

BINS = 41
_REACH = 4.0  # standard deviations of a normal that are shown
_FAINT = 0.5


class InitialiserPlots(Canvas):
    """Weights and singular values of a draw above, what layers make of them below.

    What it is compared with is drawn dashed and fainter, in the same colours.
    """

    def __init__(self) -> None:
        super().__init__()
        still = (False, False)
        self.weights = Plot(Scale.LINEAR, Scale.SHARE, mouse=still)
        self.singular = Plot(Scale.WHOLE, Scale.LINEAR, mouse=still)
        self.layers = Plot(Scale.WHOLE, Scale.LOG, mouse=still)
        self.map = Plot(Scale.LOG, Scale.LOG, mouse=still)
        self.layers.x_layers = True
        self.drawn = Band()
        self.promised = (Line(), Line())
        self.values = (Line(), Line())
        self.signal = (Line(), Line())
        self.gradient = (Line(), Line())
        self.passed = (Line(), Line())
        self._diagonal = Line()
        self._fixed = Dots(self.map)
        self._theme: Theme | None = None
        self._draws: tuple[Draw, ...] = ()
        self._build_plots()

    def _build_plots(self) -> None:
        self.setAccessibleName("Weights, singular values, signals over depth and map of q")
        self.setMinimumSize(460, 320)
        self.weights.add(self.drawn)
        self.map.add(self._diagonal)
        for plot, pairs in (
            (self.weights, (self.promised,)),
            (self.singular, (self.values,)),
            (self.layers, (self.signal, self.gradient)),
            (self.map, (self.passed,)),
        ):
            for line in (one for pair in pairs for one in reversed(pair)):
                line.set_fine(True)
                plot.add(line)
        for at, (plot, caption) in enumerate(
            (
                (self.weights, "% of the weights a bar"),
                (self.singular, "singular values of the draw"),
                (self.layers, "size over the layers"),
                (self.map, "mean square q → q′, a layer on"),
            )
        ):
            plot.overlay.show_caption(caption)
            self.add_plot(plot, *divmod(at, 2))

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self.set_theme(theme)
        self.drawn.set_color(theme.color("accent", 0.45))
        self._diagonal.set_fine(True)
        self._diagonal.set_color(theme.color("dim"), dashed=True)
        for pair, token in (
            (self.promised, "text"),
            (self.values, "accent"),
            (self.signal, "text"),
            (self.gradient, "accent"),
            (self.passed, "accent"),
        ):
            pair[0].set_color(theme.color(token))
            pair[1].set_color(theme.color(token, _FAINT), dashed=True)
        self._show_map()

    def show_draws(self, draws: tuple[Draw, ...]) -> None:
        """Draw one initialiser, or one and what it is compared with."""
        self._draws = draws
        self._show_weights()
        self._show_singular()
        self._show_depth()
        self._show_map()

    # Pictures ----------------------------------------------------------------------------

    def _show_weights(self) -> None:
        first = self._draws[0]
        edges = np.linspace(*_span(first), BINS + 1)
        width = edges[1] - edges[0]
        low, high = _around(self._draws)
        free = 0.04 * (high - low)
        counts, _ = np.histogram(first.values, edges)
        shares = counts / len(first.values)
        self.drawn.show_area(edges[:-1], edges[1:], np.zeros(BINS), shares)
        top = float(shares.max(initial=0.0))
        for line, draw in _pairs(self.promised, self._draws):
            x = _places(low - free, high + free, draw)
            found = density(draw.init, draw.promised, x, max(draw.full)) if draw else None
            if found is None:
                line.clear_points()
            else:
                line.show_points(x, found * width)
                top = max(top, min(float(found.max() * width), 2 * top if top else 1.0))
        self.weights.follow((low - free, high + free), (0.0, 1.25 * max(top, 1e-6)))
        self.weights.overlay.show_tags(_atoms(first, shares, edges))

    def _show_singular(self) -> None:
        top, count = 1.0, 2
        for line, draw in _pairs(self.values, self._draws):
            if draw is None:
                line.clear_points()
                continue
            values = draw.singular
            if len(values) == 1:  # a line needs two points
                values = np.repeat(values, 2)
            line.show_points(np.arange(1.0, len(values) + 1), values)
            top, count = max(top, float(values[0])), max(count, len(values))
        self.singular.overlay.show_rules((Rule(1.0, "1: length kept"),))
        free = 0.02 * (count - 1)
        self.singular.follow((1 - free, count + free), (-0.04 * top, 1.3 * top))

    def _show_depth(self) -> None:
        lows, highs, depth = [-1.0], [1.0], 2
        for row, name in ((self.signal, "signal"), (self.gradient, "gradient")):
            for line, draw in _pairs(row, self._draws):
                if draw is None or draw.stack is None:
                    line.clear_points()
                    continue
                values = cast("Array", getattr(draw.stack, name))
                depth = max(depth, len(values))
                line.show_points(np.arange(1.0, len(values) + 1), values)
                finite = values[np.isfinite(values)]
                lows.append(float(finite.min(initial=0.0)))
                highs.append(float(finite.max(initial=0.0)))
        low, high = min(lows), max(highs)
        span = high - low
        self.layers.follow((0.5, depth + 0.5), (low - 0.06 * span, high + 0.22 * span))
        self.layers.overlay.show_rules((Rule(0.0),))
        stack = self._draws[0].stack
        note = f"no theory: {self._draws[0].gap}" if stack is None else ""
        self.layers.overlay.show_note(note, "warn")
        self.layers.overlay.show_tags(*_names(stack))

    def _show_map(self) -> None:
        if not self._draws or self._theme is None:
            return
        middles: list[float] = []
        dots: list[Dot] = []
        for line, draw in _pairs(self.passed, self._draws):
            if draw is None or draw.stack is None:
                line.clear_points()
                continue
            stack = draw.stack
            x = np.log10(stack.q)
            line.show_points(x, log10(stack.q_next))
            at = 0.0
            if stack.fixed.outcome == "converged" and stack.fixed.q > 0:
                at = math.log10(stack.fixed.q)
                color = self._theme.color("text", 1.0 if draw is self._draws[0] else _FAINT)
                dots.append(Dot(at, at, color))
            middles.append(at)
        self._fixed.show_dots(tuple(dots))
        if not middles:
            self._diagonal.clear_points()
            self.map.overlay.show_tags(())
            return
        low, high = min(middles) - 2, max(middles) + 2
        self._diagonal.show_points(np.array([low - 2, high + 2]), np.array([low - 2, high + 2]))
        self.map.follow((low, high), (low, high + 0.22 * (high - low)))
        tag = Tag(dots[0].x, dots[0].y, f"q* {number(10 ** dots[0].x)}") if dots else None
        self.map.overlay.show_tags((tag,) if tag else ())


def _pairs(lines: tuple[Line, Line], draws: tuple[Draw, ...]) -> list[tuple[Line, Draw | None]]:
    return [(lines[0], draws[0]), (lines[1], draws[1] if len(draws) > 1 else None)]


def _span(draw: Draw) -> tuple[float, float]:
    """Return from where to where the weights of a draw are counted."""
    low, high = float(draw.values.min()), float(draw.values.max())
    std, mean = draw.promised.std, draw.promised.mean
    if std and math.isinf(draw.promised.high):
        low, high = min(low, mean - _REACH * std), max(high, mean + _REACH * std)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        free = max(abs(low), abs(high)) or 1.0
        return low - free, high + free
    return low, high


def _around(draws: tuple[Draw, ...]) -> tuple[float, float]:
    """Return the range to show: the first draw's, and as much of the other's as leaves it wide."""
    low, high = _span(draws[0])
    for other in draws[1:]:
        wide = high - low
        first, last = _span(other)
        low, high = max(min(low, first), low - wide), min(max(high, last), high + wide)
    return low, high


def _places(low: float, high: float, draw: Draw | None) -> Array:
    """Return where to compute a density: evenly, and close to either side of its limits."""
    grid = np.linspace(low, high, 401)
    if draw is None:
        return grid
    near = 1e-9 * (high - low)
    ends = [end for end in (draw.promised.low, draw.promised.high) if low < end < high]
    return np.unique([*grid, *(end + side * near for end in ends for side in (-1, 0, 1))])


def _atoms(draw: Draw, shares: Array, edges: Array) -> tuple[Tag, ...]:
    """Return names for the values of weights that take only one or two."""
    values = np.unique(draw.values[:4096])
    if len(values) > 2:
        return ()
    tags = []
    for value in values:
        share = float((draw.values == value).mean())
        at = min(int(np.searchsorted(edges, value, "right")) - 1, len(shares) - 1)
        tags.append(Tag(float(value), float(shares[at]), f"{percent(share)} are {number(value)}"))
    return tuple(tags)


def _names(stack: Stack | None) -> tuple[tuple[Tag, ...], tuple[tuple[Array, Array], ...]]:
    if stack is None:
        return (), ()
    tags, lines = [], []
    x = np.arange(1.0, len(stack.signal) + 1)
    for name, values, color, share in (
        ("gradient", stack.gradient, "accent", 0.25),
        ("signal", stack.signal, "text", 0.75),
    ):
        lines.append((x, values))
        known = np.flatnonzero(np.isfinite(values))
        if known.size:
            at = int(known[round(share * (known.size - 1))])
            tags.append(Tag(float(x[at]), float(values[at]), name, color))
    return tuple(tags), tuple(lines)
