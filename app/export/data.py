"""Tables as CSV files, or as text for a spreadsheet."""

from __future__ import annotations

import csv
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LabError
from core.measure.missing import not_measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.views.table import Row, Table

MOST_COPIED = 10_000
"""Rows on the clipboard; more of them make other programs stand still."""
_CHUNK = 500
"""Rows between two looks at whether to go on."""


class CancelledError(LabError):
    """Whoever asked for a file does not want it any more."""


class Progress:
    """How far a file is, written by one thread and read by others.

    Attributes
    ----------
    name : str
        Of the file that is being written.
    rows : int
        Written so far, of all files.
    """

    def __init__(self) -> None:
        self.name = ""
        self.rows = 0
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask for an end."""
        self._cancelled.set()

    def check(self) -> None:
        """Go on, or not.

        Raises
        ------
        CancelledError
            If an end was asked for.
        """
        if self._cancelled.is_set():
            raise CancelledError("The export was stopped; no file was changed.")


def files_of(file: Path, tables: Sequence[Table]) -> list[Path]:
    """Return the file of each table: ``name.csv`` of the first, ``name-<table>.csv`` of others."""
    others = [file.with_name(f"{file.stem}-{one.name}{file.suffix}") for one in tables[1:]]
    return [file, *others][: len(tables)]


def write_tables(file: Path, tables: Sequence[Table], progress: Progress) -> list[Path]:
    """Write tables as CSV files: all of them, or none.

    It may be called in any thread. Rows are made while they are written, so that a long run needs
    no second copy in memory.

    Raises
    ------
    LabError
        If a file cannot be written.
    CancelledError
        If ``progress`` was cancelled.
    """
    files = files_of(file, tables)
    parts = [one.with_name(f".~{one.name}") for one in files]
    with ExitStack() as stack:
        for part in parts:
            stack.callback(_forget, part)
        for target, part, table in zip(files, parts, tables, strict=True):
            progress.name = target.name
            try:
                _write_table(part, table, progress)
            except OSError as error:
                raise cannot_be_written(target, error) from None
        for target, part in zip(files, parts, strict=True):
            try:
                part.replace(target)
            except OSError as error:
                raise cannot_be_written(target, error) from None
    return files


def write_bytes(file: Path, data: bytes) -> list[Path]:
    """Write a file, whole or not at all.

    Raises
    ------
    LabError
        If it cannot be written.
    """
    part = file.with_name(f".~{file.name}")
    try:
        part.write_bytes(data)
        part.replace(file)
    except OSError as error:
        _forget(part)
        raise cannot_be_written(file, error) from None
    return [file]


def cannot_be_written(file: Path, error: OSError) -> LabError:
    """Return what to say of a file."""
    return LabError(
        f"“{file}” cannot be written ({error.strerror or error}).", hint="Choose another place."
    )


def copied(tables: Sequence[Table], most: int = MOST_COPIED) -> tuple[str, int, bool]:
    """Return tables as text with tabs, its number of rows, and whether there are more.

    Tables are parted by an empty line.
    """
    lines: list[str] = []
    count = 0
    for table in tables:
        if lines:
            lines.append("")
        lines.append("\t".join(table.header))
        for row in table.rows():
            if count == most:
                return "\n".join(lines) + "\n", count, True
            lines.append("\t".join(map(cell, row)))
            count += 1
    return "\n".join(lines) + "\n", count, False


def cell(value: object) -> str:
    """Return a number as text: nine digits bring a float32 back to the bit.

    What nobody measured is an empty cell, which is something else than ``nan``.
    """
    if isinstance(value, float | np.floating):
        if value != value and isinstance(value, np.float32) and bool(not_measured(value)):  # pyright: ignore[reportArgumentType]
            return ""
        return f"{value:.9g}"
    return "" if value is None else str(value)


def _write_table(part: Path, table: Table, progress: Progress) -> None:
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.header)
        writer.writerows(_counted(table.rows(), progress))


def _counted(rows: Iterator[Row], progress: Progress) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number % _CHUNK == 0:
            progress.check()
        progress.rows += 1
        yield [cell(value) for value in row]


def _forget(part: Path) -> None:
    with suppress(OSError):  # in a folder that is gone or closed, nothing is left either
        part.unlink(missing_ok=True)
