"""Lines between the areas of a map, all at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Edges of a cell: 0 bottom, 1 right, 2 top, 3 left. A case has bit 1, 2, 4, 8 where the lower
# left, lower right, upper right, upper left corner is inside.
_CASES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),),
    2: ((0, 1),),
    3: ((3, 1),),
    4: ((1, 2),),
    5: ((3, 0), (1, 2)),
    6: ((0, 2),),
    7: ((3, 2),),
    8: ((2, 3),),
    9: ((2, 0),),
    10: ((0, 1), (2, 3)),
    11: ((2, 1),),
    12: ((1, 3),),
    13: ((1, 0),),
    14: ((0, 3),),
}


def zero_lines(field: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Return where a field is 0, as pairs of points: marching squares.

    Parameters
    ----------
    field : ndarray, shape (len(y), len(x))
        Where it is NaN there is no line.
    x, y : ndarray
        Coordinates of columns and rows.

    Returns
    -------
    ndarray, ndarray
        Coordinates, of which each two are a segment.
    """
    a, b, c, d = field[:-1, :-1], field[:-1, 1:], field[1:, 1:], field[1:, :-1]
    case = (a > 0) + 2 * (b > 0) + 4 * (c > 0) + 8 * (d > 0)
    case[~np.isfinite(a + b + c + d)] = 0
    rows, columns = np.nonzero((case > 0) & (case < 15))
    case = case[rows, columns]
    a, b, c, d = (part[rows, columns] for part in (a, b, c, d))
    left, right, low, high = x[columns], x[columns + 1], y[rows], y[rows + 1]

    def between(start: Array, stop: Array, p: Array, q: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = p / (p - q)
        return start + np.where(np.isfinite(share), share, 0.5) * (stop - start)

    points = (
        (between(left, right, a, b), low),
        (right, between(low, high, b, c)),
        (between(left, right, d, c), high),
        (left, between(low, high, a, d)),
    )
    xs, ys = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for number, pairs in _CASES.items():
        chosen = case == number
        for start, stop in pairs if chosen.any() else ():
            xs.append(np.stack([points[start][0][chosen], points[stop][0][chosen]], axis=1))
            ys.append(np.stack([points[start][1][chosen], points[stop][1][chosen]], axis=1))
    return np.concatenate(xs).ravel(), np.concatenate(ys).ravel()


def class_lines(
    classes: NDArray[np.integer], margin: Array, x: Array, y: Array
) -> tuple[Array, Array]:
    """Return the lines between classes, as pairs of points.

    Parameters
    ----------
    classes : ndarray of int, shape (len(y), len(x))
        -1: no class; nothing is drawn around it.
    margin : ndarray, shape (len(y), len(x))
        By how much the class wins: a line runs nearer to where it is small.
    x, y : ndarray
    """
    sizes = np.where(np.isfinite(margin) & (margin > 0), margin, 1e-6)
    sizes = np.where(classes >= 0, sizes, np.nan)
    xs, ys = [np.zeros(0)], [np.zeros(0)]
    found = np.unique(classes[classes >= 0])
    for one in found[: max(len(found) - 1, 0)]:  # what is left lies around the last
        lines = zero_lines(np.where(classes == one, sizes, -sizes), x, y)
        xs.append(lines[0])
        ys.append(lines[1])
    return np.concatenate(xs), np.concatenate(ys)
