"""What is made small, how a gradient becomes an update, and how many there are."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.training import Training

_NAMES = ("loss", "optimizer", "schedule", "batch_size", "epochs", "steps", "early_stopping")


class OptimizerPanel(FormPanel):
    """Loss, optimiser and schedule with their own settings, batch size, and when the run ends."""

    paths = tuple(f"training.{name}" for name in _NAMES)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Training", parent)
        self.add_form("training", PartForm(Training, _NAMES, prefix="training"))
