"""The session: the run in view and its experiment. The only object that talks to core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from core.data.present import missing
from core.experiment import Experiment, differences
from core.experiment.diff import merge_live, summarize
from core.experiment.fields import Scope
from core.record.source import State, Status
from core.remote import RemoteTrainer

if TYPE_CHECKING:
    from core.record.record import Record
    from core.record.source import RunSource

ENDED = (State.DIVERGED, State.FAILED, State.STOPPED)


class Session(QObject):
    """One experiment being edited, and the run that trains it.

    The experiment of the form and the one of the run may differ: live settings are passed on
    at once, the others wait for a restart (``pending_changed`` says which).

    Signals
    -------
    source_changed()
        Another run is in view.
    experiment_changed()
        The form's experiment is another one.
    status_changed()
        The run does something else now.
    layer_changed(int)
        Another layer is selected; counted from 1 at the input.
    step_changed(object)
        Another recorded step is looked at, counted from 0; None for the newest.
    reference_changed()
        Another run, or none, is compared with.
    pending_changed(str)
        What waits for a restart; empty for nothing.
    live_changed()
        Settings that act at once were passed on to the run.
    data_missed(object)
        A run was not begun, so that the recorded one is not lost for nothing: files of its data
        are not there. The ``DataError`` says which.
    ready()
        PyTorch is loaded and the first network is built.
    """

    source_changed = Signal()
    experiment_changed = Signal()
    status_changed = Signal()
    layer_changed = Signal(int)
    step_changed = Signal(object)
    reference_changed = Signal()
    pending_changed = Signal(str)
    live_changed = Signal()
    data_missed = Signal(object)
    ready = Signal()

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiment = experiment
        self.undo_stack = QUndoStack(self)
        self.layer = 1
        self.at: int | None = None
        self.reference: RunSource | None = None
        self.pending = ""
        self._trainer = RemoteTrainer(experiment)
        self._control = self._trainer.control
        self._source: Record = self._trainer.record
        self._before: Record | None = None  # the run that one not built yet takes the place of
        self._given_up: Record | None = None  # a run that was not built, and is looked at no more
        self._sent = experiment
        self._status: Status | None = None
        self._is_started = False
        self._is_ready = False

    # What there is -----------------------------------------------------------------------

    @property
    def source(self) -> RunSource:
        """The run in view."""
        return self._source

    @property
    def record(self) -> Record:
        """The run in view as a record, for export."""
        return self._source

    @property
    def has_before(self) -> bool:
        """Whether the run in view failed before its first step, and there was one before it."""
        return self._before is not None and self._source.status.state is State.FAILED

    @property
    def running(self) -> bool:
        """Whether training goes on, or will as soon as it can; a run that has ended does not."""
        return self._control.running and self._trainer.record.status.state not in ENDED

    @property
    def is_ready(self) -> bool:
        """Whether PyTorch is loaded where the training is, and a first network is built."""
        return self._is_ready

    @property
    def devices(self) -> list[tuple[str, str]]:
        """What a run could compute on, once ready: value of ``training.device``, name."""
        return self._trainer.devices

    @property
    def trains_in(self) -> int | None:
        """Number of the process that trains, once it is started."""
        return self._trainer.pid

    # Transport ---------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process that trains: it loads PyTorch and builds the first network."""
        if not self._is_started:
            self._is_started = True
            self._trainer.start()

    def run(self) -> None:
        """Train; an ended run begins anew."""
        if self._source.status.state in ENDED:
            self.reset(run=True)
        else:
            self._control.run()
        self.poll()

    def pause(self) -> None:
        """Pause after the present block."""
        self._control.pause()
        self.poll()

    def toggle(self) -> None:
        """Run if paused, pause if running."""
        if self.running:
            self.pause()
        else:
            self.run()

    def step(self, count: int = 1) -> None:
        """Make exactly so many updates, then pause; an ended run begins anew."""
        if self._source.status.state not in ENDED or self.reset():
            self._control.step(count)

    def reset(self, *, run: bool = False) -> bool:
        """Begin a new run of the form's experiment, unless files of its data are not there.

        Returns
        -------
        bool
            Whether it was begun. If not, the run in view stays, since it has recorded steps, and
            ``data_missed`` is emitted.
        """
        missed = missing(self.experiment.data) if self._source.steps else None
        if missed is not None:
            self.data_missed.emit(missed)
            return False
        self._begin(run=run)
        return True

    def _begin(self, *, run: bool) -> None:
        self._sent = self.experiment
        self._control.reset(self.experiment, run=run)
        self._set_pending("")

    def show_before(self) -> None:
        """Show the recording again whose place a run took that could not be built."""
        if self._before is not None:
            self._given_up = self._trainer.record
            self._before.set_status(Status(State.STOPPED, "Run begins anew."))
            self._show(self._before)
            self.poll()

    def set_speed(self, steps_per_s: float | None) -> None:
        """Slow motion; None is full speed."""
        self._control.set_speed(steps_per_s)

    def shutdown(self) -> None:
        """Ask the trainer to end; returns at once."""
        self._control.stop()

    def join(self) -> None:
        """Wait for the process that trains to end."""
        if self._is_started:
            self._trainer.join()

    # Editing -----------------------------------------------------------------------------

    def open(self, experiment: Experiment, *, run: bool = False) -> None:
        """Put another experiment in place of this one."""
        self.undo_stack.clear()
        self.experiment = experiment
        self.experiment_changed.emit()
        self.select_layer(1)
        self._begin(run=run)

    def edit(self, experiment: Experiment, text: str) -> None:
        """Change the experiment, undoably; live settings take effect at once."""
        if experiment != self.experiment:
            self.undo_stack.push(_Edit(self, self.experiment, experiment, text))

    def reinitialise(self, layers: tuple[int, ...]) -> None:
        """Draw the weights of layers again; numbers count from 1 at the input."""
        count = len(self._source.facts.layers)
        self._control.reinitialise(tuple(n - 1 for n in layers if 1 <= n <= count))

    def select_layer(self, number: int) -> None:
        """Select a layer everywhere."""
        if number != self.layer and number >= 1:
            self.layer = number
            self.layer_changed.emit(number)

    def select_step(self, at: int | None) -> None:
        """Look at a recorded step everywhere, or (None) at the newest, whatever it is."""
        last = self._source.steps - 1
        if at is not None:
            at = max(0, min(at, last)) if last >= 0 else None
        if at != self.at:
            self.at = at
            self.step_changed.emit(at)

    def pin(self) -> None:
        """Keep the run in view to compare later ones with it; one pinned before is let go."""
        if self._source.steps:
            self.reference = self._source
            self.reference_changed.emit()

    def unpin(self) -> None:
        """Compare with nothing."""
        if self.reference is not None:
            self.reference = None
            self.reference_changed.emit()

    def adopt(self, experiment: Experiment) -> None:
        """Make this the form's experiment and pass on what can change now."""
        self.experiment = experiment
        self.experiment_changed.emit()
        untouched = self._source.steps == 0 and not self.running
        changes = differences(self._sent, experiment)
        if untouched and any(one.scope in (Scope.RESTART, Scope.REINIT) for one in changes):
            self.reset()
            return
        live = merge_live(self._sent, experiment)
        if live != self._sent:
            acts = any(one.scope is not Scope.NOTE for one in differences(self._sent, live))
            self._sent = live
            self._control.edit(live)
            if acts:
                self.live_changed.emit()
        # What is live alone may go only together with what is not: then it waits, too.
        waiting = tuple(
            one for one in differences(self._sent, experiment) if one.scope is not Scope.NOTE
        )
        self._set_pending(summarize(waiting))

    # The clock ---------------------------------------------------------------------------

    def poll(self) -> None:
        """Look at the trainer; called by the render clock."""
        record = self._trainer.record
        if record is self._given_up:
            record = self._source
        if record is not self._source:
            before = self._source if self._source.steps else None
            self._show(record)
            self._before = before
        elif record.steps:
            self._before = None  # its memory is needed
        if not self._is_ready and record.facts.layers:
            self._is_ready = True
            self.ready.emit()
        if record.status is not self._status:
            self._status = record.status
            self.status_changed.emit()

    def _show(self, record: Record) -> None:
        self._source = record
        self._status = None
        self.select_step(None)
        self.source_changed.emit()

    def _set_pending(self, text: str) -> None:
        if text != self.pending:
            self.pending = text
            self.pending_changed.emit(text)


class _Edit(QUndoCommand):
    """One edit: two experiments, swapped."""

    def __init__(self, session: Session, old: Experiment, new: Experiment, text: str) -> None:
        super().__init__(text)
        self._session, self._old, self._new = session, old, new

    def undo(self) -> None:
        self._session.adopt(self._old)

    def redo(self) -> None:
        self._session.adopt(self._new)
