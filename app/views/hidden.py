"""Where a weight gradient alone lies: it looks even, while the error signal is gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.measure.missing import not_measured
from core.record import RunSource

EVEN = 1e-2
"""The smallest of the layers' weight gradients over the largest, if they look healthy."""
GONE = 1e-4
"""delta in the first layer over that in the last, if the signal is gone."""


def vanishes_unseen(source: RunSource, at: int | None = None) -> bool:
    """Tell whether the weight gradients look healthy where delta does not get to the input.

    Where activations shrink on the way up as much as delta does on its way down, the product of
    the two, which is the weights' gradient, is the same in all layers.

    Parameters
    ----------
    source : RunSource
    at : int, optional
        A recorded step, else the newest that was measured.
    """
    weights, delta = (_row(source, name, at) for name in ("weight_grad_norm", "delta_norm"))
    if weights is None or delta is None or len(delta) < 2:
        return False
    if not (np.isfinite(weights).all() and np.isfinite(delta).all() and delta[-1] > 0):
        return False
    even = weights.min() >= EVEN * weights.max() > 0
    return bool(even and delta[0] < GONE * delta[-1])


def _row(source: RunSource, name: str, at: int | None) -> NDArray[np.float64] | None:
    column = source.layer_columns.get(name)
    if column is None or not len(column):
        return None
    if at is None:
        found = column.latest()
        return None if found is None else found[1].astype(np.float64)
    row = min(at, len(column) - 1)
    values = column.read(row, row + 1)[0]
    return None if not_measured(values).any() else values.astype(np.float64)


__all__ = ["vanishes_unseen"]
