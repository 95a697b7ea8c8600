"""What is selected in the table of layers: every setting that the selected layers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QToolButton, QWidget

from app.form import FieldRow, PartForm
from app.form.flow import FlowLayout
from app.form.names import in_sentence
from app.form.row import Sentence
from app.panels.initialiser_note import InitialiserNote
from app.panels.layer_edits import applied_to_all, with_setting
from app.panels.numbering import Numbering
from app.panels.panel import Panel, sentence_of, sentences
from app.panels.place import rows_at
from core.errors import ExperimentError, Problem
from core.experiment.diff import differences
from core.experiment.layers import AvgPool, Conv, Dense, GlobalPool, MaxPool, Output
from core.experiment.model import Experiment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.experiment.fields import Part
    from core.experiment.layers import LayerSpec
    from core.record.source import Facts

_INITIALISER_NOTE = "An initialiser takes effect at the next draw of weights:"
_WEIGHTED = (Dense, Conv)
_PATCHED = (MaxPool, AvgPool)
_LEARNING = (Dense, Conv, Output)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting of these kinds of layers; title, help and default are the first one's."""

    models: tuple[type[Part], ...]
    name: str
    label: str = ""


# Of two with the same name the first one that fits all selected layers is shown.
_SECTIONS = (
    (
        "",
        _Setting((Dense,), "units"),
        _Setting((Conv,), "channels"),
        _Setting((Conv,), "kernel"),
        _Setting(_PATCHED, "size"),
        _Setting((Conv,), "stride"),
        _Setting(_PATCHED, "stride"),
        _Setting((Conv,), "padding"),
        _Setting((GlobalPool,), "how"),
    ),
    (
        "Activation",
        _Setting((Output,), "activation", "Function"),
        _Setting(_LEARNING, "activation", "Function"),
    ),
    (
        "Initialiser",
        _Setting(_LEARNING, "init", "Weights"),
        _Setting(_LEARNING, "bias_init", "Biases"),
    ),
    ("Normalisation", _Setting(_WEIGHTED, "batch_norm"), _Setting(_WEIGHTED, "layer_norm")),
    (
        "Dropout, shortcut, penalties",
        _Setting(_WEIGHTED, "dropout"),
        _Setting(_WEIGHTED, "drop_weights"),
        _Setting(_WEIGHTED, "residual"),
        _Setting(_LEARNING, "penalty"),
    ),
)


class LayerPanel(Panel):
    """Edits all selected layers at once; where they differ a field says ``mixed``.

    Signals
    -------
    reinit_requested(tuple)
        The weights of the layers with these numbers (from 1) are to be drawn again.
    explore_requested(object)
        This activation is to be shown with its derivative.
    """

    reinit_requested = Signal(tuple)
    explore_requested = Signal(object)

    paths = ("network.layers", "network.output")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Selected layers", parent)
        self._rows: tuple[int, ...] = (0,)
        self._numbering = Numbering(self._experiment.network)
        self._built: tuple[Facts, Experiment] | None = None
        self._problems: list[Problem] = []
        self._forms: list[tuple[_Setting, PartForm]] = []
        self._captions: list[tuple[QLabel, list[PartForm]]] = []
        self._build()
        self._connect()
        self._show(force=True)

    def _build(self) -> None:
        self.selection_label = QLabel()
        self.selection_label.setProperty("role", "dim")
        self.heading_line.addWidget(self.selection_label)
        self.nothing = Sentence("muted")
        self.body.addWidget(self.nothing)
        self._note = Sentence("dim")
        self.init_note = InitialiserNote()
        self.redraw_button = QToolButton()
        self.redraw_button.setText("Draw weights again")
        self.redraw_button.setToolTip("Draw the weights of the selected layers again, live")
        self.explore_button = QToolButton()
        self.explore_button.setText("Show φ and φ′ …")
        self.explore_button.setToolTip("Plot the activation and its derivative, with what it means")
        self.apply_button = QToolButton()
        self.apply_button.setText("Apply to all")
        self.apply_button.setToolTip(
            "Copy activation, initialisers, norms, dropout and penalties to all hidden layers"
        )
        self.with_units = QCheckBox("with size")
        self.with_units.setToolTip("Copy the number of units, or of channels, too")
        for caption, *settings in _SECTIONS:
            label = QLabel(caption)
            label.setProperty("role", "section")  # as small, but not in capitals
            self.body.addWidget(label)
            self._captions.append((label, [self._add(setting) for setting in settings]))
            if caption == "Activation":
                flow = FlowLayout(spacing=4)
                flow.addWidget(self.explore_button)
                self.body.addLayout(flow)
            if caption == "Initialiser":
                self.body.addWidget(self.init_note)
                self.body.addWidget(self._note)
                flow = FlowLayout(spacing=4)
                flow.addWidget(self.redraw_button)
                self.body.addLayout(flow)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.apply_button)
        line.addWidget(self.with_units)
        line.addStretch(1)
        self.body.addSpacing(4)
        self.body.addLayout(line)

    def _add(self, setting: _Setting) -> PartForm:
        labels = {setting.name: setting.label} if setting.label else {}
        form = PartForm(setting.models[0], [setting.name], labels=labels)
        self._forms.append((setting, form))
        self.body.addWidget(form)
        return form

    def _connect(self) -> None:
        for _, form in self._forms:
            form.edited.connect(self._on_edited)
        self.init_note.chosen.connect(self._on_suggested)
        self.redraw_button.clicked.connect(self._on_redraw)
        self.explore_button.clicked.connect(self._on_explore)
        self.apply_button.clicked.connect(self.apply_to_all)

    def forms(self) -> list[PartForm]:
        """Return the forms that the selected layers share."""
        return [form for _, form in self._forms if not form.isHidden()]

    def row(self, path: str) -> FieldRow | None:
        """Return the row of a setting that is shown, for example ``activation.alpha``."""
        return next((row for form in self.forms() if (row := form.row(path))), None)

    def set_selection(self, rows: tuple[int, ...]) -> None:
        """Edit these rows from now on; they count from 0, the output comes last."""
        if rows != self._rows:
            self._rows = rows
            self._show(force=True)
            self._show_problems()

    def set_built(self, facts: Facts, experiment: Experiment) -> None:
        """Take what is known of the network that was built of an experiment."""
        self._built = (facts, experiment)
        self._show_notes()

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Show the problems of the selected layers under their rows; the table shows the others."""
        self._problems = list(problems)
        self._show_problems()

    def _show_problems(self) -> None:
        found: dict[str, str] = {}
        for problem in self._problems:
            rows, parts = rows_at(problem.field, self._experiment), problem.field.split(".")
            path = ".".join(parts[2:] if parts[1] == "output" else parts[3:])
            if any(row in rows for row in self._rows):
                found[path] = sentence_of(problem)
        for _, form in self._forms:
            form.set_problems(found)

    def _hidden(self) -> int:
        return self._numbering.output

    def _parts(self) -> list[tuple[int, LayerSpec | Output]]:
        """Return the selected layers, each with its row."""
        layers = self._parts_by_row()
        return [(row, layers[row]) for row in self._rows if row < len(layers)]

    def _parts_by_row(self) -> tuple[LayerSpec | Output, ...]:
        network = self._experiment.network
        return (*network.expanded(), network.output)

    def _show(self, *, force: bool = False) -> None:
        self._numbering = Numbering(self._experiment.network)
        selected = self._parts()
        rows, parts = [row for row, _ in selected], [part for _, part in selected]
        where = self._numbering.text(rows) if rows else "none"
        self.selection_label.setText(where)
        shown = set[str]()
        for setting, form in self._forms:
            fits = bool(parts) and all(isinstance(part, setting.models) for part in parts)
            fits = fits and setting.name not in shown
            form.setHidden(not fits)
            if fits:
                shown.add(setting.name)
                form.set_parts(parts, force=force)
        for label, forms in self._captions:
            label.setHidden(not label.text() or all(form.isHidden() for form in forms))
        self.nothing.set_sentence(_nothing_text(parts) if not shown else "")
        numbers = self._numbering.numbers(rows)
        self._note.set_sentence(_INITIALISER_NOTE if "init" in shown else "")
        self.redraw_button.setVisible(bool(numbers) or not rows)
        self.explore_button.setVisible("activation" in shown)
        can_apply = bool(rows) and isinstance(parts[0], (Dense, Conv)) and self._hidden() > 1
        self.apply_button.setVisible(can_apply)
        self.with_units.setVisible(can_apply)
        everything = not rows or len(rows) == self._hidden() + 1
        self.redraw_button.setAccessibleName(
            f"Draw weights again: {'all layers' if everything else where}"
        )
        self._show_notes()

    def _show_notes(self) -> None:
        learning = [(row, one) for row, one in self._parts() if isinstance(one, _LEARNING)]
        self.init_note.show_layers(
            [layer for _, layer in learning], [self._shape_of(row) for row, _ in learning]
        )

    def _shape_of(self, row: int) -> tuple[int, ...] | None:
        """Return the shape of a layer's weights, or None while no such network is built."""
        number = self._numbering.number(row)
        if self._built is None or number is None:
            return None
        facts, built = self._built
        same = built.data == self._experiment.data and self._numbering.fits(built.network)
        if number > len(facts.layers) or not same:
            return None
        info, layer = facts.layers[number - 1], self._parts_by_row()[row]
        if isinstance(layer, Conv):
            field = layer.kernel**2
            return info.units, info.fan_in // field, layer.kernel, layer.kernel
        return info.units, info.fan_in

    @Slot()
    def apply_to_all(self) -> None:
        """Copy the first selected layer's settings to all hidden layers."""
        if not self._rows or self._rows[0] >= self._hidden():
            return
        experiment = applied_to_all(
            self._experiment, self._rows[0], with_units=self.with_units.isChecked()
        )
        if differences(self._experiment, experiment):
            self.edited.emit(experiment, "apply to all layers")

    @Slot(str)
    def _on_suggested(self, kind: str) -> None:
        self._on_edited("init", kind)

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
            where = self._numbering.text(self._rows)
            self.edited.emit(experiment, f"{in_sentence(row.title if row else path)} of {where}")
        else:
            self._show()

    @Slot()
    def _on_explore(self) -> None:
        parts = [part for _, part in self._parts() if isinstance(part, _LEARNING)]
        if parts:
            self.explore_requested.emit(parts[0].activation)

    @Slot()
    def _on_redraw(self) -> None:
        rows = self._rows or tuple(range(self._hidden() + 1))
        self.reinit_requested.emit(self._numbering.numbers(rows))


def _nothing_text(parts: list[LayerSpec | Output]) -> str:
    if not parts:
        return "Select layers in the table to edit them."
    if len({type(part) for part in parts}) > 1:
        return "Layers of these kinds share no settings."
    return "This layer has no settings."
