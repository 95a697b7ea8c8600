"""The forward half of the prediction: mean squares from the input to the output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.experiment.layers import Conv, Dense, Flatten, Output
from core.experiment.normalization import BatchStatistics, NoNorm, SampleStatistics
from core.experiment.spread import fans, spread
from core.theory.gaussian import Moments, moments
from core.theory.mean_field import MOST_SQUARE

if TYPE_CHECKING:
    from core.experiment.shapes import Stage


@dataclass(frozen=True, slots=True)
class Carried:
    """What a layer passes on: mean over its units of h^2 and of h."""

    square: float
    mean: float


@dataclass(frozen=True, slots=True)
class Passed:
    """What happens to the signal in one layer with weights. None where theory says nothing.

    Attributes
    ----------
    stage : Stage
    weight_variance, bias_variance : float or None
        sigma_w^2 and sigma_b^2 as the initialisers have them.
    gain : float or None
        Mean square of a sum for inputs of mean square 1: sigma_w^2, more by DropConnect, less
        by the zeros around a padded image.
    q, slope : float or None
        Mean square of z, and E phi'(z)^2.
    square : float or None
        Mean square of h, which the layer passes on.
    before, behind : float or None
        Factors of the error signal's mean square in the normalisation before the activation,
        and in normalisation and dropout behind it. None for batch norm.
    residual : bool
        Whether the input is added.
    pooled : str
        What stands between the layer before and this one and is not covered; else empty.
    gap : str
        Why something is None; empty also where only batch norm is the reason.
    """

    stage: Stage
    weight_variance: float | None
    bias_variance: float | None
    gain: float | None
    q: float | None
    slope: float | None
    square: float | None
    before: float | None
    behind: float | None
    residual: bool
    pooled: str
    gap: str


@dataclass(frozen=True, slots=True)
class _Normal:
    """A distribution of z or h (variance None: not known), and the factor on the way back."""

    variance: float | None
    mean: float
    back: float | None = 1.0


def forward(
    stages: tuple[Stage, ...], mean_square: float, mean: float, *, training: bool
) -> tuple[Passed, ...]:
    """Follow the mean square of the signal from the input to the output.

    Parameters
    ----------
    stages : tuple of Stage
        From :func:`core.experiment.shapes.trace`.
    mean_square, mean : float
        Of the network's input.
    training : bool
        Whether dropout and DropConnect are on.
    """
    carried: Carried | None = Carried(mean_square, mean)
    found: list[Passed] = []
    pooled, lost = "", ""
    for stage in stages:
        if stage.weight:
            passed, carried = _layer(stage, carried, pooled, lost, training=training)
            found.append(passed)
            pooled, lost = "", "" if carried else passed.gap or lost
        elif stage.row < 0:
            carried = Carried(1.0, 0.0)  # normalised
        elif not isinstance(stage.spec, Flatten):
            pooled, carried = stage.name, None
            lost = f"{stage.name} is not covered"
    return tuple(found)


def _layer(
    stage: Stage, carried: Carried | None, pooled: str, lost: str, *, training: bool
) -> tuple[Passed, Carried | None]:
    spec = stage.spec
    assert isinstance(spec, (Dense, Conv, Output))
    hidden = None if isinstance(spec, Output) else spec
    fan = fans(stage.weight)
    bias = spread(spec.bias_init, *fan)
    bias_variance = (bias.std or 0.0) ** 2
    weight_variance, gap = _weight_variance(stage)
    gain = None
    if weight_variance is not None:
        kept = 1 - hidden.drop_weights if hidden and training else 1.0
        gain = weight_variance * _inside(stage) / kept
    z = _Normal(None, bias.mean)
    if carried and gain is not None:
        z = _Normal(gain * carried.square + bias_variance, bias.mean)
    norms = [hidden.batch_norm, hidden.layer_norm] if hidden else []
    for norm in norms:
        if norm.kind == "before_activation":
            z = _normed(norm, z)
    found, q, gap = None, None, gap or lost
    if z.variance is not None:
        q = z.variance + z.mean**2
        if q <= MOST_SQUARE:
            found = moments(spec.activation, z.variance, z.mean)
        else:
            q, gap = None, "the signal is more than float32 holds"
    a = _Normal(found.square - found.mean**2, found.mean) if found else _Normal(None, 0.0)
    for norm in norms:
        if norm.kind == "after_activation":
            a = _normed(norm, a)
    dropped = hidden.dropout if hidden and training else 0.0
    behind = None if a.back is None else a.back / (1 - dropped)
    residual = hidden is not None and hidden.residual
    passed_on = _carried(found, a, dropped, carried if residual else Carried(0.0, 0.0))
    known = bool(found) and gain is not None and not (lost and None in (z.back, behind))
    passed = Passed(
        stage=stage,
        weight_variance=weight_variance,
        bias_variance=bias_variance,
        gain=gain,
        q=q,
        slope=found.slope if found else None,
        square=passed_on.square if passed_on else None,
        before=z.back,
        behind=behind,
        residual=residual,
        pooled=pooled,
        gap="" if known else gap,
    )
    return passed, passed_on


def _carried(
    found: Moments | None, a: _Normal, dropped: float, added: Carried | None
) -> Carried | None:
    """Return what is passed on behind dropout and the residual sum."""
    if a.variance is None or added is None:
        return None
    plain = found is not None and a.back == 1.0  # not a difference of large numbers
    square = found.square if plain and found else a.variance + a.mean**2
    square /= 1 - dropped
    # z is independent of the input's own mean over the units, given random weights.
    return Carried(square + added.square + 2 * a.mean * added.mean, a.mean + added.mean)


def _normed(norm: NoNorm | BatchStatistics | SampleStatistics, given: _Normal) -> _Normal:
    """Return what is behind a normalisation, its scale 1 and its shift 0 as at the start."""
    if isinstance(norm, SampleStatistics) and given.variance is not None:
        back = 1 / (given.variance + norm.epsilon)
        return _Normal(
            given.variance * back, 0.0, None if given.back is None else given.back * back
        )
    return _Normal(1.0, 0.0, None)


def _weight_variance(stage: Stage) -> tuple[float | None, str]:
    """Return sigma_w^2, or None and why the theory does not hold for such weights."""
    assert isinstance(stage.spec, (Dense, Conv, Output))
    init, (fan_in, fan_out) = stage.spec.init, fans(stage.weight)
    found = spread(init, fan_in, fan_out, math.prod(stage.weight[2:]))
    if found.std is None:
        return None, "the weights (LSUV) depend on a batch"
    if init.kind == "identity":
        return None, "the weights (identity) are not random"
    if found.mean:
        return None, f"the weights have mean {found.mean:g}, not 0"
    return fan_in * found.std**2, ""


def _inside(stage: Stage) -> float:
    """Return the mean share of a filter that meets the image, not the zeros around it."""
    spec = stage.spec
    if not isinstance(spec, Conv) or spec.padding != "same":
        return 1.0
    share = 1.0
    for before, after in zip(stage.before[1:], stage.after[1:], strict=True):
        starts = [at * spec.stride - (spec.kernel - 1) // 2 for at in range(after)]
        met = sum(min(at + spec.kernel, before) - max(at, 0) for at in starts)
        share *= met / (spec.kernel * after)
    return share
