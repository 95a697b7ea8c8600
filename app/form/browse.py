"""The button that looks for a file or a folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget

from app.form.fields import PathField


class BrowseButton(QToolButton):
    """Opens a dialog, which holds nothing up, and commits its answer as the field's.

    Parameters
    ----------
    field : PathField
        Whose path this is; where it begins to look.
    """

    def __init__(self, field: PathField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._dialog: QFileDialog | None = None
        self.setText("…")
        self.setToolTip(f"Browse for the {field.wants}")
        self.setAccessibleName(f"Browse for the {field.wants}")
        self.clicked.connect(self.browse)

    @Slot()
    def browse(self) -> None:
        """Show the dialog."""
        if self._dialog is not None:
            return
        known = Path(str(self._field.value() or "")).expanduser()
        dialog = self._dialog = QFileDialog(self.window(), f"Choose a {self._field.wants}")
        if self._field.wants == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        start = known if known.is_dir() else known.parent
        if self._field.value() and start.is_dir():
            dialog.setDirectory(str(start))
        dialog.finished.connect(self._on_finished)
        dialog.open()

    @Slot(int)
    def _on_finished(self, accepted: int) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is None:
            return
        if accepted and dialog.selectedFiles():
            self._field.take(dialog.selectedFiles()[0])
        dialog.deleteLater()
