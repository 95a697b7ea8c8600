"""Every command of the window, declared once: text, shortcut, tip, icon."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from app.theme import Theme, icon


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the window; ``shortcut`` is what the user presses."""

    key: str
    text: str
    shortcut: str
    tip: str
    icon: str = ""


COMMANDS = (
    Command("run", "Run", "Space", "Train, or pause.", "play"),
    Command("step", "Step", ".", "Make exactly one update, then pause.", "step"),
    Command("reset", "Reset", "Ctrl+R", "Begin anew: same seed, same weights.", "reset"),
    Command("start", "Experiments", "Ctrl+E", "Choose a ready experiment.", "grid"),
    Command("undo", "Undo", "Ctrl+Z", "Take the last edit back."),
    Command("redo", "Redo", "Ctrl+Shift+Z", "Make it again."),
    Command("open", "Open …", "Ctrl+O", "Open an experiment file (TOML)."),
    Command("save", "Save", "Ctrl+S", "Write the experiment into its file (TOML)."),
    Command("save_as", "Save as …", "Ctrl+Shift+S", "Write the experiment into another file."),
    Command("export", "Export run …", "Ctrl+Shift+E", "Write the recorded run as CSV files."),
    Command(
        "export_script",
        "Export as PyTorch …",
        "Ctrl+Shift+P",
        "Write the experiment as one Python script that repeats the run without the laboratory.",
    ),
    Command(
        "look",
        "Look into a data file …",
        "Ctrl+Shift+O",
        "See the first rows of a CSV, NPZ or IDX file, and learn from it.",
    ),
    Command(
        "explore",
        "Activation explorer …",
        "Ctrl+Shift+A",
        "See the activation of the selected layer, its derivative, and where it saturates.",
    ),
    Command(
        "summary",
        "Model summary …",
        "Ctrl+Shift+M",
        "See the output shape and the parameters of every layer, counted as Keras counts them.",
    ),
    Command("theme", "Light or dark", "Ctrl+T", "Switch between light and dark.", "theme"),
    Command("next_layer", "Next layer", "Ctrl+Up", "Select the layer above, nearer the output."),
    Command("previous_layer", "Previous layer", "Ctrl+Down", "Select the layer below."),
    Command("quit", "Quit", "Ctrl+Q", "End the laboratory."),
)


def make_actions(parent: QObject) -> dict[str, QAction]:
    """Return an action for every command, by key."""
    actions: dict[str, QAction] = {}
    for command in COMMANDS:
        action = QAction(command.text, parent)
        action.setObjectName(f"action_{command.key}")
        action.setShortcut(QKeySequence(command.shortcut))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{command.tip}  [{keys}]")
        actions[command.key] = action
    return actions


def paint_icons(actions: dict[str, QAction], theme: Theme) -> None:
    """Draw the actions' icons in the colours of a theme."""
    for command in COMMANDS:
        if command.icon:
            token = "on_accent" if command.key == "run" else "text"
            actions[command.key].setIcon(icon(command.icon, theme, token))
