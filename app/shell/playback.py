"""Playing a recording: which step is looked at, as time passes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a recording is played: by steps a second, or by the seconds that all of it takes."""

    steps_per_s: float = 0.0
    whole_s: float = 0.0

    @property
    def words(self) -> str:
        """For people."""
        if self.whole_s:
            return f"whole run in {self.whole_s:g} s"
        if self.steps_per_s < 1.0:
            return f"1 step every {1.0 / self.steps_per_s:.3g} s"
        unit = "step/s" if self.steps_per_s == 1.0 else "steps/s"
        return f"{self.steps_per_s:,.10g} {unit}"

    def speed(self, steps: int) -> float:
        """Return the steps a second through a run of so many."""
        return self.steps_per_s or (steps - 1) / self.whole_s


RATES = (
    *(Rate(steps_per_s=n) for n in (0.2, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 10_000.0)),
    *(Rate(whole_s=s) for s in (120.0, 60.0, 20.0, 10.0, 5.0, 2.0)),
)
USUAL = Rate(whole_s=20.0)
"""One of ``RATES``."""


@dataclass(slots=True)
class Playback:
    """A position that moves through a run, forward or backward.

    Attributes
    ----------
    direction : int
        1 forward, -1 backward, 0 stands still.
    rate : Rate
    position : float
        Recorded step, with its fraction.
    """

    direction: int = 0
    rate: Rate = USUAL
    position: float = 0.0

    def start(self, direction: int, at: int, steps: int) -> None:
        """Play from a step; from the end forward, or from the start backward, all of it."""
        last = max(steps - 1, 0)
        if direction > 0 and at >= last:
            at = 0
        elif direction < 0 and at <= 0:
            at = last
        self.direction, self.position = direction, float(at)

    def stop(self) -> None:
        """Stand still."""
        self.direction = 0

    def advance(self, seconds: float, steps: int) -> int:
        """Move on and return the step; at either end it stands still."""
        last = max(steps - 1, 0)
        self.position += self.direction * self.rate.speed(steps) * seconds
        if not 0 < self.position < last:
            ended = self.position >= last if self.direction > 0 else self.position <= 0
            self.position = min(max(self.position, 0.0), float(last))
            if ended:
                self.direction = 0
        return int(self.position + 0.5)
