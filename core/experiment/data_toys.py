"""Toy data: drawn anew from the seed, in one or two dimensions."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from core.data.formula import Formula
from core.errors import DataError
from core.experiment.data_base import DataPart
from core.experiment.fields import setting


class Toy(DataPart):
    """Base of data that are drawn."""

    samples: int = setting(
        1000, title="Samples", help="How many points are drawn in all.", ge=10, le=1_000_000
    )


class Noisy(Toy):
    """Base of classes in the plane with noise on both coordinates."""

    noise: float = setting(
        0.15,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to both coordinates.",
        ge=0.0,
        le=10.0,
    )


class NoisyTarget(Toy):
    """Base of regressions with noise on what is to be learned."""

    noise: float = setting(
        0.05,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to the target.",
        ge=0.0,
        le=10.0,
    )


class Moons(Noisy):
    """Two interleaved half circles in the plane: the smallest problem that needs a curve."""

    kind: Literal["moons"] = "moons"


class Circles(Noisy):
    """A circle inside another one: no straight line separates them."""

    kind: Literal["circles"] = "circles"
    noise: float = setting(
        0.08,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to both coordinates.",
        ge=0.0,
        le=10.0,
    )
    factor: float = setting(
        0.5,
        title="Inner radius",
        help="Radius of the inner circle; the outer one has radius 1.",
        ge=0.0,
        lt=1.0,
    )


class Spirals(Noisy):
    """Spiral arms wound around each other, a class each: hard for a shallow network."""

    kind: Literal["spirals"] = "spirals"
    noise: float = setting(
        0.03,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to both coordinates.",
        ge=0.0,
        le=10.0,
    )
    arms: int = setting(2, title="Arms", help="How many spirals, a class each.", ge=2, le=5)
    turns: float = setting(
        1.5, title="Turns", help="How often an arm winds around the centre.", gt=0.0, le=10.0
    )


class Xor(Noisy):
    """A square of four quarters, opposite ones alike: the problem that one layer cannot solve."""

    kind: Literal["xor"] = "xor"


class Blobs(Toy):
    """Gaussian clouds around points on a circle, a class each: easy where they do not overlap."""

    kind: Literal["blobs"] = "blobs"
    centres: int = setting(3, title="Clouds", help="How many clouds, a class each.", ge=2, le=20)
    spread: float = setting(
        0.25,
        title="Spread",
        unit="std",
        help="Standard deviation of each cloud; the centres lie on a circle of radius 1.",
        ge=0.0,
        le=10.0,
    )


class Checkerboard(Noisy):
    """A checkerboard of two classes: more cells need more units."""

    kind: Literal["checkerboard"] = "checkerboard"
    noise: float = setting(
        0.0,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to both coordinates.",
        ge=0.0,
        le=10.0,
    )
    cells: int = setting(4, title="Cells", help="Cells along each side of the square.", ge=2, le=32)


class Sine(NoisyTarget):
    """Regression: a sine wave over one feature between -1 and 1."""

    kind: Literal["sine"] = "sine"
    frequency: float = setting(
        1.0,
        title="Frequency",
        unit="periods",
        help="Periods per unit of x; twice as many fit between -1 and 1.",
        gt=0.0,
        le=100.0,
    )


class Plane(NoisyTarget):
    """Regression: the mean of two features between -1 and 1, which one linear unit can learn."""

    kind: Literal["plane"] = "plane"


class FormulaData(NoisyTarget):
    """Regression: a formula of your own in x, or in x1 and x2."""

    kind: Literal["formula"] = "formula"
    expression: str = setting(
        "sin(3*x) + 0.5*x**2",
        title="Formula",
        help=(
            "What is to be learned, in x or in x1 and x2: numbers, + - * / **, parentheses, pi, e,"
            " sin cos tan exp log sqrt abs tanh sign floor, min(a, b) and max(a, b)."
        ),
        max_length=500,
    )
    low: float = setting(
        -2.0, title="From", help="Smallest value of each feature.", ge=-1e6, le=1e6
    )
    high: float = setting(
        2.0,
        title="To",
        help="Largest value of each feature.",
        ge=-1e6,
        le=1e6,
        validate_default=True,  # against what the file says of low
    )

    @field_validator("expression")
    @classmethod
    def _can_be_read(cls, expression: str) -> str:
        try:
            Formula.parse(expression)
        except DataError as error:
            raise ValueError(f"{error.message} {error.hint}".rstrip(". ")) from None
        return expression

    @field_validator("high")
    @classmethod
    def _above_low(cls, high: float, info: ValidationInfo) -> float:
        low = info.data.get("low")
        if low is not None and high <= low:
            raise ValueError(f"{high:g} is not above the smallest value, {low:g}")
        return high
