"""A look into a file of one's own, and the choice of what is to be predicted."""

from __future__ import annotations

import math
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.datasets.notice import Notice
from app.form.background import Background
from core.data import csv_table, targets
from core.data.csv_layout import column_number
from core.data.files import cannot_be_read, existing_file
from core.data.idx import read_idx_array, read_idx_header
from core.data.npy import Archive
from core.data.preview import Preview, preview
from core.errors import DataError
from core.experiment.data import Csv, Idx, Npz

_LOOK = 2**22
"""Bytes that are read to find the classes, as many as the preview itself reads."""
_NAMES = 12
_LONGEST_NAME = 60
_GAP = 20  # pixels between columns
_TASKS = (
    ("auto", "Automatic"),
    ("classes", "Tell classes apart"),
    ("regression", "Predict numbers"),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    preview: Preview
    class_names: tuple[str, ...] = ()


class PreviewDialog(QDialog):
    """First rows of a file, what is wrong with it, and what is to be predicted.

    The file is read on a thread of its own, anew after each choice; only the last answer counts.

    Parameters
    ----------
    source : Csv, Npz, Idx, Path or str
        A specification is kept as it is; for a path one is made, its target suggested.
    """

    def __init__(self, source: Csv | Npz | Idx | Path | str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Csv | Npz | Idx | Path | str = source
        self._background = Background("preview", self)
        self._build()
        self._background.answered.connect(self._on_seen)
        for box in (self.inputs, self.target, self.task):
            box.activated.connect(self._on_chosen)
        self.drop_rows.clicked.connect(self._on_chosen)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._look()

    def chosen(self) -> Csv | Npz | Idx:
        """Return the specification with what was chosen.

        Raises
        ------
        DataError
            If a path was given and has not been looked at yet.
        """
        if isinstance(self._source, Csv | Npz | Idx):
            return self._source
        raise DataError(
            f"{str(self._source)!r} has not been looked at yet.", hint="Wait for the preview."
        )

    @property
    def is_looking(self) -> bool:
        """Whether the file is being read."""
        return self._background.is_busy

    def done(self, result: int) -> None:
        """Close; what is still being read is dropped."""
        self._background.forget()
        super().done(result)

    def _build(self) -> None:
        self.setWindowTitle("Preview of the data")
        self.resize(720, 520)
        self.facts, self.classes, self.problems = QLabel(), QLabel(), Notice(self)
        self.facts.setProperty("role", "title")
        self.classes.setProperty("role", "muted")
        for label in (self.facts, self.classes):
            label.setWordWrap(True)
        self.table = QTableWidget(self)
        self.table.setAccessibleName("First rows")
        self.table.setObjectName("preview")
        self.table.setShowGrid(False)
        self.table.setCornerButtonEnabled(False)
        self.table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.inputs, self.target, self.task = QComboBox(), QComboBox(), QComboBox()
        for value, name in _TASKS:
            self.task.addItem(name, value)
        self.drop_rows = QCheckBox("Leave out rows with missing numbers")
        self._form = form = QFormLayout()
        form.addRow("Inputs", self.inputs)
        form.addRow("Target", self.target)
        form.addRow("Task", self.task)
        form.addRow("", self.drop_rows)
        kind = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kind.Ok | kind.Cancel)
        self.use = self.buttons.button(kind.Ok)
        self.use.setProperty("primary", True)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # words say it; the style's pictures are of another family
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        for widget in (self.facts, self.problems):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addLayout(form)
        column.addWidget(self.classes)
        column.addWidget(self.buttons)

    def _look(self) -> None:
        self.use.setEnabled(False)
        self.use.setText("Use this data")
        self.facts.setText("Looking …")
        self._background.ask(None, partial(_seen, self._source))

    @Slot(object, object)
    def _on_seen(self, _: object, answer: Future[_Seen]) -> None:
        seen = answer.result()
        self._source = seen.preview.spec
        self._show(seen)

    @Slot()
    def _on_chosen(self) -> None:
        spec = self.chosen()
        if isinstance(spec, Csv):
            missing = "drop_rows" if self.drop_rows.isChecked() else "refuse"
            target, task = self.target.currentData(), self.task.currentData()
            update = {"target": target or spec.target, "task": task, "missing": missing}
        elif isinstance(spec, Npz):
            x, y, task = (one.currentData() for one in (self.inputs, self.target, self.task))
            update = {"x": x, "y": y, "task": task}
        else:
            return
        self._source = spec.model_copy(update=update)
        self._look()

    def _show(self, seen: _Seen) -> None:
        found = seen.preview
        self.facts.setText(_facts_text(found))
        self.problems.show_problems(found.problems)
        self.classes.setText(_classes_text(seen))
        self._show_rows(found)
        self._show_choices(found)
        self.use.setEnabled(True)
        self.use.setText("Use anyway" if found.problems else "Use this data")

    def _show_rows(self, found: Preview) -> None:
        self.table.setRowCount(len(found.rows))
        self.table.setColumnCount(len(found.columns))
        self.table.setHorizontalHeaderLabels(list(found.columns))
        self.table.clearContents()
        for row, cells in enumerate(found.rows):
            for column, cell in enumerate(cells[: len(found.columns)]):
                self.table.setItem(row, column, QTableWidgetItem(cell))
        self.table.resizeColumnsToContents()
        for column in range(len(found.columns)):
            self.table.setColumnWidth(column, self.table.columnWidth(column) + _GAP)

    def _show_choices(self, found: Preview) -> None:
        spec = found.spec
        for box, shown in (
            (self.inputs, isinstance(spec, Npz)),
            (self.target, not isinstance(spec, Idx)),
            (self.task, not isinstance(spec, Idx)),
            (self.drop_rows, isinstance(spec, Csv)),
        ):
            self._form.setRowVisible(box, shown)
        if isinstance(spec, Csv):
            places = range(len(found.columns))
            names = [(found.columns[i][:_LONGEST_NAME], _word(i, found.columns)) for i in places]
            target = _column(spec.target, found.columns)
            _fill(self.target, names, -1 if target is None else target)
            self.drop_rows.setChecked(spec.missing == "drop_rows")
        elif isinstance(spec, Npz):
            arrays = [row[0] for row in found.rows if len(row[0]) < _LONGEST_NAME]
            choices = [("By its usual name", ""), *((name, name) for name in arrays)]
            values = [value for _, value in choices]
            for box, word in ((self.inputs, spec.x), (self.target, spec.y)):
                _fill(box, choices, values.index(word) if word in values else -1)
        if not isinstance(spec, Idx):
            self.task.setCurrentIndex(self.task.findData(spec.task))


def _seen(source: Csv | Npz | Idx | Path | str) -> _Seen:
    """Look at a file and name its classes, on a thread that knows no widget."""
    found = preview(source)
    try:
        return _Seen(found, () if found.problems else _class_names(found))
    except DataError as error:
        return _Seen(replace(found, problems=(*found.problems, error)))
    except OSError as error:  # gone since the look at it
        return _Seen(replace(found, problems=(cannot_be_read(str(source), error, "data.path"),)))


def _class_names(found: Preview) -> tuple[str, ...]:
    spec = found.spec
    if found.task != "classes":
        return ()
    if isinstance(spec, Csv):
        return csv_table.read_csv(spec, _LOOK).class_names
    if isinstance(spec, Npz):
        name = found.suggested_target
        with Archive(existing_file(spec.path, "data.path"), "data.path") as archive:
            return targets.targets(archive.read(name), spec.task, name, "data.y")[1]
    if not spec.labels:
        return ()
    header = read_idx_header(existing_file(spec.labels, "data.labels"), "data.labels")
    if math.prod(header.shape) * header.dtype.itemsize > _LOOK:
        return ()
    labels = read_idx_array(spec.labels, "data.labels")
    return targets.classes(labels, "labels", "data.labels")[1]


def _column(word: str, names: tuple[str, ...]) -> int | None:
    """Return the index of the column that a word means, None if it means none."""
    try:
        return column_number(word, names, "data.target")
    except DataError:  # told among the problems
        return None


def _word(index: int, names: tuple[str, ...]) -> str:
    """Return what names this column and no other; a name that occurs twice does not."""
    words = (names[index], str(index + 1), "last")
    return next((word for word in words if _column(word, names) == index), "")


def _fill(box: QComboBox, choices: list[tuple[str, str]], current: int) -> None:
    box.clear()
    for name, value in choices:
        box.addItem(name, value)
    box.setCurrentIndex(current)


def _facts_text(found: Preview) -> str:
    spec = found.spec
    name = Path(spec.images if isinstance(spec, Idx) else spec.path).name
    if not found.columns:
        return name or "No file"
    samples = f"{'' if found.exact else 'about '}{found.n_rows:,} samples"
    columns = f", {len(found.columns):,} columns" if isinstance(spec, Csv) else ""
    return f"{name}: {samples}{columns}"


def _classes_text(seen: _Seen) -> str:
    if seen.preview.problems or not seen.preview.task:
        return ""
    if seen.preview.task == "regression":
        return "A number is predicted."
    count = len(seen.class_names)
    if not count:
        return "Classes are told apart."
    more = f" and {count - _NAMES:,} more" if count > _NAMES else ""
    part = "" if seen.preview.exact else " in the part looked at"
    return f"{count:,} classes{part}: {', '.join(seen.class_names[:_NAMES])}{more}"
