"""What a number is: ordinary, exactly zero, subnormal, or not finite; and where that begins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.measure.missing import not_measured
from core.record.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Tensor = torch.Tensor

_EXPONENT, _FRACTION, _SIGN = 0x7F80_0000, 0x007F_FFFF, 0x8000_0000


class Kind(IntEnum):
    """What a float32 number is."""

    NORMAL = 0
    ZERO = 1
    SUBNORMAL = 2
    NAN = 3
    POS_INF = 4
    NEG_INF = 5
    NOT_MEASURED = 6


NAMES: tuple[str, ...] = ("normal", "zero", "subnormal", "NaN", "+Inf", "-Inf", "not measured")
"""Names of the kinds, by their numbers."""


def kinds(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Tell what each cell holds, by its bits: also where the processor flushes subnormals to 0.

    Parameters
    ----------
    values : ndarray of float32, any shape
        As recorded: a copy in another type has lost which cells nobody measured.

    Returns
    -------
    ndarray of uint8, shape of values
        Numbers of :class:`Kind`.
    """
    values = np.asarray(values, np.float32)
    bits = np.ascontiguousarray(values).view(np.uint32).reshape(values.shape)
    exponent, fraction = bits & _EXPONENT, bits & _FRACTION
    found = np.full(values.shape, Kind.NORMAL, np.uint8)
    small, large = exponent == 0, exponent == _EXPONENT
    found[small] = Kind.SUBNORMAL
    found[small & (fraction == 0)] = Kind.ZERO
    found[large] = Kind.NAN
    infinite = large & (fraction == 0)
    negative = (bits & _SIGN) != 0
    found[infinite & ~negative] = Kind.POS_INF
    found[infinite & negative] = Kind.NEG_INF
    found[not_measured(values)] = Kind.NOT_MEASURED
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A tensor in the order of computation.

    Attributes
    ----------
    name : str
        As in :class:`core.record.found.Found`.
    layer : int or None
        From 1 at the input.
    values : Tensor, any shape
    sampled : bool
        Whether the first axis is the batch; the next one is then that of units, else the first.
    """

    name: str
    layer: int | None
    values: Tensor
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The first cell that is not finite: of ``count`` of the ``of`` cells of its part.

    Attributes
    ----------
    name : str
    layer : int or None
    kind : str
        "NaN", "+Inf" or "-Inf".
    row : int or None
        Place in the batch.
    unit : int or None
    count, of : int
    """

    name: str
    layer: int | None
    kind: str
    row: int | None
    unit: int | None
    count: int
    of: int

    def found(self, step: int, sample: int | None = None) -> Found:
        """Say of which step and training sample it is."""
        return Found(step, self.layer, self.name, self.kind, sample, self.unit, self.count, self.of)


def is_finite(values: Tensor) -> bool:
    """Tell whether no entry is NaN or Inf."""
    return bool(torch.isfinite(values).all().item())


def first_nonfinite(parts: Iterable[Part]) -> Cell | None:
    """Return the first cell that is not finite of the first part that has one.

    Parameters
    ----------
    parts : iterable of Part
        In the order of computation; what comes after the part in question is not asked for.
    """
    for part in parts:
        values = part.values.detach()
        if is_finite(values):
            continue
        bad = ~torch.isfinite(values.reshape(-1))
        at = int(bad.nonzero()[0].item())
        value = values.reshape(-1)[at].to(torch.float32).cpu().numpy()
        index = [int(one) for one in np.unravel_index(at, tuple(values.shape))]
        row = index.pop(0) if part.sampled and index else None
        unit = index[0] if index else None
        # A NaN that was computed: nobody writes the special one into a tensor.
        kind = "NaN" if np.isnan(value) else "+Inf" if value > 0 else "-Inf"
        count = int(bad.sum().item())
        return Cell(part.name, part.layer, kind, row, unit, count, values.numel())
    return None
