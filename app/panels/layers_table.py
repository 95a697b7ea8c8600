"""The table of layers: its measures, its keys, and rows that are dragged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.form.look import current_theme
from app.panels.layers_delegate import DOT, LayerDelegate
from app.panels.layers_header import LEFT, PAD, LayersHeader
from app.panels.layers_model import ROWS_MIME, Column, LayersModel

_LEAST = {Column.INIT: 46, Column.ACTIVATION: 50, Column.EXTRAS: 28, Column.LAYER: 60}
"""Widths down to which columns give way, in this order."""
_NARROW = 250  # below it the live bars make room for the names
_FEWEST_ROWS = 7  # shown however low the window is


class LayersTable(QTableView):
    """The table: as high as its rows up to a limit, whole rows selected, keys for the edits.

    Signals
    -------
    rows_dropped(int)
        The selected rows were dragged to the gap before this row.
    """

    remove_pressed = Signal()
    duplicate_pressed = Signal()
    up_pressed = Signal()
    down_pressed = Signal()
    copy_pressed = Signal()
    cut_pressed = Signal()
    paste_pressed = Signal()
    rows_dropped = Signal(int)

    def __init__(self, model: LayersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most_height = 420
        self._gap: int | None = None  # where rows that are being dragged would go
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(self))
        self._build()
        self._connect()

    def _build(self) -> None:
        triggers = QAbstractItemView.EditTrigger
        self.setAccessibleName("Layers")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed
        )
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDragDropOverwriteMode(False)  # else Qt empties the cells that were dragged
        self.setDropIndicatorShown(False)  # painted here: a line between two rows
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        header = LayersHeader(self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(Column.INIT, QHeaderView.ResizeMode.Stretch)
        self._measure()

    def _connect(self) -> None:
        self.model().modelReset.connect(self._on_reset)
        self.model().dataChanged.connect(self._on_data_changed)

    def set_most_height(self, height: int) -> None:
        """Limit the height; beyond it the table scrolls."""
        self._most_height = height
        self._measure()

    def selected_rows(self) -> list[int]:
        """Return the selected rows from the top."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def _measure(self) -> None:
        metrics = self.fontMetrics()
        row = metrics.height() + 8
        self.verticalHeader().setDefaultSectionSize(row)
        digits = "0" * len(str(self.model().rowCount() - 1))
        number = metrics.horizontalAdvance(digits) + DOT + LEFT + 10
        bars = metrics.horizontalAdvance("00" if self.viewport().width() >= _NARROW else "0") + 24
        self.setColumnWidth(Column.NUMBER, number)
        self.setColumnWidth(Column.LIVE, bars)
        wanted = {column: self._widest(column) + 2 * PAD for column in _LEAST}
        if not self._has_texts(Column.EXTRAS):
            wanted[Column.EXTRAS] = 0
        self.setColumnHidden(Column.EXTRAS, not wanted[Column.EXTRAS])
        missing = sum(wanted.values()) + number + bars - self.viewport().width()
        for column, width in wanted.items():  # the first gives way first; tips tell what is cut
            given = min(max(missing, 0), max(width - _LEAST[column], 0))
            missing -= given
            self.setColumnWidth(column, width - given)
        self.clearSpans()
        self.setSpan(self.model().rowCount() - 1, Column.NUMBER, 1, 2)
        header = self.horizontalHeader().height()
        wanted = header + row * self.model().rowCount() + 2
        self.setFixedHeight(min(wanted, max(self._most_height, header + row * _FEWEST_ROWS)))

    def _has_texts(self, column: int) -> bool:
        model = self.model()
        return any(model.index(row, column).data() for row in range(model.rowCount()))

    def _widest(self, column: int) -> int:
        """Return the width of the widest text in a column, its title included."""
        model = self.model()
        texts = {str(model.index(row, column).data()) for row in range(model.rowCount())}
        title = str(model.headerData(column, Qt.Orientation.Horizontal))
        header = self.horizontalHeader()
        titled = QFontMetrics(header.small_font()) if isinstance(header, LayersHeader) else None
        return max(
            *map(self.fontMetrics().horizontalAdvance, texts),
            titled.horizontalAdvance(title) if titled else 0,
        )

    @Slot()
    def _on_reset(self) -> None:
        self._measure()

    @Slot(QModelIndex, QModelIndex)
    def _on_data_changed(self, first: QModelIndex) -> None:
        if first.column() != Column.LIVE:  # the live bars change thirty times a second
            self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        signal = {
            (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier): self.remove_pressed,
            (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier): self.duplicate_pressed,
            (Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier): self.up_pressed,
            (Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier): self.down_pressed,
            (Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier): self.copy_pressed,
            (Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier): self.cut_pressed,
            (Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier): self.paste_pressed,
        }.get((Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier))
        if signal is not None:
            signal.emit()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is self and event.mimeData().hasFormat(ROWS_MIME):
            event.acceptProposedAction()
        else:
            event.ignore()  # a file is for the window

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls near the edges
        self._set_gap(self.gap_at(event.position().y()))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._set_gap(None)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_gap(None)
        self.setState(QAbstractItemView.State.NoState)
        event.acceptProposedAction()
        self.rows_dropped.emit(self.gap_at(event.position().y()))

    def gap_at(self, y: float) -> int:
        """Return the row before which a drop at this height goes; before the output at most."""
        last = self.model().rowCount() - 1
        row = self.rowAt(round(y))
        if row < 0:
            return last
        middle = self.rowViewportPosition(row) + self.rowHeight(row) / 2
        return min(row + (y > middle), last)

    def _set_gap(self, gap: int | None) -> None:
        if gap != self._gap:
            self._gap = gap
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._gap is None:
            return
        painter = QPainter(self.viewport())
        y = max(self.rowViewportPosition(self._gap) - 1, 0)
        painter.fillRect(QRect(0, y, self.viewport().width(), 2), current_theme().color("accent"))
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(246, self.maximumHeight())
