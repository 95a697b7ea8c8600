"""What is selected in the table of layers: activation, initialiser, batch norm, dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QToolButton, QWidget

from app.form import FieldRow, PartForm
from app.form.flow import FlowLayout
from app.form.names import in_sentence
from app.form.row import Sentence
from app.panels.layer_edits import COPIED, rows_of_entry, rows_text, with_layers, with_setting
from app.panels.panel import Panel, sentence_of, sentences
from core.errors import ExperimentError, Problem
from core.experiment.diff import differences
from core.experiment.network import Dense

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.experiment.network import Output

_INITIALISER_NOTE = "An initialiser takes effect at the next draw of weights:"


class LayerPanel(Panel):
    """Edits all selected layers at once; where they differ a field says ``mixed``."""

    reinit_requested = Signal(tuple)

    paths = ("network",)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Selected layers", parent)
        self._rows: tuple[int, ...] = (0,)
        self._build()
        self._connect()
        self._show(force=True)

    def _build(self) -> None:
        self.selection_label = QLabel()
        self.selection_label.setProperty("role", "dim")
        self.heading_line.addWidget(self.selection_label)
        self._size = PartForm(Dense, ["units"])
        self._activation = PartForm(Dense, ["activation"], labels={"activation": "Function"})
        self._init = PartForm(
            Dense, ["init", "bias_init"], labels={"init": "Weights", "bias_init": "Biases"}
        )
        self._batch_norm = PartForm(Dense, ["batch_norm"], labels={"batch_norm": "Position"})
        self._dropout = PartForm(Dense, ["dropout"], labels={"dropout": "Share dropped"})
        self._note = Sentence("dim")
        self._note.set_sentence(_INITIALISER_NOTE)
        self.redraw_button = QToolButton()
        self.redraw_button.setText("Draw weights again")
        self.redraw_button.setToolTip("Draw the weights of the selected layers again, live")
        self.apply_button = QToolButton()
        self.apply_button.setText("Apply to all")
        self.apply_button.setToolTip(
            "Copy activation, initialisers, batch norm and dropout to all hidden layers"
        )
        self.with_units = QCheckBox("with units")
        self.with_units.setToolTip("Copy the number of units, too")
        self.body.addWidget(self._size)
        for caption, form in (
            ("Activation", self._activation),
            ("Initialiser", self._init),
            ("Batch norm", self._batch_norm),
            ("Dropout", self._dropout),
        ):
            label = QLabel(caption)
            label.setProperty("role", "section")  # as small, but not in capitals
            self.body.addWidget(label)
            self.body.addWidget(form)
            if form is self._init:
                self.body.addWidget(self._note)
                flow = FlowLayout(spacing=4)
                flow.addWidget(self.redraw_button)
                self.body.addLayout(flow)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.apply_button)
        line.addWidget(self.with_units)
        line.addStretch(1)
        self.body.addSpacing(2)
        self.body.addLayout(line)

    def _connect(self) -> None:
        for form in self._forms():
            form.edited.connect(self._on_edited)
        self.redraw_button.clicked.connect(self._on_redraw)
        self.apply_button.clicked.connect(self.apply_to_all)

    def _forms(self) -> tuple[PartForm, ...]:
        return (self._size, self._activation, self._init, self._batch_norm, self._dropout)

    def row(self, path: str) -> FieldRow | None:
        """Return the row of a layer's setting, for example ``activation.alpha``, or None."""
        return next((row for form in self._forms() if (row := form.row(path))), None)

    def set_selection(self, rows: tuple[int, ...]) -> None:
        """Edit these rows from now on; they count from 0, the output comes last."""
        if rows != self._rows:
            self._rows = rows
            self._show(force=True)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show the problems of the selected layers under their rows; the table shows the others."""
        found: dict[str, str] = {}
        for problem in problems:
            parts = problem.field.split(".")
            if parts[:2] == ["network", "output"]:
                rows, path = range(self._hidden(), self._hidden() + 1), ".".join(parts[2:])
            elif parts[:2] == ["network", "layers"] and len(parts) > 3 and parts[2].isdigit():
                rows = rows_of_entry(self._experiment, int(parts[2]))
                path = ".".join(parts[3:])
            else:
                continue
            if any(row in rows for row in self._rows):
                found[path] = sentence_of(problem)
        for form in self._forms():
            form.set_problems(found)

    def _hidden(self) -> int:
        return len(self._experiment.network.expanded())

    def _show(self, *, force: bool = False) -> None:
        layers = self._experiment.network.expanded()
        rows = [row for row in self._rows if row <= len(layers)]
        hidden: list[Dense] = [layers[row] for row in rows if row < len(layers)]
        parts: list[Dense | Output] = list(hidden)
        if len(layers) in rows:
            parts.append(self._experiment.network.output)
        self.selection_label.setText(rows_text(rows, len(layers)) if rows else "none")
        for form in self._forms():
            shown = parts if form is self._init else hidden
            form.setEnabled(bool(shown))
            form.set_parts(shown, force=force)
        self.apply_button.setEnabled(bool(hidden) and len(layers) > 1)
        self.with_units.setEnabled(self.apply_button.isEnabled())
        everything = not rows or len(rows) == len(layers) + 1
        target = "all layers" if everything else rows_text(rows, len(layers))
        self.redraw_button.setAccessibleName(f"Draw weights again: {target}")

    @Slot()
    def apply_to_all(self) -> None:
        """Copy the first selected layer's settings to all hidden layers."""
        layers = self._experiment.network.expanded()
        source = next((layers[row] for row in self._rows if row < len(layers)), None)
        if source is None:
            return
        names = (*COPIED, "units") if self.with_units.isChecked() else COPIED
        update = {name: getattr(source, name) for name in names}
        experiment = with_layers(
            self._experiment, [layer.model_copy(update=update) for layer in layers]
        )
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, "apply to all layers")

    @Slot(str, object)
    def _on_edited(self, path: str, value: object) -> None:
        row = self.row(path)
        try:
            experiment = with_setting(self._experiment, self._rows, path, value)
        except ExperimentError as error:
            if row is not None:
                row.set_refused(sentences(error.problems))
            return
        if row is not None:
            row.set_refused("")
        if differences(self._experiment, experiment):
            where = rows_text(self._rows, self._hidden())
            self.edited.emit(experiment, f"{in_sentence(row.title if row else path)} of {where}")
        else:
            self._show()

    @Slot()
    def _on_redraw(self) -> None:
        rows = self._rows or tuple(range(self._hidden() + 1))
        self.reinit_requested.emit(tuple(row + 1 for row in rows))
