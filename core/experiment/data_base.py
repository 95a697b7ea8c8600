"""What every kind of data has in common: which samples are used, and how they are prepared."""

from __future__ import annotations

from typing import Literal

from core.experiment.fields import Part, setting


class DataPart(Part):
    """Base of the kinds of data.

    The order in which the settings act is fixed: ``classes``, ``limit``, the split by
    ``validation``, ``label_noise`` or ``random_labels`` on the training part, ``scale``,
    ``standardize``, ``pca``. Range, mean and components are measured on the training part alone.
    """

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
    scale: Literal["none", "minus_one_one"] = setting(
        "none",
        title="Scale",
        help=(
            "Scale to the range from -1 to 1: bytes as x / 255 · 2 - 1, other images by their"
            " smallest and largest pixel, other data feature by feature (training set)."
            " Standardising comes after it and sets its own range: switch it off to keep this one."
        ),
    )
    pca: float = setting(
        0.0,
        title="PCA",
        unit="share of variance",
        help=(
            "Keep the fewest principal components (training set) that together hold at least this"
            " share of the variance; 0 keeps the features as they are, 1 every component."
            " Some courses keep those whose sum stays below the share: one component less."
        ),
        ge=0.0,
        le=1.0,
    )
    classes: str = setting(
        "",
        title="Classes",
        help="Use these classes only, by number or name with commas between: 0, 1, 7. Empty: all.",
        max_length=2000,
    )
    limit: int = setting(
        0,
        title="Samples used",
        unit="samples",
        help="Use this many samples, drawn with every class at its share. 0: all.",
        ge=0,
        le=100_000_000,
    )
    label_noise: float = setting(
        0.0,
        title="Label noise",
        unit="share",
        help=(
            "Share of the training labels that are replaced by another class at random. Validation"
            " labels stay right. Random labels, if on, leave nothing for it to do."
        ),
        ge=0.0,
        le=1.0,
    )
    random_labels: bool = setting(
        False,
        title="Random labels",
        help="Draw every training label at random: what is learned then is learned by heart.",
    )
