"""Takes views out of the window: to the clipboard, and into files of the user's choice."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.export.data import CancelledError, Progress, copied, write_bytes, write_tables
from app.export.dialog import ExportDialog
from app.export.menu import ViewMenu
from app.export.picture import image, pdf, png, svg
from app.export.shot import Look, Shot
from app.plots.text import integer
from app.shell.file_dialogs import ask
from core.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.clock import RenderClock
    from app.shell.main_window import MainWindow
    from app.views import View

COPY_SCALE = 2
"""Of a picture on the clipboard, so that it is sharp in a document."""
_MOMENT = 1.0  # s, after which it is shown how far a file is
_FILTERS = {
    "png": "PNG picture (*.png)",
    "svg": "SVG picture (*.svg)",
    "pdf": "PDF document (*.pdf)",
    "csv": "Table (*.csv)",
}


class ViewExport(QObject):
    """Copies and exports views; files are written on a thread of its own.

    Signals
    -------
    noticed(str, str, str)
        Level, message and hint of something to tell.
    """

    noticed = Signal(str, str, str)

    def __init__(self, views: Sequence[View], clock: RenderClock, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="view-export")
        self._writing: Future[list[Path]] | None = None
        self._progress = Progress()
        self._began = 0.0
        self._folder = ""
        self._dialog: ExportDialog | None = None
        self._place: QFileDialog | None = None
        self.menus = [ViewMenu(view) for view in views]
        for menu in self.menus:
            menu.picture_wanted.connect(self.copy_picture)
            menu.data_wanted.connect(self.copy_data)
            menu.export_wanted.connect(self.export)
        clock.ticked.connect(self.poll)

    # Clipboard -----------------------------------------------------------------------------

    @Slot(object)
    def copy_picture(self, view: View) -> None:
        """Put a view as it is on screen on the clipboard."""
        if view.source is None or view.source.steps == 0:
            return
        look = Look(view.width(), view.height(), view.theme)
        QGuiApplication.clipboard().setImage(image(Shot(view), look, COPY_SCALE))
        self._window.set_event(f"copied the picture of {view.title}")

    @Slot(object)
    def copy_data(self, view: View) -> None:
        """Put the numbers behind a view on the clipboard, for a spreadsheet."""
        tables = Shot(view).tables
        if not tables:
            return
        text, rows, is_cut = copied(tables)
        QGuiApplication.clipboard().setText(text)
        if is_cut:
            self.noticed.emit(
                "warn",
                f"Only the first {integer(rows)} rows of {view.title} were copied.",
                "Export them as CSV to get all of them.",
            )
        else:
            self._window.set_event(f"copied {integer(rows)} rows of {view.title}")

    # Files ---------------------------------------------------------------------------------

    @property
    def dialog(self) -> ExportDialog | None:
        """The dialog, while it is open."""
        return self._dialog

    @Slot(object)
    def export(self, view: View) -> None:
        """Ask what a view is to be exported as."""
        if self._dialog is not None or view.source is None or view.source.steps == 0:
            return
        self._dialog = ExportDialog(Shot(view), self._window)
        self._dialog.confirmed.connect(self._choose_place)
        self._dialog.finished.connect(self._on_dialog_finished)
        self._dialog.open()

    @Slot()
    def _choose_place(self) -> None:
        if self._dialog is None or self._place is not None:
            return
        kind = self._dialog.wish().kind
        self._place = QFileDialog(self._dialog, "Export view", self._folder, _FILTERS[kind])
        self._place.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self._place.setDefaultSuffix(kind)
        self._place.selectFile(self._dialog.suggested_name())
        ask(self._place, self.write, self._forget_place)

    def _forget_place(self) -> None:
        self._place = None

    def write(self, file: Path) -> None:
        """Write what the dialog says into a file."""
        dialog = self._dialog
        if dialog is None or self._writing is not None:
            return
        self._folder = str(file.parent)
        self._progress, self._began = Progress(), time.monotonic()
        dialog.show_busy(self._progress)
        self._writing = self._executor.submit(self._work(dialog, file))

    def _work(self, dialog: ExportDialog, file: Path) -> Callable[[], list[Path]]:
        """Return what a thread is to do; all painting is done before."""
        shot, wish, progress = dialog.shot, dialog.wish(), self._progress
        if wish.kind == "csv":
            return lambda: write_tables(file, shot.tables, progress)
        if wish.kind == "png":
            picture = image(shot, wish.look, wish.scale)
            return lambda: write_bytes(file, png(picture))
        data = (svg if wish.kind == "svg" else pdf)(shot, wish.look)
        return lambda: write_bytes(file, data)

    @Slot()
    def poll(self) -> None:
        """Tell how far it is, and what came of it; called by the render clock."""
        if self._writing is None:
            return
        if not self._writing.done():
            if self._dialog is not None and time.monotonic() - self._began > _MOMENT:
                self._dialog.show_rows()
            return
        writing, self._writing = self._writing, None
        error = writing.exception()
        if error is None:
            files = writing.result()
            names = " and ".join(one.name for one in files)
            self.noticed.emit("info", f"Written into {files[0].parent}: {names}.", "")
            if self._dialog is not None:
                self._dialog.accept()
        elif not isinstance(error, CancelledError):
            self._tell(error)

    def _tell(self, error: BaseException) -> None:
        if not isinstance(error, LabError):
            error = LabError(f"Nothing was written ({type(error).__name__}: {error}).")
        if self._dialog is not None:
            self._dialog.show_problem(error)
        else:
            self.noticed.emit("bad", error.message, error.hint)

    @Slot()
    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def close(self) -> None:
        """Give up what is being written."""
        self._progress.cancel()
        self._executor.shutdown()
