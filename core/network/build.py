"""From specification to network: an explicit forward pass that returns its taps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.experiment.activations import Linear
from core.experiment.network import Dense
from core.network.activations import Activation, activation_for
from core.network.initializers import draw_biases, draw_weights

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.network import NetworkSpec

Tensor = torch.Tensor

BN_EPSILON = 1e-5
BN_MOMENTUM = 0.1


@dataclass
class BatchNorm:
    """Batch normalisation of one layer (Ioffe & Szegedy 2015)."""

    scale: Tensor
    shift: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __call__(self, x: Tensor, *, training: bool) -> Tensor:
        """Normalise over the batch in training, by running statistics otherwise."""
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.scale,
            self.shift,
            training,
            BN_MOMENTUM,
            BN_EPSILON,
        )


@dataclass
class Layer:
    """A dense layer. Its tensors are views into the network's flat parameter vector.

    Attributes
    ----------
    weight : Tensor, shape (units, fan_in)
    bias : Tensor, shape (units,)
    """

    name: str
    fan_in: int
    units: int
    weight: Tensor
    bias: Tensor
    activation_spec: Part
    activation: Activation
    init: Part
    bias_init: Part
    norm: BatchNorm | None
    norm_first: bool
    dropout: float

    @property
    def parameters(self) -> int:
        """Number of trainable parameters."""
        return self.units * (self.fan_in + 1 + (2 if self.norm else 0))


@dataclass
class Taps:
    """What a forward pass leaves behind, layer by layer.

    Attributes
    ----------
    z : list of Tensor, shape (batch, units)
        Arguments of the activations.
    a : list of Tensor
        phi(z).
    h : list of Tensor
        What each layer passes on: after batch norm behind the activation, and dropout.
    """

    z: list[Tensor] = field(default_factory=list[Tensor])
    a: list[Tensor] = field(default_factory=list[Tensor])
    h: list[Tensor] = field(default_factory=list[Tensor])


class Network:
    """A stack of dense layers over one flat parameter vector.

    The vector ``theta`` holds all weight matrices first, then biases and batch-norm
    parameters, so that penalties and norms over all weights are one operation. The layers'
    tensors are separate leaves of autograd that share its memory.

    Parameters
    ----------
    spec : NetworkSpec
    n_features, n_classes : int
    generator : torch.Generator
        Draws the initial weights (CPU).
    dropout_generator : torch.Generator
        Draws the dropout masks, on ``device``.
    device : torch.device
    """

    def __init__(
        self,
        spec: NetworkSpec,
        n_features: int,
        n_classes: int,
        *,
        generator: torch.Generator,
        dropout_generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.device = device
        self._dropout_generator = dropout_generator
        hidden = spec.expanded()
        output = Dense(
            units=n_classes,
            activation=Linear(),
            init=spec.output.init,
            bias_init=spec.output.bias_init,
        )
        plans = [(f"dense {i + 1}", plan) for i, plan in enumerate(hidden)] + [("output", output)]
        fans = [n_features, *(plan.units for plan in hidden)]
        self.n_weights = sum(plan.units * fan for (_, plan), fan in zip(plans, fans, strict=True))
        n_rest = sum(plan.units * (3 if plan.batch_norm != "none" else 1) for _, plan in plans)
        self.theta = torch.zeros(self.n_weights + n_rest, device=device)
        self.parameters: list[Tensor] = []  # in the order of theta
        self._offset = 0
        weights = [self._take(plan.units, fan) for (_, plan), fan in zip(plans, fans, strict=True)]
        self.layers = [
            self._layer(name, plan, fan, weight)
            for (name, plan), fan, weight in zip(plans, fans, weights, strict=True)
        ]
        self.draw(range(len(self.layers)), generator)

    def _take(self, *shape: int) -> Tensor:
        size = 1
        for length in shape:
            size *= length
        part = self.theta[self._offset : self._offset + size].view(shape).detach()
        part.requires_grad_()
        self._offset += size
        self.parameters.append(part)
        return part

    def _layer(self, name: str, plan: Dense, fan_in: int, weight: Tensor) -> Layer:
        bias = self._take(plan.units)
        norm = None
        if plan.batch_norm != "none":
            norm = BatchNorm(
                self._take(plan.units),
                self._take(plan.units),
                torch.zeros(plan.units, device=self.device),
                torch.ones(plan.units, device=self.device),
            )
        return Layer(
            name=name,
            fan_in=fan_in,
            units=plan.units,
            weight=weight,
            bias=bias,
            activation_spec=plan.activation,
            activation=activation_for(plan.activation),
            init=plan.init,
            bias_init=plan.bias_init,
            norm=norm,
            norm_first=plan.batch_norm == "before_activation",
            dropout=plan.dropout,
        )

    @torch.no_grad()
    def draw(self, indices: range | tuple[int, ...], generator: torch.Generator) -> None:
        """Draw the chosen layers' weights and biases anew; batch norm starts over.

        Parameters
        ----------
        indices : iterable of int
            Layers, counted from 0 at the input.
        """
        for index in indices:
            layer = self.layers[index]
            weight = draw_weights(layer.init, layer.fan_in, layer.units, generator)
            layer.weight.copy_(weight)
            layer.bias.copy_(draw_biases(layer.bias_init, layer.units, generator))
            if layer.norm:
                layer.norm.scale.fill_(1.0)
                layer.norm.shift.zero_()
                layer.norm.running_mean.zero_()
                layer.norm.running_var.fill_(1.0)

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
            ``taps.h[-1]`` are the logits, shape (batch, classes).
        """
        taps = Taps()
        h = x
        for layer in self.layers:
            z = F.linear(h, layer.weight, layer.bias)
            if layer.norm and layer.norm_first:
                z = layer.norm(z, training=training)
            a = layer.activation.phi(z)
            h = a
            if layer.norm and not layer.norm_first:
                h = layer.norm(h, training=training)
            if training and layer.dropout > 0.0:
                h = self._drop(h, layer.dropout)
            taps.z.append(z)
            taps.a.append(a)
            taps.h.append(h)
        return taps

    def _drop(self, h: Tensor, share: float) -> Tensor:
        """Inverted dropout (Srivastava et al. 2014): survivors are scaled by 1 / (1 - share)."""
        keep = torch.rand(h.shape, device=h.device, generator=self._dropout_generator) >= share
        return h * keep.to(h.dtype).mul_(1.0 / (1.0 - share))

    def buffers(self) -> list[Tensor]:
        """Return the running statistics of every batch norm."""
        return [
            buffer
            for layer in self.layers
            if layer.norm
            for buffer in (layer.norm.running_mean, layer.norm.running_var)
        ]

    def adopt(self, spec: NetworkSpec) -> None:
        """Take over what may change live: activations, dropout, and the initialisers."""
        for layer, plan in zip(self.layers, spec.expanded(), strict=False):
            layer.activation_spec = plan.activation
            layer.activation = activation_for(plan.activation)
            layer.dropout = plan.dropout
            layer.init = plan.init
            layer.bias_init = plan.bias_init
        self.layers[-1].init = spec.output.init
        self.layers[-1].bias_init = spec.output.bias_init
