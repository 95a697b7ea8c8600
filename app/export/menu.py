"""The menu of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from app.views import View


class ViewMenu(QObject):
    """Opens by the header's button and by a right click anywhere on the view.

    Signals
    -------
    picture_wanted(object)
    data_wanted(object)
    export_wanted(object)
        Of this view.
    """

    picture_wanted = Signal(object)
    data_wanted = Signal(object)
    export_wanted = Signal(object)

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self._unfolded: list[QAction] = []  # what the header has no room for
        self._build()
        self._connect()

    def _build(self) -> None:
        view = self._view
        self.menu = QMenu(view)
        self.menu.setAccessibleName(f"Menu of {view.title}")
        self._picture = self.menu.addAction("Copy picture")
        self._picture.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        self._picture.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # shown here only
        self._data = self.menu.addAction("Copy data")
        self._export = self.menu.addAction("Export …")
        self.menu.addSeparator()
        self._reset = self.menu.addAction("Reset zoom")
        self._shortcut = QShortcut(
            QKeySequence(QKeySequence.StandardKey.Copy),
            view,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        # A drag with the right button zooms there, so a click is told from it by its end.
        view.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)

    def _connect(self) -> None:
        view = self._view
        view.header.menu_requested.connect(self._open)
        view.customContextMenuRequested.connect(self._on_context_menu)
        if view.canvas.sceneObj is not None:
            view.canvas.sceneObj.sigMouseClicked.connect(self._on_clicked)
        self._shortcut.activated.connect(self._on_picture)
        self._picture.triggered.connect(self._on_picture)
        self._data.triggered.connect(self._on_data)
        self._export.triggered.connect(self._on_export)
        self._reset.triggered.connect(view.canvas.follow_again)

    @Slot(QPoint)
    def _open(self, place: QPoint) -> None:
        """Open at a point of the screen, with what can be done now."""
        view, source = self._view, self._view.source
        something = source is not None and source.steps > 0
        self._picture.setEnabled(something)
        self._export.setEnabled(something)
        self._data.setEnabled(something and source is not None and bool(view.tables(source)))
        self._reset.setEnabled(not all(plot.following for plot in view.canvas.plots))
        for entry in self._unfolded:
            self.menu.removeAction(entry)
        self._unfolded = view.header.entries(self.menu)
        first = self.menu.actions()[0]
        self.menu.insertActions(first, self._unfolded)
        if self._unfolded:
            self._unfolded.append(self.menu.insertSeparator(first))
        self.menu.addSeparator()
        self.menu.addActions(view.actions())  # where the view stands, in a window that has docks
        self.menu.popup(place)

    @Slot(QPoint)
    def _on_context_menu(self, place: QPoint) -> None:
        self._open(self._view.mapToGlobal(place))

    @Slot(object)
    def _on_clicked(self, event: object) -> None:
        if event.button() == Qt.MouseButton.RightButton:  # pyright: ignore[reportAttributeAccessIssue]
            self._open(event.screenPos().toPoint())  # pyright: ignore[reportAttributeAccessIssue]

    @Slot()
    def _on_picture(self) -> None:
        self.picture_wanted.emit(self._view)

    @Slot()
    def _on_data(self) -> None:
        self.data_wanted.emit(self._view)

    @Slot()
    def _on_export(self) -> None:
        self.export_wanted.emit(self._view)
