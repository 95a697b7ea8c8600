"""What a prediction holds: numbers for every layer, and a sentence for the network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.theory.mean_field import DepthScale, depth_scale

_SAME = 0.005
"""A change of the norm a layer under which the signal is said to keep its size."""


@dataclass(frozen=True, slots=True)
class LayerTheory:
    """What is predicted for one layer with weights. None where the theory says nothing.

    Attributes
    ----------
    number : int
        From 1 at the input.
    name : str
        Such as ``dense 3``.
    weight_variance : float or None
        sigma_w^2: fan_in times the variance of one weight.
    bias_variance : float or None
        sigma_b^2.
    q : float or None
        Mean square of z, the argument of the activation.
    slope : float or None
        E phi'(z)^2.
    log10_forward : float or None
        Decimal logarithm of the norm of h for one sample: of the root of the number of outputs
        times the mean square of h. Over a batch it is the root of its size times as much.
    chi : float or None
        Squared ratio of the norm of delta in this layer and in the next one; None for the
        output layer, where the signal starts.
    log10_ratio : float or None
        Decimal logarithm of the norm of delta here over that in the output layer.
    log10_sup : float
        Decimal logarithm of the product of sup |phi'| from here to the last hidden layer: the
        lecture's 0.25^k. It bounds only the derivatives' share, not the weights'.
    gap : str
        Why something is None, in words; else empty.
    """

    number: int
    name: str
    weight_variance: float | None
    bias_variance: float | None
    q: float | None
    slope: float | None
    log10_forward: float | None
    chi: float | None
    log10_ratio: float | None
    log10_sup: float
    gap: str

    @property
    def factor(self) -> float | None:
        """Norm of delta in this layer over that in the next one: the root of chi."""
        return None if self.chi is None else math.sqrt(self.chi)

    @property
    def ratio(self) -> float | None:
        """Norm of delta over that in the output layer; 0 or inf beyond what a float holds."""
        return None if self.log10_ratio is None else _power(self.log10_ratio)

    @property
    def sup_factor(self) -> float:
        """Product of sup |phi'|; 0 beyond what a float holds."""
        return _power(self.log10_sup)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is predicted for a network before the first step.

    Attributes
    ----------
    layers : tuple of LayerTheory
        From the input to the output.
    factor : float or None
        Geometric mean of the hidden layers' factors; of the one factor if there is one hidden
        layer. None if one of them is not known, or there is no hidden layer.
    depth : DepthScale or None
        Of ``factor`` squared.
    sentence : str
        For people.
    """

    layers: tuple[LayerTheory, ...]
    factor: float | None
    depth: DepthScale | None
    sentence: str


def summary(layers: tuple[LayerTheory, ...]) -> Profile:
    """Put the layers, from the input to the output, into one factor and one sentence."""
    hidden = layers[:-1]
    steps = [one.chi for one in hidden[:-1] or hidden]  # the last step is the output's own
    known = [chi for chi in steps if chi is not None]
    if not hidden:
        return Profile(layers, None, None, "There is no hidden layer to carry a signal through.")
    if len(known) < len(steps):
        first = next(one for one in reversed(hidden) if one.chi is None)
        sentence = f"The theory does not reach layer 1: in {first.name}, {first.gap}."
        return Profile(layers, None, None, sentence)
    mean = sum(log10(chi) for chi in known) / len(known)
    factor, depth = _power(mean / 2), depth_scale(_power(mean))
    return Profile(layers, factor, depth, _sentence(factor, depth))


def _sentence(factor: float, depth: DepthScale) -> str:
    if factor == 0.0:
        return "No error signal gets through the layers."
    if abs(factor - 1) < _SAME:
        return "The error signal keeps its size from layer to layer."
    # To the next whole layer: a signal that is gone after half a layer has reached one.
    count = math.ceil(depth.carried - 1e-9)
    layers = f"{count:,} layer{'s' if count != 1 else ''}"
    if depth.direction == "shrinks":
        much, far = f"shrinks by a factor of {factor:.2g}", "it carries about"
    else:
        much, far = f"grows by a factor of {factor:.3g}", "20 times in about"
    return f"The error signal {much} a layer: {far} {layers}."


def log10(value: float) -> float:
    """Return the decimal logarithm, -inf of 0."""
    return math.log10(value) if value > 0 else -math.inf


def _power(exponent: float) -> float:
    """Return 10 to that power; inf beyond what a float holds."""
    return math.inf if exponent > 308 else 10.0**exponent
