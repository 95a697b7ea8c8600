"""What the script makes small: the loss and the penalties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.experiment.layers import Conv, Dense
from core.experiment.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from core.experiment.optimizers import AdamW
from core.experiment.penalties import AsNetwork, OwnPenalty
from core.script.source import block, indented, over, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.script.plan import Plan

_NORMS = "nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm"


def loss_definition(plan: Plan) -> str:
    """Return the function ``loss_of``.

    Parameters
    ----------
    plan : Plan
    """
    spec = plan.experiment.training.loss
    targets = ""
    if plan.samples.class_names and not isinstance(spec, CrossEntropy):
        targets = f"y = F.one_hot(y, {plan.samples.n_outputs}).to(outputs.dtype)"
    match spec:
        case CrossEntropy():
            value = "F.cross_entropy(outputs, y)"
        case MeanSquaredError():
            value = "F.mse_loss(outputs, y)"
        case MeanAbsoluteError():
            value = "F.l1_loss(outputs, y)"
        case Huber():
            value = f"F.huber_loss(outputs, y, delta={spec.delta!r})"
        case BinaryCrossEntropy():
            value = "F.binary_cross_entropy_with_logits(outputs, y)"
    head = block(f'''
        def loss_of(outputs: Tensor, y: Tensor) -> Tensor:
            """{(spec.__doc__ or "").splitlines()[0]}"""
        ''')
    body = [line for line in (targets, f"return {value}") if line]
    return "\n".join([head, *map(indented, body)])


@dataclass(frozen=True, slots=True)
class Numbers:
    """Penalties of one tensor."""

    l1: float
    l2: float
    weight_decay: float

    @property
    def joins_loss(self) -> bool:
        """Whether there is a term of the loss."""
        return self.l1 != 0.0 or self.l2 != 0.0


@dataclass(frozen=True, slots=True)
class Penalised:
    """Penalties of a whole network.

    Attributes
    ----------
    layers : tuple of Numbers
        For each layer with weights.
    norms : tuple of Numbers
        For each normalisation; empty if they are not penalised.
    biases : bool
        Whether the layers' biases are penalised as their weights.
    by_optimizer : float
        Weight decay that is left to AdamW: the same number for all weights.
    """

    layers: tuple[Numbers, ...]
    norms: tuple[Numbers, ...]
    biases: bool
    by_optimizer: float

    @property
    def joins_loss(self) -> bool:
        """Whether L1 or L2 is a term of the loss."""
        return any(one.joins_loss for one in (*self.layers, *self.norms))

    @property
    def decays(self) -> bool:
        """Whether anything is shrunk beside the optimiser."""
        numbers = (*self.layers, *self.norms)
        return not self.by_optimizer and any(one.weight_decay for one in numbers)


def penalised(plan: Plan) -> Penalised:
    """Return what is penalised, and how strongly.

    Parameters
    ----------
    plan : Plan
    """
    training, spec = plan.experiment.training, plan.experiment.network
    optimizer = training.optimizer
    decay = training.weight_decay
    decay += optimizer.weight_decay if isinstance(optimizer, AdamW) else 0.0
    as_network = Numbers(training.l1, training.l2, decay)

    def numbers(own: AsNetwork | OwnPenalty) -> Numbers:
        if isinstance(own, OwnPenalty):
            return Numbers(own.l1, own.l2, own.weight_decay)
        return as_network

    layers = tuple(numbers(layer.penalty) for layer in plan.layers)
    norms: list[Numbers] = []
    if training.penalize_norms:
        norms += [as_network] if spec.input_norm.kind != "none" else []
        for layer, own in zip(plan.layers, layers, strict=True):
            if isinstance(layer, (Dense, Conv)):
                kinds = (layer.batch_norm.kind, layer.layer_norm.kind)
                norms += [own] * sum(kind != "none" for kind in kinds)
    alike = len({one.weight_decay for one in layers}) == 1
    only_weights = not training.penalize_biases and not any(one.weight_decay for one in norms)
    by_optimizer = isinstance(optimizer, AdamW) and alike and only_weights
    return Penalised(
        layers,
        tuple(norms),
        training.penalize_biases,
        layers[0].weight_decay if by_optimizer else 0.0,
    )


def penalty_definitions(plan: Plan) -> list[str]:
    """Return ``penalty`` (L1 and L2) and ``decay`` (weight decay), as far as there are any."""
    found = penalised(plan)
    made: list[str] = []
    if found.joins_loss:
        head = block('''
            def penalty(model: Network) -> Tensor:
                """Return the terms of the loss that keep parameters small."""
                total = torch.tensor(0.0)
            ''')
        made.append("\n".join([head, *_statements(found, _terms), "    return total"]))
    if found.decays:
        head = block('''
            @torch.no_grad()
            def decay(model: Network, rate: float) -> None:
                """Shrink parameters beside the gradient (Loshchilov & Hutter 2019)."""
            ''')
        made.append("\n".join([head, *_statements(found, _shrinking)]))
    return made


def _statements(found: Penalised, statements: Callable[[Numbers, str], list[str]]) -> list[str]:
    lines: list[str] = []
    for numbers, names, each in (
        (found.layers, "model.weighted", "layer"),
        (found.norms, "norms", "norm"),
    ):
        tensors = ["weight", "bias"] if each == "norm" or found.biases else ["weight"]
        part: list[str] = []
        for start, stop, one in runs(numbers):
            body = [line for name in tensors for line in statements(one, f"{each}.{name}")]
            if body:
                head, indent = over(names, start, stop, len(numbers), each)
                part += [head, *(indent + line for line in body)]
        if part and each == "norm":
            part = [
                f"kinds = ({_NORMS})",
                "norms = [one for one in model.modules() if isinstance(one, kinds)]",
                *part,
            ]
        lines += map(indented, part)
    return lines


def _terms(numbers: Numbers, tensor: str) -> list[str]:
    lines: list[str] = []
    if numbers.l1:
        lines.append(f"total = total + {numbers.l1!r} * {tensor}.abs().sum()")
    if numbers.l2:
        lines.append(f"total = total + {numbers.l2!r} * {tensor}.square().sum()")
    return lines


def _shrinking(numbers: Numbers, tensor: str) -> list[str]:
    share = numbers.weight_decay
    return [f"{tensor}.mul_(1 - rate * {share!r})"] if share else []
