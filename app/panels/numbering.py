"""Which rows of the table are which layers: the one place where the two ways of counting meet.

The table has a row for every layer, from 0, and the output last. The rest of the laboratory
counts the layers with weights, from 1 at the input, because only they have gradients; pooling and
flattening have no number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.panels.layer_text import kind_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.experiment.layers import LayerSpec
    from core.experiment.network import NetworkSpec

_SIZES = ("units", "channels", "kernel", "stride", "padding", "size")


class Numbering:
    """The rows and numbers of a network.

    Attributes
    ----------
    output : int
        The output layer's row, which is the last.
    rows : tuple of int
        ``rows[i]`` is the row of layer ``i + 1``.
    """

    def __init__(self, network: NetworkSpec) -> None:
        self._layers = network.expanded()
        self.output = len(self._layers)
        self.rows = (*(row for row, _ in network.weighted()), self.output)
        self._numbers = {row: number for number, row in enumerate(self.rows, 1)}
        self._compared: tuple[NetworkSpec, bool] = (network, True)  # asked for ten times a second

    def number(self, row: int) -> int | None:
        """Return the number of the layer in a row, or None if it has no weights."""
        return self._numbers.get(row)

    def row(self, number: int) -> int | None:
        """Return the row of a numbered layer, or None if there is none."""
        return self.rows[number - 1] if 1 <= number <= len(self.rows) else None

    def numbers(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of the layers in these rows, as far as they have one."""
        return tuple(self._numbers[row] for row in rows if row in self._numbers)

    def fits(self, network: NetworkSpec) -> bool:
        """Tell whether a network has layers of the same kinds and sizes in the same rows."""
        if self._compared[0] is not network:
            self._compared = (network, _sizes(self._layers) == _sizes(network.expanded()))
        return self._compared[1]

    def text(self, rows: Sequence[int]) -> str:
        """Return rows in words: ``layer 7``, ``layers 3–5``, ``max pool``, ``output layer``."""
        if len(rows) == self.output + 1 > 1:
            return "all layers"
        if list(rows) == [self.output]:
            return "output layer"
        if len(rows) == self.output > 1 and self.output not in rows:
            return f"all {len(rows)} hidden layers"
        numbers = self.numbers(rows)
        if len(rows) == 1:
            return f"layer {numbers[0]}" if numbers else kind_text(self._layers[rows[0]])
        together = len(numbers) == len(rows) and self.output not in rows
        if together and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
            return f"layers {numbers[0]}–{numbers[-1]}"
        return f"{len(rows)} layers"


def _sizes(layers: Sequence[LayerSpec]) -> list[tuple[object, ...]]:
    return [(one.kind, *(getattr(one, name, None) for name in _SIZES)) for one in layers]
