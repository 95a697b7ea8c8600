"""The views side by side: a window inside the window, so that views dock among views."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget, QWidget

from app.shell.view_dock import ViewDock
from app.shell.workspaces import BY_KEY as WORKSPACE_BY_KEY
from app.shell.workspaces import (
    DEFAULT,
    Rows,
    Workspace,
    narrowed,
    present,
    shares,
)

if TYPE_CHECKING:
    from app.views import View

NARROW = 847
"""Logical pixels below which two views stand side by side, not three: a window of 1200."""
_HYSTERESIS = 40
LAYOUT_VERSION = 1
"""Remembered layouts of another version are forgotten."""
_DAMAGED = (ValueError, binascii.Error, zlib.error)
_OWN, _FRONT = "own", "front"
_AREA = Qt.DockWidgetArea.TopDockWidgetArea


class ViewGrid(QMainWindow):
    """Docks of all views, arranged by the workspace in force.

    A workspace keeps the arrangement of :mod:`app.shell.workspaces`, which follows the size of
    the window, until the user moves, shows, hides or resizes a view in it. Then it is the user's,
    and remembered as Qt describes it.

    Attributes
    ----------
    layouts : dict of str to str
        What is remembered, by the key of the workspace; shared with the settings.
    docks : dict of str to ViewDock
        By the key of the view.
    """

    def __init__(self, layouts: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layouts = layouts
        self.docks: dict[str, ViewDock] = {}
        self.workspace: Workspace = WORKSPACE_BY_KEY[DEFAULT]
        self._rows: Rows = ()
        self._own = self._narrow = self._arranging = False
        self._is_settled = False  # whether what is remembered of the workspace is in force
        self._is_due = False  # whether a look at the size is on its way
        self._scale = 1.0
        self._build()

    def _build(self) -> None:
        self.setWindowFlags(Qt.WindowType.Widget)
        option = QMainWindow.DockOption  # the last: a tab can be dragged out, a header takes all
        self.setDockOptions(
            option.AllowNestedDocks | option.AllowTabbedDocks | option.GroupedDragging
        )
        self.setDocumentMode(True)
        self.setAnimated(False)  # a view that is dropped is where it was dropped
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    # What others call ----------------------------------------------------------------------

    def add_views(self, views: Sequence[View]) -> None:
        """Dock the views as the workspace says."""
        for view in views:
            dock = ViewDock(view, self)
            dock.dockLocationChanged.connect(self._on_changed)
            dock.topLevelChanged.connect(self._on_changed)
            dock.changed_by_hand.connect(self._on_changed)
            self.docks[view.key] = dock
        self._arrange()

    @property
    def shown(self) -> tuple[str, ...]:
        """Keys of the views in the workspace, those behind others included."""
        return tuple(key for key, dock in self.docks.items() if not dock.isHidden())

    @property
    def is_own(self) -> bool:
        """Whether the user has changed the arrangement."""
        return self._own

    def show_workspace(self, workspace: Workspace) -> None:
        """Arrange the views for another purpose, as it was left."""
        self.keep()
        self.workspace = workspace
        self._arrange()
        self._is_settled = False
        self._settle()

    def reset_layout(self) -> None:
        """Arrange the views of the workspace as they are by default."""
        self.layouts.pop(self.workspace.key, None)
        self._arrange()
        self._share_room()

    def show_view(self, key: str) -> None:
        """Show a view in front of those that share its place, by default in the last place."""
        dock = self.docks[key]
        if dock.isHidden():
            docked = [self.docks[one] for one in self.shown if not self.docks[one].isFloating()]
            with self._changing():
                if self.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea:
                    self.addDockWidget(_AREA, dock)
                    if docked:
                        self.tabifyDockWidget(docked[-1], dock)
                dock.show()
            self._on_changed()
        dock.raise_()

    def bring_forward(self, key: str) -> None:
        """Show a view in front of those that share its place, if it has one."""
        dock = self.docks[key]
        if not dock.isHidden():
            dock.raise_()

    def hide_view(self, key: str) -> None:
        """Take a view out of the workspace."""
        self.docks[key].hide()
        self._on_changed()

    def keep(self) -> None:
        """Remember the layout of the workspace in force."""
        if self._is_settled and self.workspace.key in WORKSPACE_BY_KEY:
            self.layouts[self.workspace.key] = self._layout()

    def settle(self) -> None:
        """Take over the layout that is remembered once more, as the size is another."""
        self._is_settled = False
        self._settle()

    def set_scale(self, scale: float) -> None:
        """Take over how much larger than usual the views write."""
        self._scale = scale
        for dock in self.docks.values():
            dock.fit()
        self._settle_soon()

    # Inside --------------------------------------------------------------------------------

    def _layout(self) -> str:
        """Return the present layout as a line of text: version, kind, content."""
        if not self._own:
            return f"{LAYOUT_VERSION} {_FRONT} {','.join(self._fronts())}"
        state = zlib.compress(bytes(self.saveState(LAYOUT_VERSION).data()))
        return f"{LAYOUT_VERSION} {_OWN} {b64encode(state).decode()}"

    def _take(self, layout: str) -> None:
        """Take over a layout; one that is damaged or outdated leaves the default."""
        version, kind, content = (*layout.split(" ", 2), "", "", "")[:3]
        if version != str(LAYOUT_VERSION):
            return
        if kind == _OWN:
            self._own = self._restore(content)
        for key in content.split(",") if kind == _FRONT else ():
            if key in self.docks and not self.docks[key].isHidden():
                self.docks[key].raise_()

    def _restore(self, content: str) -> bool:
        try:
            state = zlib.decompress(b64decode(content, validate=True))  # it has a check sum
        except _DAMAGED:
            return False
        with self._changing():
            for dock in self.docks.values():
                dock.hide()  # a view that the layout does not know
            if self.restoreState(QByteArray(state), LAYOUT_VERSION):
                return True
        self._arrange()
        return False

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Move docks without taking it for the user's doing, nor painting what is between."""
        before, self._arranging = self._arranging, True
        self.setUpdatesEnabled(False)
        try:
            yield
        finally:
            self._arranging = before
            self.setUpdatesEnabled(True)

    def _arrange(self) -> None:
        """Arrange the views as the workspace says."""
        rows = present(self.workspace.rows, self.docks)
        self._rows = narrowed(rows) if self._narrow else rows
        self._own = False
        with self._changing():
            for dock in self.docks.values():
                if dock.isFloating():
                    dock.setFloating(False)
                self.removeDockWidget(dock)
            heads = [[self.docks[cell[0]] for cell in row] for row in self._rows]
            for row in heads[:1]:
                self.addDockWidget(_AREA, row[0])
            for upper, lower in pairwise(heads):
                self.splitDockWidget(upper[0], lower[0], Qt.Orientation.Vertical)
            for row in heads:
                for left, right in pairwise(row):
                    self.splitDockWidget(left, right, Qt.Orientation.Horizontal)
            for cell in (cell for row in self._rows for cell in row):
                front = self.docks[cell[0]]
                for key in cell[1:]:
                    self.tabifyDockWidget(front, self.docks[key])
                for key in cell:
                    self.docks[key].show()
                front.raise_()

    def _share_room(self) -> None:
        """Give each cell its share of the width, each row its share of the height."""
        if self._own or not self._rows:
            return
        rows = [[self.docks[cell[0]] for cell in row] for row in self._rows]
        for place, row in enumerate(rows):
            given = self.workspace.widths[place] if place < len(self.workspace.widths) else ()
            parts = shares(given, len(row), narrow=self._narrow)
            self._resize(row, parts, self.width(), Qt.Orientation.Horizontal)
        parts = shares(self.workspace.heights, len(rows))
        self._resize([row[0] for row in rows], parts, self.height(), Qt.Orientation.Vertical)

    def _resize(
        self, docks: list[ViewDock], parts: Sequence[int], whole: int, along: Qt.Orientation
    ) -> None:
        sizes = [max(1, whole * part // sum(parts)) for part in parts]
        self.resizeDocks(docks, sizes, along)

    def _fronts(self) -> list[str]:
        return [
            key
            for key in self.shown
            if self.tabifiedDockWidgets(self.docks[key])
            and not self.docks[key].visibleRegion().isEmpty()
        ]

    def _settle_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            QTimer.singleShot(0, self, self._settle)  # never after it is gone

    # Slots ---------------------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        """Note that an arrangement is the user's from now on."""
        if not self._arranging:
            self._own = True
            self.update()

    @Slot()
    def _settle(self) -> None:
        """Suit the size; docks have one only while they are shown."""
        self._is_due = False
        if not self.isVisible() or not self.docks:
            return
        least = (NARROW + (_HYSTERESIS if self._narrow else 0)) * self._scale
        narrow = self.width() < least
        if narrow != self._narrow:
            self._narrow = narrow
            if not self._own:
                fronts = self._layout()
                self._arrange()
                self._take(fronts)
        if not self._is_settled:
            self._is_settled = True
            self._take(self.layouts.get(self.workspace.key, ""))
        self._share_room()

    # Qt ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Only what lies between the views is the grid's own: a drag there moves a border.
        if (
            event.type() is QEvent.Type.MouseButtonRelease
            and isinstance(event, QMouseEvent)
            and self.childAt(event.position().toPoint()) is None
        ):
            self._on_changed()
        if event.type() is QEvent.Type.ChildPolished and isinstance(event, QChildEvent):
            bar = event.child()  # Qt makes them where views lie one behind another
            if isinstance(bar, QTabBar):
                bar.setAccessibleName("Views in the same place")
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle_soon()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.docks and not self.shown:
            painter = QPainter(self)
            painter.setPen(self.palette().placeholderText().color())
            words = "All views are hidden. Choose some under Views, or press Ctrl+0."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            painter.end()
