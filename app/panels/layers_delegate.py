"""How a cell of the table of layers looks, and what edits it."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.form import ChoiceField, IntField
from app.form.describe import Bounds, first_line, kinds_of, title_of
from app.form.look import current_theme
from app.form.names import readable
from app.panels.layers_header import LEFT, PAD
from app.panels.layers_model import LIVE_ROLE, NUMBER_ROLE, Column, Index, LayersModel
from app.panels.live_bars import BAR, is_finite, log_share, paint_bar
from app.theme import Theme

DOT = 8


class LayerDelegate(QStyledItemDelegate):
    """Paints a layer's dot and live bars; edits units and activation."""

    def _paint_number(
        self, painter: QPainter, area: QRectF, index: Index, theme: Theme, *, selected: bool
    ) -> None:
        number, count = index.data(NUMBER_ROLE)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected:
            painter.setBrush(theme.color("accent"))
            painter.drawRect(QRectF(area.left(), area.top(), 2, area.height()))
        left = area.left() + LEFT
        dot = QRectF(left, area.center().y() - DOT / 2, DOT, DOT)
        if number is None:  # no weights, no gradient of its own: a bar instead of a dot
            painter.setBrush(theme.color("dim"))
            painter.drawRect(dot.adjusted(0, DOT / 2 - 1, 0, 1 - DOT / 2))
        else:
            painter.setBrush(theme.layer_color(number, count))
            painter.drawEllipse(dot)
        painter.setPen(theme.color("bad" if _is_marked(index) else "text"))
        text = QRectF(left + DOT + 6, area.top(), area.width(), area.height())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(text, flags, str(index.data()))

    def _paint_live(self, painter: QPainter, area: QRectF, index: Index, theme: Theme) -> None:
        delta, largest, derivative = index.data(LIVE_ROLE)
        track = QRectF(area.left() + PAD, 0, area.width() - 2 * PAD, BAR)
        middle = area.center().y()
        track.moveTop(middle - BAR - 1.5)
        paint_bar(painter, track, delta, log_share(delta, largest), theme.color("accent"), theme)
        track.moveTop(middle + 1.5)
        share = min(max(derivative, 0.0), 1.0) if is_finite(derivative) else 0.0
        paint_bar(painter, track, derivative, share, theme.color("good"), theme)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        theme = current_theme()
        option.state &= ~QStyle.StateFlag.State_Selected  # pyright: ignore
        option.state &= ~QStyle.StateFlag.State_HasFocus  # pyright: ignore
        if _is_marked(index):
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
        model = index.model()
        assert isinstance(model, LayersModel)
        name = model.setting_at(index)
        info = type(model.part(index.row())).model_fields[name]
        spoken = f"{title_of(info, name)} of {model.numbering.text([index.row()])}"
        if index.column() == Column.LAYER:
            field = IntField(Bounds.of(info), parent=parent)
            field.setAccessibleName(spoken)
            return field
        choice = ChoiceField(parent)
        choice.setAccessibleName(spoken)
        kinds = kinds_of(info).items()
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
        width = max(area.width(), 72 if index.column() == Column.LAYER else 132)
        height = max(area.height(), editor.sizeHint().height())
        editor.setGeometry(area.x(), area.y() - (height - area.height()) // 2, width, height)

    @Slot(int)
    def _on_chosen(self, _index: int) -> None:
        editor = self.sender()
        if isinstance(editor, ChoiceField):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)


def _is_marked(index: Index) -> bool:
    model = index.model()
    return isinstance(model, LayersModel) and model.is_marked(index)
