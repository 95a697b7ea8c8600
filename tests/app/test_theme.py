"""The tokens, and that they reach the widgets."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

import resources
from app.theme import apply_theme, icon, load_theme, viridis


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(color: QColor) -> float:
        parts = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
            for c in (color.redF(), color.greenF(), color.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_token_is_a_colour(name: str) -> None:
    theme = load_theme(name)
    assert theme.name == name
    for field in dataclasses.fields(theme):
        value = getattr(theme, field.name)
        if isinstance(value, str) and field.name != "name":
            assert QColor(value).isValid(), field.name
    assert theme.is_dark is (name == "dark")


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("token", ["text", "muted", "dim", "accent", "good", "warn", "bad"])
def test_print_can_be_read(name: str, token: str) -> None:
    theme = load_theme(name)
    for ground in ("panel", "raised", "plot"):
        assert contrast(theme.color(token), theme.color(ground)) >= 4.5
    assert contrast(theme.color("on_accent"), theme.color("accent")) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_layers_can_be_told_from_the_ground(name: str) -> None:
    theme = load_theme(name)
    for number in range(1, 21):
        assert contrast(theme.layer_color(number, 20), theme.color("plot")) > 1.5
    assert theme.layer_color(1, 20) != theme.layer_color(2, 20)
    assert theme.layer_color(1, 1).isValid()


def test_viridis_runs_from_dark_to_bright() -> None:
    table = viridis()
    assert table.shape == (256, 4)
    assert tuple(table[0][:3]) == (68, 1, 84)
    assert tuple(table[-1][:3]) == (253, 231, 37)
    assert (table[:, 3] == 255).all()


def test_a_theme_reaches_palette_and_font(qapp: QApplication) -> None:
    before = qapp.styleSheet(), qapp.palette(), qapp.font()
    try:
        for name in ("light", "dark"):
            theme = load_theme(name)
            apply_theme(qapp, theme)
            assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(theme.panel)
            assert theme.accent in qapp.styleSheet()
            assert "$" not in qapp.styleSheet()
            assert qapp.font().pixelSize() == theme.font
        assert QFontInfo(qapp.font()).family() == "Inter"
    finally:
        qapp.setStyleSheet(before[0])
        qapp.setPalette(before[1])
        qapp.setFont(before[2])


def test_icons_take_the_colour_of_the_theme(qapp: QApplication) -> None:
    theme = load_theme("dark")
    for file in resources.path("icons").glob("*.svg"):
        assert not icon(file.stem, theme).isNull(), file.name
    image = icon("stop", theme, "accent").pixmap(QSize(16, 16)).toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2) == QColor(theme.accent)


def test_the_window_can_be_painted_before_torch_is_imported() -> None:
    code = "import sys, app.theme, app.plots, app.views, app.clock;sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=resources.path().parent).returncode == 0
