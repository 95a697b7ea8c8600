"""Heavy snapshots of a whole run: a bounded number, evenly spread."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.record.frame import Frame

MOST_PINNED = 50
MOST_BYTES = 256 * 2**20
LARGEST_SHARE = 0.03


class FrameHistory:
    """Frames of a run, thinned as it grows. One thread adds, any thread reads without a lock.

    Two neighbours are at least ``stride`` steps apart. When there are too many, the stride is
    doubled and those that are now too close to the one before are dropped. The first is always
    kept, and so is the newest until another is added. If frames are offered at least every b
    steps, neighbours are less than ``2 * stride + b`` apart.

    Parameters
    ----------
    most : int
        Frames kept, at least 2; pinned ones, up to ``MOST_PINNED``, come on top.
    most_bytes : int
        Memory, about; networks with very many layers have fewer frames.
    share : float
        Largest share of the time that making frames may take, so that a run does not start
        slowly because every step is still worth keeping.
    clock : callable
        Returns seconds.
    """

    def __init__(
        self,
        most: int = 600,
        *,
        most_bytes: int = MOST_BYTES,
        share: float = LARGEST_SHARE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if most < 2:
            raise ValueError("A history keeps at least two frames.")
        self.most = most
        self.stride = 1
        self._most_bytes = most_bytes
        self._share = share
        self._clock = clock
        self._wait_until = 0.0
        self._spread: list[Frame] = []  # evenly; the newest may be an exception
        self._pinned: list[Frame] = []
        self._sizes: dict[int, int] = {}  # step -> bytes
        self._frames: tuple[Frame, ...] = ()

    def __len__(self) -> int:
        return len(self._frames)

    # Read by everybody -----------------------------------------------------------------

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames by step; what is returned does not change any more."""
        return self._frames

    def nearest(self, step: int) -> Frame | None:
        """Return the frame closest to a step, of two the earlier; None if there is none."""
        frames = self._frames
        if not frames:
            return None
        at = bisect_left(frames, step, key=_step)
        around = frames[max(0, at - 1) : at + 1]
        return min(around, key=lambda frame: abs(frame.step - step))

    # Written by the trainer ------------------------------------------------------------

    def due(self, step: int) -> bool:
        """Return whether a frame of this step would be kept, and there is time to make it."""
        if not self._spread:
            return True
        if step - self._anchor() < self.stride:
            return False
        return self._clock() >= self._wait_until

    def add(self, frame: Frame, pinned: bool = False) -> None:
        """Keep a frame.

        Steps do not go back; a frame of the newest step replaces it.

        Parameters
        ----------
        frame : Frame
        pinned : bool
            Keep it whatever its neighbours are, such as at an event. Of more than
            ``MOST_PINNED`` the oldest are given up.
        """
        if self._frames and frame.step < self._frames[-1].step:
            raise ValueError(f"Step {frame.step} comes after step {self._frames[-1].step}.")
        self._wait_until = self._clock() + frame.seconds / self._share
        self._sizes[frame.step] = frame.nbytes
        if self._pinned and self._pinned[-1].step == frame.step:
            self._pinned[-1] = frame
        elif pinned:
            self._pinned = [*self._pinned, frame][-MOST_PINNED:]
        else:
            self._add_spread(frame)
        self._publish()
        # Memory is bounded as a whole, but what is pinned is not given up for it.
        while sum(self._sizes.values()) > self._most_bytes and len(self._spread) > 2:
            self._thin()
            self._publish()

    def pin(self, frames: Iterable[Frame]) -> None:
        """Keep frames of steps gone by, such as the last ones before a divergence.

        A pinned frame of the same step is replaced; of more than ``MOST_PINNED`` the oldest
        are given up.
        """
        pinned = {frame.step: frame for frame in (*self._pinned, *frames)}
        self._pinned = sorted(pinned.values(), key=_step)[-MOST_PINNED:]
        for frame in self._pinned:
            self._sizes[frame.step] = frame.nbytes
        self._publish()

    def _add_spread(self, frame: Frame) -> None:
        spread = self._spread
        if spread and (
            spread[-1].step == frame.step
            or (len(spread) > 1 and spread[-1].step - spread[-2].step < self.stride)
        ):
            spread.pop()  # was kept only because it was the newest
        spread.append(frame)
        while len(spread) > self.most:
            self._thin()

    def _thin(self) -> None:
        """Double the stride; keep the first, the newest, and between them what is far enough."""
        self.stride *= 2
        spread = self._spread
        kept = [spread[0]]
        for frame in spread[1:]:
            if frame.step - kept[-1].step >= self.stride:
                kept.append(frame)
        if kept[-1] is not spread[-1]:
            kept.append(spread[-1])
        spread[:] = kept

    def _anchor(self) -> int:
        """Return the step from which the distance to the next one counts."""
        spread = self._spread
        close = len(spread) > 1 and spread[-1].step - spread[-2].step < self.stride
        return spread[-2 if close else -1].step

    def _publish(self) -> None:
        by_step = {frame.step: frame for frame in (*self._spread, *self._pinned)}
        self._frames = tuple(sorted(by_step.values(), key=_step))
        self._sizes = {step: self._sizes[step] for step in by_step}


def _step(frame: Frame) -> int:
    return frame.step
