"""Scaling, standardising and principal components, measured on the training part alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

if TYPE_CHECKING:
    from core.data.raw import Raw
    from core.experiment.data import DataPart

_Array = NDArray[np.float64]
_CHUNK = 2**22  # numbers converted to float64 at once: 32 MB
_WIDEST = 4096  # features; the components of more would take minutes and gigabytes


@dataclass(slots=True)
class Affine:
    """Steps (x - shift) / width, feature by feature, in the order in which they were added."""

    steps: list[tuple[_Array, _Array]] = field(default_factory=list)

    def __call__(self, x: NDArray[Any], columns: slice = slice(None)) -> _Array:
        """Return some rows in float64, scaled; ``columns`` says which features they are."""
        values = x.astype(np.float64)
        for shift, width in self.steps:
            values = (values - shift[columns]) / width[columns]
        return values


@dataclass(frozen=True, slots=True)
class Scaled:
    """Both parts, ready for the network.

    Attributes
    ----------
    x_train, x_validation : ndarray of float32
    shape : tuple of int
    explained : ndarray of float64 or None
        Share of variance of every principal component.
    kept : int
        Components kept, 0 without PCA.
    done : tuple of str
    """

    x_train: NDArray[np.float32]
    x_validation: NDArray[np.float32]
    shape: tuple[int, ...]
    explained: _Array | None
    kept: int
    done: tuple[str, ...]


def scale(raw: Raw, validation: NDArray[np.bool_], spec: DataPart) -> Scaled:
    """Scale, standardise and project as the specification says.

    Parameters
    ----------
    raw : Raw
    validation : ndarray of bool, shape (n,)
        The samples that nothing may be measured on.
    spec : DataPart

    Raises
    ------
    DataError
        If a value does not fit into float32, or there is no variance to keep a share of.
    """
    x_train, x_validation = raw.x[~validation], raw.x[validation]
    affine, done = Affine(), []
    with np.errstate(over="ignore", invalid="ignore"):  # refused below, with a sentence
        if spec.scale == "minus_one_one":
            affine.steps.append(_to_minus_one_one(x_train, raw))
            done.append("scaled to [-1, 1]")
        if spec.standardize:
            affine.steps.append(_moments(x_train, affine))
            done.append("standardised")
        if spec.pca > 0:
            components = _components(x_train, affine)
            mean, axes, explained = components
            kept = _enough(explained, spec.pca)
            done.append(
                f"PCA to {kept:,} of {len(mean):,} {'feature' if len(mean) == 1 else 'features'}"
                f" ({explained[:kept].sum():.4g} of the variance)"
            )
            parts = [_project(x, affine, mean, axes[:, :kept]) for x in (x_train, x_validation)]
            shape: tuple[int, ...] = (kept,)
        else:
            explained, kept, shape = None, 0, raw.shape
            parts = [_apply(x, affine) for x in (x_train, x_validation)]
    for x in parts:
        _check_finite(x)
    return Scaled(parts[0], parts[1], shape, explained, kept, tuple(done))


def _to_minus_one_one(x: NDArray[Any], raw: Raw) -> tuple[_Array, _Array]:
    """Return centre and half width: of the format, of all pixels, or of each feature."""
    if raw.range is not None:
        low, high = (np.full(x.shape[1], limit) for limit in raw.range)
    elif raw.is_image:
        low, high = np.full(x.shape[1], float(x.min())), np.full(x.shape[1], float(x.max()))
    else:
        low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    half = high / 2 - low / 2
    half[half == 0.0] = 1.0  # a constant feature becomes 0
    return low / 2 + high / 2, half


def _moments(x: NDArray[Any], affine: Affine) -> tuple[_Array, _Array]:
    """Return mean and standard deviation of every feature, a few features at a time.

    A feature with one value only gets that value and 1, so that it becomes exactly 0: the
    rounded mean of many equal numbers may differ from them, and the rounding error divided by
    itself would be noise of size 1.
    """
    features = x.shape[1]
    mean, std = np.empty(features), np.empty(features)
    step = max(2, _CHUNK // max(1, len(x)))
    for start in range(0, features, step):
        columns = slice(start, start + step)
        block = affine(x[:, columns], columns)
        mean[columns], std[columns] = block.mean(axis=0), block.std(axis=0)
        constant = block.min(axis=0) == block.max(axis=0)
        mean[columns][constant], std[columns][constant] = block[0, constant], 1.0
    std[std == 0.0] = 1.0  # squares too small for float64
    return mean, std


def _rows(x: NDArray[Any]) -> range:
    return range(0, len(x), max(1, _CHUNK // max(1, x.shape[1])))


def _apply(x: NDArray[Any], affine: Affine) -> NDArray[np.float32]:
    result = np.empty(x.shape, np.float32)
    for start in _rows(x):
        rows = slice(start, start + _rows(x).step)
        result[rows] = affine(x[rows])
    return result


def _project(x: NDArray[Any], affine: Affine, mean: _Array, axes: _Array) -> NDArray[np.float32]:
    result = np.empty((len(x), axes.shape[1]), np.float32)
    for start in _rows(x):
        rows = slice(start, start + _rows(x).step)
        result[rows] = (affine(x[rows]) - mean) @ axes
    return result


def _components(x: NDArray[Any], affine: Affine) -> tuple[_Array, _Array, _Array]:
    """Return mean, axes (features, components) and the share of variance of each component.

    The axes are the eigenvectors of the covariance matrix, largest variance first. The sign of
    an eigenvector is anybody's choice: here its entry of largest size is positive.
    """
    features = x.shape[1]
    if features > _WIDEST:
        raise DataError(
            f"PCA of {features:,} features takes too long.",
            hint=f"Use it with at most {_WIDEST:,} features, or set pca = 0.",
            field="data.pca",
        )
    mean, covariance = np.zeros(features), np.zeros((features, features))
    for start in _rows(x):
        mean += affine(x[start : start + _rows(x).step]).sum(axis=0) / len(x)
    for start in _rows(x):
        centred = affine(x[start : start + _rows(x).step]) - mean
        covariance += centred.T @ centred / len(x)
    if not np.isfinite(covariance).all():
        raise _too_large()
    variances, axes = np.linalg.eigh(covariance)
    count = max(1, min(len(x) - 1, features))
    variances = np.maximum(variances[::-1][:count], 0.0)  # rounding may give -1e-18
    axes = axes[:, ::-1][:, :count]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(count)]
    total = variances.sum()
    if total == 0.0:
        raise DataError(
            "PCA finds no variance: all training samples are alike.",
            hint="Set pca = 0.",
            field="data.pca",
        )
    return mean, axes * np.where(largest < 0, -1.0, 1.0), variances / total


def _enough(explained: _Array, share: float) -> int:
    """Return the smallest number of components that together hold at least ``share``."""
    reached = np.cumsum(explained) >= share - 1e-12  # a sum of shares misses 1 by rounding
    return int(reached.argmax()) + 1 if reached.any() else len(explained)


def _check_finite(x: NDArray[np.float32]) -> None:
    if not np.isfinite(x).all():
        raise _too_large()


def _too_large() -> DataError:
    return DataError(
        "A prepared value is too large for a 32-bit number.",
        hint="Scale the data before, or leave out the column with the huge values.",
        field="data",
    )
