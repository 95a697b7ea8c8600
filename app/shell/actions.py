"""Every command of the window, declared once: text, shortcut, tip, icon."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from app.shell.workspaces import WORKSPACES
from app.theme import Theme, icon


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the window; ``shortcut`` is what the user presses, ``group`` comes by itself."""

    key: str
    text: str
    shortcut: str
    tip: str
    icon: str = ""
    group: str = ""


_BY_GROUP: dict[str, tuple[Command, ...]] = {
    "Run": (
        Command("run", "Run", "Space", "Train, or pause.", "play"),
        Command("step", "Step", ".", "Make exactly one update, then pause.", "step"),
        Command("reset", "Reset", "Ctrl+R", "Begin anew: same seed, same weights.", "reset"),
        Command("start", "Experiments", "Ctrl+E", "Choose a ready experiment.", "grid"),
    ),
    "Edit": (
        Command("undo", "Undo", "Ctrl+Z", "Take the last edit back."),
        Command("redo", "Redo", "Ctrl+Shift+Z", "Make it again."),
    ),
    "File": (
        Command("open", "Open …", "Ctrl+O", "Open an experiment file (TOML)."),
        Command("save", "Save", "Ctrl+S", "Write the experiment into its file (TOML)."),
        Command("save_as", "Save as …", "Ctrl+Shift+S", "Write the experiment into another file."),
        Command("export", "Export run …", "Ctrl+Shift+E", "Write the recorded run as CSV files."),
        Command(
            "export_script",
            "Export as PyTorch …",
            "Ctrl+Shift+P",
            "Write the experiment as one Python script that repeats the run by itself.",
        ),
        Command("quit", "Quit", "Ctrl+Q", "End the laboratory."),
    ),
    "View": (
        Command("next_layer", "Next layer", "Ctrl+Up", "Select the one nearer the output."),
        Command(
            "previous_layer", "Previous layer", "Ctrl+Down", "Select the one nearer the input."
        ),
        Command("theme", "Light or dark", "Ctrl+T", "Switch between light and dark.", "theme"),
    ),
    "Recording": (
        Command("live", "Back to live", "Ctrl+L", "Show the newest step again."),
        Command("play", "Play the recording", "Ctrl+Space", "Look at the run step by step."),
        Command("play_back", "Play it backward", "Ctrl+Shift+Space", "From the end to the start."),
        Command("pin", "Compare with this run", "Ctrl+P", "Keep it as a reference for later runs."),
        Command("unpin", "Stop comparing", "Ctrl+Shift+U", "Let the reference run go."),
    ),
    "Layout": (
        *(
            Command(
                f"workspace_{workspace.key}",
                f"{workspace.title} workspace",
                f"Ctrl+{number}",
                workspace.tip,
            )
            for number, workspace in enumerate(WORKSPACES, 1)
        ),
        Command("reset_layout", "Reset layout", "Ctrl+0", "Put the views where they belong."),
    ),
    "Presenting": (
        Command("present", "Present", "F11", "Fill the screen, in large print; Esc leaves."),
        Command("next_page", "Next page", "PgDown", "While presenting: show the next views."),
        Command("previous_page", "Previous page", "PgUp", "While presenting: the ones before."),
        Command("blank", "Black screen", "B", "While presenting: nothing, until pressed again."),
    ),
    "Tools": (
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
            "inspect_init",
            "Initialiser inspector …",
            "Ctrl+Shift+I",
            "Draw weights as the selected layer does, and see how far they carry a signal.",
        ),
        Command(
            "clip_geometry",
            "Clip geometry …",
            "Ctrl+Shift+G",
            "See how clipping shortens and turns a gradient, here and in this run.",
        ),
        Command(
            "summary",
            "Model summary …",
            "Ctrl+Shift+M",
            "See the output shape and the parameters of every layer, counted as Keras counts them.",
        ),
    ),
    "Help": (
        Command("palette", "Search commands …", "Ctrl+K", "Find anything by a few letters."),
        Command("shortcuts", "Keyboard shortcuts", "?", "See every key and click.", "help"),
    ),
}

COMMANDS = tuple(
    replace(command, group=group) for group, some in _BY_GROUP.items() for command in some
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
