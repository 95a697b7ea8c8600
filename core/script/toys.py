"""Toy data as a few lines of NumPy that draw the same points as :mod:`core.data.toys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.experiment.data import Blobs, Checkerboard, Circles, Moons, Plane, Sine, Spirals, Xor
from core.script.source import block

if TYPE_CHECKING:
    from core.experiment.data import DataPart


def recipe_of(data: DataPart) -> str | None:
    """Return the lines that draw ``x`` and ``y`` from ``rng``, or None if there are none.

    Parameters
    ----------
    data : DataPart

    Notes
    -----
    The order of the draws is that of ``core.data.toys``; ``x`` has shape (n, features) in float64,
    ``y`` is (n,) for classes and (n, 1) for a regression.
    """
    match data:
        case Moons():
            return _moons(data)
        case Circles():
            return _circles(data)
        case Spirals():
            return _spirals(data)
        case Xor():
            return block(f"""
                x = rng.uniform(-1.0, 1.0, ({data.samples}, 2))
                y = (x[:, 0] > 0) != (x[:, 1] > 0)
                x += rng.normal(scale={data.noise!r}, size=x.shape)
                """)
        case Blobs():
            return _blobs(data)
        case Checkerboard():
            return block(f"""
                x = rng.uniform(-1.0, 1.0, ({data.samples}, 2))
                y = np.floor((x + 1) * {data.cells} / 2).sum(axis=1) % 2
                x += rng.normal(scale={data.noise!r}, size=x.shape)
                """)
        case Sine():
            return block(f"""
                x = rng.uniform(-1.0, 1.0, ({data.samples}, 1))
                y = np.sin(2 * np.pi * {data.frequency!r} * x)
                y += rng.normal(scale={data.noise!r}, size=y.shape)
                """)
        case Plane():
            return block(f"""
                x = rng.uniform(-1.0, 1.0, ({data.samples}, 2))
                y = x.mean(axis=1, keepdims=True)
                y += rng.normal(scale={data.noise!r}, size=y.shape)
                """)
        case _:
            return None


def _moons(data: Moons) -> str:
    upper = data.samples // 2
    lower = data.samples - upper
    return block(f"""
        t, u = np.linspace(0.0, np.pi, {upper}), np.linspace(0.0, np.pi, {lower})
        upper = np.column_stack([np.cos(t), np.sin(t)])
        lower = np.column_stack([1 - np.cos(u), 0.5 - np.sin(u)])
        x, y = np.concatenate([upper, lower]), np.repeat([0, 1], [{upper}, {lower}])
        x += rng.normal(scale={data.noise!r}, size=x.shape)
        """)


def _circles(data: Circles) -> str:
    outer = data.samples // 2
    inner = data.samples - outer
    return block(f"""
        t = np.linspace(0.0, 2 * np.pi, {outer}, endpoint=False)
        u = np.linspace(0.0, 2 * np.pi, {inner}, endpoint=False)
        outer = np.column_stack([np.cos(t), np.sin(t)])
        inner = {data.factor!r} * np.column_stack([np.cos(u), np.sin(u)])
        x, y = np.concatenate([outer, inner]), np.repeat([0, 1], [{outer}, {inner}])
        x += rng.normal(scale={data.noise!r}, size=x.shape)
        """)


def _spirals(data: Spirals) -> str:
    return block(f"""
        sizes = {_sizes(data.samples, data.arms)}
        y = np.repeat(np.arange({data.arms}), sizes)
        t = np.concatenate([np.arange(1, size + 1) / size for size in sizes])
        angle = 2 * np.pi * ({data.turns!r} * t + y / {data.arms})
        x = t[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        x += rng.normal(scale={data.noise!r}, size=x.shape)
        """)


def _blobs(data: Blobs) -> str:
    return block(f"""
        sizes = {_sizes(data.samples, data.centres)}
        y = np.repeat(np.arange({data.centres}), sizes)
        angle = 2 * np.pi * y / {data.centres}
        x = np.column_stack([np.cos(angle), np.sin(angle)])
        x += rng.normal(scale={data.spread!r}, size=x.shape)
        """)


def _sizes(samples: int, classes: int) -> str:
    """Return the sizes of the classes, the first ones larger by 1 where it does not divide."""
    size, larger = divmod(samples, classes)
    if not larger:
        return f"[{size}] * {classes}"
    return f"[{size + 1}] * {larger} + [{size}] * {classes - larger}"
