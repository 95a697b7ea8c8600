"""Activation functions without settings: formula, derivative, supremum, source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.experiment.activations import SOFTPLUS_THRESHOLD

Tensor = torch.Tensor

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
GELU_SUP = 0.5 * (1 + math.erf(1)) + math.exp(-1) / math.sqrt(math.pi)
"""phi' of GELU at its maximum, z = sqrt 2."""
SILU_SUP = 1.0998393201288668
"""phi' of SiLU at its maximum, where z tanh(z / 2) = 2 (z = 2.39936)."""

# Where a derivative is a difference of rounded numbers, only torch's own backward operation
# gives 0 in float32 exactly where backpropagation gives 0.
_backward = torch.ops.aten


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One activation function, ready to compute.

    Attributes
    ----------
    kind : str
        Name in the specification.
    title : str
        Name for people.
    phi : callable
        ``z -> h``, elementwise, any shape.
    derivative : callable
        ``(z, h) -> phi'(z)`` with ``h = phi(z)``, in the precision of the input and by the
        formula that backpropagation uses, so that an underflow to 0 shows as 0.
    peak : float
        Supremum of |phi'| over the real line as specified; a learned slope may move it, hence
        the property ``sup``.
    formula, derivative_formula : str
        Written for people.
    source : str
        Where it was introduced.
    from_output : bool
        Whether ``derivative`` may be given phi(z) in place of z: it then uses nothing of z but
        what phi keeps exactly, such as its sign.
    signed : bool
        Whether phi' may be negative, so that only |phi'| tells what is saturated.
    alpha : Tensor, 0-d, or None
        The slope that is learned.
    """

    kind: str
    title: str
    phi: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor], Tensor]
    peak: float
    formula: str
    derivative_formula: str
    source: str
    from_output: bool = False
    signed: bool = False
    alpha: Tensor | None = None

    @property
    def sup(self) -> float:
        """Supremum of |phi'| over the real line, at the time it is read."""
        return self.peak if self.alpha is None else max(1.0, abs(float(self.alpha.detach())))


def exponential_side(z: Tensor, right: float, left: float) -> Tensor:
    """Return ``right`` for z > 0, else ``left`` exp(z): from z, since phi(z) rounds to -left."""
    return (torch.exp(z.clamp(max=0.0)) * left).masked_fill_(z > 0, right)


def _softsign_derivative(z: Tensor, h: Tensor) -> Tensor:
    """Return 1 / (1 + |z|)^2 as autograd takes it from z / (1 + |z|)."""
    d = z.abs() + 1
    return 1 / d - (h / d).abs()


def _inside(z: Tensor, limit: float) -> Tensor:
    """Return 1 where |z| < limit, else 0: faster than a comparison and its conversion."""
    return z.abs().neg_().add_(limit).clamp_(min=0.0).sign_()


FIXED: dict[str, Activation] = {
    "sigmoid": Activation(
        kind="sigmoid",
        title="Sigmoid",
        phi=torch.sigmoid,
        derivative=lambda z, h: h * (1 - h),
        peak=0.25,
        formula="1 / (1 + e⁻ᶻ)",
        derivative_formula="σ(z) (1 − σ(z))",
        source="Verhulst 1845; in networks Rumelhart, Hinton & Williams 1986",
        from_output=True,
    ),
    "tanh": Activation(
        kind="tanh",
        title="Tanh",
        phi=torch.tanh,
        derivative=lambda z, h: 1 - h * h,
        peak=1.0,
        formula="tanh z",
        derivative_formula="1 − tanh² z",
        source="LeCun, Bottou, Orr & Müller 1998",
        from_output=True,
    ),
    "relu": Activation(
        kind="relu",
        title="ReLU",
        phi=F.relu,
        derivative=lambda z, h: h.sign(),  # a tenth of the time that z > 0 takes
        peak=1.0,
        formula="max(0, z)",
        derivative_formula="1 for z > 0, else 0",
        source="Nair & Hinton 2010; Glorot, Bordes & Bengio 2011",
        from_output=True,
    ),
    "selu": Activation(
        kind="selu",
        title="SELU",
        phi=F.selu,
        derivative=lambda z, h: exponential_side(z, SELU_SCALE, SELU_SCALE * SELU_ALPHA),
        peak=SELU_SCALE * SELU_ALPHA,
        formula="λ z for z > 0, else λ α (eᶻ − 1)",
        derivative_formula="λ for z > 0, else λ α eᶻ",
        source="Klambauer, Unterthiner, Mayr & Hochreiter 2017",
    ),
    "gelu": Activation(
        kind="gelu",
        title="GELU",
        phi=F.gelu,
        derivative=lambda z, h: _backward.gelu_backward(torch.ones_like(z), z),
        peak=GELU_SUP,
        formula="z Φ(z), Φ(z) = (1 + erf(z / √2)) / 2",
        derivative_formula="Φ(z) + z e^(−z² / 2) / √(2π)",
        source="Hendrycks & Gimpel 2016",
        signed=True,
    ),
    "silu": Activation(
        kind="silu",
        title="SiLU",
        phi=F.silu,
        derivative=lambda z, h: _backward.silu_backward(torch.ones_like(z), z),
        peak=SILU_SUP,
        formula="z σ(z)",
        derivative_formula="σ(z) (1 + z (1 − σ(z)))",
        source="Elfwing, Uchibe & Doya 2018; as swish Ramachandran, Zoph & Le 2017",
        signed=True,
    ),
    "softplus": Activation(
        kind="softplus",
        title="Softplus",
        phi=F.softplus,
        derivative=lambda z, h: _backward.softplus_backward(
            torch.ones_like(z), z, 1.0, SOFTPLUS_THRESHOLD
        ),
        peak=1.0,
        formula="log(1 + eᶻ)",
        derivative_formula="σ(z)",
        source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001",
    ),
    "softsign": Activation(
        kind="softsign",
        title="Softsign",
        phi=F.softsign,
        derivative=_softsign_derivative,
        peak=1.0,
        formula="z / (1 + |z|)",
        derivative_formula="1 / (1 + |z|)²",
        source="Bergstra, Desjardins, Lamblin & Bengio 2009; Glorot & Bengio 2010",
    ),
    "hard_tanh": Activation(
        kind="hard_tanh",
        title="Hard tanh",
        phi=F.hardtanh,
        derivative=lambda z, h: _inside(z, 1.0),
        peak=1.0,
        formula="z cut to −1 … 1",
        derivative_formula="1 for |z| < 1, else 0",
        source="Collobert 2004",
        from_output=True,
    ),
    "hard_sigmoid": Activation(
        kind="hard_sigmoid",
        title="Hard sigmoid",
        phi=F.hardsigmoid,
        # Not from the output: z just below 3 is rounded to 1 and still has a slope.
        derivative=lambda z, h: _inside(z, 3.0).mul_(1 / 6),
        peak=1 / 6,
        formula="(z + 3) / 6 cut to 0 … 1",
        derivative_formula="1/6 for |z| < 3, else 0",
        source="Courbariaux, Bengio & David 2015; this slope Howard et al. 2019",
    ),
    "linear": Activation(
        kind="linear",
        title="Linear",
        phi=lambda z: z,
        derivative=lambda z, h: torch.ones_like(z),
        peak=1.0,
        formula="z",
        derivative_formula="1",
        source="",
        from_output=True,
    ),
}
"""Kind -> activation."""
