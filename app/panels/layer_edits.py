"""Edits of layers: from an experiment and row numbers to a new, validated experiment.

Rows count from 0, the hidden layers first; the row after the last one is the output layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.experiment.model import Experiment
from core.experiment.network import Dense, compress
from core.experiment.toml import assign

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COPIED = ("activation", "init", "bias_init", "batch_norm", "dropout")
"""What "Apply to all" copies besides, on request, the units."""
OF_OUTPUT = ("init", "bias_init")
"""What can be set for the output layer."""


def with_layers(experiment: Experiment, layers: Iterable[Dense]) -> Experiment:
    """Return the experiment with these hidden layers; equal neighbours are joined."""
    data = experiment.plain()
    data["network"]["layers"] = [layer.model_dump(mode="json") for layer in compress(tuple(layers))]
    return Experiment.parse(data)


def with_setting(experiment: Experiment, rows: Iterable[int], path: str, value: Any) -> Experiment:
    """Return the experiment with one setting changed in the layers that have it.

    Raises
    ------
    ExperimentError
        If the value does not fit.
    """
    hidden = experiment.network.expanded()
    data = experiment.plain()
    layers = [layer.model_dump(mode="json") for layer in hidden]
    for row in rows:
        if row < len(layers):
            layers[row] = _assigned(layers[row], path, value)
        elif path.partition(".")[0] in OF_OUTPUT:
            data["network"]["output"] = _assigned(data["network"]["output"], path, value)
    data["network"]["layers"] = _joined(layers)
    return Experiment.parse(data)


def rows_of_entry(experiment: Experiment, entry: int) -> range:
    """Return the rows that one entry of the file stands for, its repeats written out."""
    layers = experiment.network.layers
    start = sum(layer.repeat for layer in layers[:entry])
    return range(start, start + (layers[entry].repeat if entry < len(layers) else 0))


def rows_text(rows: Sequence[int], hidden: int) -> str:
    """Return rows in words: ``layer 7``, ``layers 3-5``, ``3 layers``, ``output layer``."""
    numbers = [row + 1 for row in rows]
    if numbers == [hidden + 1]:
        return "output layer"
    if len(numbers) == 1:
        return f"layer {numbers[0]}"
    if len(numbers) == hidden + 1:
        return "all layers"
    if numbers == list(range(1, hidden + 1)):
        return f"all {hidden} hidden layers"
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and numbers[-1] <= hidden:
        return f"layers {numbers[0]}–{numbers[-1]}"
    return f"{len(numbers)} layers"


@dataclass(frozen=True, slots=True)
class Preset:
    """An activation with the initialiser that is made for it."""

    name: str
    activation: str
    init: str

    def applied(self, experiment: Experiment) -> Experiment:
        """Return the experiment with every hidden layer set to this pair."""
        rows = range(len(experiment.network.expanded()))
        experiment = with_setting(experiment, rows, "activation", self.activation)
        return with_setting(experiment, rows, "init", self.init)


PRESETS = (
    Preset("ReLU + He (normal)", "relu", "he_normal"),
    Preset("Sigmoid + Glorot (normal)", "sigmoid", "glorot_normal"),
    Preset("Tanh + Glorot (normal)", "tanh", "glorot_normal"),
    Preset("SELU + LeCun (normal)", "selu", "lecun_normal"),
)


def _assigned(layer: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    assign(layer, path, value)
    return layer


def _joined(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join equal neighbours, as ``compress`` does, before anything is validated."""
    joined: list[dict[str, Any]] = []
    for layer in layers:
        if joined and {**joined[-1], "repeat": 1} == layer:
            joined[-1]["repeat"] += 1
        else:
            joined.append(layer)
    return joined
