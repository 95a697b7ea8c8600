"""Icons: one-colour drawings from ``resources/icons``, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from app.theme.tokens import Theme

_RATIOS = (1.0, 1.5, 2.0, 3.0)


def icon(name: str, theme: Theme, token: str = "text") -> QIcon:
    """Return an icon in a colour of the theme, sharp at every usual pixel ratio.

    Parameters
    ----------
    name : str
        File in ``resources/icons`` without its ending, for example ``play``.
    theme : Theme
    token : str, optional
        Colour of the enabled icon; disabled ones are drawn in ``dim``.
    """
    result = QIcon()
    source = resources.path("icons", f"{name}.svg").read_text(encoding="utf-8")
    states = ((QIcon.Mode.Normal, token), (QIcon.Mode.Disabled, "dim"))
    for size in (16, 20):
        for ratio in _RATIOS:
            for mode, color in states:
                result.addPixmap(_pixmap(source, theme.color(color), size, ratio), mode)
    return result


def _pixmap(source: str, color: QColor, size: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(source.replace("currentColor", color.name()).encode()))
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
