"""Keys drawn as small caps: Ctrl, Shift, Z."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.form.look import current_theme
from app.theme import Theme

HEIGHT = 20  # this and all below: pixels in print of the usual size
GAP = 3  # between the caps of one press
OR = 10  # between two ways
_PAD = 6

_SIGNS = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "Return": "Enter"}
_MAC_SIGNS = {"Ctrl": "⌘", "Alt": "⌥", "Shift": "⇧", "Meta": "⌃"}


def caps_of(keys: str) -> list[str]:
    """Return the caps of keys that are pressed together, given as Qt writes them portably."""
    signs = _SIGNS | _MAC_SIGNS if sys.platform == "darwin" else _SIGNS
    parts = keys.split("+")
    if keys.endswith("+"):  # the plus itself
        parts = [*(part for part in parts if part), "+"]
    return [signs.get(part, part) for part in parts if part]


def width_of(ways: Sequence[str], theme: Theme) -> float:
    """Return the width of keys as :func:`paint_keys` paints them, in pixels."""
    gap, between = theme.px(GAP), theme.px(OR)
    widths = [sum(_widths(caps_of(keys), theme)) + gap * (len(caps_of(keys)) - 1) for keys in ways]
    return sum(widths) + between * (len(widths) - 1) if widths else 0.0


def paint_keys(painter: QPainter, area: QRectF, ways: Sequence[str], theme: Theme) -> None:
    """Paint caps at the right end of an area, halfway up; several ways stand side by side."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.plot_font())
    x = area.right() - width_of(ways, theme)
    # Half pixels, so that the outline is as sharp as a border of the style sheet.
    height = theme.px(HEIGHT)
    y = round(area.center().y() - height / 2) + 0.5
    for keys in ways:
        caps = caps_of(keys)
        for cap, width in zip(caps, _widths(caps, theme), strict=True):
            box = QRectF(round(x) + 0.5, y, width - 1, height - 1)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("panel"))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(theme.color("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
            x += width + theme.px(GAP)
        x += theme.px(OR) - theme.px(GAP)
    painter.restore()


def _widths(caps: Sequence[str], theme: Theme) -> list[float]:
    metrics = QFontMetricsF(theme.plot_font())
    least, pad = theme.px(HEIGHT), theme.px(_PAD)
    return [max(least, round(metrics.horizontalAdvance(cap)) + 2 * pad) for cap in caps]


def theme_in_print() -> Theme:
    """Return the theme that is on, as large as the application writes now."""
    theme = current_theme()
    size = QApplication.font().pixelSize()
    return theme if size in (-1, theme.font) else theme.scaled(size / theme.font)


class KeyCaps(QWidget):
    """Keys in a line; where there are several ways to do a thing, side by side."""

    def __init__(self, ways: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways = tuple(ways)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(" or ".join(self._ways))

    def sizeHint(self) -> QSize:
        theme = theme_in_print()
        return QSize(round(width_of(self._ways, theme)) + 1, theme.px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_keys(painter, QRectF(self.rect()), self._ways, theme_in_print())
        painter.end()
