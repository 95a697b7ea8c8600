"""The training part of an experiment: optimiser, clipping, penalties, device."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting

_LR_HELP = "Step size: how far each update follows the gradient."


class Sgd(Part):
    """Stochastic gradient descent, with momentum."""

    kind: Literal["sgd"] = "sgd"
    lr: float = setting(
        0.1, title="Learning rate", help=_LR_HELP, scope=Scope.LIVE, log=True, gt=0.0
    )
    momentum: float = setting(
        0.9,
        title="Momentum",
        help="Share of the previous update that is kept.",
        scope=Scope.LIVE,
        ge=0.0,
        lt=1.0,
    )


class Adam(Part):
    """Adam (Kingma & Ba 2015): each weight's step is scaled by its own gradient history."""

    kind: Literal["adam"] = "adam"
    lr: float = setting(
        0.001, title="Learning rate", help=_LR_HELP, scope=Scope.LIVE, log=True, gt=0.0
    )
    beta1: float = setting(
        0.9,
        title="Beta 1",
        help="Memory of the mean gradient.",
        scope=Scope.LIVE,
        ge=0.0,
        lt=1.0,
    )
    beta2: float = setting(
        0.999,
        title="Beta 2",
        help="Memory of the squared gradient.",
        scope=Scope.LIVE,
        ge=0.0,
        lt=1.0,
    )
    epsilon: float = setting(
        1e-8,
        title="Epsilon",
        help="Added to the denominator; gradients below it are not rescued.",
        scope=Scope.LIVE,
        log=True,
        gt=0.0,
    )


OPTIMIZER_KINDS: dict[str, type[Part]] = {"sgd": Sgd, "adam": Adam}
OptimizerSpec = Sgd | Adam
Optimizer = Annotated[OptimizerSpec, BY_KIND, SHORTHAND]


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


CLIP_KINDS: dict[str, type[Part]] = {"none": NoClip, "value": ClipValue, "norm": ClipNorm}
ClipSpec = NoClip | ClipValue | ClipNorm
Clip = Annotated[ClipSpec, BY_KIND, SHORTHAND]


class Training(Part):
    """How the network is trained."""

    loss: Literal["cross_entropy"] = setting(
        "cross_entropy", title="Loss", unit="nats", help="What training makes small."
    )
    optimizer: Optimizer = setting(
        Sgd(), title="Optimiser", help="How a gradient becomes an update."
    )
    batch_size: int = setting(
        32, title="Batch size", unit="samples", help="Samples in one step.", ge=1, le=1_000_000
    )
    epochs: int = setting(
        20,
        title="Epochs",
        help="Passes over the training samples before the run ends by itself.",
        scope=Scope.LIVE,
        ge=1,
        le=10_000_000,
    )
    clip: Clip = setting(
        NoClip(),
        title="Clip gradient",
        help="Limit the gradient before it is used, by value or by norm.",
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
    device: str = setting(
        "auto",
        title="Device",
        help="Where to compute: auto, cpu, cuda, cuda:1 ... or mps.",
        pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
    )
