"""Playing a recording: which step is looked at, as time passes."""

from __future__ import annotations

from dataclasses import dataclass

RATES: tuple[tuple[str, float, float], ...] = (
    ("1 step every 5 s", 0.2, 0.0),
    *((f"{n:,} step{'s' if n > 1 else ''}/s", float(n), 0.0) for n in (1, 3, 10, 30, 100, 300)),
    *((f"{n:,} steps/s", float(n), 0.0) for n in (1_000, 10_000)),
    *((f"whole run in {n} s", 0.0, float(n)) for n in (120, 60, 20, 10, 5, 2)),
)
"""Words, steps a second, or seconds for the whole run."""
USUAL = next(place for place, (_, _, whole) in enumerate(RATES) if whole == 20.0)


@dataclass(slots=True)
class Playback:
    """A position that moves through a run, forward or backward.

    Attributes
    ----------
    direction : int
        1 forward, -1 backward, 0 stands still.
    rate : int
        Place in ``RATES``.
    position : float
        Recorded step, with its fraction.
    """

    direction: int = 0
    rate: int = USUAL
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
        _, steps_per_s, whole = RATES[self.rate]
        speed = steps_per_s or last / whole
        self.position += self.direction * speed * seconds
        if not 0 < self.position < last:
            ended = self.position >= last if self.direction > 0 else self.position <= 0
            self.position = min(max(self.position, 0.0), float(last))
            if ended:
                self.direction = 0
        return int(self.position + 0.5)
