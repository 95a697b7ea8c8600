"""Optimisers, as an experiment names them; the defaults are PyTorch's where it has one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


def _lr(default: float) -> Any:
    text = "Step size: how far each update follows the gradient."
    return setting(default, title="Learning rate", help=text, scope=Scope.LIVE, log=True, gt=0.0)


def _share(default: float, title: str, text: str) -> Any:
    return setting(default, title=title, help=text, scope=Scope.LIVE, ge=0.0, lt=1.0)


def _momentum(default: float) -> Any:
    return _share(default, "Momentum", "Share of the previous update that is kept.")


def _beta1() -> Any:
    return _share(0.9, "Beta 1", "Memory of the mean gradient.")


def _beta2() -> Any:
    return _share(0.999, "Beta 2", "Memory of the squared gradient.")


def _rho(default: float) -> Any:
    return _share(default, "Rho", "Memory of the squared gradient.")


def _epsilon(default: float) -> Any:
    text = "Added to the denominator; gradients below it are not rescued."
    return setting(default, title="Epsilon", help=text, scope=Scope.LIVE, log=True, gt=0.0)


class Sgd(Part):
    """Stochastic gradient descent, with momentum."""

    kind: Literal["sgd"] = "sgd"
    lr: float = _lr(0.1)
    momentum: float = _momentum(0.9)
    nesterov: bool = setting(
        False,
        title="Nesterov",
        help="Look ahead: add momentum once more to the update (Sutskever et al. 2013).",
        scope=Scope.LIVE,
    )

    @field_validator("nesterov")
    @classmethod
    def _needs_momentum(cls, nesterov: bool, info: ValidationInfo) -> bool:
        if nesterov and info.data.get("momentum") == 0.0:
            raise ValueError("nesterov needs a momentum above 0, but momentum is 0")
        return nesterov


class RmsProp(Part):
    """RMSProp (Tieleman & Hinton 2012): steps divided by the recent size of the gradient."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = _lr(0.01)
    rho: float = _rho(0.99)
    momentum: float = _momentum(0.0)
    epsilon: float = _epsilon(1e-8)


class Adagrad(Part):
    """Adagrad (Duchi et al. 2011): steps divided by the size of all gradients so far."""

    kind: Literal["adagrad"] = "adagrad"
    lr: float = _lr(0.01)
    epsilon: float = _epsilon(1e-10)


class Adadelta(Part):
    """Adadelta (Zeiler 2012): steps as large as recent steps, whatever the gradient's scale."""

    kind: Literal["adadelta"] = "adadelta"
    lr: float = _lr(1.0)
    rho: float = _rho(0.9)
    epsilon: float = _epsilon(1e-6)


class Adam(Part):
    """Adam (Kingma & Ba 2015): each weight's step is scaled by its own gradient history."""

    kind: Literal["adam"] = "adam"
    lr: float = _lr(0.001)
    beta1: float = _beta1()
    beta2: float = _beta2()
    epsilon: float = _epsilon(1e-8)


class AdamW(Part):
    """Adam with weight decay beside the gradient (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = _lr(0.001)
    beta1: float = _beta1()
    beta2: float = _beta2()
    epsilon: float = _epsilon(1e-8)
    weight_decay: float = setting(
        0.01,
        title="Weight decay",
        unit="1/step·lr",
        help="Shrinks weights by lr times this share at each step; adds to the network's.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )


class NAdam(Part):
    """Adam with Nesterov's look-ahead (Dozat 2016)."""

    kind: Literal["nadam"] = "nadam"
    lr: float = _lr(0.002)
    beta1: float = _beta1()
    beta2: float = _beta2()
    epsilon: float = _epsilon(1e-8)
    momentum_decay: float = setting(
        0.004,
        title="Momentum decay",
        help="How slowly the momentum grows to its full size at the start.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )


class RAdam(Part):
    """Adam that waits until its variance can be trusted: a warm-up built in (Liu et al. 2020)."""

    kind: Literal["radam"] = "radam"
    lr: float = _lr(0.001)
    beta1: float = _beta1()
    beta2: float = _beta2()
    epsilon: float = _epsilon(1e-8)


class Adamax(Part):
    """Adam by the largest recent gradient instead of the mean square (Kingma & Ba 2015)."""

    kind: Literal["adamax"] = "adamax"
    lr: float = _lr(0.002)
    beta1: float = _beta1()
    beta2: float = _share(0.999, "Beta 2", "Memory of the largest gradient.")
    epsilon: float = _epsilon(1e-8)


class Rprop(Part):
    """Only the gradient's sign counts (Riedmiller & Braun 1993); meant for the full batch."""

    kind: Literal["rprop"] = "rprop"
    lr: float = setting(
        0.01,
        title="Learning rate",
        help="Size of the first step of every weight; from then on each finds its own.",
        log=True,
        gt=0.0,
    )
    shrink: float = setting(
        0.5,
        title="Shrink",
        help="A weight's step is multiplied by this when its gradient changes sign.",
        scope=Scope.LIVE,
        gt=0.0,
        lt=1.0,
    )
    grow: float = setting(
        1.2,
        title="Grow",
        help="A weight's step is multiplied by this when its gradient keeps its sign.",
        scope=Scope.LIVE,
        gt=1.0,
        le=10.0,
    )
    min_step: float = setting(
        1e-6, title="Least step", help="Smallest step.", scope=Scope.LIVE, log=True, gt=0.0
    )
    max_step: float = setting(
        50.0,
        title="Largest step",
        help="Largest step.",
        scope=Scope.LIVE,
        log=True,
        gt=0.0,
        validate_default=True,  # a least step above it is refused
    )

    @field_validator("max_step")
    @classmethod
    def _above_the_least(cls, largest: float, info: ValidationInfo) -> float:
        least = info.data.get("min_step")
        if least is not None and largest < least:
            raise ValueError(f"the largest step {largest:g} is below the least step {least:g}")
        return largest


OPTIMIZER_KINDS: dict[str, type[Part]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "radam": RAdam,
    "adamax": Adamax,
    "rprop": Rprop,
}
OptimizerSpec = Sgd | RmsProp | Adagrad | Adadelta | Adam | AdamW | NAdam | RAdam | Adamax | Rprop
Optimizer = Annotated[OptimizerSpec, BY_KIND, SHORTHAND]
