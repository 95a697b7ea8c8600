"""Data ready for training: where they come from, and the order of what is done to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.data import array_files, csv_table, image_sets, toys
from core.data.cache import remembered
from core.data.raw import Raw
from core.data.scaling import scale
from core.data.selection import asked, choose_classes, limit_samples, split, spoil_labels
from core.errors import DataError
from resources import path as resource_path

if TYPE_CHECKING:
    from core.experiment.data import DataPart

TITLES = {
    "digits": "Digits",
    "fashion_mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "moons": "Moons",
    "circles": "Circles",
    "spirals": "Spirals",
    "xor": "XOR",
    "blobs": "Blobs",
    "checkerboard": "Checkerboard",
    "sine": "Sine",
    "plane": "Plane",
    "formula": "Formula",
    "csv": "CSV table",
    "npz": "NPZ arrays",
    "idx": "IDX images",
}
"""Kind of data -> its name on screen, in the order in which they are offered."""


MOST_PICTURES = 48
"""Samples of images that are kept as they came."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Training and validation samples, prepared.

    Attributes
    ----------
    x_train, x_validation : ndarray of float32, shape (n, features)
        Finite.
    y_train, y_validation : ndarray
        int64 of shape (n,) for classes, float32 of shape (n, outputs) for regression.
    class_names : tuple of str
        Empty for regression.
    text : str
        One line: what the data are and everything that was done to them.
    shape : tuple of int
        (channels, height, width) if the features are the pixels of an image, else (features,).
    explained : ndarray of float64, shape (components,), or None
        Share of the variance of every principal component, the largest first; None without PCA.
    kept : int
        Principal components kept, 0 without PCA.
    pictures : ndarray of float32, shape (m, height, width) or (m, height, width, 3)
        Of images: the first samples to be asked about (:func:`core.data.selection.asked`) as
        they came, 0 black and 1 white.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[Any]
    x_validation: NDArray[np.float32]
    y_validation: NDArray[Any]
    class_names: tuple[str, ...]
    text: str
    shape: tuple[int, ...] = ()
    explained: NDArray[np.float64] | None = None
    kept: int = 0
    pictures: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))

    @property
    def task(self) -> Literal["classes", "regression"]:
        """``"classes"`` or ``"regression"``."""
        return "classes" if self.class_names else "regression"

    @property
    def n_features(self) -> int:
        """Inputs of the network."""
        return self.x_train.shape[1]

    @property
    def n_classes(self) -> int:
        """Classes, 0 for regression."""
        return len(self.class_names)

    @property
    def n_outputs(self) -> int:
        """Outputs of the network: one a class, or one a number to predict."""
        return len(self.class_names) or self.y_train.shape[1]


def load_samples(spec: DataPart, seed: int) -> Samples:
    """Load and prepare: classes, limit, split, label noise, scale, standardise, PCA, in this order.

    Parameters
    ----------
    spec : DataPart
        One of the kinds in ``core.experiment.data``.
    seed : int
        Draws toy data, the samples used, the validation part and wrong labels. What is off draws
        nothing, and no option changes what another one draws from the same samples.

    Raises
    ------
    DataError
        If a file is missing, damaged or does not fit, or a setting does not suit the data.
    """
    rng = np.random.default_rng([seed, 1])
    kind = str(getattr(spec, "kind", ""))
    raw = _SOURCES[kind](spec, rng)
    _check_enough(raw)
    done = list(raw.notes)
    raw, subset = choose_classes(raw, spec.classes)
    raw, fewer = limit_samples(raw, spec.limit, np.random.default_rng([seed, 2]))
    validation = split(raw, spec.validation, rng)
    y: NDArray[Any] = raw.y if raw.class_names else raw.y.astype(np.float32)
    y_train, spoiled = spoil_labels(
        y[~validation], len(raw.class_names), spec, np.random.default_rng([seed, 3])
    )
    scaled = scale(raw, validation, spec)
    done += [subset, fewer, spoiled, *scaled.done, f"{validation.sum():,} kept for validation"]
    text = " · ".join(
        [
            TITLES[kind],
            _counted(len(scaled.x_train), "sample"),
            _counted(scaled.x_train.shape[1], "feature"),
            ", ".join(filter(None, done)),
        ]
    )
    return Samples(
        scaled.x_train,
        y_train,
        scaled.x_validation,
        y[validation],
        raw.class_names,
        text,
        scaled.shape,
        scaled.explained,
        scaled.kept,
        _pictures(raw, validation),
    )


def _pictures(raw: Raw, validation: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return some samples as people see them."""
    if not raw.is_image or raw.shape[0] not in (1, 3):
        return np.zeros((0, 0, 0), np.float32)
    pool = np.flatnonzero(validation if validation.any() else ~validation)
    some = raw.x[pool[asked(len(pool), MOST_PICTURES)]].astype(np.float32)
    low, high = raw.range or (float(some.min()), float(some.max()))
    some = (some - low) / max(high - low, 1e-30)
    shown = some.reshape(-1, *raw.shape).transpose(0, 2, 3, 1).clip(0.0, 1.0)
    return np.ascontiguousarray(shown[..., 0] if raw.shape[0] == 1 else shown, np.float32)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _check_enough(raw: Raw) -> None:
    """Refuse what no network can learn from, whatever the source."""
    if len(raw.x) < 2:
        raise DataError(
            f"The data hold {len(raw.x)} sample{'s' if len(raw.x) != 1 else ''}.",
            hint="A network needs at least two.",
            field="data",
        )
    if raw.x.shape[1] == 0:
        raise DataError("The samples have no features.", hint="Choose other data.", field="data")
    if not raw.class_names and not raw.y.size:
        raise DataError("There is nothing to predict.", hint="Choose other data.", field="data")
    if len(raw.class_names) == 1:
        raise DataError(
            f"The data hold a single class, {raw.class_names[0]!r}.",
            hint="There must be at least two to tell apart; choose another target.",
            field="data",
        )


def _bundled(file: str, names: tuple[str, ...], largest: float) -> Raw:
    return image_sets.read_bundled(resource_path("data", file), names, largest)


def _fashion(spec: Any, rng: np.random.Generator) -> Raw:
    if spec.files == "full":
        return image_sets.read_fashion_mnist(spec)
    return _bundled("fashion_mnist10k.npz", image_sets.FASHION_NAMES, 255.0)


_SOURCES: dict[str, Callable[[Any, np.random.Generator], Raw]] = {
    "digits": lambda spec, rng: _bundled("digits8x8.npz", image_sets.DIGIT_NAMES, 16.0),
    "fashion_mnist": _fashion,
    "mnist": lambda spec, rng: image_sets.read_mnist(spec),
    "cifar10": lambda spec, rng: image_sets.read_cifar10(spec),
    "moons": lambda spec, rng: toys.points(toys.two_moons(spec, rng), ("upper", "lower")),
    "circles": lambda spec, rng: toys.points(toys.two_circles(spec, rng), ("outer", "inner")),
    "spirals": lambda spec, rng: toys.points(toys.spirals(spec, rng)),
    "xor": lambda spec, rng: toys.points(toys.xor(spec, rng), ("same", "different")),
    "blobs": lambda spec, rng: toys.points(toys.blobs(spec, rng)),
    "checkerboard": lambda spec, rng: toys.points(toys.checkerboard(spec, rng), ("dark", "light")),
    "sine": toys.sine,
    "plane": toys.plane,
    "formula": toys.formula,
    "csv": lambda spec, rng: remembered(csv_table.read_csv, spec, spec.path),
    "npz": lambda spec, rng: remembered(array_files.read_npz, spec, spec.path),
    "idx": lambda spec, rng: remembered(array_files.read_idx, spec, spec.images, spec.labels),
}
