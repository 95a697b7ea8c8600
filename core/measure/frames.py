"""Frames: the distributions behind the numbers, made only when somebody looks."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.measure.histograms import BINS as BINS
from core.measure.histograms import LogRows, Logs, histograms, log_rows
from core.measure.histograms import histogram as histogram
from core.network.activations import activation_for
from core.record.frame import Frame, LayerFrame, Parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.experiment.fields import Part
    from core.experiment.losses import LossSpec
    from core.measure.probe import Probe
    from core.network.build import Network, Taps
    from core.network.layers import Layer

Tensor = torch.Tensor
Array = NDArray[np.float32]

MOST_UNITS, MOST_SHOWN = 64, 32
"""Units of a layer, and samples of the batch, whose activity a frame holds one by one."""
MOST_IMAGES = 100
MOST_PIXELS = 1 << 16
"""Of all weight images together, so that a history of frames stays small."""
WIDEST, LARGEST = 256, 300_000
"""Of matrices whose singular values are computed: the smaller side, and the entries."""
MOST_SINGULAR_WORK = 60_000_000
"""Of all layers together, in multiplications: about 10 ms."""
_STACKED = 1 << 20
"""Most numbers of a sort that are copied to be worked on together."""


def make_frame(
    step: int,
    network: Network,
    taps: Taps,
    deltas: list[Tensor],
    gradients: list[Tensor],
    *,
    parts: Parts = Parts.LIVE,
    theta: Tensor | None = None,
    image: Sequence[int] = (),
    probe: Probe | None = None,
    loss: LossSpec | None = None,
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
    parts : Parts
        What of it.
    theta : Tensor, shape of the network's flat vector, optional
        The weights of that step; by default those of the network now.
    image : sequence of int, optional
        (channels, height, width), if a sample is one.
    probe : Probe, optional
        Adds what the network, as it is now, predicts.
    loss : LossSpec, optional
        Tells the probe what outputs mean.
    """
    started = time.perf_counter()
    with torch.no_grad():
        layers: list[dict[str, Any]] = [{} for _ in network.layers]
        learned = [0.0] * len(taps.z) if taps.slopes is None else taps.slopes.tolist()
        slopes: list[Tensor] = []
        for layer, found, alpha, z, a in zip(
            network.layers, layers, learned, taps.z, taps.a, strict=True
        ):
            spec = _as_learned(layer, alpha)
            slopes.append(activation_for(spec).derivative(z, a))
            found["activation"] = spec
        weights = [layer.weight for layer in network.layers]
        if theta is not None:
            weights = list(_weights_in(theta, network))
        signals = {"z": taps.z, "derivative": slopes, "delta": deltas}
        matrices = {"gradient": gradients}
        if Parts.MORE in parts:
            signals["h"], matrices["weight"] = taps.h, weights
        logs: list[dict[str, tuple[LogRows, int]]] = [{} for _ in layers]
        for values in (signals, matrices):
            for members in _alike(values):
                _describe(values, members, layers, logs, parts)
        for found, rows in zip(layers, logs, strict=True):
            found["logs"] = Logs(rows) if rows else {}
        if Parts.IMAGES in parts:
            layers[0]["weight_images"] = weight_images(weights[0], network.layers[0], image)
        if Parts.ACTIVITY in parts:
            for found, h, slope in zip(layers, taps.a, slopes, strict=True):
                found |= _activity(h, slope)
        if Parts.SINGULAR_VALUES in parts:
            for found, values in zip(layers, singular_values(weights), strict=True):
                found["singular_values"] = values
        asked = probe if Parts.PREDICTIONS in parts else None
        predictions = None if asked is None else asked.predict(network, loss)
    made = tuple(LayerFrame(**found) for found in layers)
    return Frame(step, made, predictions, time.perf_counter() - started, parts=parts)


def _activity(a: Tensor, slope: Tensor) -> dict[str, Any]:
    """Return what some units say to some samples."""
    units = a.shape[1]
    step = -(-units // MOST_UNITS)
    chosen = slice(0, units, step)
    parts = {}
    for name, values in (("activity", a), ("activity_slope", slope)):
        some = values[:MOST_SHOWN, chosen]
        some = some.mean(dim=tuple(range(2, some.ndim))) if some.ndim > 2 else some
        parts[name] = np.ascontiguousarray(_numpy(some).T)
    return parts | {"shown_units": np.arange(0, units, step)}


def _weights_in(theta: Tensor, network: Network) -> Iterator[Tensor]:
    places = (place for place in network.places if place.role == "weight")
    for layer, place in zip(network.layers, places, strict=False):
        yield theta[place.start : place.stop].view(layer.weight.shape)


def _alike(values: dict[str, list[Tensor]]) -> Iterator[list[int]]:
    """Return layers whose tensors have the same shape, as many as are worked on together."""
    groups: dict[torch.Size, list[int]] = {}
    for index, tensor in enumerate(next(iter(values.values()))):
        groups.setdefault(tensor.shape, []).append(index)
    for shape, members in groups.items():
        most = max(1, _STACKED // max(1, shape.numel()))
        for start in range(0, len(members), most):
            yield members[start : start + most]


def _describe(
    values: dict[str, list[Tensor]],
    members: list[int],
    layers: list[dict[str, Any]],
    logs: list[dict[str, tuple[LogRows, int]]],
    parts: Parts,
) -> None:
    """Put histograms and numbers of each unit into some equally large layers."""
    names = list(values)
    every = torch.stack([values[name][index] for name in names for index in members])
    every = every.to(torch.float32)
    count = len(members)
    flat = every.reshape(len(every), -1).cpu().numpy()
    rows = log_rows(flat) if Parts.LOGS in parts else None
    linear = histograms(flat, apart=None if rows is None else rows.apart)
    numbers = _of_units(dict(zip(names, every.split(count), strict=True)), parts)
    for place, index in enumerate(members):
        found = layers[index]
        for at, name in enumerate(names):
            row = at * count + place
            found[name] = linear[row]
            if rows is not None:
                logs[index][name] = (rows, row)
        for name, unit_values in numbers.items():
            found[name] = unit_values[place]


def _of_units(values: dict[str, Tensor], parts: Parts) -> dict[str, Array]:
    """Return numbers of each unit, shape (layers, units)."""
    more = Parts.MORE in parts
    if "gradient" in values:
        if not more:
            return {}
        gradient = values["gradient"].flatten(2)
        return {"unit_gradient": _numpy(_rms(gradient, (2,)) * math.sqrt(gradient.shape[2]))}
    slopes = values["derivative"]
    within = (1,) if slopes.ndim == 3 else (1, 3, 4)  # samples, and pixels of a channel
    found = {"unit_z": values["z"].mean(within), "unit_derivative": slopes.mean(within)}
    if more:
        found["unit_activity"] = (slopes != 0).to(torch.float32).mean(within)
        found["unit_delta"] = _rms(values["delta"], within)
    return {name: _numpy(one) for name, one in found.items()}


def _rms(values: Tensor, dim: tuple[int, ...]) -> Tensor:
    """Return roots of mean squares, of 1e-30 and 1e30 as well."""
    largest = values.abs().amax(dim, keepdim=True)
    shares = (values / largest).square_().mean(dim, keepdim=True).sqrt_()
    scaled = (largest > 0) & (largest < math.inf)
    return torch.where(scaled, shares.mul_(largest), largest).squeeze(dim)


def singular_values(weights: list[Tensor]) -> list[Array]:
    """Return the singular values of every layer, the largest first.

    Each is right to 1e-7 of the largest. A layer with more than ``WIDEST`` rows and columns or
    ``LARGEST`` entries is left out, and so are the most laborious ones if all layers together
    need more than ``MOST_SINGULAR_WORK``; theirs are empty.

    Parameters
    ----------
    weights : list of Tensor, shape (units, fan_in) or (channels, inputs, height, width)
    """
    found = [np.zeros(0, np.float32) for _ in weights]
    groups: dict[tuple[int, int], list[int]] = {}
    for index, weight in enumerate(weights):
        groups.setdefault((len(weight), weight[0].numel()), []).append(index)
    left = MOST_SINGULAR_WORK
    for (rows, columns), members in sorted(groups.items(), key=lambda one: min(one[0])):
        small = min(rows, columns)
        left -= len(members) * small * small * (small + columns + rows)
        if small > WIDEST or rows * columns > LARGEST or left < 0:
            continue
        stacked = torch.stack([weights[index].detach().reshape(rows, -1) for index in members])
        for index, values in zip(members, _singular(stacked.cpu().numpy()), strict=True):
            found[index] = values
    return found


def _singular(matrices: Array) -> Array:
    """Return singular values, shape (matrices, smaller side).

    By eigenvalues of the smaller Gram matrix in float64: twice as fast as a decomposition in
    float32, and no less accurate.
    """
    scale = np.abs(matrices).max(axis=(1, 2), keepdims=True, initial=0.0).astype(np.float64)
    fine = np.isfinite(scale).ravel()
    scaled = matrices[fine] / np.where(scale[fine] > 0, scale[fine], 1.0)
    other = scaled.transpose(0, 2, 1)
    gram = scaled @ other if matrices.shape[1] <= matrices.shape[2] else other @ scaled
    squares = np.linalg.eigvalsh(gram)[:, ::-1].clip(0.0)
    found = np.full((len(matrices), squares.shape[1]), np.nan)
    found[fine] = np.sqrt(squares) * scale[fine, :, 0]
    with np.errstate(over="ignore"):
        return found.astype(np.float32)


def weight_images(weight: Tensor, layer: Layer, image: Sequence[int] = ()) -> Array:
    """Return the weights of a layer as pictures, if it sees one.

    Parameters
    ----------
    weight : Tensor, shape (units, fan_in) or (channels, inputs, height, width)
    layer : Layer
        That it belongs to.
    image : sequence of int, optional
        (channels, height, width) of what a dense layer sees.

    Returns
    -------
    ndarray, shape (units, height, width) or (units, height, width, channels)
        Of at most ``MOST_IMAGES`` units and ``MOST_PIXELS`` numbers; empty without pictures.
    """
    shape = weight.shape[1:] if weight.ndim == 4 else tuple(image) or layer.stage.before
    if len(shape) != 3 or math.prod(shape) != weight[0].numel():
        return np.zeros(0, np.float32)
    most = min(len(weight), MOST_IMAGES, max(1, MOST_PIXELS // math.prod(shape)))
    pictures = weight[:most].detach().reshape(most, *shape).cpu().numpy().transpose(0, 2, 3, 1)
    return np.array(pictures[..., 0] if shape[0] == 1 else pictures, np.float32)


def _as_learned(layer: Layer, alpha: float) -> Part:
    """Return the activation as it was: PReLU with the slope that it had learned."""
    if layer.activation.kind != "prelu":
        return layer.activation_spec
    return layer.activation_spec.model_copy(update={"alpha": alpha})


def _numpy(tensor: Tensor) -> Array:
    return tensor.to(torch.float32).cpu().numpy()
