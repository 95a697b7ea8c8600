"""Gradient clipping, with what it did to length and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue, NoClip
from core.measure.norms import HUGE, TINY, exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.training import ClipSpec

Tensor = torch.Tensor

_LEAST = 1e-60
"""Shortened to this or less a gradient is 0 in float32; its square is a number in float64."""


def clip_(
    spec: ClipSpec, gradient: Tensor, norm: Tensor, sizes: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Clip a flat gradient in place.

    A gradient with an entry that is not finite is left as it is: shortened to the limit it would
    look like a step that somebody could take.

    Parameters
    ----------
    spec : ClipSpec
    gradient : Tensor, shape (parameters,)
        Overwritten.
    norm : Tensor, scalar
        Its L2 norm, as :func:`core.measure.norms.norms` gives it.
    sizes : sequence of int
        Elements of each tensor of parameters, in the order of ``gradient``; only clipping layer
        by layer asks for them.

    Returns
    -------
    factor : Tensor, scalar
        Norm after over norm before; 1 for a zero gradient, NaN for one that is not finite.
    angle : Tensor, scalar
        Between before and after, in degrees; NaN for a gradient that is not finite.

    Notes
    -----
    By norm: Pascanu, Mikolov & Bengio 2013, without the 1e-6 that PyTorch adds to the norm.
    Layer by layer: each tensor by itself, as Keras does with ``clipnorm``.
    """
    if isinstance(spec, NoClip) or (length := norm.item()) == 0.0:
        return torch.ones_like(norm), torch.zeros_like(norm)
    if TINY <= length <= HUGE and spec.limit >= TINY:
        return _clip_(spec, spec.limit, gradient, norm, sizes)
    # Squares, or limit over norm, may leave float32's range, though the numbers do not.
    exact_norm = exact(gradient, 0)
    if not exact_norm.isfinite().item():
        return torch.full_like(norm, torch.nan), torch.full_like(norm, torch.nan)
    wide = gradient.to(exact_norm.device).double()  # in two steps: a device may have no float64
    factor, angle = _clip_(spec, max(spec.limit, _LEAST), wide, exact_norm, sizes)
    gradient.copy_(wide.float())
    return factor.float().to(norm), angle.float().to(norm)


def _clip_(
    spec: ClipNorm | ClipValue | ClipLayerNorm,
    limit: float,
    gradient: Tensor,
    norm: Tensor,
    sizes: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """Clip a gradient that is not zero and whose squares the type of its numbers can hold."""
    match spec:
        case ClipNorm():
            factor = limit / norm.clamp(min=limit)
            gradient.mul_(factor)
            return factor, torch.zeros_like(norm)
        case ClipValue():
            raw = gradient.clone()
            gradient.clamp_(-limit, limit)
        case ClipLayerNorm():
            raw = gradient.clone()
            tensors = gradient.split(list(sizes))
            # The norms of all tensors in one call; torch has no public name for it.
            norms = torch._foreach_norm(tensors)  # pyright: ignore[reportPrivateImportUsage]
            factors = limit / torch.stack(norms).clamp(min=limit)
            torch._foreach_mul_(tensors, factors.unbind())  # pyright: ignore[reportPrivateImportUsage]
    after = torch.linalg.vector_norm(gradient)
    return after / norm, _angle(raw / norm, gradient / after)


def _angle(one: Tensor, other: Tensor) -> Tensor:
    """Angle of two unit vectors by Kahan's formula: exact for small angles, unlike acos."""
    difference = torch.linalg.vector_norm(one - other)
    total = torch.linalg.vector_norm(one + other)
    return torch.rad2deg(2.0 * torch.atan2(difference, total))
