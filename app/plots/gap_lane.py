"""Where a line has a gap because of what was measured: exact zeros, NaN and Inf on a log axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot

HEIGHT = 4.0  # pixels of a lane
KINDS = ("zero", "nan", "inf")
"""Lanes from the bottom; the tokens of the theme have the same names."""


class GapLane(PixelItem):
    """Thin lanes at the foot of a plot, one for each kind of value that has no place in it.

    Parameters
    ----------
    plot : Plot
        Where they lie.

    Attributes
    ----------
    runs : dict of str to list of (float, float)
        Of each kind in ``KINDS`` that occurs, from where to where, in coordinates.
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, z=4)
        self.runs: dict[str, list[tuple[float, float]]] = {}

    def show_gaps(
        self,
        left: NDArray[np.float64],
        right: NDArray[np.float64],
        kinds: dict[str, NDArray[np.bool_]],
    ) -> None:
        """Show for each kind the buckets in which it occurs.

        Parameters
        ----------
        left, right : ndarray, shape (n,)
            Edges of the buckets, one behind the other.
        kinds : dict of str to ndarray of bool, shape (n,)
        """
        runs: dict[str, list[tuple[float, float]]] = {}
        for kind, found in kinds.items():
            if found.any():
                turns = np.flatnonzero(np.diff(np.concatenate(([False], found, [False]))))
                runs[kind] = [
                    (float(left[a]), float(right[b - 1]))
                    for a, b in zip(turns[::2], turns[1::2], strict=True)
                ]
        if runs != self.runs:
            self.runs = runs
            self.update()

    def clear_points(self) -> None:
        """Draw nothing."""
        self.show_gaps(np.zeros(0), np.zeros(0), {})

    def boundingRect(self) -> QRectF:
        area = self._plot.area()
        height = HEIGHT * len(KINDS)
        return QRectF(area.left(), area.bottom() - height, area.width(), height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None or not self.runs:
            return
        area = self._plot.area()
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        scale, shift, _, _ = self._plot.mapping()
        for row, kind in enumerate(kind for kind in KINDS if kind in self.runs):
            # Zeros in the colour of print: that of the heatmap is made for a bright image.
            painter.setBrush(self._theme.color("muted" if kind == "zero" else kind))
            top = area.bottom() - HEIGHT * (row + 1)
            painter.drawRects(
                [
                    QRectF(shift + a * scale, top, max(1.0, (b - a) * scale), HEIGHT - 1)
                    for a, b in self.runs[kind]
                ]
            )
