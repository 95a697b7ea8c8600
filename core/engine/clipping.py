"""Gradient clipping, with what it did to length and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue, NoClip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.training import ClipSpec

Tensor = torch.Tensor


def clip_(
    spec: ClipSpec, gradient: Tensor, norm: Tensor, sizes: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Clip a flat gradient in place.

    Parameters
    ----------
    spec : ClipSpec
    gradient : Tensor, shape (parameters,)
        Overwritten.
    norm : Tensor, scalar
        Its L2 norm.
    sizes : sequence of int
        Elements of each tensor of parameters, in the order of ``gradient``; only clipping layer
        by layer asks for them.

    Returns
    -------
    factor : Tensor, scalar
        Norm after over norm before; 1 for a zero gradient.
    angle : Tensor, scalar
        Between before and after, in degrees.

    Notes
    -----
    By norm: Pascanu, Mikolov & Bengio 2013, without the 1e-6 that PyTorch adds to the norm.
    Layer by layer: each tensor by itself, as Keras does with ``clipnorm``.
    """
    match spec:
        case NoClip():
            return torch.ones_like(norm), torch.zeros_like(norm)
        case ClipNorm():
            factor = spec.limit / norm.clamp(min=spec.limit)
            gradient.mul_(factor)
            return factor, torch.zeros_like(norm)
        case ClipValue():
            raw = gradient.clone()
            gradient.clamp_(-spec.limit, spec.limit)
        case ClipLayerNorm():
            raw = gradient.clone()
            tensors = gradient.split(list(sizes))
            # The norms of all tensors in one call; torch has no public name for it.
            norms = torch._foreach_norm(tensors)  # pyright: ignore[reportPrivateImportUsage]
            factors = spec.limit / torch.stack(norms).clamp(min=spec.limit)
            torch._foreach_mul_(tensors, factors.unbind())  # pyright: ignore[reportPrivateImportUsage]
    after = torch.linalg.vector_norm(gradient)
    factor = torch.where(norm > 0, after / norm, 1.0)
    return factor, torch.where(norm > 0, _angle(raw / norm, gradient / after), 0.0)


def _angle(one: Tensor, other: Tensor) -> Tensor:
    """Angle of two unit vectors by Kahan's formula: exact for small angles, unlike acos."""
    difference = torch.linalg.vector_norm(one - other)
    total = torch.linalg.vector_norm(one + other)
    return torch.rad2deg(2.0 * torch.atan2(difference, total))
