"""Tables of one's own: each row a sample, each refusal with line and column."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.csv_layout import Layout, column_number, find_layout, table_rows, text_lines
from core.data.files import MOST_BYTES, MOST_FILE_BYTES, cannot_be_read, existing_file, size_text
from core.data.raw import Raw
from core.data.targets import FEW, LARGEST, classes
from core.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from core.experiment.data import Csv

_FIELD = "data.path"
_MOST_NUMBERS = MOST_BYTES // 8


@dataclass(slots=True)
class _Bad:
    """Rows that cannot be used: the first of them, and how many."""

    line: int = 0
    column: str = ""
    text: str = ""
    verdict: str = ""
    count: int = 0

    def add(self, line: int, column: str, text: str, verdict: str) -> None:
        if self.count == 0 or line < self.line:
            self.line, self.column, self.text, self.verdict = line, column, text, verdict
        self.count += 1


@dataclass(slots=True)
class _Columns:
    """What is read so far: numbers of the features row by row, the target as text."""

    numbers: array[float] = field(default_factory=lambda: array("d"))
    targets: list[str] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))


def read_csv(spec: Csv, most_bytes: int = MOST_FILE_BYTES) -> Raw:
    """Read a table, or only its first lines of ``most_bytes`` together.

    Raises
    ------
    DataError
        If it is no table of numbers; with line, column and the number of rows concerned.
    """
    path = existing_file(spec.path, _FIELD)
    layout = find_layout(path, spec)
    target, features = chosen_columns(spec, layout.names)
    bad = _Bad()
    columns = _read_columns(path, layout, target, features, bad, most_bytes)
    total = len(columns.lines) + bad.count
    if total == 0:
        raise DataError(
            f"{path.name!r} holds a header and no samples.",
            hint="Choose a file with data.",
            field=_FIELD,
        )
    x = np.frombuffer(columns.numbers, np.float64).reshape(-1, len(features))
    fits = _fitting(x, columns, layout, features, bad)
    name = layout.names[target]
    texts = columns.targets if fits.all() else np.asarray(columns.targets, object)[fits].tolist()
    x, lines = x[fits], np.frombuffer(columns.lines, np.int64)[fits]
    numbers, unread = _target_numbers(texts, layout)
    if _is_regression(spec, texts, numbers, unread):
        usable = np.abs(numbers) <= LARGEST
        for row in np.flatnonzero(~usable):
            bad.add(int(lines[row]), name, texts[row], _verdict(texts[row], layout))
        x, y, class_names = x[usable], numbers[usable][:, None], ()
    else:
        values = np.asarray(texts, np.str_) if unread.any() or not texts else numbers
        y, class_names = classes(values, name, "data.target")
    if bad.count and (spec.missing == "refuse" or len(x) == 0):
        raise DataError(
            f"Line {bad.line:,}, column {bad.column!r}: {bad.text[:40]!r} is {bad.verdict};"
            f" {bad.count:,} of {total:,} rows {'are' if bad.count > 1 else 'is'} affected.",
            hint="Correct the table, choose other columns, or leave such rows out"
            " (missing = drop_rows).",
            field=_FIELD,
        )
    notes = (f"{bad.count:,} of {total:,} rows left out",) if bad.count else ()
    return Raw(x, y, class_names, (len(features),), notes=notes)


def chosen_columns(spec: Csv, names: tuple[str, ...]) -> tuple[int, list[int]]:
    """Return the index of the target and those of the features.

    Raises
    ------
    DataError
        If a column is not there, or the target is among the features.
    """
    target = column_number(spec.target, names, "data.target")
    if not spec.features.strip():
        return target, [index for index in range(len(names)) if index != target]
    words = spec.features.split(",")
    features = list(dict.fromkeys(column_number(one, names, "data.features") for one in words))
    if target in features:
        raise DataError(
            f"The column {names[target]!r} is the target and a feature.",
            hint="A network that is given the answer learns nothing; leave it out of the features.",
            field="data.features",
        )
    return target, features


def _read_columns(
    path: Path, layout: Layout, target: int, features: list[int], bad: _Bad, most_bytes: int
) -> _Columns:
    """Read all rows; those with a cell that is no number are counted in ``bad`` and left out."""
    columns = _Columns()
    width = len(layout.names)
    ragged, first_line, first_width, rows = 0, 0, 0, 0
    known: dict[str, str] = {}  # one text object for each different target
    try:
        with path.open("rb") as file:
            for line, row in _body(text_lines(file, path.name, most_bytes), layout, path.name):
                rows += 1
                if len(row) != width:
                    ragged += 1
                    if ragged == 1:
                        first_line, first_width = line, len(row)
                    continue
                try:
                    numbers = [layout.number(row[index]) for index in features]
                except ValueError:
                    _add_first_bad_cell(row, features, layout, line, bad)
                    continue
                text = row[target].strip()
                if not text:
                    bad.add(line, layout.names[target], text, "missing")
                    continue
                columns.numbers.extend(numbers)
                columns.targets.append(known.setdefault(text, text))
                columns.lines.append(line)
                if len(columns.numbers) > _MOST_NUMBERS:
                    raise DataError(
                        f"{path.name!r} holds more than {_MOST_NUMBERS:,} numbers"
                        f" ({size_text(MOST_BYTES)}).",
                        hint="Cut a smaller part out of it.",
                        field=_FIELD,
                    )
    except OSError as error:
        raise cannot_be_read(str(path), error, _FIELD) from None
    if ragged:
        raise DataError(
            f"Line {first_line:,} of {path.name!r} has {first_width} cells, the first line"
            f" has {width}; {ragged:,} of {rows:,} rows {'are' if ragged > 1 else 'is'} affected.",
            hint="Give every row the same number of cells, or choose the separator.",
            field=_FIELD,
        )
    return columns


def _body(lines: Iterator[str], layout: Layout, name: str) -> Iterator[tuple[int, list[str]]]:
    rows = table_rows(lines, layout.separator, name)
    if layout.header:
        next(rows)
    return rows


def _add_first_bad_cell(
    row: list[str], features: list[int], layout: Layout, line: int, bad: _Bad
) -> None:
    for index in features:
        verdict = _verdict(row[index], layout)
        if verdict in ("missing", "not a number"):
            bad.add(line, layout.names[index], row[index].strip(), verdict)
            return


def _fitting(
    x: NDArray[np.float64], columns: _Columns, layout: Layout, features: list[int], bad: _Bad
) -> NDArray[np.bool_]:
    """Tell which rows hold numbers that the network's arithmetic can hold; count the others."""
    good = np.abs(x) <= LARGEST  # false for NaN too
    fits = np.asarray(good.all(axis=1))
    for row in np.flatnonzero(~fits):
        column = int((~good[row]).argmax())
        value = float(x[row, column])
        verdict = "too large" if np.isfinite(value) else "not a finite number"
        bad.add(columns.lines[row], layout.names[features[column]], f"{value:g}", verdict)
    return fits


def _target_numbers(
    texts: list[str], layout: Layout
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return targets as numbers, NaN where they are none, and where they are none."""
    numbers = np.full(len(texts), np.nan)
    unread = np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        try:
            numbers[row] = layout.number(text)
        except ValueError:
            unread[row] = True
    unread |= np.isnan(numbers)  # a class may be called nan
    return numbers, unread


def _is_regression(
    spec: Csv, texts: list[str], numbers: NDArray[np.float64], unread: NDArray[np.bool_]
) -> bool:
    """Tell what ``auto`` means: a few different values are classes, many numbers are not.

    A column of numbers in which some cells are text is a regression with faults in it, not one
    with a class for every number.
    """
    if spec.task != "auto":
        return spec.task == "regression"
    read = numbers[~unread]
    if unread.any() and 2 * len(read) < len(texts):
        return False
    whole = bool((read == np.floor(read)).all())
    return not (whole and len(np.unique(read)) + unread.any() <= FEW)


def _verdict(text: str, layout: Layout) -> str:
    if not text.strip():
        return "missing"
    try:
        value = layout.number(text)
    except ValueError:
        return "not a number"
    return "too large" if np.isfinite(value) else "not a finite number"
