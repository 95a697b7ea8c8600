"""How the script turns gradients into updates: optimiser and clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.experiment.optimizers import (
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    RAdam,
    RmsProp,
    Rprop,
    Sgd,
)
from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue
from core.script.objective import penalised
from core.script.source import Bracket, block

if TYPE_CHECKING:
    from core.experiment.optimizers import OptimizerSpec
    from core.script.plan import Plan

_NORM_OF = block('''
    def norm_of(gradients: list[Tensor]) -> Tensor:
        """Return the L2 norm of all together; no square overflows, unlike in nn.utils."""
        largest = max(one.abs().max() for one in gradients).clamp(min=1e-30)
        squares = [(one / largest).square().sum() for one in gradients]
        return largest * torch.stack(squares).sum().sqrt()
    ''')

_NAMES: dict[type, str] = {
    Sgd: "SGD",
    RmsProp: "RMSprop",
    Adagrad: "Adagrad",
    Adadelta: "Adadelta",
    Adam: "Adam",
    AdamW: "AdamW",
    NAdam: "NAdam",
    RAdam: "RAdam",
    Adamax: "Adamax",
    Rprop: "Rprop",
}


def optimizer_lines(plan: Plan) -> tuple[list[str], Bracket]:
    """Return statements before the optimiser is made, and the call that makes it.

    Parameters
    ----------
    plan : Plan
    """
    spec = plan.experiment.training.optimizer
    before: list[str] = []
    parameters = "model.parameters()"
    settings = [f"{name}={value!r}" for name, value in _settings(spec).items()]
    if isinstance(spec, AdamW):
        share = penalised(plan).by_optimizer
        settings.append("weight_decay=0.0")
        if share:  # of the weights; biases, scales and slopes have one dimension
            before = [
                "weights = [one for one in model.parameters() if one.ndim > 1]",
                "others = [one for one in model.parameters() if one.ndim == 1]",
                f'decaying = {{"params": weights, "weight_decay": {share!r}}}',
            ]
            parameters = '[decaying, {"params": others}]'
    items = (parameters, "lr=LEARNING_RATE", *settings)
    return before, Bracket(f"torch.optim.{_NAMES[type(spec)]}(", items)


def _settings(spec: OptimizerSpec) -> dict[str, object]:
    """Return what differs from torch.optim's own settings."""
    match spec:
        case Sgd():
            pairs = {"momentum": (spec.momentum, 0.0), "nesterov": (spec.nesterov, False)}
        case RmsProp():
            pairs = {
                "alpha": (spec.rho, 0.99),
                "eps": (spec.epsilon, 1e-8),
                "momentum": (spec.momentum, 0.0),
            }
        case Adagrad():
            pairs = {"eps": (spec.epsilon, 1e-10)}
        case Adadelta():
            pairs = {"rho": (spec.rho, 0.9), "eps": (spec.epsilon, 1e-6)}
        case Adam() | AdamW() | RAdam() | Adamax() | NAdam():
            pairs: dict[str, tuple[object, object]] = {
                "betas": ((spec.beta1, spec.beta2), (0.9, 0.999)),
                "eps": (spec.epsilon, 1e-8),
            }
            if isinstance(spec, NAdam):
                pairs["momentum_decay"] = (spec.momentum_decay, 0.004)
        case Rprop():
            pairs = {
                "etas": ((spec.shrink, spec.grow), (0.5, 1.2)),
                "step_sizes": ((spec.min_step, spec.max_step), (1e-6, 50.0)),
            }
    return {name: value for name, (value, usual) in pairs.items() if value != usual}


def clip_definitions(plan: Plan) -> list[str]:
    """Return the function ``clip``, if gradients are clipped by a norm."""
    clip = plan.experiment.training.clip
    if isinstance(clip, ClipNorm):
        return [
            _NORM_OF,
            block('''
                @torch.no_grad()
                def clip(model: Network, limit: float) -> None:
                    """Shorten the whole gradient to the limit (Pascanu et al. 2013)."""
                    gradients = [one.grad for one in model.parameters()]
                    norm = norm_of(gradients)
                    for gradient in gradients:
                        gradient.mul_(limit / norm.clamp(min=limit))
                '''),
        ]
    if isinstance(clip, ClipLayerNorm):
        return [
            _NORM_OF,
            block('''
                @torch.no_grad()
                def clip(model: Network, limit: float) -> None:
                    """Shorten each tensor's gradient by itself (Keras clipnorm)."""
                    for one in model.parameters():
                        one.grad.mul_(limit / norm_of([one.grad]).clamp(min=limit))
                '''),
        ]
    return []


def clip_statement(plan: Plan) -> str:
    """Return the statement that clips, or an empty string."""
    clip = plan.experiment.training.clip
    if isinstance(clip, ClipValue):
        return f"nn.utils.clip_grad_value_(model.parameters(), {clip.limit!r})"
    if isinstance(clip, (ClipNorm, ClipLayerNorm)):
        return f"clip(model, {clip.limit!r})"
    return ""
