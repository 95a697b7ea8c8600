"""Statistics of every layer at every step, batched over layers and over steps.

For small networks the price of an operation is its call, not its arithmetic. So equal layers are
stacked, and so are a few steps as long as they fit into the processor's cache: then one call
measures twenty layers of several steps. What is measured is the same to the last step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from core.measure.norms import measured_norms
from core.measure.spread import std_of
from core.network.activations import SATURATED_BELOW

if TYPE_CHECKING:
    from core.network.build import Layer, Network, Taps

Tensor = torch.Tensor

CACHE_BYTES = 1_000_000
"""What the steps that wait to be measured may hold: about a core's second-level cache."""
NEVER = -(2**62)
"""Step at which a unit was last alive that has not been seen alive."""
MOST_STEPS = 16
"""More steps at once gain nothing: the calls are then a small part already."""


def steps_at_once(bytes_per_step: int) -> int:
    """Return how many steps are measured together."""
    return max(1, min(MOST_STEPS, CACHE_BYTES // max(1, bytes_per_step)))


@dataclass
class _Group:
    """Neighbouring layers with outputs of the same shape and the same activation."""

    first: int
    layers: list[Layer]
    plain: bool  # whether what the layers pass on is phi(z) itself
    last_alive: Tensor  # (layers, units): newest step at which phi' was not 0 for some sample

    def stack(self, steps: list[list[Tensor]]) -> Tensor:
        """Return shape (steps * layers, batch, units or channels, ...)."""
        last = self.first + len(self.layers)
        chosen = [tensor for tensors in steps for tensor in tensors[self.first : last]]
        return chosen[0].unsqueeze(0) if len(chosen) == 1 else torch.stack(chosen)


class LayerSignals:
    """Forward and backward signals of each layer: what :meth:`flush` returns, in that order.

    Parameters
    ----------
    network : Network
    window : int
        Steps over which a unit must have been silent to count as dead (one epoch).
    """

    NAMES = (
        "delta_norm",
        "activation_norm",
        "activation_mean",
        "activation_std",
        "preactivation_mean",
        "preactivation_std",
        "derivative_mean",
        "saturated_fraction",
        "dead_fraction",
    )

    def __init__(self, network: Network, window: int) -> None:
        self._network = network
        self.window = window
        self._groups: list[_Group] = []
        self._steps: list[int] = []
        self._taps: list[Taps] = []
        self._deltas: list[list[Tensor]] = []
        self._most = 1
        self.regroup(range(len(network.layers)))

    def regroup(self, forget: Collection[int]) -> None:
        """Group the layers anew, after activations or dropout changed.

        Parameters
        ----------
        forget : collection of int
            Layers, from 0 at the input, whose units count as never seen from here on.
        """
        device = self._network.device
        known = [row for group in self._groups for row in group.last_alive]
        self._groups = []
        first = 0
        layers = self._network.layers
        for _, members in groupby(enumerate(layers), _alike):
            group = [layer for _, layer in members]
            alive = torch.full((len(group), group[0].units), NEVER, device=device)
            for row, index in enumerate(range(first, first + len(group))):
                if index not in forget:
                    alive[row] = known[index]
            plain = all(layer.passes_phi for layer in group)
            self._groups.append(_Group(first, group, plain, alive))
            first += len(group)

    def add(self, step: int, taps: Taps, deltas: list[Tensor]) -> bool:
        """Keep the signals of a step; return whether it is time to flush.

        Parameters
        ----------
        step : int
        taps : Taps
        deltas : list of Tensor, shape (batch, units) or (batch, channels, height, width)
            All steps until the next flush must have the same batch size.
        """
        if not self._steps:
            per_step = 3 * 4 * sum(delta.numel() for delta in deltas)
            self._most = steps_at_once(per_step)
        self._steps.append(step)
        self._taps.append(taps)
        self._deltas.append(deltas)
        return len(self._steps) >= self._most

    @property
    def waiting(self) -> bool:
        """Whether some step has not been measured."""
        return bool(self._steps)

    def flush(self) -> NDArray[np.float32]:
        """Measure the steps kept.

        Returns
        -------
        ndarray, shape (steps, 9, layers)
            In the order of ``NAMES``.
        """
        n, first = len(self._steps), 0
        found = np.empty((n, len(self.NAMES), len(self._network.layers)), np.float32)
        for group in self._groups:
            last = first + len(group.layers)
            self._measure(group, found[:, :, first:last].swapaxes(0, 1))
            first = last
        self._steps, self._taps, self._deltas = [], [], []
        return found

    def _measure(self, group: _Group, found: NDArray[np.float32]) -> None:
        """Fill in a group of layers, shape (9, steps, layers)."""
        activation, taps, shape = group.layers[0].activation, self._taps, found.shape[1:]
        delta = group.stack(self._deltas)
        out = group.stack([one.a for one in taps] if group.plain else [one.h for one in taps])
        same = activation.kind == "linear" and group.plain
        z = out if same else group.stack([one.z for one in taps])
        found[0] = measured_norms(delta.flatten(1), 1).reshape(shape)
        found[1], found[2], found[3] = _spread(out.flatten(1), shape)
        found[4], found[5] = found[2:4] if same else _spread(z.flatten(1), shape)[1:]
        if activation.kind == "linear":  # phi' = 1 everywhere
            found[6], found[7], found[8] = 1.0, 0.0, 0.0
            return
        phi = out if group.plain else group.stack([one.a for one in taps])
        slope, sup = self._slope(group, z, phi)
        flat = slope.flatten(1)
        limit = SATURATED_BELOW * sup
        saturated = (flat.abs() if activation.signed else flat) < limit
        means = torch.stack([flat.mean(dim=1), saturated.mean(dim=1, dtype=flat.dtype)])
        found[6:8] = means.cpu().numpy().reshape(2, *shape)
        found[6] /= sup.reshape(shape).cpu().numpy() if isinstance(sup, Tensor) else sup
        dead = self._dead(group, _somewhere(slope).view(*shape, -1))
        found[8] = dead.mean(dim=2, dtype=flat.dtype).cpu().numpy()

    def _slope(self, group: _Group, z: Tensor, phi: Tensor) -> tuple[Tensor, Tensor | float]:
        """Return phi' and its supremum; of PReLU those of each step, before its update."""
        activation = group.layers[0].activation
        learned = [taps.slopes[group.first] for taps in self._taps if taps.slopes is not None]
        if activation.kind != "prelu" or not learned:
            return activation.derivative(z, phi), activation.sup
        alpha = torch.stack(learned)
        slope = torch.where(z > 0, 1.0, alpha.view(-1, *[1] * (z.ndim - 1)))
        return slope, alpha.abs().clamp(min=1.0).unsqueeze(1)

    def _dead(self, group: _Group, alive: Tensor) -> Tensor:
        """Return which units were silent over the window up to each step."""
        steps = torch.tensor(self._steps, device=alive.device).view(-1, 1, 1)
        if len(alive) == 1:
            last = group.last_alive.masked_fill_(alive[0], self._steps[0]).unsqueeze(0)
        else:
            seen = torch.where(alive, steps, NEVER)
            seen[0] = torch.maximum(seen[0], group.last_alive)
            last = seen.cummax(dim=0).values
            group.last_alive.copy_(last[-1])
        return last <= steps - self.window

    def state(self) -> list[Tensor]:
        """Return the memory of dead units."""
        return [group.last_alive.clone() for group in self._groups]

    def load_state(self, state: list[Tensor]) -> None:
        """Restore :meth:`state`."""
        for group, alive in zip(self._groups, state, strict=True):
            group.last_alive.copy_(alive)


def _spread(
    values: Tensor, shape: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return norm, mean and standard deviation of each row."""
    norm, mean = measured_norms(values, 1), values.mean(dim=1)
    std = std_of(
        mean.cpu().numpy(),
        norm,
        values.shape[1],
        lambda: torch.linalg.vector_norm(values - mean.unsqueeze(1), dim=1),
    )
    return norm.reshape(shape), mean.cpu().numpy().reshape(shape), std.reshape(shape)


def _alike(numbered: tuple[int, Layer]) -> tuple[object, ...]:
    """Return what layers measured together share; a learned slope is measured by itself."""
    number, layer = numbered
    own = number if layer.activation.kind == "prelu" else -1
    return layer.stage.after, layer.activation_spec, own


def _somewhere(slope: Tensor) -> Tensor:
    """Return which units pass an error on for some sample (and pixel): (layers, units)."""
    return slope.any(dim=1) if slope.ndim == 3 else slope.any(dim=4).any(dim=3).any(dim=1)
