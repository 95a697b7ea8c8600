"""The network part of an experiment: layers from the input to the output."""

from __future__ import annotations

from itertools import groupby

from core.experiment.fields import Part, setting
from core.experiment.layers import (
    MOST_REPEATS,
    AnyLayer,
    Conv,
    Dense,
    LayerSpec,
    Output,
    Weighted,
)
from core.experiment.normalization import InputNormChoice, NoNorm


class NetworkSpec(Part):
    """Hidden layers from the input to the output, and the output layer."""

    input_norm: InputNormChoice = setting(
        NoNorm(), title="Input norm", help="Normalise what goes into the first layer."
    )
    layers: tuple[AnyLayer, ...] = setting(
        (Dense(),), title="Layers", help="Hidden layers, from the input on.", max_length=1000
    )
    output: Output = setting(Output(), title="Output layer", help="Added by itself.")

    def expanded(self) -> tuple[LayerSpec, ...]:
        """Return the hidden layers one by one, every ``repeat`` written out."""
        return _written_out(self.layers)

    def weighted(self) -> tuple[tuple[int, Weighted], ...]:
        """Return the hidden layers that have weights, each with its row in ``expanded()``."""
        rows = enumerate(self.expanded())
        return tuple((row, one) for row, one in rows if isinstance(one, (Dense, Conv)))

    @property
    def batch_normed(self) -> bool:
        """Whether anything is normalised over the batch."""
        layers = (one for one in self.layers if isinstance(one, (Dense, Conv)))
        return self.input_norm.kind == "batch_norm" or any(
            one.batch_norm.kind != "none" for one in layers
        )


def compress(layers: tuple[LayerSpec, ...]) -> tuple[LayerSpec, ...]:
    """Join equal neighbours into one entry with ``repeat``."""
    joined: list[LayerSpec] = []
    for layer, same in groupby(_written_out(layers)):
        left = len(list(same))
        while left > 0:  # a file may repeat a layer MOST_REPEATS times at most
            joined.append(layer.model_copy(update={"repeat": min(left, MOST_REPEATS)}))
            left -= MOST_REPEATS
    return tuple(joined)


def _written_out(layers: tuple[LayerSpec, ...]) -> tuple[LayerSpec, ...]:
    single = (
        layer.model_copy(update={"repeat": 1}) for layer in layers for _ in range(layer.repeat)
    )
    return tuple(single)
