"""What the initialiser inspector says in words and numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from app.form.names import readable
from app.plots.text import integer, number
from app.tools.initialiser_numbers import changes, formula, verdict

if TYPE_CHECKING:
    from app.tools.initialiser_numbers import Draw
    from core.theory.mean_field import DepthScale

NAMES = (
    ("Var W", "Variance of one weight"),
    ("σ² promised", "Variance by the formula"),
    ("σ² drawn", "Variance of the weights of this draw, about their own mean"),
    ("σ promised", "Standard deviation by the formula"),
    ("σ drawn", "Standard deviation of this draw"),
    ("Bounds", "Limits that no weight exceeds"),
    ("Singular values", "Smallest and largest of this draw: how much a direction may shrink"),
    ("σ_w²", "fan_in Var W: mean square of a sum for inputs of mean square 1"),
    ("q*", "Mean square of z that deep layers tend to"),
    ("χ", "σ_w² E φ′(z)² at q*: factor of the gradient's mean square a layer"),
    ("√χ a layer", "Factor of the gradient's norm a layer, going back"),
    ("Depth scale ξ", "1 / |ln χ|: layers over which its mean square changes by a factor of e"),
    ("Carries", "6 ξ: layers over which the gradient's norm changes by a factor of 20"),
)
"""Rows of the table: name, and what it is."""
_MARKS = {"keeps": ("●", "good"), "vanishes": ("▼", "warn"), "explodes": ("▲", "bad")}
_NONE = "–"


def name_of(draw: Draw) -> str:
    """Return the initialiser's name."""
    return readable(cast("str", getattr(draw.init, "kind", "")))


def cells(draw: Draw) -> tuple[str, ...]:
    """Return the numbers of a draw, in the order of ``NAMES``."""
    promised, stack = draw.promised, draw.stack
    std, drawn = promised.std, float(draw.values.std())
    return (
        formula(draw.init),
        _NONE if std is None else _rounded(std**2),
        _rounded(drawn**2),
        _NONE if std is None else _rounded(std),
        _rounded(drawn),
        _bounds(promised.low, promised.high),
        f"{_rounded(float(draw.singular[-1]))} … {_rounded(float(draw.singular[0]))}",
        *(
            (
                _rounded(stack.weight_variance),
                _rounded(stack.fixed.q),
                _rounded(stack.chi),
                f"×{_rounded(math.sqrt(stack.chi))}",
                _layers(stack.scale, stack.scale.layers),
                _layers(stack.scale, stack.scale.carried),
            )
            if stack is not None
            else (_NONE,) * 6
        ),
    )


def says(draw: Draw) -> tuple[tuple[str, str, str], ...]:
    """Return what becomes of signal and gradient: name, verdict with its sign, and colour.

    Empty where theory says nothing.
    """
    if draw.stack is None:
        return ()
    found = []
    for name, decades in zip(("signal", "gradient"), changes(draw.stack), strict=True):
        word = verdict(decades)
        sign, color = _MARKS.get(word, ("×", "bad"))
        words = "keeps its size" if word == "keeps" else word
        found.append((name, f"{sign} {words} (×{_times(decades)})", color))
    return tuple(found)


def sentence(draw: Draw) -> str:
    """Return what the depth scale means for people."""
    if draw.stack is None:
        return f"mean field theory does not hold, since {draw.gap}."
    scale = draw.stack.scale
    if scale.direction == "keeps":
        return "deep inside, the error signal keeps its size (χ = 1)."
    count = math.ceil(scale.carried - 1e-9)
    layers = f"{integer(count)} layer{'s' if count != 1 else ''}"
    if scale.direction == "shrinks":
        return f"the error signal carries about {layers}; beyond, less than a 20th is left."
    return f"the error signal grows 20 times in about {layers}."


def about(draw: Draw) -> str:
    """Return which part of a large matrix was drawn, or nothing."""
    if draw.shape == draw.full:
        return ""
    by = " × ".join(integer(n) for n in draw.shape)
    return f"Drawn and decomposed: {by} of {' × '.join(integer(n) for n in draw.full)} weights."


def _rounded(value: float) -> str:
    """Return a number whose distance to a round one is float32's: 1.00, not 1.000."""
    return number(float(f"{value:.6g}"))


def _times(decades: float) -> str:
    if math.isnan(decades):
        return "?"
    if decades > 300:
        return "∞"
    return _rounded(10.0**decades)


def _bounds(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "none"
    if low == high:
        return number(low)
    return f"± {number(high)}" if low == -high else f"{number(low)} … {number(high)}"


def _layers(scale: DepthScale, layers: float) -> str:
    if scale.direction == "keeps" or math.isinf(layers):
        return "any depth"
    return f"{number(layers)} layers"
