"""When a run ends before its epochs are over."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


class NoEarlyStopping(Part):
    """The run ends with its epochs or steps, whatever the validation loss does."""

    kind: Literal["none"] = "none"


class ValidationLossStopping(Part):
    """The run ends when the validation loss has stopped falling (Prechelt 1998)."""

    kind: Literal["validation_loss"] = "validation_loss"
    patience: int = setting(
        10,
        title="Patience",
        unit="evaluations",
        help="Evaluations in a row without a new best validation loss after which the run ends.",
        scope=Scope.LIVE,
        ge=1,
        le=1_000_000,
    )
    min_delta: float = setting(
        0.0,
        title="Least gain",
        help="A validation loss counts as a new best only if it is lower by more than this.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    restore_best: bool = setting(
        True,
        title="Restore best",
        help="At the end, go back to the weights of the lowest validation loss.",
        scope=Scope.LIVE,
    )


EARLY_STOPPING_KINDS: dict[str, type[Part]] = {
    "none": NoEarlyStopping,
    "validation_loss": ValidationLossStopping,
}
EarlyStoppingSpec = NoEarlyStopping | ValidationLossStopping
EarlyStopping = Annotated[EarlyStoppingSpec, BY_KIND, SHORTHAND]
