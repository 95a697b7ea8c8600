"""The record of a live run: written by the trainer, read by everybody."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from core.measure.quantities import LAYER_QUANTITIES, SCALARS
from core.record.columns import Column
from core.record.history import FrameHistory
from core.record.mailbox import Mailbox
from core.record.source import Evaluations, Event, Facts, Frame, State, Status

if TYPE_CHECKING:
    from core.engine.base import StepBlock
    from core.experiment import Experiment


def new_run_id() -> str:
    """Return four random letters and digits; names a run, never seeds anything."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))


class Record:
    """A growing run in memory: the live :class:`core.record.source.RunSource`.

    Only the trainer's thread writes; every attribute is replaced whole or appended to, with
    the length published last, so that no lock is needed to read.
    """

    def __init__(self, experiment: Experiment, run_id: str | None = None) -> None:
        self.run_id = run_id or new_run_id()
        self.experiment = experiment
        self.facts = Facts()
        self.status = Status(State.BUILDING, "Preparing data and network.")
        self.scalars = {name: Column() for name in SCALARS}
        self.layer_columns: dict[str, Column] = {}
        self.evaluations = Evaluations()
        self.events: tuple[Event, ...] = ()
        self.steps = 0
        self.steps_per_s = 0.0
        self.seconds = 0.0
        self.version = 0
        self.history = FrameHistory()
        self._mailbox: Mailbox[Frame] = Mailbox()

    # Read by everybody -----------------------------------------------------------------

    @property
    def updates(self) -> int:
        """Number of updates made: ``steps``, or one fewer if the last step diverged."""
        return self.steps - (self.status.state is State.DIVERGED)

    @property
    def frame(self) -> Frame | None:
        """The newest heavy snapshot, or None."""
        return self._mailbox.value

    @property
    def frame_requested(self) -> bool:
        """Whether a reader waits for a new snapshot."""
        return self._mailbox.requested

    def request_frame(self) -> None:
        """Ask for a new snapshot."""
        self._mailbox.request()

    # Written by the trainer ------------------------------------------------------------

    def begin(self, facts: Facts) -> None:
        """Fix the layers; columns exist from here on."""
        self.layer_columns = {name: Column(len(facts.layers)) for name in LAYER_QUANTITIES}
        self.facts = facts
        self.version += 1

    def append(self, block: StepBlock) -> None:
        """Append a block of steps; the number of steps is published last."""
        for name, values in block.layers.items():
            self.layer_columns[name].append(values)
        for name, values in block.scalars.items():
            self.scalars[name].append(values)
        for evaluation in block.evaluations:
            self.add_evaluation(*evaluation)
        self.steps += block.n
        self.version += 1

    def add_evaluation(self, step: int, loss: float, accuracy: float) -> None:
        """Append a validation result, unless this step has one already."""
        rows = self.evaluations
        if rows.steps and rows.steps[-1] == step:
            return
        rows.steps.append(step)
        rows.val_loss.append(loss)
        rows.val_accuracy.append(accuracy)
        self.version += 1

    def put_frame(self, frame: Frame, keep: bool = False) -> None:
        """Publish a heavy snapshot; ``keep`` it also in the history."""
        if keep:
            self.history.add(frame)
        self._mailbox.put(frame)
        self.version += 1

    def add_event(self, kind: str, text: str) -> None:
        """Mark a change at the current step; changes between two steps are one event."""
        events = self.events
        if events and events[-1].step == self.steps:
            kind, text = events[-1].kind, f"{events[-1].text}; {text}"
            events = events[:-1]
        self.events = (*events, Event(self.steps, kind, text))
        self.version += 1

    def set_status(self, status: Status) -> None:
        """Publish what the run is doing."""
        self.status = status
        self.version += 1

    def set_experiment(self, experiment: Experiment, facts: Facts) -> None:
        """Publish the specification in force after a live edit."""
        self.experiment = experiment
        self.facts = facts
        self.version += 1
