"""What the network learns from."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from core.experiment.model import Experiment


class DataPanel(FormPanel):
    """Data set, its own settings, validation share, standardisation."""

    paths = ("data",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Data", parent)
        self.add_form("", PartForm(Experiment, ["data"], labels={"data": "Data set"}))
