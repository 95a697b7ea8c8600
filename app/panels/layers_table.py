"""How the table of layers looks and answers the keyboard."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.form import ChoiceField, IntField
from app.form.describe import Bounds, first_line
from app.form.names import readable
from app.panels.layers_header import LEFT, PAD, UNITS_GAP, LayersHeader
from app.panels.layers_model import LIVE_ROLE, Column, Index, LayersModel, log_share
from app.panels.look import current_theme
from app.theme import Theme
from core.experiment.activations import ACTIVATION_KINDS
from core.experiment.network import Dense

_DOT = 8
_BAR = 4
_NARROW = 250  # below it the live bars make room for the names
_FEWEST_ROWS = 7  # shown however low the window is


class LayerDelegate(QStyledItemDelegate):
    """Paints a layer's dot and live bars; edits units and activation."""

    def _paint_number(
        self, painter: QPainter, area: QRectF, index: Index, theme: Theme, *, selected: bool
    ) -> None:
        count = index.model().rowCount()
        painter.setPen(Qt.PenStyle.NoPen)
        if selected:
            painter.setBrush(theme.color("accent"))
            painter.drawRect(QRectF(area.left(), area.top(), 2, area.height()))
        painter.setBrush(theme.layer_color(index.row() + 1, count))
        left = area.left() + LEFT
        painter.drawEllipse(QRectF(left, area.center().y() - _DOT / 2, _DOT, _DOT))
        painter.setPen(theme.color("text"))
        text = QRectF(left + _DOT + 6, area.top(), area.width(), area.height())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(text, flags, str(index.data()))

    def _paint_live(self, painter: QPainter, area: QRectF, index: Index, theme: Theme) -> None:
        delta, largest, derivative = index.data(LIVE_ROLE)
        track = QRectF(area.left() + PAD, 0, area.width() - 2 * PAD, _BAR)
        middle = area.center().y()
        track.moveTop(middle - _BAR - 1.5)
        _paint_bar(painter, track, delta, log_share(delta, largest), theme.color("accent"), theme)
        track.moveTop(middle + 1.5)
        share = min(max(derivative, 0.0), 1.0) if _finite(derivative) else 0.0
        _paint_bar(painter, track, derivative, share, theme.color("good"), theme)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        theme = current_theme()
        option.state &= ~QStyle.StateFlag.State_Selected  # pyright: ignore
        option.state &= ~QStyle.StateFlag.State_HasFocus  # pyright: ignore
        if index.column() == Column.UNITS:
            option.rect.adjust(0, 0, PAD - UNITS_GAP, 0)  # pyright: ignore
        model = index.model()
        if isinstance(model, LayersModel) and model.draft_at(index):
            option.palette.setColor(QPalette.ColorRole.Text, theme.color("bad"))  # pyright: ignore

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        state: QStyle.StateFlag = option.state  # pyright: ignore
        selected = bool(state & QStyle.StateFlag.State_Selected)
        area = QRectF(option.rect)  # pyright: ignore
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.column() == Column.NUMBER:
            self._paint_number(painter, area, index, theme, selected=selected)
        elif index.column() == Column.LIVE:
            self._paint_live(painter, area, index, theme)
        painter.restore()
        if index.column() not in (Column.NUMBER, Column.LIVE):
            super().paint(painter, option, index)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        if index.column() == Column.UNITS:
            field = IntField(Bounds.of(Dense.model_fields["units"]), parent=parent)
            field.setAccessibleName(f"Units of layer {index.row() + 1}")
            return field
        choice = ChoiceField(parent)
        choice.setAccessibleName(f"Activation of layer {index.row() + 1}")
        kinds = ACTIVATION_KINDS.items()
        choice.set_choices((kind, readable(kind), first_line(model)) for kind, model in kinds)
        choice.activated.connect(self._on_chosen)
        return choice

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        value = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, IntField):
            if editor.isModified():
                return  # the model changed while the user types
            editor.setText(str(value))
            editor.selectAll()
        elif isinstance(editor, ChoiceField) and editor.value() is None:
            editor.set_value(value)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if isinstance(editor, IntField):
            model.setData(index, editor.parsed())  # pyright: ignore[reportArgumentType]
        elif isinstance(editor, ChoiceField):
            model.setData(index, editor.currentData())  # pyright: ignore[reportArgumentType]

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        area = option.rect  # pyright: ignore
        width = max(area.width(), 56 if index.column() == Column.UNITS else 116)
        height = max(area.height(), editor.sizeHint().height())
        editor.setGeometry(area.x(), area.y() - (height - area.height()) // 2, width, height)

    @Slot(int)
    def _on_chosen(self, _index: int) -> None:
        editor = self.sender()
        if isinstance(editor, ChoiceField):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)


class LayersTable(QTableView):
    """The table: as high as its rows up to a limit, whole rows selected, keys for the edits."""

    remove_pressed = Signal()
    duplicate_pressed = Signal()
    up_pressed = Signal()
    down_pressed = Signal()

    def __init__(self, model: LayersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most_height = 420
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
        digits = "0" * max(len(str(self.model().rowCount())), 2)
        self.setColumnWidth(Column.NUMBER, metrics.horizontalAdvance(digits) + _DOT + LEFT + 10)
        units = self._widest(Column.UNITS, "256")
        self.setColumnWidth(Column.UNITS, units + UNITS_GAP + PAD)
        self.setColumnWidth(Column.ACTIVATION, self._widest(Column.ACTIVATION, "Sigmoid") + 8)
        bars = "000" if self.viewport().width() >= _NARROW else "0"
        self.setColumnWidth(Column.LIVE, metrics.horizontalAdvance(bars) + 24)
        self.clearSpans()
        self.setSpan(self.model().rowCount() - 1, Column.NUMBER, 1, 2)
        header = self.horizontalHeader().height()
        wanted = header + row * self.model().rowCount() + 2
        self.setFixedHeight(min(wanted, max(self._most_height, header + row * _FEWEST_ROWS)))

    def _widest(self, column: int, least: str) -> int:
        """Return the width of the widest text in a column; whatever ``least`` needs at least."""
        model = self.model()
        texts = {str(model.index(row, column).data()) for row in range(model.rowCount())}
        title = str(model.headerData(column, Qt.Orientation.Horizontal))
        header = self.horizontalHeader()
        titled = QFontMetrics(header.small_font()) if isinstance(header, LayersHeader) else None
        return max(
            *map(self.fontMetrics().horizontalAdvance, texts | {least}),
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
        }.get((Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier))
        if signal is not None:
            signal.emit()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(246, self.maximumHeight())


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _paint_bar(
    painter: QPainter, track: QRectF, value: float | None, share: float, color: QColor, theme: Theme
) -> None:
    """Paint a bar; not measured, zero, NaN and infinite each look different."""
    if value is None:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    if not math.isfinite(value):
        painter.setBrush(theme.color("nan" if math.isnan(value) else "inf"))
        if math.isnan(value):  # dashes
            for step in range(0, int(track.width()), 6):
                wide = min(3.0, track.width() - step)
                painter.drawRect(QRectF(track.left() + step, track.top(), wide, track.height()))
        else:
            painter.drawRect(track)
        return
    painter.setBrush(theme.color("line"))
    painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
    if value == 0:
        return
    painter.setBrush(color)
    filled = QRectF(track)
    filled.setWidth(max(track.width() * share, _BAR))  # a small number is not a zero
    painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)
