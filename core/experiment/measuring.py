"""Which steps are measured: it changes what is seen of a run, never the run."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


class EveryStep(Part):
    """Every step is measured: nothing is missed."""

    kind: Literal["every_step"] = "every_step"


class SampledSteps(Part):
    """Every so many steps one is measured; the others are marked as not measured."""

    kind: Literal["sampled"] = "sampled"
    every: int = setting(
        10,
        title="Every",
        unit="steps",
        help="Steps from one that is measured to the next.",
        scope=Scope.LIVE,
        ge=1,
        le=1_000_000,
    )


class Budget(Part):
    """As many steps are measured as a share of the training time allows."""

    kind: Literal["budget"] = "budget"
    percent: float = setting(
        10.0,
        title="Share",
        unit="%",
        help="What measuring may add to the time of training.",
        scope=Scope.LIVE,
        ge=0.1,
        le=1000.0,
    )


MEASURING_KINDS: dict[str, type[Part]] = {
    "every_step": EveryStep,
    "sampled": SampledSteps,
    "budget": Budget,
}
MeasuringSpec = EveryStep | SampledSteps | Budget
Measuring = Annotated[MeasuringSpec, BY_KIND, SHORTHAND]
