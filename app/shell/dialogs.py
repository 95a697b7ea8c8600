"""Windows beside the laboratory: tools, model summary, a look into data, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.panels.place import sentence_at
from app.tools import ActivationExplorer, ClipGeometry, InitialiserInspector, SummaryWindow
from core.errors import LabError
from core.experiment import Experiment
from core.experiment.layers import Conv
from core.record.source import State

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session
    from app.theme import Theme
    from core.experiment.data import Csv, Idx, Npz
    from core.experiment.fields import Part
    from core.record import RunSource

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
        self._inspector: InitialiserInspector | None = None
        self._clipping: ClipGeometry | None = None
        self._summary: SummaryWindow | None = None
        self._dialog: QDialog | None = None

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        for tool in (self._explorer, self._inspector, self._clipping):
            if tool is not None:
                tool.apply_theme(theme)

    def show_source(self, source: RunSource) -> None:
        """Show the newest of a run in the windows that follow it."""
        if self._clipping is not None:
            self._clipping.show_source(source)

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
        _raise(self._explorer)

    # Initialisers and clipping -------------------------------------------------------------

    @Slot()
    def inspect_initialiser(self) -> None:
        """Show the initialiser of the layer that is selected, with its fans and activation."""
        if self._inspector is None:
            self._inspector = InitialiserInspector(self._window)
        source, number = self._session.source, self._session.layer
        layers, rows = source.facts.layers, source.experiment.network.expanded()
        if 1 <= number <= len(layers):
            layer = layers[number - 1]
            spec = rows[layer.row] if layer.row < len(rows) else None
            field = spec.kernel**2 if isinstance(spec, Conv) and layer.kind == "conv" else 1
            fans = (layer.fan_in, layer.units * field)
            self._inspector.look_at(layer.init, layer.activation, fans, field, len(layers))
        _raise(self._inspector)

    @Slot()
    def show_clipping(self) -> None:
        """Show what clipping does to two components, and to the run."""
        clip = self._session.experiment.training.clip
        if self._clipping is None:
            self._clipping = ClipGeometry(self._window)
            if clip.kind != "none":
                self._clipping.set_clip(clip)
        _raise(self._clipping)
        self._clipping.show_source(self._session.source)

    # Model summary -------------------------------------------------------------------------

    @Slot()
    def summarize(self) -> None:
        """Show output shapes and parameter counts, now and after every edit."""
        if self._summary is None:
            self._summary = SummaryWindow(sentence_at, self._window)
            self._session.experiment_changed.connect(self._show_summary)
        self._show_summary()
        _raise(self._summary)

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


def _raise(dialog: QDialog) -> None:
    """Show a window before all others."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
