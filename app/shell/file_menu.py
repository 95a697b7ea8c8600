"""The menu of everything that has to do with files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from app.settings import Settings

_LONGEST = 420  # pixels of a folder's name


class FileMenu(QMenu):
    """Open, recent files, save, export, tools, undo, quit.

    Signals
    -------
    recent_chosen(object)
        The file to open again.
    """

    recent_chosen = Signal(object)

    def __init__(
        self, actions: dict[str, QAction], settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__("File", parent)
        self._settings = settings
        self.addAction(actions["open"])
        self.recent = self.addMenu("Open recent")
        for keys in (
            ("save", "save_as"),
            ("export", "export_script"),
            ("look", "explore", "inspect_init", "clip_geometry", "summary"),
            ("undo", "redo"),
            ("quit",),
        ):
            for key in keys:
                self.addAction(actions[key])
            self.addSeparator()
        self.aboutToShow.connect(self.fill)
        self.recent.triggered.connect(self._on_recent)

    @Slot()
    def fill(self) -> None:
        """List the recent files, as they are now."""
        self.recent.clear()
        for name in self._settings.recent:
            path = Path(name)
            folder = self.fontMetrics().elidedText(
                str(path.parent), Qt.TextElideMode.ElideMiddle, _LONGEST
            )
            action = self.recent.addAction(f"{path.name}   {folder}".replace("&", "&&"))
            action.setData(name)
        self.recent.setEnabled(bool(self._settings.recent))

    @Slot(QAction)
    def _on_recent(self, action: QAction) -> None:
        self.recent_chosen.emit(Path(str(action.data())))
