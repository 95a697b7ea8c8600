"""Windows beside the laboratory: activations, model summary, a look into data, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.panels.place import sentence_at
from app.tools import ActivationExplorer, SummaryWindow
from core.errors import LabError
from core.experiment import Experiment
from core.record.source import State

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session
    from app.theme import Theme
    from core.experiment.data import Csv, Idx, Npz
    from core.experiment.fields import Part

DATA_FILES = "Data (*.csv *.tsv *.txt *.npz *.gz *-ubyte *.idx);;All files (*)"


class Dialogs(QObject):
    """Opens each when it is asked for; none of them holds anything up.

    Signals
    -------
    noticed(str, str, str)
        Level, message and hint of something to tell.
    """

    noticed = Signal(str, str, str)

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._explorer: ActivationExplorer | None = None
        self._summary: SummaryWindow | None = None
        self._dialog: QDialog | None = None

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        if self._explorer is not None:
            self._explorer.apply_theme(theme)

    # Activations ---------------------------------------------------------------------------

    @Slot()
    def explore_selected(self) -> None:
        """Show the activation of the layer that is selected."""
        layers, number = self._session.source.facts.layers, self._session.layer
        if 1 <= number <= len(layers):
            self.explore(layers[number - 1].activation)
        else:
            self.explore(None)

    @Slot(object)
    def explore(self, activation: Part | None) -> None:
        """Show the explorer with an activation, or with the one it showed last."""
        if self._explorer is None:
            self._explorer = ActivationExplorer(self._window)
        if activation is not None:
            self._explorer.set_activation(activation)
        self._explorer.show()
        self._explorer.raise_()
        self._explorer.activateWindow()

    # Model summary -------------------------------------------------------------------------

    @Slot()
    def summarize(self) -> None:
        """Show output shapes and parameter counts, now and after every edit."""
        if self._summary is None:
            self._summary = SummaryWindow(sentence_at, self._window)
            self._session.experiment_changed.connect(self._show_summary)
        self._show_summary()
        self._summary.show()
        self._summary.raise_()
        self._summary.activateWindow()

    @Slot()
    def _show_summary(self) -> None:
        source = self._session.source
        if self._summary is not None:
            built = (source.facts, source.experiment)
            self._summary.set_experiment(self._session.experiment, built)

    # Data ----------------------------------------------------------------------------------

    @Slot()
    def choose_data(self) -> None:
        """Ask for a file of data and look into it."""
        dialog = QFileDialog(self._window, "Look into a data file", "", DATA_FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.look_into)
        self._open(dialog)

    @Slot()
    def look_into_present(self) -> None:
        """Look into the file that the experiment learns from."""
        from core.experiment.data import Csv, Idx, Npz

        data = self._session.experiment.data
        if not isinstance(data, Csv | Npz | Idx):
            return
        if data.images if isinstance(data, Idx) else data.path:
            self.look_into(data)
        else:
            self.choose_data()

    @Slot(object)
    @Slot(str)
    def look_into(self, source: Csv | Npz | Idx | Path | str) -> None:
        """Show the first rows of a file; the data are used if the user says so."""
        from app.datasets import PreviewDialog

        dialog = PreviewDialog(source, self._window)
        dialog.accepted.connect(lambda: self._use(dialog.chosen()))
        self._open(dialog)

    def _use(self, data: Csv | Npz | Idx) -> None:
        try:
            plain = self._session.experiment.plain()
            plain["data"] = data.model_dump(mode="json", by_alias=True)
            experiment = Experiment.parse(plain)
        except LabError as error:
            self.noticed.emit("bad", "The data were not taken.", str(error))
            return
        self._session.edit(experiment, "data")

    @Slot(str)
    def download(self, kind: str) -> None:
        """Offer to fetch a known data set; a run that failed for want of it begins anew."""
        from app.datasets import DownloadDialog

        dialog = DownloadDialog(kind, self._window)

        def finished() -> None:
            if dialog.is_complete:
                self._session.experiment_changed.emit()  # the panel offers no download any more
                if self._session.source.status.state is State.FAILED:
                    self._session.reset()

        dialog.finished.connect(finished)
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        if self._dialog is not None:
            self._dialog.reject()
        self._dialog = dialog

        def finished() -> None:
            if self._dialog is dialog:
                self._dialog = None
            dialog.deleteLater()

        dialog.finished.connect(finished)
        dialog.open()
