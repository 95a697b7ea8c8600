"""The theme that is on, for what panels paint themselves."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QPalette

from app.theme import Theme, load_theme


def current_theme() -> Theme:
    """Return the theme that the application is dressed in."""
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return load_theme("dark" if ground.lightness() < 128 else "light")
