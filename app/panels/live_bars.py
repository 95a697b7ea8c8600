"""The live bars in the table of layers: how long they are and how they look."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.theme import Theme

BAR = 4
"""Height in pixels."""
_DECADES = 12.0  # what the delta bar spans: float32 resolves some seven below one layer's largest
_PIXELS = 96  # of a bar at 200 %


def log_share(value: float | None, largest: float) -> float:
    """Return the length of a delta bar: 1 for the largest, 0 for twelve decades below it.

    Examples
    --------
    >>> log_share(1e-6, 1.0), log_share(0.0, 1.0), log_share(2.0, 2.0)
    (0.5, 0.0, 1.0)
    """
    if value is None or not math.isfinite(value) or value <= 0 or largest <= 0:
        return 0.0
    return min(max(1 + math.log10(value / largest) / _DECADES, 0.0), 1.0)


def pixels(value: float | None, share: float | None) -> object:
    """Return what tells two bars apart that do not look the same."""
    if value is None or share is None or not math.isfinite(value) or value == 0:
        return str(value)
    return round(share * _PIXELS)


def measured(value: float | None) -> str:
    """Return a measured number for a tip."""
    return "not measured" if value is None else f"{value:.3g}"


def is_finite(value: float | None) -> bool:
    """Tell whether there is a number, and a finite one."""
    return value is not None and math.isfinite(value)


def paint_bar(
    painter: QPainter, track: QRectF, value: float | None, share: float, color: QColor, theme: Theme
) -> None:
    """Paint a bar; not measured, zero, NaN and infinite each look different."""
    if value is None:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    if not math.isfinite(value):
        painter.setBrush(theme.color("nan" if math.isnan(value) else "inf"))
        if math.isnan(value):  # dashes
            for step in range(0, int(track.width()), 6):
                wide = min(3.0, track.width() - step)
                painter.drawRect(QRectF(track.left() + step, track.top(), wide, track.height()))
        else:
            painter.drawRect(track)
        return
    painter.setBrush(theme.color("line"))
    painter.drawRoundedRect(track, BAR / 2, BAR / 2)
    if value == 0:
        return
    painter.setBrush(color)
    filled = QRectF(track)
    filled.setWidth(max(track.width() * share, BAR))  # a small number is not a zero
    painter.drawRoundedRect(filled, BAR / 2, BAR / 2)
