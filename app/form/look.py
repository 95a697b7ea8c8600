"""The theme that is on, for what forms and panels paint themselves."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QGuiApplication, QIcon, QPalette

from app.theme import Theme, icon, load_theme


def current_theme() -> Theme:
    """Return the theme that the application is dressed in."""
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return load_theme("dark" if ground.lightness() < 128 else "light")


def current_icon(name: str, token: str = "text") -> QIcon:
    """Return an icon in a colour of the theme that is on, drawn once for all who ask."""
    return _drawn(name, current_theme().name, token)


@cache
def _drawn(name: str, theme: str, token: str) -> QIcon:
    return icon(name, load_theme(theme), token)
