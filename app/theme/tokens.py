"""The tokens of a theme, read from ``resources/themes``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont

import resources

FAMILY = "Inter"

OKABE_ITO = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#f0e442",
)
"""Colours that people with colour-blindness can tell apart (Okabe & Ito 2008), for runs."""

# Nine supports of matplotlib's viridis (CC0), joined linearly: at most 2 % off in any channel.
_VIRIDIS = (
    (68, 1, 84),
    (71, 44, 122),
    (59, 81, 139),
    (44, 113, 142),
    (33, 144, 141),
    (39, 173, 129),
    (92, 200, 99),
    (170, 220, 50),
    (253, 231, 37),
)


@cache
def viridis(count: int = 256) -> NDArray[np.uint8]:
    """Return ``count`` colours from dark to bright as rows of red, green, blue, alpha."""
    at = np.linspace(0, len(_VIRIDIS) - 1, count)
    supports = np.arange(len(_VIRIDIS))
    table = np.full((count, 4), 255, np.uint8)
    for channel in range(3):
        values = [color[channel] for color in _VIRIDIS]
        table[:, channel] = np.rint(np.interp(at, supports, values))
    table.flags.writeable = False
    return table


@dataclass(frozen=True)
class Theme:
    """Every colour and size that the window and its pictures use.

    Attributes
    ----------
    window, panel, raised, line : str
        Surfaces from back to front, and the one-pixel line between them.
    plot, grid : str
        Ground and grid of a picture.
    text, muted, dim : str
        Three strengths of print.
    accent, on_accent, good, warn, bad : str
        The one accent with what is printed on it, and three judgements.
    zero, nan, inf : str
        What a heatmap shows instead of a number.
    font, small, title, grid_size, radius : int
        Pixels.
    scale : float
        How much larger than usual print is; see :meth:`scaled`.
    """

    name: str
    window: str
    panel: str
    raised: str
    line: str
    plot: str
    grid: str
    text: str
    muted: str
    dim: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str
    zero: str
    nan: str
    inf: str
    font: int = 13
    small: int = 11
    title: int = 15
    grid_size: int = 4
    radius: int = 6
    scale: float = 1.0

    @cached_property
    def is_dark(self) -> bool:
        """Whether print is brighter than the ground."""
        return QColor(self.text).lightness() > QColor(self.panel).lightness()

    @property
    def run_colors(self) -> tuple[str, ...]:
        """Colours of runs that are compared, the theme's accent first."""
        rest = tuple(c for c in OKABE_ITO if c != self.accent)
        return (self.accent, *rest)

    def scaled(self, scale: float) -> Theme:
        """Return the theme with print larger by a factor, as in front of an audience."""
        sizes = {name: round(getattr(self, name) * scale) for name in ("font", "small", "title")}
        return replace(self, **sizes, scale=self.scale * scale)

    def px(self, size: float) -> int:
        """Return a size that has to grow with print, in whole pixels."""
        return round(size * self.scale)

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """Return a colour by the name of its token, made transparent by ``alpha`` in 0..1."""
        color = QColor(getattr(self, token))
        color.setAlphaF(alpha)
        return color

    def layer_color(self, number: int, count: int) -> QColor:
        """Return the colour of layer ``number`` of ``count``: its depth on viridis.

        The end of the scale that would vanish on the theme's ground is left out: the violet
        on dark, the yellow on light.
        """
        low, high = (0.14, 1.0) if self.is_dark else (0.0, 0.86)
        share = (number - 1) / (count - 1) if count > 1 else 0.5
        row = viridis()[round(255 * (low + (high - low) * min(max(share, 0.0), 1.0)))]
        return QColor(int(row[0]), int(row[1]), int(row[2]))

    def plot_font(self, size: int | None = None, *, bold: bool = False) -> QFont:
        """Return the font for print in pictures, with figures of equal width."""
        font = QFont(FAMILY)
        font.setPixelSize(self.small if size is None else size)
        font.setFeature(QFont.Tag("tnum"), 1)
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font


@cache
def load_theme(name: Literal["dark", "light"] | str) -> Theme:
    """Read a theme from ``resources/themes``."""
    with resources.path("themes", f"{name}.toml").open("rb") as file:
        tokens = tomllib.load(file)
    sizes = dict(tokens["sizes"])
    sizes["grid_size"] = sizes.pop("grid")
    return Theme(name=tokens["name"], **tokens["colors"], **sizes)
