"""What the initialiser inspector looks at: two initialisers, the layer, and how many of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from core.experiment.activations import Activation, Relu
from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting
from core.experiment.initializers import GlorotUniform, HeNormal, Init, InitSpec

DEEPEST = 200
WIDEST = 100_000


class NoComparison(Part):
    """Only the one initialiser is drawn."""

    kind: Literal["none"] = "none"


class InitialiserChoice(Part):
    """What is looked at."""

    init: Init = setting(
        HeNormal(), title="Initialiser", help="How the weights are drawn.", scope=Scope.NOTE
    )
    compare: Annotated[NoComparison | InitSpec, BY_KIND, SHORTHAND] = setting(
        GlorotUniform(),
        title="Compare with",
        help="A second initialiser, drawn dashed and fainter.",
        scope=Scope.NOTE,
    )
    activation: Activation = setting(
        Relu(), title="Activation", help="Of every layer of the stack.", scope=Scope.NOTE
    )
    fan_in: int = setting(
        64,
        title="Fan in",
        help="Inputs of a unit: of a convolution, channels times receptive field.",
        scope=Scope.NOTE,
        ge=1,
        le=WIDEST,
    )
    fan_out: int = setting(
        64,
        title="Fan out",
        help="Units that an input reaches: of a convolution, channels times receptive field.",
        scope=Scope.NOTE,
        ge=1,
        le=WIDEST,
    )
    field: int = setting(
        1,
        title="Receptive field",
        help="Height times width of a convolution's kernel; 1 for a dense layer.",
        unit="pixels",
        scope=Scope.NOTE,
        ge=1,
        le=10_000,
    )
    depth: int = setting(
        20,
        title="Depth",
        help="Layers alike, one on another.",
        unit="layers",
        scope=Scope.NOTE,
        ge=2,
        le=DEEPEST,
    )
    seed: int = setting(
        0, title="Seed", help="Another seed, another draw.", scope=Scope.NOTE, ge=0, le=2**31
    )

    @model_validator(mode="after")
    def _whole_channels(self) -> InitialiserChoice:
        if self.fan_in % self.field or self.fan_out % self.field:
            raise ValueError(
                f"fan in {self.fan_in} and fan out {self.fan_out} have to be multiples of the"
                f" receptive field, {self.field}"
            )
        return self
