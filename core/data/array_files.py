"""Arrays of one's own: NumPy archives and IDX files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data import targets
from core.data.files import existing_file
from core.data.idx import read_idx_array
from core.data.npy import Archive, ArrayHeader
from core.data.raw import Raw
from core.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from core.experiment.data import Idx, Npz

INPUT_NAMES = ("x_train", "x", "X", "images", "data")
TARGET_NAMES = ("y_train", "y", "Y", "labels", "target")
_CHANNELS = (1, 3, 4)  # grey, colour, colour with opacity


def read_npz(spec: Npz) -> Raw:
    """Read inputs and targets from a NumPy archive.

    Raises
    ------
    DataError
        If it is none, or its arrays do not fit together.
    """
    path = existing_file(spec.path, "data.path")
    with Archive(path, "data.path") as archive:
        names = archive.names()
        x_name = array_name(spec.x, names, INPUT_NAMES, "data.x")
        y_name = array_name(spec.y, names, TARGET_NAMES, "data.y")
        heads = archive.header(x_name), archive.header(y_name)
        _check_lengths(heads[0], heads[1])
        x, y = archive.read(x_name), archive.read(y_name)
    found, class_names = targets.targets(y, spec.task, y_name, "data.y")
    return as_raw(targets.inputs(x, x_name, "data.x"), found, class_names)


def read_idx(spec: Idx) -> Raw:
    """Read images and labels from IDX files.

    Raises
    ------
    DataError
        If they are none, or do not fit together.
    """
    x = read_idx_array(spec.images, "data.images")
    y = read_idx_array(spec.labels, "data.labels")
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError(
            f"The labels in {spec.labels!r} have shape {y.shape} and type {y.dtype}.",
            hint="Choose a file with one whole number an image; are the two files swapped?",
            field="data.labels",
        )
    if len(x) != len(y):
        raise DataError(
            f"There are {len(x):,} images and {len(y):,} labels.",
            hint="Choose two files that belong together.",
            field="data.labels",
        )
    found, class_names = targets.classes(y, "labels", "data.labels")
    return as_raw(targets.inputs(x, "images", "data.images"), found, class_names)


def array_name(word: str, names: list[str], usual: tuple[str, ...], field: str) -> str:
    """Return the name of an array: the one asked for, or the first usual one that is there.

    Raises
    ------
    DataError
        If there is none.
    """
    shown = f"It holds: {', '.join(names[:12]) or 'nothing'}."
    if word:
        if word in names:
            return word
        raise DataError(
            f"The archive holds no array {word!r}.",
            hint=did_you_mean(word, names) if names else shown,
            field=field,
        )
    found = next((name for name in usual if name in names), None)
    if found is None:
        raise DataError(
            f"The archive holds none of {', '.join(usual)}.",
            hint=f"Name the array. {shown}",
            field=field,
        )
    return found


def as_raw(x: NDArray[Any], y: NDArray[Any], class_names: tuple[str, ...]) -> Raw:
    """Return samples with flat features: (n, height, width) and 4-d arrays are images.

    Channels may come first or last; they are first in the result.
    """
    if x.ndim == 4 and x.shape[3] in _CHANNELS and x.shape[1] not in _CHANNELS:
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    features = math.prod(x.shape[1:])
    shape = (1, *x.shape[1:]) if x.ndim == 3 else x.shape[1:] if x.ndim == 4 else (features,)
    limits = (0.0, 255.0) if x.dtype == np.uint8 else None
    return Raw(x.reshape(len(x), features), y, class_names, shape, limits)


def _check_lengths(x: ArrayHeader, y: ArrayHeader) -> None:
    if x.shape[0] != y.shape[0]:
        raise DataError(
            f"{x.name!r} has {x.shape[0]:,} samples, {y.name!r} has {y.shape[0]:,}.",
            hint="Choose two arrays that belong together.",
            field="data.y",
        )
