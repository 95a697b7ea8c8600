"""What is made small, how a gradient becomes an update, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.panels.panel import FormPanel
from app.tools import SchedulePreview
from core.experiment.training import Training

if TYPE_CHECKING:
    from core.experiment import Experiment
    from core.record.source import Facts

_NAMES = ("loss", "optimizer", "schedule", "batch_size", "epochs", "steps", "early_stopping")


class OptimizerPanel(FormPanel):
    """Loss, optimiser and schedule with their own settings, batch size, and when the run ends."""

    paths = tuple(f"training.{name}" for name in _NAMES)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Training", parent)
        self.add_form("training", PartForm(Training, _NAMES, prefix="training"))
        self.rates = SchedulePreview()
        self.body.addWidget(self.rates)
        self._steps_per_epoch: int | None = None

    def set_facts(self, facts: Facts) -> None:
        """Draw the learning rates of the whole run, now that its epochs have a length."""
        self._steps_per_epoch = facts.steps_per_epoch if facts.layers else None
        self.rates.set_experiment(self._experiment, self._steps_per_epoch)

    def set_experiment(self, experiment: Experiment) -> None:
        """Show an experiment and its learning rates."""
        super().set_experiment(experiment)
        self.rates.set_experiment(experiment, self._steps_per_epoch)
