"""Toy data: classes and functions in one or two dimensions, drawn from a generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.formula import Formula
from core.data.raw import Raw
from core.errors import DataError

if TYPE_CHECKING:
    from core.experiment.data import (
        Blobs,
        Checkerboard,
        Circles,
        FormulaData,
        Moons,
        Plane,
        Sine,
        Spirals,
        Xor,
    )

_Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def two_moons(spec: Moons, rng: np.random.Generator) -> _Points:
    """Draw two interleaved half circles, as scikit-learn's ``make_moons`` defines them.

    Returns
    -------
    x : ndarray of float64, shape (samples, 2)
    y : ndarray of int64, shape (samples,)
    """
    upper = spec.samples // 2
    lower = spec.samples - upper
    t, u = np.linspace(0.0, np.pi, upper), np.linspace(0.0, np.pi, lower)
    x = np.concatenate(
        [np.column_stack([np.cos(t), np.sin(t)]), np.column_stack([1 - np.cos(u), 0.5 - np.sin(u)])]
    )
    y = np.repeat(np.array([0, 1], np.int64), [upper, lower])
    return x + rng.normal(scale=spec.noise, size=x.shape), y


def two_circles(spec: Circles, rng: np.random.Generator) -> _Points:
    """Draw a circle inside another, as scikit-learn's ``make_circles`` defines them."""
    outer = spec.samples // 2
    parts = []
    for count, radius in ((outer, 1.0), (spec.samples - outer, spec.factor)):
        angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
        parts.append(radius * np.column_stack([np.cos(angle), np.sin(angle)]))
    y = np.repeat(np.array([0, 1], np.int64), [outer, spec.samples - outer])
    x = np.concatenate(parts)
    return x + rng.normal(scale=spec.noise, size=x.shape), y


def spirals(spec: Spirals, rng: np.random.Generator) -> _Points:
    """Draw Archimedean spirals: radius t, angle 2 pi (turns t + arm / arms), t from 0 to 1.

    The noise is added last; t = 0, where all arms meet, is left out.
    """
    y = _shares(spec.samples, spec.arms)
    sizes = np.bincount(y)
    t = np.concatenate([np.arange(1, size + 1) / size for size in sizes])
    angle = 2 * np.pi * (spec.turns * t + y / spec.arms)
    x = t[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x + rng.normal(scale=spec.noise, size=x.shape), y


def xor(spec: Xor, rng: np.random.Generator) -> _Points:
    """Draw points from the square [-1, 1]^2; class 1 where the signs of the coordinates differ."""
    x = rng.uniform(-1.0, 1.0, (spec.samples, 2))
    y = ((x[:, 0] > 0) != (x[:, 1] > 0)).astype(np.int64)
    return x + rng.normal(scale=spec.noise, size=x.shape), y


def blobs(spec: Blobs, rng: np.random.Generator) -> _Points:
    """Draw Gaussian clouds around points evenly on the unit circle.

    Raises
    ------
    DataError
        If there are more clouds than points.
    """
    if spec.samples < spec.centres:
        raise DataError(
            f"{spec.samples} {'sample is' if spec.samples == 1 else 'samples are'} too few for"
            f" {spec.centres} clouds.",
            hint="Draw more samples, or fewer clouds.",
            field="data.samples",
        )
    y = _shares(spec.samples, spec.centres)
    angle = 2 * np.pi * y / spec.centres
    centres = np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + rng.normal(scale=spec.spread, size=centres.shape), y


def checkerboard(spec: Checkerboard, rng: np.random.Generator) -> _Points:
    """Draw points from [-1, 1]^2; class 0 in the lower left cell, its neighbours class 1."""
    x = rng.uniform(-1.0, 1.0, (spec.samples, 2))
    cell = np.floor((x + 1) * spec.cells / 2).astype(np.int64)
    return x + rng.normal(scale=spec.noise, size=x.shape), cell.sum(axis=1) % 2


def sine(spec: Sine, rng: np.random.Generator) -> Raw:
    """Draw y = sin(2 pi frequency x) + noise over x in [-1, 1]."""
    x = rng.uniform(-1.0, 1.0, (spec.samples, 1))
    return _regression(x, np.sin(2 * np.pi * spec.frequency * x[:, 0]), spec.noise, rng)


def plane(spec: Plane, rng: np.random.Generator) -> Raw:
    """Draw y = (x1 + x2) / 2 + noise over [-1, 1]^2."""
    x = rng.uniform(-1.0, 1.0, (spec.samples, 2))
    return _regression(x, x.mean(axis=1), spec.noise, rng)


def formula(spec: FormulaData, rng: np.random.Generator) -> Raw:
    """Draw the user's formula + noise over [low, high] in each variable.

    Raises
    ------
    DataError
        If the formula cannot be read, or a value is not finite.
    """
    function = Formula.parse(spec.expression)
    x = rng.uniform(spec.low, spec.high, (spec.samples, len(function.variables)))
    return _regression(x, function(x), spec.noise, rng)


def points(drawn: _Points, names: tuple[str, ...] = ()) -> Raw:
    """Return classes in the plane; without names, classes are numbered from 0."""
    x, y = drawn
    return Raw(x, y, names or tuple(str(label) for label in range(y.max() + 1)), (x.shape[1],))


def _regression(
    x: NDArray[np.float64], y: NDArray[np.float64], noise: float, rng: np.random.Generator
) -> Raw:
    target = y + rng.normal(scale=noise, size=y.shape)
    return Raw(x, target[:, None], (), (x.shape[1],))


def _shares(samples: int, classes: int) -> NDArray[np.int64]:
    """Return labels in order, the first classes one sample larger where it does not divide."""
    sizes = np.full(classes, samples // classes)
    sizes[: samples % classes] += 1
    return np.repeat(np.arange(classes, dtype=np.int64), sizes)
