"""Initialisers of weights and biases, as an experiment names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


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


class VarianceScaling(Part):
    """Variance scale / fan: the family that Glorot, He and LeCun belong to."""

    kind: Literal["variance_scaling"] = "variance_scaling"
    scale: float = setting(
        1.0, title="Scale", help="Variance times fan.", scope=Scope.REINIT, gt=0.0
    )
    mode: Literal["fan_in", "fan_out", "fan_avg"] = setting(
        "fan_in",
        title="Fan",
        help="What divides the scale: a unit's inputs, its outputs, or the mean of both.",
        scope=Scope.REINIT,
    )
    distribution: Literal["normal", "truncated_normal", "uniform"] = setting(
        "truncated_normal",
        title="Distribution",
        help="Shape of the draw; the variance is the same for all (truncated: cut at 2 std).",
        scope=Scope.REINIT,
    )


class PytorchDefault(Part):
    """PyTorch's own start: uniform on ±1 / sqrt(fan_in), a third of LeCun's variance."""

    kind: Literal["pytorch_default"] = "pytorch_default"


class Normal(Part):
    """Normal with a mean and standard deviation of your own."""

    kind: Literal["normal"] = "normal"
    mean: float = setting(0.0, title="Mean", help="Centre of the draw.", scope=Scope.REINIT)
    std: float = setting(
        0.05, title="Std", help="Standard deviation, not variance.", scope=Scope.REINIT, ge=0.0
    )


class TruncatedNormal(Part):
    """Normal without its tails: no value lies beyond two standard deviations."""

    kind: Literal["truncated_normal"] = "truncated_normal"
    mean: float = setting(0.0, title="Mean", help="Centre of the draw.", scope=Scope.REINIT)
    std: float = setting(
        0.05,
        title="Std",
        help="Standard deviation before the cut, as Keras has it; after it, 12 % less.",
        scope=Scope.REINIT,
        ge=0.0,
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


class Identity(Part):
    """Passes its input on unchanged: a gain on the diagonal, 0 elsewhere."""

    kind: Literal["identity"] = "identity"
    gain: float = setting(
        1.0, title="Gain", help="Every entry of the diagonal.", scope=Scope.REINIT, gt=0.0
    )


class Lsuv(Part):
    """Orthogonal, then each layer in turn scaled on a batch to output variance 1."""

    kind: Literal["lsuv"] = "lsuv"
    tolerance: float = setting(
        0.1,
        title="Tolerance",
        help="How far from 1 the output variance may stay.",
        scope=Scope.REINIT,
        gt=0.0,
        lt=1.0,
    )
    iterations: int = setting(
        10,
        title="Iterations",
        help="How often a layer is scaled at most.",
        scope=Scope.REINIT,
        ge=1,
        le=100,
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
    "variance_scaling": VarianceScaling,
    "pytorch_default": PytorchDefault,
    "normal": Normal,
    "truncated_normal": TruncatedNormal,
    "uniform": Uniform,
    "orthogonal": Orthogonal,
    "lsuv": Lsuv,
    "identity": Identity,
    "constant": Constant,
    "zeros": Zeros,
}
BIAS_INIT_KINDS: dict[str, type[Part]] = {
    "zeros": Zeros,
    "constant": Constant,
    "normal": Normal,
    "truncated_normal": TruncatedNormal,
    "uniform": Uniform,
    "pytorch_default": PytorchDefault,
}
InitSpec = (
    GlorotUniform
    | GlorotNormal
    | HeUniform
    | HeNormal
    | LecunUniform
    | LecunNormal
    | VarianceScaling
    | PytorchDefault
    | Normal
    | TruncatedNormal
    | Uniform
    | Orthogonal
    | Lsuv
    | Identity
    | Constant
    | Zeros
)
BiasInitSpec = Zeros | Constant | Normal | TruncatedNormal | Uniform | PytorchDefault
Init = Annotated[InitSpec, BY_KIND, SHORTHAND]
BiasInit = Annotated[BiasInitSpec, BY_KIND, SHORTHAND]
