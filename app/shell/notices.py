"""What the run says of itself: banner, notes, the words of the status bar, and what they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.form.names import readable
from app.panels.place import sentence_at
from app.shell.readouts import state_text
from core.data.present import to_download
from core.errors import Problem
from core.experiment import with_settings
from core.record.source import State

if TYPE_CHECKING:
    from app.panels import ExperimentPanel
    from app.session import Session
    from app.shell.dialogs import Dialogs
    from app.shell.main_window import MainWindow
    from core.errors import LabError

_ENDED = {
    State.FINISHED: (
        "The run has finished.",
        "Press Run to train on with the new settings.",
    ),
    State.STOPPED: (
        "The run has ended.",
        "Press Run to begin anew with the new settings.",
    ),
}
"""What is said of a change that a run which has ended cannot show."""


class Notices(QObject):
    """Tells what becomes of the run, and does what its notices offer.

    Parameters
    ----------
    session : Session
    panel : ExperimentPanel
        Says what is wrong at the field that it is about.
    dialogs : Dialogs
    window : MainWindow
    """

    def __init__(
        self, session: Session, panel: ExperimentPanel, dialogs: Dialogs, window: MainWindow
    ) -> None:
        super().__init__(window)
        self._session, self._panel, self._dialogs = session, panel, dialogs
        self._window = window
        self._ended_at = 0  # updates after which a change was made to a run that had ended
        self._connect()

    def _connect(self) -> None:
        session = self._session
        session.status_changed.connect(self.show_status)
        session.live_changed.connect(self._on_live_changed)
        session.data_missed.connect(self._on_data_missed)
        self._panel.reinit_requested.connect(self._on_live_changed)
        self._window.banner.chosen.connect(self._on_chosen)

    def notify(self, level: str, message: str, hint: str = "", details: str = "") -> None:
        """Show a notice: over the views, or above them what is wrong and has to be dealt with."""
        place = self._window.banner if level == "bad" else self._window.toast
        if level == "bad":
            self._window.toast.dismiss()  # what it promised may have come to nothing
        place.show_notice(level, message, hint, details=details)

    @Slot()
    def show_status(self) -> None:
        """Say how the run is doing, and offer what mends it."""
        source = self._session.source
        status, banner = source.status, self._window.banner
        if status.state is State.RUNNING or source.updates != self._ended_at:
            banner.dismiss_offer("train on")
        said = sentence_at(status.field, status.message, source.experiment)
        if status.field and status.message:
            self._panel.set_problems([Problem(status.field, status.message, status.hint)])
        elif status.state is State.BUILDING:
            self._panel.set_problems(())
        if status.state is State.DIVERGED:
            look = (("look", "Show where"),) if source.found is not None else ()
            actions = (*look, ("reset", "Reset"), ("slower", "Reset at a tenth of the rate"))
            banner.show_notice("bad", status.message, status.hint, actions=actions, of_run=True)
        elif status.state is State.FAILED:
            before = (("before", "Show the run before"),) if self._session.has_before else ()
            banner.show_notice(
                "bad",
                said,
                status.hint,
                actions=(("reset", "Try again"), *before),
                details=status.details,
            )
        elif status.message and status.field:
            self.notify("warn", said, status.hint)
        self._window.set_state(state_text(status.state, status.message, source.updates))
        self._window.start_page.set_state(status.message if status.state is State.BUILDING else "")

    @Slot()
    def _on_live_changed(self) -> None:
        """Say how a change takes effect that nothing shows, as the run has ended."""
        state = self._session.source.status.state
        if state in _ENDED:
            self._ended_at = self._session.source.updates
            message, hint = _ENDED[state]
            self._window.banner.show_notice(
                "info", message, hint, actions=(("train on", "Run"),), of_run=True
            )

    @Slot(object)
    def _on_data_missed(self, missed: LabError) -> None:
        """Say why no run was begun, and offer what mends it."""
        kind = to_download(self._session.experiment.data)
        said = f"{readable(kind)} has to be downloaded first." if kind else missed.message
        hint = "The run in view was kept." if kind else f"{missed.hint} The run in view was kept."
        actions = (("download", "Download …"),) if kind else ()
        self._window.banner.show_notice("warn", said, hint, actions=actions)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        session = self._session
        match key:
            case "look":
                self._look_at_first()
            case "train on":
                self._window.banner.dismiss()
                session.run()
            case "before":
                session.show_before()
            case "download":
                if kind := to_download(session.experiment.data):
                    self._dialogs.download(kind)
            case "slower":
                rate = session.experiment.training.optimizer.lr / 10
                slower = with_settings(session.experiment, [f"training.optimizer.lr={rate:.12g}"])
                session.edit(slower, "learning rate")
                session.reset(run=True)
            case _:
                session.reset()

    def _look_at_first(self) -> None:
        """Look at the layer and the step where the numbers first were not finite."""
        found = self._session.source.found
        if found is not None:
            self._session.select_layer(found.layer or self._session.layer)
            self._session.select_step(found.step)
        self._window.show_views()
        self._window.focus_views()
