"""What the network learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.form import PartForm
from app.form.row import Sentence
from app.panels.panel import FormPanel
from app.tools import ScreePlot
from core.experiment.data import DataPart
from core.experiment.model import Experiment

if TYPE_CHECKING:
    from core.record.source import Facts


class DataPanel(FormPanel):
    """Data set with its own settings, how it is prepared, and what came of it."""

    paths = ("data",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Data", parent)
        self._form = PartForm(
            Experiment,
            ["data"],
            labels={"data": "Data set"},
            fold=("Preparation", DataPart.model_fields),
        )
        self.add_form("", self._form)
        self.done = Sentence("muted")
        self.ratio = Sentence("muted")
        self.ratio.setToolTip(
            "P/N: trainable parameters for each training sample. Above 1 a network can learn its"
            " samples by heart, so watch the validation loss; below it, it cannot."
        )
        self.scree = ScreePlot()
        self.body.addWidget(self.done)
        self.body.addWidget(self.scree)
        self.body.addWidget(self.ratio)

    def set_facts(self, facts: Facts) -> None:
        """Say what was done to the data, and how many parameters there are for a sample."""
        self.done.set_sentence(facts.data_text)
        self.scree.set_explained(facts.explained, facts.components)
        known = facts.parameters > 0 and facts.n_train > 0
        self.ratio.set_sentence(_ratio_text(facts.parameters, facts.n_train) if known else "")


def _ratio_text(parameters: int, samples: int) -> str:
    return f"P/N = {parameters / samples:.3g}: {parameters:,} parameters, {samples:,} samples."
