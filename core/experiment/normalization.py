"""Normalisation of layers, as an experiment names it."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting

BN_EPSILON = 1e-5
BN_MOMENTUM = 0.1
"""PyTorch's values; Keras has 1e-3, and 0.01 in this convention."""


class BatchStatistics(Part):
    """What every batch norm has."""

    epsilon: float = setting(
        BN_EPSILON,
        title="Epsilon",
        help="Added to the variance before the root. PyTorch 1e-5, Keras 1e-3.",
        log=True,
        gt=0.0,
        le=1.0,
    )
    momentum: float = setting(
        BN_MOMENTUM,
        title="Momentum",
        unit="share",
        help=(
            "Share of the running mean and variance that each step replaces."
            " Keras names the share that is kept: its 0.99 is 0.01 here."
        ),
        scope=Scope.LIVE,
        gt=0.0,
        le=1.0,
    )


class SampleStatistics(Part):
    """What every layer norm has."""

    epsilon: float = setting(
        1e-5,
        title="Epsilon",
        help="Added to the variance before the root. PyTorch 1e-5, Keras 1e-3.",
        log=True,
        gt=0.0,
        le=1.0,
    )


class NoNorm(Part):
    """No normalisation."""

    kind: Literal["none"] = "none"


class BatchNormBefore(BatchStatistics):
    """Each unit's sum z gets mean 0 and variance 1 over the batch, then scale and shift."""

    kind: Literal["before_activation"] = "before_activation"


class BatchNormAfter(BatchStatistics):
    """Each unit's output gets mean 0 and variance 1 over the batch, then scale and shift."""

    kind: Literal["after_activation"] = "after_activation"


class LayerNormBefore(SampleStatistics):
    """Each sample's sums z get mean 0 and variance 1 over the layer, then scale and shift."""

    kind: Literal["before_activation"] = "before_activation"


class LayerNormAfter(SampleStatistics):
    """Each sample's outputs get mean 0 and variance 1 over the layer, then scale and shift."""

    kind: Literal["after_activation"] = "after_activation"


class InputBatchNorm(BatchStatistics):
    """Each feature gets mean 0 and variance 1 over the batch, then scale and shift."""

    kind: Literal["batch_norm"] = "batch_norm"


class InputLayerNorm(SampleStatistics):
    """Each sample's features get mean 0 and variance 1, then scale and shift."""

    kind: Literal["layer_norm"] = "layer_norm"


BATCH_NORM_KINDS: dict[str, type[Part]] = {
    "none": NoNorm,
    "before_activation": BatchNormBefore,
    "after_activation": BatchNormAfter,
}
LAYER_NORM_KINDS: dict[str, type[Part]] = {
    "none": NoNorm,
    "before_activation": LayerNormBefore,
    "after_activation": LayerNormAfter,
}
INPUT_NORM_KINDS: dict[str, type[Part]] = {
    "none": NoNorm,
    "batch_norm": InputBatchNorm,
    "layer_norm": InputLayerNorm,
}
BatchNormSpec = NoNorm | BatchNormBefore | BatchNormAfter
LayerNormSpec = NoNorm | LayerNormBefore | LayerNormAfter
InputNormSpec = NoNorm | InputBatchNorm | InputLayerNorm
BatchNormChoice = Annotated[BatchNormSpec, BY_KIND, SHORTHAND]
LayerNormChoice = Annotated[LayerNormSpec, BY_KIND, SHORTHAND]
InputNormChoice = Annotated[InputNormSpec, BY_KIND, SHORTHAND]
