"""L1, L2 and weight decay over the one flat parameter vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from core.experiment.optimizers import AdamW
from core.experiment.penalties import OwnPenalty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.fields import Part
    from core.experiment.training import Training

Tensor = torch.Tensor


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the flat vector: one tensor of parameters.

    Attributes
    ----------
    start, stop : int
        Where it lies.
    role : str
        ``"weight"``, ``"bias"``, ``"norm"`` (scale and shift of batch and layer norm), or
        ``"other"``, which is never penalised (slopes of PReLU).
    penalty : Part
        What its layer says: ``AsNetwork`` or ``OwnPenalty``.
    """

    start: int
    stop: int
    role: Literal["weight", "bias", "norm", "other"]
    penalty: Part


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """How strongly each parameter is penalised, in one of three ways.

    Attributes
    ----------
    weights : float
        The number for all weights, where that says it all; else 0.
    each : Tensor or None, shape (parameters,)
        A number for each parameter, where weights differ or others are penalised too.
    """

    weights: float
    each: Tensor | None

    @property
    def any(self) -> bool:
        """Whether anything is penalised."""
        return self.weights != 0.0 or self.each is not None


class Penalties:
    """The penalties of a network; made anew after a live change.

    L1 and L2 are terms of the loss, l1 Σ|W| and l2 ΣW², with gradients l1 sign(W) and 2 l2 W.
    Weight decay shrinks W beside the gradient, by lr times its share (Loshchilov & Hutter 2019).

    Parameters
    ----------
    training : Training
        Numbers of the network; biases and norms are penalised only if it says so. The weight
        decay of AdamW is added to the network's, not to that of a layer with its own.
    segments : sequence of Segment
        Every tensor of parameters, in the order of the vector. Weights come first.
    device : torch.device
    size : int
        Length of the vector.

    Attributes
    ----------
    active : bool
        Whether :meth:`add_` changes anything.
    decays : bool
        Whether :meth:`decay_` changes anything.
    """

    def __init__(
        self, training: Training, segments: Sequence[Segment], device: torch.device, size: int
    ) -> None:
        optimizer = training.optimizer
        decay = training.weight_decay
        if isinstance(optimizer, AdamW):
            decay += optimizer.weight_decay
        roles = {"weight"}
        roles |= {"bias"} if training.penalize_biases else set()
        roles |= {"norm"} if training.penalize_norms else set()
        as_network = (training.l1, training.l2, decay)
        self._zero = torch.zeros((), device=device)
        self._n_weights = sum(one.stop - one.start for one in segments if one.role == "weight")
        numbers = [_numbers(one, roles, as_network) for one in segments]
        self._l1, self._l2, self._decay = (
            _coefficients(segments, [one[i] for one in numbers], device, size) for i in range(3)
        )
        self.active = self._l1.any or self._l2.any
        self.decays = self._decay.any

    def add_(self, gradient: Tensor, theta: Tensor) -> Tensor:
        """Add the gradient of the L1 and L2 terms.

        Parameters
        ----------
        gradient : Tensor, shape (parameters,)
            Changed in place.
        theta : Tensor, shape (parameters,)

        Returns
        -------
        Tensor, scalar
            The terms' part of the loss.
        """
        n, loss = self._n_weights, self._zero
        weights = theta[:n]
        if self._l1.each is not None:
            gradient.addcmul_(theta.sign(), self._l1.each)
            loss = loss + torch.dot(theta.abs(), self._l1.each)
        elif self._l1.weights:
            gradient[:n].add_(weights.sign(), alpha=self._l1.weights)
            loss = loss + self._l1.weights * torch.linalg.vector_norm(weights, ord=1)
        if self._l2.each is not None:
            gradient.addcmul_(theta, self._l2.each, value=2.0)
            loss = loss + torch.dot(theta.square(), self._l2.each)
        elif self._l2.weights:
            gradient[:n].add_(weights, alpha=2.0 * self._l2.weights)
            loss = loss + self._l2.weights * torch.dot(weights, weights)
        return loss

    def decay_(self, theta: Tensor, lr: float) -> None:
        """Shrink what decays, before the optimiser's step.

        Parameters
        ----------
        theta : Tensor, shape (parameters,)
            Changed in place.
        lr : float
            The learning rate of this step.
        """
        if self._decay.each is not None:
            theta.mul_(1.0 - lr * self._decay.each)
        elif self._decay.weights:
            theta[: self._n_weights].mul_(1.0 - lr * self._decay.weights)


def _numbers(
    segment: Segment, roles: set[str], as_network: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return L1, L2 and weight decay of a segment."""
    if segment.role not in roles:
        return 0.0, 0.0, 0.0
    own = segment.penalty
    return (own.l1, own.l2, own.weight_decay) if isinstance(own, OwnPenalty) else as_network


def _coefficients(
    segments: Sequence[Segment], numbers: Sequence[float], device: torch.device, size: int
) -> _Coefficients:
    """Say it by one number if possible: that is faster than a vector of them."""
    pairs = list(zip(segments, numbers, strict=True))
    weights = {number for segment, number in pairs if segment.role == "weight"}
    others = any(number for segment, number in pairs if segment.role != "weight")
    if not others and len(weights) <= 1:
        return _Coefficients(weights.pop() if weights else 0.0, None)
    each = torch.zeros(size, device=device)
    for segment, number in pairs:
        each[segment.start : segment.stop] = number
    return _Coefficients(0.0, each)
