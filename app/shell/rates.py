"""The choice of how fast a recording is played: usual speeds, and any other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QInputDialog, QWidget

from app.shell.playback import RATES, USUAL, Rate

SLOWEST = 0.01
FASTEST = 1e6
"""Steps a second."""
_OTHER = "Another speed…"


class RateBox(QComboBox):
    """Usual speeds, and last an entry that asks for another, which then stands in the list.

    Signals
    -------
    rate_changed(object)
        A ``Rate`` was chosen.
    """

    rate_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Speed of playing")
        self.setToolTip("How fast the recording is played")
        for rate in RATES:
            self.addItem(rate.words, rate)
        self.addItem(_OTHER)
        self.setMaxVisibleItems(len(RATES) + 2)
        self._chosen = RATES.index(USUAL)
        self.setCurrentIndex(self._chosen)
        self.currentIndexChanged.connect(self._on_index)

    @property
    def rate(self) -> Rate:
        """What is chosen."""
        return self.itemData(self._chosen)

    @Slot(int)
    def _on_index(self, place: int) -> None:
        if isinstance(self.itemData(place), Rate):
            self._chosen = place
            self.rate_changed.emit(self.rate)
        else:
            self.setCurrentIndex(self._chosen)
            self._ask()

    def _ask(self) -> None:
        dialog = QInputDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Speed of playing")
        dialog.setLabelText("Steps a second, for example 0.5 for a step every two seconds")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleRange(SLOWEST, FASTEST)
        dialog.setDoubleDecimals(2)
        dialog.setDoubleValue(self.rate.steps_per_s or 50.0)
        dialog.doubleValueSelected.connect(self.take)
        dialog.open()

    @Slot(float)
    def take(self, steps_per_s: float) -> None:
        """Play at so many steps a second, from ``SLOWEST`` to ``FASTEST``."""
        words = Rate(steps_per_s=steps_per_s).words
        place = self.findText(words)
        if place < 0:
            place = self.count() - 1
            self.insertItem(place, words, Rate(steps_per_s=steps_per_s))
        self.setCurrentIndex(place)
