"""Wires session, panels, views and window: who hears whom, in one place."""

from __future__ import annotations

import logging
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.application import LabApplication
from app.clock import RenderClock
from app.form import commit_focused
from app.panels import ExperimentPanel
from app.session import Session
from app.shell.commands import Commands
from app.shell.dialogs import Dialogs
from app.shell.files import ExperimentFiles
from app.shell.main_window import MainWindow
from app.shell.notices import Notices
from app.shell.palette import Palette
from app.shell.palette_entries import entries_of
from app.shell.readouts import Readouts
from app.shell.shortcut_sheet import ShortcutSheet
from app.shell.timeline import Timeline
from app.shell.view_export import ViewExport
from app.shell.writing import Writer
from app.theme import Theme
from app.views import VIEWS
from core import catalogue
from core.data.present import missing
from core.experiment import Experiment
from core.warmup import load_curves

if TYPE_CHECKING:
    from app.views import View
    from core.record.source import RunSource

log = logging.getLogger(__name__)


class Laboratory(QObject):
    """The laboratory in a window.

    Parameters
    ----------
    window : MainWindow
        Already shown.
    session : Session
        What is edited and trained; it may have been started.
    """

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self.window = window
        self.session = session
        session.setParent(self)
        self.files = ExperimentFiles(self.session, window.settings, window)
        self.writer = Writer(self.session, window)
        self.dialogs = Dialogs(self.session, window)
        self.palette = Palette(partial(entries_of, self), window)
        self.shortcuts = ShortcutSheet(window.actions_by_key, window)
        self.clock = RenderClock(self)
        self.panel = ExperimentPanel()
        self.timeline = Timeline()
        self.views: list[View] = [view() for view in VIEWS]
        self.view_export = ViewExport(self.views, self.clock, window)
        self.notices = Notices(self.session, self.panel, self.dialogs, window)
        self.notify = self.notices.notify
        self.commands = Commands(self)
        self.readouts = Readouts(self)
        self._build()
        self._connect()
        self._show_experiment()
        self._show_source()

    def _build(self) -> None:
        self.window.set_panel(self.panel)
        self.window.set_views(self.views)
        self.window.set_timeline(self.timeline)
        self.timeline.apply_theme(self.window.theme)
        for view in self.views:
            view.apply_theme(self.window.theme)
            self.clock.add(view)

    def _connect(self) -> None:
        session, panel, window = self.session, self.panel, self.window
        session.source_changed.connect(self._show_source)
        session.experiment_changed.connect(self._show_experiment)
        session.layer_changed.connect(self._show_layer)
        session.step_changed.connect(self._show_step)
        session.step_changed.connect(self.timeline.set_step)
        self.timeline.step_selected.connect(session.select_step)
        session.reference_changed.connect(self._show_reference)
        session.pending_changed.connect(panel.set_pending)
        session.ready.connect(self._on_ready)
        panel.edited.connect(self._on_edited)
        panel.reinit_requested.connect(session.reinitialise)
        panel.layer_selected.connect(session.select_layer)
        panel.restart_requested.connect(self._on_restart)
        panel.data.preview_requested.connect(self.dialogs.look_into_present)
        for offer in (panel.data.download_requested, panel.banner.download_requested):
            offer.connect(self.dialogs.download)
        panel.layer.explore_requested.connect(self.dialogs.explore)
        panel.layers.buttons.summary.clicked.connect(self.dialogs.summarize)
        for view in self.views:
            view.layer_selected.connect(session.select_layer)
            view.step_selected.connect(session.select_step)
        self.clock.ticked.connect(self.readouts.tick)
        window.theme_changed.connect(self._on_theme)
        window.workspace_chosen.connect(self._on_workspace_chosen)
        self.timeline.pin_pressed.connect(self._on_pin_pressed)
        window.start_page.chosen.connect(self.run_ready)
        window.transport.speed_changed.connect(session.set_speed)
        files = self.files
        for one in (files, self.writer, self.view_export, self.dialogs):
            one.noticed.connect(self.notify)
        files.data_dropped.connect(self.dialogs.look_into)
        files.opened.connect(window.show_views)
        files.saved.connect(self._on_saved)
        files.changed.connect(self._show_title)
        window.files_dropped.connect(files.open_dropped)
        window.file_menu.recent_chosen.connect(self.open_file)
        window.may_close = self.may_close

    # What others call ------------------------------------------------------------------------

    def start(self) -> None:
        """Let the session load PyTorch in the background, and the clock run."""
        self.session.start()
        # Curves are drawn here: only now, when all is built and this process has time.
        threading.Thread(target=load_curves, name="curves").start()
        self.clock.start()

    @Slot(str)
    def run_ready(self, name: str) -> None:
        """Run a ready experiment, once unsaved changes are dealt with."""
        commit_focused()
        self.files.open_ready(catalogue.load(name))

    @Slot(object)
    def open_file(self, file: Path) -> None:
        """Open an experiment file; what is wrong with it is said in the banner."""
        commit_focused()
        self.files.open(file)

    def may_close(self) -> bool:
        """Tell whether the window may close now; if not, it closes once that is settled."""
        commit_focused()
        if self.files.is_modified:
            self.files.leave(self.window.close_at_once)
        return not self.files.is_modified and not self.files.is_asking

    # Session ---------------------------------------------------------------------------------

    @Slot()
    def _show_source(self) -> None:
        source = self.session.source
        self.readouts.forget()
        self.window.banner.dismiss()
        self._compare_only_the_same()
        self.timeline.set_source(source)
        for view in self.views:
            view.set_source(source)
            view.set_layer(self.session.layer)
        self.notices.show_status()

    @Slot()
    def _show_experiment(self) -> None:
        self.panel.set_experiment(self.session.experiment)
        self.panel.set_problems(())  # they were about the experiment before
        self.panel.set_pending(self.session.pending)  # what it lacked may be there now
        if missing(self.session.experiment.data) is None:
            self.window.banner.dismiss_offer("download")
        self._show_title()

    @Slot()
    def _show_title(self) -> None:
        path, name = self.files.path, self.session.experiment.name
        parts = [f"{_literal(name)}[*]", *([_literal(path.name)] if path else []), "Gradoscope"]
        self.window.setWindowTitle(" · ".join(parts))
        self.window.setWindowModified(self.files.is_modified)

    @Slot(int)
    def _show_layer(self, number: int) -> None:
        self.panel.set_layer(number)
        for view in self.views:
            view.set_layer(number)

    @Slot(object)
    def _show_step(self, at: int | None) -> None:
        for view in self.views:
            view.set_step(at)
        self.readouts.show_bars()
        self.readouts.show_stages()

    @Slot()
    def _show_reference(self) -> None:
        reference = self.session.reference
        for view in self.views:
            view.set_reference(reference)
        self.window.actions_by_key["unpin"].setEnabled(reference is not None)
        name = "" if reference is None else run_name(reference)
        self.timeline.show_reference(name)
        self.window.toast.dismiss()  # it may have said that there was none
        self.window.set_event(f"comparing with {name}" if name else "no run is compared with")
        if reference is not None:
            pinned = f"Pinned run {reference.run_id[-4:]}."
            self.notify("info", pinned, "Now change something and press Reset.")

    def _compare_only_the_same(self) -> None:
        """Let go of a reference that has learned from other data: its curves say nothing here."""
        reference, source = self.session.reference, self.session.source
        if reference is not None and reference.experiment.data != source.experiment.data:
            self.session.unpin()
            self.notify(
                "info", f"No longer compared with {run_name(reference)}:", "it has other data."
            )

    @Slot(str)
    def _on_workspace_chosen(self, key: str) -> None:
        if key == "compare" and self.session.reference is None:
            keys = self.window.actions_by_key["pin"].shortcut().toString()
            self.notify(
                "info",
                "Nothing to compare with yet.",
                f"Press Compare ({keys}), change something, and press Reset.",
            )

    @Slot()
    def _on_ready(self) -> None:
        self.panel.set_devices(self.session.devices)
        application = LabApplication.instance()
        if isinstance(application, LabApplication):
            application.keep_all()

    # What panels and views ask for ---------------------------------------------------------

    @Slot()
    def _on_restart(self) -> None:
        self.session.reset(run=self.session.running)

    @Slot(object, str)
    def _on_edited(self, experiment: Experiment, text: str) -> None:
        self.session.edit(experiment, text)

    @Slot()
    def _on_pin_pressed(self) -> None:
        if self.session.reference is None:
            self.session.pin()
        else:
            self.session.unpin()

    @Slot(object)
    def _on_saved(self, file: Path) -> None:
        self.window.set_event(f"saved {file.name}")

    @Slot(object)
    def _on_theme(self, theme: Theme) -> None:
        for view in self.views:
            view.apply_theme(theme)
        self.timeline.apply_theme(theme)
        self.panel.data.scree.apply_theme(theme)
        self.panel.optimizer.rates.apply_theme(theme)
        self.dialogs.apply_theme(theme)

    def close(self) -> None:
        """Stop the clock and the run; a file being written is finished first."""
        self.window.may_close = None
        self.clock.stop()
        self.session.shutdown()
        self.writer.close()
        self.view_export.close()


def run_name(source: RunSource) -> str:
    """Return what people call a run: its experiment, and the end of its number."""
    return f"{source.experiment.name} · {source.run_id[-4:]}"


def _literal(text: str) -> str:
    """Return a text that a window's title shows as it is, place holders included."""
    return text.replace("[*]", "[*][*]")
