"""The network part of an experiment: layers, activations, initialisers."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Literal

from pydantic import model_validator

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting

MOST_REPEATS = 1000


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


class Linear(Part):
    """No activation: the layer is a plain matrix product."""

    kind: Literal["linear"] = "linear"


ACTIVATION_KINDS: dict[str, type[Part]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "linear": Linear,
}
ActivationSpec = Sigmoid | Tanh | Relu | LeakyRelu | Elu | Selu | Linear
Activation = Annotated[ActivationSpec, BY_KIND, SHORTHAND]


class GlorotUniform(Part):
    """Uniform with variance 2 / (fan_in + fan_out); suits tanh and sigmoid."""

    kind: Literal["glorot_uniform"] = "glorot_uniform"


class GlorotNormal(Part):
    """Normal with variance 2 / (fan_in + fan_out); suits tanh and sigmoid."""

    kind: Literal["glorot_normal"] = "glorot_normal"


class HeUniform(Part):
    """Uniform with variance 2 / fan_in; suits ReLU."""

    kind: Literal["he_uniform"] = "he_uniform"


class HeNormal(Part):
    """Normal with variance 2 / fan_in; suits ReLU."""

    kind: Literal["he_normal"] = "he_normal"


class LecunUniform(Part):
    """Uniform with variance 1 / fan_in; suits SELU."""

    kind: Literal["lecun_uniform"] = "lecun_uniform"


class LecunNormal(Part):
    """Normal with variance 1 / fan_in; suits SELU."""

    kind: Literal["lecun_normal"] = "lecun_normal"


class Normal(Part):
    """Normal with a mean and standard deviation of your own."""

    kind: Literal["normal"] = "normal"
    mean: float = setting(0.0, title="Mean", help="Centre of the draw.", scope=Scope.REINIT)
    std: float = setting(
        0.05, title="Std", help="Standard deviation, not variance.", scope=Scope.REINIT, ge=0.0
    )


class Uniform(Part):
    """Uniform between two limits of your own."""

    kind: Literal["uniform"] = "uniform"
    low: float = setting(-0.05, title="From", help="Lower limit.", scope=Scope.REINIT)
    high: float = setting(0.05, title="To", help="Upper limit.", scope=Scope.REINIT)

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise ValueError(f"the lower limit {self.low:g} is above the upper limit {self.high:g}")
        return self


class Orthogonal(Part):
    """Random rotation times a gain: keeps lengths in every direction."""

    kind: Literal["orthogonal"] = "orthogonal"
    gain: float = setting(
        1.0, title="Gain", help="Every singular value.", scope=Scope.REINIT, gt=0.0
    )


class Constant(Part):
    """Every entry the same value; units of a layer then stay identical."""

    kind: Literal["constant"] = "constant"
    value: float = setting(0.0, title="Value", help="The value.", scope=Scope.REINIT)


class Zeros(Part):
    """Every entry 0: right for biases, fatal for weights."""

    kind: Literal["zeros"] = "zeros"


INIT_KINDS: dict[str, type[Part]] = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "normal": Normal,
    "uniform": Uniform,
    "orthogonal": Orthogonal,
    "constant": Constant,
    "zeros": Zeros,
}
BIAS_INIT_KINDS: dict[str, type[Part]] = {
    "zeros": Zeros,
    "constant": Constant,
    "normal": Normal,
    "uniform": Uniform,
}
InitSpec = (
    GlorotUniform
    | GlorotNormal
    | HeUniform
    | HeNormal
    | LecunUniform
    | LecunNormal
    | Normal
    | Uniform
    | Orthogonal
    | Constant
    | Zeros
)
BiasInitSpec = Zeros | Constant | Normal | Uniform
Init = Annotated[InitSpec, BY_KIND, SHORTHAND]
BiasInit = Annotated[BiasInitSpec, BY_KIND, SHORTHAND]


class Output(Part):
    """The layer that the laboratory adds: one linear unit a class."""

    init: Init = setting(
        GlorotUniform(),
        title="Initialiser",
        help="How the output weights are drawn.",
        scope=Scope.REINIT,
    )
    bias_init: BiasInit = setting(
        Zeros(), title="Bias initialiser", help="How the biases start.", scope=Scope.REINIT
    )


class Dense(Part):
    """A fully connected layer, or a stack of equal ones."""

    kind: Literal["dense"] = "dense"
    repeat: int = setting(1, title="Repeat", help="How many equal layers.", ge=1, le=MOST_REPEATS)
    units: int = setting(64, title="Units", help="Neurons in the layer.", ge=1, le=65_536)
    activation: Activation = setting(
        Relu(),
        title="Activation",
        help="The function phi that each unit applies to its sum z.",
        scope=Scope.LIVE,
    )
    init: Init = setting(
        GlorotUniform(),
        title="Initialiser",
        help="How the weights are drawn before the first step.",
        scope=Scope.REINIT,
    )
    bias_init: BiasInit = setting(
        Zeros(), title="Bias initialiser", help="How the biases start.", scope=Scope.REINIT
    )
    batch_norm: Literal["none", "before_activation", "after_activation"] = setting(
        "none",
        title="Batch norm",
        help="Normalise each unit over the batch, before or after the activation.",
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        unit="share",
        help="Share of the layer's outputs set to 0 at random in each training step.",
        scope=Scope.LIVE,
        ge=0.0,
        lt=1.0,
    )


class NetworkSpec(Part):
    """Hidden layers from the input to the output, and the output layer."""

    layers: tuple[Dense, ...] = setting(
        (Dense(),), title="Layers", help="Hidden layers, from the input on.", max_length=1000
    )
    output: Output = setting(Output(), title="Output layer", help="Added by itself.")

    def expanded(self) -> tuple[Dense, ...]:
        """Return the hidden layers one by one, every ``repeat`` written out."""
        return _written_out(self.layers)


def compress(layers: tuple[Dense, ...]) -> tuple[Dense, ...]:
    """Join equal neighbours into one entry with ``repeat``."""
    joined: list[Dense] = []
    for layer, same in groupby(_written_out(layers)):
        left = len(list(same))
        while left > 0:  # a file may repeat a layer MOST_REPEATS times at most
            joined.append(layer.model_copy(update={"repeat": min(left, MOST_REPEATS)}))
            left -= MOST_REPEATS
    return tuple(joined)


def _written_out(layers: tuple[Dense, ...]) -> tuple[Dense, ...]:
    single = (
        layer.model_copy(update={"repeat": 1}) for layer in layers for _ in range(layer.repeat)
    )
    return tuple(single)
