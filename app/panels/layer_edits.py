"""Edits of layers: from an experiment and row numbers to a new, validated experiment.

Rows count from 0, the hidden layers first; the row after the last one is the output layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.experiment.layers import MOST_REPEATS, Conv, Dense
from core.experiment.model import Experiment
from core.experiment.network import compress
from core.experiment.toml import assign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.experiment.layers import LayerSpec

COPIED = (
    *("activation", "init", "bias_init", "batch_norm", "layer_norm"),
    *("dropout", "drop_weights", "penalty"),
)
"""What "Apply to all" copies; not ``residual``, which depends on the shapes around it."""


def with_layers(experiment: Experiment, layers: Iterable[LayerSpec]) -> Experiment:
    """Return the experiment with these hidden layers; equal neighbours are joined."""
    data = experiment.plain()
    data["network"]["layers"] = [layer.model_dump(mode="json") for layer in compress(tuple(layers))]
    return Experiment.parse(data)


def with_setting(experiment: Experiment, rows: Iterable[int], path: str, value: Any) -> Experiment:
    """Return the experiment with one setting changed in those of the rows that have it.

    Raises
    ------
    ExperimentError
        If the value does not fit.
    """
    data = experiment.plain()
    layers = [layer.model_dump(mode="json") for layer in experiment.network.expanded()]
    name = path.partition(".")[0]
    for row in rows:
        part = layers[row] if row < len(layers) else data["network"]["output"]
        if name in part:
            assign(part, path, value)
    data["network"]["layers"] = _joined(layers)
    return Experiment.parse(data)


def rows_of_entry(experiment: Experiment, entry: int) -> range:
    """Return the rows that one entry of the file stands for, its repeats written out."""
    layers = experiment.network.layers
    start = sum(layer.repeat for layer in layers[:entry])
    return range(start, start + (layers[entry].repeat if entry < len(layers) else 0))


def applied_to_all(experiment: Experiment, row: int, *, with_units: bool) -> Experiment:
    """Return the experiment with what a row's layer says copied to all hidden ones like it.

    Settings that every layer with weights has go to all of those, its size to those of its kind.
    """
    layers = experiment.network.expanded()
    source = layers[row]
    if not isinstance(source, (Dense, Conv)):
        return experiment
    copied = {name: getattr(source, name) for name in COPIED}
    size = "units" if isinstance(source, Dense) else "channels"
    sized = {**copied, size: getattr(source, size)} if with_units else copied
    return with_layers(
        experiment,
        [
            layer.model_copy(update=sized if type(layer) is type(source) else copied)
            if isinstance(layer, (Dense, Conv))
            else layer
            for layer in layers
        ],
    )


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


def _joined(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join equal neighbours, as ``compress`` does, before anything is validated."""
    joined: list[dict[str, Any]] = []
    for layer in layers:
        same = bool(joined) and {**joined[-1], "repeat": 1} == layer
        if same and joined[-1]["repeat"] < MOST_REPEATS:
            joined[-1]["repeat"] += 1
        else:
            joined.append(layer)
    return joined
