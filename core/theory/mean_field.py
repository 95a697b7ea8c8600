"""Mean field theory of signals in wide random networks.

With many inputs, a unit's sum z is normal. Its mean square q then follows a map from layer to
layer (Poole et al. 2016), and the mean square of the error signal shrinks or grows by a factor
chi a layer on its way back (Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.theory.gaussian import moments, scale_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.experiment.fields import Part

MOST_SQUARE = 1e76
"""A mean square beyond which float32, which ends at 3.4e38, cannot hold the signal itself."""
CARRIED = 6.0
"""Depth scales over which networks still trained (Schoenholz et al. 2017, experiments)."""
_SAME = 1e-12
"""Relative change of q that is rounding, and no movement."""
_VANISHED = 1e-10
"""Mean square, in squared units of phi's own scale, below which phi is a straight line."""
_TINY = 1e-30
"""Mean square that stands for the limit 0: at 0 itself, the slope of ReLU is not defined."""
_BISECTIONS = 60
"""More than the bits of float64 over a bracket of one factor of 4."""


def length_map(
    activation: Part, weight_variance: float, bias_variance: float, q: float, share: float = 1.0
) -> float:
    """Return the mean square of z one layer on: sigma_w^2 E phi(z)^2 + sigma_b^2.

    Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016.

    Parameters
    ----------
    activation : Part
        One of ``core.experiment.activations.ActivationSpec``.
    weight_variance : float
        sigma_w^2: fan_in times the variance of one weight. Weights have mean 0.
    bias_variance : float
        sigma_b^2. Biases have mean 0.
    q : float
        Mean square of z in this layer.
    share : float
        Of the outputs that dropout keeps; the kept ones are divided by it.
    """
    return weight_variance * moments(activation, q).square / share + bias_variance


def chi(activation: Part, weight_variance: float, q: float, share: float = 1.0) -> float:
    """Return the factor of the error signal's mean square for one layer: sigma_w^2 E phi'(z)^2.

    Its root is the ratio of the norms of delta_l and delta_(l+1), if the layers are plain.
    Schoenholz et al. 2017 (chi_1).

    Parameters
    ----------
    activation, q, share
        Of layer l, as for :func:`length_map`.
    weight_variance : float
        sigma_w^2 of layer l + 1, through whose weights the signal comes back.
    """
    return weight_variance * moments(activation, q).slope / share


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where the mean square of z ends in a deep network of equal layers.

    Attributes
    ----------
    outcome : {"converged", "vanished", "diverged"}
    q : float
        The limit: 0 if it vanished, inf if it diverged.
    chi : float or None
        Factor of the error signal's mean square there; None if q diverged.
    """

    outcome: Literal["converged", "vanished", "diverged"]
    q: float
    chi: float | None


def fixed_point(
    activation: Part, weight_variance: float, bias_variance: float, start: float = 1.0
) -> FixedPoint:
    """Return the limit of the length map from a first mean square.

    The map increases with q, so that it leads to the nearest fixed point in the direction of
    its first step. That point is bracketed by factors of 4 and bisected: at the edge of chaos
    q falls only as 1 / depth, and no number of steps would get there.

    Parameters
    ----------
    activation, weight_variance, bias_variance
        As for :func:`length_map`.
    start : float
        First mean square, above 0.

    Raises
    ------
    ValueError
        If ``start`` is not above 0 and finite.
    """
    if not (math.isfinite(start) and start > 0.0):
        raise ValueError(f"the first mean square has to be above 0 and finite, not {start}")

    def excess(q: float) -> float:
        """Return how much the next q is larger, 0 within rounding."""
        found = length_map(activation, weight_variance, bias_variance, q) - q
        return 0.0 if abs(found) <= _SAME * q else found

    first = excess(start)
    if first == 0.0:
        return _converged(activation, weight_variance, start)
    least = length_map(activation, weight_variance, bias_variance, 0.0)
    limit = _VANISHED * min(1.0, scale_of(activation) ** 2, start)
    step = 4.0 if first > 0 else 0.25
    at = start
    while True:
        before, at = at, at * step
        if at > MOST_SQUARE:
            return FixedPoint("diverged", math.inf, None)
        if least == 0.0 and at < limit:
            tiny = _TINY * scale_of(activation) ** 2
            return FixedPoint("vanished", 0.0, chi(activation, weight_variance, tiny))
        if excess(at) * first < 0.0:  # 0 may also mean: slower than rounding, but on its way
            low, high = sorted((before, at))
            return _converged(activation, weight_variance, _bisected(excess, low, high))


def _bisected(excess: Callable[[float], float], low: float, high: float) -> float:
    """Return the root; the excess is above 0 at ``low`` and below 0 at ``high``, or 0."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        found = excess(middle)
        low, high = (middle, high) if found > 0 else (low, middle)
    return (low + high) / 2


def _converged(activation: Part, weight_variance: float, q: float) -> FixedPoint:
    return FixedPoint("converged", q, chi(activation, weight_variance, q))


@dataclass(frozen=True, slots=True)
class DepthScale:
    """How far an error signal gets.

    Attributes
    ----------
    direction : {"shrinks", "grows", "keeps"}
    layers : float
        xi = 1 / |ln chi|: layers over which its mean square changes by a factor of e, and its
        norm by the root of e; inf where it keeps its size, 0 where nothing comes through.
    """

    direction: Literal["shrinks", "grows", "keeps"]
    layers: float

    @property
    def carried(self) -> float:
        """Layers that the signal carries: 6 xi, over which its norm changes by a factor e^3 = 20.

        A finding, not a theorem: to about six depth scales of the correlation of two inputs,
        which for chi < 1 is this one, such networks could be trained (Schoenholz et al. 2017).
        For a growing signal it is no more than the depth at which the norm has grown by 20.
        """
        return CARRIED * self.layers


def depth_scale(chi: float) -> DepthScale:
    """Return the depth scale that belongs to a factor chi of the mean square.

    Parameters
    ----------
    chi : float
        From 0 up.

    Raises
    ------
    ValueError
        If chi is negative or not a number.
    """
    if not chi >= 0.0:
        raise ValueError(f"chi has to be 0 or above, not {chi}")
    if chi in (0.0, math.inf):
        return DepthScale("shrinks" if chi == 0.0 else "grows", 0.0)
    rate = math.log(chi)
    if abs(rate) <= _SAME * 10:
        return DepthScale("keeps", math.inf)
    return DepthScale("shrinks" if rate < 0 else "grows", 1 / abs(rate))
