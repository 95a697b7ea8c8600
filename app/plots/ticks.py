"""Where the ticks of an axis are, and what is written at them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from app.plots import text
from app.plots.ranges import nice_step


class Scale(Enum):
    """What the coordinates of an axis mean."""

    LINEAR = "linear"
    LOG = "log"  # coordinates are log10 of the value
    WHOLE = "whole"  # steps, layers
    SHARE = "share"  # 0..1, written in percent
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in its coordinates, with its label."""

    at: float
    label: str


def ticks(scale: Scale, low: float, high: float, count: int) -> list[Tick]:
    """Return at most about ``count`` ticks between two coordinates."""
    if scale is Scale.NONE or not (math.isfinite(low) and math.isfinite(high) and low < high):
        return []
    if scale is Scale.LOG:
        return _log_ticks(low, high, count)
    step = nice_step(high - low, count, whole=scale is Scale.WHOLE)
    if len(_multiples(step, low, high)) < min(3, count):  # 5 and 10 may leave one tick, or none
        step = nice_step(high - low, 2 * count, whole=scale is Scale.WHOLE)
    if scale is Scale.WHOLE:
        return [Tick(at, text.integer(round(at))) for at in _multiples(step, low, high)]
    if scale is Scale.SHARE:
        return [
            Tick(at, f"{100 * at:.{_decimals(100 * step)}f}") for at in _multiples(step, low, high)
        ]
    write = _linear_writer(step, max(abs(low), abs(high)))
    return [Tick(at, write(at)) for at in _multiples(step, low, high)]


def layer_ticks(low: float, high: float, count: int) -> list[Tick]:
    """Return 1 and multiples of 1, 2, 5, 10 ... of layers, the labels never too close."""
    step = round(nice_step(high - low, count, whole=True))
    places = [at for at in _multiples(step, max(low, 1.0), high) if at > 1 + step * 0.4]
    if low <= 1:
        places.insert(0, 1.0)
    return [Tick(at, str(round(at))) for at in places]


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, min(last, first + 200) + 1)]


def _log_ticks(low: float, high: float, count: int) -> list[Tick]:
    decades = high - low
    if decades < 0.7:  # less than 1..5: ordinary numbers, where their logarithms are
        bottom, top = 10.0**low, 10.0**high
        step = nice_step(top - bottom, count)
        write = _linear_writer(step, top)
        return [Tick(math.log10(v), write(v)) for v in _multiples(step, bottom, top) if v > 0]
    if decades < min(3.2, count / 2):
        factors = (1, 3) if decades > 1.6 or count < 6 else (1, 2, 5)
        places = [
            (exponent, factor)
            for exponent in range(math.floor(low), math.ceil(high) + 1)
            for factor in factors
        ]
        return [
            Tick(at, text.number(factor * 10.0**exponent, 1) if factor > 1 else _power(exponent))
            for exponent, factor in places
            if low - 1e-9 <= (at := exponent + math.log10(factor)) <= high + 1e-9
        ]
    step = max(1, round(nice_step(decades, count, whole=True)))
    step = 4 if step == 5 and decades < 4 * (count + 1) else step
    while step > 1 and len(_multiples(step, low, high)) < 2:  # one label tells no scale
        step = {50: 20, 20: 10, 10: 5}.get(step, step // 2)
    return [Tick(at, text.power(round(at))) for at in _multiples(step, low, high)]


def _power(exponent: int) -> str:
    return text.number(10.0**exponent, 1) if -3 <= exponent <= 3 else text.power(exponent)


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0


def _linear_writer(step: float, largest: float) -> Callable[[float], str]:
    if 1e-3 <= largest < 1e5:
        decimals = _decimals(step)
        return lambda v: f"{v:,.{decimals}f}".replace("-", "−")
    digits = 2 + max(0, math.floor(math.log10(largest / step) - 1e-9)) if largest > step else 2
    return lambda v: text.number(v, digits)
