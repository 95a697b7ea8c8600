"""Schedules of the learning rate, as an experiment names them.

Every schedule is a factor that multiplies the optimiser's learning rate.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


def _warmup() -> Any:
    return setting(
        0,
        title="Warm-up",
        unit="steps",
        help="Steps over which the rate first rises in a straight line; the schedule follows.",
        scope=Scope.LIVE,
        ge=0,
        le=1_000_000_000,
    )


class ConstantRate(Part):
    """The learning rate stays as it is."""

    kind: Literal["constant"] = "constant"
    warmup: int = _warmup()


class StepDecay(Part):
    """Every few epochs the rate is multiplied by a factor, at once."""

    kind: Literal["step"] = "step"
    every: float = setting(
        10.0,
        title="Every",
        unit="epochs",
        help="Epochs from one drop to the next; parts of an epoch are allowed.",
        scope=Scope.LIVE,
        ge=1e-6,
        le=10_000_000.0,
    )
    factor: float = setting(
        0.1,
        title="Factor",
        help="What the rate is multiplied by at each drop.",
        scope=Scope.LIVE,
        gt=0.0,
        le=1.0,
    )
    warmup: int = _warmup()


class ExponentialDecay(Part):
    """The rate falls a little at each step, by the same factor in each epoch."""

    kind: Literal["exponential"] = "exponential"
    factor: float = setting(
        0.95,
        title="Factor",
        unit="per epoch",
        help="What the rate is multiplied by over one epoch.",
        scope=Scope.LIVE,
        gt=0.0,
        le=1.0,
    )
    warmup: int = _warmup()


class CosineDecay(Part):
    """The rate falls along half a cosine to the end of the run (Loshchilov & Hutter 2017)."""

    kind: Literal["cosine"] = "cosine"
    floor: float = setting(
        0.0,
        title="Floor",
        unit="share",
        help="Share of the rate that is left at the end.",
        scope=Scope.LIVE,
        ge=0.0,
        le=1.0,
    )
    warmup: int = _warmup()


class OneCycle(Part):
    """Up to the learning rate and down again within the run (Smith & Topin 2017)."""

    kind: Literal["one_cycle"] = "one_cycle"
    peak: float = setting(
        0.3,
        title="Peak at",
        unit="share of the run",
        help="Where in the run the rate is largest: there it is the optimiser's learning rate.",
        scope=Scope.LIVE,
        gt=0.0,
        lt=1.0,
    )
    start_divisor: float = setting(
        25.0,
        title="Start divisor",
        help="The run starts with the learning rate divided by this.",
        scope=Scope.LIVE,
        log=True,
        ge=1.0,
    )
    end_divisor: float = setting(
        1e4,
        title="End divisor",
        help="The run ends with the rate that it started with, divided by this.",
        scope=Scope.LIVE,
        log=True,
        ge=1.0,
    )


class ReduceOnPlateau(Part):
    """The rate is lowered whenever the validation loss has stopped falling."""

    kind: Literal["plateau"] = "plateau"
    factor: float = setting(
        0.1,
        title="Factor",
        help="What the rate is multiplied by each time.",
        scope=Scope.LIVE,
        gt=0.0,
        lt=1.0,
    )
    patience: int = setting(
        10,
        title="Patience",
        unit="evaluations",
        help="Evaluations without a new best validation loss that are let pass first.",
        scope=Scope.LIVE,
        ge=0,
        le=1_000_000,
    )
    threshold: float = setting(
        1e-4,
        title="Threshold",
        unit="share",
        help="A validation loss is a new best only if it is lower by more than this share.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
        lt=1.0,
    )
    cooldown: int = setting(
        0,
        title="Cool-down",
        unit="evaluations",
        help="Evaluations after a reduction that do not count.",
        scope=Scope.LIVE,
        ge=0,
        le=1_000_000,
    )
    floor: float = setting(
        0.0,
        title="Floor",
        unit="share",
        help="Share of the rate below which it is never lowered.",
        scope=Scope.LIVE,
        ge=0.0,
        le=1.0,
    )
    warmup: int = _warmup()


SCHEDULE_KINDS: dict[str, type[Part]] = {
    "constant": ConstantRate,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "cosine": CosineDecay,
    "one_cycle": OneCycle,
    "plateau": ReduceOnPlateau,
}
ScheduleSpec = (
    ConstantRate | StepDecay | ExponentialDecay | CosineDecay | OneCycle | ReduceOnPlateau
)
Schedule = Annotated[ScheduleSpec, BY_KIND, SHORTHAND]
