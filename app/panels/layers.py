"""The table of layers: configuration and, by its live bars, instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from app.form import PartForm
from app.form.flow import FlowLayout
from app.panels.layer_edits import PRESETS, Preset, with_layers, with_setting
from app.panels.layer_stack import LayerStack
from app.panels.layer_text import stack_text
from app.panels.layers_buttons import LayersButtons
from app.panels.layers_model import Column, LayersModel, Vector
from app.panels.layers_table import LayersTable
from app.panels.numbering import Numbering
from app.panels.panel import FormPanel, sentence_of, sentences
from app.panels.place import rows_at, sentence_at
from core.errors import ExperimentError, Problem
from core.experiment.diff import differences
from core.experiment.network import NetworkSpec
from core.experiment.presets import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.experiment.layers import LayerSpec
    from core.experiment.presets import Library

_SELECT_ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
_LIBRARIES: tuple[tuple[Library, str], ...] = (("keras", "Keras"), ("pytorch", "PyTorch"))


class LayersPanel(FormPanel):
    """Add, copy, remove, reorder and select layers; presets for all of them.

    Signals
    -------
    layer_selected(int)
        The layer with this number (from 1 at the input) is the current one.
    selection_changed(tuple)
        These rows of the table are selected.
    reinit_requested(tuple)
        The weights of the layers with these numbers are to be drawn again.
    """

    layer_selected = Signal(int)
    selection_changed = Signal(tuple)
    reinit_requested = Signal(tuple)

    paths = ("network",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Network", parent)
        self._wanted: list[int] | None = None  # rows to select once the edit has come back
        self._problems: list[Problem] = []
        self._live: tuple[Vector | None, Vector | None] = (None, None)
        self._measured: NetworkSpec | None = None
        self._quiet = False  # while rows are selected by the program
        self._telling = False  # while a row that the user made current is announced
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
            action.setData(preset)
        self.presets_button.setMenu(self.presets_menu)
        self.heading_line.addWidget(self.presets_button)
        self.stack = LayerStack(self)
        self.buttons = LayersButtons()
        self.body.addWidget(self.table)
        self.body.addWidget(self.buttons)
        self.add_form("network", PartForm(NetworkSpec, ["input_norm"], prefix="network"))
        defaults = FlowLayout(spacing=4)
        self.defaults_buttons: dict[Library, QToolButton] = {}
        for library, name in _LIBRARIES:
            button = self.defaults_buttons[library] = QToolButton()
            button.setText(f"{name} defaults")
            button.setToolTip(
                f"Initialisers, epsilons and momentum as {name} takes them if nothing is said"
            )
            defaults.addWidget(button)
        self.body.addLayout(defaults)

    def _connect(self) -> None:
        stack, table, buttons = self.stack, self.table, self.buttons
        for signals, slot in (
            ((buttons.add.clicked,), stack.add),
            ((buttons.duplicate.clicked, table.duplicate_pressed), stack.duplicate),
            ((buttons.remove.clicked, table.remove_pressed), stack.remove),
            ((buttons.up.clicked, table.up_pressed), stack.move_up),
            ((buttons.down.clicked, table.down_pressed), stack.move_down),
            ((table.copy_pressed,), stack.copy),
            ((table.cut_pressed,), stack.cut),
            ((table.paste_pressed,), stack.paste),
        ):
            for signal in signals:
                signal.connect(slot)
        buttons.kind_chosen.connect(stack.add_kind)
        table.rows_dropped.connect(stack.drop)
        table.customContextMenuRequested.connect(self._on_menu)
        stack.offered.connect(self._on_offered)
        stack.refused.connect(self._show_status)
        self.presets_menu.triggered.connect(self._on_preset)
        for button in self.defaults_buttons.values():
            button.clicked.connect(self._on_defaults)
        self.model.cell_edited.connect(self._on_cell_edited)
        selection = self.table.selectionModel()
        selection.selectionChanged.connect(self._on_selection_changed)
        selection.currentRowChanged.connect(self._on_current_row_changed)

    @property
    def numbering(self) -> Numbering:
        """Which rows are which numbered layers."""
        return self.model.numbering

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
        """Make layer ``number`` (from 1) the only selected one, without announcing it.

        The echo of the user's own click changes nothing: what it selects, Qt knows best.
        """
        row = self.numbering.row(number)
        if row is None or self._telling:
            return
        if self.table.currentIndex().row() == row and row in self.selected_rows():
            return
        self.select_rows([row])
        self.table.scrollTo(self.model.index(row, 0))

    def set_live(self, delta: Vector | None, derivative_mean: Vector | None) -> None:
        """Show what was measured in the layers, the output last; None: nothing was.

        Nothing is shown while the table holds other layers than those that were measured.
        """
        self._live = (delta, derivative_mean)
        fits = self._measured is None or self.numbering.fits(self._measured)
        self.model.set_live(*(self._live if fits else (None, None)))

    def set_built(self, network: NetworkSpec) -> None:
        """Take the network that is measured from now on."""
        self._measured = network
        self.set_live(*self._live)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show what is wrong with layers, each with the layers that it is about."""
        found = list(problems)
        super().set_problems(found)
        known = {row.path for _, form in self._forms for row in form.rows()}
        self._problems = [self._placed(p) for p in found if p.field not in known]
        marks = {
            row: sentence_of(p)
            for p in self._problems
            for row in rows_at(p.field, self._experiment)
        }
        self.model.set_marks(marks)
        if marks:
            self.table.scrollTo(self.model.index(min(marks), 0))
        self._show_status()

    def _placed(self, problem: Problem) -> Problem:
        message = sentence_at(problem.field, problem.message, self._experiment)
        return Problem(problem.field, message, problem.hint)

    @Slot(str)
    def _show_status(self, refusal: str = "") -> None:
        parts = (refusal, *self.model.drafts(), sentences(self._problems))
        self.status.set_sentence(" ".join(filter(None, parts)))

    def _show(self, *, force: bool = False) -> None:
        super()._show(force=force)
        network = self._experiment.network
        count = len(network.expanded())
        before = [row for row in self.selected_rows() if row <= count]
        same_count = count == self.model.hidden()
        self.model.set_network(network)
        self.stack.set_network(network)
        self.set_live(*self._live)
        self.shape_label.setText(stack_text(network.expanded()))
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.select_rows([row for row in wanted if row <= count])
        elif not same_count or not before:
            self.select_rows(before or [0])
        self._show_status()

    def _announce_selection(self) -> None:
        stack, buttons = self.stack, self.buttons
        stack.select(self.selected_rows())
        buttons.duplicate.setEnabled(bool(stack.rows))
        buttons.remove.setEnabled(bool(stack.rows))
        buttons.up.setEnabled(stack.can_move_up())
        buttons.down.setEnabled(stack.can_move_down())
        self.selection_changed.emit(tuple(self.selected_rows()))

    @Slot(object, str, object)
    def _on_offered(self, layers: list[LayerSpec], text: str, rows: list[int]) -> None:
        try:
            experiment = with_layers(self._experiment, layers)
        except ExperimentError as error:
            self._show_status(sentences(error.problems))
            return
        if differences(self._experiment, experiment):
            self._wanted = rows
            self.edited.emit(experiment, text)
        else:  # equal layers changed places
            self.select_rows(rows)

    @Slot(QPoint)
    def _on_menu(self, point: QPoint) -> None:
        menu = self.stack.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.table.viewport().mapToGlobal(point))

    @Slot(QAction)
    def _on_preset(self, action: QAction) -> None:
        preset: Preset = action.data()
        experiment = preset.applied(self._experiment)
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, f"{preset.name}, all layers")
        self.reinit_requested.emit(tuple(range(1, len(self.numbering.rows) + 1)))

    @Slot()
    def _on_defaults(self) -> None:
        for library, name in _LIBRARIES:
            if self.sender() is self.defaults_buttons[library]:
                experiment = with_defaults(self._experiment, library)
                if differences(self._experiment, experiment):
                    self.edited.emit(experiment, f"{name} defaults")

    @Slot(int, str, object)
    def _on_cell_edited(self, row: int, name: str, value: object) -> None:
        column = Column.ACTIVATION if name == "activation" else Column.LAYER
        where = self.numbering.text([row])
        try:
            experiment = with_setting(self._experiment, [row], name, value)
        except ExperimentError as error:
            said = " ".join(map(sentence_of, error.problems))
            sentence = f"{where[:1].upper()}{where[1:]}: {said}"
            self.model.set_draft(row, column, str(value), sentence)
            self._show_status()
            return
        self.model.drop_draft(row, column)
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, f"{name} of {where}")
        else:
            self._show()

    @Slot(QItemSelection, QItemSelection)
    def _on_selection_changed(self) -> None:
        if not self._quiet:
            self._announce_selection()

    @Slot(QModelIndex, QModelIndex)
    def _on_current_row_changed(self, current: QModelIndex) -> None:
        number = self.numbering.number(current.row()) if current.isValid() else None
        if not self._quiet and number is not None:
            self._telling = True
            self.layer_selected.emit(number)
            self._telling = False
