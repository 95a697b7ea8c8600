"""What a strip is told: its picture, and what of it is lit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.plots.strip_lane import Kinds, Lane


@dataclass(frozen=True, slots=True)
class ClipCard:
    """What clipping did: words, and the share of the length that is left."""

    title: str
    before: str
    after: str
    share: float
    clipped: bool


@dataclass(frozen=True, slots=True)
class Light:
    """How strongly each part is lit, from 0 to 1, and how far a signal has come.

    ``forward_reach`` and ``backward_reach`` are shares of the way; what lies behind is lit, what
    lies ahead is dark. ``clip`` and ``update`` are None, or how far their picture is.
    """

    forward: float = 1.0
    backward: float = 1.0
    forward_reach: float = 1.0
    backward_reach: float = 1.0
    loss: float = 0.0
    clip: float | None = None
    update: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StripPicture:
    """All that a strip shows.

    Attributes
    ----------
    forward, backward : Lane
    maps : tuple of bool
        Which layers' cells are whole pictures (channels), drawn as sheets.
    arcs : tuple of int
        Layers that add their input to their output.
    inputs : int
        Cells of the input column.
    source : str
        Word below the input column.
    loss : tuple of str
        Title, value, then further lines in the loss box.
    loss_bad : bool
        Whether the loss is no number.
    ratios : ndarray of float64, shape (layers,)
        log10 of the update ratios.
    ratio_kinds : ndarray of int16
        Which of them are numbers, as returned by :func:`app.plots.strip_lane.levels`.
    ratio_texts : tuple of str
    ratio_range : (float, float)
        log10 at the foot and at the top of the bars.
    ratio_caption : str
    card : ClipCard
    """

    forward: Lane
    backward: Lane
    maps: tuple[bool, ...]
    arcs: tuple[int, ...]
    inputs: int
    source: str
    loss: tuple[str, ...]
    loss_bad: bool
    ratios: NDArray[np.float64]
    ratio_kinds: Kinds
    ratio_texts: tuple[str, ...]
    ratio_range: tuple[float, float]
    ratio_caption: str
    card: ClipCard
