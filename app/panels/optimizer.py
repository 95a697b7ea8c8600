"""How a gradient becomes an update, and how many there are."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.training import Training


class OptimizerPanel(FormPanel):
    """Optimiser with its own settings, batch size, epochs."""

    paths = ("training.optimizer", "training.batch_size", "training.epochs", "training.loss")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Optimiser", parent)
        names = ["loss", "optimizer", "batch_size", "epochs"]
        self.add_form("training", PartForm(Training, names, prefix="training"))
