"""The runs behind the gallery: ready experiments, trained step by step, the same every time."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from itertools import pairwise

from core import catalogue
from core.control import RunControl
from core.engine.base import Edit, Reinitialise
from core.experiment import with_settings
from core.record import Record, State, Status
from core.record.frame import Parts
from core.record.history import FrameHistory
from core.trainer import Trainer

SNAPSHOTS = 120
"""Of a run: enough that ridgelines and the timeline have no gaps."""
DRAW = "draw"


@dataclass(frozen=True, slots=True)
class DemoRun:
    """What to train, in the words of the command line.

    Attributes
    ----------
    key : str
        What scenes call it by; it is written in the pictures as the run's name.
    experiment : str
        A ready one.
    steps : int
        Updates.
    changes : tuple of (int, str)
        Step and change, ``PATH=VALUE`` or ``draw``, as ``--at`` takes them; sorted.
    """

    key: str
    experiment: str
    steps: int
    changes: tuple[tuple[int, str], ...] = ()

    @property
    def command(self) -> str:
        """What to type to have the same run in the window."""
        words = ["gradoscope", "--experiment", self.experiment, "--steps", str(self.steps)]
        for step, change in self.changes:
            words += ["--at", str(step), change]
        return shlex.join(words)


RUNS = (
    DemoRun("sigm", "twenty-sigmoid-layers", 600),
    DemoRun("relu", "he-relu-digits", 600),
    DemoRun(
        "swap",
        "twenty-sigmoid-layers",
        1600,
        (
            (800, "network.layers.*.activation=relu"),
            (800, "network.layers.*.init=he_normal"),
            (800, DRAW),
        ),
    ),
    DemoRun("dead", "he-relu-digits", 800, ((400, "training.optimizer.lr=0.5"),)),
    DemoRun("moon", "two-moons", 1500),
    DemoRun(
        "fash",
        "fashion-batch-norm",
        600,
        ((0, "network.layers.0.init=normal"), (0, "network.layers.0.init.std=0.001")),
    ),
)
BY_KEY = {run.key: run for run in RUNS}


def train(run: DemoRun) -> Record:
    """Train a run in this thread.

    Snapshots are taken at fixed steps, not when there is time, so that pictures are the same
    whatever the machine does besides.

    Returns
    -------
    Record
        Paused after the last step. What measuring cost is forgotten: it differs every time.
    """
    import torch

    from core.engine.autograd import AutogradEngine

    torch.set_num_threads(1)  # sums do not depend on how the work was shared
    experiment = catalogue.load(run.experiment)
    early = [change for step, change in run.changes if step == 0]
    if early:  # nothing has been trained: what needs a new network is no edit of a run
        experiment = with_settings(experiment, early)
    trainer = Trainer(experiment, RunControl())
    trainer.record = record = Record(experiment, run_id=run.key)
    record.history = FrameHistory(share=math.inf)
    engine = AutogradEngine(experiment)
    record.begin(engine.facts)
    every = max(1, run.steps // SNAPSHOTS)
    stations = sorted({0, run.steps, *range(1, run.steps, every), *(at for at, _ in run.changes)})
    for start, stop in pairwise(stations):
        for step, change in run.changes:
            if step == start > 0:
                _apply(trainer, engine, change)
        while engine.step < stop:
            block = engine.advance(stop - engine.step, math.inf)
            record.append(block)
            if block.diverged or block.stopped:
                raise RuntimeError(f"Run {run.key!r} ended at step {engine.step}.")
        frame = engine.frame(Parts.ALL)
        if frame is not None:
            record.put_frame(frame, keep=True)
    record.add_evaluation(engine.step, *engine.evaluate())
    record.overhead = {}
    record.set_status(Status(State.PAUSED))
    return record


def _apply(trainer: Trainer, engine: object, change: str) -> None:
    record = trainer.record
    if change == DRAW:
        what = Reinitialise(tuple(range(len(record.facts.layers))))
    else:
        what = Edit(with_settings(record.experiment, [change]))
    if not trainer._apply(engine, what, record):  # pyright: ignore[reportArgumentType]
        raise RuntimeError(f"{change!r} was refused: {record.status.message}")
