"""The things that a signal passes through, each with its forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.experiment.layers import AvgPool, GlobalPool, MaxPool

if TYPE_CHECKING:
    from core.experiment.activations import ActivationSpec
    from core.experiment.fields import Part
    from core.experiment.initializers import BiasInitSpec, InitSpec
    from core.experiment.penalties import LayerPenaltySpec
    from core.experiment.shapes import Stage
    from core.network.activations import Activation
    from core.network.normalization import Norm

Tensor = torch.Tensor


@dataclass
class Layer:
    """A layer with weights. Its tensors are views into the network's flat parameter vector.

    Attributes
    ----------
    stage : Stage
        Name, number and shapes.
    weight : Tensor, shape (units, fan_in) or (channels, inputs, height, width)
    bias : Tensor, shape (units,)
    slope : Tensor, 0-d
        What PReLU learns; unused by other activations.
    before, after : list of Norm
        Normalisations before and after the activation.
    """

    stage: Stage
    weight: Tensor
    bias: Tensor
    slope: Tensor
    activation_spec: ActivationSpec
    activation: Activation
    init: InitSpec
    bias_init: BiasInitSpec
    penalty: LayerPenaltySpec
    before: list[Norm]
    after: list[Norm]
    dropout: float = 0.0
    drop_weights: float = 0.0
    residual: bool = False
    stride: int = 1
    padded: bool = False

    @property
    def name(self) -> str:
        """Such as ``dense 3``."""
        return self.stage.name

    @property
    def units(self) -> int:
        """Units of a dense layer, channels of a convolution."""
        return self.weight.shape[0]

    @property
    def norms(self) -> list[Norm]:
        """All normalisations."""
        return [*self.before, *self.after]

    @property
    def passes_phi(self) -> bool:
        """Whether what the layer passes on is phi(z) itself."""
        return not (self.after or self.dropout or self.residual)

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return the sum of each unit, before any normalisation."""
        if weight.ndim == 2:
            return F.linear(x if x.ndim == 2 else x.flatten(1), weight, self.bias)
        weight = weight.contiguous(memory_format=torch.channels_last)
        around = weight.shape[2] - 1 if self.padded else 0
        if around % 2:  # an even filter has no middle: one more zero behind than before
            x = F.pad(x, (around // 2, around - around // 2) * 2)
            return F.conv2d(x, weight, self.bias, self.stride)
        return F.conv2d(x, weight, self.bias, self.stride, around // 2)

    def forward(
        self, x: Tensor, *, training: bool, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run the layer.

        Parameters
        ----------
        x : Tensor, shape (batch, ...)
        training : bool
            Batch statistics and dropout on.
        rng : torch.Generator
            Draws the masks.

        Returns
        -------
        z, a, h : Tensor
            Argument of the activation, phi(z), and what the layer passes on.
        """
        weight = self.weight
        if training and self.drop_weights:
            weight = weight * _mask(weight, self.drop_weights, rng)
        z = self.linear(x, weight)
        for norm in self.before:
            z = norm(z, training=training)
        a = self.activation.phi(z)
        h = a
        for norm in self.after:
            h = norm(h, training=training)
        if training and self.dropout:
            h = h * _mask(h, self.dropout, rng)
        if self.residual:
            h = h + x.reshape(h.shape)  # an image goes flat into a dense layer
        return z, a, h


def _mask(like: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Draw 0 with probability ``share``, else 1 / (1 - share), so that the mean stays.

    Of outputs this is inverted dropout (Srivastava et al. 2014), of weights DropConnect
    (Wan et al. 2013).
    """
    keep = torch.rand(like.shape, device=like.device, generator=rng) >= share
    return keep.to(like.dtype).mul_(1.0 / (1.0 - share))


def channels_last(x: Tensor) -> Tensor:
    """Return images with the channels of a pixel side by side in memory.

    Convolutions, pooling and their gradients take about half of the time then, on one core.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, height, width)
        As usual: pixel by pixel, channel by channel.
    """
    _, channels, height, width = x.shape
    if channels > 1:
        return x.contiguous(memory_format=torch.channels_last)
    # With one channel both orders are one, but later layers go by the strides.
    return x.as_strided(x.shape, (height * width, 1, width, 1), x.storage_offset())


def pooled(spec: Part, x: Tensor) -> Tensor:
    """Pool or flatten.

    Parameters
    ----------
    spec : Part
        A layer without weights.
    x : Tensor, shape (batch, channels, height, width)
    """
    if isinstance(spec, MaxPool):
        return F.max_pool2d(x, spec.size, spec.stride)
    if isinstance(spec, AvgPool):
        return F.avg_pool2d(x, spec.size, spec.stride)
    if isinstance(spec, GlobalPool):
        return x.amax((2, 3)) if spec.how == "max" else x.mean((2, 3))
    return x.flatten(1)
