"""What a layer does about penalties: as the network, or its own way."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, Scope, setting


class AsNetwork(Part):
    """L1, L2 and weight decay of the training settings."""

    kind: Literal["as_network"] = "as_network"


class OwnPenalty(Part):
    """Numbers of this layer's own, instead of those of the training settings."""

    kind: Literal["own"] = "own"
    l1: float = setting(
        0.0,
        title="L1",
        unit="λ Σ|W|",
        help="Adds l1 times the sum of |W| of this layer to the loss.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    l2: float = setting(
        0.0,
        title="L2",
        unit="λ ΣW²",
        help="Adds l2 times the sum of W squared of this layer to the loss: gradient 2 l2 W.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )
    weight_decay: float = setting(
        0.0,
        title="Weight decay",
        unit="1/step·lr",
        help="Shrinks this layer's weights by lr times this share at each step; AdamW's own"
        " weight decay does not come on top.",
        scope=Scope.LIVE,
        log=True,
        ge=0.0,
    )


PENALTY_KINDS: dict[str, type[Part]] = {"as_network": AsNetwork, "own": OwnPenalty}
LayerPenaltySpec = AsNetwork | OwnPenalty
LayerPenalty = Annotated[LayerPenaltySpec, BY_KIND, SHORTHAND]
