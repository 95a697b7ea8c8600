"""The main window: transport above, experiment at the left, views in the middle."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFrame,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.shell.actions import make_actions, paint_icons
from app.shell.banner import Banner
from app.shell.file_menu import FileMenu
from app.shell.start_page import StartPage
from app.shell.transport import Transport
from app.theme import Theme, apply_theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.settings import Settings
    from app.views import View

PANEL_WIDTH = 336
"""Logical pixels of the experiment column: 270 is the least at which nothing is cut."""


NARROW = 1200
"""Logical pixels of the window below which two views stand side by side, not three."""
ROW = 3
"""Views side by side."""


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
    """

    closed = Signal()
    files_dropped = Signal(object)
    theme_changed = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("main")
        self.settings = settings
        self.theme: Theme = load_theme(settings.theme)
        self.may_close: Callable[[], bool] | None = None
        """Asked before the window closes; who says no closes it later by ``close_at_once``."""
        self._arranged = self._narrow = False
        self._docks: dict[str, QDockWidget] = {}
        self._rows: list[list[QDockWidget]] = []
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
        self.grid = QMainWindow()  # a window of its own inside, so that views dock among views
        self.grid.setWindowFlags(Qt.WindowType.Widget)
        self.grid.setDockNestingEnabled(True)
        self.grid.setDocumentMode(True)
        self.grid.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
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
        columns.addWidget(_line(vertical=True))
        columns.addWidget(middle, 1)
        rows.addLayout(columns, 1)
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

    def _connect(self) -> None:
        self.actions_by_key["theme"].triggered.connect(self.toggle_theme)
        self.actions_by_key["quit"].triggered.connect(self.close)
        self.actions_by_key["start"].triggered.connect(self.toggle_start_page)

    # Filled by the composition root --------------------------------------------------------

    def set_panel(self, panel: QWidget) -> None:
        """Put the experiment panel into the left column."""
        self._side_box.addWidget(panel)

    def set_views(self, views: Sequence[View]) -> None:
        """Dock the views: three above three, and further ones as tabs behind the last."""
        rows: list[list[QDockWidget]] = [[], []]
        behind: list[QDockWidget] = []
        for place, view in enumerate(views):
            dock = QDockWidget(view.title, self.grid)
            dock.setObjectName(f"dock_{view.key}")
            dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
            dock.setTitleBarWidget(QWidget())  # the view has a header of its own
            dock.setWidget(view)
            for canvas in view.findChildren(QGraphicsView):
                canvas.setAcceptDrops(False)  # a file is for the window
                canvas.viewport().setAcceptDrops(False)
            self._docks[view.key] = dock
            if place < 2 * ROW:
                rows[place // ROW].append(dock)
            else:
                behind.append(dock)
        area = Qt.DockWidgetArea.TopDockWidgetArea
        for row in rows:
            for dock in row:
                self.grid.addDockWidget(area, dock)
        for upper, lower in zip(rows[0], rows[1], strict=False):
            self.grid.splitDockWidget(upper, lower, Qt.Orientation.Vertical)
        for row in rows:
            for left, right in pairwise(row):
                self.grid.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for dock in behind:
            self.grid.tabifyDockWidget(rows[-1][-1], dock)
        if behind:
            rows[-1][-1].raise_()
        self._rows = rows
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Put the second view of each row behind the first where three have no room."""
        narrow = self.width() < (NARROW + 40 if self._narrow else NARROW)
        if narrow == self._narrow or not self._rows:
            return
        self._narrow = narrow
        for row in self._rows:
            if len(row) < ROW:
                continue
            if narrow:
                self.grid.tabifyDockWidget(row[0], row[1])
                row[0].raise_()
            else:
                self.grid.splitDockWidget(row[0], row[1], Qt.Orientation.Horizontal)
        QTimer.singleShot(0, self._share_width)

    # What others call ----------------------------------------------------------------------

    def set_theme(self, name: str) -> None:
        """Dress everything in a theme, ``dark`` or ``light``."""
        self.theme = load_theme(name)
        self.settings.theme = "light" if name == "light" else "dark"
        _dress(self.theme)
        self._paint()
        self.theme_changed.emit(self.theme)

    def _paint(self) -> None:
        paint_icons(self.actions_by_key, self.theme)
        self.transport.apply_theme(self.theme)
        self.start_page.apply_theme(self.theme)

    def show_views(self) -> None:
        """Leave the start page."""
        self.stack.setCurrentWidget(self.grid)
        if not self._arranged:
            self._arranged = True
            QTimer.singleShot(0, self._share_width)  # docks take sizes only once they are shown

    @Slot()
    def _share_width(self) -> None:
        # The column with four faces to choose from needs the most room in its headers.
        for row in self._rows:
            shown = [row[0], row[-1]] if self._narrow and len(row) == ROW else row
            shares = [48, 52] if len(shown) == 2 else [33, 28, 39]
            self.grid.resizeDocks(shown, shares[: len(shown)], Qt.Orientation.Horizontal)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

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
