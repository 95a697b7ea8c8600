"""How a table is written: what separates cells, what marks decimals, whether columns are named."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.data.files import MOST_FILE_BYTES, cannot_be_read, size_text
from core.errors import DataError

if TYPE_CHECKING:
    from core.experiment.data import Csv

LONGEST_LINE = 2**24
"""Bytes of a line; a table of 100,000 columns has lines of about 1 MB."""
MOST_COLUMNS = 2**20
"""Cells of the first row; the largest tables that people measure, of genes, have fewer."""
_SAMPLE_LINES = 50
_SEPARATORS = {"semicolon": ";", "tab": "\t", "pipe": "|", "comma": ","}
_COMMA_NUMBER = re.compile(r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*", re.ASCII)
_FIELD = "data.path"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cells of a table are to be read.

    Attributes
    ----------
    separator : str
        One character.
    decimal_comma : bool
    header : bool
        Whether the first row names the columns.
    names : tuple of str
        Of the columns; ``column 3`` where there is none.
    """

    separator: str
    decimal_comma: bool
    header: bool
    names: tuple[str, ...]

    def number(self, text: str) -> float:
        """Return a cell as a number; NaN and infinity pass.

        Raises
        ------
        ValueError
            If it is none. ``1_000`` is none, though Python itself would take it.
        """
        if "_" in text:
            raise ValueError(text)
        return float(text.replace(",", ".") if self.decimal_comma else text)


def text_lines(file: IO[bytes], name: str, most_bytes: int = MOST_FILE_BYTES) -> Iterator[str]:
    """Yield the lines of a table as text, refusing what is no text in UTF-8.

    The first line that begins beyond ``most_bytes`` ends it.

    Raises
    ------
    DataError
        With the number of the line.
    """
    number = 0
    while file.tell() < most_bytes and (line := file.readline(LONGEST_LINE + 1)):
        number += 1
        if number == 1:
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise _not_text(name, 1, "it is UTF-16")
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"Line {number:,} of {name!r} is longer than {size_text(LONGEST_LINE)}.",
                hint="Is it a table? Each sample has its own line.",
                field=_FIELD,
            )
        if b"\0" in line:
            raise _not_text(name, number, "it holds a NUL, as binary files and UTF-16 do")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"0x{line[error.start]:02X}"
            raise _not_text(name, number, f"byte {byte} is not UTF-8") from None


def table_rows(lines: Iterator[str], separator: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the line, cells) of every row that is not blank.

    Raises
    ------
    DataError
        If quotation marks do not close, or a cell is longer than any number or name can be.
    """
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            f"Line {reader.line_num:,} of {name!r} cannot be read as a table ({error}).",
            hint="Look for a quotation mark that is not closed, or for text that is no table.",
            field=_FIELD,
        ) from None


def find_layout(path: Path, spec: Csv) -> Layout:
    """Look at the first lines and settle what the specification leaves to ``auto``.

    Raises
    ------
    DataError
        If there is no table, or it has a single column.
    """
    try:
        with path.open("rb") as file:
            head = list(islice(text_lines(file, path.name), _SAMPLE_LINES))
    except OSError as error:
        raise cannot_be_read(str(path), error, _FIELD) from None
    cells = max((line.count(one) for line in head[:1] for one in _SEPARATORS.values()), default=0)
    if cells >= MOST_COLUMNS:
        raise DataError(
            f"Line 1 of {path.name!r} has {cells + 1:,} cells; the limit is {MOST_COLUMNS:,}.",
            hint="Is it a table? Each sample has its own line.",
            field=_FIELD,
        )
    separator = _SEPARATORS.get(spec.separator) or _find_separator(head)
    rows = _head_rows(head, separator, path.name)
    if not rows:
        raise DataError(
            f"{path.name!r} holds no rows.", hint="Choose a file with data.", field=_FIELD
        )
    if len(rows[0]) < 2:
        raise DataError(
            f"{path.name!r} has one column: {rows[0][0][:40]!r}.",
            hint="A table needs a column to learn from and one to predict;"
            " if it has them, choose the separator.",
            field="data.separator",
        )
    comma = spec.decimal == "comma" or (spec.decimal == "auto" and _has_decimal_commas(rows))
    layout = Layout(separator, comma, False, ())
    header = spec.header == "yes" or (spec.header == "auto" and _has_header(rows, layout))
    named = rows[0] if header else [""] * len(rows[0])
    names = tuple(name.strip() or f"column {i}" for i, name in enumerate(named, 1))
    return Layout(separator, comma, header, names)


def column_number(word: str, names: Sequence[str], field: str) -> int:
    """Return the index of a column given by name, by number counted from 1, or as ``last``.

    Raises
    ------
    DataError
        If there is no such column, or more than one.
    """
    word = word.strip()
    if names.count(word) > 1:
        raise DataError(
            f"The column {word!r} appears {names.count(word)} times.",
            hint="Give its number, counted from 1.",
            field=field,
        )
    if word in names:
        return names.index(word)
    if word == "last":
        return len(names) - 1
    if word.isascii() and word.isdecimal() and len(word) < 9 and 1 <= int(word) <= len(names):
        return int(word) - 1
    shown = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
    raise DataError(
        f"There is no column {word[:60]!r}.",
        hint=f"Use last, a number from 1 to {len(names)}, or one of: {shown}.",
        field=field,
    )


def _head_rows(head: list[str], separator: str, name: str) -> list[list[str]]:
    """Return the first rows; a quotation that goes on beyond the sample ends it."""
    rows: list[list[str]] = []
    try:
        for _, row in table_rows(iter(head), separator, name):
            rows.append(row)
    except DataError:
        if not rows or len(head) < _SAMPLE_LINES:
            raise
    return rows


def _find_separator(head: list[str]) -> str:
    """Return the first separator that gives every line the same number of cells, two at least.

    The comma comes last: with another separator it may be a decimal mark.
    """
    most, best = 1, ","
    for separator in _SEPARATORS.values():
        counts = _cell_counts(head, separator)
        if counts and min(counts) == max(counts) > 1:
            return separator
        if counts and counts[0] > most:
            most, best = counts[0], separator
    return best


def _cell_counts(head: list[str], separator: str) -> list[int]:
    """Return the number of cells of each row as far as this separator makes rows of the lines."""
    counts: list[int] = []
    rows = csv.reader(iter(head), delimiter=separator, skipinitialspace=True)
    with suppress(csv.Error):  # told with its line when the table is read
        counts.extend(len(row) for row in rows)
    if len(head) == _SAMPLE_LINES:
        del counts[-1:]  # may be cut off inside quotation marks
    return [count for count in counts if count > 0]


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    return any(_COMMA_NUMBER.fullmatch(cell) for row in rows for cell in row)


def _has_header(rows: list[list[str]], layout: Layout) -> bool:
    """Tell whether the first row holds names: no number at all, or text above numbers."""
    first = [_is_number(cell, layout) for cell in rows[0]]
    if all(first):
        return False
    if not any(first):
        return True
    second = rows[1] if len(rows) > 1 else []
    pairs = zip(first, second, strict=False)
    return any(not above and _is_number(below, layout) for above, below in pairs)


def _is_number(text: str, layout: Layout) -> bool:
    try:
        layout.number(text)
    except ValueError:
        return False
    return True


def _not_text(name: str, line: int, why: str) -> DataError:
    return DataError(
        f"Line {line:,} of {name!r} is no text in UTF-8: {why}.",
        hint="Save the table as text, CSV in UTF-8.",
        field=_FIELD,
    )
