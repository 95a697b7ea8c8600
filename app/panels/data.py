"""What the network learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from app.form import PartForm
from app.form.flow import FlowLayout
from app.form.row import Sentence
from app.panels.panel import FormPanel
from app.tools import ScreePlot
from core.data.present import to_download
from core.experiment.data import Csv, DataPart, Idx, Npz
from core.experiment.model import Experiment

if TYPE_CHECKING:
    from core.record.source import Facts


class DataPanel(FormPanel):
    """Data set with its own settings, how it is prepared, and what came of it.

    Signals
    -------
    preview_requested()
        A look into the file of data is wanted.
    download_requested(str)
        This kind of data is wanted from the net.
    """

    preview_requested = Signal()
    download_requested = Signal(str)

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
        self.preview_button, self.download_button = QToolButton(), QToolButton()
        self.preview_button.setText("Look into the file …")
        self.preview_button.setToolTip("See the first rows, and choose what is to be predicted")
        self.preview_button.clicked.connect(self.preview_requested)
        self.download_button.setText("Download …")
        self.download_button.setToolTip("Fetch the files of this data set, once")
        self.download_button.clicked.connect(self._on_download)
        flow = FlowLayout(spacing=4)
        flow.addWidget(self.preview_button)
        flow.addWidget(self.download_button)
        self.body.addLayout(flow)
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

    def _show(self, *, force: bool = False) -> None:
        super()._show(force=force)
        data = self.experiment.data
        self.preview_button.setVisible(isinstance(data, Csv | Npz | Idx))
        self.download_button.setVisible(bool(to_download(data)))

    @Slot()
    def _on_download(self) -> None:
        self.download_requested.emit(to_download(self.experiment.data))

    def set_facts(self, facts: Facts) -> None:
        """Say what was done to the data, and how many parameters there are for a sample."""
        self.done.set_sentence(facts.data_text)
        self.scree.set_explained(facts.explained, facts.components)
        known = facts.parameters > 0 and facts.n_train > 0
        self.ratio.set_sentence(_ratio_text(facts.parameters, facts.n_train) if known else "")


def _ratio_text(parameters: int, samples: int) -> str:
    return f"P/N = {parameters / samples:.3g}: {parameters:,} parameters, {samples:,} samples."
