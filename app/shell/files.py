"""The file behind the experiment: opened, saved, and asked about before changes are lost."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.shell.file_dialogs import ask
from app.shell.question import Question
from core.errors import LabError
from core.experiment import Experiment, read_experiment, write_experiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session
    from app.settings import Settings

FILTER = "Experiments (*.toml)"
DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".npz", ".idx", ".gz", "-ubyte")
MOST_BYTES = 10_000_000
"""A thousand layers written out take 1 MB; what is larger is no experiment."""


class ExperimentFiles(QObject):
    """Opens and saves the session's experiment.

    Nothing here waits: a question or a file dialog is shown, and what follows from the answer
    happens when it comes. At most one of them is open.

    Signals
    -------
    noticed(str, str, str)
        Level, message and hint of something to tell.
    opened()
        Another experiment is in place of the last one.
    saved(object)
        The file that was written.
    data_dropped(object)
        A file of data that was dropped on the window.
    changed()
        Another file is the known one, or the experiment differs from it now, or no longer.
    """

    noticed = Signal(str, str, str)
    opened = Signal()
    saved = Signal(object)
    data_dropped = Signal(object)
    changed = Signal()

    def __init__(self, session: Session, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window
        self._known = b""  # digest of the known file's content when last read or written
        self._dialog: QWidget | None = None
        self.path: Path | None = None
        """The known file: where the experiment came from, or was last saved."""
        session.undo_stack.cleanChanged.connect(self.changed)

    @property
    def is_modified(self) -> bool:
        """Whether there are changes that no file holds; taken back by undo, there are none."""
        return not self._session.undo_stack.isClean()

    @property
    def is_asking(self) -> bool:
        """Whether a question or a file dialog is open."""
        return self._dialog is not None

    # Opening -------------------------------------------------------------------------------

    @Slot()
    def choose(self) -> None:
        """Ask for a file and open it."""
        if not self.is_asking:
            dialog = self._file_dialog("Open an experiment")
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            self._ask_file(dialog, self.open)

    def open(self, path: Path) -> None:
        """Open an experiment file, once unsaved changes are dealt with.

        What cannot be read is told, and nothing is lost.
        """
        path = path.expanduser().resolve()
        try:
            known = _digest(path)  # first: what is changed while it is read is noticed later
            experiment = read_experiment(path)
        except LabError as error:
            if not path.exists() and self.forget(path):
                hint = "It is no longer in the list of recent files."
                self.noticed.emit("warn", f"There is no file {path} any more.", hint)
            else:
                self.noticed.emit("bad", f"{path.name} was not opened.", str(error))
            return
        self.leave(lambda: self._opened(experiment, path, known))

    def open_dropped(self, paths: list[Path]) -> None:
        """Open the experiment that was dropped on the window, or pass data on."""
        if len(paths) != 1:
            text = f"{len(paths)} files were dropped on the window."
            self.noticed.emit("warn", text, "Drop one file at a time.")
        elif paths[0].name.lower().endswith(DATA_SUFFIXES):
            self.data_dropped.emit(paths[0])
        elif paths[0].suffix.lower() != ".toml":
            text = f"{paths[0].name} is neither an experiment nor data."
            hint = "Drop an experiment (.toml), or data (.csv, .npz or IDX files)."
            self.noticed.emit("warn", text, hint)
        else:
            self.open(paths[0])

    def open_ready(self, experiment: Experiment) -> None:
        """Run a ready experiment, once unsaved changes are dealt with."""
        self.leave(lambda: self._opened(experiment, None, b""))

    def adopt(self, path: Path) -> None:
        """Take the file that the present experiment was read from as the known one."""
        path = path.expanduser().resolve()
        self._know(path, _digest(path))

    def forget(self, path: Path) -> bool:
        """Take a file off the list of recent ones; return whether it was there."""
        recent = [one for one in self._settings.recent if one != str(path)]
        known = len(recent) < len(self._settings.recent)
        self._settings.recent = recent
        return known

    def _opened(self, experiment: Experiment, path: Path | None, known: bytes) -> None:
        self._know(path, known)
        self._session.open(experiment, run=path is None)
        self.opened.emit()

    def _know(self, path: Path | None, known: bytes) -> None:
        self.path, self._known = path, known
        if path is not None:
            self._settings.remember(path)
        self.changed.emit()

    # Saving --------------------------------------------------------------------------------

    @Slot()
    def save(self) -> None:
        """Save to the known file; ask for one if there is none."""
        self._save(_nothing)

    @Slot()
    def save_as(self) -> None:
        """Ask for a file and save to it."""
        self._save_as(_nothing)

    def leave(self, then: Callable[[], None]) -> None:
        """Do what ends or replaces the experiment, once unsaved changes are dealt with."""
        if self.is_asking:
            return
        if not self.is_modified:
            then()
            return

        def act(answer: str) -> None:
            if answer == "save":
                self._save(then)
            elif answer == "discard":
                then()

        self._ask(
            f"Save the changes to “{self._session.experiment.name}”?",
            "Otherwise they are lost.",
            [("save", "Save"), ("discard", "Discard")],
            act,
        )

    def _save(self, then: Callable[[], None]) -> None:
        path = self.path
        if self.is_asking:
            return
        if path is None:
            self._save_as(then)
            return
        try:
            found = _digest(path)
        except LabError:
            found = self._known  # it is gone, or cannot be read: writing will show
        if found == self._known:
            self._write(path, then)
            return

        def act(answer: str) -> None:
            if answer == "other":
                self._save_as(then)
            elif answer == "overwrite":
                self._write(path, then)

        self._ask(
            f"“{path.name}” was changed by another program since it was opened.",
            "To overwrite it loses those changes.",
            [("other", "Save as …"), ("overwrite", "Overwrite")],
            act,
        )

    def _save_as(self, then: Callable[[], None]) -> None:
        if self.is_asking:
            return
        dialog = self._file_dialog("Save the experiment")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        name = re.sub(r"[^\w.-]+", "-", self._session.experiment.name.lower()).strip("-.")
        dialog.selectFile(self.path.name if self.path else f"{name or 'experiment'}.toml")
        self._ask_file(dialog, lambda path: self._write(path, then))

    def _write(self, path: Path, then: Callable[[], None]) -> None:
        try:
            write_experiment(self._session.experiment, path)
            known = _digest(path)
        except (OSError, LabError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            hint = "Choose another place with Save as."
            self.noticed.emit("bad", f"{path} was not saved: {why}.", hint)
            return
        self._session.undo_stack.setClean()
        self._know(path, known)
        self.saved.emit(path)
        then()

    # Dialogs -------------------------------------------------------------------------------

    def _ask(
        self,
        text: str,
        detail: str,
        answers: list[tuple[str, str]],
        act: Callable[[str], None],
    ) -> None:
        question = Question(self._window, text, detail, answers)

        def answered(answer: str) -> None:
            self._dialog = None
            act(answer)

        question.answered.connect(answered)
        self._dialog = question
        question.open()

    def _ask_file(self, dialog: QFileDialog, act: Callable[[Path], None]) -> None:
        self._dialog = dialog
        ask(dialog, act, self._forget_dialog)

    def _forget_dialog(self) -> None:
        self._dialog = None

    def _file_dialog(self, title: str) -> QFileDialog:
        return QFileDialog(self._window, title, self._folder(), FILTER)

    def _folder(self) -> str:
        recent = [Path(one) for one in self._settings.recent]
        for path in (self.path, *recent):
            if path is not None and path.parent.is_dir():
                return str(path.parent)
        return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)


def _nothing() -> None:
    """Go on with nothing: the file was saved for its own sake."""


def _digest(path: Path) -> bytes:
    """Return a digest of a file's content.

    Raises
    ------
    LabError
        If the file cannot be read, or is far too large for an experiment.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LabError(
                f"{path.name!r} holds {size / 1e6:,.0f} MB; an experiment has some kB.",
                hint="Choose a file that Gradoscope has saved.",
            )
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise LabError(
            f"{str(path)!r} cannot be read ({error.strerror or error}).",
            hint="Check the name and the folder.",
        ) from None
