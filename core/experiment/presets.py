"""The defaults of the two common libraries, which differ in more than people think."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.experiment.layers import Conv, Dense
from core.experiment.network import compress
from core.experiment.normalization import BatchStatistics, SampleStatistics

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.model import Experiment

Library = Literal["keras", "pytorch"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a library takes if nothing is said.

    Attributes
    ----------
    weights, biases : str
        Kinds of initialisers.
    optimizer_epsilon : float
        Of Adam and its relatives.
    norm_epsilon, batch_norm_momentum : float
        The momentum in PyTorch's convention: share that is replaced.
    """

    weights: str
    biases: str
    optimizer_epsilon: float
    norm_epsilon: float
    batch_norm_momentum: float


DEFAULTS: dict[Library, Defaults] = {
    "keras": Defaults("glorot_uniform", "zeros", 1e-7, 1e-3, 0.01),
    "pytorch": Defaults("pytorch_default", "pytorch_default", 1e-8, 1e-5, 0.1),
}


def with_defaults(experiment: Experiment, library: Library) -> Experiment:
    """Return the experiment with a library's defaults in every layer and in the optimiser.

    Changed are the initialisers of weights and biases, epsilon and momentum of every
    normalisation, and epsilon of the optimiser where it has one. Nothing else is touched.

    Parameters
    ----------
    experiment : Experiment
    library : {"keras", "pytorch"}
    """
    chosen = DEFAULTS[library]
    data = experiment.plain()
    network, training = data["network"], data["training"]
    layers = compress(experiment.network.layers)
    network["layers"] = [layer.model_dump(mode="json") for layer in layers]
    for layer, plain in zip(layers, network["layers"], strict=True):
        if isinstance(layer, (Dense, Conv)):
            _set_initialisers(plain, chosen)
            _set_norm(plain["batch_norm"], layer.batch_norm, chosen)
            _set_norm(plain["layer_norm"], layer.layer_norm, chosen)
    _set_initialisers(network["output"], chosen)
    _set_norm(network["input_norm"], experiment.network.input_norm, chosen)
    if "epsilon" in training["optimizer"]:
        training["optimizer"]["epsilon"] = chosen.optimizer_epsilon
    return type(experiment).parse(data)


def _set_initialisers(plain: dict[str, Any], chosen: Defaults) -> None:
    plain["init"] = {"kind": chosen.weights}
    plain["bias_init"] = {"kind": chosen.biases}


def _set_norm(plain: dict[str, Any], norm: Part, chosen: Defaults) -> None:
    if isinstance(norm, (BatchStatistics, SampleStatistics)):
        plain["epsilon"] = chosen.norm_epsilon
    if isinstance(norm, BatchStatistics):
        plain["momentum"] = chosen.batch_norm_momentum
