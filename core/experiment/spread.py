"""What an initialiser promises: the spread of one weight, in numbers and in words.

Knows nothing of torch, so that a form can show it before anything is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.initializers import (
        Constant,
        Identity,
        Lsuv,
        Normal,
        Orthogonal,
        TruncatedNormal,
        Uniform,
        VarianceScaling,
    )

CUT = 2.0
"""Where a truncated normal is cut, in standard deviations."""
CUT_STD = math.sqrt(
    1 - 2 * CUT * math.exp(-(CUT**2) / 2) / math.sqrt(2 * math.pi) / math.erf(CUT / math.sqrt(2))
)
"""Standard deviation that is left of 1 after the cut: 0.87962566 (Keras corrects by it too)."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Distribution of one weight.

    Attributes
    ----------
    mean : float
    std : float or None
        Standard deviation; None where only a batch decides it (LSUV). Of the identity, whose
        entries are not random, it is that over the entries of the matrix.
    low, high : float
        Limits that no entry exceeds; -inf and inf where there are none.
    """

    mean: float
    std: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class VarianceRule:
    """An initialiser of the variance-scaling family: variance = scale / fan.

    Attributes
    ----------
    scale : float
    fan : {"in", "out", "avg"}
        ``avg`` is the mean of fan_in and fan_out.
    distribution : {"normal", "truncated_normal", "uniform"}
        Uniform on [-r, r] with r = sqrt(3 variance); truncated: cut at two standard deviations
        of a normal so much wider that the variance after the cut is right.
    source : str
    """

    scale: float
    fan: str
    distribution: str
    source: str

    def std(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of one weight."""
        fan = {"in": fan_in, "out": fan_out, "avg": (fan_in + fan_out) / 2}[self.fan]
        return math.sqrt(self.scale / fan)

    def limit(self, fan_in: int, fan_out: int) -> float:
        """Return the largest |weight| possible, inf for the normal distribution."""
        factor = {"normal": math.inf, "truncated_normal": CUT / CUT_STD, "uniform": math.sqrt(3.0)}
        return factor[self.distribution] * self.std(fan_in, fan_out)


_GLOROT = "Glorot & Bengio 2010"
_HE = "He, Zhang, Ren & Sun 2015"
_LECUN = "LeCun, Bottou, Orr & Müller 1998; Klambauer et al. 2017"
VARIANCE_RULES: dict[str, VarianceRule] = {
    "glorot_uniform": VarianceRule(1.0, "avg", "uniform", _GLOROT),
    "glorot_normal": VarianceRule(1.0, "avg", "normal", _GLOROT),
    "he_uniform": VarianceRule(2.0, "in", "uniform", _HE),
    "he_normal": VarianceRule(2.0, "in", "normal", _HE),
    "lecun_uniform": VarianceRule(1.0, "in", "uniform", _LECUN),
    "lecun_normal": VarianceRule(1.0, "in", "normal", _LECUN),
    # kaiming_uniform_(a = sqrt 5), of which nothing but this is left.
    "pytorch_default": VarianceRule(1 / 3, "in", "uniform", "PyTorch, Linear.reset_parameters"),
}
"""Kinds of the family that have no settings -> their rule."""


def rule_for(spec: Part) -> VarianceRule | None:
    """Return the rule that an initialiser follows, or None outside the family."""
    kind = _kind(spec)
    if kind == "variance_scaling":
        own = cast("VarianceScaling", spec)
        fan = own.mode.removeprefix("fan_")
        return VarianceRule(own.scale, fan, own.distribution, "He, Zhang, Ren & Sun 2015; Keras")
    return VARIANCE_RULES.get(kind)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (fan_in, fan_out) of weights.

    Parameters
    ----------
    shape : (out, in) or (out, in, height, width)
        Dense, or a convolution, whose fans are channels times receptive field.
    """
    receptive_field = math.prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field


def spread(spec: Part, fan_in: int, fan_out: int, receptive_field: int = 1) -> Spread:
    """Return the distribution of one weight, exactly.

    Parameters
    ----------
    spec : Part
        One of ``core.experiment.initializers.InitSpec`` or ``BiasInitSpec``; for biases the
        fans are those of the weights.
    fan_in, fan_out : int
        As :func:`fans` gives them.
    receptive_field : int
        Height times width of a convolution's kernel: only orthogonal and identity depend on it.
    """
    rule = rule_for(spec)
    if rule is not None:
        limit = rule.limit(fan_in, fan_out)
        return Spread(0.0, rule.std(fan_in, fan_out), -limit, limit)
    return _SPREADS[_kind(spec)](spec, fan_in, fan_out, receptive_field)


def _normal(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    own = cast("Normal", spec)
    if own.std == 0:
        return Spread(own.mean, 0.0, own.mean, own.mean)
    return Spread(own.mean, own.std, -math.inf, math.inf)


def _truncated_normal(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    own = cast("TruncatedNormal", spec)
    reach = CUT * own.std
    return Spread(own.mean, CUT_STD * own.std, own.mean - reach, own.mean + reach)


def _uniform(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    own = cast("Uniform", spec)
    middle, width = (own.low + own.high) / 2, own.high - own.low
    return Spread(middle, width / math.sqrt(12.0), own.low, own.high)


def _orthogonal(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    """Each of the longer side's unit vectors spreads its length evenly over its entries."""
    gain = cast("Orthogonal", spec).gain
    return Spread(0.0, gain / math.sqrt(max(fan_in, fan_out // field)), -gain, gain)


def _identity(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    gain, inputs, outputs = cast("Identity", spec).gain, fan_in // field, fan_out // field
    share = min(inputs, outputs) / (fan_in * outputs)
    low = gain if share == 1 else 0.0
    return Spread(gain * share, gain * math.sqrt(share * (1 - share)), low, gain)


def _lsuv(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    return Spread(0.0, None, -math.inf, math.inf)


def _constant(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    value = cast("Constant", spec).value
    return Spread(value, 0.0, value, value)


def _zeros(spec: Part, fan_in: int, fan_out: int, field: int) -> Spread:
    return Spread(0.0, 0.0, 0.0, 0.0)


_SPREADS: dict[str, Callable[[Part, int, int, int], Spread]] = {
    "normal": _normal,
    "truncated_normal": _truncated_normal,
    "uniform": _uniform,
    "orthogonal": _orthogonal,
    "identity": _identity,
    "lsuv": _lsuv,
    "constant": _constant,
    "zeros": _zeros,
}


def describe(spec: Part, fan_in: int, fan_out: int, receptive_field: int = 1) -> str:
    """Return the spread in words, such as ``σ = 0.0505 · uniform on ±0.0875``.

    Parameters
    ----------
    spec, fan_in, fan_out, receptive_field
        As for :func:`spread`.
    """
    found = spread(spec, fan_in, fan_out, receptive_field)
    kind = _kind(spec)
    if found.std is None:
        tolerance = cast("Lsuv", spec).tolerance
        return f"output variance 1 ± {tolerance:g} on a batch · from orthogonal"
    if kind == "identity":
        return f"{_number(found.high)} on the diagonal, else 0"
    if found.std == 0:
        return f"every entry {_number(found.mean)}"
    rule = rule_for(spec)
    shape = kind if rule is None else rule.distribution
    if shape == "orthogonal":
        words = f"every singular value {_number(found.high)}"
    elif shape == "normal":
        words = "normal"
    else:
        limits = _limits(found)
        words = f"uniform on {limits}" if shape == "uniform" else f"normal, cut to {limits}"
    mean = f"mean {_number(found.mean)} · " if found.mean else ""
    return f"{mean}σ = {_rounded(found.std)} · {words}"


def _limits(found: Spread) -> str:
    if found.low == -found.high:
        return f"±{_rounded(found.high)}"
    return f"{_number(found.low)} … {_number(found.high)}"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _rounded(value: float) -> str:
    """Return three digits, zeros at the end included: 0.0430."""
    return f"{value:#.3g}".rstrip(".").replace("-", "−")


def _kind(spec: Part) -> str:
    return cast("str", getattr(spec, "kind", ""))
