"""Initialisers: from the shape of weights or biases to the tensor that they start from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch

from core.experiment.spread import CUT, CUT_STD, VARIANCE_RULES, VarianceRule, fans, rule_for

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.initializers import (
        Constant,
        Identity,
        Normal,
        Orthogonal,
        TruncatedNormal,
        Uniform,
    )

__all__ = ["VARIANCE_RULES", "draw_biases", "draw_weights", "fans"]

Shape = tuple[int, ...]


def draw_weights(spec: Part, shape: Shape, generator: torch.Generator) -> torch.Tensor:
    """Draw the weights of a layer.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.initializers.InitSpec``. LSUV gives the orthogonal matrix that
        it starts from: scaling it needs the network and a batch.
    shape : (out, in) or (out, in, height, width)
        Of a dense layer, or of a convolution.
    generator : torch.Generator
        On the CPU, so that every device starts from the same weights.

    Returns
    -------
    Tensor, of that shape, float32, CPU
    """
    rule = rule_for(spec)
    if rule is not None:
        return _scaled(rule, shape, fans(shape), generator)
    kind = _kind(spec)
    if kind == "orthogonal":
        return _orthogonal(shape, cast("Orthogonal", spec).gain, generator)
    if kind == "lsuv":
        return _orthogonal(shape, 1.0, generator)
    if kind == "identity":
        return _identity(shape, cast("Identity", spec).gain)
    return _plain(spec, shape, generator)


def draw_biases(spec: Part, units: int, fan_in: int, generator: torch.Generator) -> torch.Tensor:
    """Draw the biases of a layer.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.initializers.BiasInitSpec``.
    units : int
    fan_in : int
        Of the layer's weights: PyTorch's default depends on it.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor, shape (units,), float32, CPU
    """
    rule = rule_for(spec)
    if rule is not None:
        return _scaled(rule, (units,), (fan_in, units), generator)
    return _plain(spec, (units,), generator)


def _kind(spec: Part) -> str:
    return cast("str", getattr(spec, "kind", ""))


def _scaled(
    rule: VarianceRule, shape: Shape, fan: tuple[int, int], generator: torch.Generator
) -> torch.Tensor:
    std = rule.std(*fan)
    if rule.distribution == "uniform":
        limit = rule.limit(*fan)
        return _uniform(shape, -limit, limit, generator)
    if rule.distribution == "truncated_normal":
        return _truncated(shape, generator) * (std / CUT_STD)
    return torch.randn(shape, generator=generator) * std


def _plain(spec: Part, shape: Shape, generator: torch.Generator) -> torch.Tensor:
    kind = _kind(spec)
    if kind == "normal":
        normal = cast("Normal", spec)
        return torch.randn(shape, generator=generator) * normal.std + normal.mean
    if kind == "truncated_normal":
        truncated = cast("TruncatedNormal", spec)
        return _truncated(shape, generator) * truncated.std + truncated.mean
    if kind == "uniform":
        uniform = cast("Uniform", spec)
        return _uniform(shape, uniform.low, uniform.high, generator)
    if kind == "constant":
        return torch.full(shape, cast("Constant", spec).value)
    return torch.zeros(shape)


def _uniform(shape: Shape, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def _truncated(shape: Shape, generator: torch.Generator) -> torch.Tensor:
    """Draw a standard normal cut at ±CUT, by the inverse of its distribution function."""
    share = math.erf(CUT / math.sqrt(2.0))  # of the normal distribution that is kept
    centred = torch.rand(shape, generator=generator) * 2.0 - 1.0
    return (torch.erfinv(centred * share) * math.sqrt(2.0)).clamp_(-CUT, CUT)


def _orthogonal(shape: Shape, gain: float, generator: torch.Generator) -> torch.Tensor:
    """Saxe, McClelland & Ganguli 2014: QR of a Gaussian matrix, signs made uniform.

    A convolution's weights are orthogonal as a matrix with one row an output channel.
    """
    rows, columns = shape[0], math.prod(shape[1:])
    tall = torch.randn((max(rows, columns), min(rows, columns)), generator=generator)
    q, r = torch.linalg.qr(tall)
    q = q * torch.sign(torch.diagonal(r))
    return gain * (q if rows >= columns else q.T).reshape(shape).contiguous()


def _identity(shape: Shape, gain: float) -> torch.Tensor:
    """Return ones on the diagonal; of a convolution, in the middle of the kernel (Dirac)."""
    weights = torch.zeros(shape)
    middle = tuple(length // 2 for length in shape[2:])
    for unit in range(min(shape[:2])):
        weights[(unit, unit, *middle)] = gain
    return weights
