"""What the process that trains does: obey, train, and send what is recorded."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from core.control import RunControl
from core.remote.sent import Message, Outbox, SentRecord
from core.trainer import Trainer
from core.warmup import warm_up

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from core.experiment import Experiment

BEHIND = 5
"""By how much training is nicer than the window, which has to answer at once on a busy machine."""


def work(connection: Connection, experiment: Experiment, run_id: str) -> None:
    """Train until told to stop, or until nobody is there any more (the process's main function)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal: the window decides
    if sys.platform != "win32":  # where the window in front comes first anyway
        os.nice(BEHIND)
    control, obeyed = RunControl(), 0

    def closing_words() -> list[Message]:
        count = obeyed  # before the state: it may be newer than the count, never older
        record = trainer.record
        figures = record.seconds, record.steps_per_s, record.at_end
        return [("set_figures", figures), ("set_control", (count, control.running))]

    outbox = Outbox(connection, closing_words)
    logging.getLogger().addHandler(_Log(outbox))
    first = [run_id]

    def new_record(one: Experiment) -> SentRecord:
        return SentRecord(one, outbox, first.pop() if first else None)

    def prepare() -> None:
        warm_up()
        from core.devices import available_devices

        outbox.put("set_devices", available_devices())

    trainer = Trainer(experiment, control, prepare=prepare, new_record=new_record)
    outbox.start()
    trainer.start()
    try:
        while True:
            name, arguments, named = connection.recv()
            if name == "request_frame":
                trainer.record.request_frame(*arguments)
                continue
            getattr(control, name)(*arguments, **named)
            obeyed += 1
            outbox.put("obeyed")
            if control.stopping:
                break
    except (EOFError, OSError):
        pass  # whoever looked on is gone: nobody can tell us to stop
    finally:  # also if a command made no sense: nobody obeys any more
        control.stop()
        trainer.join()
        outbox.close()
        outbox.join()


class _Log(logging.Handler):
    """Tells the other process what is logged."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(logging.WARNING)
        self._outbox = outbox
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._outbox.put("log", record.name, record.levelno, self.format(record))
