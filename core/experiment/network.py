"""The network part of an experiment: layers, activations, initialisers."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

from core.experiment.activations import Activation, Relu
from core.experiment.fields import Part, Scope, setting
from core.experiment.initializers import BiasInit, GlorotUniform, Init, Zeros

MOST_REPEATS = 1000


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
