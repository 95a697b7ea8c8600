"""Initialisers: from (fan_in, fan_out) to a tensor, with the spread they promise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.initializers import Constant, Normal, Orthogonal, Uniform


@dataclass(frozen=True, slots=True)
class VarianceRule:
    """An initialiser of the variance-scaling family: variance = scale / fan.

    Attributes
    ----------
    scale : float
    fan : {"in", "avg"}
        ``avg`` is the mean of fan_in and fan_out.
    uniform : bool
        Uniform on [-r, r] with r = sqrt(3 variance), else normal.
    source : str
    """

    scale: float
    fan: str
    uniform: bool
    source: str

    def std(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of one weight."""
        fan = fan_in if self.fan == "in" else (fan_in + fan_out) / 2
        return math.sqrt(self.scale / fan)


_GLOROT = "Glorot & Bengio 2010"
_HE = "He, Zhang, Ren & Sun 2015"
_LECUN = "LeCun, Bottou, Orr & Müller 1998; Klambauer et al. 2017"
VARIANCE_RULES: dict[str, VarianceRule] = {
    "glorot_uniform": VarianceRule(1.0, "avg", True, _GLOROT),
    "glorot_normal": VarianceRule(1.0, "avg", False, _GLOROT),
    "he_uniform": VarianceRule(2.0, "in", True, _HE),
    "he_normal": VarianceRule(2.0, "in", False, _HE),
    "lecun_uniform": VarianceRule(1.0, "in", True, _LECUN),
    "lecun_normal": VarianceRule(1.0, "in", False, _LECUN),
}


def draw_weights(spec: Part, fan_in: int, fan_out: int, generator: torch.Generator) -> torch.Tensor:
    """Draw a weight matrix.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.network.InitSpec``.
    fan_in, fan_out : int
        Inputs of a unit, and units.
    generator : torch.Generator
        On the CPU, so that every device starts from the same weights.

    Returns
    -------
    Tensor, shape (fan_out, fan_in), float32, CPU
    """
    shape = (fan_out, fan_in)
    kind = cast("str", getattr(spec, "kind", ""))
    if kind in VARIANCE_RULES:
        rule = VARIANCE_RULES[kind]
        std = rule.std(fan_in, fan_out)
        if rule.uniform:
            limit = math.sqrt(3.0) * std
            return _uniform(shape, -limit, limit, generator)
        return torch.randn(shape, generator=generator) * std
    if kind == "orthogonal":
        return _orthogonal(shape, cast("Orthogonal", spec).gain, generator)
    return _plain(spec, shape, generator)


def draw_biases(spec: Part, units: int, generator: torch.Generator) -> torch.Tensor:
    """Draw the biases of a layer: shape (units,), float32, CPU."""
    return _plain(spec, (units,), generator)


def _plain(spec: Part, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    kind = cast("str", getattr(spec, "kind", ""))
    if kind == "normal":
        normal = cast("Normal", spec)
        return torch.randn(shape, generator=generator) * normal.std + normal.mean
    if kind == "uniform":
        uniform = cast("Uniform", spec)
        return _uniform(shape, uniform.low, uniform.high, generator)
    if kind == "constant":
        return torch.full(shape, cast("Constant", spec).value)
    return torch.zeros(shape)


def _uniform(
    shape: tuple[int, ...], low: float, high: float, generator: torch.Generator
) -> torch.Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def _orthogonal(shape: tuple[int, int], gain: float, generator: torch.Generator) -> torch.Tensor:
    """Saxe, McClelland & Ganguli 2014: QR of a Gaussian matrix, signs made uniform."""
    rows, columns = shape
    tall = torch.randn((max(shape), min(shape)), generator=generator)
    q, r = torch.linalg.qr(tall)
    q = q * torch.sign(torch.diagonal(r))
    return gain * (q if rows >= columns else q.T).contiguous()
