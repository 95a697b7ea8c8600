"""Statistics of every layer at every step, batched over layers and over steps.

For small networks the price of an operation is its call, not its arithmetic. So equal layers are
stacked, and so are a few steps as long as they fit into the processor's cache: then one call
measures twenty layers of several steps. What is measured is the same to the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import torch

from core.measure.norms import exact, norms, repaired
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
        self._ones = torch.ones(MOST_STEPS, len(network.layers), device=network.device)
        self._zeros = torch.zeros_like(self._ones)
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

    def flush(self) -> Tensor:
        """Measure the steps kept.

        Returns
        -------
        Tensor, shape (steps, 5, layers)
            In the order of ``NAMES``.
        """
        n = len(self._steps)
        a = [taps.a for taps in self._taps]
        h = [taps.h for taps in self._taps]
        steps = torch.tensor(self._steps, device=self._network.device).view(n, 1, 1)
        found: tuple[list[Tensor], ...] = ([], [], [], [], [])
        for group in self._groups:
            activation, count = group.layers[0].activation, len(group.layers)
            out = group.stack(a if group.plain else h)
            delta = group.stack(self._deltas)
            found[0].append(norms(delta.flatten(1), 1).view(n, count))
            found[1].append(norms(out.flatten(1), 1).view(n, count))
            if activation.kind == "linear":  # phi' = 1 everywhere
                found[2].append(self._ones[:n, :count])
                found[3].append(self._zeros[:n, :count])
                found[4].append(self._zeros[:n, :count])
                continue
            phi = out if group.plain else group.stack(a)
            z = phi if activation.from_output else group.stack([taps.z for taps in self._taps])
            slope, sup = self._slope(group, z, phi)
            flat = slope.flatten(1)
            size = flat.abs() if activation.signed else flat
            saturated = size < SATURATED_BELOW * sup
            found[2].append(flat.mean(dim=1, keepdim=True).div_(sup).view(n, count))
            found[3].append(saturated.mean(dim=1, dtype=flat.dtype).view(n, count))
            alive = _somewhere(slope).view(n, count, -1)
            found[4].append(self._dead(group, alive, steps).mean(dim=2, dtype=flat.dtype))
        self._steps, self._taps, self._deltas = [], [], []
        return torch.stack(
            [values[0] if len(values) == 1 else torch.cat(values, dim=1) for values in found],
            dim=1,
        )

    def _slope(self, group: _Group, z: Tensor, phi: Tensor) -> tuple[Tensor, Tensor | float]:
        """Return phi' and its supremum; of PReLU those of each step, before its update."""
        activation = group.layers[0].activation
        learned = [taps.slopes[group.first] for taps in self._taps if taps.slopes is not None]
        if activation.kind != "prelu" or not learned:
            return activation.derivative(z, phi), activation.sup
        alpha = torch.stack(learned)
        slope = torch.where(z > 0, 1.0, alpha.view(-1, *[1] * (z.ndim - 1)))
        return slope, alpha.abs().clamp(min=1.0).unsqueeze(1)

    def _dead(self, group: _Group, alive: Tensor, steps: Tensor) -> Tensor:
        """Return which units were silent over the window up to each step."""
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


def _alike(numbered: tuple[int, Layer]) -> tuple[object, ...]:
    """Return what layers measured together share; a learned slope is measured by itself."""
    number, layer = numbered
    own = number if layer.activation.kind == "prelu" else -1
    return layer.stage.after, layer.activation_spec, own


def _somewhere(slope: Tensor) -> Tensor:
    """Return which units pass an error on for some sample (and pixel): (layers, units)."""
    return slope.any(dim=1) if slope.ndim == 3 else slope.any(dim=4).any(dim=3).any(dim=1)


class WeightNorms:
    """Norms of each layer's weights, of their gradient, and of their change.

    Parameters
    ----------
    network : Network
    """

    NAMES = ("weight_norm", "weight_grad_norm", "update_norm")

    def __init__(self, network: Network) -> None:
        self._groups: list[tuple[int, int, int]] = []  # offset, layers, size
        offset = 0
        for size, members in groupby(network.layers, lambda one: one.weight.numel()):
            count = len(list(members))
            self._groups.append((offset, count, size))
            offset += count * size
        size = network.theta.numel()
        most = steps_at_once(3 * 4 * size)
        self._vectors = torch.zeros(most, 3, size, device=network.device)
        self._weight_norms = self._vectors[:, :1, :0]
        self._kept = 0

    def slot(self) -> tuple[Tensor, Tensor]:
        """Return where this step's weights and data gradient are to be written.

        Both have the shape of the network's flat parameter vector.
        """
        self._kept += 1
        before, gradient, _ = self._vectors[self._kept - 1]
        return before, gradient

    def updated(self, theta: Tensor) -> None:
        """Take note of the change, once the step's update is made."""
        before, _, change = self._vectors[self._kept - 1]
        if len(self._vectors) == 1:  # large: one vector less to bring from memory
            self._weight_norms = self._by_layer(before.view(1, 1, -1))
            torch.sub(theta, before, out=before)
        else:
            torch.sub(theta, before, out=change)

    @property
    def full(self) -> bool:
        """Whether it is time to flush."""
        return self._kept == len(self._vectors)

    @property
    def waiting(self) -> bool:
        """Whether some step has not been measured."""
        return self._kept > 0

    def flush(self) -> Tensor:
        """Return shape (steps, 3, layers), in the order of ``NAMES``."""
        n, self._kept = self._kept, 0
        if len(self._vectors) > 1:
            return self._by_layer(self._vectors[:n])
        change, gradient = self._by_layer(self._vectors[:, :2])[0]
        return torch.stack([self._weight_norms[0, 0], gradient, change]).unsqueeze(0)

    def _by_layer(self, vectors: Tensor) -> Tensor:
        """Return norms of the layers' parts of flat vectors: (n, k, size) -> (n, k, layers)."""

        def all_groups(norm: Callable[[Tensor, int], Tensor]) -> Tensor:
            found = [
                norm(vectors[:, :, at : at + count * size].unflatten(2, (count, size)), 3)
                for at, count, size in self._groups
            ]
            return found[0] if len(found) == 1 else torch.cat(found, dim=2)

        fast = all_groups(lambda part, dim: torch.linalg.vector_norm(part, dim=dim))
        return repaired(fast, lambda: all_groups(exact))
