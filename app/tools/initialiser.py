"""A window that draws any initialiser, and says what a stack of such layers does to a signal."""

from __future__ import annotations

import html
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.form import PartForm
from app.form.background import Background
from app.form.look import current_theme
from app.form.row import Sentence
from app.tools.choice import edited, show_choice
from app.tools.initialiser_choice import DEEPEST, WIDEST, InitialiserChoice, NoComparison
from app.tools.initialiser_numbers import Draw, draw, source_of
from app.tools.initialiser_plots import InitialiserPlots
from app.tools.initialiser_text import NAMES, about, cells, name_of, says, sentence
from core.experiment.fields import Part
from core.experiment.initializers import INIT_KINDS
from core.experiment.suggestion import suggested_init

if TYPE_CHECKING:
    from app.theme import Theme

_KEEPS = (
    "Keeps its size: within a factor of 20, over which networks still could be trained"
    " (Schoenholz et al. 2017). The signal is compared with that of layer 1, the gradient with"
    " that of the last layer."
)
_COLUMN = 376  # pixels at least


class InitialiserInspector(QDialog):
    """A draw of weights beside its promise, and what layers with such weights do to a signal.

    Nothing here changes an experiment. Draws and theory are worked out on a thread of their own,
    which imports torch.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = InitialiserChoice()
        self._drawn: InitialiserChoice | None = None
        self._draws: tuple[Draw, ...] = ()
        self._background = Background("initialiser", self)
        self._theme: Theme | None = None
        self._build()
        self._connect()
        show_choice(self._form, self._choice)
        self.apply_theme(current_theme())

    def _build(self) -> None:
        self.setWindowTitle("Initialiser inspector")
        self.setAccessibleName("Initialiser inspector")
        self.setModal(False)
        self.resize(1080, 720)
        self._form = PartForm(InitialiserChoice, list(InitialiserChoice.model_fields))
        self.plots = InitialiserPlots()
        self.verdicts = [QLabel() for _ in range(2)]
        self.carried = Sentence("muted")
        self.table = QGridLayout()
        self.table.setHorizontalSpacing(12)
        self.table.setVerticalSpacing(4)
        self.table.setColumnStretch(1, 1)
        self.table.setColumnStretch(2, 1)
        self._heads = [self._cell(0, column, "section") for column in (1, 2)]
        self._cells = [
            [self._cell(row, column, "value" if column == 1 else "muted") for column in (1, 2)]
            for row in range(1, len(NAMES) + 1)
        ]
        for row, (name, tip) in enumerate(NAMES, 1):
            label = self._cell(row, 0, "muted")
            label.setText(name)
            for one in (label, *self._cells[row - 1]):
                one.setToolTip(f"<qt>{tip}</qt>")
        self.source = Sentence("muted")
        column = QWidget()
        left = QVBoxLayout(column)
        left.setContentsMargins(0, 0, 8, 0)
        left.setSpacing(16)
        left.addWidget(self._form)
        left.addLayout(self.table)
        left.addWidget(self.source)
        left.addStretch(1)
        self._column = column
        self._scroll = scroll = QScrollArea()
        scroll.setAccessibleName("Initialiser inspector")
        scroll.setWidget(column)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(_COLUMN)
        right = QVBoxLayout()
        right.setSpacing(4)
        for label in self.verdicts:
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setToolTip(f"<qt>{_KEEPS}</qt>")
            right.addWidget(label)
        right.addWidget(self.carried)
        right.addSpacing(4)
        right.addWidget(self.plots, 1)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(12)
        box.addWidget(scroll)
        box.addLayout(right, 1)

    def _cell(self, row: int, column: int, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        if column:
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table.addWidget(label, row, column)
        return label

    def _connect(self) -> None:
        self._form.edited.connect(self._on_edited)
        self._background.answered.connect(self._on_drawn)

    @property
    def choice(self) -> Part:
        """What is looked at."""
        return self._choice

    @property
    def draws(self) -> tuple[Draw, ...]:
        """What is drawn: one initialiser, or one and what it is compared with."""
        return self._draws

    @property
    def is_drawing(self) -> bool:
        """Whether weights are being drawn."""
        return self._background.is_busy

    def look_at(
        self, init: Part, activation: Part, fans: tuple[int, int], field: int, depth: int
    ) -> None:
        """Look at the weights of a layer.

        Parameters
        ----------
        init, activation : Part
        fans : (int, int)
            fan_in and fan_out.
        field : int
            Height times width of a convolution's kernel, 1 for a dense layer.
        depth : int
            Layers that are stacked; 2 at least are.
        """
        values: dict[str, Any] = {
            "init": init,
            "activation": activation,
            "fan_in": min(fans[0], WIDEST // field * field),
            "fan_out": min(fans[1], WIDEST // field * field),
            "field": field,
            "depth": min(max(depth, 2), DEEPEST),
        }
        compare = self._choice.compare
        if compare.kind == getattr(init, "kind", ""):  # one line over another says nothing
            kind, _ = suggested_init(activation)
            compare = INIT_KINDS[kind if kind != compare.kind else _other(kind)]()
        plain = {"compare": compare, "seed": self._choice.seed}
        self._choice = InitialiserChoice.model_validate({**plain, **values})
        show_choice(self._form, self._choice, force=True)
        self._redraw()

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self.plots.apply_theme(theme)
        self._show_words()

    # Slots -------------------------------------------------------------------------------

    @Slot(str, object)
    def _on_edited(self, path: str, value: object) -> None:
        found = edited(self._form, self._choice, path, value)
        if found is not None:
            self._choice = found
            show_choice(self._form, found)
            self._redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._redraw()

    # Drawing -----------------------------------------------------------------------------

    def _redraw(self) -> None:
        """Ask for what is looked at, unless it is there, on its way, or nobody sees it."""
        if self._choice == self._drawn or self._background.is_busy or not self.isVisible():
            return
        self._background.ask(self._choice, partial(_draws_of, self._choice))

    @Slot(object, object)
    def _on_drawn(self, choice: InitialiserChoice, answer: Future[tuple[Draw, ...]]) -> None:
        self._draws, self._drawn = answer.result(), choice
        self.plots.show_draws(self._draws)
        self._show_words()
        self._redraw()  # if another choice was made meanwhile

    def _show_words(self) -> None:
        if not self._draws or self._drawn is None or self._theme is None:
            return
        columns = [cells(one) for one in self._draws]
        for column, head in enumerate(self._heads):
            there = column < len(columns)
            head.setText(name_of(self._draws[column]) if there else "")
            for row, labels in enumerate(self._cells):
                labels[column].setText(columns[column][row] if there else "")
        depth = self._drawn.depth
        for label, one in zip(self.verdicts, (*self._draws, None), strict=False):
            label.setVisible(one is not None)
            if one is not None:
                label.setText(_verdict(one, depth, self._theme))
        words = [f"{name_of(one)}: {sentence(one)}" for one in self._draws]
        if self._drawn.fan_in != self._drawn.fan_out:
            words.append("Every layer is taken to have these fans.")
        self.carried.set_sentence("\n".join(words))
        sources = [f"{name_of(one)}: {source_of(one.init)}" for one in self._draws]
        lines = [line for line in sources if not line.endswith(": ")]
        part = about(self._draws[0])
        self.source.set_sentence("\n".join([*([part] if part else []), *lines]))
        needed = self._column.minimumSizeHint().width() + self._scroll.verticalScrollBar().width()
        self._scroll.setFixedWidth(max(_COLUMN, needed))
        self.plots.setAccessibleDescription(" ".join(words))


def _other(kind: str) -> str:
    return "he_normal" if kind.startswith("glorot") else "glorot_uniform"


def _draws_of(choice: InitialiserChoice) -> tuple[Draw, ...]:
    inits = [choice.init]
    if not isinstance(choice.compare, NoComparison):
        inits.append(choice.compare)
    rest = (choice.activation, choice.fan_in, choice.fan_out, choice.field, choice.depth)
    return tuple(draw(init, *rest, choice.seed) for init in inits)


def _verdict(one: Draw, depth: int, theme: Theme) -> str:
    parts = [
        f'{name} <span style="color:{theme.color(color).name()}">{html.escape(words)}</span>'
        for name, words, color in says(one)
    ]
    text = f"{', '.join(parts)} over {depth} layers" if parts else "no prediction"
    return f"<b>{html.escape(name_of(one))}</b>: {text}"
