"""What all items share that lie over a plot and are drawn in its pixels."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QGraphicsItem

from app.plots.plot import Plot
from app.theme import Theme


class PixelItem(QGraphicsItem):
    """An item over a plot that moves with its range and size, and takes no clicks.

    Parameters
    ----------
    plot : Plot
    z : float, optional
        Height among the plot's items: its overlay lies at 10.
    """

    def __init__(self, plot: Plot, *, z: float = 5.0) -> None:
        super().__init__(plot)
        self._plot = plot
        self._theme: Theme | None = None
        self.setZValue(z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        plot.view_changed.connect(self.follow_plot)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.update()

    def follow_plot(self) -> None:
        """Move with the plot's range and size."""
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._plot.area()
