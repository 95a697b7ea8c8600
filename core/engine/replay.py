"""Looking back: the last steps of a run made again, to see where it left the finite numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.record.frame import Parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.engine.base import Change, Engine
    from core.record.found import Found
    from core.record.frame import Frame

KEPT = 32
"""Steps up to a divergence of which a frame is made, and least steps between two snapshots."""
SECONDS = 2.0
"""Longest time that looking back may take."""
SHARE = 0.01
"""Largest share of the training time that snapshots may take."""
MOST_PARAMETERS = 20_000_000
"""Of larger networks no snapshots are kept."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """What looking back found.

    Attributes
    ----------
    found : Found or None
        The first value that is not finite; None if it was not to be found.
    frames : tuple of Frame
        Of up to ``KEPT`` steps, in order, the last one that diverged if there was time.
    """

    found: Found | None
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    step: int
    state: dict[str, Any]
    seconds: float  # of training until then
    changes: list[tuple[int, Change]] = field(default_factory=list[tuple[int, "Change"]])  # since


class FlightRecorder:
    """Keeps two snapshots of an engine, and what was changed since, so that it can go back.

    A step costs nothing. A snapshot is due when at least ``KEPT`` steps were made since the one
    before (fewer if they take long), and never so soon that it would take more than ``SHARE`` of
    the time.

    Parameters
    ----------
    engine : Engine
        Before its first step, or wherever the memory is to begin.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    enabled : bool
        Whether the network is small enough for snapshots.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.perf_counter) -> None:
        self._engine = engine
        self._clock = clock
        self._seconds = 0.0
        self._cost = 0.0
        self._snapshots: list[_Snapshot] = []
        self._changed_at = -1
        self.enabled = engine.facts.parameters <= MOST_PARAMETERS
        if self.enabled:
            self._take()

    def changed(self, change: Change) -> None:
        """Take note of a change that was made before the next step."""
        self._changed_at = self._engine.step
        for snapshot in self._snapshots:
            snapshot.changes.append((self._engine.step, change))

    def advanced(self, seconds: float) -> None:
        """Take note of a block of steps, and make a snapshot if one is due."""
        self._seconds += seconds
        if not self.enabled:
            return
        newest = self._snapshots[-1]
        trained = self._seconds - newest.seconds
        far = self._engine.step - newest.step >= KEPT or trained >= SECONDS / 4
        if far and self._engine.step > newest.step and trained * SHARE >= self._cost:
            self._take()

    def _take(self) -> None:
        started = self._clock()
        snapshot = _Snapshot(self._engine.step, self._engine.state(), self._seconds)
        self._cost = self._clock() - started
        self._snapshots = [*self._snapshots[-1:], snapshot]

    def look_back(
        self, seconds: float = 0.0, leaving: Callable[[], bool] = lambda: False
    ) -> LookBack:
        """Find the first value that is not finite, after a block whose last step diverged.

        The engine is afterwards as it was, to the bit.

        Parameters
        ----------
        seconds : float
            What that block took.
        leaving : callable
            Asked at every step whether nobody waits for it any more.
        """
        engine, now = self._engine, self._seconds + seconds
        frames: tuple[Frame, ...] = ()
        for snapshot in self._snapshots:  # the older one, if there is time for it
            if now - snapshot.seconds > SECONDS:
                continue
            found, frames, reproduced = self._replay(snapshot, leaving)
            if reproduced:
                return LookBack(found, frames)
            break
        found = engine.nonfinite()
        if found is not None:
            made_by_update = (
                found.name in ("weights", "bias", "norm", "slope")
                and found.step > 0
                and self._changed_at != found.step
            )
            if made_by_update:
                found = replace(found, name="update", step=found.step - 1)
            found = replace(found, exact=False)
        return LookBack(found, frames)

    def _replay(
        self, snapshot: _Snapshot, leaving: Callable[[], bool]
    ) -> tuple[Found | None, tuple[Frame, ...], bool]:
        """Make the steps from a snapshot again.

        Returns
        -------
        found : Found or None
        frames : tuple of Frame
        reproduced : bool
            Whether the last step was reached, and all is as it was, to the bit. If it was not
            reached for lack of time, the frames are still right.
        """
        engine, last = self._engine, self._engine.step - 1
        clock, started = self._clock, self._clock()
        changes = list(snapshot.changes)
        engine.frame(Parts.ALL)  # tells what one costs
        frames: list[Frame] = []
        each, spent = clock() - started, 0.0
        with engine.detour() as arrived:
            engine.load_state(snapshot.state)
            found = engine.nonfinite_state()
            if found is not None and snapshot.step:
                found = replace(found, earlier=True)
            while engine.step <= last:
                step, passed = engine.step, clock() - started
                if passed > SECONDS or leaving():
                    return None, tuple(frames), False
                while changes and changes[0][0] == step:
                    engine.apply(changes.pop(0)[1])
                    found = found or engine.nonfinite_state()
                block = engine.advance(1, 0.0)
                if block.n != 1 or block.diverged != (step == last):
                    return None, (), False  # this device does not compute the same again
                found = found or engine.nonfinite()
                if step <= last - KEPT:
                    continue
                # The latest are the most telling: they begin when there is time for all of them.
                passed = clock() - started
                one_step = (passed - spent) / (step - snapshot.step + 1)
                if passed + (one_step + each) * (last - step + 1) > SECONDS:
                    continue
                frame = engine.frame(Parts.ALL)
                if frame is not None:
                    frames.append(frame)
                spent += clock() - started - passed
                each = max(each, spent / max(1, len(frames)))
            if not arrived():
                return None, (), False
        return found, tuple(frames), True
