"""Menus over the views: which workspace, and which views stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.shell.workspaces import WORKSPACES, Workspace, grouped

if TYPE_CHECKING:
    from app.shell.view_grid import ViewGrid


class WorkspaceMenu(QMenu):
    """Workspaces with the one in force checked, the way back, and presenting."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Workspace", parent)
        self._one = QActionGroup(self)
        for workspace in WORKSPACES:
            action = actions[f"workspace_{workspace.key}"]
            action.setCheckable(True)
            self._one.addAction(action)
            self.addAction(action)
        self.addSeparator()
        self.addAction(actions["reset_layout"])
        self.addAction(actions["present"])

    def show_workspace(self, workspace: Workspace) -> None:
        """Check the workspace in force."""
        for action in self._one.actions():
            action.setChecked(action.objectName() == f"action_workspace_{workspace.key}")


class ViewsMenu(QMenu):
    """All views under headings, those in the workspace checked."""

    def __init__(
        self, grid: ViewGrid, actions: dict[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__("Views", parent)
        self._grid, self._actions = grid, actions
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._on_triggered)

    @Slot()
    def fill(self) -> None:
        """List the views as they are now."""
        self.clear()
        docks, shown = self._grid.docks, self._grid.shown
        for title, keys in grouped(docks):
            self.addAction(title).setEnabled(False)  # a heading; the style paints no sections
            for key in keys:
                action = self.addAction(docks[key].windowTitle())
                action.setCheckable(True)
                action.setChecked(key in shown)
                action.setData(key)
            self.addSeparator()
        self.addAction(self._actions["reset_layout"])

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        key = action.data()
        if not isinstance(key, str):
            return
        if action.isChecked():
            self._grid.show_view(key)
        else:
            self._grid.hide_view(key)
