"""Reducing values among which some were not measured: those count for nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.measure.missing import blank, not_measured

Array = NDArray[np.float32]


def has_gaps(values: Array) -> bool:
    """Tell whether some values were not measured."""
    return bool(np.isnan(values).any() and not_measured(values).any())


def reduced(
    low: Array, high: Array, mean: Array, weights: NDArray[np.float64], cuts: NDArray[np.int64]
) -> tuple[Array, Array, Array]:
    """Join rows between cuts into one each; a NaN that was measured stays a NaN.

    Parameters
    ----------
    low, high, mean : ndarray, shape (n,) or (n, width)
    weights : ndarray, shape (n,)
        How many steps each row stands for.
    cuts : ndarray, shape (m,)
        First row of each result, the first of them 0.

    Returns
    -------
    low, high, mean : ndarray, shape (m,) or (m, width)
        Of what was measured; marked as not measured where nothing was.
    """
    gap = not_measured(mean)
    share = weights.reshape(-1, *[1] * (mean.ndim - 1)) * ~gap
    total = np.add.reduceat(share, cuts, axis=0)
    nothing = total == 0.0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        sums = np.add.reduceat(np.where(gap, 0.0, mean.astype(np.float64)) * share, cuts, axis=0)
        found = (
            np.minimum.reduceat(np.where(gap, np.float32(np.inf), low), cuts, axis=0),
            np.maximum.reduceat(np.where(gap, np.float32(-np.inf), high), cuts, axis=0),
            (sums / total).astype(np.float32),
        )
    empty = blank(nothing.shape)
    low, high, mean = (np.where(nothing, empty, one) for one in found)
    return low, high, mean
