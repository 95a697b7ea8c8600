"""The command palette: type a few letters of anything, press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCursor, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from app.shell.fuzzy import match
from app.shell.palette_row import ENTRY_ROLE, LETTERS_ROLE, ROW, RowDelegate

WIDTH = 560
MOST_ROWS = 10
MOST_RECENT = 5
_FROM_TOP = 56
"""Pixels below the window's upper edge: just under the transport bar."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be chosen.

    Attributes
    ----------
    text, hint : str
        What it is called, and a few words on what it does.
    keys : str
        What one can press instead, as Qt writes it portably; or nothing.
    run : callable
        Called without arguments, once the palette is closed.
    group : str
        A word for its kind; typing it finds the entry, too.
    enabled : bool
        Whether it can be chosen now.
    key : str
        What a choice is remembered by; the text if empty.
    words : tuple of str
        Other names that people look for, in small letters; they are not shown.
    """

    text: str
    hint: str
    keys: str
    run: Callable[[], object]
    group: str = ""
    enabled: bool = True
    key: str = ""
    words: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        words = (self.text, self.hint, self.keys, "" if self.enabled else "not available")
        return ", ".join(word for word in words if word)


class Rows(QAbstractListModel):
    """The entries that are listed, each with the letters that answer to what was typed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[Entry, frozenset[int]]] = []

    def set_rows(self, rows: Sequence[tuple[Entry, frozenset[int]]]) -> None:
        """List other entries."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        entry, letters = self.rows[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: entry.text,
            Qt.ItemDataRole.AccessibleTextRole: entry.spoken,
            ENTRY_ROLE: entry,
            LETTERS_ROLE: letters,
        }.get(role)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if not self.rows[index.row()][0].enabled:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class Palette(QFrame):
    """A search field over a list, shown above a window until something is chosen.

    Parameters
    ----------
    entries : callable
        Asked anew, whenever the palette opens, for all that there is to choose from.
    parent : QWidget
        In whose window it opens.
    """

    def __init__(self, entries: Callable[[], Sequence[Entry]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._entries = entries
        self._over = parent
        self._all: list[Entry] = []
        self._recent: list[str] = []
        self._pointer = QPoint()  # a list that appears under a resting mouse is not hovered
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("palette")
        self.setAccessibleName("Search commands")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # a click beside it only closes it
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search commands, layers, views, experiments")
        self.search.setAccessibleName("Search commands")
        self.search.installEventFilter(self)
        self.rows = Rows(self)
        self.list = QListView()
        self.list.setAccessibleName("Commands")
        self.list.setModel(self.rows)
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # one types and moves in the field
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = QLabel()
        self.nothing.setTextFormat(Qt.TextFormat.PlainText)
        self.nothing.setProperty("role", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setFixedHeight(2 * ROW)
        line = QFrame()
        line.setObjectName("hairline")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.search)
        column.addWidget(line)
        column.addWidget(self.list)
        column.addWidget(self.nothing)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_text_changed)
        self.list.clicked.connect(self._on_clicked)
        self.list.entered.connect(self._on_entered)
        self.list.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def current(self) -> Entry | None:
        """The entry that Enter runs."""
        index = self.list.currentIndex()
        return self.rows.rows[index.row()][0] if index.isValid() else None

    @property
    def listed(self) -> list[Entry]:
        """The entries that answer to what is typed, the best first."""
        return [entry for entry, _ in self.rows.rows]

    @Slot()
    def open(self) -> None:
        """Show everything there is to choose from, what was chosen last on top."""
        self._all = list(self._entries())
        self._pointer = QCursor.pos()
        self.search.clear()
        self._show_matches()
        self._place()
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def run_current(self) -> None:
        """Close, then run what is highlighted; nothing can be: stay."""
        entry = self.current
        if entry is None or not entry.enabled:
            return
        key = entry.key or entry.text
        self._recent = [key, *(one for one in self._recent if one != key)][:MOST_RECENT]
        self.close()
        # Later: what it does may open another window, or be the end of this one.
        QTimer.singleShot(0, self, entry.run)

    def move_by(self, rows: int, *, around: bool = False) -> None:
        """Highlight an entry so many rows below (or above); round the ends if asked to."""
        usable = [row for row, (entry, _) in enumerate(self.rows.rows) if entry.enabled]
        if not usable:
            return
        row = self.list.currentIndex().row()
        place = usable.index(row) + rows if row in usable else 0
        place = place % len(usable) if around else min(max(place, 0), len(usable) - 1)
        self.list.setCurrentIndex(self.rows.index(usable[place], 0))

    # Inside --------------------------------------------------------------------------------

    def _show_matches(self) -> None:
        typed = self.search.text().strip()
        ranked = []
        for place, entry in enumerate(self._all):
            beside = f"{entry.group} {entry.hint} {entry.keys}"
            found = match(typed, entry.text, beside, entry.words)
            if found is not None:
                key = entry.key or entry.text
                known = entry.enabled and key in self._recent
                recent = self._recent.index(key) if known else MOST_RECENT
                ranked.append(((found.cost, recent, place), entry, found.letters))
        ranked.sort(key=lambda one: one[0])
        self.rows.set_rows([(entry, letters) for _, entry, letters in ranked])
        self.list.setVisible(bool(ranked))
        self.nothing.setVisible(not ranked)
        if not ranked:
            shown = f"No command matches “{typed}”"
            room = WIDTH - 48
            elide = Qt.TextElideMode.ElideMiddle
            self.nothing.setText(self.nothing.fontMetrics().elidedText(shown, elide, room))
        self.list.setFixedHeight(ROW * min(len(ranked), self._most_rows()) + 8)
        self.list.scrollToTop()
        self.move_by(0)
        self.adjustSize()

    def _most_rows(self) -> int:
        room = self._over.window().height() - _FROM_TOP - self.search.sizeHint().height()
        return max(3, min(MOST_ROWS, room // ROW - 1))

    def _place(self) -> None:
        window = self._over.window()
        self.setFixedWidth(min(WIDTH, window.width() - 32))
        self.adjustSize()
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, _FROM_TOP)))

    def _press(self, event: QKeyEvent) -> bool:
        """Take a key that is for the list; return whether it was."""
        key, far = event.key(), len(self.rows.rows)
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_K:
            self.close()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run_current()
        elif key == Qt.Key.Key_Backtab:
            self.move_by(-1, around=True)
        elif held != Qt.KeyboardModifier.NoModifier:
            return False
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Tab):
            self.move_by(1, around=True)
        elif key == Qt.Key.Key_Up:
            self.move_by(-1, around=True)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.move_by(MOST_ROWS if key == Qt.Key.Key_PageDown else -MOST_ROWS)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.move_by(far if key == Qt.Key.Key_End else -far)
        else:
            return False
        self._pointer = QCursor.pos()
        return True

    # Slots ---------------------------------------------------------------------------------

    @Slot(str)
    def _on_text_changed(self, _text: str) -> None:
        self._pointer = QCursor.pos()
        self._show_matches()

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.list.setCurrentIndex(index)
            self.run_current()

    @Slot(QModelIndex)
    def _on_entered(self, index: QModelIndex) -> None:
        if QCursor.pos() != self._pointer:  # the mouse moved, not the list below it
            self.list.setCurrentIndex(index)

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid() and QAccessible.isActive():  # the focus stays in the field
            entry = self.rows.rows[index.row()][0]
            event = QAccessibleAnnouncementEvent(self.search, entry.spoken)
            QAccessible.updateAccessibility(event)

    # Qt ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)  # all others are for the field, and Esc for the popup
        return super().eventFilter(watched, event)
