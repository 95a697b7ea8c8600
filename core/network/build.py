"""From specification to network: an explicit forward pass that returns its taps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch

from core.experiment.layers import Conv, Dense, Output
from core.experiment.normalization import BatchStatistics, NoNorm, SampleStatistics
from core.experiment.shapes import trace
from core.network.activations import activation_for
from core.network.initializers import draw_biases, draw_weights
from core.network.layers import Layer, channels_last, pooled
from core.network.lsuv import scale_layers
from core.network.normalization import BatchNorm, LayerNorm, Norm

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.experiment.fields import Part
    from core.experiment.network import NetworkSpec
    from core.experiment.shapes import Shape, Stage

Tensor = torch.Tensor


@dataclass
class Taps:
    """What a forward pass leaves behind, layer by layer (those with weights).

    Attributes
    ----------
    z : list of Tensor, shape (batch, units) or (batch, channels, height, width)
        Arguments of the activations.
    a : list of Tensor
        phi(z).
    h : list of Tensor
        What each layer passes on: after normalisation behind the activation, dropout, and the
        residual sum.
    slopes : Tensor or None, shape (layers,)
        What PReLU has learned until then; None where no layer learns a slope.
    """

    z: list[Tensor] = field(default_factory=list[Tensor])
    a: list[Tensor] = field(default_factory=list[Tensor])
    h: list[Tensor] = field(default_factory=list[Tensor])
    slopes: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A parameter tensor's place in the flat vector.

    Attributes
    ----------
    start, stop : int
    role : {"weight", "bias", "norm", "other"}
    layer : int
        Index among the layers with weights; -1 for what belongs to none.
    """

    start: int
    stop: int
    role: Literal["weight", "bias", "norm", "other"]
    layer: int


class Network:
    """A stack of layers over one flat parameter vector.

    The vector ``theta`` holds all weights first, then biases and scales and shifts of the
    normalisations, and last the slopes that PReLU learns (one for each layer, whether used or
    not, since activations may change live). So penalties and norms over all weights are one
    operation. The layers' tensors are separate leaves of autograd that share its memory.

    Parameters
    ----------
    spec : NetworkSpec
    shape : tuple of int
        Of one sample: ``(features,)`` or ``(channels, height, width)``.
    n_outputs : int
        Classes, or numbers to predict.
    generator : torch.Generator
        Draws the initial weights (CPU).
    dropout_generator : torch.Generator
        Draws the dropout masks, on ``device``.
    device : torch.device
    first_batch : Tensor, optional
        What data-dependent initialisers look at, shape (batch, features).

    Raises
    ------
    LabError
        If a layer cannot work on what the one before it passes on.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        shape: Shape,
        n_outputs: int,
        *,
        generator: torch.Generator,
        dropout_generator: torch.Generator,
        device: torch.device,
        first_batch: Tensor | None = None,
    ) -> None:
        self.device = device
        self.stages = trace(spec, shape, n_outputs)
        self.first_batch = first_batch
        self._dropout_rng = dropout_generator
        weighted = [stage for stage in self.stages if stage.weight]
        self.n_weights = sum(math.prod(stage.weight) for stage in weighted)
        n_rest = sum(stage.units for stage in weighted) + len(weighted)
        n_rest += 2 * sum(sum(stage.norms) for stage in self.stages)
        self.theta = torch.zeros(self.n_weights + n_rest, device=device)
        self.parameters: list[Tensor] = []  # in the order of theta, without the slopes
        self.places: list[Place] = []
        weights = [
            self._take("weight", index, *stage.weight) for index, stage in enumerate(weighted)
        ]
        self.slopes = [one.detach().requires_grad_() for one in self.theta[-len(weighted) :]]
        self.layers = [self._layer(*one) for one in enumerate(zip(weighted, weights, strict=True))]
        first = self.stages[0]
        entry = next((stage for stage in self.stages if stage.row < 0), None)
        self.input_norm: Norm | None = None
        if entry and not isinstance(spec.input_norm, NoNorm):
            self.input_norm = self._norm(spec.input_norm, entry.units, -1)
            with torch.no_grad():
                self.input_norm.forget()  # before initialisers that look at what it passes on
        start = len(self.theta) - len(weighted)
        self.places += [Place(start + i, start + i + 1, "other", i) for i in range(len(weighted))]
        self._image = first.before if len(first.before) == 3 else None
        self.draw(range(len(self.layers)), generator)

    def tensors_of(self, flat: Tensor) -> list[Tensor]:
        """Return the parts of a vector like ``theta``, one for each of ``places``, in its shape."""
        shapes = [tuple(one.shape) for one in self.parameters] + [()] * len(self.slopes)
        return [
            flat[place.start : place.stop].view(shape)
            for place, shape in zip(self.places, shapes, strict=True)
        ]

    def learning_slopes(self) -> list[int]:
        """Return the layers, from 0 at the input, whose slope is learned."""
        return [i for i, layer in enumerate(self.layers) if layer.activation.kind == "prelu"]

    def _take(self, role: Literal["weight", "bias", "norm"], layer: int, *shape: int) -> Tensor:
        start = self.places[-1].stop if self.places else 0
        stop = start + math.prod(shape)
        part = self.theta[start:stop].view(shape).detach().requires_grad_()
        self.places.append(Place(start, stop, role, layer))
        self.parameters.append(part)
        return part

    def _layer(self, index: int, made: tuple[Stage, Tensor]) -> Layer:
        stage, weight = made
        spec = stage.spec
        assert isinstance(spec, (Dense, Conv, Output))
        slope = self.slopes[index]
        layer = Layer(
            stage=stage,
            weight=weight,
            bias=self._take("bias", index, stage.units),
            slope=slope,
            activation_spec=spec.activation,
            activation=activation_for(spec.activation, slope),
            init=spec.init,
            bias_init=spec.bias_init,
            penalty=spec.penalty,
            before=[],
            after=[],
        )
        if isinstance(spec, Output):
            return layer
        layer.dropout, layer.drop_weights = spec.dropout, spec.drop_weights
        layer.residual = spec.residual
        if isinstance(spec, Conv):
            layer.stride, layer.padded = spec.stride, spec.padding == "same"
        for one in (spec.batch_norm, spec.layer_norm):
            if not isinstance(one, NoNorm):
                place = layer.before if one.kind == "before_activation" else layer.after
                place.append(self._norm(one, stage.units, index))
        return layer

    def _norm(self, spec: BatchStatistics | SampleStatistics, units: int, layer: int) -> Norm:
        scale, shift = self._take("norm", layer, units), self._take("norm", layer, units)
        if isinstance(spec, SampleStatistics):
            return LayerNorm(scale, shift, spec.epsilon)
        mean, var = torch.zeros(units, device=self.device), torch.ones(units, device=self.device)
        return BatchNorm(scale, shift, mean, var, spec.epsilon, spec.momentum)

    @torch.no_grad()
    def draw(self, indices: Collection[int], generator: torch.Generator) -> None:
        """Draw the chosen layers' weights and biases anew; their normalisations start over.

        Parameters
        ----------
        indices : collection of int
            Layers with weights, counted from 0 at the input.
        """
        for index in indices:
            layer = self.layers[index]
            shape = tuple(layer.weight.shape)
            layer.weight.copy_(draw_weights(layer.init, shape, generator))
            fan_in = layer.weight[0].numel()
            layer.bias.copy_(draw_biases(layer.bias_init, layer.units, fan_in, generator))
            self._start_slope(index)
            for norm in layer.norms:
                norm.forget()
        scale_layers(self, [index for index in indices if self.layers[index].init.kind == "lsuv"])

    def _start_slope(self, index: int) -> None:
        layer = self.layers[index]
        learned = layer.activation.kind == "prelu"
        with torch.no_grad():
            layer.slope.fill_(getattr(layer.activation_spec, "alpha", 0.0) if learned else 0.0)

    def forward(self, x: Tensor, *, training: bool) -> Taps:
        """Run the network.

        Parameters
        ----------
        x : Tensor, shape (batch, features)
        training : bool
            Batch statistics and dropout on.

        Returns
        -------
        Taps
            ``taps.h[-1]`` are the outputs, shape (batch, outputs).
        """
        taps = Taps()
        if training and self.learning_slopes():
            taps.slopes = torch.stack(self.slopes).detach()
        h = self.enter(x, training=training)
        layers = iter(self.layers)
        for stage in self.stages:
            if stage.weight:
                z, a, h = next(layers).forward(h, training=training, rng=self._dropout_rng)
                taps.z.append(z)
                taps.a.append(a)
                taps.h.append(h)
            elif stage.row >= 0:
                h = pooled(stage.spec, h)
        return taps

    def enter(self, x: Tensor, *, training: bool) -> Tensor:
        """Return what the first layer gets: as an image if it wants one, normalised if asked."""
        if self._image:
            x = channels_last(x.view(-1, *self._image))
        return self.input_norm(x, training=training) if self.input_norm else x

    def buffers(self) -> list[Tensor]:
        """Return the running statistics of every batch norm."""
        norms = [self.input_norm, *(norm for layer in self.layers for norm in layer.norms)]
        return [
            buffer
            for norm in norms
            if isinstance(norm, BatchNorm)
            for buffer in (norm.running_mean, norm.running_var)
        ]

    def adopt(self, spec: NetworkSpec) -> None:
        """Take over what may change live: activations, dropout, penalties, initialisers."""
        plans = [*(layer for _, layer in spec.weighted()), spec.output]
        for index, (layer, plan) in enumerate(zip(self.layers, plans, strict=True)):
            was = layer.activation.kind
            layer.activation_spec = plan.activation
            layer.activation = activation_for(plan.activation, layer.slope)
            layer.init, layer.bias_init = plan.init, plan.bias_init
            layer.penalty = plan.penalty
            if layer.activation.kind != was:
                self._start_slope(index)
            if not isinstance(plan, Output):
                layer.dropout, layer.drop_weights = plan.dropout, plan.drop_weights
                _set_momentum(layer.norms, plan.batch_norm)
        if self.input_norm:
            _set_momentum([self.input_norm], spec.input_norm)


def _set_momentum(norms: list[Norm], spec: Part) -> None:
    for norm in norms:
        if isinstance(norm, BatchNorm) and isinstance(spec, BatchStatistics):
            norm.momentum = spec.momentum
