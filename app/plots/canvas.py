"""The surface that holds the plots of one view."""

from __future__ import annotations

import time

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGraphicsView, QSizePolicy, QToolButton, QWidget

from app.plots.plot import Plot
from app.theme import Theme


class Canvas(pg.GraphicsLayoutWidget):
    """One graphics view with plots in a grid.

    Signals
    -------
    hovered(object, float, float)
        The cursor is over a plot, at these coordinates.
    left()
        The cursor is over no plot.
    clicked(object, float, float)
        A plot was clicked, not dragged. One that does not follow the run waits whether a second
        click comes: two have it follow again, and choose nothing.
    view_changed()
        The range or size of a plot changed.

    Attributes
    ----------
    paints : int
    paint_seconds : float
        How often and how long this widget was painted, for the render clock's budget.
    """

    hovered = Signal(object, float, float)
    left = Signal()
    clicked = Signal(object, float, float)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: list[Plot] = []
        self.paints = 0
        self.paint_seconds = 0.0
        self._build()
        self._connect()

    def _build(self) -> None:
        self.ci.setContentsMargins(6, 6, 4, 2)
        self.ci.setSpacing(4)
        self.setMinimumSize(80, 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # Plots write in their own pixels and set what they need.
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing, True)
        self.setAcceptDrops(False)  # a dropped file is the window's
        self.viewport().setAcceptDrops(False)
        # The ground fills it, so that nothing below has to be painted with it.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._follow = QToolButton(self)
        self._follow.setText("A")
        self._follow.setProperty("small", "true")
        self._follow.setToolTip("Follow the run again (double-click)")
        self._follow.setCursor(Qt.CursorShape.PointingHandCursor)
        self._follow.hide()
        self._waiting: tuple[Plot, QPointF] | None = None
        self._second = QTimer(self)
        self._second.setSingleShot(True)

    def _connect(self) -> None:
        assert self.sceneObj is not None
        self.sceneObj.sigMouseClicked.connect(self._on_mouse_clicked)
        self._follow.clicked.connect(self.follow_again)
        self._second.timeout.connect(self._on_no_second_click)

    # Public ------------------------------------------------------------------------------

    def add_plot(self, plot: Plot, row: int = 0, column: int = 0) -> Plot:
        """Place a plot in the grid."""
        self.ci.addItem(plot, row, column)
        self.plots.append(plot)
        plot.following_changed.connect(self._on_following_changed)
        plot.view_changed.connect(self.view_changed)
        return plot

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.setBackground(theme.panel)
        for plot in self.plots:
            plot.set_theme(theme)

    @Slot()
    def follow_again(self) -> None:
        """Give up ranges chosen by mouse."""
        for plot in self.plots:
            plot.follow_again()

    # Slots -------------------------------------------------------------------------------

    @Slot(bool)
    def _on_following_changed(self, following: bool) -> None:
        self._follow.setVisible(not all(plot.following for plot in self.plots))

    @Slot(object)
    def _on_mouse_clicked(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:  # pyright: ignore[reportAttributeAccessIssue]
            return
        found = self._plot_at(event.scenePos())  # pyright: ignore[reportAttributeAccessIssue]
        if found is None:
            return
        plot, point = found
        if event.double():  # pyright: ignore[reportAttributeAccessIssue]
            self._second.stop()
            plot.follow_again()
        elif plot.following:
            self.clicked.emit(plot, *plot.from_pixels(point))
        else:
            self._waiting = found
            self._second.start(QApplication.doubleClickInterval())

    @Slot()
    def _on_no_second_click(self) -> None:
        if self._waiting is not None:
            plot, point = self._waiting
            self._waiting = None
            self.clicked.emit(plot, *plot.from_pixels(point))

    def _plot_at(self, scene_point: QPointF) -> tuple[Plot, QPointF] | None:
        for plot in self.plots:
            point = plot.mapFromScene(QPointF(scene_point))
            if plot.isVisible() and plot.holds(point):
                return plot, point
        return None

    # Qt ----------------------------------------------------------------------------------

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        if ev.buttons() != Qt.MouseButton.NoButton:
            return
        found = self._plot_at(self.mapToScene(ev.position().toPoint()))
        if found is None:
            self.left.emit()
        else:
            plot, point = found
            self.hovered.emit(plot, *plot.from_pixels(point))

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.left.emit()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        super().resizeEvent(ev)
        if hasattr(self, "_follow"):  # the base class resizes while it is built
            self._follow.move(self.width() - 32, 14)

    def paintEvent(self, ev: QPaintEvent) -> None:
        begin = time.perf_counter()
        super().paintEvent(ev)
        self.paint_seconds += time.perf_counter() - begin
        self.paints += 1
