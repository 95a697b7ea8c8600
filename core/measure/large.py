"""Weights, gradients and their change in networks too large to be measured several steps at once.

Here each look at a vector comes from memory. So every step is measured by itself, with as few
looks as there can be, and what moves is followed by a sample (:mod:`core.measure.moved`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core.measure.moved import LOOKED_AT, Moved, Sample
from core.measure.norms import HUGE, TINY, exact
from core.measure.slots import NAMES, Slot
from core.measure.spread import std_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.network.build import Network

Tensor = torch.Tensor
Array = NDArray[np.float32]


class LargeNorms:
    """The same as :class:`core.measure.parameters.ParameterNorms`, one step at a time.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self._end = network.n_weights
        self._spans = [(one.start, one.stop) for one in network.places[: len(network.layers)]]
        sizes = [stop - start for start, stop in self._spans]
        self._sizes = np.array(sizes, np.float32)
        self._moved = Moved(sizes, network.device)
        self._looked_at = Sample(sizes, LOOKED_AT, network.device)
        self._weights_now = self._views(network.theta)
        self._waiting = False
        self.set_start(network.theta[: self._end])
        self.configure(network, penalised=False, clipped=False, floor=0.0)

    def configure(self, network: Network, *, penalised: bool, clipped: bool, floor: float) -> None:
        """Say what becomes of the gradient; nothing may wait to be measured."""
        self.penalised, self.clipped, self._floor = penalised, clipped, floor
        rows = torch.zeros(1 + 2 * penalised + clipped, len(network.theta), device=network.device)
        self._rows = list(rows)
        self._parts = [self._views(row) for row in self._rows]
        self._total = 1 if penalised else 0
        self._used = len(rows) - 1 if clipped else self._total

    def _views(self, vector: Tensor) -> list[Tensor]:
        return [vector[start:stop] for start, stop in self._spans]

    def restart(self, network: Network, layers: Collection[int]) -> None:
        """Measure the distance of these layers from what they are now."""
        for index, (start, stop) in enumerate(self._spans):
            if index in layers:
                self.start[start:stop] = network.theta[start:stop]
        self.set_start(self.start)

    def set_start(self, start: Tensor) -> None:
        """Measure distances from these weights."""
        self.start = start.detach().clone()
        self._start = self._moved.of(self.start)
        self._start_norms = _norms(self._views(self.start))

    def slot(self, theta: Tensor) -> Slot:
        """Take note of the parameters before the update; return where gradients are written."""
        self._waiting = True
        self._weights = _norms(self._weights_now)
        self._before = self._moved.of(theta)
        return Slot(self._rows[0], self._rows[self._total], self._rows[self._used])

    def updated(self, theta: Tensor) -> None:
        """Take note of the change, once the step's update is made."""
        self._after = self._moved.of(theta)

    @property
    def full(self) -> bool:
        """Whether it is time to flush."""
        return self._waiting

    @property
    def waiting(self) -> bool:
        """Whether some step has not been measured."""
        return self._waiting

    def flush(self) -> tuple[Array, Array]:
        """Return what ``NAMES`` says, shape (1, 10, layers), and the norm of all, (1,)."""
        self._waiting = False
        data, layers = self._parts[0], len(self._spans)
        if self.penalised:
            torch.sub(self._rows[1], self._rows[0], out=self._rows[2])
        together = [part for parts in self._parts for part in parts]
        known = _norms([*together, self._rows[self._total][self._end :]])
        norms, rest = known[:-1].reshape(-1, layers), float(known[-1])
        raw = norms[self._total]
        sums = torch.stack([part.sum() for part in data]).cpu().numpy()
        mean = np.asarray(sums / self._sizes, np.float32)
        found = np.empty((1, len(NAMES), layers), np.float32)
        found[0, 0], found[0, 1], found[0, 2] = self._weights, norms[0], mean
        found[0, 3] = std_of(mean, norms[0], self._sizes, lambda: _centred(data))
        found[0, 4] = norms[2] if self.penalised else 0.0
        found[0, 5], found[0, 6] = raw, norms[self._used]
        found[0, 7] = self._below() if self._floor else np.nan
        change, way = self._moved.norms(
            torch.stack([self._after, self._before]), torch.stack([self._before, self._start])
        )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # weights of 0
            found[0, 8], found[0, 9] = change, way / self._start_norms
            whole = np.sqrt(np.square(raw.astype(np.float64)).sum() + rest**2)
            return found, np.array([whole], np.float64).astype(np.float32)

    def _below(self) -> Array:
        some = self._looked_at.of(self._rows[self._used]).cpu().numpy()
        small = self._looked_at.sums((np.abs(some) < self._floor).astype(np.int64))
        return (small / self._looked_at.counts).astype(np.float32)


def _norms(parts: Sequence[Tensor]) -> Array:
    """Return the L2 norm of each part, right also where squares leave float32's range."""
    found = torch.stack(torch._foreach_norm(list(parts))).cpu().numpy()  # pyright: ignore[reportPrivateImportUsage]
    wrong = np.flatnonzero(~((found >= TINY) & (found <= HUGE)))
    if wrong.size:
        found = found.copy()
        with np.errstate(over="ignore"):
            for place in wrong:
                found[place] = exact(parts[int(place)], 0).item()
    return found


def _centred(parts: list[Tensor]) -> Tensor:
    return torch.stack([torch.linalg.vector_norm(part - part.mean()) for part in parts])
