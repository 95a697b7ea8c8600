"""The numbers behind a picture, at full resolution, for export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.record import RunSource

ROWS = 4096
"""Rows of a block: a run of a million steps is never held twice."""

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers with names; made when they are written, not when they are asked for.

    Attributes
    ----------
    name : str
        For the file: lower case, no blanks.
    header : tuple of str
        A name for each column, with the unit where there is one.
    rows : callable
        Returns an iterator over rows, each as long as ``header``. It may run in any thread.
    """

    name: str
    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def layers_table(source: RunSource, quantities: Sequence[str], name: str) -> Table:
    """Return every recorded step of layer quantities: ``step, layer``, then a column a quantity.

    What is not measured is NaN with a payload (:mod:`core.measure.missing`): the writer tells.
    """

    def rows() -> Iterator[Row]:
        total = source.steps
        columns = [source.layer_columns[one] for one in quantities]
        first = max((one.first_kept for one in columns), default=0)
        for start in range(first, total, ROWS):
            stop = min(start + ROWS, total)
            block = np.stack([one.read(start, stop) for one in columns], axis=-1)
            for step, layers in enumerate(block, start):
                for layer, values in enumerate(layers, 1):
                    yield (step, layer, *values)

    return Table(name, ("step", "layer", *quantities), rows)


def scalars_table(source: RunSource, quantities: Sequence[str], name: str) -> Table:
    """Return every recorded step of quantities of the whole network."""

    def rows() -> Iterator[Row]:
        total = source.steps
        columns = [source.scalars[one] for one in quantities]
        first = max((one.first_kept for one in columns), default=0)
        for start in range(first, total, ROWS):
            stop = min(start + ROWS, total)
            block = np.stack([one.read(start, stop) for one in columns], axis=-1)
            for step, values in enumerate(block, start):
                yield (step, *values)

    return Table(name, ("step", *quantities), rows)
