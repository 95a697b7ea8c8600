"""Statistics of every layer at every step, batched over layers of equal shape.

Twenty layers of 64 units cost one stack and one reduction, not twenty: this is what makes
measuring everything cheaper than the time that the plain loop spends elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from core.network.build import Layer, Network, Taps

Tensor = torch.Tensor

SATURATED_BELOW = 0.05
"""Share of sup |phi'| under which an entry counts as saturated (DESIGN: quantities)."""


@dataclass
class _ActivationGroup:
    """Neighbouring layers with the same number of units and the same activation."""

    first: int
    last: int
    layers: list[Layer]
    last_alive: Tensor  # (layers, units): newest step at which phi' was not 0 for some sample

    @property
    def plain(self) -> bool:
        """Whether what the layers pass on is phi(z) itself."""
        return all(
            (layer.norm is None or layer.norm_first) and layer.dropout == 0.0
            for layer in self.layers
        )

    def stack(self, tensors: list[Tensor]) -> Tensor:
        """Return shape (layers, batch, units)."""
        chosen = tensors[self.first : self.last]
        return chosen[0].unsqueeze(0) if len(chosen) == 1 else torch.stack(chosen)


class LayerStatistics:
    """Measures the layers of one network.

    Parameters
    ----------
    network : Network
    window : int
        Steps over which a unit must have been silent to count as dead (one epoch).
    """

    def __init__(self, network: Network, window: int) -> None:
        self._network = network
        self._window = window
        self._groups: list[_ActivationGroup] = []
        self._weight_groups: list[tuple[int, int, int]] = []  # offset, layers, size
        self.regroup()

    def regroup(self) -> None:
        """Group the layers anew, after activations or dropout changed; dead counts restart."""
        layers = self._network.layers
        device = self._network.device
        self._groups = []
        first = 0
        for (units, _), members in groupby(layers, lambda one: (one.units, one.activation_spec)):
            group = list(members)
            alive = torch.full((len(group), units), -self._window, device=device)
            self._groups.append(_ActivationGroup(first, first + len(group), group, alive))
            first += len(group)
        self._weight_groups = []
        offset = 0
        for size, members in groupby(layers, lambda one: one.weight.numel()):
            count = len(list(members))
            self._weight_groups.append((offset, count, size))
            offset += count * size

    def weight_norms(self, flat: Tensor) -> Tensor:
        """Return the Frobenius norm of each layer's part of a flat vector over all weights.

        Parameters
        ----------
        flat : Tensor, shape (weights of the network,)

        Returns
        -------
        Tensor, shape (layers,)
        """
        norms = [
            torch.linalg.vector_norm(flat[at : at + count * size].view(count, size), dim=1)
            for at, count, size in self._weight_groups
        ]
        return norms[0] if len(norms) == 1 else torch.cat(norms)

    def signals(self, step: int, taps: Taps, deltas: list[Tensor]) -> list[Tensor]:
        """Measure forward and backward signals of one step.

        Parameters
        ----------
        step : int
            For the window of dead units.
        taps : Taps
        deltas : list of Tensor, shape (batch, units)

        Returns
        -------
        list of Tensor, shape (layers,)
            delta_norm, activation_norm, derivative_mean, saturated_fraction, dead_fraction.
        """
        found: tuple[list[Tensor], ...] = ([], [], [], [], [])
        for group in self._groups:
            activation = group.layers[0].activation
            z = group.stack(taps.z)
            a = group.stack(taps.a)
            h = a if group.plain else group.stack(taps.h)
            delta = group.stack(deltas)
            slope = activation.derivative(z, a)
            flat = slope.flatten(1)
            alive = slope.ne(0.0).any(dim=1)
            group.last_alive.masked_fill_(alive, step)
            dead = group.last_alive <= step - self._window
            saturated = flat < SATURATED_BELOW * activation.sup
            for values, one in zip(
                found,
                (
                    torch.linalg.vector_norm(delta.flatten(1), dim=1),
                    torch.linalg.vector_norm(h.flatten(1), dim=1),
                    flat.mean(dim=1).div_(activation.sup),
                    saturated.to(flat.dtype).mean(dim=1),
                    dead.to(flat.dtype).mean(dim=1),
                ),
                strict=True,
            ):
                values.append(one)
        return [values[0] if len(values) == 1 else torch.cat(values) for values in found]

    def state(self) -> list[Tensor]:
        """Return the memory of dead units."""
        return [group.last_alive.clone() for group in self._groups]

    def load_state(self, state: list[Tensor]) -> None:
        """Restore :meth:`state`."""
        for group, alive in zip(self._groups, state, strict=True):
            group.last_alive.copy_(alive)
