"""What the commands of the window do: each action and the slot that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.form import commit_focused

if TYPE_CHECKING:
    from app.shell.laboratory import Laboratory


class Commands(QObject):
    """Connects the actions of the window; those of the window itself are connected there.

    Parameters
    ----------
    laboratory : Laboratory
        With all its parts.
    """

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory)
        self._laboratory = laboratory
        self._session, self._window = laboratory.session, laboratory.window
        self._connect()

    def _connect(self) -> None:
        one, session = self._laboratory, self._session
        actions = self._window.actions_by_key
        for key, slot in (
            ("run", self._on_run),
            ("step", self._on_step),
            ("reset", self._on_restart_paused),
            ("undo", session.undo_stack.undo),
            ("redo", session.undo_stack.redo),
            ("open", one.files.choose),
            ("save", self._on_save),
            ("save_as", self._on_save_as),
            ("export", one.writer.choose_folder),
            ("export_script", self._on_export_script),
            ("look", one.dialogs.choose_data),
            ("explore", one.dialogs.explore_selected),
            ("inspect_init", one.dialogs.inspect_initialiser),
            ("clip_geometry", one.dialogs.show_clipping),
            ("summary", one.dialogs.summarize),
            ("palette", one.palette.open),
            ("shortcuts", one.shortcuts.toggle),
            ("live", one.timeline.go_live),
            ("play", one.timeline.play_forward),
            ("play_back", one.timeline.play_backward),
            ("pin", session.pin),
            ("unpin", session.unpin),
            ("next_layer", self._on_next_layer),
            ("previous_layer", self._on_previous_layer),
        ):
            actions[key].triggered.connect(slot)
        session.undo_stack.canUndoChanged.connect(actions["undo"].setEnabled)
        session.undo_stack.canRedoChanged.connect(actions["redo"].setEnabled)
        for key in ("undo", "redo", "unpin"):
            actions[key].setEnabled(False)

    # Run -----------------------------------------------------------------------------------

    @Slot()
    def _on_run(self) -> None:
        self._window.show_views()
        self._session.toggle()
        self._window.transport.set_running(self._session.running)

    @Slot()
    def _on_step(self) -> None:
        self._window.show_views()
        self._session.step()

    @Slot()
    def _on_restart_paused(self) -> None:
        self._session.reset()

    # Layers --------------------------------------------------------------------------------

    @Slot()
    def _on_next_layer(self) -> None:
        self._session.select_layer(
            min(self._session.layer + 1, max(1, len(self._session.source.facts.layers)))
        )

    @Slot()
    def _on_previous_layer(self) -> None:
        self._session.select_layer(self._session.layer - 1)

    # Files ---------------------------------------------------------------------------------

    @Slot()
    def _on_save(self) -> None:
        commit_focused()
        self._laboratory.files.save()

    @Slot()
    def _on_save_as(self) -> None:
        commit_focused()
        self._laboratory.files.save_as()

    @Slot()
    def _on_export_script(self) -> None:
        commit_focused()
        self._laboratory.writer.choose_script()
