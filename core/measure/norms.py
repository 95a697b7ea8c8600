"""L2 norms that neither underflow nor overflow where the numbers themselves do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

Tensor = torch.Tensor

TINY, HUGE = 1e-14, 1e18
"""Outside, squares of single entries may leave float32's range, so float64 takes over."""


def norms(values: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """Return L2 norms over some dimensions, right to float32's precision.

    A vanished signal of 1e-25 is a number, not 0: its square is below the range of float32.
    Float32 is tried first, because it is up to five times faster.

    Parameters
    ----------
    values : Tensor of float32
    dim : int or tuple of int

    Returns
    -------
    Tensor of float32
    """
    return repaired(torch.linalg.vector_norm(values, dim=dim), lambda: exact(values, dim))


def exact(values: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """Return L2 norms over some dimensions, computed in float64."""
    if values.device.type == "mps":  # which has no float64
        values = values.cpu()
    return torch.linalg.vector_norm(values, dim=dim, dtype=torch.float64)


def repaired(fast: Tensor, slow: Callable[[], Tensor]) -> Tensor:
    """Replace norms that float32 may have got wrong by those that ``slow`` computes."""
    low, high = fast.aminmax()
    if low.item() >= TINY and high.item() <= HUGE:
        return fast
    # Entry by entry: what is recorded must not depend on what was measured together with it.
    return torch.where((fast >= TINY) & (fast <= HUGE), fast, slow().to(fast))


def measured_norms(values: Tensor, dim: int | tuple[int, ...]) -> NDArray[np.float32]:
    """Return what :func:`norms` does, on the CPU, where looking at single numbers is cheap."""
    return repaired_on_host(torch.linalg.vector_norm(values, dim=dim), lambda: exact(values, dim))


def repaired_on_host(fast: Tensor, slow: Callable[[], Tensor]) -> NDArray[np.float32]:
    """Return what :func:`repaired` does, on the CPU."""
    found = fast.cpu().numpy()
    good = (found >= TINY) & (found <= HUGE)
    if good.all():
        return found
    with np.errstate(over="ignore"):
        return np.where(good, found, slow().cpu().numpy().astype(np.float32))
