"""The record of a live run: written by the trainer, read by everybody."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from core.measure.quantities import LAYER_QUANTITIES, SCALARS
from core.record.columns import Column
from core.record.history import FrameHistory
from core.record.mailbox import Mailbox
from core.record.source import Evaluations, Event, Facts, Found, Frame, Parts, State, Status
from core.record.units import UnitLog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.engine.base import StepBlock
    from core.experiment import Experiment


BUDGET = 2**30
"""Bytes for the numbers of all layers at full detail: of twenty layers about 600,000 steps.

Beyond them the oldest rows go; what pictures are made of, minima, maxima and means, stays.
"""


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
        self.units = UnitLog()
        self.steps = 0
        self.steps_per_s = 0.0
        self.seconds = 0.0
        self.overhead: dict[str, float] = {}
        self.at_end: tuple[float, float] | None = None
        """Validation loss and accuracy of the weights that an early stop left."""
        self.version = 0
        self.history = FrameHistory()
        self.found: Found | None = None
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._marked: tuple[int, list[tuple[str, str]]] = (0, [])  # step, kinds and texts there

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

    @property
    def parts_requested(self) -> Parts:
        """What readers wait for besides what every snapshot has."""
        return self._mailbox.wanted

    def request_frame(self, parts: Parts = Parts.NONE) -> None:
        """Ask for a new snapshot."""
        self._mailbox.request(parts)

    # Written by the trainer ------------------------------------------------------------

    def begin(self, facts: Facts) -> None:
        """Fix the layers; columns exist from here on."""
        layers = len(facts.layers)
        budget = BUDGET // len(LAYER_QUANTITIES)
        self.layer_columns = {name: Column(layers, budget) for name in LAYER_QUANTITIES}
        self.units = UnitLog(len(facts.layers))
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
        if block.units is not None:
            self.units.append(block.units)
        for family, seconds in block.overhead.items():
            self.overhead[family] = self.overhead.get(family, 0.0) + seconds
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
        self._mailbox.put(frame, frame.parts)
        self.version += 1

    def put_findings(self, found: Found | None, frames: Iterable[Frame]) -> None:
        """Publish where the run left the finite numbers, and frames of the steps up to there."""
        self.found = found
        self.history.pin(frames)
        self.version += 1

    def add_event(self, kind: str, text: str) -> None:
        """Mark a change at the current step; changes between two steps are one event.

        Parameters
        ----------
        kind : str
        text : str
            That of an edit tells all edits since the last step, or since weights were last drawn
            again: it takes the place of the text before it. Empty if nothing is left of them.
        """
        step, parts = self._marked
        parts = list(parts) if step == self.steps else []
        kinds = [one for one, _ in parts]
        since = kinds[::-1].index("reinit") if "reinit" in kinds else len(kinds)
        if kind == "edit" and "edit" in kinds[len(kinds) - since :]:
            del parts[len(kinds) - 1 - kinds[::-1].index("edit")]
        if text:
            parts.append((kind, text))
        self._marked = (self.steps, parts)
        events = self.events
        if events and events[-1].step == self.steps:
            events = events[:-1]
        if parts:
            joined = "; ".join(one for _, one in parts)
            # What turns the run tells its kind, rather than that it goes on for longer.
            kind = next((one for one, _ in parts if one != "continue"), parts[0][0])
            events = (*events, Event(self.steps, kind, joined))
        self.events = events
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
