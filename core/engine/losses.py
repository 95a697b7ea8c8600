"""Losses: the mean over a batch, differentiable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.errors import LabError
from core.experiment.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)

if TYPE_CHECKING:
    from core.experiment.losses import LossSpec

Tensor = torch.Tensor


def check(spec: LossSpec, task: Literal["classes", "regression"]) -> None:
    """Refuse a loss that does not fit the data.

    Raises
    ------
    LabError
        For cross-entropy of either sort where the targets are numbers, not classes.
    """
    if task == "regression" and isinstance(spec, (CrossEntropy, BinaryCrossEntropy)):
        name = spec.kind.replace("_", " ")
        raise LabError(
            f"{name} needs classes, but the targets of this data are numbers.",
            hint="Choose mse, mae or huber.",
            field="training.loss",
        )


def targets_for(spec: LossSpec, y: Tensor, n_outputs: int) -> Tensor:
    """Return targets in the form that :func:`loss_of` wants.

    Parameters
    ----------
    spec : LossSpec
    y : Tensor, shape (samples,) or (samples, outputs)
        Classes as whole numbers from 0, or numbers to be met.
    n_outputs : int
        Units of the output layer.

    Returns
    -------
    Tensor
        For cross-entropy the classes as they are; otherwise floats, shape (samples, outputs),
        classes as 1 in their column and 0 elsewhere.
    """
    if isinstance(spec, CrossEntropy):
        return y
    if y.is_floating_point():
        return y.reshape(-1, n_outputs)
    return F.one_hot(y, n_outputs).to(torch.get_default_dtype())


def loss_of(spec: LossSpec, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    spec : LossSpec
    outputs : Tensor, shape (batch, outputs)
        Of the network: logits for the two cross-entropies.
    targets : Tensor
        From :func:`targets_for`.

    Returns
    -------
    Tensor, scalar
        Cross-entropy: mean over samples. Others: mean over outputs and samples, as Keras.

    Notes
    -----
    MSE has no factor 1/2: its gradient is 2 (output - target) / (batch * outputs). Where |error|
    is 0, MAE has the gradient 0.
    """
    match spec:
        case CrossEntropy():
            return F.cross_entropy(outputs, targets)
        case MeanSquaredError():
            return F.mse_loss(outputs, targets)
        case MeanAbsoluteError():
            return F.l1_loss(outputs, targets)
        case Huber():
            return F.huber_loss(outputs, targets, delta=spec.delta)
        case BinaryCrossEntropy():
            return F.binary_cross_entropy_with_logits(outputs, targets)
