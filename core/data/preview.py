"""A look at a file of one's own before it is used: columns, first rows, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import SEEK_END
from itertools import islice
from pathlib import Path

from core.data import array_files, csv_table, targets
from core.data.csv_layout import Layout, find_layout, table_rows, text_lines
from core.data.files import cannot_be_read, existing_file
from core.data.idx import read_idx_header
from core.data.npy import Archive
from core.errors import DataError
from core.experiment.data import Csv, Idx, Npz

_LOOK = 2**22
"""Bytes that are read at most: a fraction of a second."""
_ROWS = 20
_LONGEST_CELL = 60
_USUAL_TARGETS = ("target", "label", "labels", "class", "y", "output", "species", "category")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds.

    Attributes
    ----------
    spec : Csv, Npz or Idx
        What was looked at: the specification, or one made for the path.
    columns : tuple of str
        Of a table its columns; else ``array`` or ``file``, ``shape``, ``type``.
    rows : tuple of tuple of str
        The first rows; of arrays one row for each.
    n_rows : int
        Samples; estimated where ``exact`` is False.
    exact : bool
    suggested_target : str
        Column or array to predict, empty if there is none.
    task : str
        ``classes``, ``regression``, or empty if that is not known.
    problems : tuple of DataError
        Why the file cannot be used as it is, if so, as far as it was looked at.
    """

    spec: Csv | Npz | Idx
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    n_rows: int = 0
    exact: bool = True
    suggested_target: str = ""
    task: str = ""
    problems: tuple[DataError, ...] = field(default=())


def preview(source: Csv | Npz | Idx | Path | str) -> Preview:
    """Look at a file; a path is taken for what its first bytes say it is.

    What is wrong with the file is part of the result, never raised.
    """
    spec = source if isinstance(source, Csv | Npz | Idx) else Csv(path=str(source))
    try:
        if not isinstance(source, Csv | Npz | Idx):
            spec = _spec_for(str(source))
        if isinstance(spec, Csv):
            return _preview_csv(spec, suggest=spec is not source)
        return _preview_npz(spec) if isinstance(spec, Npz) else _preview_idx(spec)
    except DataError as error:
        return Preview(spec, problems=(error,))


def _spec_for(text: str) -> Csv | Npz | Idx:
    path = existing_file(text, "data.path")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise cannot_be_read(text, error, "data.path") from None
    if start.startswith(b"PK"):
        return Npz(path=text)
    if start.startswith((b"\x1f\x8b", b"\0\0")):
        return Idx(images=text)
    return Csv(path=text)


def _preview_csv(spec: Csv, *, suggest: bool) -> Preview:
    path = existing_file(spec.path, "data.path")
    layout = find_layout(path, spec)
    seen = _look_at_rows(path, layout)
    rows = _shortened(seen.first)
    if seen.problem is not None:
        return Preview(spec, layout.names, rows, seen.count, False, problems=(seen.problem,))
    target = _usual_target(layout.names)
    if suggest:
        spec = spec.model_copy(update={"target": target})
    task, problems = "", ()
    try:
        raw = csv_table.read_csv(spec, _LOOK)
        task = "classes" if raw.class_names else "regression"
    except DataError as error:
        problems = (error,)
    exact = seen.bytes >= seen.size
    total = seen.count if exact else round(seen.count * seen.size / max(1, seen.bytes))
    return Preview(spec, layout.names, rows, total, exact, target, task, problems)


@dataclass(slots=True)
class _Rows:
    """What the beginning of a table holds: its first rows, and how far was looked."""

    first: list[list[str]] = field(default_factory=list)
    count: int = 0
    bytes: int = 0
    size: int = 0
    problem: DataError | None = None


def _look_at_rows(path: Path, layout: Layout) -> _Rows:
    seen = _Rows()
    try:
        with path.open("rb") as file:
            seen.size = file.seek(0, SEEK_END)
            file.seek(0)
            rows = table_rows(text_lines(file, path.name, _LOOK), layout.separator, path.name)
            for _ in islice(rows, int(layout.header)):
                pass
            for _, row in rows:
                seen.count += 1
                if len(seen.first) < _ROWS:
                    seen.first.append(row)
            seen.bytes = file.tell()
    except OSError as error:  # it was there a moment ago
        raise cannot_be_read(str(path), error, "data.path") from None
    except DataError as error:
        seen.problem = error
    return seen


def _usual_target(names: tuple[str, ...]) -> str:
    """Return the first name that is usual for targets, else ``last``."""
    lower = [name.lower() for name in names]
    found = next((lower.index(usual) for usual in _USUAL_TARGETS if lower.count(usual) == 1), None)
    return "last" if found is None else names[found]


def _preview_npz(spec: Npz) -> Preview:
    path = existing_file(spec.path, "data.path")
    rows: list[tuple[str, ...]] = []
    problems: list[DataError] = []
    n_rows, target, task = 0, "", ""
    with Archive(path, "data.path") as archive:
        names = archive.names()
        for name in names[:_ROWS]:
            try:
                head = archive.header(name)
                rows.append((name, " × ".join(map(str, head.shape)), str(head.dtype)))
            except DataError as error:
                rows.append((name, "", ""))
                problems.append(error)
        try:
            x_name = array_files.array_name(spec.x, names, array_files.INPUT_NAMES, "data.x")
            n_rows = archive.header(x_name).shape[0]
            target = array_files.array_name(spec.y, names, array_files.TARGET_NAMES, "data.y")
            if archive.header(target).nbytes <= _LOOK:
                y = archive.read(target)
                classes = targets.targets(y, spec.task, target, "data.y")[1]
                task = "classes" if classes else "regression"
        except DataError as error:
            problems.append(error)
    different = {str(problem): problem for problem in problems}
    columns = ("array", "shape", "type")
    found = tuple(different.values())
    return Preview(spec, columns, _shortened(rows), n_rows, True, target, task, found)


def _preview_idx(spec: Idx) -> Preview:
    rows: list[tuple[str, ...]] = []
    problems: list[DataError] = []
    lengths: dict[str, int] = {}
    for name, text in (("images", spec.images), ("labels", spec.labels)):
        if name == "labels" and not text:
            continue
        field_name = f"data.{name}"
        try:
            header = read_idx_header(existing_file(text, field_name), field_name)
        except DataError as error:
            problems.append(error)
            continue
        lengths[name] = header.shape[0]
        shape = " × ".join(map(str, header.shape))
        rows.append((Path(text).name, shape, header.dtype.name))
    if len(set(lengths.values())) > 1:
        problems.append(
            DataError(
                f"There are {lengths['images']:,} images and {lengths['labels']:,} labels.",
                hint="Choose two files that belong together.",
                field="data.labels",
            )
        )
    columns = ("file", "shape", "type")
    n_rows = lengths.get("images", 0)
    target = "labels" if "labels" in lengths else ""
    found = tuple(problems)
    return Preview(spec, columns, _shortened(rows), n_rows, True, target, "classes", found)


def _shortened(rows: list[list[str]] | list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(
            cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…" for cell in row
        )
        for row in rows
    )
