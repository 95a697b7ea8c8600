"""Statistics of every layer at every step, batched over layers and over steps.

For small networks the price of an operation is its call, not its arithmetic. So equal layers are
stacked, and so are a few steps as long as they fit into the processor's cache: then one call
measures twenty layers of several steps. What is measured is the same to the last step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.measure.norms import measured_norms
from core.measure.spread import std_of
from core.measure.units import UnitTracker
from core.network.activations import SATURATED_BELOW

if TYPE_CHECKING:
    from core.network.build import Layer, Network, Taps

Tensor = torch.Tensor

CACHE_BYTES = 1_000_000
"""What the steps that wait to be measured may hold: about a core's second-level cache."""
MOST_STEPS = 16
"""More steps at once gain nothing: the calls are then a small part already."""
ON_OR_OFF = ("relu", "hard_tanh")
"""Activations whose derivative is 0 or 1, so that counting tells all about it."""
COUNTABLE = 2**24
"""So far float32 counts without rounding."""


def steps_at_once(bytes_per_step: int) -> int:
    """Return how many steps are measured together."""
    return max(1, min(MOST_STEPS, CACHE_BYTES // max(1, bytes_per_step)))


@dataclass
class _Group:
    """Neighbouring layers with outputs of the same shape and the same activation."""

    first: int
    layers: list[Layer]
    plain: bool  # whether what the layers pass on is phi(z) itself
    columns: slice  # of their units among those of all layers

    def stack(self, steps: list[list[Tensor]]) -> Tensor:
        """Return shape (steps * layers, batch, units) or (..., batch, height, width, channels).

        Channels are last in memory, too, so that nothing is copied.
        """
        last = self.first + len(self.layers)
        chosen = [tensor for tensors in steps for tensor in tensors[self.first : last]]
        if chosen[0].ndim == 4:
            chosen = [tensor.permute(0, 2, 3, 1) for tensor in chosen]
        return chosen[0].unsqueeze(0) if len(chosen) == 1 else torch.stack(chosen)


class LayerSignals:
    """Forward and backward signals of each layer: what :meth:`flush` returns, in that order.

    Parameters
    ----------
    network : Network
    window : int
        Steps over which a unit must have been silent to count as dead (one epoch).

    Attributes
    ----------
    units : UnitTracker
        What becomes of every unit.
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
        self.units = UnitTracker([layer.units for layer in network.layers])
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
        self.units.forget(forget)
        self._groups = []
        first = 0
        for _, members in groupby(enumerate(self._network.layers), _alike):
            group = [layer for _, layer in members]
            plain = all(layer.passes_phi for layer in group)
            last = first + len(group)
            columns = slice(int(self.units.starts[first]), int(self.units.starts[last]))
            self._groups.append(_Group(first, group, plain, columns))
            first = last

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
        n = len(self._steps)
        found = np.empty((n, len(self.NAMES), len(self._network.layers)), np.float32)
        active = self.units.rows(n, len(self._deltas[0][0]))
        for group in self._groups:
            part = found[:, :, group.first : group.first + len(group.layers)]
            self._measure(group, part.swapaxes(0, 1), active[:, group.columns])
        found[:, -1] = self.units.observe(self._steps, active, self.window)
        self._steps, self._taps, self._deltas = [], [], []
        return found

    def _measure(
        self, group: _Group, found: NDArray[np.float32], active: NDArray[np.int32]
    ) -> None:
        """Fill in a group of layers: all but what is dead, and how often each unit was active.

        Parameters
        ----------
        group : _Group
        found : ndarray, shape (9, steps, layers)
        active : ndarray, shape (steps, units of all layers of the group)
        """
        activation, taps, shape = group.layers[0].activation, self._taps, found.shape[1:]
        delta = group.stack(self._deltas)
        out = group.stack([one.a for one in taps] if group.plain else [one.h for one in taps])
        same = activation.kind == "linear" and group.plain
        z = out if same else group.stack([one.z for one in taps])
        found[0] = measured_norms(delta.flatten(1), 1).reshape(shape)
        found[1], found[2], found[3] = _spread(out.flatten(1), shape)
        found[4], found[5] = found[2:4] if same else _spread(z.flatten(1), shape)[1:]
        if activation.kind == "linear":  # phi' = 1 everywhere
            found[6], found[7] = 1.0, 0.0
            active[:] = delta.shape[1]
            return
        phi = out if group.plain else group.stack([one.a for one in taps])
        slope, sup = self._slope(group, z, phi)
        if activation.kind in ON_OR_OFF and slope[0].numel() < COUNTABLE:
            pixels = slope if slope.ndim == 3 else slope.sum(dim=(2, 3))
            by_unit = pixels.sum(dim=1) if slope.ndim == 3 else (pixels > 0).sum(dim=1)
            active[:] = by_unit.cpu().numpy().reshape(len(active), -1)
            size = slope[0].numel()
            open_ = by_unit.sum(dim=1) if slope.ndim == 3 else pixels.sum(dim=(1, 2))
            count = open_.cpu().numpy().astype(np.float64).reshape(shape)
            found[6], found[7] = count / size, (size - count) / size
            return
        flat = slope.flatten(1)
        size = flat.abs() if activation.signed else flat
        least = float(size.amin())
        means = flat.mean(dim=1).cpu().numpy().reshape(shape)
        found[6] = means / (sup.reshape(shape).cpu().numpy() if isinstance(sup, Tensor) else sup)
        limit = SATURATED_BELOW * sup
        if isinstance(limit, float) and least >= limit:
            found[7] = 0.0
        else:
            share = (size < limit).mean(dim=1, dtype=flat.dtype)
            found[7] = share.cpu().numpy().reshape(shape)
        if least > 0.0:
            active[:] = delta.shape[1]
        else:
            active[:] = _active(slope).cpu().numpy().reshape(len(active), -1)

    def _slope(self, group: _Group, z: Tensor, phi: Tensor) -> tuple[Tensor, Tensor | float]:
        """Return phi' and its supremum; of PReLU those of each step, before its update."""
        activation = group.layers[0].activation
        learned = [taps.slopes[group.first] for taps in self._taps if taps.slopes is not None]
        if activation.kind != "prelu" or not learned:
            return activation.derivative(z, phi), activation.sup
        alpha = torch.stack(learned)
        slope = torch.where(z > 0, 1.0, alpha.view(-1, *[1] * (z.ndim - 1)))
        return slope, alpha.abs().clamp(min=1.0).unsqueeze(1)

    def state(self) -> dict[str, Any]:
        """Return the memory of dead units."""
        return self.units.state()

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state`."""
        self.units.load_state(state)


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


def _active(slope: Tensor) -> Tensor:
    """Return for how many samples each unit passes an error on (in some pixel): (layers, units)."""
    if slope.ndim == 3:
        return (slope != 0).sum(dim=1, dtype=slope.dtype)
    return slope.any(dim=3).any(dim=2).sum(dim=1, dtype=slope.dtype)
