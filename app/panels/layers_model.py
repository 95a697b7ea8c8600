"""The layers of a network as a table for Qt."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.form.describe import first_line, kind_of
from app.form.names import readable
from app.panels.layer_text import (
    EXTRAS_TIP,
    SIZE_OF,
    activation_text,
    extras,
    init_text,
    summary,
    tip,
)
from app.panels.live_bars import log_share, measured, pixels
from app.panels.numbering import Numbering
from core.experiment.fields import Part
from core.experiment.layers import Conv, Dense, LayerSpec, Output
from core.experiment.network import NetworkSpec

Index = QModelIndex | QPersistentModelIndex
Vector = NDArray[np.floating[Any]]
_ALIGNED = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
LIVE_ROLE = int(Qt.ItemDataRole.UserRole)
"""(delta, largest delta, mean phi' / sup phi'); a None was not measured."""
NUMBER_ROLE = LIVE_ROLE + 1
"""(number, count of numbered layers); the number is None for a layer without weights."""
ROWS_MIME = "application/x-gradoscope-layers"


class Column(enum.IntEnum):
    """Columns from the left."""

    NUMBER = 0
    LAYER = 1
    ACTIVATION = 2
    INIT = 3
    EXTRAS = 4
    LIVE = 5


_TITLES = ("#", "Layer", "Activation", "Initialiser", "+", "δ  φ′")
_TIPS = (
    "Layers with weights, counted from the input; drag rows to change their order",
    "Kind and size of the layer; double-click to edit units, channels or patch",
    "Activation; double-click to choose",
    "How the weights are drawn; set it below for the selected layers",
    EXTRAS_TIP,
    "Upper bar: |δ| on a log scale of 12 decades below the largest layer.\n"
    "Lower bar: mean φ′ divided by its largest possible value.",
)


class LayersModel(QAbstractTableModel):
    """One row a hidden layer and, last, the output layer."""

    cell_edited = Signal(int, str, object)

    def __init__(self) -> None:
        super().__init__()
        self._network = NetworkSpec(layers=())
        self._layers: tuple[LayerSpec, ...] = ()
        self.numbering = Numbering(self._network)
        self._delta: Vector | None = None
        self._derivative: Vector | None = None
        self._largest = 0.0
        self._pictures: list[tuple[object, object]] = []
        self._drafts: dict[tuple[int, int], tuple[str, str]] = {}
        self._marks: dict[int, str] = {}

    def set_network(self, network: NetworkSpec) -> None:
        """Show a network; drafts stay where the layer beneath them did not change."""
        layers = network.expanded()
        kept = len(layers) == len(self._layers)
        self._drafts = {
            cell: draft
            for cell, draft in self._drafts.items()
            if kept and cell[0] < len(layers) and layers[cell[0]] == self._layers[cell[0]]
        }
        if kept and (layers, network.output) == (self._layers, self._network.output):
            return
        if not kept:
            self.beginResetModel()
            self._pictures = []
        self._network, self._layers = network, layers
        self.numbering = Numbering(network)
        if kept:
            self._changed(Column.NUMBER, Column.LIVE)
        else:
            self.endResetModel()

    def set_live(self, delta: Vector | None, derivative: Vector | None) -> None:
        """Show what was measured, one number a layer, the output included; None: nothing was."""
        self._delta, self._derivative = delta, derivative
        finite = delta[np.isfinite(delta)] if delta is not None else np.empty(0)
        self._largest = float(finite.max()) if finite.size else 0.0
        pictures = [self._picture(row) for row in range(self.rowCount())]
        pairs = zip_longest(self._pictures, pictures)
        changed = [row for row, (old, new) in enumerate(pairs) if old != new]
        self._pictures = pictures
        if changed:  # the view is drawn anew only where a bar is longer or shorter by a pixel
            last = min(changed[-1], self.rowCount() - 1)
            self.dataChanged.emit(
                self.index(changed[0], Column.LIVE), self.index(last, Column.LIVE)
            )

    def set_draft(self, row: int, column: int, text: str, sentence: str) -> None:
        """Keep a text that cannot be used in its cell, with the reason."""
        self._drafts[row, column] = (text, sentence)
        self._changed(Column.NUMBER, Column.LIVE)

    def drafts(self) -> list[str]:
        """Return why the texts that are kept in cells cannot be used."""
        return [sentence for _, sentence in self._drafts.values()]

    def draft_at(self, index: Index) -> tuple[str, str] | None:
        """Return the text kept in a cell and why it cannot be used, or None."""
        return self._drafts.get((index.row(), index.column()))

    def drop_draft(self, row: int, column: int) -> None:
        """Forget the text kept in a cell."""
        self._drafts.pop((row, column), None)

    def set_marks(self, marks: dict[int, str]) -> None:
        """Mark these rows, and no other, as wrong, each with a sentence that says why."""
        if marks != self._marks:
            self._marks = marks
            self._changed(Column.NUMBER, Column.LIVE)

    def is_marked(self, index: Index) -> bool:
        """Tell whether something is wrong with the layer, or with the text kept in the cell."""
        return index.row() in self._marks or self.draft_at(index) is not None

    def hidden(self) -> int:
        """Return the number of hidden layers."""
        return len(self._layers)

    def _changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(0, first), self.index(len(self._layers), last))

    def part(self, row: int) -> LayerSpec | Output:
        """Return the layer in a row."""
        return self._layers[row] if row < len(self._layers) else self._network.output

    def _text(self, row: int, column: int) -> str:
        layer = self.part(row)
        if column == Column.NUMBER:
            number = self.numbering.number(row)
            return "output" if isinstance(layer, Output) else str(number or "")
        if column == Column.LAYER:
            return "" if isinstance(layer, Output) else summary(layer)
        if column == Column.EXTRAS:
            return " ".join(letters for letters, _ in extras(layer))
        if isinstance(layer, (Dense, Conv, Output)):
            if column == Column.ACTIVATION:
                return activation_text(layer.activation)
            if column == Column.INIT:
                return init_text(layer.init)
        return ""

    def _tip(self, row: int, column: int) -> str:
        layer = self.part(row)
        if column == Column.LIVE:
            delta, _, derivative = self._live(row)
            return f"|δ| {measured(delta)}, mean φ′/sup φ′ {measured(derivative)}"
        if isinstance(layer, (Dense, Conv, Output)):
            if column == Column.ACTIVATION:
                return _explained(layer.activation)
            if column == Column.INIT:
                return _explained(layer.init)
        if isinstance(layer, Output):
            return "The output layer is added by itself: one unit a class, or one a number."
        return tip(layer, self.numbering.number(row))

    def _live(self, row: int) -> tuple[float | None, float, float | None]:
        number = self.numbering.number(row)
        return _at(self._delta, number), self._largest, _at(self._derivative, number)

    def _picture(self, row: int) -> tuple[object, object]:
        """Return what the two bars of a row look like, to the pixel."""
        delta, largest, derivative = self._live(row)
        share = None if derivative is None else min(max(derivative, 0.0), 1.0)
        return pixels(delta, log_share(delta, largest)), pixels(derivative, share)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._layers) + 1

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNED
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        draft = self.draft_at(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if draft:
                return draft[0]
            if role == Qt.ItemDataRole.EditRole and (name := self.setting_at(index)):
                value = getattr(self.part(row), name)
                return value.kind if column == Column.ACTIVATION else value
            return self._text(row, column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return draft[1] if draft else self._marks.get(row) or self._tip(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._tip(row, column) if column == Column.LIVE else self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNED
        if role == LIVE_ROLE:
            return self._live(row)
        if role == NUMBER_ROLE:
            return self.numbering.number(row), len(self.numbering.rows)
        return None

    def setting_at(self, index: Index) -> str:
        """Return the name of the setting that a cell edits, or an empty string."""
        layer = self.part(index.row())
        if index.column() == Column.ACTIVATION and isinstance(layer, (Dense, Conv, Output)):
            return "activation"
        if index.column() == Column.LAYER and not isinstance(layer, Output):
            return SIZE_OF.get(layer.kind, "")
        return ""

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = self.setting_at(index)
        if role != Qt.ItemDataRole.EditRole or not name:
            return False
        self.cell_edited.emit(index.row(), name, value)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.setting_at(index):
            flags |= Qt.ItemFlag.ItemIsEditable
        if index.row() < self.hidden():
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [ROWS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted({index.row() for index in indexes if index.row() < self.hidden()})
        data = QMimeData()
        data.setData(ROWS_MIME, " ".join(map(str, rows)).encode())
        return data


def _explained(part: Part) -> str:
    return f"{readable(kind_of(type(part)))}: {first_line(type(part))}"


def _at(values: Vector | None, number: int | None) -> float | None:
    """Return what was measured in a numbered layer."""
    if values is None or number is None or number > len(values):
        return None
    return float(values[number - 1])
