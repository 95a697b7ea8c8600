"""The table of layers: configuration and, by its live bars, instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from app.form.flow import FlowLayout
from app.panels.layer_edits import (
    PRESETS,
    Preset,
    rows_of_entry,
    rows_text,
    with_layers,
    with_setting,
)
from app.panels.layers_model import Column, LayersModel, Vector
from app.panels.layers_table import LayersTable
from app.panels.look import current_theme
from app.panels.panel import Panel, sentence_of, sentences
from app.theme import icon
from core.errors import ExperimentError, Problem
from core.experiment.diff import differences
from core.experiment.network import Dense

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SELECT_ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class LayersPanel(Panel):
    """Add, duplicate, remove, reorder and select layers; presets for all of them."""

    layer_selected = Signal(int)
    selection_changed = Signal(tuple)
    reinit_requested = Signal(tuple)

    paths = ("network",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Network", parent)
        self._wanted: list[int] | None = None  # rows to select once the edit has come back
        self._problems: list[Problem] = []
        self._quiet = False  # while rows are selected by the program
        self._presets: dict[QAction, Preset] = {}
        self._build()
        self._connect()
        self._show()

    def _build(self) -> None:
        self.model = LayersModel()
        self.model.setParent(self)
        self.table = LayersTable(self.model)
        self.shape_label = QLabel()
        self.shape_label.setProperty("role", "dim")
        self.heading_line.addWidget(self.shape_label)
        self.add_button = _button("+ Layer", "Add a layer like the last one, before the output")
        self.duplicate_button = _button("Duplicate", "Duplicate the selected layers (Ctrl+D)")
        self.remove_button = _button("Remove", "Remove the selected layers (Del)")
        self.up_button = _button("Up", "Move the selected layers towards the input (Alt+Up)")
        self.down_button = _button("Down", "Move the selected layers towards the output (Alt+Down)")
        self.presets_button = QToolButton()
        self.presets_button.setText("Presets ▾")
        self.presets_button.setToolTip(
            "Set activation and initialiser of all layers and draw the weights again"
        )
        self.presets_button.setAccessibleName("Presets")
        self.presets_button.setProperty("segment", "only")  # the theme's small button
        self.presets_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presets_menu = QMenu(self.presets_button)
        for preset in PRESETS:
            action = self.presets_menu.addAction(f"{preset.name}, all layers, and draw again")
            self._presets[action] = preset
        self.presets_button.setMenu(self.presets_menu)
        self.heading_line.addWidget(self.presets_button)
        flow = FlowLayout(spacing=4)
        for button in (
            self.add_button,
            self.duplicate_button,
            self.remove_button,
            self.up_button,
            self.down_button,
        ):
            flow.addWidget(button)
        self.body.addWidget(self.table)
        self.body.addLayout(flow)
        self._draw_icons()

    def _draw_icons(self) -> None:
        theme = current_theme()
        self.duplicate_button.setIcon(icon("duplicate", theme))
        self.remove_button.setIcon(icon("trash", theme))
        self.up_button.setIcon(icon("up", theme))
        self.down_button.setIcon(icon("down", theme))

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.add_layer)
        self.duplicate_button.clicked.connect(self.duplicate_layers)
        self.remove_button.clicked.connect(self.remove_layers)
        self.up_button.clicked.connect(self.move_up)
        self.down_button.clicked.connect(self.move_down)
        self.table.duplicate_pressed.connect(self.duplicate_layers)
        self.table.remove_pressed.connect(self.remove_layers)
        self.table.up_pressed.connect(self.move_up)
        self.table.down_pressed.connect(self.move_down)
        self.presets_menu.triggered.connect(self._on_preset)
        self.model.cell_edited.connect(self._on_cell_edited)
        selection = self.table.selectionModel()
        selection.selectionChanged.connect(self._on_selection_changed)
        selection.currentRowChanged.connect(self._on_current_row_changed)

    def selected_rows(self) -> list[int]:
        """Return the selected rows from 0; the row after the last hidden layer is the output."""
        return self.table.selected_rows()

    def select_rows(self, rows: Sequence[int]) -> None:
        """Select these rows and no other, the first one as the current one."""
        model = self.table.selectionModel()
        self._quiet = True
        model.clearSelection()
        if rows:
            model.setCurrentIndex(
                self.model.index(rows[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        for row in rows:
            model.select(self.model.index(row, 0), _SELECT_ROWS)
        self._quiet = False
        self._announce_selection()

    def set_layer(self, number: int) -> None:
        """Make layer ``number`` (from 1) the current one, without announcing it."""
        row = number - 1
        known = 0 <= row < self.model.rowCount()
        if not known or (self.table.currentIndex().row() == row and row in self.selected_rows()):
            return
        self.select_rows([row])
        self.table.scrollTo(self.model.index(row, 0))

    def set_live(self, delta: Vector | None, derivative_mean: Vector | None) -> None:
        """Show what was measured in the layers, the output last; None: nothing was."""
        self.model.set_live(delta, derivative_mean)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show what is wrong with layers, each with the layers that it is about."""
        self._problems = [self._placed(problem) for problem in problems]
        self._show_status()

    def _placed(self, problem: Problem) -> Problem:
        parts = problem.field.split(".")
        if parts[:2] != ["network", "layers"] or len(parts) < 4 or not parts[2].isdigit():
            return problem
        rows = rows_of_entry(self._experiment, int(parts[2]))
        if not rows:
            return problem
        name = f"{rows_text(rows, self.model.hidden())}, {parts[3].replace('_', ' ')}"
        return Problem(problem.field, f"{name}: {problem.message}", problem.hint)

    def _show_status(self) -> None:
        drafts = " ".join(self.model.drafts())
        self.status.set_sentence(f"{drafts} {sentences(self._problems)}".strip())

    def _show(self, *, force: bool = False) -> None:
        layers = self._experiment.network.expanded()
        before = [row for row in self.selected_rows() if row <= len(layers)]
        same_count = len(layers) == self.model.hidden()
        self.model.set_network(layers, self._experiment.network.output)
        widths = {layer.units for layer in layers}
        size = f"{len(layers)} × {widths.pop()}" if len(widths) == 1 else f"{len(layers)} layers"
        self.shape_label.setText(size)
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.select_rows([row for row in wanted if row <= len(layers)])
        elif not same_count or not before:
            self.select_rows(before or [0])
        self._show_status()

    def _offer(self, layers: Sequence[Dense], text: str, rows: list[int]) -> None:
        try:
            experiment = with_layers(self._experiment, layers)
        except ExperimentError as error:
            self.status.set_sentence(sentences(error.problems))
            return
        if differences(self._experiment, experiment):
            self._wanted = rows
            self.edited.emit(experiment, text)
        else:  # equal layers changed places
            self.select_rows(rows)

    def _hidden_rows(self) -> list[int]:
        return [row for row in self.selected_rows() if row < self.model.hidden()]

    def _announce_selection(self) -> None:
        rows = self._hidden_rows()
        layers = self.model.hidden()
        self.duplicate_button.setEnabled(bool(rows))
        self.remove_button.setEnabled(bool(rows))
        self.up_button.setEnabled(bool(rows) and rows != list(range(len(rows))))
        self.down_button.setEnabled(bool(rows) and rows != list(range(layers - len(rows), layers)))
        self.selection_changed.emit(tuple(self.selected_rows()))

    @Slot()
    def add_layer(self) -> None:
        """Add a layer like the last one."""
        layers = self._experiment.network.expanded()
        new = layers[-1] if layers else Dense()
        self._offer([*layers, new], "add a layer", [len(layers)])

    @Slot()
    def duplicate_layers(self) -> None:
        """Put a copy of the selected layers after them."""
        layers, rows = list(self._experiment.network.expanded()), self._hidden_rows()
        if rows:
            after = rows[-1] + 1
            copies = [layers[row] for row in rows]
            where = list(range(after, after + len(rows)))
            text = f"duplicate {rows_text(rows, len(layers))}"
            self._offer([*layers[:after], *copies, *layers[after:]], text, where)

    @Slot()
    def remove_layers(self) -> None:
        """Remove the selected layers."""
        layers, rows = self._experiment.network.expanded(), self._hidden_rows()
        if rows:
            left = [layer for row, layer in enumerate(layers) if row not in rows]
            text = f"remove {rows_text(rows, len(layers))}"
            self._offer(left, text, [min(rows[0], max(len(left) - 1, 0))])

    @Slot()
    def move_up(self) -> None:
        """Move the selected layers one place towards the input."""
        self._move(-1)

    @Slot()
    def move_down(self) -> None:
        """Move the selected layers one place towards the output."""
        self._move(1)

    def _move(self, by: int) -> None:
        layers, rows = list(self._experiment.network.expanded()), self._hidden_rows()
        moved: list[int] = []
        for row in rows if by < 0 else reversed(rows):
            target = row + by
            if not 0 <= target < len(layers) or target in moved:
                target = row  # at the end, or behind one that is
            else:
                layers[row], layers[target] = layers[target], layers[row]
            moved.append(target)
        if rows:
            self._offer(layers, f"move {rows_text(rows, len(layers))}", sorted(moved))

    @Slot(QAction)
    def _on_preset(self, action: QAction) -> None:
        preset = self._presets[action]
        experiment = preset.applied(self._experiment)
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, f"{preset.name}, all layers")
        self.reinit_requested.emit(tuple(range(1, self.model.rowCount() + 1)))

    @Slot(int, str, object)
    def _on_cell_edited(self, row: int, name: str, value: object) -> None:
        column = Column.UNITS if name == "units" else Column.ACTIVATION
        try:
            experiment = with_setting(self._experiment, [row], name, value)
        except ExperimentError as error:
            sentence = f"Layer {row + 1}: {' '.join(map(sentence_of, error.problems))}"
            self.model.set_draft(row, column, str(value), sentence)
            self._show_status()
            return
        self.model.drop_draft(row, column)
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, f"{name} of layer {row + 1}")
        else:
            self._show()

    @Slot(QItemSelection, QItemSelection)
    def _on_selection_changed(self) -> None:
        if not self._quiet:
            self._announce_selection()

    @Slot(QModelIndex, QModelIndex)
    def _on_current_row_changed(self, current: QModelIndex) -> None:
        if not self._quiet and current.isValid():
            self.layer_selected.emit(current.row() + 1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text.replace("+", "Add"))
    button.setAccessibleDescription(tip)
    return button
