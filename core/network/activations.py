"""Activation functions as a specification describes them, and their curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.network.fixed_activations import FIXED, Activation, exponential_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.experiment.activations import Elu, LeakyRelu, Prelu, Rescaled
    from core.experiment.fields import Part

__all__ = [
    "SATURATED_BELOW",
    "TITLES",
    "Activation",
    "activation_for",
    "curve",
    "saturation_limits",
]

Tensor = torch.Tensor

SATURATED_BELOW = 0.05
"""Share of sup |phi'| under which an activation counts as saturated (DESIGN: quantities)."""
_REACH = 12.0
"""Beyond this |z|, no activation crosses that share any more."""
_BISECTIONS = 40


def _leaky_relu(alpha: float) -> Activation:
    return Activation(
        kind="leaky_relu",
        title="Leaky ReLU",
        phi=lambda z: F.leaky_relu(z, alpha),
        derivative=lambda z, h: torch.full_like(z, alpha).masked_fill_(z > 0, 1.0),
        peak=max(1.0, alpha),
        formula="z for z > 0, else α z",
        derivative_formula="1 for z > 0, else α",
        source="Maas, Hannun & Ng 2013",
        from_output=True,
    )


def _prelu(start: float, alpha: Tensor | None) -> Activation:
    """Return PReLU with a learned slope; without one, with the slope that it starts from."""
    fixed = _leaky_relu(start)
    return Activation(
        kind="prelu",
        title="PReLU",
        phi=fixed.phi if alpha is None else lambda z: F.prelu(z, alpha),
        derivative=(
            fixed.derivative
            if alpha is None
            else lambda z, h: torch.where(z > 0, 1.0, alpha.detach())
        ),
        peak=fixed.peak,
        formula="z for z > 0, else α z; α is learned",
        derivative_formula="1 for z > 0, else α",
        source="He, Zhang, Ren & Sun 2015",
        # A slope may be learned that is below 0; phi(z) then does not keep the sign of z.
        signed=True,
        alpha=alpha,
    )


def _elu(alpha: float) -> Activation:
    return Activation(
        kind="elu",
        title="ELU",
        phi=lambda z: F.elu(z, alpha),
        derivative=lambda z, h: exponential_side(z, 1.0, alpha),
        peak=max(1.0, alpha),
        formula="z for z > 0, else α (eᶻ − 1)",
        derivative_formula="1 for z > 0, else α eᶻ",
        source="Clevert, Unterthiner & Hochreiter 2016",
    )


def _rescaled(alpha: float, inner: Activation) -> Activation:
    def derivative(z: Tensor, h: Tensor) -> Tensor:
        # From z: h / alpha is phi(z / alpha) up to rounding only, which may hide a last 1 - h.
        u = z / alpha
        return inner.derivative(u, inner.phi(u)) * alpha / alpha  # as backpropagation has it

    return Activation(
        kind="rescaled",
        title=f"Rescaled {inner.title}",
        phi=lambda z: inner.phi(z / alpha) * alpha,
        derivative=derivative,
        peak=inner.peak,
        formula=f"α φ(z / α), φ(z) = {inner.formula}",
        derivative_formula=f"φ′(z / α), φ′(z) = {inner.derivative_formula}",
        source=f"φ: {inner.source}" if inner.source else "",
        signed=inner.signed,
    )


TITLES: dict[str, str] = {kind: one.title for kind, one in FIXED.items()} | {
    "leaky_relu": "Leaky ReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "rescaled": "Rescaled",
}
"""Kind -> name for people."""


def activation_for(spec: Part, alpha: Tensor | None = None) -> Activation:
    """Return the function that a specification describes.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.activations.ActivationSpec``.
    alpha : Tensor, 0-d, optional
        The learned slope of ``prelu``, in the precision of z; phi is differentiable by it.
        Without it, the slope is the one to start from. Other kinds take no notice of it.
    """
    kind = cast("str", getattr(spec, "kind", ""))
    if kind == "leaky_relu":
        return _leaky_relu(cast("LeakyRelu", spec).alpha)
    if kind == "prelu":
        return _prelu(cast("Prelu", spec).alpha, alpha)
    if kind == "elu":
        return _elu(cast("Elu", spec).alpha)
    if kind == "rescaled":
        rescaled = cast("Rescaled", spec)
        return _rescaled(rescaled.alpha, activation_for(rescaled.inner))
    return FIXED[kind]


def curve(spec: Part, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return phi(z) and phi'(z) in float64, for plotting.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.activations.ActivationSpec``.
    z : ndarray, any shape

    Returns
    -------
    phi, derivative : ndarray, shape of z
    """
    activation = activation_for(spec)
    at = torch.from_numpy(np.array(z, dtype=np.float64))
    phi = activation.phi(at)
    return phi.numpy(), activation.derivative(at, phi).numpy()


def saturation_limits(spec: Part) -> list[tuple[float, float]]:
    """Return where |phi'(z)| is below ``SATURATED_BELOW`` of its supremum.

    Returns
    -------
    list of (float, float)
        Intervals from left to right, their ends accurate to 1e-9; -inf or inf where the
        activation stays saturated.
    """
    if getattr(spec, "kind", "") == "rescaled":
        rescaled = cast("Rescaled", spec)
        inner = saturation_limits(rescaled.inner)
        return [(low * rescaled.alpha, high * rescaled.alpha) for low, high in inner]
    limit = SATURATED_BELOW * activation_for(spec).sup

    def saturated(z: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.abs(curve(spec, z)[1]) < limit

    grid = np.linspace(-_REACH, _REACH, 24_001)
    inside = saturated(grid)
    changes = np.flatnonzero(inside[1:] != inside[:-1])
    ends = [_crossing(saturated, float(grid[at]), float(grid[at + 1])) for at in changes]
    if inside[0]:
        ends.insert(0, -math.inf)
    if inside[-1]:
        ends.append(math.inf)
    return list(zip(ends[::2], ends[1::2], strict=True))


def _crossing(
    saturated: Callable[[NDArray[np.float64]], NDArray[np.bool_]], low: float, high: float
) -> float:
    """Return where ``saturated`` changes between ``low`` and ``high``."""
    before = bool(saturated(np.array([low]))[0])
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if bool(saturated(np.array([middle]))[0]) == before:
            low = middle
        else:
            high = middle
    return round(low, 9) + 0.0  # no -0
