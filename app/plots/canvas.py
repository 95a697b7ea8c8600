"""The surface that holds the plots of one view."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QGraphicsView, QSizePolicy, QToolButton, QWidget

from app.busy import busy_seconds
from app.plots.keys import HINT, PictureKeys
from app.plots.plot import Plot
from app.theme import Theme

_Reason = Qt.FocusReason
_BY_KEY = (_Reason.TabFocusReason, _Reason.BacktabFocusReason, _Reason.ShortcutFocusReason)
_FOR_A_MOMENT = (
    _Reason.ActiveWindowFocusReason,
    _Reason.PopupFocusReason,
    _Reason.MenuBarFocusReason,
)


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
    keys : PictureKeys
        What is done by keyboard while the canvas has the focus.
    paints : int
    paint_seconds : float
        How often this widget was painted and what that took of a core, for the render clock.
    """

    hovered = Signal(object, float, float)
    left = Signal()
    clicked = Signal(object, float, float)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: list[Plot] = []
        self.keys = PictureKeys(self)
        self._ringed = False
        self._theme: Theme | None = None
        self.paints = 0
        self.paint_seconds = 0.0
        self._build()
        self._connect()

    def _build(self) -> None:
        self.ci.setContentsMargins(4, 4, 4, 4)
        self.ci.setSpacing(4)
        self.setMinimumSize(80, 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # Plots write in their own pixels and set what they need.
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing, True)
        self.setAcceptDrops(False)  # a dropped file is the window's
        self.viewport().setAcceptDrops(False)
        # The ground fills it, so that nothing below has to be painted with it.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setWhatsThis(HINT)
        self._follow = QToolButton(self)
        self._follow.setText("A")
        self._follow.setProperty("small", "true")
        self._follow.setToolTip("Follow the run again (double-click, or 0)")
        self._follow.setAccessibleName("Follow the run again")
        self._follow.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the canvas is one stop, it has a key
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
        self.ci.itemBorders[plot].hide()  # they have no colour, and are painted with every picture
        self.plots.append(plot)
        plot.following_changed.connect(self._on_following_changed)
        plot.view_changed.connect(self.view_changed)
        plot.view_changed.connect(self._on_view_changed)
        return plot

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self.setBackground(theme.panel)
        self.keys.set_theme(theme)
        for plot in self.plots:
            plot.set_theme(theme)

    @Slot()
    def follow_again(self) -> None:
        """Give up ranges chosen by hand."""
        for plot in self.plots:
            plot.follow_again()

    # Slots -------------------------------------------------------------------------------

    @Slot(bool)
    def _on_following_changed(self, following: bool) -> None:
        self._follow.setVisible(not all(plot.following for plot in self.plots))
        self._place_follow()

    @Slot()
    def _on_view_changed(self) -> None:
        if not self._follow.isHidden():  # with every picture of a run it is
            self._place_follow()

    def _place_follow(self) -> None:
        """Put the button into the upper right corner of a picture, which makes room for it."""
        chosen = None
        if not self._follow.isHidden():
            moved = (one for one in self.plots if one.isVisible() and not one.following)
            chosen = next(moved, None)
        for plot in self.plots:
            if plot is not chosen:
                plot.overlay.keep_free(QRectF())
        if chosen is None:
            return
        size, area = self._follow.sizeHint(), chosen.area()
        box = QRectF(area.right() - 4 - size.width(), area.top() + 4, size.width(), size.height())
        chosen.overlay.keep_free(box)
        self._follow.setGeometry(chosen.mapRectToScene(box).toRect())

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

    def _leave(self) -> None:
        if not self.keys.reading:  # they stay where they are
            self.left.emit()

    def _set_ring(self, ringed: bool) -> None:
        if ringed is not self._ringed:
            self._ringed = ringed
            self.viewport().update()

    # Qt ----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self.keys.claims(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        if self.keys.press(ev):
            self._set_ring(True)  # a click shows none, but whoever uses keys sees where they go
            ev.accept()
        else:
            super().keyPressEvent(ev)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in _BY_KEY:
            self._set_ring(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _FOR_A_MOMENT:
            self.keys.put_away()
            self._set_ring(False)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.keys.put_away()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        if ev.buttons() != Qt.MouseButton.NoButton:
            return
        found = self._plot_at(self.mapToScene(ev.position().toPoint()))
        if found is None:
            self._leave()
        else:
            plot, point = found
            at = plot.from_pixels(point)
            self.keys.follow_mouse(plot, *at)
            self.hovered.emit(plot, *at)

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self._leave()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        super().resizeEvent(ev)
        if hasattr(self, "_follow"):  # the base class resizes while it is built
            self._place_follow()

    def paintEvent(self, ev: QPaintEvent) -> None:
        begin = busy_seconds()
        super().paintEvent(ev)
        if self._ringed and self._theme is not None:
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()
        self.paint_seconds += busy_seconds() - begin
        self.paints += 1
