"""Whether and how the gradient is limited before it is used."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.training import Training


class ClippingPanel(FormPanel):
    """Kind of clipping and its limit."""

    paths = ("training.clip",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Gradient clipping", parent)
        self.add_form("training", PartForm(Training, ["clip"], prefix="training"))
