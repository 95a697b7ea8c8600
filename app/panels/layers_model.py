"""The layers of a network as a table for Qt."""

from __future__ import annotations

import enum
import math
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.form.describe import first_line
from app.form.names import number_text, readable, short
from core.experiment.network import Dense, Output

Index = QModelIndex | QPersistentModelIndex
Vector = NDArray[np.floating[Any]]
_ALIGNED = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_DECADES = 12.0  # what the delta bar spans: float32 resolves some seven below one layer's largest
_PIXELS = 96  # of a bar at 200 %
LIVE_ROLE = int(Qt.ItemDataRole.UserRole)
"""(delta, largest delta, mean phi' / sup phi'); a None was not measured."""


class Column(enum.IntEnum):
    """Columns from the left."""

    NUMBER = 0
    UNITS = 1
    ACTIVATION = 2
    INIT = 3
    LIVE = 4


_TITLES = ("#", "Units", "Activation", "Initialiser", "δ  φ′")
_TIPS = (
    "Layer 1 is nearest the input",
    "Neurons in the layer; double-click to edit",
    "Activation; double-click to choose",
    "How the weights are drawn; set it below for the selected layers",
    "Upper bar: |δ| on a log scale of 12 decades below the largest layer.\n"
    "Lower bar: mean φ′ divided by its largest possible value.",
)


class LayersModel(QAbstractTableModel):
    """One row a hidden layer and, last, the output layer."""

    cell_edited = Signal(int, str, object)

    def __init__(self) -> None:
        super().__init__()
        self._layers: tuple[Dense, ...] = ()
        self._output = Output()
        self._delta: Vector | None = None
        self._derivative: Vector | None = None
        self._largest = 0.0
        self._pictures: list[tuple[object, object]] = []
        self._drafts: dict[tuple[int, int], tuple[str, str]] = {}

    def set_network(self, layers: tuple[Dense, ...], output: Output) -> None:
        """Show these layers; drafts stay where the layer beneath them did not change."""
        kept = len(layers) == len(self._layers)
        self._drafts = {
            cell: draft
            for cell, draft in self._drafts.items()
            if kept and cell[0] < len(layers) and layers[cell[0]] == self._layers[cell[0]]
        }
        if kept and (layers, output) == (self._layers, self._output):
            return
        if kept:
            self._layers, self._output = layers, output
            self._changed(Column.NUMBER, Column.LIVE)
        else:
            self.beginResetModel()
            self._layers, self._output = layers, output
            self._pictures = []
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

    def hidden(self) -> int:
        """Return the number of hidden layers."""
        return len(self._layers)

    def _changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(0, first), self.index(len(self._layers), last))

    def _text(self, row: int, column: int) -> str:
        is_output = row == len(self._layers)
        if column == Column.NUMBER:
            return "output" if is_output else str(row + 1)
        if column == Column.UNITS:
            return "" if is_output else str(self._layers[row].units)
        if column == Column.ACTIVATION:
            return "Linear" if is_output else short(self._layers[row].activation.kind)
        if column == Column.INIT:
            init = (self._output if is_output else self._layers[row]).init
            scale = getattr(init, "std", None)
            return short(init.kind) + ("" if scale is None else f" {number_text(scale)}")
        return ""

    def _tip(self, row: int, column: int) -> str:
        is_output = row == len(self._layers)
        if column == Column.LIVE:
            delta, _, derivative = self._live(row)
            return f"|δ| {_measured(delta)}, mean φ′/sup φ′ {_measured(derivative)}"
        if is_output and column in (Column.NUMBER, Column.UNITS, Column.ACTIVATION):
            return "The output layer is added by itself: one linear unit a class."
        if column == Column.ACTIVATION:
            kind = self._layers[row].activation
            return f"{readable(kind.kind)}: {first_line(type(kind))}"
        if column == Column.INIT:
            init = (self._output if is_output else self._layers[row]).init
            return f"{readable(init.kind)}: {first_line(type(init))}"
        layer = self._layers[row]
        extras = []
        if layer.batch_norm != "none":
            extras.append(f"batch norm {layer.batch_norm.replace('_', ' ')}")
        if layer.dropout:
            extras.append(f"dropout {number_text(layer.dropout)}")
        return ", ".join([f"Layer {row + 1}: {layer.units} units", *extras])

    def _live(self, row: int) -> tuple[float | None, float, float | None]:
        return _at(self._delta, row), self._largest, _at(self._derivative, row)

    def _picture(self, row: int) -> tuple[object, object]:
        """Return what the two bars of a row look like, to the pixel."""
        delta, largest, derivative = self._live(row)
        share = None if derivative is None else min(max(derivative, 0.0), 1.0)
        return _pixels(delta, log_share(delta, largest)), _pixels(derivative, share)

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
            return _RIGHT if section == Column.UNITS else _ALIGNED
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        draft = self.draft_at(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if role == Qt.ItemDataRole.EditRole and column == Column.ACTIVATION:
                return self._layers[row].activation.kind if row < self.hidden() else None
            return draft[0] if draft else self._text(row, column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return draft[1] if draft else self._tip(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._tip(row, column) if column == Column.LIVE else self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column == Column.UNITS else _ALIGNED
        if role == LIVE_ROLE:
            return self._live(row)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = {Column.UNITS: "units", Column.ACTIVATION: "activation"}.get(Column(index.column()))
        if role != Qt.ItemDataRole.EditRole or name is None or index.row() >= self.hidden():
            return False
        self.cell_edited.emit(index.row(), name, value)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        editable = index.column() in (Column.UNITS, Column.ACTIVATION)
        if editable and index.row() < self.hidden():
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags


def _at(values: Vector | None, row: int) -> float | None:
    return float(values[row]) if values is not None and row < len(values) else None


def log_share(value: float | None, largest: float) -> float:
    """Return the length of a delta bar: 1 for the largest, 0 for twelve decades below it.

    Examples
    --------
    >>> log_share(1e-6, 1.0), log_share(0.0, 1.0), log_share(2.0, 2.0)
    (0.5, 0.0, 1.0)
    """
    if value is None or not math.isfinite(value) or value <= 0 or largest <= 0:
        return 0.0
    return min(max(1 + math.log10(value / largest) / _DECADES, 0.0), 1.0)


def _pixels(value: float | None, share: float | None) -> object:
    """Return what tells two bars apart that do not look the same."""
    if value is None or share is None or not math.isfinite(value) or value == 0:
        return str(value)
    return round(share * _PIXELS)


def _measured(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3g}"
