"""Data sources and their preparation: NumPy only, ready before torch is."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from resources import path as resource_path

if TYPE_CHECKING:
    from core.experiment.data import Moons
    from core.experiment.fields import Part

_FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_DIGIT_NAMES = tuple(str(digit) for digit in range(10))
_FILES = {
    "digits": ("digits8x8.npz", _DIGIT_NAMES),
    "fashion_mnist": ("fashion_mnist10k.npz", _FASHION),
}
TITLES = {"digits": "Digits", "fashion_mnist": "Fashion-MNIST", "moons": "Moons"}


@dataclass(frozen=True, slots=True)
class Samples:
    """Training and validation samples, prepared.

    Attributes
    ----------
    x_train, x_validation : ndarray of float32, shape (n, features)
    y_train, y_validation : ndarray of int64, shape (n,)
    class_names : tuple of str
    text : str
        One line: what the data are and what was done to them.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_validation: NDArray[np.float32]
    y_validation: NDArray[np.int64]
    class_names: tuple[str, ...]
    text: str

    @property
    def n_features(self) -> int:
        """Inputs of the network."""
        return self.x_train.shape[1]

    @property
    def n_classes(self) -> int:
        """Outputs of the network."""
        return len(self.class_names)


def load_samples(spec: Part, seed: int) -> Samples:
    """Load, split and standardise.

    Parameters
    ----------
    spec : Part
        One of the kinds in ``core.experiment.data``.
    seed : int
        Draws the toy data and the validation split.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    rng = np.random.default_rng([seed, 1])
    kind = cast("str", getattr(spec, "kind", ""))
    if kind == "moons":
        x, y = two_moons(cast("Moons", spec), rng)
        names: tuple[str, ...] = ("upper", "lower")
    else:
        file, names = _FILES[kind]
        x, y = _read_npz(file)
    share = cast("float", getattr(spec, "validation", 0.0))
    chosen = _stratified(y, share, rng)
    x_train, x_validation = x[~chosen], x[chosen]
    done = []
    if getattr(spec, "standardize", False):
        mean, std = x_train.mean(axis=0), x_train.std(axis=0)
        std[std == 0.0] = 1.0  # a constant feature stays 0
        x_train, x_validation = (x_train - mean) / std, (x_validation - mean) / std
        done.append("standardised")
    done.append(f"{len(x_validation):,} kept for validation")
    text = f"{TITLES[kind]} · {len(x_train):,} samples · {x.shape[1]} features · " + ", ".join(done)
    return Samples(
        x_train.astype(np.float32),
        y[~chosen],
        x_validation.astype(np.float32),
        y[chosen],
        names,
        text,
    )


def two_moons(
    spec: Moons, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw two interleaved half circles, as scikit-learn's ``make_moons`` defines them.

    Returns
    -------
    x : ndarray of float64, shape (samples, 2)
    y : ndarray of int64, shape (samples,)
    """
    upper = spec.samples // 2
    lower = spec.samples - upper
    t, u = np.linspace(0.0, np.pi, upper), np.linspace(0.0, np.pi, lower)
    x = np.concatenate(
        [np.column_stack([np.cos(t), np.sin(t)]), np.column_stack([1 - np.cos(u), 0.5 - np.sin(u)])]
    )
    y = np.repeat(np.array([0, 1], np.int64), [upper, lower])
    return x + rng.normal(scale=spec.noise, size=x.shape), y


def _read_npz(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    path = resource_path("data", name)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            images, labels = archive["x_train"], archive["y_train"]
    except FileNotFoundError:
        raise DataError(
            f"The data file {name!r} is missing from {str(path.parent)!r}.",
            hint="Install Gradoscope again, or choose other data.",
            field="data.kind",
        ) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The data file {name!r} is damaged ({error}).",
            hint="Install Gradoscope again, or choose other data.",
            field="data.kind",
        ) from None
    return images.reshape(len(images), -1).astype(np.float64), labels.astype(np.int64)


def _stratified(y: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose ``share`` of every class; at least one sample of each stays for training."""
    chosen = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = min(round(share * len(members)), len(members) - 1)
        chosen[rng.permutation(members)[:count]] = True
    return chosen
