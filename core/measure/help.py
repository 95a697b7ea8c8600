"""The registry of quantities as text, for people who read it in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from core.errors import LabError, did_you_mean
from core.measure.quantities import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.quantities import Quantity

_WIDTH, _LABEL = 88, 10


def overview() -> str:
    """Return a table of all quantities, a line each."""
    rows = [("name", "symbol", "title", "one value per", "unit")]
    rows += [(q.name, q.symbol, q.title, q.per.value, q.unit) for q in QUANTITIES.values()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def explained(names: Sequence[str]) -> str:
    """Return all that is known of some quantities.

    Raises
    ------
    LabError
        If there is no such quantity.
    """
    for name in names:
        if name not in QUANTITIES:
            raise LabError(f"There is no quantity {name!r}.", hint=did_you_mean(name, QUANTITIES))
    return "\n\n".join(_explained(QUANTITIES[name]) for name in names)


def _explained(quantity: Quantity) -> str:
    lines = [f"{quantity.name}: {quantity.title}, {quantity.symbol}"]
    entries = {
        "per": quantity.per.value,
        "unit": quantity.unit,
        "formula": quantity.formula,
        "read it": quantity.reading,
        "misleads": quantity.misleads,
        "source": quantity.source,
    }
    for label, text in entries.items():
        if text:
            lines += textwrap.wrap(
                text,
                _WIDTH,
                initial_indent=f"  {label:<{_LABEL}}",
                subsequent_indent=" " * (_LABEL + 2),
            )
    return "\n".join(lines)
