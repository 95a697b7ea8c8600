"""Clipping in numbers: two components by the core's own rules, and what clipping did to a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.measure.missing import not_measured

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.experiment.training import ClipSpec
    from core.record import RunSource

    Array = npt.NDArray[np.float64]
    Vector = tuple[float, float]

WINDOW = 200
"""Steps of a run that are looked back at."""
_ROUNDING = 1e-6
"""A factor this close to 1 is float32's rounding, if nothing turned either."""
_STILL = 1e-3  # degrees


@dataclass(frozen=True, slots=True)
class Clipped:
    """A gradient of two components after clipping.

    Attributes
    ----------
    raw, after : (float, float)
    factor : float
        Length after over length before; 1 for a zero gradient.
    angle : float
        Between before and after, in degrees.
    """

    raw: Vector
    after: Vector
    factor: float
    angle: float

    @property
    def is_clipped(self) -> bool:
        """Whether anything was taken away."""
        return self.raw != self.after


def clipped(spec: ClipSpec, raw: Vector) -> Clipped:
    """Clip a gradient of two components, each of a tensor of its own, in float64.

    Parameters
    ----------
    spec : ClipSpec
    raw : (float, float)
    """
    import torch

    from core.engine.clipping import clip_

    gradient = torch.tensor(raw, dtype=torch.float64)
    factor, angle = clip_(spec, gradient, torch.linalg.vector_norm(gradient), (1, 1))
    first, second = gradient.tolist()
    return Clipped(raw, (first, second), factor.item(), angle.item())


def direction(vector: Vector) -> float | None:
    """Return the angle to the first axis in degrees, above -180; None for a zero vector."""
    return math.degrees(math.atan2(vector[1], vector[0])) if any(vector) else None


@dataclass(frozen=True, slots=True)
class Recent:
    """What clipping did in the last steps of a run.

    Attributes
    ----------
    first : int
        Step of the first row.
    angle : ndarray
        Degrees at each step; NaN where not measured or not finite.
    measured : int
        Steps whose clipping was measured.
    clipped : int
        Of these, steps that clipping changed.
    not_finite : int
        Of the measured ones, steps whose gradient was not finite, so that nothing was clipped.
    step : int or None
        The newest measured step.
    factor, turned, norm : float
        ``clip_factor``, ``clip_angle`` and ``grad_norm`` there.
    """

    first: int
    angle: Array
    measured: int
    clipped: int
    not_finite: int
    step: int | None
    factor: float
    turned: float
    norm: float

    @property
    def share(self) -> float:
        """Share of the measured steps that were clipped; NaN without any."""
        return self.clipped / self.measured if self.measured else math.nan


def is_changed(factor: Array | float, angle: Array | float) -> npt.NDArray[np.bool_]:
    """Tell where clipping changed a gradient by more than float32's rounding."""
    return (np.asarray(factor) < 1 - _ROUNDING) | (np.asarray(angle) > _STILL)


def recent(source: RunSource) -> Recent:
    """Return what clipping did in the last ``WINDOW`` steps of a run."""
    stop = source.steps
    first = max(0, stop - WINDOW)
    rows = [
        source.scalars[name].read(first, stop)
        if name in source.scalars
        else np.zeros(0, np.float32)
        for name in ("clip_factor", "clip_angle", "grad_norm")
    ]
    if not len(rows[0]):
        return Recent(first, np.zeros(0), 0, 0, 0, None, math.nan, math.nan, math.nan)
    there = ~not_measured(rows[0])
    factor, angle, norm = (row.astype(np.float64) for row in rows)
    known = there & np.isfinite(factor)
    changed = known & is_changed(factor, angle)
    at = np.flatnonzero(there)
    last = int(at[-1]) if at.size else None
    newest = (math.nan,) * 3 if last is None else (factor[last], angle[last], norm[last])
    return Recent(
        first=first,
        angle=np.where(known, angle, np.nan),
        measured=int(there.sum()),
        clipped=int(changed.sum()),
        not_finite=int((there & ~known).sum()),
        step=None if last is None else first + last,
        factor=float(newest[0]),
        turned=float(newest[1]),
        norm=float(newest[2]),
    )
