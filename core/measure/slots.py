"""Where a step writes its gradients, and what is measured of them and of the weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch

NAMES = (
    "weight_norm",
    "weight_grad_norm",
    "weight_grad_mean",
    "weight_grad_std",
    "penalty_grad_norm",
    "raw_grad_norm",
    "clipped_grad_norm",
    "below_floor",
    "update_norm",
    "weight_distance",
)
"""What is measured of each layer's weights."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a step writes its vectors, each of the shape of the network's flat parameters.

    Attributes
    ----------
    data, total, clipped : Tensor
        Gradient of the data loss; with that of L1 and L2; after clipping. What a run does not do
        has no vector of its own: writing one over itself costs nothing.
    """

    data: torch.Tensor
    total: torch.Tensor
    clipped: torch.Tensor
