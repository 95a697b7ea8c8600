"""What keeps the weights small."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.training import Training

_NAMES = ("l1", "l2", "weight_decay", "penalize_biases", "penalize_norms")


class PenaltyPanel(FormPanel):
    """L1 and L2 terms of the loss, decoupled weight decay, and what they act on."""

    paths = tuple(f"training.{name}" for name in _NAMES)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Regularisation", parent)
        self.add_form("training", PartForm(Training, _NAMES, prefix="training"))
