"""The five stages of a training step: their numbers, their words, and when each is on screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from app.plots.text import integer
from app.views.readings import SHORT, value_words
from core.measure.missing import NOT_MEASURED, not_measured
from core.record import RunSource

Array = NDArray[np.float32]

STAGE_S = 0.45
"""How long each stage is shown after a single step."""
SWEPT = 0.75
"""Share of a stage's time after which its picture is complete: the rest is for reading."""


class Stage(IntEnum):
    """What a step does, in this order."""

    FORWARD = 1
    LOSS = 2
    BACKWARD = 3
    CLIP = 4
    UPDATE = 5

    @property
    def title(self) -> str:
        """As shown on screen."""
        return self.name.capitalize()


# When ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage (None: the whole step at once), and how far it is, from 0 to 1."""

    stage: Stage | None = None
    progress: float = 1.0


class StageClock:
    """Plays the stages one after the other, or stays at one. It is told the time, in seconds."""

    def __init__(self) -> None:
        self._since = 0.0
        self._each = 0.0  # seconds a stage, while playing
        self._held: Stage | None = None

    @property
    def held(self) -> Stage | None:
        """The stage that was asked for, None while playing or at rest."""
        return self._held

    def play(self, now: float, seconds: float = STAGE_S * len(Stage)) -> None:
        """Show all stages once, in so many seconds."""
        self._held, self._since, self._each = None, now, seconds / len(Stage)

    def hold(self, stage: Stage, now: float) -> None:
        """Show a stage and stay there."""
        self._held, self._since, self._each = stage, now, STAGE_S

    def release(self) -> None:
        """Show the whole step at once."""
        self._held, self._each = None, 0.0

    def phase(self, now: float) -> Phase:
        """Return what to show."""
        if self._each <= 0.0:
            return Phase()
        passed = max(0.0, now - self._since) / self._each
        if self._held is not None:
            return Phase(self._held, min(1.0, passed / SWEPT))
        if passed >= len(Stage):
            self.release()
            return Phase()
        return Phase(Stage(int(passed) + 1), min(1.0, passed % 1.0 / SWEPT))


# Numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class StepNumbers:
    """What was recorded of one step. What nobody measured keeps the NaN that says so.

    Attributes
    ----------
    row : int
        The step, from 0.
    h, delta, update, slope, dead : ndarray of float32, shape (layers,)
        ‖h‖, ‖δ‖, ‖ΔW‖/‖W‖, mean φ′ as a share of its largest, share of dead units.
    loss, data, penalty : float32
    raw, factor, angle : float32
        Norm of the gradient before clipping, norm after / before, angle in degrees.
    rate : float32
        Learning rate.
    clips : bool
        Whether clipping is switched on now.
    """

    row: int
    h: Array
    delta: Array
    update: Array
    slope: Array
    dead: Array
    loss: np.float32
    data: np.float32
    penalty: np.float32
    raw: np.float32
    factor: np.float32
    angle: np.float32
    rate: np.float32
    clips: bool


def row_of(source: RunSource, at: int | None) -> int:
    """Return the step to show: the one that is looked at, else the newest that was measured."""
    newest = source.steps - 1
    if at is not None:
        return min(at, newest)
    column = source.layer_columns.get("delta_norm")
    latest = None if column is None else column.latest()
    return newest if latest is None else min(latest[0], newest)


def read_step(source: RunSource, row: int) -> StepNumbers:
    """Return the numbers of a recorded step."""
    count = len(source.facts.layers)

    def layers(name: str) -> Array:
        column = source.layer_columns.get(name)
        found = None if column is None else column.read(row, row + 1)
        if found is None or found.shape != (1, count):
            return np.full(count, NOT_MEASURED, np.float32)
        return np.asarray(found[0], np.float32)

    def scalar(name: str) -> np.float32:
        column = source.scalars.get(name)
        found = None if column is None else column.read(row, row + 1)
        return NOT_MEASURED if found is None or not len(found) else found[0]

    return StepNumbers(
        row,
        layers("activation_norm"),
        layers("delta_norm"),
        layers("update_ratio"),
        layers("derivative_mean"),
        layers("dead_fraction"),
        scalar("loss"),
        scalar("loss_data"),
        scalar("loss_penalty"),
        scalar("grad_norm"),
        scalar("clip_factor"),
        scalar("clip_angle"),
        scalar("learning_rate"),
        source.experiment.training.clip.kind != "none",
    )


# Words --------------------------------------------------------------------------------------


def say(value: np.floating | float, digits: int = 2) -> str:
    """Return a number in words: not measured, exactly 0 and NaN are different things."""
    plain = not np.isfinite(value) or 1e-3 <= abs(value) < 1e5
    return value_words(np.float32(value), digits if plain else max(digits, 3))  # 1.6·10⁻¹³


def sentence(stage: Stage | None, step: StepNumbers) -> str:
    """Return what happens in a stage, with the step's real numbers."""
    if stage is Stage.FORWARD:
        return f"Forward: {_path('|h|', step.h, 1)}."
    if stage is Stage.LOSS:
        return f"Loss: {_loss(step)}."
    if stage is Stage.BACKWARD:
        return f"Backward: {_path('|δ|', step.delta, -1)}."
    if stage is Stage.CLIP:
        return f"Clip: {_clip(step)}."
    if stage is Stage.UPDATE:
        return f"Update: {_path('|ΔW|/|W|', step.update, -1)}; learning rate {say(step.rate)}."
    if len(step.h) < 2:
        return f"|h| {short(step.h[0])}, |δ| {short(step.delta[0])}, loss {short(step.loss, 3)}."
    return (
        f"Forward |h| {short(step.h[0])} → {short(step.h[-1])}, "
        f"loss {short(step.loss, 3)}, "
        f"backward |δ| {short(step.delta[-1])} → {short(step.delta[0])}."
    )


def in_one_line(step: StepNumbers) -> str:
    """Return all stages of a step in one line, in their order."""
    clip = "nothing clipped"
    if was_clipped(step):
        clip = f"clip ‖g‖ {short(step.raw)} → {short(clipped(step))}"
    parts = (
        f"step {integer(step.row)}: forward |h| {_ends(step.h)}",
        f"loss {short(step.loss, 4)}",
        f"backward |δ| {_ends(step.delta[::-1])}",
        clip,
        f"update |ΔW|/|W| {_ends(step.update[::-1])}",
    )
    return " · ".join(parts)


def _ends(values: Array) -> str:
    """Return the first and the last of some values."""
    first = short(values[0])
    return first if len(values) == 1 else f"{first} → {short(values[-1])}"


def short(value: np.floating | float, digits: int = 2) -> str:
    """Return the same in less room: ``–`` and ``0``."""
    text = say(value, digits)
    return SHORT.get(text, text)


def _path(symbol: str, values: Array, way: int) -> str:
    """Return how a signal fares on its way through the layers: 1 from, -1 towards the input."""
    count = len(values)
    if bool(not_measured(values).all()):
        return f"{symbol} was not measured at this step"
    if count == 1:
        return f"{symbol} is {say(values[0])} at the only layer"
    order = range(count) if way > 0 else range(count - 1, -1, -1)
    first, last = order[0], order[-1]
    start = f"{say(values[first])} at layer {integer(first + 1)}"
    for index in order:
        value = values[index]
        if np.isfinite(value) and value != 0:
            continue
        what, where = say(value), f"layer {integer(index + 1)}"
        if index == first:
            return f"{symbol} is {what} already at {where}"
        return f"{symbol} starts with {start} and is {what} at {where}"
    # As logarithms: the quotient of two float32 may be too large or too small for one.
    decades = float(np.log10(np.float64(values[last])) - np.log10(np.float64(values[first])))
    verb = "stays near"
    if abs(decades) > 0.15:
        verb = "grows" if decades > 0 else "falls"
    end = f"{say(values[last])} at layer {integer(last + 1)}"
    if verb == "stays near":
        return f"{symbol} hardly changes, {start}, {end}"
    return f"{symbol} {verb} from {start} to {end}"


def _loss(step: StepNumbers) -> str:
    whole = say(step.loss, 4)
    if step.penalty == 0:
        return f"{whole}, all of it from the data"
    return f"{whole} = data {say(step.data, 4)} + penalty {say(step.penalty)}"


def _clip(step: StepNumbers) -> str:
    raw = say(step.raw)
    if not step.clips and not was_clipped(step):
        return f"none is set, the gradient keeps its norm {raw}"
    if not was_clipped(step):
        return f"the norm {raw} is small enough, nothing is cut"
    turned = f", turned by {say(step.angle)}°" if step.angle > 0 else ", direction unchanged"
    return f"norm {raw} becomes {say(clipped(step))}, a factor of {say(step.factor)}{turned}"


def was_clipped(step: StepNumbers) -> bool:
    """Tell whether clipping changed the gradient; a factor that is not finite counts."""
    measured = not bool(not_measured(np.asarray(step.factor)))
    return measured and not (step.factor == 1 and not step.angle > 0)


def clipped(step: StepNumbers) -> np.float32:
    """Return the gradient's norm after clipping."""
    missing = not_measured(np.array([step.raw, step.factor], np.float32)).any()
    if missing:
        return NOT_MEASURED
    with np.errstate(invalid="ignore", over="ignore"):
        return np.float32(step.raw * step.factor)
