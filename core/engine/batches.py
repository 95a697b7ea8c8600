"""Which samples each step learns from."""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor


class Batches:
    """Passes over the training samples, each in a new random order.

    Parameters
    ----------
    n : int
        Training samples.
    size : int
        Samples in a batch; at most ``n`` are taken. The last batch of an epoch may be smaller.
    least : int
        Smallest batch there may be: 2 where batch norm needs a variance, else 1.
    rng : torch.Generator
        Draws the orders, on the CPU, so that every device sees the same batches.
    device : torch.device
        Where the chosen numbers are wanted.

    Attributes
    ----------
    per_epoch : int
        Steps in an epoch.
    place : int
        Steps made of the present epoch.
    """

    def __init__(
        self, n: int, size: int, *, least: int, rng: torch.Generator, device: torch.device
    ) -> None:
        self._n = n
        self._least = least
        self._rng = rng
        self._device = device
        self._order = torch.empty(0, dtype=torch.int64)
        self.place = 0
        self.resize(size)

    def resize(self, size: int) -> None:
        """Take batches of another size; a new epoch begins."""
        self.size = min(size, self._n)
        full, rest = divmod(self._n, self.size)
        self.per_epoch = full + (1 if rest >= self._least else 0)
        self.place = 0

    def take(self) -> Tensor:
        """Return the numbers of the next batch's samples: shape (batch,), int64."""
        if self.place == 0:
            self._order = torch.randperm(self._n, generator=self._rng).to(self._device)
        start = self.place * self.size
        self.place = (self.place + 1) % self.per_epoch
        return self._order[start : start + self.size]

    def state(self) -> dict[str, Any]:
        """Return what is left of the epoch; the generator is kept by its owner."""
        return {"order": self._order.clone(), "place": self.place, "size": self.size}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on where :meth:`state` was."""
        self.resize(state["size"])
        self._order = state["order"].clone()
        self.place = state["place"]
