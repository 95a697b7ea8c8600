"""The kinds of layers that a network is stacked from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from core.experiment.activations import Activation, Linear, Relu
from core.experiment.fields import BY_KIND, Part, Scope, setting
from core.experiment.initializers import BiasInit, GlorotUniform, Init, Zeros
from core.experiment.normalization import BatchNormChoice, LayerNormChoice, NoNorm
from core.experiment.penalties import AsNetwork, LayerPenalty

MOST_REPEATS = 1000


def _activation(default: Part) -> Any:
    return setting(
        default,
        title="Activation",
        help="The function phi that each unit applies to its sum z.",
        scope=Scope.LIVE,
    )


def _init(help_text: str) -> Any:
    return setting(GlorotUniform(), title="Initialiser", help=help_text, scope=Scope.REINIT)


def _bias_init() -> Any:
    return setting(
        Zeros(), title="Bias initialiser", help="How the biases start.", scope=Scope.REINIT
    )


def _penalty() -> Any:
    return setting(
        AsNetwork(),
        title="Penalties",
        help="L1, L2 and weight decay of this layer, if they differ from the network's.",
        scope=Scope.LIVE,
    )


class Output(Part):
    """The layer that the laboratory adds: one unit a class, or one a number to predict."""

    activation: Activation = _activation(Linear())
    init: Init = _init("How the output weights are drawn.")
    bias_init: BiasInit = _bias_init()
    penalty: LayerPenalty = _penalty()


def _repeat() -> Any:
    return setting(1, title="Repeat", help="How many equal layers.", ge=1, le=MOST_REPEATS)


def _batch_norm() -> Any:
    return setting(
        NoNorm(),
        title="Batch norm",
        help="Normalise each unit over the batch, before or after the activation.",
    )


def _layer_norm() -> Any:
    return setting(
        NoNorm(),
        title="Layer norm",
        help="Normalise each sample over the layer, before or after the activation.",
    )


def _dropped(title: str, what: str) -> Any:
    return setting(
        0.0,
        title=title,
        unit="share",
        help=f"Share of the layer's {what} set to 0 at random in each training step.",
        scope=Scope.LIVE,
        ge=0.0,
        lt=1.0,
    )


def _residual() -> Any:
    return setting(
        False,
        title="Residual",
        help="Add the layer's input to its output; both must have the same shape.",
    )


class Dense(Part):
    """A fully connected layer; an image is flattened before it."""

    kind: Literal["dense"] = "dense"
    repeat: int = _repeat()
    units: int = setting(64, title="Units", help="Neurons in the layer.", ge=1, le=65_536)
    activation: Activation = _activation(Relu())
    init: Init = _init("How the weights are drawn before the first step.")
    bias_init: BiasInit = _bias_init()
    batch_norm: BatchNormChoice = _batch_norm()
    layer_norm: LayerNormChoice = _layer_norm()
    dropout: float = _dropped("Dropout", "outputs")
    drop_weights: float = _dropped("DropConnect", "weights")
    residual: bool = _residual()
    penalty: LayerPenalty = _penalty()


class Conv(Part):
    """A convolution over an image: every channel is one small filter, slid over all positions."""

    kind: Literal["conv"] = "conv"
    repeat: int = _repeat()
    channels: int = setting(
        16,
        title="Channels",
        help="Filters, and channels of the picture that comes out.",
        ge=1,
        le=4096,
    )
    kernel: int = setting(
        3, title="Kernel", unit="pixels", help="Height and width of a filter.", ge=1, le=64
    )
    stride: int = setting(
        1, title="Stride", unit="pixels", help="How far the filter moves.", ge=1, le=64
    )
    padding: Literal["same", "valid"] = setting(
        "same",
        title="Padding",
        help="same: zeros around the image, so that it keeps its size; valid: none.",
    )
    activation: Activation = _activation(Relu())
    init: Init = _init("How the filters are drawn before the first step.")
    bias_init: BiasInit = _bias_init()
    batch_norm: BatchNormChoice = _batch_norm()
    layer_norm: LayerNormChoice = _layer_norm()
    dropout: float = _dropped("Dropout", "outputs")
    drop_weights: float = _dropped("DropConnect", "weights")
    residual: bool = _residual()
    penalty: LayerPenalty = _penalty()


def _patch(title: str, help_text: str) -> Any:
    return setting(2, title=title, unit="pixels", help=help_text, ge=1, le=64)


class MaxPool(Part):
    """The largest value of every patch of the image."""

    kind: Literal["max_pool"] = "max_pool"
    repeat: int = _repeat()
    size: int = _patch("Size", "Height and width of a patch.")
    stride: int = _patch("Stride", "How far the patch moves.")


class AvgPool(Part):
    """The mean of every patch of the image."""

    kind: Literal["avg_pool"] = "avg_pool"
    repeat: int = _repeat()
    size: int = _patch("Size", "Height and width of a patch.")
    stride: int = _patch("Stride", "How far the patch moves.")


class GlobalPool(Part):
    """One number for each channel: the mean or the largest value over the whole image."""

    kind: Literal["global_pool"] = "global_pool"
    repeat: int = _repeat()
    how: Literal["average", "max"] = setting(
        "average", title="Take", help="The mean or the largest value of each channel."
    )


class Flatten(Part):
    """All pixels of all channels in one row."""

    kind: Literal["flatten"] = "flatten"
    repeat: int = _repeat()


LAYER_KINDS: dict[str, type[Part]] = {
    "dense": Dense,
    "conv": Conv,
    "max_pool": MaxPool,
    "avg_pool": AvgPool,
    "global_pool": GlobalPool,
    "flatten": Flatten,
}
Weighted = Dense | Conv
"""Layers with weights: the ones that are numbered and measured."""
LayerSpec = Dense | Conv | MaxPool | AvgPool | GlobalPool | Flatten


def _dense_unless_said(value: Any) -> Any:
    if isinstance(value, str):
        return {"kind": value}
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "dense", **value}
    return value


AnyLayer = Annotated[LayerSpec, BY_KIND, BeforeValidator(_dense_unless_said)]
