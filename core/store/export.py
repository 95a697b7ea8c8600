"""A run as files that anything can read: TOML, CSV, JSON."""

from __future__ import annotations

import csv
import json
import math
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import __version__
from core.errors import LabError
from core.experiment import write_experiment
from core.measure.missing import blank, not_measured
from core.measure.quantities import EVALUATIONS, LAYER_QUANTITIES, SCALARS

if TYPE_CHECKING:
    from core.record.record import Record

_CHUNK = 1000
"""Rows converted at a time, so that long runs need no second copy in memory."""


def export_run(record: Record, folder: Path) -> list[Path]:
    """Write ``experiment.toml``, ``scalars.csv``, ``layers.csv`` and ``summary.json``.

    Raises
    ------
    LabError
        If the folder cannot be written.
    """
    prepare_folder(folder)
    steps = record.steps  # the run may go on: every file ends at the same step
    try:
        files = [folder / name for name in ("experiment.toml", "scalars.csv", "layers.csv")]
        write_experiment(record.experiment, files[0])
        _write_csv(files[1], ["step", *SCALARS, *EVALUATIONS], _scalar_rows(record, steps))
        _write_csv(
            files[2], ["step", "layer", "name", *LAYER_QUANTITIES], _layer_rows(record, steps)
        )
        files.append(folder / "summary.json")
        text = json.dumps(summary(record, steps), indent=2, allow_nan=False, ensure_ascii=False)
        files[3].write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"{str(folder)!r} cannot be written ({error.strerror or error}).",
            hint="Choose another folder with --out.",
        ) from None
    return files


def prepare_folder(folder: Path) -> list[Path]:
    """Make the folder, and make sure that files can be written into it.

    Returns
    -------
    list of Path
        The folders that were not there, innermost first: to be removed if nothing is written.

    Raises
    ------
    LabError
        If not.
    """
    probe = folder / ".~gradoscope"
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise LabError(
            f"{str(folder)!r} cannot be written ({error.strerror or error}).",
            hint="Choose another folder with --out.",
        ) from None
    return missing


def summary(record: Record, until: int | None = None) -> dict[str, Any]:
    """Return the essentials of a run's first steps; NaN and Inf are written as text."""
    n = record.steps if until is None else until
    seconds = record.seconds
    final: dict[str, Any] = {"step": n - 1} if n else {}
    for name in SCALARS:
        values = record.scalars[name].read(n - 1, n) if n else blank((1,))
        if not not_measured(values).any():
            final[name] = plain_number(float(values[0]))
    steps, *values = record.evaluations.arrays()
    for name, column in zip(EVALUATIONS, values, strict=True):
        if len(steps):
            final[name] = plain_number(float(column[-1]))
    if record.at_end is not None:  # the last evaluation may be of weights that were given up
        for name, value in zip(EVALUATIONS, record.at_end, strict=True):
            final[name] = plain_number(value)
    return {
        "experiment": record.experiment.name,
        "run": record.run_id,
        "seed": record.experiment.seed,
        "status": record.status.state.value,
        "message": record.status.message,
        "steps": n,
        "seconds": round(seconds, 3),
        "steps_per_s": round(n / seconds, 1) if seconds else 0.0,
        "measuring": {family: round(spent, 3) for family, spent in record.overhead.items()},
        "final": final,
        "events": [
            {"step": event.step, "kind": event.kind, "text": event.text} for event in record.events
        ],
        "device": record.facts.device,
        "parameters": record.facts.parameters,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"gradoscope": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "pydantic"):
        found[name] = metadata.version(name)
    return found


def plain_number(value: float) -> float | str:
    """Return a number that JSON can hold: itself if finite, else its name."""
    return value if math.isfinite(value) else str(value)


def _write_csv(path: Path, header: list[str], rows: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _scalar_rows(record: Record, n: int) -> Iterator[list[Any]]:
    steps, *values = record.evaluations.arrays()
    evaluated = {
        int(step): [_text(float(value)) for value in row]
        for step, row in zip(steps, zip(*values, strict=True), strict=True)
    }
    blank = [""] * len(EVALUATIONS)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        columns = [_cells(record.scalars[name].read(start, stop)) for name in SCALARS]
        for step, row in enumerate(zip(*columns, strict=True), start):
            yield [step, *map(_text, row), *evaluated.get(step, blank)]


def _layer_rows(record: Record, n: int) -> Iterator[list[Any]]:
    layers = record.facts.layers
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        columns = [
            _cells(record.layer_columns[name].read(start, stop)) for name in LAYER_QUANTITIES
        ]
        for place, step in enumerate(range(start, stop)):
            for index, layer in enumerate(layers):
                values = (_text(column[place][index]) for column in columns)
                yield [step, layer.number, layer.name, *values]


def _cells(values: NDArray[np.float32]) -> list[Any]:
    """Return values as nested lists, None where nobody measured."""
    gaps = not_measured(values)
    if not gaps.any():
        return values.tolist()
    cells = values.astype(object)
    cells[gaps] = None
    return cells.tolist()


def _text(value: float | None) -> str:
    """Nine digits bring a float32 back to the bit; what was not measured is an empty cell."""
    return "" if value is None else f"{value:.9g}"
