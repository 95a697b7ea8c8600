"""Batch and layer normalisation, over tensors that belong to the network's flat vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

Tensor = torch.Tensor


@dataclass
class BatchNorm:
    """Batch normalisation (Ioffe & Szegedy 2015): every unit or channel over the batch.

    Attributes
    ----------
    scale, shift, running_mean, running_var : Tensor, shape (units,)
    epsilon : float
        Added to the variance.
    momentum : float
        Share of the running statistics that a step replaces.
    """

    scale: Tensor
    shift: Tensor
    running_mean: Tensor
    running_var: Tensor
    epsilon: float
    momentum: float

    def __call__(self, x: Tensor, *, training: bool) -> Tensor:
        """Normalise over the batch in training, by running statistics otherwise.

        Parameters
        ----------
        x : Tensor, shape (batch, units) or (batch, channels, height, width)
        training : bool
        """
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.scale,
            self.shift,
            training,
            self.momentum,
            self.epsilon,
        )

    def forget(self) -> None:
        """Start over: scale 1, shift 0, no statistics."""
        self.scale.fill_(1.0)
        self.shift.zero_()
        self.running_mean.zero_()
        self.running_var.fill_(1.0)

    def parameters(self) -> tuple[Tensor, Tensor]:
        """Return what is trained."""
        return self.scale, self.shift


@dataclass
class LayerNorm:
    """Layer normalisation (Ba, Kiros & Hinton 2016): every sample over the layer.

    Of an image the mean and variance go over channels and pixels, and each channel has its
    scale and shift.

    Attributes
    ----------
    scale, shift : Tensor, shape (units,)
    epsilon : float
    """

    scale: Tensor
    shift: Tensor
    epsilon: float

    def __call__(self, x: Tensor, *, training: bool) -> Tensor:
        """Normalise each sample; the same in training and afterwards.

        Parameters
        ----------
        x : Tensor, shape (batch, units) or (batch, channels, height, width)
        training : bool
            Makes no difference.
        """
        if x.ndim == 2:
            return F.layer_norm(x, self.scale.shape, self.scale, self.shift, self.epsilon)
        # Not group_norm with one group: its gradient crashes where channels are last in memory.
        normal = F.layer_norm(x, x.shape[1:], eps=self.epsilon)
        return normal * self.scale.view(-1, 1, 1) + self.shift.view(-1, 1, 1)

    def forget(self) -> None:
        """Start over: scale 1, shift 0."""
        self.scale.fill_(1.0)
        self.shift.zero_()

    def parameters(self) -> tuple[Tensor, Tensor]:
        """Return what is trained."""
        return self.scale, self.shift


Norm = BatchNorm | LayerNorm
