"""The window in front of an audience: full screen, large print, pages by remote control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPalette
from PySide6.QtWidgets import QWidget

from app.shell.workspaces import Workspace, pages

if TYPE_CHECKING:
    from app.shell.main_window import MainWindow

SCALE = 1.5
"""Size of print in front of an audience over the usual."""
HINT = ("PgDn and PgUp turn the pages.", "B makes the screen black, Esc ends.")
_KEYS = ("next_page", "previous_page", "blank")
_SETTLE_MS = 300  # a window system takes that long to give a window its old size


class Presenter(QObject):
    """Enters and leaves the presentation, and leafs through its pages.

    Remote controls send page up and down, F5 or Esc, B or ``.``; the last is a single step here.

    Attributes
    ----------
    is_on : bool
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.is_on = False
        self._window = window
        self._pages: tuple[Workspace, ...] = ()
        self._page = 0
        self._before: tuple[Workspace, bool, Qt.WindowState] | None = None
        self._geometry = window.geometry()
        self._black = _Black(window)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SETTLE_MS)
        self._connect()

    def _connect(self) -> None:
        self._later.timeout.connect(self._settle)
        actions = self._window.actions_by_key
        actions["present"].setShortcuts([QKeySequence("F11"), QKeySequence("F5")])
        for key, slot in (
            ("present", self.toggle),
            ("next_page", self.show_next),
            ("previous_page", self.show_previous),
            ("blank", self.toggle_black),
        ):
            actions[key].triggered.connect(slot)
        for key in _KEYS:
            actions[key].setEnabled(False)

    @property
    def is_black(self) -> bool:
        """Whether the screen is black."""
        return self._black.isVisible()

    @property
    def page(self) -> Workspace:
        """What is shown while presenting."""
        return self._pages[self._page]

    # Slots ---------------------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        """Begin or end."""
        if self.is_on:
            self.leave()
        else:
            self.enter()

    @Slot()
    def enter(self) -> None:
        """Fill the screen with the first page."""
        if self.is_on:
            return
        window, grid = self._window, self._window.grid
        was_start = window.stack.currentWidget() is window.start_page
        self._before = (grid.workspace, was_start, window.windowState())
        self._geometry = window.geometry()
        self._pages, self._page = pages(grid.docks), 0
        grid.keep()  # with the sizes of the window, not of the screen
        self.is_on = True
        window.installEventFilter(self)
        self._dress(SCALE)
        window.show_views()
        window.showFullScreen()
        screen = window.screen()
        if QGuiApplication.platformName() == "xcb" and screen is not None:
            window.setGeometry(screen.geometry())  # there may be no window manager to do it
        self._show_page()
        window.toast.show_notice("info", *HINT)

    @Slot()
    def leave(self) -> None:
        """Show what was there before."""
        if not self.is_on or self._before is None:
            return
        window = self._window
        workspace, was_start, state = self._before
        self.is_on = False
        window.removeEventFilter(self)
        self._black.hide()
        window.toast.dismiss_note()
        window.setWindowState(state)
        if state == Qt.WindowState.WindowNoState:
            window.setGeometry(self._geometry)
        self._dress(1.0)
        window.show_workspace(workspace)
        if was_start:
            window.show_start_page()
        self._later.start()

    @Slot()
    def show_next(self) -> None:
        """Show the next page; the first follows the last."""
        self._leaf(1)

    @Slot()
    def show_previous(self) -> None:
        """Show the page before."""
        self._leaf(-1)

    @Slot()
    def toggle_black(self) -> None:
        """Show nothing but black, or what is below."""
        if self.is_on:
            self._black.setGeometry(self._window.rect())
            self._black.setVisible(not self.is_black)
            self._black.raise_()

    @Slot()
    def _settle(self) -> None:
        window = self._window
        if not self.is_on and self._before is not None:
            if window.grid.workspace is self._before[0] and window.grid.is_own:
                window.grid.settle()
            self._before = None

    # Inside --------------------------------------------------------------------------------

    def _leaf(self, pages_on: int) -> None:
        if self.is_black:
            self.toggle_black()
        elif self.is_on:
            self._page = (self._page + pages_on) % len(self._pages)
            self._show_page()

    def _show_page(self) -> None:
        self._window.show_workspace(self.page)
        number = f"{self._page + 1} / {len(self._pages)}"
        self._window.transport.show_page(self.page.title, number)

    def _dress(self, scale: float) -> None:
        window = self._window
        window.show_frame(shown=not self.is_on)
        window.transport.set_reduced(reduced=self.is_on)
        window.set_scale(scale)
        actions = window.actions_by_key
        actions["present"].setText("End presentation" if self.is_on else "Present")
        actions["present"].setIconText("End")  # its button is there only while presenting
        for key in _KEYS:
            actions[key].setEnabled(self.is_on)

    # Qt ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave by Esc, where nothing in the window wanted it."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Escape:
            return False
        self.leave()
        return True


class _Black(QWidget):
    """A black screen; a click takes it away."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, QColor(Qt.GlobalColor.black))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.setAccessibleName("Black screen")
        self.hide()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hide()
