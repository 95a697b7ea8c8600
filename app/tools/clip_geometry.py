"""A window that shows what clipping does to a gradient of two components, and to the run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.form import PartForm
from app.form.look import current_theme
from app.form.names import readable
from app.form.row import Sentence
from app.plots.text import number
from app.tools.choice import edited, show_choice
from app.tools.clip_arrows import short
from app.tools.clip_numbers import Clipped, clipped, direction
from app.tools.clip_picture import ClipPicture
from app.tools.clip_run import ClipRun
from core.experiment.fields import Part, Scope, setting
from core.experiment.training import Clip, ClipLayerNorm, ClipNorm, ClipValue, NoClip

if TYPE_CHECKING:
    from app.theme import Theme
    from core.experiment.training import ClipSpec
    from core.record import RunSource

LECTURE = (0.9, 100.0)
"""Components of the lecture's example, which it clips at 1."""
_COLUMN = 340  # pixels
_HEADS = ("", "g₁", "g₂", "length", "direction", "turned")
_KINDS = {"value": ClipValue, "norm": ClipNorm, "layer_norm": ClipLayerNorm}


class _Choice(Part):
    """What is looked at."""

    first: float = setting(
        LECTURE[0], title="Component g₁", help="Along the first axis.", scope=Scope.NOTE
    )
    second: float = setting(
        LECTURE[1], title="Component g₂", help="Along the second axis.", scope=Scope.NOTE
    )
    clip: Clip = setting(
        ClipValue(),
        title="Clip gradient",
        help="Each component stands for a layer of its own.",
        scope=Scope.NOTE,
    )


class ClipGeometry(QDialog):
    """A gradient before and after clipping, and what clipping does to the run in view.

    Nothing here changes an experiment. torch is imported when the window is first shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = _Choice()
        self._drawn: _Choice | None = None
        self._limit = 1.0  # what the picture is scaled to where nothing is clipped
        self._build()
        self._connect()
        show_choice(self._form, self._choice)
        self.apply_theme(current_theme())

    def _build(self) -> None:
        self.setWindowTitle("Clip geometry")
        self.setAccessibleName("Clip geometry")
        self.setModal(False)
        self.resize(960, 660)
        self._form = PartForm(_Choice, list(_Choice.model_fields))
        self.lecture_button = QPushButton("Lecture's example")
        self.lecture_button.setToolTip("The gradient (0.9, 100), clipped at 1")
        self.lecture_button.setAutoDefault(False)
        self.words = Sentence("")
        self.note = Sentence("muted")
        self.run = ClipRun()
        self.picture = ClipPicture()
        self.table = QGridLayout()
        self.table.setHorizontalSpacing(16)
        self.table.setVerticalSpacing(4)
        self.table.setColumnStretch(len(_HEADS), 1)
        for column, head in enumerate(_HEADS):
            self._cell(0, column, "section").setText(head)
        names = ("Before", *(readable(kind, "clip") for kind in _KINDS))
        self._cells: list[list[QLabel]] = []
        for row, name in enumerate(names, 1):
            cells = [self._cell(row, column, "muted") for column in range(len(_HEADS))]
            cells[0].setText(name)
            self._cells.append(cells)
        column = QWidget()
        column.setFixedWidth(_COLUMN)
        left = QVBoxLayout(column)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(12)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.lecture_button)
        left.addWidget(self._form)
        left.addLayout(buttons)
        left.addWidget(self.words)
        left.addWidget(self.note)
        left.addStretch(1)
        left.addWidget(self.run)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.picture, 1)
        right.addLayout(self.table)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(12)
        box.addWidget(column)
        box.addLayout(right, 1)

    def _cell(self, row: int, column: int, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        self.table.addWidget(label, row, column)
        return label

    def _connect(self) -> None:
        self._form.edited.connect(self._on_edited)
        self.picture.dragged.connect(self._on_dragged)
        self.lecture_button.clicked.connect(self._on_lecture)

    @property
    def gradient(self) -> tuple[float, float]:
        """Its components before clipping."""
        return self._choice.first, self._choice.second

    @property
    def clip(self) -> ClipSpec:
        """How it is clipped."""
        return self._choice.clip

    def set_clip(self, spec: ClipSpec) -> None:
        """Clip as a run does."""
        self._set(self.gradient, spec)

    def show_source(self, source: RunSource) -> None:
        """Show what clipping does to a run, if anybody looks."""
        if self.isVisible():
            self.run.show_source(source)

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.picture.apply_theme(theme)
        self.run.apply_theme(theme)

    # Slots -------------------------------------------------------------------------------

    @Slot(str, object)
    def _on_edited(self, path: str, value: object) -> None:
        found = edited(self._form, self._choice, path, value)
        if found is not None:
            self._choice = found
            show_choice(self._form, found)
            self._redraw()

    @Slot(float, float)
    def _on_dragged(self, x: float, y: float) -> None:
        self._set((x, y), self.clip)

    @Slot()
    def _on_lecture(self) -> None:
        kind = "value" if isinstance(self.clip, NoClip) else self.clip.kind
        self._set(LECTURE, _KINDS[kind]())

    def _set(self, gradient: tuple[float, float], clip: Part) -> None:
        self._choice = _Choice.model_validate(
            {"first": gradient[0], "second": gradient[1], "clip": clip}
        )
        show_choice(self._form, self._choice, force=True)
        self._redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._redraw()

    # Drawing -----------------------------------------------------------------------------

    def _redraw(self) -> None:
        """Draw what is looked at, unless it is drawn already or nobody sees it."""
        if self._choice == self._drawn or not self.isVisible():
            return
        self._drawn = self._choice
        spec = self.clip
        self._limit = getattr(spec, "limit", self._limit)
        found = clipped(spec, self.gradient)
        self.picture.show_clipped(found, spec.kind, self._limit)
        others = [clipped(kind(limit=self._limit), self.gradient) for kind in _KINDS.values()]
        self._fill(0, _cells(Clipped(found.raw, found.raw, 1.0, 0.0))[:-1])
        for row, (kind, one) in enumerate(zip(_KINDS, others, strict=True), 1):
            self._fill(row, _cells(one))
            self._emphasise(row, kind == spec.kind)
        self.words.set_sentence(_in_words(found, spec))
        self.note.set_sentence(
            "Each component stands for a layer of its own: with one weight a layer, this is the"
            " same as by value."
            if spec.kind == "layer_norm"
            else ""
        )
        self.picture.setAccessibleDescription(self.words.text())

    def _fill(self, row: int, texts: tuple[str, ...]) -> None:
        for label, text in zip(self._cells[row][1:], texts, strict=False):
            label.setText(text)

    def _emphasise(self, row: int, chosen: bool) -> None:
        role = "value" if chosen else "muted"
        for label in self._cells[row]:
            if label.property("role") != role:
                label.setProperty("role", role)
                label.style().unpolish(label)
                label.style().polish(label)


def _cells(one: Clipped) -> tuple[str, ...]:
    towards = direction(one.after)
    return (
        number(one.after[0], 5),
        number(one.after[1], 5),
        number(math.hypot(*one.after), 5),
        "none" if towards is None else f"{number(towards, 4)}°",
        f"{number(abs(one.angle), 4)}°",
    )


def _in_words(found: Clipped, spec: ClipSpec) -> str:
    if isinstance(spec, NoClip):
        return "The gradient is used as it comes."
    if not any(found.raw):
        return "A gradient of 0 has no direction, and nothing to clip."
    if not found.is_clipped:
        return "The gradient lies within the limit: it is not clipped."
    length = f"{short(100 * found.factor)} % of its length is left"
    if found.angle < 1e-9:
        return f"{length}, and its direction stays."
    first, last = direction(found.raw), direction(found.after)
    assert first is not None
    assert last is not None
    return (
        f"{length}, and it turns by {number(found.angle, 4)}°: from {number(first, 4)}° to"
        f" {number(last, 4)}°."
    )
