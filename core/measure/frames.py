"""Frames: the distributions behind the numbers, made only when somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.network.activations import activation_for
from core.record.source import Frame, Histogram, LayerFrame

if TYPE_CHECKING:
    import torch

    from core.experiment.fields import Part
    from core.network.build import Network, Taps
    from core.network.layers import Layer

BINS = 48
"""Enough to see a shape in a panel of 200 pixels, few enough to be read at a glance."""

_LARGEST = float(np.finfo(np.float32).max)


def histogram(values: NDArray[np.float32], bins: int = BINS) -> Histogram:
    """Count values in equal bins from the least to the greatest finite one.

    Parameters
    ----------
    values : ndarray, any shape
    bins : int

    Returns
    -------
    Histogram
        Every finite value is in a bin; the others are counted apart.
    """
    flat = values.reshape(-1)
    finite = np.isfinite(flat)
    nonfinite = int(flat.size - np.count_nonzero(finite))
    if nonfinite:
        flat = flat[finite]
    if flat.size == 0:
        edges = np.linspace(-1.0, 1.0, bins + 1, dtype=np.float32)
        return Histogram(edges, np.zeros(bins, np.int64), 0, nonfinite)
    low, high = float(flat.min()), float(flat.max())
    if high - low <= 1e-6 * max(abs(low), abs(high)):  # a constant, up to float32 rounding
        margin = 0.5 * max(abs(low), abs(high)) or 0.5
        low, high = low - margin, high + margin
    # In float64, since float32 cannot scale gradients of 1e-40; last bin closed on the right.
    place = ((flat.astype(np.float64) - low) * (bins / (high - low))).astype(np.int64)
    counts = np.bincount(np.minimum(place, bins - 1), minlength=bins)
    edges = np.linspace(low, high, bins + 1).clip(-_LARGEST, _LARGEST).astype(np.float32)
    return Histogram(edges, counts, int(flat.size - np.count_nonzero(flat)), nonfinite)


def make_frame(
    step: int,
    network: Network,
    taps: Taps,
    deltas: list[torch.Tensor],
    gradients: list[torch.Tensor],
) -> Frame:
    """Make a frame of one step.

    Parameters
    ----------
    step : int
    network : Network
    taps : Taps
    deltas : list of Tensor, shape (batch, units) or (batch, channels, height, width)
    gradients : list of Tensor, each of the shape of the weights
        dL_data/dW, layer by layer.
    """
    layers: list[LayerFrame] = []
    learned = [0.0] * len(taps.z) if taps.slopes is None else taps.slopes.tolist()
    for layer, alpha, z, a, delta, gradient in zip(
        network.layers, learned, taps.z, taps.a, deltas, gradients, strict=True
    ):
        spec = _as_learned(layer, alpha)
        slope = activation_for(spec).derivative(z.detach(), a.detach())
        layers.append(
            LayerFrame(
                z=histogram(_numpy(z)),
                derivative=histogram(_numpy(slope)),
                delta=histogram(_numpy(delta)),
                gradient=histogram(_numpy(gradient)),
                unit_z=_numpy(_by_unit(z)),
                unit_derivative=_numpy(_by_unit(slope)),
                activation=spec,
            )
        )
    return Frame(step, tuple(layers))


def _by_unit(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of each unit over the batch, of each channel also over its pixels."""
    return values.detach().mean(dim=0 if values.ndim == 2 else (0, 2, 3))


def _as_learned(layer: Layer, alpha: float) -> Part:
    """Return the activation as it was: PReLU with the slope that it had learned."""
    if layer.activation.kind != "prelu":
        return layer.activation_spec
    return layer.activation_spec.model_copy(update={"alpha": alpha})


def _numpy(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy()
