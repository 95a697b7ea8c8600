"""Loss functions, as an experiment names them."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


class CrossEntropy(Part):
    """-log of the probability (softmax) of the right class, in nats; mean over samples."""

    kind: Literal["cross_entropy"] = "cross_entropy"


class MeanSquaredError(Part):
    """(output - target)², mean over outputs and samples, as Keras and PyTorch do."""

    kind: Literal["mse"] = "mse"


class MeanAbsoluteError(Part):
    """|output - target|, mean over outputs and samples; every error pulls equally hard."""

    kind: Literal["mae"] = "mae"


class Huber(Part):
    """Half the square of small errors, linear in large ones (Huber 1964); mean over all."""

    kind: Literal["huber"] = "huber"
    delta: float = setting(
        1.0,
        title="Delta",
        help="The error at which the square turns into a straight line; its largest slope.",
        scope=Scope.LIVE,
        log=True,
        gt=0.0,
    )


class BinaryCrossEntropy(Part):
    """Each output is a yes-or-no question of its own (sigmoid); mean over outputs and samples."""

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"


LOSS_KINDS: dict[str, type[Part]] = {
    "cross_entropy": CrossEntropy,
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "binary_cross_entropy": BinaryCrossEntropy,
}
LossSpec = CrossEntropy | MeanSquaredError | MeanAbsoluteError | Huber | BinaryCrossEntropy
Loss = Annotated[LossSpec, BY_KIND, SHORTHAND]

LOSS_TEXTS = {
    "cross_entropy": "cross-entropy, nats",
    "mse": "mean squared error",
    "mae": "mean absolute error",
    "huber": "Huber loss",
    "binary_cross_entropy": "binary cross-entropy, nats",
}
"""What stands beside the axis of the loss: its name, and its unit where it has one."""
