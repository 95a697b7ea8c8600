"""The way back: what people tell a run. Any thread may call; the trainer obeys between steps."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from core.engine.base import Change, Edit, Reinitialise

if TYPE_CHECKING:
    from core.experiment import Experiment

PAINTS_PER_S = 30
"""In slow motion a block is what fits between two pictures."""


class RunControl:
    """Run, pause, step, stop, reset, and changes on the way.

    Every method returns at once. What was asked for before the trainer looks is carried out in
    order: changes first, then steps.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = False
        self._single_steps = 0
        self._changes: list[Change] = []
        self._reset_to: Experiment | None = None
        self._stopping = False
        self._speed: float | None = None

    # Told by people ----------------------------------------------------------------------

    def run(self) -> None:
        """Train until paused, finished or diverged."""
        self._set(_running=True)

    def pause(self) -> None:
        """Stop after the present block; nothing is lost."""
        self._set(_running=False, _single_steps=0)

    def step(self, count: int = 1) -> None:
        """Pause, and train exactly ``count`` more steps."""
        with self._changed:
            self._running = False
            self._single_steps += count
            self._changed.notify_all()

    def stop(self) -> None:
        """End the trainer's thread after the present block."""
        self._set(_stopping=True)

    def reset(self, experiment: Experiment, *, run: bool = False) -> None:
        """Begin a new run of ``experiment``; what was asked of the old one is dropped."""
        with self._changed:
            self._changes.clear()
            self._single_steps = 0
            self._running = run
            self._reset_to = experiment
            self._changed.notify_all()

    def edit(self, experiment: Experiment) -> None:
        """Go on under a specification that differs in live settings only."""
        self._add(Edit(experiment))

    def reinitialise(self, layers: tuple[int, ...]) -> None:
        """Draw the weights of layers anew; layer 0 is nearest the input."""
        self._add(Reinitialise(layers))

    def set_speed(self, steps_per_s: float | None) -> None:
        """Slow motion at so many steps a second; None for full speed."""
        self._set(_speed=steps_per_s)

    # Asked by the trainer ----------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether steps are wanted until further notice."""
        return self._running

    @property
    def leaving(self) -> bool:
        """Whether this run is over: a stop or a reset was asked for."""
        return self._stopping or self._reset_to is not None

    @property
    def stopping(self) -> bool:
        """Whether the thread should end."""
        return self._stopping

    @property
    def has_changes(self) -> bool:
        """Whether a change waits to be made before the next step."""
        return bool(self._changes)

    def budget(self) -> int:
        """Return how many steps may be made now; 0 while paused or before a change."""
        with self._changed:
            if self._changes:
                return 0
            if self._single_steps:
                return self._single_steps
            if not self._running:
                return 0
            return 1_000_000 if self._speed is None else max(1, int(self._speed / PAINTS_PER_S))

    def spent(self, steps: int) -> None:
        """Count made steps against the single steps asked for."""
        with self._changed:
            self._single_steps = max(0, self._single_steps - steps)

    def take_changes(self) -> list[Change]:
        """Return the changes asked for since the last call."""
        with self._changed:
            changes, self._changes = self._changes, []
            return changes

    def take_reset(self) -> Experiment | None:
        """Return the experiment to begin with, once."""
        with self._changed:
            experiment, self._reset_to = self._reset_to, None
            return experiment

    def wait(self, seconds: float) -> None:
        """Sleep until something is asked for, at most ``seconds``."""
        with self._changed:
            if not (self.leaving or self._changes):
                self._changed.wait(seconds)

    def rest(self, steps: int, since: float) -> float:
        """Return for how many seconds slow motion has the next step wait.

        Parameters
        ----------
        steps : int
            Made last.
        since : float
            When they were begun, by the monotonic clock.
        """
        with self._changed:
            if self._speed is None or self._single_steps or not self._running:
                return 0.0
            return max(0.0, since + steps / self._speed - time.monotonic())

    # -------------------------------------------------------------------------------------

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def _add(self, change: Change) -> None:
        with self._changed:
            self._changes.append(change)
            self._changed.notify_all()
