"""Layer-sequential unit-variance initialisation: weights that have seen a batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch

from core.network.layers import pooled

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.experiment.initializers import Lsuv
    from core.network.build import Network


@torch.no_grad()
def scale_layers(network: Network, indices: Collection[int]) -> None:
    """Scale the weights of some layers until their sums have variance 1 on the first batch.

    Mishkin & Matas 2016, algorithm 1: from the input to the output, each layer's weights are
    divided by the standard deviation of what it computes, until that is 1 within the tolerance.

    Parameters
    ----------
    network : Network
        With orthonormal weights in those layers, and ``first_batch``.
    indices : collection of int
        Layers with weights, counted from 0 at the input.
    """
    if not indices or network.first_batch is None:
        return
    h = network.enter(network.first_batch, training=False)
    index = -1
    for stage in network.stages:
        if not stage.weight:
            h = pooled(stage.spec, h) if stage.row >= 0 else h
            continue
        index += 1
        layer = network.layers[index]
        if index in indices:
            spec = cast("Lsuv", layer.init)
            for _ in range(spec.iterations):
                variance = layer.linear(h, layer.weight).var(correction=0).item()
                if not (math.isfinite(variance) and variance > 0.0):
                    break  # a constant signal has no scale to give back
                if abs(variance - 1.0) <= spec.tolerance:
                    break
                layer.weight.div_(math.sqrt(variance))
        _, _, h = layer.forward(h, training=False, rng=torch.default_generator)
