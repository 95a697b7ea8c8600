"""A window with every layer's output shape and parameters, counted as Keras counts them."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.form.background import Background
from app.form.row import Sentence
from core.errors import LabError
from core.experiment.layers import AvgPool, Conv, GlobalPool, MaxPool
from core.experiment.shapes import shape_text, trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.experiment import Experiment
    from core.network.summary import Summary, SummaryRow
    from core.record.source import Facts

    Built = tuple[Facts, Experiment]
    Say = Callable[[str | None, str, Experiment], str]

_TITLES = ("Layer", "Output shape", "Parameters")
_SEEING_IMAGES = (Conv, MaxPool, AvgPool, GlobalPool)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class DataShape:
    """What the data decide about a network: shape of a sample, outputs, training samples."""

    shape: tuple[int, ...]
    n_outputs: int
    n_train: int


class SummaryWindow(QDialog):
    """The table of layers and its sums; both follow the experiment while the window is open.

    What the data decide is taken from the run where it is known; else they are loaded on a thread
    of its own.

    Parameters
    ----------
    say : callable
        Makes a sentence of a setting's path, what is wrong with it, and the experiment.
    """

    def __init__(self, say: Say, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self._experiment: Experiment | None = None
        self._built: Built | None = None
        self._known: tuple[object, DataShape] | None = None
        self._text = ""
        self._background = Background("summary", self)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setWindowTitle("Model summary")
        self.setAccessibleName("Model summary")
        self.setModal(False)
        self.resize(440, 560)
        self.title = Sentence("title")
        self.problem = Sentence()
        self.table = QTableWidget(0, len(_TITLES))
        self.table.setAccessibleName("Layers with output shape and parameters")
        for column, title in enumerate(_TITLES):
            self.table.setHorizontalHeaderItem(column, _item(title, column))
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.table.setTabKeyNavigation(False)
        self.table.setCornerButtonEnabled(False)
        self.table.setShowGrid(False)
        self.table.setStyleSheet("QTableView::item { padding: 0 5px; }")  # as the titles above
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(110)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.copy_button = QPushButton("Copy as text")
        self.copy_button.setToolTip("Copy the table and its sums (Ctrl+C)")
        self.copy_button.setAutoDefault(False)
        self.sums = QGridLayout()
        self.sums.setHorizontalSpacing(16)
        self.sums.setVerticalSpacing(4)
        self.sums.setColumnStretch(1, 1)
        self._sums: list[tuple[QLabel, QLabel]] = []
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.copy_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.title)
        box.addWidget(self.problem)
        box.addWidget(self.table, 1)
        box.addLayout(self.sums)
        box.addLayout(below)

    def _connect(self) -> None:
        self._background.answered.connect(self._on_loaded)
        self.copy_button.clicked.connect(self.copy)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.copy)

    @property
    def is_loading(self) -> bool:
        """Whether the data are being loaded."""
        return self._background.is_busy

    @property
    def text(self) -> str:
        """The table and its sums as text; empty while there are none."""
        return self._text

    def set_experiment(self, experiment: Experiment, built: Built | None = None) -> None:
        """Show an experiment's network.

        Parameters
        ----------
        experiment : Experiment
        built : tuple of Facts and Experiment, optional
            What is known of the network and data that were built last, and of what.
        """
        self._experiment, self._built = experiment, built
        if self.isVisible():
            self._refresh()

    @Slot()
    def copy(self) -> None:
        """Put the table and its sums on the clipboard."""
        if self._text:
            QGuiApplication.clipboard().setText(self._text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._known = None  # a file may have changed since
        self._refresh()

    # Showing -----------------------------------------------------------------------------

    def _refresh(self) -> None:
        experiment = self._experiment
        if experiment is None:
            return
        self.title.set_sentence(experiment.name)
        key = (experiment.data, experiment.seed)
        shape = shape_of_run(experiment, self._built)
        if shape is None and self._known is not None and self._known[0] == key:
            shape = self._known[1]
        if shape is not None:
            self._background.forget()
            self._show(experiment, shape)
        elif self._background.asked != key:
            self._background.ask(key, partial(_loaded, experiment))

    @Slot(object, object)
    def _on_loaded(self, key: object, answer: Future[DataShape]) -> None:
        try:
            self._known = (key, answer.result())
        except LabError as error:
            self._show_error(error)
            return
        self._refresh()

    def _show(self, experiment: Experiment, data: DataShape) -> None:
        from core.network.summary import summarize

        try:
            stages = trace(experiment.network, data.shape, data.n_outputs)
        except LabError as error:
            self._show_error(error)
            return
        summary = summarize(stages, data.n_train)
        self.problem.set_sentence("")
        self._text = as_text(experiment.name, summary)
        self._show_rows([cells_of(row) for row in summary.rows])
        self._show_sums(sums_of(summary))

    def _show_error(self, error: LabError) -> None:
        """Say why there is no summary; what the last one said is not true any more."""
        assert self._experiment is not None
        message = self._say(error.field, error.message, self._experiment)
        self.problem.set_sentence(f"{message} {error.hint}".strip())
        self._text = ""
        self._show_rows([])
        self._show_sums([])

    def _show_rows(self, rows: list[tuple[str, str, str]]) -> None:
        self.copy_button.setEnabled(bool(rows))
        self.table.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, _item(cell, column))

    def _show_sums(self, sums: list[tuple[str, str]]) -> None:
        while len(self._sums) < len(sums):
            name, value = QLabel(), QLabel()
            name.setProperty("role", "muted")
            value.setProperty("role", "value")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row = len(self._sums)
            self.sums.addWidget(name, row, 0)
            self.sums.addWidget(value, row, 1, _RIGHT)
            self._sums.append((name, value))
        for at, labels in enumerate(self._sums):
            texts = sums[at] if at < len(sums) else ("", "")
            for label, text in zip(labels, texts, strict=True):
                label.setText(text)
                label.setVisible(bool(text))


def shape_of_run(experiment: Experiment, built: Built | None) -> DataShape | None:
    """Return what the run in view says about an experiment's data; None: it does not say.

    A run knows how many features there are, not how an image is made up of them.
    """
    layers = experiment.network.layers
    if built is None or (layers and isinstance(layers[0], _SEEING_IMAGES)):
        return None
    facts, other = built
    if not facts.layers or (other.data, other.seed) != (experiment.data, experiment.seed):
        return None
    return DataShape((facts.n_features,), facts.layers[-1].units, facts.n_train)


def cells_of(row: SummaryRow) -> tuple[str, str, str]:
    """Return a row's name, output shape and parameters as the table shows them."""
    name = row.name[:1].upper() + row.name[1:]
    shape = shape_text(row.shape).replace("x", "×")
    return name, shape, f"{row.trainable + row.statistics:,}"


def sums_of(summary: Summary) -> list[tuple[str, str]]:
    """Return what stands below the table."""
    return [
        ("Total parameters", f"{summary.total:,}"),
        ("Trainable", f"{summary.trainable:,}"),
        ("Not trainable", f"{summary.statistics:,}"),
        ("Training samples", f"{summary.n_train:,}"),
        ("P/N, trainable parameters for each sample", f"{summary.per_sample:.3g}"),
    ]


def as_text(name: str, summary: Summary) -> str:
    """Return the table and its sums as text in columns."""
    rows = [_TITLES, *map(cells_of, summary.rows)]
    sums = sums_of(summary)
    wide = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}" for a, b, c in rows]
    rule = "-" * len(lines[0])
    first, second = (max(len(pair[at]) for pair in sums) for at in (0, 1))
    below = [f"{title:<{first}}  {value:>{second}}" for title, value in sums]
    return "\n".join([name, rule, lines[0], rule, *lines[1:], rule, *below])


def _item(text: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(_RIGHT if column else _LEFT)
    return item


def _loaded(experiment: Experiment) -> DataShape:
    from core.data.samples import load_samples

    samples = load_samples(experiment.data, experiment.seed)
    return DataShape(samples.shape, samples.n_outputs, len(samples.x_train))
