"""The training loop: one thread that owns network, optimiser and measurement."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import traceback
from typing import TYPE_CHECKING

from core.engine.base import Change, Edit
from core.errors import LabError
from core.experiment.diff import OUTPUT, differences, summarize
from core.experiment.numbers import number_text
from core.record.frame import Parts
from core.record.record import Record
from core.record.source import State, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.control import RunControl
    from core.engine.base import Engine, StepBlock
    from core.engine.replay import FlightRecorder, LookBack
    from core.experiment import Experiment
    from core.record.source import Found

log = logging.getLogger(__name__)

BLOCK_SECONDS = 0.015
"""Longest wait for a pause or an edit to be obeyed, unless one step takes longer."""
FRAME_SECONDS = 0.125
"""Least time between two frames: one costs as much as several steps."""
IDLE_SECONDS = 0.1
"""While paused, how often to look whether a view wants a frame."""


class Trainer(threading.Thread):
    """Trains experiments, one after the other, until told to stop.

    ``record`` is the run under way; a reset replaces it by a new one. Nothing is sent to
    anybody: whoever is interested reads the record.

    Parameters
    ----------
    experiment : Experiment
        What to begin with.
    control : RunControl
        What people want.
    goal : int, optional
        Updates after which a run is finished; by default the experiment's epochs.
    prepare : callable, optional
        Called first in the thread, such as :func:`core.warmup.warm_up`.
    new_record : callable
        Makes the record of a run, such as one that is sent to another process.
    """

    def __init__(
        self,
        experiment: Experiment,
        control: RunControl,
        goal: int | None = None,
        prepare: Callable[[], None] | None = None,
        new_record: Callable[[Experiment], Record] = Record,
    ) -> None:
        super().__init__(name="trainer", daemon=False)
        self.control = control
        self.record = new_record(experiment)
        self._new_record = new_record
        self._goal = goal
        self._prepare = prepare
        self._extra_steps = 0
        self._edited: tuple[int, Experiment] | None = None

    @property
    def devices(self) -> list[tuple[str, str]]:
        """What it could compute on: value of ``training.device`` and name for people."""
        from core.devices import available_devices  # loads PyTorch

        return available_devices()

    @property
    def pid(self) -> int:
        """Number of the process that it trains in."""
        return os.getpid()

    def run(self) -> None:
        """Train until stopped (called by ``start``)."""
        while not self.control.stopping:
            self._train_guarded(self.record)
            experiment = self.control.take_reset()
            if experiment is not None:
                self.record = self._new_record(experiment)

    def _train_guarded(self, record: Record) -> None:
        try:
            self._train(record)
        except LabError as error:
            record.set_status(Status(State.FAILED, error.message, error.hint, field=error.field))
        except MemoryError as error:
            self._fail(record, error, "There is not enough memory for this network.")
        except Exception as error:  # noqa: BLE001 -- the one place where any failure of a run becomes a status
            if "can't allocate memory" in str(error) or type(error).__name__ == "OutOfMemoryError":
                self._fail(record, error, "There is not enough memory for this network.")
            else:
                self._fail(record, error, f"{type(error).__name__}: {error}")
        while not self.control.leaving:
            self.control.take_changes()  # nothing can be changed any more
            self.control.wait(IDLE_SECONDS)

    def _train(self, record: Record) -> None:
        if self._prepare is not None:
            record.set_status(Status(State.BUILDING, "Loading PyTorch."))
            self._prepare()
            self._prepare = None
            record.set_status(Status(State.BUILDING, "Preparing data and network."))
        from core.engine.autograd import AutogradEngine  # torch is slow to load: off the window
        from core.engine.replay import FlightRecorder

        engine: Engine = AutogradEngine(record.experiment)
        control, pace, flight = self.control, _Pace(), FlightRecorder(engine)
        self._extra_steps = 0
        self._edited = None
        next_frame = started = 0.0
        made = 0
        record.begin(engine.facts)
        while not control.leaving:
            for change in control.take_changes():
                if self._apply(engine, change, record):
                    flight.changed(change)
            asked = record.frame_requested and time.monotonic() >= next_frame
            due = engine.step > 0 and record.history.due(engine.step - 1)
            if asked:
                next_frame = time.monotonic() + FRAME_SECONDS
            if asked or due:
                _put_frame(engine, record, keep=due, parts=record.parts_requested)

            budget = min(control.budget(), self._remaining(engine))
            if control.has_changes:  # what was asked for before a step is done before it
                continue
            if budget == 0:
                if made:
                    record.steps_per_s = pace.update(made)
                self._rest(engine, record)
                pace, made = _Pace(), 0
                continue
            _set_state(record, State.RUNNING if control.running else State.PAUSED)
            rest = control.rest(made, started)
            if rest > 0.0:  # in slices: a snapshot asked for meanwhile is of this step
                control.wait(min(rest, IDLE_SECONDS))
                continue
            if made:
                record.steps_per_s = pace.update(made)

            started = time.monotonic()
            block = engine.advance(budget, BLOCK_SECONDS)
            seconds = time.monotonic() - started
            seen = _look_back(flight, seconds, control) if block.diverged else None
            if block.n or block.evaluations:
                record.append(block)
            record.seconds += seconds
            control.spent(block.n)
            if seen is not None:
                _put_frame(engine, record, keep=True)
                record.put_findings(seen.found, seen.frames)
                record.set_status(_diverged(engine, block, seen.found))
                return
            if block.stopped:
                _put_frame(engine, record, keep=True)
                record.at_end = engine.evaluate()
                record.set_status(Status(State.STOPPED, block.stopped))
                return
            flight.advanced(seconds)
            made = block.n
        if control.stopping and record.status.state is not State.FINISHED:
            record.set_status(Status(State.STOPPED, f"Stopped at step {engine.step:,}."))

    def _rest(self, engine: Engine, record: Record) -> None:
        """Wait, paused or finished, until there is something to do."""
        control = self.control
        if self._remaining(engine):
            _set_state(record, State.PAUSED)
        elif record.status.state is not State.FINISHED:
            control.pause()
            _put_frame(engine, record, keep=True)
            if engine.facts.n_validation:
                record.add_evaluation(engine.step, *engine.evaluate())
            record.set_status(Status(State.FINISHED, f"Finished at step {engine.step:,}."))
        elif control.running:
            epochs = record.experiment.training.epochs
            self._extra_steps += epochs * engine.facts.steps_per_epoch
            record.add_event("continue", f"{epochs} more epochs")
            return
        elif control.budget():
            self._extra_steps += control.budget()
            return
        control.wait(IDLE_SECONDS)

    def _remaining(self, engine: Engine) -> int:
        goal = self._goal if self._goal is not None else engine.total_steps
        return max(0, goal + self._extra_steps - engine.step)

    def _apply(self, engine: Engine, change: Change, record: Record) -> bool:
        """Make a change and record it; return whether it was made."""
        try:
            engine.apply(change)
        except LabError as error:  # the run goes on as it was; the reason is shown
            record.set_status(
                Status(record.status.state, error.message, error.hint, field=error.field)
            )
            return False
        if isinstance(change, Edit):
            before = self._before_edits(record)
            record.set_experiment(change.experiment, engine.facts)
            record.add_event("edit", summarize(differences(before, change.experiment), ()))
        else:
            edits = differences(self._before_edits(record), record.experiment)
            record.set_experiment(record.experiment, engine.facts)
            if edits:  # of the layers drawn the initialisers are in force now
                record.add_event("edit", summarize(edits, _rows(change.layers, record)))
            self._edited = None
            record.add_event("reinit", _drawn(change.layers, record))
        return True

    def _before_edits(self, record: Record) -> Experiment:
        """Return the experiment of the last step, or of the last draw of weights after it."""
        if self._edited is None or self._edited[0] != record.steps:
            self._edited = (record.steps, record.experiment)
        return self._edited[1]

    def _fail(self, record: Record, error: BaseException, message: str) -> None:
        log.error("run %s failed", record.run_id, exc_info=error)
        hint = "Try fewer units or a smaller batch." if "memory" in message else ""
        record.set_status(Status(State.FAILED, message, hint, details=traceback.format_exc()))


class _Pace:
    """Steps a second, over about the last half second."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._steps = 0
        self._rate = 0.0

    def update(self, steps: int) -> float:
        self._steps += steps
        elapsed = time.monotonic() - self._since
        if elapsed >= 0.5 or self._rate == 0.0:
            self._rate = self._steps / max(elapsed, 1e-9)
        if elapsed >= 0.5:
            self._since, self._steps = time.monotonic(), 0
        return self._rate


def _put_frame(engine: Engine, record: Record, *, keep: bool, parts: Parts = Parts.NONE) -> None:
    frame = engine.frame(Parts.ALL if keep else parts)
    if frame is not None:
        record.put_frame(frame, keep=keep)


def _set_state(record: Record, state: State) -> None:
    if record.status.state is not state:
        record.set_status(Status(state))


def _look_back(flight: FlightRecorder, seconds: float, control: RunControl) -> LookBack:
    """Find where a run left the finite numbers; that it has diverged is told in any case."""
    from core.engine.replay import LookBack

    try:
        return flight.look_back(seconds, leaving=lambda: control.leaving)
    except (MemoryError, RuntimeError):  # no room to go back: torch says it by a RuntimeError
        log.warning("could not look back", exc_info=True)
        return LookBack(None)


def _diverged(engine: Engine, block: StepBlock, found: Found | None) -> Status:
    loss, step = float(block.scalars["loss"][-1]), engine.step - 1
    where = "" if found is None else f" {found.sentence(step)}"
    return Status(
        State.DIVERGED,
        f"Diverged at step {step:,}: the loss became {_in_words(loss)}.{where}",
        "Lower the learning rate, clip the gradient, or choose another initialiser; then reset.",
    )


def _in_words(loss: float) -> str:
    if math.isnan(loss):
        return "NaN"
    if math.isinf(loss):
        return "+∞" if loss > 0 else "−∞"
    return number_text(loss)


def _rows(layers: tuple[int, ...], record: Record) -> set[int]:
    """Return where layers with weights stand in the experiment."""
    last = len(record.facts.layers) - 1
    return {OUTPUT if i == last else record.facts.layers[i].row for i in layers}


def _drawn(layers: tuple[int, ...], record: Record) -> str:
    if len(layers) == len(record.facts.layers):
        return "weights drawn again"
    if len(layers) == 1:
        return f"layer {layers[0] + 1} drawn again"
    numbers = ", ".join(str(i + 1) for i in layers[:3]) + (" …" if len(layers) > 3 else "")
    return f"layers {numbers} drawn again"
