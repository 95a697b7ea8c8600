"""Optimisers of torch.optim over the one flat parameter vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from core.experiment.training import Adam

if TYPE_CHECKING:
    from core.experiment.training import OptimizerSpec

Tensor = torch.Tensor


def make_optimizer(spec: OptimizerSpec, theta: torch.nn.Parameter) -> torch.optim.Optimizer:
    """Build the optimiser; the fused kernels make one pass over the vector."""
    fused = theta.device.type in ("cpu", "cuda")
    if isinstance(spec, Adam):
        return torch.optim.Adam([theta], fused=fused, **_settings(spec))
    return torch.optim.SGD([theta], fused=fused, **_settings(spec))


def adopt(spec: OptimizerSpec, optimizer: torch.optim.Optimizer) -> None:
    """Change rates live; the optimiser's memory stays."""
    optimizer.param_groups[0].update(_settings(spec))


def forget(optimizer: torch.optim.Optimizer, parts: list[slice]) -> None:
    """Clear the memory (momentum, moments) of parts of the vector that were drawn anew."""
    for state in optimizer.state.values():
        for value in state.values():
            if isinstance(value, Tensor) and value.ndim == 1:
                for part in parts:
                    value[part] = 0.0


def _settings(spec: OptimizerSpec) -> dict[str, Any]:
    if isinstance(spec, Adam):
        return {"lr": spec.lr, "betas": (spec.beta1, spec.beta2), "eps": spec.epsilon}
    return {"lr": spec.lr, "momentum": spec.momentum}
