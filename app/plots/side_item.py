"""What all items share that stand beside a plot: a width that grows with print."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSizeF, Qt

from app.theme import Theme


class SideItem(pg.GraphicsWidget):
    """An item as high as there is room.

    Parameters
    ----------
    width : float
        In pixels, at a scale of 1.
    """

    def __init__(self, width: float) -> None:
        self._natural = width  # before Qt asks for it
        self._theme: Theme | None = None
        super().__init__()
        self._fit()

    def set_width(self, width: float) -> None:
        """Take room, or (0) none; in pixels, at a scale of 1."""
        if width != self._natural:
            self._natural = width
            self._fit()

    def _fit(self) -> None:
        self.setMinimumWidth(self._px(self._natural))
        self.setMaximumWidth(self._px(self._natural))

    def _px(self, size: float) -> float:
        """Return a size that grows with print."""
        return size * self._theme.scale if self._theme is not None else size

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self._fit()
        self.update()

    def sizeHint(self, which: Qt.SizeHint, constraint: QSizeF | None = None) -> QSizeF:  # pyright: ignore[reportIncompatibleMethodOverride]
        return QSizeF(self._px(self._natural), 40 if which == Qt.SizeHint.MinimumSize else 10_000)
