"""Activation functions, as an experiment names them."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting

SOFTPLUS_THRESHOLD = 20.0
"""Above, PyTorch takes softplus for z itself, and its derivative for 1."""


class Sigmoid(Part):
    """Logistic function 1 / (1 + exp(-z)); its derivative never exceeds 1/4."""

    kind: Literal["sigmoid"] = "sigmoid"


class Tanh(Part):
    """Hyperbolic tangent; derivative 1 at 0, near 0 beyond |z| = 3."""

    kind: Literal["tanh"] = "tanh"


class Relu(Part):
    """Rectifier max(0, z); passes the gradient unchanged or not at all."""

    kind: Literal["relu"] = "relu"


class LeakyRelu(Part):
    """Rectifier with slope alpha on the negative side; units cannot die."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    alpha: float = setting(
        0.01,
        title="Negative slope",
        help="Slope alpha for z < 0.",
        scope=Scope.LIVE,
        ge=0.0,
        le=1.0,
    )


class Prelu(Part):
    """Leaky rectifier whose negative slope is learned, one slope a layer."""

    kind: Literal["prelu"] = "prelu"
    alpha: float = setting(
        0.25,
        title="Start slope",
        help="Slope alpha for z < 0 before the first step; training then changes it.",
        scope=Scope.RESTART,
        ge=0.0,
        le=1.0,
    )


class Elu(Part):
    """Exponential linear unit: z for z > 0, alpha (exp(z) - 1) otherwise."""

    kind: Literal["elu"] = "elu"
    alpha: float = setting(
        1.0,
        title="Alpha",
        help="The value that very negative inputs tend to, with the sign turned.",
        scope=Scope.LIVE,
        gt=0.0,
        le=10.0,
    )


class Selu(Part):
    """Scaled ELU whose constants make mean 0 and variance 1 a fixed point."""

    kind: Literal["selu"] = "selu"


class Gelu(Part):
    """z times the normal distribution's share below z: a smooth ReLU that dips below 0."""

    kind: Literal["gelu"] = "gelu"


class Silu(Part):
    """z times its sigmoid, also called swish: a smooth ReLU that dips below 0."""

    kind: Literal["silu"] = "silu"


class Softplus(Part):
    """log(1 + exp(z)): a smooth ReLU that is always above 0; its derivative is the sigmoid."""

    kind: Literal["softplus"] = "softplus"


class Softsign(Part):
    """z / (1 + |z|): like tanh, but it saturates slowly."""

    kind: Literal["softsign"] = "softsign"


class HardTanh(Part):
    """z cut off at -1 and 1: tanh in three straight lines, no gradient beyond."""

    kind: Literal["hard_tanh"] = "hard_tanh"


class HardSigmoid(Part):
    """A straight line from 0 at z = -3 to 1 at z = 3, no gradient beyond."""

    kind: Literal["hard_sigmoid"] = "hard_sigmoid"


class Linear(Part):
    """No activation: the layer is a plain matrix product."""

    kind: Literal["linear"] = "linear"


INNER_ACTIVATION_KINDS: dict[str, type[Part]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "silu": Silu,
    "softplus": Softplus,
    "softsign": Softsign,
    "hard_tanh": HardTanh,
    "hard_sigmoid": HardSigmoid,
    "linear": Linear,
}
"""What ``rescaled`` may stand around."""
InnerActivationSpec = (
    Sigmoid
    | Tanh
    | Relu
    | LeakyRelu
    | Elu
    | Selu
    | Gelu
    | Silu
    | Softplus
    | Softsign
    | HardTanh
    | HardSigmoid
    | Linear
)
InnerActivation = Annotated[InnerActivationSpec, BY_KIND, SHORTHAND]


class Rescaled(Part):
    """alpha phi(z / alpha): another activation, stretched alike in both directions."""

    kind: Literal["rescaled"] = "rescaled"
    alpha: float = setting(
        2.0,
        title="Alpha",
        help="Stretches the function by this factor along both axes; its slope at 0 stays.",
        scope=Scope.LIVE,
        log=True,
        # Beyond, z / alpha or alpha phi leaves what float32 can hold for ordinary z.
        ge=1e-3,
        le=1e3,
    )
    inner: InnerActivation = setting(
        Tanh(),
        title="Inner activation",
        help=(
            "The function phi to stretch: any but PReLU, which stretching leaves as it is, and"
            " rescaled itself."
        ),
        scope=Scope.LIVE,
    )


ACTIVATION_KINDS: dict[str, type[Part]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "prelu": Prelu,
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "silu": Silu,
    "softplus": Softplus,
    "softsign": Softsign,
    "hard_tanh": HardTanh,
    "hard_sigmoid": HardSigmoid,
    "linear": Linear,
    "rescaled": Rescaled,
}
ActivationSpec = (
    Sigmoid
    | Tanh
    | Relu
    | LeakyRelu
    | Prelu
    | Elu
    | Selu
    | Gelu
    | Silu
    | Softplus
    | Softsign
    | HardTanh
    | HardSigmoid
    | Linear
    | Rescaled
)
Activation = Annotated[ActivationSpec, BY_KIND, SHORTHAND]
