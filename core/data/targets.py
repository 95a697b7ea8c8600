"""From arrays of one's own to inputs and targets: classes or numbers, and nothing unfit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

MOST_CLASSES = 1000
LARGEST = float(np.finfo(np.float32).max)
"""Largest number that the network's 32-bit arithmetic can hold."""
FEW = 20
"""Up to so many different whole numbers are taken for classes, unless the user says otherwise."""


def inputs(x: NDArray[Any], name: str, field: str) -> NDArray[Any]:
    """Return inputs as bytes or float64, after a look for what is no number.

    Raises
    ------
    DataError
        With the first sample that holds NaN, infinity, or more than float32 can hold.
    """
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise _wrong_type(x, name, field)
    if x.dtype == np.uint8:
        return x
    values = x.astype(np.float64)
    _check_numbers(values, name, field)
    return values


def targets(
    y: NDArray[Any], task: str, name: str, field: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return targets and class names; no names means regression.

    Parameters
    ----------
    y : ndarray, shape (n,) or (n, outputs)
        Numbers or text. Rows of one 1 and else 0 are classes too.
    task : {"auto", "classes", "regression"}
    name : str
        Of the array, for messages.
    field : str
        The setting it comes from.

    Raises
    ------
    DataError
        If they are neither classes nor numbers, or not what ``task`` says.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2) or (y.dtype.kind in "US" and y.ndim != 1):
        raise DataError(
            f"The targets {name!r} have shape {y.shape}.",
            hint="Use one value a sample, or a row of numbers.",
            field=field,
        )
    if y.dtype.kind in "US":
        if task == "regression":
            raise DataError(
                f"The targets {name!r} are text, such as {str(y[0])[:40]!r}.",
                hint="Set the task to classes.",
                field="data.task",
            )
        texts = np.char.decode(y, "utf-8", "replace") if y.dtype.kind == "S" else y
        return classes(texts, name, field)
    if y.dtype.kind not in "biuf" or y.dtype.itemsize > 8:
        raise _wrong_type(y, name, field)
    whole = y.dtype.kind in "biu"
    values = y if whole else y.astype(np.float64)
    if not whole:
        _check_numbers(values, name, field)
    if values.ndim == 2:
        if task != "regression" and _is_one_hot(values):
            return classes(values.argmax(axis=1), name, field)
        if task == "classes":
            raise DataError(
                f"The targets {name!r} have {values.shape[1]} numbers a sample.",
                hint="Classes are one value a sample; or set the task to regression.",
                field="data.task",
            )
        return values.astype(np.float64), ()
    if task == "classes" or (task == "auto" and _look_like_classes(values, whole)):
        return classes(values, name, field)
    return values.astype(np.float64)[:, None], ()


def classes(
    values: NDArray[Any], name: str, field: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return every value's place among the different ones, and these as names of classes."""
    different, numbers = np.unique(values, return_inverse=True)
    if len(different) > MOST_CLASSES:
        raise DataError(
            f"{name!r} has {len(different):,} different values, too many for classes.",
            hint=f"Set the task to regression, or use at most {MOST_CLASSES:,} classes.",
            field=field,
        )
    return numbers.reshape(-1).astype(np.int64), tuple(map(_class_name, different.tolist()))


def _class_name(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value)


def _look_like_classes(values: NDArray[Any], whole: bool) -> bool:
    """Few whole numbers are classes; in an array of whole numbers more of them may be."""
    if not whole and not (values == np.floor(values)).all():
        return False
    count = len(np.unique(values))
    return count <= FEW or (whole and count <= MOST_CLASSES and 2 * count <= len(values))


def _is_one_hot(values: NDArray[Any]) -> bool:
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())


def _check_numbers(values: NDArray[np.float64], name: str, field: str) -> None:
    fits = np.abs(values.reshape(len(values), -1)) <= LARGEST  # false for NaN too
    rows = np.flatnonzero(~fits.all(axis=1))
    if rows.size:
        row = rows[0]
        column = int((~fits[row]).argmax())
        value = values.reshape(len(values), -1)[row, column]
        verdict = "too large" if np.isfinite(value) else "not a finite number"
        raise DataError(
            f"Sample {row + 1:,} of {name!r}, value {column + 1:,}: {value:g} is {verdict};"
            f" {rows.size:,} of {len(values):,} samples"
            f" {'are' if rows.size > 1 else 'is'} affected.",
            hint="Remove these samples, or fill in numbers.",
            field=field,
        )


def _wrong_type(array: NDArray[Any], name: str, field: str) -> DataError:
    return DataError(
        f"The array {name!r} holds {array.dtype}, not numbers that a network can take.",
        hint="Save it as numbers of 8 to 64 bits.",
        field=field,
    )
