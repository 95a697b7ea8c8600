"""The learning rate over a run, as a factor of the optimiser's rate.

Without torch, so that the window can draw a schedule before any run. The factors are those of
torch.optim.lr_scheduler, where a call of its ``step()`` is one update (exponential: a smooth fall
that agrees with ExponentialLR at the end of each epoch).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.experiment.schedules import (
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from core.experiment.schedules import ScheduleSpec

_ALMOST = 1e-9
"""A drop due at step 3.0000000000000004, by rounding, is due at step 3."""


@dataclass
class _Memory:
    """What reduce-on-plateau remembers, and where the clock stood at the last change of pace."""

    best: float = math.inf
    bad: int = 0  # evaluations in a row without a new best
    cooling: int = 0  # evaluations of the cool-down that are left
    share: float = 1.0  # of the rate, after all reductions
    start: int | None = None  # the step from which the clock goes at the present pace ...
    epochs: float = 0.0  # ... and how far it had come by then
    progress: float = 0.0


class Schedule:
    """The factor of the learning rate at each step.

    Warm-up comes first: steps 0 to ``warmup - 1`` have the factors 1/(warmup + 1), 2/(warmup + 1)
    ...; the schedule's own clock starts after them. After the end of the run the last factor
    holds.

    Parameters
    ----------
    spec : ScheduleSpec
    steps_per_epoch, total_steps : int
        Length of an epoch and of the whole run, in steps; at least 1.
    """

    def __init__(self, spec: ScheduleSpec, steps_per_epoch: int, total_steps: int) -> None:
        self.spec = spec
        self.steps_per_epoch = steps_per_epoch
        self.total_steps = total_steps
        self._memory = _Memory()

    def factor(self, step: int) -> float:
        """Return what the optimiser's learning rate is multiplied by in update ``step``, from 0."""
        spec = self.spec
        if isinstance(spec, OneCycle):
            return _one_cycle(spec, self._progress(step), self.total_steps)
        warmup = min(1.0, (step + 1) / (spec.warmup + 1))
        match spec:
            case ConstantRate():
                return warmup
            case StepDecay():
                drops = math.floor(self._epochs(step) / spec.every + _ALMOST)
                return warmup * spec.factor**drops
            case ExponentialDecay():
                return warmup * spec.factor ** self._epochs(step)
            case CosineDecay():
                cosine = (1.0 + math.cos(math.pi * self._progress(step))) / 2.0
                return warmup * (spec.floor + (1.0 - spec.floor) * cosine)
            case ReduceOnPlateau():
                return warmup * self._memory.share

    def observe(self, val_loss: float) -> None:
        """Tell the validation loss of an evaluation; only reduce-on-plateau listens."""
        spec, memory = self.spec, self._memory
        if not isinstance(spec, ReduceOnPlateau):
            return
        if val_loss < memory.best * (1.0 - spec.threshold):
            memory.best, memory.bad = val_loss, 0
        else:  # also if it is NaN
            memory.bad += 1
        if memory.cooling:
            memory.cooling -= 1
            memory.bad = 0
        if memory.bad > spec.patience:
            # A floor that was raised since does not raise the rate.
            memory.share = min(memory.share, max(memory.share * spec.factor, spec.floor))
            memory.cooling, memory.bad = spec.cooldown, 0

    def adopt(self, spec: ScheduleSpec) -> None:
        """Go on by other settings; a schedule of another kind forgets the evaluations so far."""
        if spec.kind != self.spec.kind:
            clock = self._memory
            self._memory = _Memory(start=clock.start, epochs=clock.epochs, progress=clock.progress)
        self.spec = spec

    def retime(self, step: int, steps_per_epoch: int, total_steps: int) -> None:
        """Go on from ``step`` with epochs or a run of another length; the rate does not jump.

        Parameters
        ----------
        step : int
            Updates made so far.
        steps_per_epoch, total_steps : int
            As from now on; ``total_steps`` counts from the start of the run.
        """
        if (steps_per_epoch, total_steps) == (self.steps_per_epoch, self.total_steps):
            return  # not even rounding shall tell that somebody asked
        if step > self._warmup_steps():
            epochs, progress = self._epochs(step), self._progress(step)
            self._memory.start, self._memory.epochs, self._memory.progress = step, epochs, progress
        self.steps_per_epoch, self.total_steps = steps_per_epoch, total_steps

    def state(self) -> dict[str, Any]:
        """Return what has to be kept to resume to the bit, besides what the constructor gets."""
        return asdict(self._memory)

    def load_state(self, state: dict[str, Any]) -> None:
        """Resume from :meth:`state` of a schedule with the same specification and lengths."""
        self._memory = _Memory(**state)

    def _warmup_steps(self) -> int:
        return 0 if isinstance(self.spec, OneCycle) else self.spec.warmup

    def _since(self, step: int) -> tuple[int, int]:
        """Return the step at which the present pace began, and the steps made since."""
        start = self._memory.start
        start = self._warmup_steps() if start is None else start
        return start, max(0, step - start)

    def _epochs(self, step: int) -> float:
        _, since = self._since(step)
        return self._memory.epochs + since / self.steps_per_epoch

    def _progress(self, step: int) -> float:
        """Return the share of the run that is over, from 0 to 1."""
        start, since = self._since(step)
        # As in PyTorch: a cosine would be at its floor one step after the last, the cycle at it.
        end = self.total_steps - 1 if isinstance(self.spec, OneCycle) else self.total_steps
        if end <= start:
            return 1.0 if since else self._memory.progress
        before = self._memory.progress
        return min(1.0, before + (1.0 - before) * since / (end - start))


def preview(
    spec: ScheduleSpec, lr: float, steps_per_epoch: int, total_steps: int, n: int = 400
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the learning rates of a run before it, for a plot.

    What a plateau will do nobody knows: its curve shows the rate until the first reduction.

    Parameters
    ----------
    spec : ScheduleSpec
    lr : float
        The optimiser's learning rate.
    steps_per_epoch, total_steps : int
        Length of an epoch and of the run, in steps.
    n : int
        Most points, at least 2.

    Returns
    -------
    steps : ndarray of int64, shape (points,)
        Ascending, from 0 to ``total_steps - 1``.
    rates : ndarray of float64, shape (points,)
    """
    schedule = Schedule(spec, steps_per_epoch, total_steps)
    steps = np.unique(np.linspace(0, total_steps - 1, n).round().astype(np.int64))
    return steps, np.array([lr * schedule.factor(int(step)) for step in steps])


def _one_cycle(spec: OneCycle, progress: float, total_steps: int) -> float:
    """Half a cosine up, half a cosine down (OneCycleLR, two phases, without its momentum)."""
    low = 1.0 / spec.start_divisor
    last = max(1, total_steps - 1)
    peak = (spec.peak * total_steps - 1.0) / last
    if progress <= peak and peak > 0.0:  # a short run has no step before the peak
        return _between(low, 1.0, progress / peak)
    return _between(1.0, low / spec.end_divisor, (progress - peak) / (1.0 - peak))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * share))
