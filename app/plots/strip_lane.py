"""A lane of a strip: a river as wide as a signal is strong, and cells for single units."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF

from app.plots.strip_layout import StripLayout
from core.measure.missing import not_measured

LEVELS = 16
ZERO, NAN, INF, MISSING = -1, -2, -3, -4
"""Instead of a level: what has no place on a scale of magnitudes."""
_THREAD = 1.4  # pixels: the weakest signal that is a signal
_FILL = 0.9  # of the lane, that the strongest one takes

Array = NDArray[np.float32]
Kinds = NDArray[np.int16]


def levels(values: ArrayLike, low: float, high: float) -> Kinds:
    """Return the level, from 0 to 15, of log10 |value| between ``low`` and ``high``.

    What is 0, not finite or not measured becomes ``ZERO``, ``NAN``, ``INF`` or ``MISSING``.
    """
    raw = np.asarray(values, np.float32)
    shares = shares_of(raw, low, high)
    found = np.rint(np.nan_to_num(shares) * (LEVELS - 1)).astype(np.int16)
    found[raw == 0] = ZERO
    found[np.isnan(raw)] = NAN
    found[np.isinf(raw)] = INF
    found[not_measured(raw)] = MISSING
    return found


def shares_of(values: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
    """Return where log10 |value| lies between ``low`` and ``high``, NaN if there is none."""
    sizes = np.abs(np.asarray(values, np.float64))
    sizes[(sizes == 0) | ~np.isfinite(sizes)] = np.nan
    return np.clip((np.log10(sizes) - low) / (high - low), 0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """What is drawn in a lane.

    Attributes
    ----------
    shares : ndarray, shape (layers,)
        Width of the river, from 0 (a thread) to 1; NaN where there is no magnitude.
    kinds : ndarray of int16, shape (layers,)
        As returned by :func:`levels`.
    cells : tuple of ndarray of int16
        Of each layer the levels of its cells, the first unit on top; empty if unknown.
    texts : tuple of str
        A number for each layer.
    caption : str
    """

    shares: NDArray[np.float64]
    kinds: Kinds
    cells: tuple[Kinds, ...]
    texts: tuple[str, ...]
    caption: str


def river(layout: StripLayout, lane: Lane, span: tuple[float, float]) -> QPainterPath:
    """Return the river: one piece for each run of layers that have a magnitude."""
    path = QPainterPath()
    middle, most = sum(span) / 2, (span[1] - span[0]) * _FILL
    last = layout.count - 1
    known = np.flatnonzero(lane.kinds >= 0)
    if not known.size:
        return path
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        first, final = int(run[0]), int(run[-1])
        nodes = [
            (layout.x(int(i) + 1), max(_THREAD, float(lane.shares[i]) * most) / 2) for i in run
        ]
        half = layout.pitch / 2
        if first == 0:
            nodes.insert(0, (nodes[0][0] - layout.column / 2 - 2, nodes[0][1]))
        else:  # into nothing where the neighbour is 0, cut off where it is no number
            width = 0.0 if lane.kinds[first - 1] == ZERO else nodes[0][1]
            nodes.insert(0, (nodes[0][0] - half, width))
        if final == last:
            nodes.append((layout.box[0], nodes[-1][1]))
        else:
            width = 0.0 if lane.kinds[final + 1] == ZERO else nodes[-1][1]
            nodes.append((nodes[-1][0] + half, width))
        _add_piece(path, nodes, middle)
    return path


def _add_piece(path: QPainterPath, nodes: list[tuple[float, float]], middle: float) -> None:
    path.moveTo(nodes[0][0], middle - nodes[0][1])
    for (x0, t0), (x1, t1) in pairwise(nodes):
        turn = (x0 + x1) / 2
        path.cubicTo(turn, middle - t0, turn, middle - t1, x1, middle - t1)
    back = nodes[::-1]
    path.lineTo(back[0][0], middle + back[0][1])
    for (x0, t0), (x1, t1) in pairwise(back):
        turn = (x0 + x1) / 2
        path.cubicTo(turn, middle + t0, turn, middle + t1, x1, middle + t1)
    path.closeSubpath()


def arrows(layout: StripLayout, lane: Lane, span: tuple[float, float], way: int) -> list[QPolygonF]:
    """Return arrow heads on the river, where it is wide enough: 1 to the right, -1 to the left."""
    free = layout.pitch - layout.column
    if free < 16:
        return []
    middle, most = sum(span) / 2, (span[1] - span[0]) * _FILL
    every = max(1, round(48 / layout.pitch))
    found = []
    for index in range(0, layout.count - 1, every):
        pair = lane.shares[index : index + 2]
        if not np.isfinite(pair).all():
            continue
        size = min(float(pair.min()) * most * 0.22, 5.0, free / 5)
        if size < 2:
            continue
        x = layout.x(index + 1.5)
        points = [(x - way * size / 2, -size), (x + way * size / 2, 0), (x - way * size / 2, size)]
        found.append(QPolygonF([QPointF(px, middle + py) for px, py in points]))
    return found


def specials(
    layout: StripLayout, lane: Lane, span: tuple[float, float]
) -> list[tuple[int, QRectF]]:
    """Return the layers without a magnitude, neighbours of a kind joined."""
    top, height = span[0], span[1] - span[0]
    found: list[tuple[int, QRectF]] = []
    for index in np.flatnonzero(lane.kinds < 0):
        kind, x = int(lane.kinds[index]), layout.x(int(index) + 1)
        left, right = x - layout.pitch / 2, x + layout.pitch / 2
        if index == 0:
            left = max(left, x - layout.column / 2 - 8)
        if index == layout.count - 1:
            right = layout.box[0]
        if found and found[-1][0] == kind and abs(found[-1][1].right() - left) < 0.5:
            found[-1][1].setRight(right)
        else:
            found.append((kind, QRectF(left, top, right - left, height)))
    return found


def cell_rects(
    layout: StripLayout, lane: Lane, span: tuple[float, float]
) -> dict[int, list[QRectF]]:
    """Return the cells by level: few colours, each filled in one go."""
    found: dict[int, list[QRectF]] = {}
    if layout.column < 2:
        return found
    inset = 1.5 if layout.column > 8 else 0.5
    width = layout.column - 2 * inset
    for index, kinds in enumerate(lane.cells):
        if not len(kinds):
            continue
        high = (span[1] - span[0] - 2) / len(kinds)
        gap = 1.0 if high >= 4 else 0.5 if high >= 2.5 else 0.0
        left = layout.x(index + 1) - layout.column / 2 + inset
        for row, kind in enumerate(kinds.tolist()):
            rect = QRectF(left, span[0] + 1 + row * high, width, high - gap)
            found.setdefault(kind, []).append(rect)
    return found
