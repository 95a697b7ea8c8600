"""Percentiles of a layer's activations, snapshot by snapshot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.record import Frame, Histogram

Array = NDArray[np.float64]

LEVELS = (2.0, 25.0, 50.0, 75.0, 98.0)


def percentiles_of(histogram: Histogram, levels: Sequence[float] = LEVELS) -> Array:
    """Return percentiles, accurate to a bin, within which values are taken as evenly spread.

    Exact zeros stay at 0, and infinite values at the ends: a percentile may be infinite. What is
    NaN has no order and is left out; without anything else all percentiles are NaN.
    """
    edges = histogram.edges.astype(np.float64)
    counts = histogram.counts.astype(np.float64)
    below = np.concatenate([[0.0], np.cumsum(counts)]) + histogram.neg_inf
    total = below[-1] + histogram.pos_inf
    if total <= 0:
        return np.full(len(levels), np.nan)
    place = int(np.searchsorted(edges, 0.0, "right")) - 1
    place = min(place, len(counts) - 1) if edges[-1] == 0.0 else place
    if histogram.zeros and 0 <= place < len(counts):
        # A step of the distribution at 0, the rest of that bin evenly around it.
        rest = max(counts[place] - histogram.zeros, 0.0)
        share = -edges[place] / (edges[place + 1] - edges[place])
        at = below[place] + rest * share
        below = np.insert(below, place + 1, [at, at + histogram.zeros])
        edges = np.insert(edges, place + 1, [0.0, 0.0])
    wanted = np.asarray(levels) / 100.0 * total
    found = np.interp(wanted, below, edges)
    found[wanted < histogram.neg_inf] = -np.inf
    found[wanted > total - histogram.pos_inf] = np.inf
    return found


class PercentileTrack:
    """Percentiles of one layer over the snapshots of a run, each computed once.

    Attributes
    ----------
    steps : ndarray of float64, shape (n,)
    values : ndarray of float64, shape (n, levels)
    least, greatest : ndarray of float64, shape (n,)
        Of the finite values; NaN where there are none.
    nan, infinite : ndarray of int64, shape (n,)
        Values that are NaN, and +Inf or -Inf.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Histogram, Array]] = {}
        self._rows = np.zeros((0, len(LEVELS) + 5))

    @property
    def steps(self) -> Array:
        return self._rows[:, 0]

    @property
    def values(self) -> Array:
        return self._rows[:, 5:]

    @property
    def least(self) -> Array:
        return self._rows[:, 1]

    @property
    def greatest(self) -> Array:
        return self._rows[:, 2]

    @property
    def nan(self) -> NDArray[np.int64]:
        return self._rows[:, 3].astype(np.int64)

    @property
    def infinite(self) -> NDArray[np.int64]:
        return self._rows[:, 4].astype(np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def update(self, frames: Sequence[Frame], layer: int) -> int:
        """Take over the snapshots there are now, return of how many percentiles were computed.

        Parameters
        ----------
        frames : sequence of Frame
            All of them, by step; what was dropped from a history is forgotten here.
        layer : int
            Counted from 1; the same at every call.
        """
        known, made = self._known, 0
        now: dict[int, tuple[Histogram, Array]] = {}
        for frame in frames:
            histogram = frame.layers[layer - 1].h if layer <= len(frame.layers) else None
            if histogram is None:
                continue
            before = known.get(frame.step)
            if before is None or before[0] is not histogram:
                before = (histogram, _row_of(frame.step, histogram))
                made += 1
            now[frame.step] = before
        if made or now.keys() != known.keys():
            rows = [row for _, row in now.values()]
            self._rows = np.stack(rows) if rows else np.zeros((0, len(LEVELS) + 5))
        self._known = now
        return made


def _row_of(step: int, histogram: Histogram) -> Array:
    known = histogram.nan + histogram.pos_inf + histogram.neg_inf
    nan = histogram.nonfinite - known + histogram.nan
    bins = np.flatnonzero(histogram.counts)
    ends = (np.nan, np.nan)
    if len(bins):
        ends = (float(histogram.edges[bins[0]]), float(histogram.edges[bins[-1] + 1]))
    infinite = histogram.pos_inf + histogram.neg_inf
    return np.array([step, *ends, nan, infinite, *percentiles_of(histogram)], np.float64)
