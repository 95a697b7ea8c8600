"""An image of colours that were chosen before: pyqtgraph is left nothing to scale."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF


class ColoredImage(pg.ImageItem):
    """An image of colours that is handed over only when it is another one.

    Parameters
    ----------
    smooth : bool, optional
        Whether pixels run into each other: for what was sampled on a grid.
    """

    def __init__(self, *, smooth: bool = False) -> None:
        super().__init__(axisOrder="row-major")
        self._smooth = smooth
        self._colors: NDArray[np.uint8] | None = None
        self._place = QRectF()

    def show_colors(self, colors: NDArray[np.uint8], place: QRectF) -> bool:
        """Draw colours, shape (rows, columns, 4), the first row lowest; return whether new."""
        old = self._colors
        same = old is not None and np.array_equal(colors, old)
        if same and place == self._place:
            return False
        resized = old is None or old.shape != colors.shape
        if not same:
            self._colors = colors
            self.setImage(colors, autoLevels=False)
        if resized or place != self._place:
            self._place = QRectF(place)
            self.setRect(place)
        return True

    @property
    def colors(self) -> NDArray[np.uint8] | None:
        """What is drawn, None for nothing."""
        return self._colors

    def clear_colors(self) -> None:
        """Draw nothing."""
        if self._colors is not None:
            self._colors = None
            self.clear()

    def paint(self, painter: object, *args: object) -> None:
        painter.setRenderHint(painter.RenderHint.SmoothPixmapTransform, self._smooth)  # pyright: ignore[reportAttributeAccessIssue]
        super().paint(painter, *args)  # pyright: ignore[reportArgumentType]
