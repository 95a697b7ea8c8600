"""What recorded values say in words: a number, exactly 0, NaN, an infinity, or nothing at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from app.plots.text import number
from core.measure.missing import NOT_MEASURED, not_measured
from core.record.chunks import Array
from core.record.columns import Column

NOTHING, ZERO = "not measured", "exactly 0"
NOT_FINITE = "NaN or ∞"
SHORT = {NOTHING: "–", ZERO: "0"}
"""The same where there is no room."""


def value_words(
    cell: np.float32, digits: int = 3, *, write: Callable[[float], str] | None = None
) -> str:
    """Return a recorded value in words.

    Parameters
    ----------
    cell : float32
        As recorded: a copy in another type has lost what tells that nobody measured it.
    digits : int, optional
        Significant digits of a number.
    write : callable, optional
        Writes a number, and 0, in another way: :func:`app.plots.text.percent`.
    """
    if not_measured(np.asarray(cell)).item():
        return NOTHING
    value = float(cell)
    if write is not None and math.isfinite(value):
        return write(value)
    return ZERO if value == 0 else number(value, digits)


def quantity_words(symbol: str, cell: np.float32) -> str:
    """Return ``|δ| = 0.003``, ``|δ| is exactly 0``, ``|δ| is not measured``."""
    plain = np.isfinite(cell) and cell != 0
    return f"{symbol} {'=' if plain else 'is'} {value_words(cell)}"


def layers_told(symbol: str, column: Column | None, at: int | None, chosen: int) -> Iterator[str]:
    """Yield the values of the chosen, the first and the last layer in words, for speech."""
    found = None if column is None else row_at(column, at)
    if found is None or not len(found[1]):
        yield f"{symbol} {NOTHING}"
        return
    count = len(found[1])
    for layer in dict.fromkeys((min(max(chosen, 1), count), 1, count)):
        yield f"layer {layer}: {quantity_words(symbol, cell_of(found, layer))}"


def row_at(column: Column, at: int | None) -> tuple[int, Array] | None:
    """Return step and values of the row ``at``, or (None) of the newest that was measured."""
    if at is None:
        return column.latest()
    row = min(at, len(column) - 1)
    return None if row < 0 else (row, column.read(row, row + 1)[0])


def layers_words(numbers: Sequence[int]) -> str:
    """Return ``layers 1–5, 8``: runs of numbers joined, at most three of them."""
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    texts = [str(a) if a == b else f"{a}–{b}" for a, b in runs]
    more = " …" if len(texts) > 3 else ""
    return f"layer{'s' if len(numbers) > 1 else ''} {', '.join(texts[:3])}{more}"


def special_words(values: Array) -> str:
    """Return which layers have no place on a logarithmic axis, and why; empty if all have.

    Parameters
    ----------
    values : ndarray of float32, shape (layers,)
    """
    gap = not_measured(values)
    kinds = (
        (ZERO, values == 0),
        ("NaN", np.isnan(values) & ~gap),
        ("∞", np.isposinf(values)),
        ("−∞", np.isneginf(values)),
        (NOTHING, gap),
    )
    return " · ".join(
        f"{name}: {layers_words((np.flatnonzero(found) + 1).tolist())}"
        for name, found in kinds
        if found.any()
    )


def cell_of(found: tuple[int, Array] | None, layer: int) -> np.float32:
    """Return a layer's value of what :func:`row_at` found."""
    if found is None or not 1 <= layer <= len(found[1]):
        return NOT_MEASURED
    return found[1][layer - 1]
