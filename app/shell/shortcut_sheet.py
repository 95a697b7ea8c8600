"""Every key and click at a glance, by what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from app.shell.actions import COMMANDS
from app.shell.key_caps import KeyCaps, theme_in_print

COLUMNS = 4
_COLUMN = 272  # pixels
_ROW = 24


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What one does for what; several ``keys`` are several ways, or several presses."""

    group: str
    keys: tuple[str, ...]
    text: str


MORE = (
    Shortcut("Pictures", ("1", "2", "3", "4"), "Show ∂W, δ, h, ΔW/W"),
    Shortcut("Pictures", ("5",), "Profile: forward and backward"),
    Shortcut("Pictures", ("[", "]", "{", "}"), "Heatmap: ends of the colours"),
    Shortcut("Pictures", ("Click",), "Select layer and step"),
    Shortcut("Pictures", ("Wheel",), "Zoom"),
    Shortcut("Pictures", ("Drag",), "Move the range"),
    Shortcut("Pictures", ("Double-click",), "Follow the run again"),
    Shortcut("In a picture", ("Tab",), "Go to the next picture"),
    Shortcut("In a picture", ("Return",), "Read values; again: click there"),
    Shortcut("In a picture", ("Left", "Right", "Up", "Down"), "Move the reading"),
    Shortcut("In a picture", ("Shift+Left", "Shift+Right"), "Ten times as far"),
    Shortcut("In a picture", ("PgUp", "PgDown"), "Next panel"),
    Shortcut("In a picture", ("Esc",), "End the reading"),
    Shortcut("In a picture", ("+", "-"), "Zoom"),
    Shortcut("In a picture", ("Alt+Left", "Alt+Right"), "Move the range"),
    Shortcut("In a picture", ("0", "Backspace"), "Follow the run again"),
    Shortcut("Recording", ("Left", "Right"), "Look one step back, on"),
    Shortcut("Recording", ("Shift+Left", "Shift+Right"), "A twentieth of the run"),
    Shortcut("Recording", ("Home", "Esc"), "First step, back to live"),
    Shortcut("Layer table", ("Ctrl+Click",), "Select one more"),
    Shortcut("Layer table", ("Shift+Click",), "Select all up to here"),
    Shortcut("Layer table", ("F2", "Double-click"), "Edit a cell"),
    Shortcut("Layer table", ("Ctrl+D",), "Duplicate"),
    Shortcut("Layer table", ("Del",), "Remove"),
    Shortcut("Layer table", ("Alt+Up", "Alt+Down"), "Move"),
    Shortcut("Layer table", ("Ctrl+C", "Ctrl+X", "Ctrl+V"), "Copy, cut, paste"),
    Shortcut("Fields", ("Up", "Down"), "A step up, down"),
    Shortcut("Fields", ("PgUp", "PgDown"), "Ten steps up, down"),
    Shortcut("Fields", ("Return",), "Accept what was typed"),
    Shortcut("Fields", ("Ctrl+Return",), "The same in a long text"),
    Shortcut("Fields", ("Esc",), "Take back what was typed"),
    Shortcut("Fields", ("F1",), "Explain the setting"),
)
"""Keys and clicks that belong to a part of the window, not to a command; add yours here."""


def shortcuts_of(actions: Mapping[str, QAction]) -> list[Shortcut]:
    """Return all shortcuts: those of the commands as they are in force, then the rest."""
    found = []
    for command in COMMANDS:
        keys = actions[command.key].shortcut()
        written = keys.toString(QKeySequence.SequenceFormat.PortableText)
        if written:
            found.append(Shortcut(command.group, (written,), command.text.removesuffix(" …")))
    return [*found, *MORE]


def in_columns(counts: Sequence[int], columns: int = COLUMNS) -> list[int]:
    """Return where each column begins, so that the longest is as short as can be.

    Parameters
    ----------
    counts : sequence of int
        Rows of each group; a group stays in one column, and groups stay in order.
    """
    places = range(1, len(counts))
    every = combinations(places, min(columns, len(counts)) - 1)
    heads = [count + 2 for count in counts]  # a title and a gap

    def longest(cuts: tuple[int, ...]) -> int:
        edges = (0, *cuts, len(counts))
        return max(sum(heads[a:b]) for a, b in pairwise(edges))

    return [0, *min(every, key=longest)]


class ShortcutSheet(QDialog):
    """A window with all shortcuts; it stays open beside the laboratory until it is closed.

    Parameters
    ----------
    actions : mapping of str to QAction
        The commands by key; their shortcuts are read when the sheet is first shown.
    """

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._room, self._print_size = QSize(), 0  # the pixels that it was filled for
        self._build()

    def _build(self) -> None:
        self.setWindowTitle("Keyboard shortcuts")
        self.setAccessibleName("Keyboard shortcuts")
        self.setModal(False)
        area = self._area = QScrollArea()
        area.setAccessibleName("Keyboard shortcuts")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(area)

    def _fill(self, columns: int) -> None:
        """Write the shortcuts into so many columns."""
        groups: dict[str, list[Shortcut]] = {}
        for shortcut in shortcuts_of(self._actions):
            groups.setdefault(shortcut.group, []).append(shortcut)
        starts = in_columns([len(some) for some in groups.values()], columns)
        self._page = QWidget()
        across = QHBoxLayout(self._page)
        across.setContentsMargins(20, 20, 20, 20)
        across.setSpacing(28)
        column = QVBoxLayout()
        for place, (title, some) in enumerate(groups.items()):
            if place in starts:
                column = QVBoxLayout()
                column.setSpacing(16)
                across.addLayout(column)
            column.addLayout(_group(title, some))
            if place + 1 in (*starts, len(groups)):
                column.addStretch(1)
        self._area.setWidget(self._page)  # the one before goes

    def fit(self, room: QSize) -> None:
        """Take as many columns as fit into so many pixels; what is too high can be scrolled."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) + 2
        size = room
        for columns in range(COLUMNS, 0, -1):
            self._fill(columns)
            size = self._page.sizeHint() + QSize(bar, 2)
            if size.width() <= room.width():
                break
        self.resize(size.boundedTo(room))

    @Slot()
    def toggle(self) -> None:
        """Show the sheet, or close it if it is in front."""
        if self.isVisible() and self.isActiveWindow():
            self.close()
            return
        room, print_size = self.screen().availableGeometry().size() * 0.9, self.font().pixelSize()
        if (room, print_size) != (self._room, self._print_size):
            self._room, self._print_size = room, print_size
            self.fit(room)
        self.show()
        self.raise_()
        self.activateWindow()

    # Qt ------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Question:  # what opens it, closes it
            self.close()
        else:
            super().keyPressEvent(event)


def _group(title: str, shortcuts: Sequence[Shortcut]) -> QGridLayout:
    theme = theme_in_print()
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(0)
    grid.setColumnMinimumWidth(0, theme.px(_COLUMN // 2))
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    heading.setProperty("role", "section")
    grid.addWidget(heading, 0, 0, 1, 2)
    grid.setRowMinimumHeight(0, theme.px(_ROW))
    for row, shortcut in enumerate(shortcuts, 1):
        text = QLabel(shortcut.text)
        text.setTextFormat(Qt.TextFormat.PlainText)
        caps = KeyCaps(shortcut.keys)
        text.setBuddy(caps)
        grid.addWidget(text, row, 0)
        grid.addWidget(caps, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.setRowMinimumHeight(row, theme.px(_ROW))
    return grid
