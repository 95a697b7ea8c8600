"""The side that trains: a record that sends on what is written to it."""

from __future__ import annotations

import os
import pickle
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from core.record.record import Record
from core.record.source import State, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection

    from core.engine.base import StepBlock
    from core.experiment import Experiment
    from core.record.frame import Frame, Parts
    from core.record.source import Facts, Found

Message = tuple[str, tuple[Any, ...]]
"""The name of a method and its arguments."""

REST_S = 0.02
"""Between two letters: what is written meanwhile goes into one."""


class Outbox(threading.Thread):
    """Sends messages in order, several in a letter; whoever puts them in never waits.

    Parameters
    ----------
    connection : Connection
    closing_words : callable
        Returns messages that are to end every letter, such as how things stand now.
    give_up : callable
        Called when something cannot be sent, which has been told by then: training that nobody
        can follow has to end.
    """

    def __init__(
        self,
        connection: Connection,
        closing_words: Callable[[], list[Message]],
        give_up: Callable[[], object] = lambda: os._exit(1),
    ) -> None:
        super().__init__(name="outbox", daemon=False)
        self._connection = connection
        self._closing_words = closing_words
        self._give_up = give_up
        self._waiting: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    def put(self, name: str, *arguments: object) -> None:
        """Send a message soon."""
        self._waiting.put((name, arguments))

    def close(self) -> None:
        """Send what is left, and end."""
        self._waiting.put(None)

    def run(self) -> None:
        """Send until closed, or until nobody is there to receive."""
        is_open = True
        while is_open:
            letter = [self._waiting.get()]
            while not self._waiting.empty():
                letter.append(self._waiting.get())
            is_open = None not in letter
            messages = [one for one in letter if one is not None]
            try:
                self._connection.send(messages + self._closing_words())
            except OSError:  # the other process is gone; the worker learns it by itself
                return
            except (pickle.PicklingError, TypeError, AttributeError) as error:  # cannot be packed
                text = f"What was recorded could not be sent: {type(error).__name__}: {error}"
                failed = Status(State.FAILED, text, "What was recorded before is kept.")
                self._connection.send([("set_status", (failed,))])
                self._give_up()
                return
            if is_open:
                time.sleep(REST_S)


class SentRecord(Record):
    """A record whose writes are sent; of what was measured it keeps nothing itself.

    What the trainer asks of a record (steps, status, whether a frame is due) is known here.
    """

    def __init__(self, experiment: Experiment, outbox: Outbox, run_id: str | None = None) -> None:
        super().__init__(experiment, run_id)
        self._put = outbox.put
        self._put("new", self.run_id, experiment)

    def begin(self, facts: Facts) -> None:
        """Fix the layers here and there."""
        super().begin(facts)
        self._put("begin", facts)

    def append(self, block: StepBlock) -> None:
        """Count the steps of a block, and send it."""
        self.steps += block.n
        self._put("append", block)

    def add_evaluation(self, step: int, loss: float, accuracy: float) -> None:
        """Send a validation result."""
        self._put("add_evaluation", step, loss, accuracy)

    def put_frame(self, frame: Frame, keep: bool = False) -> None:
        """Note when a snapshot was made, and send it."""
        super().put_frame(cast("Frame", _Outline.of(frame)), keep)
        self._put("put_frame", frame, keep)

    def put_findings(self, found: Found | None, frames: Iterable[Frame]) -> None:
        """Send what was found."""
        self._put("put_findings", found, tuple(frames))

    def add_event(self, kind: str, text: str) -> None:
        """Mark a change here and there."""
        super().add_event(kind, text)
        self._put("add_event", kind, text)

    def set_status(self, status: Status) -> None:
        """Publish what the run is doing here and there."""
        super().set_status(status)
        self._put("set_status", status)

    def set_experiment(self, experiment: Experiment, facts: Facts) -> None:
        """Publish the specification in force here and there."""
        super().set_experiment(experiment, facts)
        self._put("set_experiment", experiment, facts)


class _Outline(NamedTuple):
    """What has to be known of a frame to tell when the next one is due."""

    step: int
    seconds: float
    nbytes: int
    parts: Parts

    @classmethod
    def of(cls, frame: Frame) -> _Outline:
        return cls(frame.step, frame.seconds, frame.nbytes, frame.parts)
