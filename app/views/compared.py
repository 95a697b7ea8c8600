"""How a run that was pinned for comparison looks in the pictures of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

from app.theme.tokens import OKABE_ITO

if TYPE_CHECKING:
    from core.record import RunSource


def reference_color(alpha: float = 1.0) -> QColor:
    """Return the colour of its lines: the run colour that no line of our own comes near."""
    color = QColor(OKABE_ITO[3])
    color.setAlphaF(alpha)
    return color


def other_than(source: RunSource, reference: RunSource | None) -> RunSource | None:
    """Return the reference if there is anything to compare with: not itself, and not empty."""
    if reference is None or reference is source or not reference.steps:
        return None
    return reference


def reference_name(reference: RunSource) -> str:
    """Return how words name it."""
    return f"reference {reference.run_id}"


__all__ = ["other_than", "reference_color", "reference_name"]
