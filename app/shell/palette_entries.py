"""What the command palette offers in the laboratory: commands, layers, views, experiments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication

from app.shell.actions import COMMANDS
from app.shell.palette import Entry
from app.shell.palette_words import EXPORT_WORDS, WORDS
from app.shell.start_page import ready_experiments
from core import catalogue

if TYPE_CHECKING:
    from app.session import Session
    from app.shell.laboratory import Laboratory

_THEME_WORDS = {"light": ("bright", "day"), "dark": ("night", "black theme")}
_COMMANDS = {f"action_{command.key}": command for command in COMMANDS}


def entries_of(laboratory: Laboratory) -> list[Entry]:
    """Return everything that can be done now, commands first."""
    window, session = laboratory.window, laboratory.session
    return [
        *action_entries(window.actions()),
        *(
            Entry(f"Show view: {view.title}", "", "", partial(window.raise_view, view.key), "View")
            for view in laboratory.views
        ),
        *_export_entries(laboratory),
        *_layer_entries(session),
        *(
            Entry(
                f"Run experiment: {title}",
                text,
                "",
                partial(laboratory.run_ready, name),
                "Experiment",
            )
            for name, title, text in _experiments()
        ),
        *(
            Entry(
                f"{name.capitalize()} theme",
                "in force" if name == window.theme.name else "",
                "",
                partial(window.set_theme, name),
                "View",
                name != window.theme.name,
                words=(name, *_THEME_WORDS[name]),
            )
            for name in ("light", "dark")
        ),
    ]


def action_entries(actions: Iterable[QAction]) -> Iterator[Entry]:
    """Make entries of actions: text, tip and shortcut as they are now."""
    for action in actions:
        command = _COMMANDS.get(action.objectName())
        if action.isSeparator() or not action.text() or (command and command.key == "palette"):
            continue
        yield Entry(
            action.text().replace("&", ""),
            command.tip.rstrip(".") if command else action.toolTip(),
            action.shortcut().toString(QKeySequence.SequenceFormat.PortableText),
            action.trigger,
            command.group if command else "",
            action.isEnabled(),
            action.objectName(),
            WORDS.get(command.key, ()) if command else (),
        )


def _export_entries(laboratory: Laboratory) -> Iterator[Entry]:
    """Make an entry for each view that is seen: the one with the keys first."""
    focus = QApplication.focusWidget()
    seen = [view for view in laboratory.views if not view.visibleRegion().isEmpty()]
    seen.sort(key=lambda view: focus is None or not (view is focus or view.isAncestorOf(focus)))
    for view in seen:
        yield Entry(
            f"Export: {view.title} …",
            "PNG, SVG, PDF, or its numbers as CSV",
            "",
            partial(laboratory.view_export.export, view),
            "Export",
            view.source is not None and view.source.steps > 0,
            words=EXPORT_WORDS,
        )


def _layer_entries(session: Session) -> Iterator[Entry]:
    for number, layer in enumerate(session.source.facts.layers, 1):
        hint = "selected" if number == session.layer else ""
        run = partial(session.select_layer, number)
        yield Entry(f"Select layer {number} ({layer.name})", hint, "", run, "Layer")


@cache
def _experiments() -> tuple[tuple[str, str, str], ...]:
    return tuple(ready_experiments(catalogue.names()))
