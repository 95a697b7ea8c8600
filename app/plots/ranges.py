"""Ranges that follow the data with hysteresis: a picture that stands still can be read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Range = tuple[float, float]
PATIENCE = 90
"""Pictures, three seconds of a run or more, after which a range is drawn in that follows noise."""


@dataclass(slots=True)
class Follower:
    """A range that moves only when the data leave it, or shrink far inside it.

    Attributes
    ----------
    margin : float
        Share of the span that is left free at either end when the range moves.
    shrink : float
        The range is drawn in again when the data fill less than this share of it.
    smallest : float
        Least span, so that constant data get a range.
    low, high : float or None
        Fixed ends.
    patience : int
        Of data that come and go it holds what there was: of the last so many calls all must fill
        little of it before it is drawn in, to what they needed.
    """

    margin: float = 0.06
    shrink: float = 0.4
    smallest: float = 1e-9
    low: float | None = None
    high: float | None = None
    patience: int = 1
    current: Range | None = None
    _calls: int = 0
    _needed: Range = (math.inf, -math.inf)

    def reset(self) -> None:
        """Forget: the next data set the range anew."""
        self.current = None
        self._forget_calls()

    def hurry(self) -> None:
        """Have the next data draw the range in as if they had lasted."""
        self._forget_calls()
        self._calls = self.patience

    def _forget_calls(self) -> None:
        self._calls, self._needed = 0, (math.inf, -math.inf)

    def follow(self, *data: ArrayLike) -> Range | None:
        """Return the range for the finite values of ``data``, None while there are none."""
        low, high = math.inf, -math.inf
        for part in data:
            values = np.asarray(part, np.float64).ravel()
            values = values[np.isfinite(values)]
            if values.size:
                low, high = min(low, float(values.min())), max(high, float(values.max()))
        if low > high:
            return self.current
        if self.low is not None:
            low = self.low
        if self.high is not None:
            high = max(self.high, low)
        if self.current is not None:
            if not (self.current[0] <= low and high <= self.current[1]) and self.patience > 1:
                bottom, top = self._around(low, high)  # the end that is not left stays
                bottom = bottom if low < self.current[0] else self.current[0]
                top = top if high > self.current[1] else self.current[1]
                self._forget_calls()
                self.current = bottom, top
                return self.current
            low, high = self._needed = min(low, self._needed[0]), max(high, self._needed[1])
            self._calls += 1
            if self._calls < self.patience:
                return self.current
            self._forget_calls()
            inside = self.current[0] <= low and high <= self.current[1]
            filled = (high - low) / (self.current[1] - self.current[0])
            span = max(high - low, self.smallest)
            wide = self.current[1] - self.current[0] > span * (1 + 2 * self.margin) * 1.01
            if inside and (filled >= self.shrink or not wide):
                return self.current
        self.current = self._around(low, high)
        return self.current

    def _around(self, low: float, high: float) -> Range:
        span = max(high - low, self.smallest, abs(high) * 1e-9)
        free = span * self.margin
        middle = (low + high) / 2
        return (
            middle - span / 2 - free if self.low is None else self.low,
            (middle + span / 2 if self.low is None else self.low + span) + free,
        )


def followers_in(owner: object) -> Iterator[tuple[str, Follower]]:
    """Yield the followers among the attributes of an object, and in its collections, by name."""
    for name, value in vars(owner).items():
        if isinstance(value, Follower):
            yield name, value
        elif isinstance(value, list | tuple | dict):
            for key, one in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(one, Follower):
                    yield f"{name}.{key}", one


def step_stop(current: float, steps: int, *, growing: bool) -> float:
    """Return where the axis of steps ends.

    While a run is growing the end is moved a quarter further each time it is reached: a
    picture that is shifted at every step is repainted whole and cannot be read. At rest it is
    drawn tight.
    """
    least = 20.0
    if not growing:
        return max(float(steps), least)
    if steps <= current <= max(least, steps * 2):
        return current
    return max(least, _round_up(steps * 1.25))


def _round_up(value: float) -> float:
    """Return the next number with two significant digits."""
    unit = 10.0 ** max(0, math.floor(math.log10(value)) - 1)
    return math.ceil(value / unit) * unit


def nice_step(span: float, count: int, *, whole: bool = False) -> float:
    """Return 1, 2 or 5 times a power of ten, so that ``span`` takes at most ``count`` of it."""
    least = span / max(count, 1)
    if whole:
        least = max(least, 1.0)
    if not (least > 0 and math.isfinite(least)):
        return 1.0
    unit = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 5, 10):
        if factor * unit >= least * (1 - 1e-9):
            return factor * unit
    return 10 * unit
