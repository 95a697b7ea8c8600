"""Expectations over a Gaussian sum z, exact to about twelve digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from core.experiment.activations import SOFTPLUS_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.experiment.activations import Rescaled
    from core.experiment.fields import Part

    Values = NDArray[np.float64]

_REACH = 12
"""Standard deviations that are integrated over; 1e-32 of the distribution lies beyond."""
_NODES = 24
"""Of the Gauss-Legendre rule on each panel: more change nothing that float64 shows."""
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(_NODES)
_KINKS: dict[str, tuple[float, ...]] = {
    "hard_tanh": (-1.0, 1.0),
    "hard_sigmoid": (-3.0, 3.0),
    "softplus": (SOFTPLUS_THRESHOLD,),  # where torch changes the formula
}
"""Where phi or phi' has a corner or jumps, other than at 0."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What a wide layer does to a Gaussian sum.

    Attributes
    ----------
    mean : float
        E phi(z).
    square : float
        E phi(z)^2.
    slope : float
        E phi'(z)^2.
    """

    mean: float
    square: float
    slope: float


def scale_of(activation: Part) -> float:
    """Return the length over which phi changes: 1, or alpha of ``rescaled``."""
    alpha = cast("Rescaled", activation).alpha if _kind(activation) == "rescaled" else 1.0
    return float(alpha)


def kinks(activation: Part) -> tuple[float, ...]:
    """Return where phi or phi' is not smooth, other than at 0, in units of z."""
    if _kind(activation) == "rescaled":
        rescaled = cast("Rescaled", activation)
        return tuple(one * rescaled.alpha for one in kinks(rescaled.inner))
    return _KINKS.get(_kind(activation), ())


def expectation(
    function: Callable[[Values], Values],
    variance: float,
    mean: float = 0.0,
    *,
    breaks: tuple[float, ...] = (),
    scale: float = 1.0,
) -> float:
    """Return E f(z) for z normal with a given mean and variance.

    By a Gauss-Legendre rule on panels, not by Gauss-Hermite, whose error with a corner such as
    that of ReLU falls only as 1 / nodes. Panels end at every standard deviation, at 0, at the
    breaks, and at powers of 2 times ``scale``, so that neither a steep nor a wide distribution
    passes over a feature of f.

    Parameters
    ----------
    function : callable
        Elementwise on float64, shape (n,); smooth between 0, the breaks and infinity.
    variance, mean : float
        Of z.
    breaks : tuple of float
        Where f is not smooth, other than at 0.
    scale : float
        Length over which f changes around 0.

    Returns
    -------
    float
        Relative error about 1e-12 for functions that grow no faster than a power of z.

    Raises
    ------
    ValueError
        If the variance is negative or not finite.
    """
    z, weight = _rule(variance, mean, breaks, scale)
    return float(function(z) @ weight)


def moments(activation: Part, variance: float, mean: float = 0.0) -> Moments:
    """Return the moments of phi(z) and phi'(z) for z normal.

    Parameters
    ----------
    activation : Part
        One of ``core.experiment.activations.ActivationSpec``; PReLU has its first slope.
    variance, mean : float
        Of z.

    Raises
    ------
    ValueError
        If the variance is negative or not finite.
    """
    from core.network.activations import curve  # PyTorch: not for those who read what was found

    z, weight = _rule(variance, mean, kinks(activation), scale_of(activation))
    phi, slope = curve(activation, z)
    return Moments(float(phi @ weight), float(phi**2 @ weight), float(slope**2 @ weight))


def _rule(
    variance: float, mean: float, breaks: tuple[float, ...], scale: float
) -> tuple[Values, Values]:
    """Return nodes in units of z, and weights that sum to 1."""
    if not (math.isfinite(variance) and variance >= 0.0):
        raise ValueError(f"a variance has to be finite and not negative, not {variance}")
    std = math.sqrt(variance)
    if std == 0.0:
        return np.array([mean]), np.ones(1)
    farthest = abs(mean) + _REACH * std
    doublings = max(0, math.ceil(math.log2(farthest / scale))) + 1
    powers = scale * 2.0 ** np.arange(-1, doublings)
    features = np.concatenate([powers, -powers, np.array([0.0, *breaks])])
    whole = np.arange(-_REACH, _REACH + 1.0)
    # In standard deviations, since z - mean would cancel where the distribution is narrow.
    ends = np.unique(np.clip(np.append(whole, (features - mean) / std), -_REACH, _REACH))
    half = np.diff(ends)[:, None] / 2
    t = ((ends[:-1, None] + ends[1:, None]) / 2 + half * _NODE).ravel()
    density = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return mean + std * t, density * (half * _WEIGHT).ravel()


def _kind(activation: Part) -> str:
    return cast("str", getattr(activation, "kind", ""))
