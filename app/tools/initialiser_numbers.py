"""What an initialiser comes to: one draw of the core, its promise, and what a stack makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from core.experiment.spread import CUT, CUT_STD, Spread, rule_for, spread

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.experiment.fields import Part
    from core.theory.mean_field import DepthScale, FixedPoint

    Array = npt.NDArray[np.float64]

MOST_ENTRIES = 2**19
"""Weights that are drawn: their singular values take a fraction of a second."""
KEPT = math.log10(20.0)
"""Decades by which a size may change and still count as kept: the e^3 of six depth scales."""
_SOURCES = {
    "orthogonal": "Saxe, McClelland & Ganguli 2014",
    "lsuv": "Mishkin & Matas 2016",
    "identity": "Le, Jaitly & Hinton 2015",
}
_FORMULAS = {
    "normal": "std²",
    "truncated_normal": f"{CUT_STD**2:.3f} std²",
    "uniform": "(to − from)² / 12",
    "orthogonal": "gain² / longer side",
    "identity": "gain² p (1 − p)",
    "lsuv": "set by a batch",
    "constant": "0",
    "zeros": "0",
}
_POINTS, _DECADES = 65, 4.0  # of the map of q, and to either side of 1


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers alike, one on another, by mean field theory; biases are 0, inputs have size 1.

    Attributes
    ----------
    weight_variance : float
        sigma_w^2 = fan_in Var W.
    fixed : FixedPoint
        Of the mean square q of z.
    chi : float
        Factor of the error signal's mean square a layer, at the fixed point; without one, at
        the last layer.
    scale : DepthScale
        That belongs to it.
    signal, gradient : ndarray, shape (depth,)
        log10 of the root mean square of z, and of the norm of delta over that in the last
        layer, from layer 1 on; -inf for an exact 0, inf beyond what float32 holds.
    q, q_next : ndarray
        The map of q from one layer to the next.
    """

    weight_variance: float
    fixed: FixedPoint
    chi: float
    scale: DepthScale
    signal: Array
    gradient: Array
    q: Array
    q_next: Array


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of weights with what was promised of it.

    Attributes
    ----------
    init : Part
    promised : Spread
    values : ndarray, shape (n,)
        Every weight that was drawn.
    shape : (int, int)
        Rows (units) and columns (inputs) of the matrix that was drawn.
    full : (int, int)
        Rows and columns of the whole matrix; of a large one only the first are drawn.
    singular : ndarray
        Of the matrix drawn, the largest first.
    stack : Stack or None
    gap : str
        Why there is no stack; else empty.
    """

    init: Part
    promised: Spread
    values: Array
    shape: tuple[int, int]
    full: tuple[int, int]
    singular: Array
    stack: Stack | None
    gap: str


def draw(
    init: Part, activation: Part, fan_in: int, fan_out: int, field: int, depth: int, seed: int
) -> Draw:
    """Draw weights as a network would, and work out what they promise and lead to.

    Parameters
    ----------
    init, activation : Part
        Of ``InitSpec`` and ``ActivationSpec``.
    fan_in, fan_out : int
        Multiples of ``field``.
    field : int
        Height times width of a convolution's kernel, 1 for a dense layer.
    depth : int
        Layers that are stacked.
    seed : int
        Of the draw.
    """
    promised = spread(init, fan_in, fan_out, field)
    matrix = _matrix(init, fan_in, fan_out, field, seed)
    stack, gap = None, _gap(init, promised)
    if not gap:
        stack = _stack(activation, fan_in * (promised.std or 0.0) ** 2, depth)
    return Draw(
        init=init,
        promised=promised,
        values=matrix.ravel(),
        shape=(matrix.shape[0], matrix.shape[1]),
        full=(fan_out // field, fan_in),
        singular=np.asarray(np.linalg.svd(matrix, compute_uv=False), np.float64),
        stack=stack,
        gap=gap,
    )


def _matrix(init: Part, fan_in: int, fan_out: int, field: int, seed: int) -> Array:
    """Return the draw, one row a unit.

    Of a large matrix the shorter side is cut: what is left has the distribution that the whole
    has, also if its rows (or columns) are orthogonal.
    """
    import torch

    from core.network.initializers import draw_weights

    units, inputs = fan_out // field, fan_in // field
    cut = (units, inputs)
    if units * fan_in > MOST_ENTRIES:
        if units <= fan_in:
            cut = (max(1, MOST_ENTRIES // fan_in), inputs)
        else:
            cut = (units, max(1, MOST_ENTRIES // (units * field)))
    generator = torch.Generator().manual_seed(seed)
    shape = (*cut, field, 1) if field > 1 else cut
    matrix = draw_weights(init, shape, generator).double().reshape(cut[0], -1).numpy()
    rule = rule_for(init)
    if rule is not None and cut != (units, inputs):
        matrix = matrix * (rule.std(fan_in, fan_out) / rule.std(cut[1] * field, cut[0] * field))
    return matrix


def _gap(init: Part, promised: Spread) -> str:
    kind = cast("str", getattr(init, "kind", ""))
    if promised.std is None:
        return "the weights depend on a batch"
    if kind == "identity":
        return "the weights are not random"
    if promised.mean:
        return f"the weights have mean {promised.mean:g}, not 0".replace("-", "−")
    return ""


def _stack(activation: Part, weight_variance: float, depth: int) -> Stack:
    from core.theory.gaussian import moments
    from core.theory.mean_field import MOST_SQUARE, depth_scale, fixed_point, length_map

    sizes, slopes = np.full(depth, np.inf), np.full(depth, np.nan)
    q = weight_variance  # of the first sums: inputs have mean square 1
    for layer in range(depth):
        if q > MOST_SQUARE:
            break
        found = moments(activation, q)
        sizes[layer], slopes[layer] = q, found.slope
        q = weight_variance * found.square
    with np.errstate(divide="ignore"):
        signal = np.log10(sizes) / 2
        steps = np.log10(slopes * weight_variance) / 2
    gradient = np.zeros(depth)
    for layer in range(depth - 2, -1, -1):
        gradient[layer] = gradient[layer + 1] + steps[layer]
    fixed = fixed_point(activation, weight_variance, 0.0, weight_variance or 1.0)
    known = slopes[np.isfinite(slopes)]
    chi = fixed.chi if fixed.chi is not None else weight_variance * float(known[-1])
    middle = math.log10(fixed.q) if fixed.outcome == "converged" and fixed.q > 0 else 0.0
    ends = (min(middle - 2, -_DECADES), max(middle + 2, _DECADES))
    grid = 10.0 ** np.linspace(*ends, _POINTS)
    after = [length_map(activation, weight_variance, 0.0, float(one)) for one in grid]
    return Stack(
        weight_variance, fixed, chi, depth_scale(chi), signal, gradient, grid, np.array(after)
    )


def density(init: Part, promised: Spread, at: Array, longer: int) -> Array | None:
    """Return the density of one weight; None where weights take only some values.

    Parameters
    ----------
    init, promised
        As in :class:`Draw`.
    at : ndarray
        Values of the weight.
    longer : int
        Longer side of the whole matrix: what the entries of an orthogonal one depend on.
    """
    rule, kind = rule_for(init), cast("str", getattr(init, "kind", ""))
    shape = rule.distribution if rule else kind
    inside = (at >= promised.low) & (at <= promised.high)
    if shape in ("orthogonal", "lsuv"):
        gain = promised.high if shape == "orthogonal" else 1.0
        return _of_unit_vector(at / gain, longer) / gain if longer > 1 else None
    if not promised.std or shape == "identity":
        return None
    if shape == "uniform":
        return inside / (promised.high - promised.low)
    std = promised.std / CUT_STD if shape == "truncated_normal" else promised.std
    bell = np.exp(-(((at - promised.mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
    if shape == "truncated_normal":
        return np.where(inside, bell / math.erf(CUT / math.sqrt(2)), 0.0)
    return bell


def _of_unit_vector(at: Array, n: int) -> Array:
    """Return the density of one coordinate of a random unit vector of n > 1 numbers."""
    scale = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / math.sqrt(math.pi)
    left = 1 - at**2
    inside = left > 1e-9  # for n = 2 the density has no limit at the ends
    return np.where(inside, scale * np.where(inside, left, 1.0) ** ((n - 3) / 2), 0.0)


def formula(init: Part) -> str:
    """Return the variance of one weight as a formula."""
    rule = rule_for(init)
    kind = cast("str", getattr(init, "kind", ""))
    if rule is None:
        return _FORMULAS[kind]
    if kind == "pytorch_default":
        return "1 / (3 fan_in)"
    if rule.fan == "avg":
        return f"{2 * rule.scale:g} / (fan_in + fan_out)"
    return f"{rule.scale:g} / fan_{rule.fan}"


def source_of(init: Part) -> str:
    """Return where an initialiser was introduced, or nothing."""
    rule = rule_for(init)
    return rule.source if rule else _SOURCES.get(cast("str", getattr(init, "kind", "")), "")


def verdict(decades: float) -> str:
    """Return ``vanishes``, ``keeps``, ``explodes`` or ``is lost`` for a change in decades."""
    if math.isnan(decades):
        return "is lost"  # behind a signal that is more than float32 holds
    if abs(decades) <= KEPT:
        return "keeps"
    return "explodes" if decades > 0 else "vanishes"


def changes(stack: Stack) -> tuple[float, float]:
    """Return by how many decades the signal and the gradient change over the stack.

    NaN where the signal leaves what float32 holds, so that no gradient comes back.
    """
    first, last = float(stack.signal[0]), float(stack.signal[-1])
    signal = -math.inf if first == -math.inf else last - first
    return signal, float(stack.gradient[0])
