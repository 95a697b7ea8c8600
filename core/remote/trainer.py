"""The side that looks on: starts the process that trains, tells it what to do, keeps its record."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from core.record.frame import Parts
from core.record.record import Record
from core.record.source import State, Status
from core.remote.worker import work

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from core.experiment import Experiment

log = logging.getLogger(__name__)

ASK_AGAIN_S = 0.25
"""A request for a frame may get lost where frames are made: after so long it is sent again."""
LONGEST_STEP_S = 10.0
"""How long a process that was told to stop may take for the step it is at."""
OVER = (State.FINISHED, State.STOPPED, State.DIVERGED, State.FAILED)


class MirrorRecord(Record):
    """The record of a run in another process, written by the thread that hears of it."""

    def __init__(
        self, experiment: Experiment, run_id: str | None, send: Callable[..., None]
    ) -> None:
        super().__init__(experiment, run_id)
        self._send = send
        self._asked = 0.0

    def request_frame(self, parts: Parts = Parts.NONE) -> None:
        """Ask for a new snapshot; what has been asked for already is not asked again at once."""
        known = self.frame_requested and not parts & ~self.parts_requested
        now = time.monotonic()
        if not known or now - self._asked > ASK_AGAIN_S:
            super().request_frame(parts)
            self._asked = now
            self._send("request_frame", self.parts_requested)

    def set_figures(
        self, seconds: float, steps_per_s: float, at_end: tuple[float, float] | None
    ) -> None:
        """Take over what the trainer sets without a word."""
        self.seconds, self.steps_per_s, self.at_end = seconds, steps_per_s, at_end


class RemoteControl:
    """:class:`core.control.RunControl` for another process: the same words, sent.

    ``running`` is what was asked for last, until the other process has obeyed everything;
    from then on it is what that process says, which pauses by itself at the end of a run.
    """

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send
        self._running = False
        self._speed: float | None = None
        self._told = 0

    @property
    def running(self) -> bool:
        """Whether steps are wanted until further notice."""
        return self._running

    def run(self) -> None:
        """Train until paused, finished or diverged."""
        self._tell("run", running=True)

    def pause(self) -> None:
        """Stop after the present block; nothing is lost."""
        self._tell("pause", running=False)

    def step(self, count: int = 1) -> None:
        """Pause, and train exactly ``count`` more steps."""
        self._tell("step", count, running=False)

    def stop(self) -> None:
        """End the process after the present block."""
        self._tell("stop", running=False)

    def reset(self, experiment: Experiment, *, run: bool = False) -> None:
        """Begin a new run of ``experiment``; what was asked of the old one is dropped."""
        self._tell("reset", experiment, run=run, running=run)

    def edit(self, experiment: Experiment) -> None:
        """Go on under a specification that differs in live settings only."""
        self._tell("edit", experiment)

    def reinitialise(self, layers: tuple[int, ...]) -> None:
        """Draw the weights of layers anew; layer 0 is nearest the input."""
        self._tell("reinitialise", layers)

    def set_speed(self, steps_per_s: float | None) -> None:
        """Slow motion at so many steps a second; None for full speed."""
        self._speed = steps_per_s
        self._tell("set_speed", steps_per_s)

    def heard(self, obeyed: int, running: bool) -> None:
        """Take over how things stand where ``obeyed`` commands have been obeyed."""
        if obeyed == self._told:
            self._running = running

    def begin_anew(self) -> None:
        """Tell another process, which listens from now on, what it has to know."""
        self._told = 0
        if self._speed is not None:
            self._tell("set_speed", self._speed)
        if self._running:
            self._tell("run")

    def _tell(
        self, name: str, *arguments: object, running: bool | None = None, **named: object
    ) -> None:
        if running is not None:
            self._running = running
        self._told += 1
        self._send(name, *arguments, **named)


class RemoteTrainer:
    """Trains in a process of its own; otherwise like :class:`core.trainer.Trainer`.

    ``record`` is the run under way, as far as it is known here: some hundredths of a second
    behind. It is written by one thread of this process, and read by whoever likes.

    Parameters
    ----------
    experiment : Experiment
        What to begin with.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.control = RemoteControl(self._send)
        self.devices: list[tuple[str, str]] = []
        self.record: Record = MirrorRecord(experiment, None, self._send)
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._listener: threading.Thread | None = None
        self._early: list[tuple[Any, ...]] = []  # what was told before the start
        self._leaving = False

    def start(self) -> None:
        """Start the process: it loads PyTorch, builds the first network, does what it was told."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=work,
            args=(theirs, self.record.experiment, self.record.run_id),
            name="gradoscope trainer",
            daemon=True,
        )
        self._process.start()
        theirs.close()  # so that its end is heard here
        self._connection = cast("Connection", ours)
        self._listener = threading.Thread(
            target=self._listen, args=(ours, self._process), name="listener", daemon=True
        )
        self._listener.start()
        for message in self._early:
            ours.send(message)
        self._early = []

    def join(self) -> None:
        """Wait for the process to end; one that does not is ended."""
        if self._process is None or self._listener is None:
            return
        self._listener.join(LONGEST_STEP_S)  # it waits for the process: only one thread may
        if self._listener.is_alive():
            log.warning("the process that trains did not end in time")
            self._process.kill()
        self._listener.join()

    @property
    def pid(self) -> int | None:
        """Number of the process that trains, for whoever looks after it."""
        return None if self._process is None else self._process.pid

    # The way there -------------------------------------------------------------------------

    def _send(self, name: str, *arguments: object, **named: object) -> None:
        self._leaving = self._leaving or name == "stop"
        if self._connection is None:
            self._early.append((name, arguments, named))
            return
        try:
            self._connection.send((name, arguments, named))
        except OSError:  # it has died: the listener says so, unless the run was over by then
            if name == "reset":
                self._begin_anew(cast("Experiment", arguments[0]))
            elif name in ("run", "step"):
                self._on_death()

    def _begin_anew(self, experiment: Experiment) -> None:
        """Begin a run in a new process, the old one having died."""
        if self._listener is not None:
            self._listener.join()
        self.record = MirrorRecord(experiment, None, self._send)
        self.start()
        self.control.begin_anew()

    # The way back --------------------------------------------------------------------------

    def _listen(self, connection: Connection, process: BaseProcess) -> None:
        try:
            while True:
                for name, arguments in connection.recv():
                    self._take(name, arguments)
        except (EOFError, OSError):
            pass  # the process has ended
        finally:  # also if what was heard made no sense: nobody listens any more
            connection.close()
            process.join()
            failed = (process.exitcode or 0) > 0  # by an error of ours, which stops the run first
            state = self.record.status.state
            told = state is State.FAILED  # why, by the process itself
            if not self._leaving and (state not in OVER or (failed and not told)):
                self._on_death()

    def _take(self, name: str, arguments: tuple[Any, ...]) -> None:
        match name:
            case "new":
                run_id, experiment = arguments
                if run_id != self.record.run_id:
                    self.record = MirrorRecord(experiment, run_id, self._send)
            case "set_control":
                self.control.heard(*arguments)
            case "set_devices":
                (self.devices,) = arguments
            case "log":
                logger, level, text = arguments
                logging.getLogger(logger).log(level, "%s", text)
            case "obeyed":
                pass
            case _:
                getattr(self.record, name)(*arguments)

    def _on_death(self) -> None:
        code = None if self._process is None else self._process.exitcode
        how, hint = f"exit code {code}", "What was recorded is kept."
        if code is not None and code < 0:
            how = f"{signal.Signals(-code).name}; often memory has run out"
            hint += " Try fewer units or a smaller batch."
        message = f"The process that trains has died ({how})."
        self.record.set_status(Status(State.FAILED, message, hint))
