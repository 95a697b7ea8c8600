"""Seed, device and name of a run."""

from __future__ import annotations

import secrets

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QToolButton, QWidget

from app.form import ChoiceField, LongTextField, PartForm
from app.panels.panel import FormPanel
from core.experiment.model import Experiment
from core.experiment.training import Training

_AUTO = ("auto", "Automatic", "The fastest device that this machine has.")


class RunPanel(FormPanel):
    """Seed (with a button for a new one), device, what is measured, name, description."""

    paths = ("seed", "training.device", "measuring", "name", "description")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Run", parent)
        self._device = ChoiceField()
        self._device.set_choices([_AUTO])
        self._build()
        self._connect()

    def _build(self) -> None:
        self._seed_form = PartForm(Experiment, ["seed"])
        self.add_form("", self._seed_form)
        self.add_form(
            "training",
            PartForm(Training, ["device"], prefix="training", fields={"device": self._device}),
        )
        self.add_form("", PartForm(Experiment, ["measuring"]))
        self.add_form(
            "",
            PartForm(Experiment, ["name", "description"], fields={"description": LongTextField()}),
        )
        self.new_seed = QToolButton()
        self.new_seed.setText("New")
        self.new_seed.setToolTip("Draw a new seed: other weights, other batches")
        self.new_seed.setAccessibleName("New seed")
        row = self._seed_form.row("seed")
        if row is not None:
            row.add_button(self.new_seed)

    def _connect(self) -> None:
        self.new_seed.clicked.connect(self._on_new_seed)

    def set_devices(self, devices: list[tuple[str, str]]) -> None:
        """Offer these (value, text) besides ``auto``."""
        offered = [(value, text, "") for value, text in devices if value != "auto"]
        self._device.set_choices([_AUTO, *offered])

    @Slot()
    def _on_new_seed(self) -> None:
        seed = self._experiment.seed
        while seed == self._experiment.seed:
            seed = secrets.randbelow(10_000)  # short enough to be said aloud in a lecture
        row = self._seed_form.row("seed")
        if row is not None:
            row.set_value(self._experiment.seed, force=True)
        self._on_edited("seed", seed)
