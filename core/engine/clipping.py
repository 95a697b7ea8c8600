"""Gradient clipping, with what it did to length and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.experiment.training import ClipNorm, ClipValue

if TYPE_CHECKING:
    from core.experiment.training import ClipSpec

Tensor = torch.Tensor


def clip_(spec: ClipSpec, gradient: Tensor, norm: Tensor) -> tuple[Tensor, Tensor]:
    """Clip a flat gradient in place.

    Parameters
    ----------
    spec : ClipSpec
    gradient : Tensor, shape (parameters,)
        Overwritten.
    norm : Tensor, scalar
        Its L2 norm.

    Returns
    -------
    factor : Tensor, scalar
        Norm after over norm before; 1 for a zero gradient.
    angle : Tensor, scalar
        Between before and after, in degrees.

    Notes
    -----
    By norm: Pascanu, Mikolov & Bengio 2013, without the 1e-6 that PyTorch adds to the norm.
    """
    if isinstance(spec, ClipNorm):
        factor = spec.limit / norm.clamp(min=spec.limit)
        gradient.mul_(factor)
        return factor, torch.zeros_like(norm)
    if isinstance(spec, ClipValue):
        raw = gradient.clone()
        gradient.clamp_(-spec.limit, spec.limit)
        after = torch.linalg.vector_norm(gradient)
        factor = torch.where(norm > 0, after / norm, 1.0)
        return factor, torch.where(norm > 0, _angle(raw / norm, gradient / after), 0.0)
    return torch.ones_like(norm), torch.zeros_like(norm)


def _angle(one: Tensor, other: Tensor) -> Tensor:
    """Angle of two unit vectors by Kahan's formula: exact for small angles, unlike acos."""
    difference = torch.linalg.vector_norm(one - other)
    total = torch.linalg.vector_norm(one + other)
    return torch.rad2deg(2.0 * torch.atan2(difference, total))
