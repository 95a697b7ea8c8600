"""A training step taken apart: its tensors in the order in which they were computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from core.engine.losses import loss_of
from core.measure.nonfinite import Cell, Part, first_nonfinite, is_finite
from core.measure.observer import Observer
from core.measure.slots import Slot
from core.network.layers import pooled
from core.network.normalization import BatchNorm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from core.experiment.losses import LossSpec
    from core.network.build import Network, Taps
    from core.network.layers import Layer

Tensor = torch.Tensor

_ROLES = {"weight": "weights", "bias": "bias", "norm": "norm", "other": "slope"}


@dataclass(frozen=True, slots=True)
class Step:
    """What a step leaves behind.

    Attributes
    ----------
    chosen : Tensor, shape (batch,)
        Rows of the training set.
    x, targets : Tensor
        The batch.
    loss_data, loss_penalty : Tensor, scalar
    gradient : Tensor or None, shape (parameters,)
        Of the data loss; None if the step was not watched. Good until the next watched step.
    updated : bool
        Whether its update was made: the loss was finite.
    """

    chosen: Tensor
    x: Tensor
    targets: Tensor
    loss_data: Tensor
    loss_penalty: Tensor
    gradient: Tensor | None
    updated: bool


class Onlooker(Observer):
    """Has every step leave its tensors behind, and measures nothing."""

    def watches(self, step: int) -> bool:
        """Watch every step."""
        return True

    def slot(self, theta: Tensor, *, watched: bool) -> Slot:
        """Return where the step's gradients are to be written, each by itself."""
        data, total, clipped = theta.new_zeros(3, theta.numel())
        return Slot(data, total, clipped)

    def updated(self, theta: Tensor) -> None:
        """Measure nothing."""

    def add(self, *args: Any, **more: Any) -> None:
        """Measure nothing."""


def first_of_step(
    network: Network,
    step: Step,
    taps: Taps,
    deltas: list[Tensor],
    spec: LossSpec,
    gradient: Tensor | None,
    memory: Sequence[Tensor],
) -> Cell | None:
    """Return the first cell of a step that is not finite, in the order of computation.

    Parameters
    ----------
    network : Network
    step : Step
    taps, deltas
        Of its passes.
    spec : LossSpec
    gradient : Tensor or None, shape (parameters,)
        As the optimiser got it; None if the update was not made.
    memory : sequence of Tensor, shape (parameters,)
        What the optimiser remembers after it.
    """

    def parts() -> Iterator[Part]:
        if not step.updated:  # else they are those after the update
            yield from parameter_parts(network)
        yield from forward_parts(network, step, taps, spec)
        yield from backward_parts(network, deltas, step)
        if step.updated:
            yield from update_parts(network, gradient, memory)

    return first_nonfinite(parts())


def first_of_state(network: Network, memory: Sequence[Tensor]) -> Cell | None:
    """Return the first parameter, memory of it or running statistic that is not finite."""

    def parts() -> Iterator[Part]:
        yield from parameter_parts(network)
        yield from memory_parts(network, memory)
        yield from statistics_parts(network)

    return first_nonfinite(parts())


def same_bits(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Tell whether tensors of float32 are equal to the bit, a NaN and the sign of 0 included."""
    pairs = zip(one, other, strict=True)
    return all(torch.equal(a.view(torch.int32), b.view(torch.int32)) for a, b in pairs)


def parameter_parts(network: Network, name: str = "") -> Iterator[Part]:
    """Yield all parameters, those nearest the input first.

    Parameters
    ----------
    network : Network
    name : str, optional
        What to call them; by default weights, bias, norm, slope.
    """
    if not is_finite(network.theta):
        yield from _by_layer(network, [*network.parameters, *network.slopes], name)


def forward_parts(network: Network, step: Step, taps: Taps, spec: LossSpec) -> Iterator[Part]:
    """Yield the batch, every layer, and the loss."""
    yield Part("input", None, step.x, sampled=True)
    if network.input_norm:
        # With the same batch statistics, and the running ones left alone.
        h = _entered(network, step.x)
        yield Part("normalised input", None, h, sampled=True)
        if isinstance(network.input_norm, BatchNorm):
            yield from _statistics(network.input_norm, None)
    else:
        h = network.enter(step.x, training=False)
    layers = iter(range(len(network.layers)))
    between: list[Part] = []
    for stage in network.stages:
        if not stage.weight:
            if stage.row >= 0:
                h = pooled(stage.spec, h)
                between.append(Part("pooled", None, h, sampled=True))
            continue
        index = next(layers)
        layer, number = network.layers[index], index + 1
        if not is_finite(taps.z[index]):  # what led to it is computed only now
            yield from (Part(one.name, number, one.values, sampled=True) for one in between)
            if layer.before and not layer.drop_weights:
                yield Part("sum", number, layer.linear(h, layer.weight), sampled=True)
        between = []
        yield Part("z", number, taps.z[index], sampled=True)
        yield Part("activation", number, taps.a[index], sampled=True)
        h = taps.h[index]
        yield Part("output", number, h, sampled=True)
        yield from _statistics_of(layer, number)
    if not is_finite(step.loss_data):
        yield Part("loss", None, _losses(spec, h, step.targets), sampled=True)
    yield Part("loss", None, step.loss_data)
    yield Part("penalty", None, step.loss_penalty)


def backward_parts(network: Network, deltas: list[Tensor], step: Step) -> Iterator[Part]:
    """Yield delta and the data gradient of each layer, from the output to the input."""
    gradients = [] if step.gradient is None else network.tensors_of(step.gradient)
    for index in reversed(range(-1, len(network.layers))):
        if index >= 0:
            yield Part("delta", index + 1, deltas[index], sampled=True)
        for place, gradient in zip(network.places, gradients, strict=False):
            if place.layer == index:
                yield Part("gradient", index + 1 if index >= 0 else None, gradient)


def update_parts(
    network: Network, gradient: Tensor | None, memory: Sequence[Tensor]
) -> Iterator[Part]:
    """Yield the gradient that the optimiser got, its memory, and the parameters it made.

    Parameters
    ----------
    network : Network
    gradient : Tensor or None, shape (parameters,)
        With penalties and clipped.
    memory : sequence of Tensor, shape (parameters,)
        Such as momentum.
    """
    if gradient is not None:
        yield from _flat(network, gradient, "gradient")
    yield from memory_parts(network, memory)
    yield from parameter_parts(network, "update")


def memory_parts(network: Network, memory: Sequence[Tensor]) -> Iterator[Part]:
    """Yield what the optimiser remembers of each parameter."""
    for one in memory:
        yield from _flat(network, one, "moment")


def statistics_parts(network: Network) -> Iterator[Part]:
    """Yield the running statistics of every batch norm."""
    if isinstance(network.input_norm, BatchNorm):
        yield from _statistics(network.input_norm, None)
    for index, layer in enumerate(network.layers):
        yield from _statistics_of(layer, index + 1)


def _statistics_of(layer: Layer, number: int) -> Iterator[Part]:
    for norm in layer.norms:
        if isinstance(norm, BatchNorm):
            yield from _statistics(norm, number)


def _statistics(norm: BatchNorm, number: int | None) -> Iterator[Part]:
    yield Part("statistics", number, norm.running_mean)
    yield Part("statistics", number, norm.running_var)


def _entered(network: Network, x: Tensor) -> Tensor:
    norm = network.input_norm
    kept = [one.clone() for one in network.buffers()]
    try:
        return network.enter(x, training=True)
    finally:
        if isinstance(norm, BatchNorm):
            for buffer, one in zip(network.buffers(), kept, strict=True):
                buffer.copy_(one)


def _losses(spec: LossSpec, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each sample."""
    rows = zip(outputs.split(1), targets.split(1), strict=True)
    return torch.stack([loss_of(spec, *one) for one in rows])


def _flat(network: Network, vector: Tensor, name: str) -> Iterator[Part]:
    if is_finite(vector):
        return
    shapes = [one.shape for one in (*network.parameters, *network.slopes)]
    places = network.places
    pieces = [
        vector[place.start : place.stop].reshape(shape)
        for place, shape in zip(places, shapes, strict=True)
    ]
    yield from _by_layer(network, pieces, name)


def _by_layer(network: Network, tensors: Sequence[Tensor], name: str) -> Iterator[Part]:
    """Yield tensors, given in the order of the places, layer by layer from the input."""
    together = sorted(zip(network.places, tensors, strict=True), key=lambda one: one[0].layer)
    for place, values in together:
        number = place.layer + 1 if place.layer >= 0 else None
        yield Part(name or _ROLES[place.role], number, values)
