"""How a theme reaches the widgets: Fusion, a palette for colours, a style sheet for shapes."""

from __future__ import annotations

import re
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

import resources
from app.theme.tokens import FAMILY, Theme

_loaded: list[int] = []
_LIMIT = re.compile(r"((?:min|max)-(?:width|height): )(\d+)px")


def load_fonts() -> bool:
    """Make the bundled font known to Qt, once; return whether it is there."""
    folder = resources.path("fonts")
    if not _loaded and folder.is_dir():
        for file in sorted((*folder.glob("*.otf"), *folder.glob("*.ttf"))):
            number = QFontDatabase.addApplicationFont(str(file))
            if number >= 0:
                _loaded.append(number)
    return bool(_loaded)


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Dress the whole application."""
    load_fonts()
    app.setStyle("Fusion")
    font = QFont(FAMILY)
    font.setPixelSize(theme.font)
    font.setFeature(QFont.Tag("tnum"), 1)  # figures of equal width: numbers that do not dance
    app.setFont(font)
    palette = palette_of(theme)
    app.setPalette(palette)
    QToolTip.setPalette(palette)
    app.setStyleSheet(style_sheet(theme))


def palette_of(theme: Theme) -> QPalette:
    """Return the palette of a theme."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    colors = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.raised,
        role.AlternateBase: theme.panel,
        role.Text: theme.text,
        role.PlaceholderText: theme.dim,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.line,
        role.Midlight: theme.line,
        role.Mid: theme.line,
        role.Dark: theme.window,
        role.Shadow: theme.window,
    }
    for name, color in colors.items():
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(group.Disabled, name, QColor(theme.dim))
    palette.setColor(group.Disabled, role.Highlight, QColor(theme.line))
    return palette


def style_sheet(theme: Theme) -> str:
    """Return the style sheet: shapes, spacing and the few colours that borders need."""
    icons = resources.path("icons").as_posix()
    hover = QColor(theme.line).lighter(115) if theme.is_dark else QColor(theme.line).darker(104)
    values = {key: str(value) for key, value in vars(theme).items()}
    sheet = Template(_SHEET).substitute(values, icons=icons, hover=hover.name())
    # Whatever holds print grows with it.
    return _LIMIT.sub(lambda found: f"{found[1]}{theme.px(int(found[2]))}px", sheet)


_SHEET = """
QToolTip { border: 1px solid $line; padding: 4px 8px; color: $text; background: $raised; }

QPushButton, QToolButton {
    border: 1px solid $line; border-radius: ${radius}px; background: $raised;
    padding: 4px 12px; min-height: 18px;
}
QToolButton { padding: 4px 6px; }
QPushButton:hover, QToolButton:hover { background: $line; }
QPushButton:pressed, QToolButton:pressed { background: $hover; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:checked, QToolButton:checked,
QPushButton[primary="true"], QToolButton[primary="true"] {
    background: $accent; border-color: $accent; color: $on_accent; font-weight: 600;
}
QPushButton[primary="true"]:focus, QToolButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled, QToolButton[primary="true"]:disabled,
QPushButton:disabled, QToolButton:disabled {
    background: $panel; border-color: $line; color: $dim;
}
QToolButton[flat="true"], QPushButton[flat="true"] {
    background: transparent; border-color: transparent;
}
QToolButton[flat="true"]:hover, QPushButton[flat="true"]:hover { background: $raised; }
QToolButton[flat="true"]:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }

QToolButton[segment] {
    border-radius: 0px; padding: 2px 8px; min-height: 14px; font-size: ${small}px;
    border-left-width: 0px; color: $muted; background: $panel;
}
QToolButton[segment]:hover { background: $raised; }
QToolButton[segment="only"], QToolButton[segment="first"] {
    border-left-width: 1px; border-top-left-radius: 5px; border-bottom-left-radius: 5px;
}
QToolButton[segment="only"], QToolButton[segment="last"] {
    border-top-right-radius: 5px; border-bottom-right-radius: 5px;
}
QToolButton[segment="drop"] {
    border-left-width: 1px; border-radius: 5px; padding-right: 20px; color: $text;
    background: $raised;
}
QToolButton[segment]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QToolButton[segment]:focus { color: $text; border-color: $line; }
QToolButton[segment]:checked:focus { color: $on_accent; border-color: $text; }
QToolButton[small="true"] {
    padding: 0px; min-height: 20px; max-height: 20px; min-width: 20px; max-width: 20px;
    font-size: ${small}px; color: $muted;
}

QLineEdit, QSpinBox, QDoubleSpinBox, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    border: 1px solid $line; border-radius: ${radius}px; background: $raised;
    padding: 3px 8px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $hover; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on,
QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $dim; background: $panel;
}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] {
    border-color: $bad;
}
QAbstractSpinBox[small="true"], QComboBox[small="true"] {
    padding: 0px 4px; min-height: 18px; max-height: 18px; font-size: ${small}px;
}
QAbstractSpinBox { padding-right: 20px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; background: transparent; width: 18px; subcontrol-origin: border;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0px 0px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0px 2px 2px 0px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {
    background: $line; border-radius: 3px;
}
QAbstractSpinBox::up-arrow { image: url($icons/chevron-up.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icons/chevron-down.svg); width: 10px; height: 10px; }
QComboBox { padding-right: 24px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url($icons/chevron-down.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    border: 1px solid $line; background: $raised; padding: 4px; outline: none;
    selection-background-color: $accent; selection-color: $on_accent;
}

QCheckBox { spacing: 8px; min-height: 22px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $dim; border-radius: 4px; background: $raised;
}
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/check-mark.svg);
}
QRadioButton::indicator:checked {
    width: 8px; height: 8px; border: 4px solid $accent; background: $on_accent;
}
QCheckBox:focus, QRadioButton:focus { color: $accent; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { background: $line; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -4px 0px; border-radius: 6px; background: $accent;
}
QSlider::handle:horizontal:disabled { background: $dim; }
QProgressBar {
    border: none; border-radius: 3px; background: $line; max-height: 6px; min-height: 6px;
}
QProgressBar::chunk { border-radius: 3px; background: $accent; }

QGroupBox {
    border: none; margin-top: 12px; padding: 16px 0px 4px 0px;
    font-size: ${small}px; font-weight: 600;
}
QGroupBox::title { subcontrol-origin: margin; left: 0px; top: 4px; color: $muted; }
QLabel[role="section"] { color: $muted; font-size: ${small}px; font-weight: 600; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="headline"] { font-size: 22px; font-weight: 600; }
QLabel[role="value"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="dim"] { color: $dim; font-size: ${small}px; }
QLabel[role="error"] { color: $bad; font-size: ${small}px; }

QScrollBar:vertical { width: 10px; background: transparent; border: none; margin: 0px; }
QScrollBar:horizontal { height: 10px; background: transparent; border: none; margin: 0px; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { border: none; background: transparent; }

QMainWindow, QMainWindow > QWidget#central { background: $window; }
QMainWindow::separator { background: $window; width: 6px; height: 6px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }
QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; color: $muted; }
QDockWidget::title { background: $panel; padding: 6px 10px; border-bottom: 1px solid $line; }
QTabBar::tab {
    background: transparent; border: none; padding: 6px 8px; color: $muted;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QToolBar { border: none; border-bottom: 1px solid $line; spacing: 8px; padding: 8px 12px; }
QFrame#hairline { background: $line; border: none; }
QFrame#banner { background: $raised; border: 1px solid $line; border-radius: ${radius}px; }
QFrame#banner[level="info"] { border-left: 4px solid $accent; }
QFrame#banner[level="warn"] { border-left: 4px solid $warn; }
QFrame#banner[level="bad"] { border-left: 4px solid $bad; }
QFrame#side { background: $panel; }
QWidget#middle, QStackedWidget, QWidget#start { background: $window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QStatusBar { background: $panel; border-top: 1px solid $line; color: $muted; }
QStatusBar::item { border: none; }
QMenuBar { background: $panel; border-bottom: 1px solid $line; }
QMenuBar::item { padding: 4px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $dim; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QListView, QTreeView, QTableView { border: none; outline: none; background: transparent; }
QListView::item, QTreeView::item { padding: 4px 8px; border-radius: 4px; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $line; color: $text;
}
QTableView#preview::item { padding: 0px 5px; }
QTableView#preview QHeaderView::section:vertical { border: none; color: $dim; }
QTableView QTableCornerButton::section { background: $panel; border: none; }
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: 4px 8px; font-size: ${small}px;
}

QToolButton#live[live="true"] {
    background: $good; border-color: $good; color: $on_accent; font-weight: 600;
}
QFrame#palette, QFrame#help { background: $raised; border: 1px solid $dim; }
QFrame#palette QLineEdit {
    border: none; background: transparent; padding: 10px 14px; font-size: ${title}px;
}
QFrame#palette QListView { padding: 4px; }
QToolButton#search_field { padding: 0px; }
"""
