"""Writes the run, and its experiment as a script, into files of the user's choice."""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.shell.file_dialogs import ask
from core.errors import LabError
from core.store.export import export_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session


class Writer(QObject):
    """Asks where to, writes on a thread of its own, and tells what came of it.

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
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._writing: tuple[str, Future[list[Path]]] | None = None
        self._dialog: QFileDialog | None = None

    # Asking --------------------------------------------------------------------------------

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder and write the run into it."""
        dialog = QFileDialog(self._window, "Export the run into a folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog, self.write_run)

    @Slot()
    def choose_script(self) -> None:
        """Ask for a file and write the experiment as a PyTorch script."""
        dialog = QFileDialog(self._window, "Export as PyTorch", "", "Python (*.py)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("py")
        name = re.sub(r"\W+", "_", self._session.experiment.name.lower()).strip("_")
        dialog.selectFile(f"{name or 'experiment'}.py")
        self._ask(dialog, self.write_script)

    def _ask(self, dialog: QFileDialog, act: Callable[[Path], None]) -> None:
        if self._dialog is not None:
            dialog.deleteLater()
            return

        self._dialog = dialog
        ask(dialog, act, self._forget_dialog)

    def _forget_dialog(self) -> None:
        self._dialog = None

    # Writing -------------------------------------------------------------------------------

    def write_run(self, folder: Path) -> None:
        """Write the run as it is now into a folder, as CSV files."""
        record = self._session.record
        self._begin(
            f"Writing the run into {folder} …",
            "The run was written into {folder}.",
            lambda: export_run(record, folder),
        )

    def write_script(self, file: Path) -> None:
        """Write the experiment as one PyTorch script, with its data beside it if need be."""
        experiment = self._session.experiment

        def write() -> list[Path]:
            from core.script import export_script  # loads torch

            return export_script(experiment, file)

        self._begin(
            f"Writing {file.name} …", "Written into {folder}: {names}. Run it with Python.", write
        )

    def _begin(self, doing: str, done: str, write: Callable[[], list[Path]]) -> None:
        if self._writing is not None:
            self.noticed.emit("warn", "A file is being written.", "Try again when it is there.")
            return
        self.noticed.emit("info", doing, "")
        self._writing = done, self._executor.submit(write)

    def poll(self) -> None:
        """Tell what came of it; called by the render clock."""
        if self._writing is None or not self._writing[1].done():
            return
        (done, writing), self._writing = self._writing, None
        error = writing.exception()
        if error is None:
            files = writing.result()
            names = " and ".join(file.name for file in files)
            self.noticed.emit("info", done.format(folder=files[0].parent, names=names), "")
        elif isinstance(error, LabError):
            text = f"{error.field}: {error.message}" if error.field else error.message
            self.noticed.emit("bad", text, error.hint)
        else:
            self.noticed.emit("bad", "Nothing was written.", f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Finish what is being written."""
        self._executor.shutdown()
