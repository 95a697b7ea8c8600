"""What is done to a stack of layers: each returns the new stack, and the rows to select in it.

Rows are in order, and count from 0 at the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.layers import LayerSpec

    Stack = Sequence[LayerSpec]
    Result = tuple[list[LayerSpec], list[int]]


def inserted(layers: Stack, new: Stack, at: int) -> Result:
    """Put new layers before row ``at``."""
    return [*layers[:at], *new, *layers[at:]], list(range(at, at + len(new)))


def duplicated(layers: Stack, rows: Sequence[int]) -> Result:
    """Put copies of the layers in these rows after the last of them."""
    return inserted(layers, [layers[row] for row in rows], rows[-1] + 1)


def removed(layers: Stack, rows: Sequence[int]) -> Result:
    """Leave these rows out."""
    left = [layer for row, layer in enumerate(layers) if row not in set(rows)]
    return left, [min(rows[0], max(len(left) - 1, 0))]


def shifted(layers: Stack, rows: Sequence[int], by: int) -> Result:
    """Move rows by one place, -1 towards the input; at the end they wait for the others."""
    stack, moved = list(layers), list[int]()
    for row in rows if by < 0 else reversed(rows):
        target = row + by
        if not 0 <= target < len(stack) or target in moved:
            target = row
        else:
            stack[row], stack[target] = stack[target], stack[row]
        moved.append(target)
    return stack, sorted(moved)


def dropped(layers: Stack, rows: Sequence[int], gap: int) -> Result:
    """Move rows, together, to the gap before row ``gap`` (as counted before the move)."""
    taken = set(rows)
    left = [layer for row, layer in enumerate(layers) if row not in taken]
    at = gap - sum(row < gap for row in taken)
    return inserted(left, [layers[row] for row in rows], at)
