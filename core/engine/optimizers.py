"""Optimisers of torch.optim over the one flat parameter vector.

None of them is given any weight decay: that is the penalties' part (:mod:`core.engine.penalties`),
which knows weights from biases and one layer from another.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch

from core.errors import LabError
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.optimizers import OptimizerSpec

Tensor = torch.Tensor

_CLASSES: dict[type, type[torch.optim.Optimizer]] = {
    Sgd: torch.optim.SGD,
    RmsProp: torch.optim.RMSprop,
    Adagrad: torch.optim.Adagrad,
    Adadelta: torch.optim.Adadelta,
    Adam: torch.optim.Adam,
    AdamW: torch.optim.AdamW,
    NAdam: torch.optim.NAdam,
    RAdam: torch.optim.RAdam,
    Adamax: torch.optim.Adamax,
    Rprop: torch.optim.Rprop,
}
_FUSED: dict[type, tuple[str, ...]] = {
    Sgd: ("cpu", "cuda"),
    Adam: ("cpu", "cuda"),
    AdamW: ("cpu", "cuda"),
    Adagrad: ("cpu",),  # on CUDA only in some versions of PyTorch
}
"""Where a kernel makes one pass over the vector."""


_STEPS = {kind: inspect.unwrap(kind.step) for kind in _CLASSES.values()}
"""Each optimiser's own step, without what torch.optim wraps around it."""


def _without_compiler() -> None:
    """Keep PyTorch from loading its compiler (a second, 70 MB), which nobody here uses.

    Some methods of an optimiser ask the compiler, at their first call, to leave them alone; this
    is the answer that they would get. Should another PyTorch ask elsewhere, it gets its compiler.
    """
    for name in ("add_param_group", "state_dict", "load_state_dict", "zero_grad"):
        method = inspect.unwrap(getattr(torch.optim.Optimizer, name))
        setattr(method, "__dynamo_disable", method)


_without_compiler()


def make_optimizer(spec: OptimizerSpec, theta: torch.nn.Parameter) -> torch.optim.Optimizer:
    """Build the optimiser of a specification.

    Parameters
    ----------
    spec : OptimizerSpec
    theta : Parameter, shape (parameters,)
        What it will update, by ``theta.grad``.
    """
    arguments = _settings(spec)
    if type(spec) in _FUSED:
        arguments["fused"] = theta.device.type in _FUSED[type(spec)]
    return _CLASSES[type(spec)]([theta], **arguments)


def adopt(spec: OptimizerSpec, optimizer: torch.optim.Optimizer) -> None:
    """Change hyper-parameters live; the optimiser's memory stays.

    A momentum that has been 0 in between starts from rest: what it once remembered is stale.

    Raises
    ------
    LabError
        If the optimiser is of another kind.
    """
    if type(optimizer) is not _CLASSES[type(spec)]:
        raise LabError(
            f"cannot change from {type(optimizer).__name__} to {spec.kind} during a run.",
            hint="Reset the run to use it.",
            field="training.optimizer",
        )
    group = optimizer.param_groups[0]
    group.update(_settings(spec))
    if isinstance(spec, (Sgd, RmsProp)):
        for theta, state in optimizer.state.items():
            if spec.momentum == 0.0:
                state.pop("momentum_buffer", None)
            elif isinstance(spec, RmsProp) and state:  # torch makes it at the first step only
                state.setdefault("momentum_buffer", torch.zeros_like(theta))


def step(optimizer: torch.optim.Optimizer) -> None:
    """Make one update, as ``optimizer.step()`` does, 13 microseconds faster.

    That one asks for hooks, for a profiler and for the compiler before each update.
    """
    with torch.no_grad():
        _STEPS[type(optimizer)](optimizer)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next step, as a schedule asks at every step."""
    optimizer.param_groups[0]["lr"] = rate


def forget(optimizer: torch.optim.Optimizer, parts: Sequence[slice]) -> None:
    """Clear the memory (momentum, moments) of parts of the vector that were drawn anew."""
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, Tensor) and value.ndim == 1:
                # Rprop remembers step sizes: they begin at the rate, not at 0.
                fresh = optimizer.param_groups[0]["lr"] if name == "step_size" else 0.0
                for part in parts:
                    value[part] = fresh


def _settings(spec: OptimizerSpec) -> dict[str, Any]:
    """Return a specification's numbers by the names that torch.optim gives them."""
    settings: dict[str, Any] = {"lr": spec.lr, "weight_decay": 0.0}
    match spec:
        case Sgd():
            settings |= {"momentum": spec.momentum, "nesterov": spec.nesterov}
        case RmsProp():
            settings |= {"alpha": spec.rho, "momentum": spec.momentum, "eps": spec.epsilon}
        case Adagrad():
            settings |= {"eps": spec.epsilon}
        case Adadelta():
            settings |= {"rho": spec.rho, "eps": spec.epsilon}
        case Adam() | AdamW() | RAdam() | Adamax():
            settings |= {"betas": (spec.beta1, spec.beta2), "eps": spec.epsilon}
        case NAdam():
            settings |= {"betas": (spec.beta1, spec.beta2), "eps": spec.epsilon}
            settings |= {"momentum_decay": spec.momentum_decay}
        case Rprop():
            sizes = (spec.min_step, spec.max_step)
            settings = {"lr": spec.lr, "etas": (spec.shrink, spec.grow), "step_sizes": sizes}
    return settings
