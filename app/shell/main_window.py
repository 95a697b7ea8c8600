"""The main window: transport above, experiment at the left, views in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.shell.actions import make_actions, paint_icons
from app.shell.banner import Banner, Toast
from app.shell.face_keys import FaceKeys
from app.shell.file_menu import FileMenu
from app.shell.presenter import Presenter
from app.shell.start_page import StartPage
from app.shell.transport import Transport
from app.shell.view_grid import ViewGrid
from app.shell.workspace_menus import ViewsMenu, WorkspaceMenu
from app.shell.workspaces import BY_KEY, DEFAULT, WORKSPACES, Workspace
from app.theme import Theme, apply_theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.settings import Settings
    from app.shell.view_dock import ViewDock
    from app.views import View

PANEL_WIDTH = 336
"""Logical pixels of the experiment column: 270 is the least at which nothing is cut."""


class MainWindow(QMainWindow):
    """The frame: it is on screen before panels, views and PyTorch are loaded.

    Signals
    -------
    closed()
        The user has closed the window.
    files_dropped(object)
        These files (a list of paths) were dropped on the window.
    theme_changed(object)
        Another theme is in force.
    workspace_chosen(str)
        The user has chosen a workspace, by its key.
    """

    closed = Signal()
    files_dropped = Signal(object)
    theme_changed = Signal(object)
    workspace_chosen = Signal(str)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("main")
        self.settings = settings
        self.theme: Theme = load_theme(settings.theme)
        self.may_close: Callable[[], bool] | None = None
        """Asked before the window closes; who says no closes it later by ``close_at_once``."""
        self._scale = 1.0
        _dress(self.theme)  # first: widgets made before it would keep the system's font
        self._build()
        self._connect()
        self._paint()

    def _build(self) -> None:
        self.setWindowTitle("Gradoscope")
        self.setMinimumSize(960, 600)
        self.actions_by_key = make_actions(self)
        for action in self.actions_by_key.values():
            self.addAction(action)
        self.setAcceptDrops(True)
        self.transport = Transport(self.actions_by_key)
        self.file_menu = FileMenu(self.actions_by_key, self.settings, self)
        self.transport.file_button.setMenu(self.file_menu)
        self.banner = Banner()
        self.start_page = StartPage()
        self.grid = ViewGrid(self.settings.layouts)
        self.workspace_menu = WorkspaceMenu(self.actions_by_key, self)
        self.transport.workspace_button.setMenu(self.workspace_menu)
        self.views_menu = ViewsMenu(self.grid, self.actions_by_key, self)
        self.transport.views_button.setMenu(self.views_menu)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start_page)
        self.stack.addWidget(self.grid)

        self.side = QFrame()
        self.side.setObjectName("side")
        self.side.setFixedWidth(PANEL_WIDTH)
        self._side_box = QVBoxLayout(self.side)
        self._side_box.setContentsMargins(0, 0, 0, 0)

        middle = QWidget()
        middle.setObjectName("middle")
        column = QVBoxLayout(middle)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.stack, 1)
        self.toast = Toast(middle)

        central = QWidget()
        central.setObjectName("central")
        rows = QVBoxLayout(central)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.transport)
        rows.addWidget(_line())
        columns = QHBoxLayout()
        columns.setSpacing(0)
        columns.addWidget(self.side)
        self._side_line = _line(vertical=True)
        columns.addWidget(self._side_line)
        columns.addWidget(middle, 1)
        rows.addLayout(columns, 1)
        self._below = QVBoxLayout()  # the timeline
        self._below.setSpacing(0)
        rows.addLayout(self._below)
        self.setCentralWidget(central)

        self.state_text = QLabel("Loading the laboratory …")
        self.cost_text = QLabel()
        self.cost_text.setProperty("role", "dim")
        self.event_text = QLabel()
        self.event_text.setProperty("role", "muted")
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setContentsMargins(12, 0, 12, 0)
        self.statusBar().addWidget(self.state_text)
        self.statusBar().addPermanentWidget(self.event_text)
        self.statusBar().addPermanentWidget(self.cost_text)
        self.presenter = Presenter(self)
        self._face_keys = FaceKeys(self)
        self.show_workspace(BY_KEY.get(self.settings.workspace, BY_KEY[DEFAULT]))
        self._on_page_changed()

    def _connect(self) -> None:
        self.actions_by_key["theme"].triggered.connect(self.toggle_theme)
        self.actions_by_key["quit"].triggered.connect(self.close)
        self.actions_by_key["start"].triggered.connect(self.toggle_start_page)
        self.actions_by_key["reset_layout"].triggered.connect(self.grid.reset_layout)
        self.workspace_menu.triggered.connect(self._on_workspace)
        self.stack.currentChanged.connect(self._on_page_changed)

    # Filled by the composition root --------------------------------------------------------

    def set_panel(self, panel: QWidget) -> None:
        """Put the experiment panel into the left column."""
        self._side_box.addWidget(panel)

    def set_timeline(self, timeline: QWidget) -> None:
        """Put the timeline below panel and views; keys that nobody wants are offered to it."""
        self._below.addWidget(_line())
        self._below.addWidget(timeline)
        self.installEventFilter(timeline)

    def set_views(self, views: Sequence[View]) -> None:
        """Dock the views as the workspace in force says."""
        self.grid.add_views(views)

    # What others call ----------------------------------------------------------------------

    @property
    def _docks(self) -> dict[str, ViewDock]:
        return self.grid.docks

    def set_theme(self, name: str) -> None:
        """Dress everything in a theme, ``dark`` or ``light``."""
        self.settings.theme = "light" if name == "light" else "dark"
        self._dress_all()

    def set_scale(self, scale: float) -> None:
        """Write everything larger by a factor, as in front of an audience."""
        if scale != self._scale:
            self._scale = scale
            self._dress_all()
            self.grid.set_scale(scale)

    def _dress_all(self) -> None:
        theme = load_theme(self.settings.theme)
        self.theme = theme if self._scale == 1.0 else theme.scaled(self._scale)
        _dress(self.theme)
        self._paint()
        self.theme_changed.emit(self.theme)

    def _paint(self) -> None:
        paint_icons(self.actions_by_key, self.theme)
        self.transport.apply_theme(self.theme)
        self.start_page.apply_theme(self.theme)

    def show_views(self) -> None:
        """Leave the start page."""
        if self.stack.currentWidget() is not self.grid:
            self.stack.setCurrentWidget(self.grid)
            self.focus_views()

    def focus_views(self) -> None:
        """Let the views have the keys, so that arrows look back and digits choose faces."""
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_workspace(self, workspace: Workspace) -> None:
        """Arrange the views for a purpose, as they were left there."""
        self.toast.dismiss_note()  # it was about what was there
        self.grid.show_workspace(workspace)
        self.workspace_menu.show_workspace(workspace)
        self.transport.workspace_button.setText(workspace.title)
        if workspace.key in BY_KEY and not self.presenter.is_on:
            self.settings.workspace = workspace.key

    def raise_view(self, key: str) -> None:
        """Show a view, in front of those that share its place, and let it have the keys."""
        self.show_views()
        self.grid.show_view(key)
        self.grid.docks[key].view.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_frame(self, *, shown: bool) -> None:
        """Show what stands around the views, or leave it out."""
        for part in (self.side, self._side_line, self.statusBar()):
            part.setVisible(shown)

    def show_start_page(self) -> None:
        """Show the ready experiments."""
        self.stack.setCurrentWidget(self.start_page)

    @Slot()
    def close_at_once(self) -> None:
        """Close without asking."""
        self.may_close = None
        self.close()

    def set_state(self, text: str) -> None:
        """Show at the bottom left what the run is doing."""
        if self.state_text.text() != text:
            self.state_text.setText(text)

    def set_event(self, text: str) -> None:
        """Show at the bottom right what was last changed."""
        if self.event_text.text() != text:
            self.event_text.setText(text)

    def set_cost(self, text: str, tip: str = "") -> None:
        """Show at the bottom right what measuring costs."""
        if self.cost_text.text() != text:
            self.cost_text.setText(text)
            self.cost_text.setToolTip(tip)

    def restore(self) -> None:
        """Take the size and place of the last time."""
        if self.settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.settings.geometry.encode()))

    def grab_to(self, file: Path) -> bool:
        """Save a picture of the window as it is shown; return whether that worked."""
        return self.grab().save(str(file), "PNG")

    # Slots ---------------------------------------------------------------------------------

    @Slot()
    def toggle_theme(self) -> None:
        """Switch between light and dark."""
        self.set_theme("light" if self.theme.is_dark else "dark")

    @Slot(QAction)
    def _on_workspace(self, action: QAction) -> None:
        for workspace in WORKSPACES:
            if action is self.actions_by_key[f"workspace_{workspace.key}"]:
                self.show_views()
                self.show_workspace(workspace)
                self.focus_views()
                self.workspace_chosen.emit(workspace.key)

    @Slot()
    def _on_page_changed(self) -> None:
        """Tell of the run where the run is seen."""
        self.banner.set_away(away=self.stack.currentWidget() is self.start_page)

    @Slot()
    def toggle_start_page(self) -> None:
        """Show the ready experiments, or go back to the views."""
        if self.stack.currentWidget() is self.start_page:
            self.show_views()
        else:
            self.show_start_page()

    # Qt ------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = _local_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close is not None and not self.may_close():
            event.ignore()
            return
        self.presenter.leave()
        self.grid.keep()
        self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.closed.emit()
        super().closeEvent(event)


def _local_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def _dress(theme: Theme) -> None:
    application = QApplication.instance()
    if isinstance(application, QApplication):
        apply_theme(application, theme)


def _line(*, vertical: bool = False) -> QFrame:
    line = QFrame()
    line.setObjectName("hairline")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line
