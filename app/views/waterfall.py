"""Where the bars of a waterfall stand: each begins, in x and in y, where the one before ended."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.theory.ledger import Ledger, LedgerRow, PartName
from core.theory.ledger import Parts as Shares

Array = NDArray[np.float64]

ORDER: tuple[PartName, ...] = ("weights", "between", "activation")
"""Parts of a layer from the side of the loss, which is the right."""
_FILLED = 0.72  # of a layer's width that its bars take
_CROWDED = 6.0  # pixels of a layer up to which its bars take all of it
_WIDEST = 56.0  # pixels of a bar
_NOTHING = 0.005  # decades: what is written as 0.00 takes no room between the other two


@dataclass(frozen=True, slots=True, eq=False)
class Waterfall:
    """A ledger in coordinates: x layers, y decades, 0 where the loss arrives.

    Attributes
    ----------
    bars : dict of str to ndarray, shape (n, 5)
        Of each part in ``ORDER`` its bars from the input: left, right, start, end, and the layer
        of the bar, which is the lowest of them if it stands for several.
    places, levels : ndarray, shape (layers,)
        From the output down: where the last bar of each layer ends, and the decades down to it.
        NaN from where on nothing is left.
    line : (x, y)
        From the end of each bar to where the next begins, with NaN between the pieces.
    each : int
        Layers that share a bar.
    """

    bars: dict[str, Array]
    places: Array
    levels: Array
    line: tuple[Array, Array]
    each: int


def waterfall(ledger: Ledger, count: int, pixels: float) -> Waterfall:
    """Return where bars stand, none of them narrower than a pixel.

    Parameters
    ----------
    ledger : Ledger
    count : int
        Layers.
    pixels : float
        Width of a layer. Where its bars would be too thin they stand for several layers.
    """
    slots = 3 if any(_counts(_moves(row.parts)) for row in ledger.rows) else 2
    each = max(1, math.ceil(slots / max(pixels, 1e-3)))
    room = pixels * each
    filled = 1.0 if room <= _CROWDED else _FILLED
    half = min(filled / 2 * each, _WIDEST * slots / 2 / max(pixels, 1e-3))
    bars: dict[str, list[tuple[float, ...]]] = {part: [] for part in ORDER}
    places, levels = [float(count)], [0.0]
    xs, ys = [float(count)], [0.0]

    def lead(x: float, y: float) -> None:
        xs.append(x)
        ys.append(y)

    for group in _groups(ledger.rows, each):
        high, low = group[0].layer + 1, group[-1].layer + 1
        middle, at = (high + low) / 2, levels[-1]
        reach = half * len(group) / each
        ends = _levels(at, group)
        changes = _sums(group)
        shown = [part for part in ORDER if part != "between" or _counts(changes)]
        if "between" not in shown:
            at += changes.get("between", 0.0)
        width, x = 2 * reach / len(shown), middle + reach
        lead(x, at)
        for part in shown if math.isfinite(at) else ():
            change = changes.get(part, 0.0)
            if change:
                bars[part].append((x - width, x, at, at + change, float(low)))
                lead(math.nan, math.nan)
                at += change
            x -= width
            lead(x, at)
        if not math.isfinite(ends[-1]):
            lead(math.nan, math.nan)
        for row, level in zip(group, ends, strict=True):
            places.append(row.layer + 1.0 if each > 1 else middle - reach)
            levels.append(level)
    return Waterfall(
        {part: np.array(rows[::-1], np.float64).reshape(-1, 5) for part, rows in bars.items()},
        np.array(places),
        np.array(levels),
        (np.array(xs), np.array(ys)),
        each,
    )


def _groups(rows: Sequence[LedgerRow], each: int) -> Iterator[Sequence[LedgerRow]]:
    """Yield rows that share bars; what is left over at the input joins the last of them."""
    whole = max(1, len(rows) // each)
    for n in range(whole if rows else 0):
        yield rows[n * each : None if n == whole - 1 else (n + 1) * each]


def _moves(parts: Shares) -> dict[str, float]:
    """Return the parts that are numbers.

    Where nothing came through and all came around, only their sum is one: it is what lies
    between.
    """
    found = {part: float(getattr(parts, part)) for part in ORDER}
    finite = {part: change for part, change in found.items() if math.isfinite(change)}
    if len(finite) < len(found) and math.isfinite(parts.change):
        return {"between": parts.change}
    return finite


def _counts(moves: dict[str, float]) -> bool:
    return abs(moves.get("between", 0.0)) >= _NOTHING


def _sums(group: Sequence[LedgerRow]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for row in group:
        for part, change in _moves(row.parts).items():
            sums[part] = sums.get(part, 0.0) + change
    return sums


def _levels(at: float, group: Sequence[LedgerRow]) -> list[float]:
    """Return the decades behind each row; NaN once the signal has ended."""
    found: list[float] = []
    for row in group:
        change = row.parts.change
        at = at + change if math.isfinite(change) else math.nan
        found.append(at)
    return found


__all__ = ["ORDER", "Waterfall", "waterfall"]
