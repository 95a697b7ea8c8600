"""The row over a picture: title, subtitle, choices, help."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFont, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from app.theme import Theme, icon
from app.views.control import LAST, Control
from app.views.words import Words

HEIGHT = 38
_LEFT, _GAP = 12, 8  # pixels before the title, and between parts
_LEAST_TITLE = 64  # pixels that controls leave to the title as long as they can
_SHORTEST_TITLE = 40
_CHANGES = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.LayoutRequest)


class Header(QWidget):
    """Title, subtitle, room for controls, the menu button and the help button.

    Where there is little room the subtitle goes first, then the title is cut by an ellipsis,
    then choices become buttons with a menu; what still has no room goes into the menu of the
    view. The two buttons at the end are always there.

    Signals
    -------
    help_requested()
        The ``?`` button was pressed.
    menu_requested(QPoint)
        The ``⋯`` button was pressed; a menu may open at this point of the screen.
    """

    help_requested = Signal()
    menu_requested = Signal(QPoint)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_color = ""
        self._words = title
        self._theme: Theme | None = None
        self._laying = False
        self._controls: list[Control] = []
        self._build(title)
        self.help_button.clicked.connect(self.help_requested)
        self.menu_button.clicked.connect(self._on_menu_clicked)

    def _build(self, title: str) -> None:
        self.setFixedHeight(HEIGHT)
        self._title = QLabel(title, self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.installEventFilter(self)
        self.subtitle = Words(self)
        self.menu_button = QToolButton(self)
        self.menu_button.setProperty("small", "true")
        self.menu_button.setToolTip("Copy or export")
        self.menu_button.setAccessibleName(f"Copy or export {title}")
        self.help_button = QToolButton(self)
        self.help_button.setText("?")
        self.help_button.setProperty("small", "true")
        self.help_button.setAccessibleName(f"Help on {title}")

    @property
    def title(self) -> str:
        """The whole title, though it may be cut."""
        return self._words

    def set_title(self, title: str) -> None:
        """Show a title, a shorter one where there is no room."""
        if title != self._words:
            self._words = title
            self._lay()

    def show_title(self, *, shown: bool) -> None:
        """Show the title, or leave it to the tab above."""
        if shown is self._title.isHidden():
            self._title.setVisible(shown)
            self._lay()

    def add_control(self, control: QWidget) -> None:
        """Place a control before the buttons for menu and help, the most important first."""
        one = Control(control, self)
        one.place.installEventFilter(self)
        control.installEventFilter(self)
        self._controls.append(one)
        self._lay()
        self.menu_button.raise_()  # the keys go from left to right, and over them nothing lies
        self.help_button.raise_()

    def entries(self, menu: QMenu) -> list[QAction]:
        """Return what there was no room for, as entries for the view's menu."""
        return [one.entry(menu) for one in self._controls if one.is_wanted and one.folded]

    def make_handle(self) -> None:
        """Show that the free part of the row can be dragged; whoever lies below does the rest."""
        for part in (self._title, self.subtitle):
            part.setCursor(Qt.CursorShape.OpenHandCursor)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        font = QFont(theme.plot_font(theme.font, bold=True))
        self._title.setFont(font)
        self.subtitle.set_theme(theme)
        if theme.muted != self._icon_color:  # it is made in many sizes
            self._icon_color = theme.muted
            self.menu_button.setIcon(icon("more", theme, "muted"))
        self._lay()

    @Slot()
    def _on_menu_clicked(self) -> None:
        button = self.menu_button
        self.menu_requested.emit(button.mapToGlobal(QPoint(0, button.height() + 4)))

    # Layout --------------------------------------------------------------------------------

    def _lay(self) -> None:
        """Give each part its place."""
        if self._laying:  # to show a part may ask for another layout
            return
        self._laying = True
        right = self.width() - 9
        for button in (self.help_button, self.menu_button):
            button.ensurePolished()
            size = button.sizeHint().boundedTo(button.maximumSize())
            right -= size.width()
            button.setGeometry(right, (self.height() - size.height()) // 2, *size.toTuple())
            right -= _GAP
        shown = [one for one in self._controls if one.is_wanted]
        title = self._title_width(self._words) if not self._title.isHidden() else 0
        room = right - _LEFT - (min(title, self._px(_LEAST_TITLE)) + _GAP if title else 0)
        self._fold(shown, room)
        for one in reversed(shown):
            one.take_level()
            if not one.folded:
                height = one.place.sizeHint().height()
                right -= one.width
                one.place.setGeometry(right, (self.height() - height) // 2, one.width, height)
                right -= _GAP
            one.place.setVisible(not one.folded)
        for one in self._controls:
            if not one.is_wanted:
                one.place.hide()
        self._lay_words(title, right - _LEFT)
        self._laying = False

    def _fold(self, controls: list[Control], room: int) -> None:
        """Choose what gives way, one after the other, until all fit; the last ones first."""

        def fit(more: int = 0) -> bool:
            return sum(one.width + _GAP for one in controls if not one.folded) <= room + more

        for one in controls:
            one.level = 0
        spare = self._px(_LEAST_TITLE - _SHORTEST_TITLE)
        steps = [
            (rank, -place, level) for place, one in enumerate(controls) for rank, level in one.ways
        ]
        done: list[tuple[int, int]] = []
        for rank, place, level in sorted(steps):
            if fit(spare if rank == LAST else 0):
                break
            controls[-place].level = level
            done.append((-place, level))
        for place, level in done[:-1]:  # what gave way before may have room after all
            if controls[place].level == level:
                controls[place].level = 0
                if not fit():
                    controls[place].level = level

    def _lay_words(self, title: int, room: int) -> None:
        width = min(title, max(room, 0))
        if title:
            cut = width < title
            metrics = self._title.fontMetrics()
            fitting = metrics.elidedText(
                self._words, Qt.TextElideMode.ElideRight, max(width - 2, 0)
            )
            self._title.setText(fitting if cut else self._words)
            self._title.setToolTip(self._words if cut else "")
            self._title.setGeometry(_LEFT, 0, width, self.height())
            width += _GAP
        self.subtitle.setGeometry(_LEFT + width, 0, max(room - width, 0), self.height())

    def _title_width(self, words: str) -> int:
        return self._title.fontMetrics().horizontalAdvance(words) + 2

    def _px(self, size: int) -> int:
        return size if self._theme is None else self._theme.px(size)

    # Qt ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lay out anew when a control comes, goes, or grows."""
        if event.type() in _CHANGES:
            self._lay()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay()  # by now the style sheet has said how large everything is

    def minimumSizeHint(self) -> QSize:
        return QSize(0, HEIGHT)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # below lies a dock, which would leave the window
