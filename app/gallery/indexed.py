"""Pictures with 256 colours at most: a quarter of the bytes, and no difference to the eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

COLOURS = 256
_LAST_ROUNDS = 3


def save(picture: QImage, file: Path) -> None:
    """Write a picture as a small PNG file without anything that tells when it was made.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    height, width = plain.height(), plain.width()
    pixels = np.frombuffer(plain.constBits(), np.uint32).reshape(height, width) & 0xFFFFFF
    found, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    table, nearest = palette(found, counts)
    rows = np.zeros((height, (width + 3) // 4 * 4), np.uint8)  # Qt wants rows of whole words
    rows[:, :width] = nearest[places.reshape(height, width)]
    small = QImage(rows.tobytes(), width, height, rows.shape[1], QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | int(one) for one in table])
    if not small.save(str(file), "PNG", 0):  # pyright: ignore[reportCallIssue, reportArgumentType]
        raise OSError(f"{file} cannot be written")


def palette(
    colours: NDArray[np.integer], counts: NDArray[np.int64]
) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    """Choose few colours for many, by median cut and some rounds of k-means.

    Parameters
    ----------
    colours : ndarray, shape (n,)
        Different ones, ``0xRRGGBB``.
    counts : ndarray, shape (n,)
        Pixels of each.

    Returns
    -------
    table : ndarray, shape (up to 256,)
    nearest : ndarray, shape (n,)
        The place in the table for each colour.
    """
    if len(colours) <= COLOURS:
        return colours, np.arange(len(colours), dtype=np.uint8)
    parts = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.float64)
    # Without the root the large plain areas would leave no colours for thin curves.
    weights = np.sqrt(counts.astype(np.float64))
    boxes = [np.arange(len(parts))]
    spreads = [_spread(parts, weights, boxes[0])]
    while len(boxes) < COLOURS:
        widest = int(np.argmax([spread for spread, _ in spreads]))
        box, (_, axis) = boxes.pop(widest), spreads.pop(widest)
        order = box[np.argsort(parts[box, axis], kind="stable")]
        share = np.cumsum(weights[order])
        cut = int(np.clip(np.searchsorted(share, share[-1] / 2), 1, len(order) - 1))
        for half in (order[:cut], order[cut:]):
            boxes.append(half)
            spreads.append(_spread(parts, weights, half))
    centres = np.stack([np.average(parts[box], 0, weights[box]) for box in boxes])
    nearest = _nearest(parts, centres)
    for _ in range(_LAST_ROUNDS):
        sums = np.bincount(nearest, weights, COLOURS)
        for axis in range(3):
            total = np.bincount(nearest, weights * parts[:, axis], COLOURS)
            centres[:, axis] = np.where(sums > 0, total / np.maximum(sums, 1e-9), centres[:, axis])
        nearest = _nearest(parts, centres)
    # What fills areas stays to the bit: a ground that is off by one is seen at its edges.
    for most in np.argsort(-counts, kind="stable")[:16][::-1]:
        centres[nearest[most]] = parts[most]
    whole = np.rint(centres).astype(np.uint32)
    return whole[:, 0] << 16 | whole[:, 1] << 8 | whole[:, 2], _nearest(parts, centres)


def _spread(
    parts: NDArray[np.float64], weights: NDArray[np.float64], box: NDArray[np.int64]
) -> tuple[float, int]:
    """Return how far the colours of a box are from each other, and along which axis most."""
    if len(box) < 2:
        return -1.0, 0
    values, share = parts[box], weights[box] / weights[box].sum()
    variance = share @ (values - share @ values) ** 2 * weights[box].sum()
    axis = int(np.argmax(variance))
    return float(variance[axis]), axis


def _nearest(parts: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.uint8]:
    found = np.empty(len(parts), np.uint8)
    squares = (centres**2).sum(1)
    for start in range(0, len(parts), 8192):
        some = parts[start : start + 8192]
        found[start : start + 8192] = np.argmin(squares - 2 * some @ centres.T, 1)
    return found
