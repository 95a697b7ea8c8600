"""How a cell says that nobody measured it, which is something else than a NaN that was measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = 0x7FC0_4E4D
NOT_MEASURED: np.float32 = np.array([_BITS], np.uint32).view(np.float32)[0]
"""A NaN of its own, by its bits; arithmetic does not make it."""


def not_measured(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which cells nobody measured.

    Parameters
    ----------
    values : ndarray of float32, any shape
        As recorded: a copy in another type has lost what tells.
    """
    return np.asarray(values, np.float32).view(np.uint32) == _BITS


def blank(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return cells that nobody has measured."""
    return np.full(shape, _BITS, np.uint32).view(np.float32)
