"""The data part of an experiment."""

from __future__ import annotations

from typing import Annotated, Literal

from core.experiment.fields import BY_KIND, SHORTHAND, Part, setting


class _Data(Part):
    validation: float = setting(
        0.2,
        title="Validation share",
        unit="share",
        help="Share of the training samples kept aside to see whether the network generalises.",
        ge=0.0,
        le=0.9,
    )
    standardize: bool = setting(
        True,
        title="Standardise",
        help="Shift and scale every feature to mean 0 and standard deviation 1 (training set).",
    )


class Digits(_Data):
    """1,438 handwritten digits of 8 x 8 pixels (UCI Optical Recognition, Alpaydin & Kaynak)."""

    kind: Literal["digits"] = "digits"


class FashionMnist(_Data):
    """8,000 photographs of clothing, 28 x 28 pixels, ten classes (Zalando Fashion-MNIST)."""

    kind: Literal["fashion_mnist"] = "fashion_mnist"


class Moons(_Data):
    """Two interleaved half circles in the plane: the smallest problem that needs a curve."""

    kind: Literal["moons"] = "moons"
    samples: int = setting(
        1000, title="Samples", help="How many points are drawn in all.", ge=10, le=1_000_000
    )
    noise: float = setting(
        0.15,
        title="Noise",
        unit="std",
        help="Standard deviation of the Gaussian noise added to both coordinates.",
        ge=0.0,
        le=10.0,
    )


DATA_KINDS: dict[str, type[_Data]] = {
    "digits": Digits,
    "fashion_mnist": FashionMnist,
    "moons": Moons,
}
Data = Annotated[Digits | FashionMnist | Moons, BY_KIND, SHORTHAND]
