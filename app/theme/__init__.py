"""Colours, type and icons: one set of tokens for widgets and for pictures."""

from app.theme.icons import icon
from app.theme.style import apply_theme, load_fonts
from app.theme.tokens import Theme, load_theme, viridis

__all__ = ["Theme", "apply_theme", "icon", "load_fonts", "load_theme", "viridis"]
