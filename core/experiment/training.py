"""The training part of an experiment: loss, optimiser, schedule, clipping, penalties, stopping."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ValidationInfo, field_validator

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting
from core.experiment.losses import CrossEntropy, Loss
from core.experiment.optimizers import OPTIMIZER_KINDS, Adam, Optimizer, OptimizerSpec, Sgd
from core.experiment.schedules import ConstantRate, Schedule, ScheduleSpec
from core.experiment.stopping import EarlyStopping, NoEarlyStopping

__all__ = [
    "CLIP_KINDS",
    "OPTIMIZER_KINDS",
    "Adam",
    "Clip",
    "ClipLayerNorm",
    "ClipNorm",
    "ClipSpec",
    "ClipValue",
    "NoClip",
    "Optimizer",
    "OptimizerSpec",
    "Sgd",
    "Training",
]


class NoClip(Part):
    """Gradients are used as they come."""

    kind: Literal["none"] = "none"


class ClipValue(Part):
    """Every component is limited to [-limit, limit]; this turns the gradient."""

    kind: Literal["value"] = "value"
    limit: float = setting(
        1.0, title="Limit", help="Largest component.", scope=Scope.LIVE, log=True, gt=0.0
    )


class ClipNorm(Part):
    """The whole gradient is shortened to the limit; its direction stays."""

    kind: Literal["norm"] = "norm"
    limit: float = setting(
        1.0, title="Limit", help="Largest L2 norm.", scope=Scope.LIVE, log=True, gt=0.0
    )


class ClipLayerNorm(Part):
    """Each layer's weights, biases ... are shortened by themselves (Keras clipnorm); this turns."""

    kind: Literal["layer_norm"] = "layer_norm"
    limit: float = setting(
        1.0,
        title="Limit",
        help="Largest L2 norm of the gradient of one tensor of parameters.",
        scope=Scope.LIVE,
        log=True,
        gt=0.0,
    )


CLIP_KINDS: dict[str, type[Part]] = {
    "none": NoClip,
    "value": ClipValue,
    "norm": ClipNorm,
    "layer_norm": ClipLayerNorm,
}
ClipSpec = NoClip | ClipValue | ClipNorm | ClipLayerNorm
Clip = Annotated[ClipSpec, BY_KIND, SHORTHAND]


class Training(Part):
    """How the network is trained."""

    loss: Loss = setting(CrossEntropy(), title="Loss", help="What training makes small.")
    optimizer: Optimizer = setting(
        Sgd(), title="Optimiser", help="How a gradient becomes an update."
    )
    schedule: Schedule = setting(
        ConstantRate(),
        title="Schedule",
        help="How the learning rate changes over the run.",
        scope=Scope.LIVE,
    )
    batch_size: int = setting(
        32,
        title="Batch size",
        unit="samples",
        help="Samples in one step; as many as there are make the full batch.",
        scope=Scope.LIVE,
        ge=1,
        le=1_000_000,
    )
    epochs: int = setting(
        20,
        title="Epochs",
        help="Passes over the training samples before the run ends by itself.",
        scope=Scope.LIVE,
        ge=1,
        le=10_000_000,
    )
    steps: int = setting(
        0,
        title="Step limit",
        unit="steps",
        help="Steps after which the run ends even if epochs are left; 0 for no limit.",
        scope=Scope.LIVE,
        ge=0,
        le=1_000_000_000_000,
    )
    early_stopping: EarlyStopping = setting(
        NoEarlyStopping(),
        title="Early stopping",
        help="Whether the run ends once the validation loss has stopped falling.",
        scope=Scope.LIVE,
    )
    clip: Clip = setting(
        NoClip(),
        title="Clip gradient",
        help="Limit the gradient before it is used, by value, by norm, or layer by layer.",
        scope=Scope.LIVE,
    )
    l1: float = setting(
        0.0,
        title="L1",
        unit="λ Σ|W|",
        help="Adds l1 times the sum of |W| to the loss; pulls weights to 0.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    l2: float = setting(
        0.0,
        title="L2",
        unit="λ ΣW²",
        help="Adds l2 times the sum of W squared to the loss: gradient 2 l2 W.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    weight_decay: float = setting(
        0.0,
        title="Weight decay",
        unit="1/step·lr",
        help="Shrinks weights by lr times this share at each step, beside the gradient (AdamW).",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    penalize_biases: bool = setting(
        False,
        title="Penalise biases",
        help="L1, L2 and weight decay act on biases too, not on weights alone.",
        scope=Scope.LIVE,
    )
    penalize_norms: bool = setting(
        False,
        title="Penalise norms",
        help="L1, L2 and weight decay act on scale and shift of batch and layer norm too.",
        scope=Scope.LIVE,
    )
    device: str = setting(
        "auto",
        title="Device",
        help="Where to compute: auto, cpu, cuda, cuda:1 ... or mps.",
        pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
    )

    @field_validator("schedule")
    @classmethod
    def _obeyed_by_the_optimizer(cls, schedule: ScheduleSpec, info: ValidationInfo) -> ScheduleSpec:
        optimizer = info.data.get("optimizer")
        if optimizer is not None and optimizer.kind == "rprop" and schedule != ConstantRate():
            raise ValueError(
                f"{schedule.kind} would change nothing: rprop finds its own step sizes. Choose"
                " constant without warm-up, or another optimiser"
            )
        return schedule

    def watching_validation(self) -> str | None:
        """Return the path of a setting that needs validation samples, or None."""
        if self.schedule.kind == "plateau":
            return "training.schedule"
        if self.early_stopping.kind == "validation_loss":
            return "training.early_stopping"
        return None
