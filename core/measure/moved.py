"""How far weights have moved: all of a small layer, evenly spaced ones of a large layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Tensor = torch.Tensor

LARGE = 65_536
"""Weights of a layer beyond which a network is measured this way.

Vectors of so many do not stay in a core's cache, and each look at them costs as much as a good
part of the step: to follow all would double its time.
"""
LOOKED_AT = 1024
"""Elements of a layer among which those below Adam's floor are counted."""
FOLLOWED, RUN = 8192, 16
"""How many of a layer are followed, and how many of them are neighbours: those of a cache line."""


class Sample:
    """Evenly spaced elements of each layer in a flat vector.

    Parameters
    ----------
    sizes : sequence of int
        Elements of each layer; the first begins at 0, each where the one before it ends.
    count : int
        About how many of a layer; all of one that has no more.
    device : torch.device

    Attributes
    ----------
    counts : ndarray of int, shape (layers,)
    """

    def __init__(self, sizes: Sequence[int], count: int, device: torch.device) -> None:
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        parts = [start + spaced(size, count) for start, size in zip(starts, sizes, strict=True)]
        self.counts = np.array([len(part) for part in parts])
        self._index = torch.cat(parts).to(device)
        self._cuts = np.cumsum([0, *self.counts[:-1]])

    def of(self, vector: Tensor) -> Tensor:
        """Return the elements, one layer behind the other, as a copy."""
        return vector.index_select(0, self._index)

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum over each layer, (..., elements) -> (..., layers)."""
        return np.add.reduceat(values, self._cuts, axis=-1)


class Moved(Sample):
    """Norms of changes, from a sample.

    From n of N weights a norm is estimated as sqrt(N / n) times theirs. For 8,192 that is right
    to 1 % where all move about as much, and to some per cent where a few move far.
    """

    def __init__(self, sizes: Sequence[int], device: torch.device) -> None:
        super().__init__(sizes, FOLLOWED, device)
        self._scale = np.sqrt(np.array(sizes) / self.counts)

    def norms(self, one: Tensor, other: Tensor) -> NDArray[np.float32]:
        """Return the norm of the difference in each layer, (..., followed) -> (..., layers)."""
        difference = (one - other).cpu().numpy().astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            squares = self.sums(np.square(difference, out=difference))
            return (np.sqrt(squares) * self._scale).astype(np.float32)


def spaced(size: int, count: int) -> Tensor:
    """Return about ``count`` of the first ``size`` numbers, evenly spaced runs of neighbours."""
    if size <= count:
        return torch.arange(size)
    starts = torch.linspace(0, size - RUN, count // RUN).long()
    return (starts.unsqueeze(1) + torch.arange(RUN)).view(-1)
