"""What recorded values say in words: a number, exactly 0, NaN, an infinity, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.plots.text import number
from core.measure.missing import NOT_MEASURED, not_measured
from core.record.chunks import Array
from core.record.columns import Column


def value_words(cell: np.float32, digits: int = 3) -> str:
    """Return a recorded value in words.

    Parameters
    ----------
    cell : float32
        As recorded: a copy in another type has lost what tells that nobody measured it.
    digits : int, optional
        Significant digits of a number.
    """
    if not_measured(np.asarray(cell)).item():
        return "not measured"
    value = float(cell)
    return "exactly 0" if value == 0 else number(value, digits)


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
        ("exactly 0", values == 0),
        ("NaN", np.isnan(values) & ~gap),
        ("∞", np.isposinf(values)),
        ("−∞", np.isneginf(values)),
        ("not measured", gap),
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
