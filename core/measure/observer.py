"""What watches a run: which steps are measured, what of them, and what that costs."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from core.experiment.measuring import Budget, EveryStep, SampledSteps
from core.measure.large import LargeNorms
from core.measure.missing import blank, not_measured
from core.measure.moved import LARGE
from core.measure.parameters import ParameterNorms
from core.measure.slots import NAMES, Slot
from core.measure.statistics import LayerSignals

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.experiment.measuring import MeasuringSpec
    from core.network.build import Network, Taps
    from core.record.units import UnitBlock

Tensor = torch.Tensor
Array = NDArray[np.float32]

STEP_SCALARS = ("clip_factor", "clip_angle")
"""What a watched step appends to its scalars, in this order."""
_IN_ORDER = (
    "preactivation_mean",
    "activation_mean",
    "delta_norm",
    "weight_grad_mean",
    "weight_norm",
)
"""Quantities in which a value that is not finite shows, in the order of computation."""
_SMOOTH = 0.2
_HIDDEN = 1.4
"""What watching costs in all, over what is timed in here.

A watched step also brings delta to light and keeps its tensors, and what it works on has left the
cache: measured on the networks of the benchmark.
"""


@dataclass
class _Pieces:
    """Measurements of watched steps, on the device, until a block is complete."""

    rows: list[int] = field(default_factory=list[int])
    scalars: list[Tensor] = field(default_factory=list[Tensor])
    signals: list[Array] = field(default_factory=list["Array"])
    norms: list[Array] = field(default_factory=list["Array"])
    whole: list[Array] = field(default_factory=list["Array"])
    slopes: list[Tensor] = field(default_factory=list[Tensor])
    accuracies: list[Tensor] = field(default_factory=list[Tensor])
    outputs: list[tuple[Tensor, Tensor]] = field(default_factory=list[tuple[Tensor, Tensor]])


class Observer:
    """Measures the steps that its policy names; nothing it does can change the run.

    Parameters
    ----------
    network : Network
    window : int
        Steps of an epoch: so long a unit must be silent to count as dead.
    policy : MeasuringSpec or None
        None: nothing is measured, which only a benchmark wants.
    penalised, clipped, floor
        As in :meth:`core.measure.parameters.ParameterNorms.configure`.

    Attributes
    ----------
    seconds : dict of str to float
        What measuring has cost since the last block, by family.
    """

    def __init__(
        self,
        network: Network,
        window: int,
        policy: MeasuringSpec | None,
        *,
        penalised: bool,
        clipped: bool,
        floor: float,
    ) -> None:
        self._network = network
        self.policy = policy
        self.signals = LayerSignals(network, window)
        large = max(layer.weight.numel() for layer in network.layers) > LARGE
        self.parameters = LargeNorms(network) if large else ParameterNorms(network)
        self._not_learned = torch.full((len(network.layers),), math.nan, device=network.device)
        self._pieces = _Pieces()
        self.seconds: dict[str, float] = {}
        self._next = self._batch_size = 0
        self._drawn = True
        self._cost = self._step_cost = 0.0
        self.follow(penalised=penalised, clipped=clipped, floor=floor)

    def follow(self, *, penalised: bool, clipped: bool, floor: float) -> None:
        """Follow a live edit between two blocks."""
        self.parameters.configure(self._network, penalised=penalised, clipped=clipped, floor=floor)
        size = self._network.theta.numel()
        scratch = torch.zeros(1 + clipped, size, device=self._network.device)
        self._unwatched = Slot(scratch[0], scratch[0], scratch[-1])
        self._learning = self._network.learning_slopes()
        self._not_learned.fill_(math.nan)
        self._not_learned[self._learning] = 0.0

    def restart(self, layers: Collection[int]) -> None:
        """Take note that the weights of layers were drawn again."""
        self.signals.regroup(layers)
        self.parameters.restart(self._network, layers)
        self._drawn = True

    # During a step -----------------------------------------------------------------------

    def watches(self, step: int) -> bool:
        """Tell whether the step that begins now is to be measured; asked once a step."""
        watched = self._wants(step)
        if watched and isinstance(self.policy, Budget):
            self._next = step + self._period(self.policy.percent)
        return watched

    def _wants(self, step: int) -> bool:
        drawn, self._drawn = self._drawn, False
        if drawn and self.policy is not None:  # what theory predicts is for these weights
            return True
        match self.policy:
            case None:
                return False
            case EveryStep():
                return True
            case SampledSteps():
                return step % self.policy.every == 0
            case _:
                return step >= self._next or step == 0

    def slot(self, theta: Tensor, *, watched: bool) -> Slot:
        """Return where the step's gradients are to be written."""
        if not watched:
            return self._unwatched
        started = time.perf_counter()
        slot = self.parameters.slot(theta)
        self._spent("weights and gradients", started)
        return slot

    def updated(self, theta: Tensor) -> None:
        """Take note of a watched step's update."""
        started = time.perf_counter()
        self.parameters.updated(theta)
        self._spent("weights and gradients", started)

    def add(
        self,
        row: int,
        step: int,
        taps: Taps,
        deltas: list[Tensor],
        scalars: list[Tensor],
        answers: tuple[Tensor, Tensor] | None,
        slopes: Tensor | None,
    ) -> None:
        """Keep what a watched step left behind, and measure once enough has come together.

        Parameters
        ----------
        row : int
            Place of the step in its block.
        step : int
        taps, deltas
            Of the step's forward and backward pass.
        scalars : list of Tensor
            In the order of ``STEP_SCALARS``.
        answers : (outputs, labels) or None
            None where no classes are told apart.
        slopes : Tensor or None, shape (layers,)
            What PReLU had learned before the update.
        """
        if len(taps.h[-1]) != self._batch_size:  # the last batch of an epoch may be smaller
            self.flush(signals=True, parameters=False)
            self._batch_size = len(taps.h[-1])
        started = time.perf_counter()
        pieces = self._pieces
        pieces.rows.append(row)
        pieces.scalars.append(torch.stack(scalars))
        if self._learning and slopes is not None:
            pieces.slopes.append(slopes + self._not_learned)
        if answers is not None:
            pieces.outputs.append(answers)
        full = self.signals.add(step, taps, deltas)
        self._spent("loss and accuracy", started)
        self.flush(signals=full, parameters=self.parameters.full)

    @torch.no_grad()
    def flush(self, *, signals: bool, parameters: bool) -> None:
        """Measure the steps that wait for it."""
        pieces, started = self._pieces, time.perf_counter()
        if parameters and self.parameters.waiting:
            layers, whole = self.parameters.flush()
            pieces.norms.append(layers)
            pieces.whole.append(whole)
            started = self._spent("weights and gradients", started)
        if signals and self.signals.waiting:
            pieces.signals.append(self.signals.flush())
            started = self._spent("signals", started)
        if signals and pieces.outputs:
            outputs, labels = (torch.stack(list(one)) for one in zip(*pieces.outputs, strict=True))
            right = (outputs.argmax(2) == labels).mean(1, dtype=outputs.dtype)
            pieces.accuracies.append(right)
            pieces.outputs = []
            self._spent("loss and accuracy", started)

    # After a block -----------------------------------------------------------------------

    def take(
        self, steps: int, seconds: float
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
        """Return scalars and layer quantities of a block, on the CPU.

        Parameters
        ----------
        steps : int
            Steps of the block, watched or not.
        seconds : float
            What the block took in all.
        """
        self.flush(signals=True, parameters=True)
        started = time.perf_counter()
        pieces, self._pieces = self._pieces, _Pieces()
        layers, rows = len(self._network.layers), pieces.rows
        scalars = _placed(pieces.scalars, rows, (steps, len(STEP_SCALARS)), stack=True)
        signals = _placed(pieces.signals, rows, (steps, len(LayerSignals.NAMES), layers))
        norms = _placed(pieces.norms, rows, (steps, len(NAMES), layers))
        found = {name: norms[:, i] for i, name in enumerate(NAMES)}
        change = found.pop("update_norm")
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # weights of 0
            found["update_ratio"] = np.where(
                np.isnan(change), change, change / found["weight_norm"]
            )
        found["learned_slope"] = _placed(pieces.slopes, rows, (steps, layers), stack=True)
        if not pieces.slopes:
            found["learned_slope"][rows] = np.nan
        found |= {name: signals[:, i] for i, name in enumerate(LayerSignals.NAMES)}
        found["nonfinite"] = _nonfinite(found)
        accuracy = _placed(pieces.accuracies, rows, (steps,))
        if not pieces.accuracies:
            accuracy[rows] = np.nan
        self._spent("loss and accuracy", started)
        self._learn_costs(steps, len(rows), seconds)
        return (
            {name: scalars[:, i] for i, name in enumerate(STEP_SCALARS)}
            | {"accuracy": accuracy, "grad_norm": _placed(pieces.whole, rows, (steps,))},
            found,
        )

    def take_units(self) -> UnitBlock | None:
        """Return what became of units since this was last asked; None if nothing was watched."""
        started = time.perf_counter()
        units = self.signals.units.take()
        self._spent("signals", started)
        return units

    def state(self) -> dict[str, Any]:
        """Return what later measurements depend on."""
        return {"dead": self.signals.state(), "start": self.parameters.start.clone()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore :meth:`state`."""
        self.signals.load_state(state["dead"])
        self.parameters.set_start(state["start"])

    def take_seconds(self) -> dict[str, float]:
        """Return what measuring cost since this was last asked, by family."""
        seconds, self.seconds = self.seconds, {}
        return seconds

    def _spent(self, family: str, started: float) -> float:
        now = time.perf_counter()
        self.seconds[family] = self.seconds.get(family, 0.0) + now - started
        return now

    def _learn_costs(self, steps: int, watched: int, seconds: float) -> None:
        """Keep running means of what a step and what watching it cost."""
        measuring = sum(self.seconds.values())
        if watched:
            cost = _HIDDEN * measuring / watched
            self._cost += (_SMOOTH if self._cost else 1.0) * (cost - self._cost)
        if steps:
            bare = max(seconds - measuring, 1e-9) / steps
            self._step_cost += (_SMOOTH if self._step_cost else 1.0) * (bare - self._step_cost)

    def _period(self, percent: float) -> int:
        """Return how many steps lie between two watched ones within the budget."""
        if not self._step_cost:
            return 1
        return max(1, math.ceil(self._cost / (self._step_cost * percent / 100.0)))


def _nonfinite(found: dict[str, Array]) -> Array:
    """Return the kind of the first value of each layer and step that is not finite, 0 for none."""
    kinds = np.zeros_like(found[_IN_ORDER[0]])
    for name in reversed(_IN_ORDER):
        values = found[name]
        if not np.isfinite(values).all():
            kind = np.where(np.isnan(values), 1.0, np.where(values > 0, 2.0, 3.0))
            kinds = np.where(np.isfinite(values), kinds, kind).astype(np.float32)
    gaps = not_measured(found[_IN_ORDER[0]])
    return np.where(gaps, blank(kinds.shape), kinds) if gaps.any() else kinds


def _placed(
    pieces: list[Tensor] | list[Array],
    rows: list[int],
    shape: tuple[int, ...],
    *,
    stack: bool = False,
) -> NDArray[np.float32]:
    """Return the pieces in the rows of watched steps; the others are not measured."""
    if not pieces:
        return blank(shape)
    if isinstance(pieces[0], Tensor):
        tensors = cast("list[Tensor]", pieces)
        values = (torch.stack(tensors) if stack else torch.cat(tensors)).cpu().numpy()
    else:
        values = np.concatenate(cast("list[Array]", pieces))
    if len(rows) == shape[0]:
        return values
    placed = blank(shape)
    placed[rows] = values
    return placed
