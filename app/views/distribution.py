"""Histograms of either kind in one form: on an axis, with what has no place on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.plots.row_words import Share
from app.plots.text import integer, number, percent
from core.record import Histogram, LayerFrame
from core.record.frame import LogHistogram

Array = NDArray[np.float64]
_FEW = 100  # a count up to that says more than a share


@dataclass(frozen=True, eq=False)
class Distribution:
    """Counts over an axis.

    Attributes
    ----------
    edges : ndarray of float64, shape (bins + 1,)
        Coordinates: values, or log10 of magnitudes.
    bounds : ndarray of float64, shape (bins + 1,)
        Values, or magnitudes.
    counts : ndarray of int64, shape (bins,)
    log : bool
        Whether these are magnitudes; exact zeros are then in no bin.
    zeros, subnormal, nan, pos_inf, neg_inf, unknown : int
        Counted apart; ``unknown`` are NaN or Inf of which nobody has told which.
    """

    edges: Array
    bounds: Array
    counts: NDArray[np.int64]
    log: bool
    zeros: int
    subnormal: int
    nan: int
    pos_inf: int
    neg_inf: int
    unknown: int

    @cached_property
    def binned(self) -> int:
        """Entries in bins."""
        return int(self.counts.sum())

    @cached_property
    def total(self) -> int:
        """Entries in all."""
        zeros = self.zeros if self.log else 0
        return self.binned + zeros + self.nan + self.pos_inf + self.neg_inf + self.unknown

    def outline(self, top: float | None = None) -> tuple[Array, Array]:
        """Return points of the outline: density over x, 1 at the peak or at the density ``top``.

        It goes through the middle of each bin and ends at the outermost edges.
        """
        if not self.binned:
            return np.zeros(0), np.zeros(0)
        density = self.density
        middle = (self.edges[:-1] + self.edges[1:]) / 2
        x = np.concatenate([self.edges[:1], middle, self.edges[-1:]])
        height = np.concatenate([[0.0], density / (top or float(density.max())), [0.0]])
        return x, height

    @cached_property
    def density(self) -> Array:
        """Return the share of all entries per unit of x (or per decade), bin by bin."""
        widths = self.edges[1:] - self.edges[:-1]
        if not widths.min(initial=np.inf) > 0:  # numbers that float32 cannot tell apart
            widths = np.maximum(widths, widths[widths > 0].min(initial=1.0))
        return self.counts / widths / max(self.total, 1)

    def bin_at(self, x: float) -> int | None:
        """Return which bin a coordinate lies in."""
        place = int(np.searchsorted(self.edges, x, "right")) - 1
        return place if 0 <= place < len(self.counts) else None

    def apart(self) -> tuple[Share, ...]:
        """Return what the outline does not tell, the worst last."""
        kinds = (
            (self.subnormal, "subnormal", "dim"),
            (self.zeros, "0:", "zero"),
            (self.neg_inf, "−∞", "inf"),
            (self.pos_inf, "+∞", "inf"),
            (self.unknown, "NaN/∞", "nan"),
            (self.nan, "NaN", "nan"),
        )
        total = max(self.total, 1)
        return tuple(
            Share(count / total, f"{name} {_amount(count, total)}", token)
            for count, name, token in kinds
            if count
        )

    def words_at(self, x: float, symbol: str) -> tuple[str, ...]:
        """Return what the cursor reads at a coordinate: bin, count, share, what is apart."""
        place, lines = self.bin_at(x), list[str]()
        name = f"|{symbol}|" if self.log and not symbol.startswith("|") else symbol
        if place is None:
            lines.append(f"{name}: nothing here")
        else:
            low, high = (number(float(one)) for one in self.bounds[place : place + 2])
            count = int(self.counts[place])
            lines.append(f"{name} {low} to {high}")
            lines.append(
                f"{integer(count)} of {integer(self.total)} ({percent(count / max(self.total, 1))})"
            )
        rest = " · ".join(one.text for one in reversed(self.apart()))
        return (*lines, rest) if rest else tuple(lines)


def distribution(layer: LayerFrame, name: str, *, log: bool) -> Distribution | None:
    """Return a distribution of a layer, None if it was not measured.

    Parameters
    ----------
    layer : LayerFrame
    name : {"z", "h", "derivative", "delta", "gradient", "weight"}
    log : bool
        Of magnitudes.
    """
    linear: Histogram | None = getattr(layer, name)
    logs = layer.logs.get(name)
    if log:
        return None if logs is None else _of_magnitudes(logs)
    if linear is None:
        return None
    known = linear.nan + linear.pos_inf + linear.neg_inf
    edges = linear.edges.astype(np.float64)
    return Distribution(
        edges,
        edges,
        linear.counts,
        False,
        linear.zeros,
        0 if logs is None else logs.subnormal,
        linear.nan,
        linear.pos_inf,
        linear.neg_inf,
        linear.nonfinite - known,
    )


def _of_magnitudes(logs: LogHistogram) -> Distribution:
    return Distribution(
        logs.decades,
        logs.edges.astype(np.float64),
        logs.counts,
        True,
        logs.zeros,
        logs.subnormal,
        logs.nan,
        logs.pos_inf,
        logs.neg_inf,
        0,
    )


def unit_of(low: float, high: float) -> float:
    """Return the power of ten in which a range has coordinates near 1, which Qt can invert."""
    top = max(abs(low), abs(high))
    if not top > 0:
        return 1.0
    exponent = math.floor(math.log10(top))
    return 1.0 if -3 <= exponent <= 3 else 10.0**exponent


def _amount(count: int, total: int) -> str:
    share = count / total
    return integer(count) if count < _FEW and share < 0.01 else percent(share)
