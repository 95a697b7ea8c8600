"""Weights, their gradients and their change, layer by layer, in one pass over flat vectors."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core.measure.moved import LOOKED_AT, RUN
from core.measure.norms import exact, measured_norms, repaired_on_host
from core.measure.slots import NAMES, Slot
from core.measure.spread import std_of
from core.measure.statistics import steps_at_once

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.network.build import Network

Tensor = torch.Tensor


class ParameterNorms:
    """What :meth:`flush` returns of each layer's weights, in the order of ``slots.NAMES``.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self._groups: list[tuple[int, int, int]] = []  # offset, layers, size
        offset = 0
        for size, members in groupby(network.layers, lambda one: one.weight.numel()):
            count = len(list(members))
            self._groups.append((offset, count, size))
            offset += count * size
        self.start = network.theta[:offset].clone()
        """Weights that distances are measured from."""
        sizes = [size for _, count, size in self._groups for _ in range(count)]
        self._sizes = np.array(sizes, np.float32)
        self.set_start(self.start)
        self.configure(network, penalised=False, clipped=False, floor=0.0)

    def configure(self, network: Network, *, penalised: bool, clipped: bool, floor: float) -> None:
        """Say what becomes of the gradient; nothing may wait to be measured.

        Parameters
        ----------
        network : Network
        penalised, clipped : bool
            Whether L1 or L2 is added to the gradient, and whether it is clipped.
        floor : float
            Entries of the gradient below this in size are counted; 0 for none.
        """
        self.penalised, self.clipped, self._floor = penalised, clipped, floor
        self._gradients = 1 + 2 * penalised + clipped  # data, total, penalty, clipped
        count = self._gradients + 3  # before, change, way
        size = network.theta.numel()
        most = steps_at_once(count * 4 * size)
        self._vectors = torch.zeros(most, count, size, device=network.device)
        self._kept = 0

    def restart(self, network: Network, layers: Collection[int]) -> None:
        """Measure the distance of these layers from what they are now."""
        for index, place in enumerate(network.places[: len(network.layers)]):
            if index in layers:
                self.start[place.start : place.stop] = network.theta[place.start : place.stop]
        self.set_start(self.start)

    def set_start(self, start: Tensor) -> None:
        """Measure distances from these weights."""
        self.start = start.clone()
        self._start_norms = self._norms(self.start.view(1, 1, -1))[0, 0]

    def slot(self, theta: Tensor) -> Slot:
        """Take note of the parameters before the update; return where gradients are written."""
        self._kept += 1
        rows = self._vectors[self._kept - 1]
        rows[self._gradients].copy_(theta)
        total = rows[1] if self.penalised else rows[0]
        return Slot(rows[0], total, rows[self._gradients - 1] if self.clipped else total)

    def updated(self, theta: Tensor) -> None:
        """Take note of the change, once the step's update is made."""
        rows = self._vectors[self._kept - 1]
        torch.sub(theta, rows[self._gradients], out=rows[self._gradients + 1])

    @property
    def full(self) -> bool:
        """Whether it is time to flush."""
        return self._kept == len(self._vectors)

    @property
    def waiting(self) -> bool:
        """Whether some step has not been measured."""
        return self._kept > 0

    def flush(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what ``NAMES`` says, shape (steps, 10, layers), and the norm of all, (steps,).

        The latter is of the gradient with penalties and before clipping, biases included.
        """
        n, self._kept = self._kept, 0
        vectors, end, g = self._vectors[:n], len(self.start), self._gradients
        data = vectors[:, 0, :end]
        if self.penalised:
            torch.sub(vectors[:, 1, :end], data, out=vectors[:, 2, :end])
        torch.sub(vectors[:, g, :end], self.start, out=vectors[:, g + 2, :end])
        norms = self._norms(vectors)
        found = np.empty((n, len(NAMES), len(self._sizes)), np.float32)
        weights, known, mean, std, penalty, raw, clipped, below, change, way = found.swapaxes(0, 1)
        weights[:], change[:], way[:] = norms[:, g:].swapaxes(0, 1)
        known[:] = norms[:, 0]
        raw[:] = norms[:, 1] if self.penalised else known
        penalty[:] = norms[:, 2] if self.penalised else 0.0
        clipped[:] = norms[:, g - 1] if self.clipped else raw
        mean[:] = self._joined([part.mean(dim=2) for part in self._parts(data)])
        std[:] = std_of(mean, known, self._sizes, lambda: self._centred(data))
        total = 1 if self.penalised else 0
        used = vectors[:, g - 1 if self.clipped else total, :end]
        below[:] = self._below(used) if self._floor else np.nan
        with np.errstate(divide="ignore", invalid="ignore"):  # weights that are all 0
            way /= self._start_norms
        rest = measured_norms(vectors[:, total, end:], 1).astype(np.float64)
        squares = np.square(raw.astype(np.float64)).sum(axis=1) + np.square(rest)
        with np.errstate(over="ignore"):
            return found, np.sqrt(squares).astype(np.float32)

    def _parts(self, vectors: Tensor) -> list[Tensor]:
        """Return the parts of equal layers, each of shape (..., layers, size)."""
        return [
            vectors[..., at : at + count * size].unflatten(-1, (count, size))
            for at, count, size in self._groups
        ]

    @staticmethod
    def _joined(parts: list[Tensor]) -> NDArray[np.float32]:
        """Return the layers of all groups side by side, on the CPU."""
        return (parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)).cpu().numpy()

    def _centred(self, vectors: Tensor) -> Tensor:
        parts = [part - part.mean(dim=2, keepdim=True) for part in self._parts(vectors)]
        return torch.cat([torch.linalg.vector_norm(part, dim=2) for part in parts], dim=1)

    def _below(self, vectors: Tensor) -> NDArray[np.float32]:
        """Return the share of entries below the floor, (n, size) -> (n, layers)."""
        shares = list[Tensor]()
        for part in self._parts(vectors):
            n, count, size = part.shape
            if size > LOOKED_AT:  # runs of neighbours: single ones are slow to get at
                runs = LOOKED_AT // RUN
                every = size // runs
                part = part[:, :, : runs * every].unflatten(2, (runs, every))[..., :RUN]
            small = part.reshape(n, count, -1).abs() < self._floor
            shares.append(small.mean(dim=2, dtype=part.dtype))
        return self._joined(shares)

    def _norms(self, vectors: Tensor) -> NDArray[np.float32]:
        """Return norms of the layers' parts of flat vectors: (n, k, size) -> (n, k, layers)."""
        parts = self._parts(vectors)

        def together(norm: Callable[[Tensor, int], Tensor]) -> Tensor:
            found = [norm(part, 3) for part in parts]
            return found[0] if len(found) == 1 else torch.cat(found, dim=2)

        fast = together(lambda part, dim: torch.linalg.vector_norm(part, dim=dim))
        return repaired_on_host(fast, lambda: together(exact))
