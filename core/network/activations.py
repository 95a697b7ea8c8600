"""Activation functions with their derivatives, suprema and sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

if TYPE_CHECKING:
    from core.experiment.activations import Elu, LeakyRelu
    from core.experiment.fields import Part

Tensor = torch.Tensor

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@dataclass(frozen=True, slots=True)
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
    sup : float
        Supremum of |phi'| over the real line.
    formula, derivative_formula : str
        Written for people.
    source : str
        Where it was introduced.
    from_output : bool
        Whether ``derivative`` may be given phi(z) in place of z: it then uses nothing of z but
        its sign, which phi keeps.
    """

    kind: str
    title: str
    phi: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor], Tensor]
    sup: float
    formula: str
    derivative_formula: str
    source: str
    from_output: bool = True


def _identity(z: Tensor) -> Tensor:
    return z


def _one(z: Tensor, h: Tensor) -> Tensor:
    return torch.ones_like(z)


def _step(z: Tensor, h: Tensor) -> Tensor:
    return (z > 0).to(z.dtype)


def _exponential_side(z: Tensor, right: float, left: float) -> Tensor:
    """Return ``right`` for z > 0, else ``left`` exp(z): from z, since phi(z) rounds to -left."""
    return (torch.exp(z.clamp(max=0.0)) * left).masked_fill_(z > 0, right)


def _selu_derivative(z: Tensor, h: Tensor) -> Tensor:
    return _exponential_side(z, SELU_SCALE, SELU_SCALE * SELU_ALPHA)


_FIXED: dict[str, Activation] = {
    "sigmoid": Activation(
        "sigmoid",
        "Sigmoid",
        torch.sigmoid,
        lambda z, h: h * (1 - h),
        0.25,
        "1 / (1 + e⁻ᶻ)",
        "σ(z) (1 − σ(z))",
        "Verhulst 1845; in networks Rumelhart, Hinton & Williams 1986",
    ),
    "tanh": Activation(
        "tanh",
        "Tanh",
        torch.tanh,
        lambda z, h: 1 - h * h,
        1.0,
        "tanh z",
        "1 − tanh² z",
        "LeCun, Bottou, Orr & Müller 1998",
    ),
    "relu": Activation(
        "relu",
        "ReLU",
        F.relu,
        _step,
        1.0,
        "max(0, z)",
        "1 for z > 0, else 0",
        "Nair & Hinton 2010; Glorot, Bordes & Bengio 2011",
    ),
    "selu": Activation(
        "selu",
        "SELU",
        F.selu,
        _selu_derivative,
        SELU_SCALE * SELU_ALPHA,
        "λ z for z > 0, else λ α (eᶻ − 1)",
        "λ for z > 0, else λ α eᶻ",
        "Klambauer, Unterthiner, Mayr & Hochreiter 2017",
        from_output=False,
    ),
    "linear": Activation("linear", "Linear", _identity, _one, 1.0, "z", "1", ""),
}


def _leaky_relu(alpha: float) -> Activation:
    return Activation(
        "leaky_relu",
        "Leaky ReLU",
        lambda z: F.leaky_relu(z, alpha),
        lambda z, h: torch.full_like(z, alpha).masked_fill_(z > 0, 1.0),
        max(1.0, alpha),
        "z for z > 0, else α z",
        "1 for z > 0, else α",
        "Maas, Hannun & Ng 2013",
    )


def _elu(alpha: float) -> Activation:
    return Activation(
        "elu",
        "ELU",
        lambda z: F.elu(z, alpha),
        lambda z, h: _exponential_side(z, 1.0, alpha),
        max(1.0, alpha),
        "z for z > 0, else α (eᶻ − 1)",
        "1 for z > 0, else α eᶻ",
        "Clevert, Unterthiner & Hochreiter 2016",
        from_output=False,
    )


TITLES: dict[str, str] = {kind: one.title for kind, one in _FIXED.items()} | {
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
}
"""Kind -> name for people."""


def activation_for(spec: Part) -> Activation:
    """Return the function that a specification describes."""
    kind = cast("str", getattr(spec, "kind", ""))
    if kind == "leaky_relu":
        return _leaky_relu(cast("LeakyRelu", spec).alpha)
    if kind == "elu":
        return _elu(cast("Elu", spec).alpha)
    return _FIXED[kind]
