"""What keeps the weights small."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.training import Training


class PenaltyPanel(FormPanel):
    """L1 and L2 terms of the loss, and decoupled weight decay."""

    paths = ("training.l1", "training.l2", "training.weight_decay")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Regularisation", parent)
        names = ["l1", "l2", "weight_decay"]
        self.add_form("training", PartForm(Training, names, prefix="training"))
