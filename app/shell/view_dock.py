"""The dock around a view: the view's header is what it is dragged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QGraphicsView, QMainWindow, QWidget

if TYPE_CHECKING:
    from app.views import View


_EDGE = 4  # pixels around a floating view by which its size is dragged


class ViewDock(QDockWidget):
    """A dock without a title of its own.

    Qt drags a dock by its title bar only, and a header taken out of its view would be lost to
    the view's keys, frame and layout. So the title bar is an empty place as high as the header,
    and the view lies over place and content: what its header does not want, the dock gets.

    Signals
    -------
    changed_by_hand()
        The menu of the view has hidden it, or moved it out of the window or back.
    """

    changed_by_hand = Signal()

    def __init__(self, view: View, parent: QWidget) -> None:
        super().__init__(view.title, parent)
        self.setObjectName(f"dock_{view.key}")
        self.view = view
        self._build()
        self._connect()

    def _build(self) -> None:
        feature = QDockWidget.DockWidgetFeature
        self.setFeatures(
            feature.DockWidgetMovable | feature.DockWidgetFloatable | feature.DockWidgetClosable
        )
        self._place, self._content = _Place(), QWidget()
        self.setTitleBarWidget(self._place)
        self.setWidget(self._content)
        view = self.view
        view.setParent(self)
        view.header.make_handle()
        for canvas in view.findChildren(QGraphicsView):
            canvas.setAcceptDrops(False)  # a file is for the window
            canvas.viewport().setAcceptDrops(False)
        self._float = QAction("Move to a window of its own", view)
        self._hide = QAction("Hide this view", view)
        view.addActions([self._float, self._hide])  # the view's menu shows them
        self.fit()

    def _connect(self) -> None:
        self.topLevelChanged.connect(self._on_floated)
        self.visibilityChanged.connect(self._on_shown)
        self._float.triggered.connect(self._on_float)
        self._hide.triggered.connect(self._on_hide)

    def fit(self) -> None:
        """Take over the height of the header and the least size of the view."""
        height, least = self.view.header.height(), self.view.minimumSize()
        self._place.setFixedHeight(height)
        self._content.setMinimumSize(QSize(least.width(), max(0, least.height() - height)))

    def _lay(self) -> None:
        edge = _EDGE if self.isFloating() else 0
        self.view.setGeometry(self.rect().adjusted(edge, edge, -edge, -edge))
        self.view.raise_()

    def _show_title(self) -> None:
        """Leave the title to the tab where there is one: the header has more to say."""
        grid = self.parent()
        tabbed = isinstance(grid, QMainWindow) and bool(grid.tabifiedDockWidgets(self))
        self.view.header.show_title(shown=self.isFloating() or not tabbed)

    # Slots ---------------------------------------------------------------------------------

    @Slot(bool)
    def _on_floated(self, floating: bool) -> None:
        self._float.setText("Move back" if floating else "Move to a window of its own")
        self._lay()

    @Slot(bool)
    def _on_shown(self, shown: bool) -> None:
        self._show_title()

    @Slot()
    def _on_float(self) -> None:
        self.setFloating(not self.isFloating())
        self.changed_by_hand.emit()

    @Slot()
    def _on_hide(self) -> None:
        self.hide()
        self.changed_by_hand.emit()

    # Qt ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_title()
        self._lay()


class _Place(QWidget):
    """An empty place; Qt makes a title bar as high as it says, whatever its least height is."""

    def sizeHint(self) -> QSize:
        return self.minimumSize()
