"""A column computed from recorded ones, row by row."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

from core.measure.missing import NOT_MEASURED, not_measured
from core.record import RunSource
from core.record.columns import Column

Array = NDArray[np.float32]
Compute = Callable[[RunSource, int, int], Array]
AT_ONCE = 32_768
"""Rows that are added in one go: a few milliseconds."""


class Derived:
    """Rows that follow a run, with their own minima and maxima over any range.

    The product of two envelopes is not the envelope of the products: where a gradient is large
    its clip factor is small.

    Parameters
    ----------
    compute : callable
        Returns rows ``start:stop``, shape (n, width), of a source.
    width : int
    """

    def __init__(self, compute: Compute, width: int) -> None:
        self._compute, self._width = compute, width
        self._of: Hashable = None
        self.column = Column(width)

    def update(self, source: RunSource, key: Hashable) -> bool:
        """Add new rows; return whether all are there.

        Parameters
        ----------
        source : RunSource
        key : hashable
            What the rows depend on besides the source: with another one they begin anew.
        """
        of = (id(source), key)
        if of != self._of or len(self.column) > source.steps:
            self._of, self.column = of, Column(self._width)
        start = len(self.column)
        stop = min(source.steps, start + AT_ONCE)
        if stop > start:
            self.column.append(self._compute(source, start, stop))
        return len(self.column) >= source.steps


def product(one: Array, other: Array) -> Array:
    """Return the product where both were measured; what was not stays so."""
    with np.errstate(invalid="ignore", over="ignore"):
        both = np.asarray(one * other, np.float32)
    both[not_measured(one) | not_measured(other)] = NOT_MEASURED
    return both


def applied(source: RunSource, start: int, stop: int) -> Array:
    """Return the norm of each layer's update, (rows, layers), from its ratio to the weights.

    Where all weights were 0 the ratio no longer tells how long the update was: not measured.
    """
    ratio, weights = (
        source.layer_columns[name].read(start, stop) for name in ("update_ratio", "weight_norm")
    )
    result = product(ratio, weights)
    result[weights == 0] = NOT_MEASURED
    return result


def whole(parts: Array) -> Array:
    """Return the norm of all layers together, (rows,), where every one of them is known."""
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.square(parts, dtype=np.float64).sum(axis=1)
        result = np.sqrt(squares).astype(np.float32)
    result[not_measured(np.ascontiguousarray(parts)).any(axis=1)] = NOT_MEASURED
    return result


__all__ = ["Derived", "applied", "product", "whole"]
