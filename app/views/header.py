"""The row over a picture: title, subtitle, choices, help."""

from __future__ import annotations

from functools import partial
from html import escape

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, icon
from app.views.segments import Segments
from core.measure import QUANTITIES

HEIGHT, FOOT = 38, 19
_LEFT, _GAP = 12, 8  # pixels before the title, and between parts
_LEAST_TITLE = 64  # pixels that controls leave to the title as long as they can
_SHORTEST_TITLE = 40
_LAST = 5  # rank of what happens only if the title gets shorter than that
_COMBO = 13  # figures that a field with a list is wide at least
_EXPLICIT = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
_CHANGES = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.LayoutRequest)


class Words(QWidget):
    """A line of words that is cut to what fits and never asks the layout for room.

    A ``QLabel`` would have the window laid out anew with every new number.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def text(self) -> str:
        """The whole line."""
        return self._text

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setFont(theme.plot_font(theme.small + 1))
        self.update()

    def set_words(self, text: str) -> None:
        """Show a line, repainting only when it is another one."""
        if text != self._text:
            self._text = text
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(10, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None or not self._text or self.width() < 36:
            return  # a lone ellipsis says nothing
        painter = QPainter(self)
        painter.setFont(self._theme.plot_font(self._theme.small + 1))
        painter.setPen(self._theme.color("muted"))
        _write(painter, self.rect(), Qt.AlignmentFlag.AlignLeft, self._text)
        painter.end()


class Footer(QWidget):
    """The title of the x axis at the left, where the picture comes from at the right."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ""
        self._title, self._show_title = title, False
        self._token = "dim"
        self._theme: Theme | None = None
        self.setFixedHeight(FOOT)

    def set_theme(self, theme: Theme) -> None:
        """Take over colours and font."""
        self._theme = theme
        self.setFixedHeight(theme.px(FOOT))
        self.update()

    def set_title(self, title: str) -> None:
        """Give the x axis another title."""
        if title != self._title:
            self._title = title
            self.update()

    def set_words(self, words: str, token: str, *, show_title: bool = True) -> None:
        """Show a line, repainting only when it is another one."""
        new = (words, token, show_title)
        if new != (self.words, self._token, self._show_title):
            self.words, self._token, self._show_title = new
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.plot_font())
        room = self.rect().adjusted(12, 0, -12, -3)
        width = painter.fontMetrics().horizontalAdvance(self.words)
        painter.setPen(self._theme.color(self._token))
        _write(painter, room, Qt.AlignmentFlag.AlignRight, self.words)
        rest = room.adjusted(0, 0, -width - 12, 0)
        if self._show_title and rest.width() > 24:
            painter.setPen(self._theme.color("muted"))
            _write(painter, rest, Qt.AlignmentFlag.AlignLeft, self._title)
        painter.end()


def _write(painter: QPainter, rect: QRect, side: Qt.AlignmentFlag, text: str) -> None:
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, fitting)


def help_html(names: tuple[str, ...], theme: Theme) -> str:
    """Return what is known of quantities as rich text."""
    parts = []
    for name in names:
        quantity = QUANTITIES[name]
        unit = f" · {escape(quantity.unit)}" if quantity.unit else ""
        parts.append(
            f"<p><b>{escape(quantity.title)}</b> {escape(quantity.symbol)}"
            f"<span style='color:{theme.muted}'>{unit}</span><br>"
            f"{escape(quantity.formula)}</p>"
            f"<p>{escape(quantity.reading)}<br>"
            f"<span style='color:{theme.warn}'>Misleads:</span> {escape(quantity.misleads)}"
            + (
                f"<br><span style='color:{theme.muted}'>{escape(quantity.source)}</span>"
                if quantity.source
                else ""
            )
            + "</p>"
        )
    return "".join(parts)


class HelpPopup(QFrame):
    """A sheet with help that goes away with the next click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setFixedWidth(340)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 6, 14, 6)
        column.addWidget(self._label)

    def show_at(self, corner: QPoint, html: str) -> None:
        """Open with the upper right corner at a point of the screen."""
        self._label.setText(html)
        self.adjustSize()
        self.move(corner - QPoint(self.width(), 0))
        self.show()


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
        self._controls: list[_Control] = []
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
        one = _Control(control, self)
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

    def _fold(self, controls: list[_Control], room: int) -> None:
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
            if fit(spare if rank == _LAST else 0):
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


class _Control:
    """A control in a header: in full (0), compact (1), or in the view's menu (2).

    Attributes
    ----------
    place : QWidget
        What the control lies in: hidden with it in the menu, so that whether the control itself
        is hidden stays its view's affair.
    """

    def __init__(self, control: QWidget, parent: QWidget) -> None:
        self.control = control
        self.place = QWidget(parent)
        box = QHBoxLayout(self.place)
        box.setContentsMargins(0, 0, 0, 0)
        was_hidden = control.isHidden() and control.testAttribute(_EXPLICIT)
        box.addWidget(control)
        if not was_hidden:
            control.show()
        self.level = 0

    @property
    def is_wanted(self) -> bool:
        """Whether the view wants to have it shown."""
        return not self.control.isHidden()

    @property
    def folded(self) -> bool:
        """Whether it has no place in the row."""
        return self.level == 2

    @property
    def ways(self) -> tuple[tuple[int, int], ...]:
        """How it gives way: when, from 0, and to which level."""
        if isinstance(self.control, Segments):
            return ((0, 1),) if self.control.count > 2 else ((2, 1), (_LAST, 2))
        if isinstance(self.control, QComboBox):
            return ((1, 1),)
        return ((4 if isinstance(self.control, QAbstractSpinBox) else 3, 2),)

    @property
    def width(self) -> int:
        """The pixels it takes as it is."""
        control = self.control
        if isinstance(control, Segments):
            return control.width_of(compact=self.level == 1)
        control.ensurePolished()
        wanted = control.sizeHint().width()
        wanted = min(max(wanted, control.minimumWidth()), control.maximumWidth())
        if isinstance(control, QComboBox) and self.level == 1:
            return min(wanted, control.fontMetrics().horizontalAdvance("0") * _COMBO)
        return wanted

    def take_level(self) -> None:
        """Look as the level says; changes nothing where it has not changed."""
        if isinstance(self.control, Segments):
            self.control.set_compact(compact=self.level == 1)

    def entry(self, menu: QMenu) -> QAction:
        """Return an entry that does what the control does."""
        control = self.control
        if isinstance(control, QSpinBox):
            sub = QMenu(control.text(), menu)
            for value in range(control.minimum(), control.maximum() + 1):
                action = sub.addAction(f"{control.prefix()}{value}")
                action.setCheckable(True)
                action.setChecked(value == control.value())
                action.triggered.connect(partial(control.setValue, value))
            return sub.menuAction()
        if isinstance(control, Segments):
            control.menu.setTitle(control.words)
            return control.menu.menuAction()
        tip = (control.toolTip() or control.accessibleName()).splitlines() or [""]
        action = QAction(tip[0].split(";")[0].replace("&", "&&"), menu)
        if isinstance(control, QAbstractButton):
            action.setCheckable(control.isCheckable())
            action.setChecked(control.isChecked())
            action.triggered.connect(control.click)
        return action


__all__ = ["FOOT", "HEIGHT", "Footer", "Header", "HelpPopup", "Segments", "Words", "help_html"]
