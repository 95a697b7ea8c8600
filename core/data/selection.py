"""Which samples are used, which are kept for validation, and which labels are made wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.raw import Raw
from core.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from core.experiment.data import DataPart

_Labels = NDArray[np.int64]


def choose_classes(raw: Raw, text: str) -> tuple[Raw, str]:
    """Keep the classes named in ``text``, numbered anew from 0 in their old order.

    Returns
    -------
    Raw
    str
        What was done, empty if nothing.

    Raises
    ------
    DataError
        If a class is not known, or fewer than two are left.
    """
    if not text.strip():
        return raw, ""
    if not raw.class_names:
        raise _for_classes_only("classes", text)
    chosen = sorted({_class_number(word.strip(), raw.class_names) for word in text.split(",")})
    if len(chosen) < 2:
        raise DataError(
            f"{text!r} is a single class, and there is nothing to tell apart.",
            hint="Name at least two classes, with commas between.",
            field="data.classes",
        )
    new = np.full(len(raw.class_names), -1, np.int64)
    new[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(new[raw.y] >= 0)
    left = raw.take(rows)
    names = tuple(raw.class_names[number] for number in chosen)
    kept = Raw(left.x, new[left.y], names, raw.shape, raw.range, raw.notes)
    shown = ", ".join(names) if len(names) <= 5 else f"{len(names)}"
    return kept, f"classes {shown} of {len(raw.class_names)}"


def _class_number(word: str, names: tuple[str, ...]) -> int:
    lower = [name.lower() for name in names]
    if word.lower() in lower:
        return lower.index(word.lower())
    named_by_number = any(name.isdecimal() for name in names)
    if word.isascii() and word.isdecimal() and len(word) < 10 and not named_by_number:
        if int(word) < len(names):
            return int(word)
        raise DataError(
            f"There is no class {word}: there are {len(names)}.",
            hint=f"Use 0 to {len(names) - 1}, or names such as {names[0]}.",
            field="data.classes",
        )
    raise DataError(
        f"There is no class {word!r}.",
        hint=did_you_mean(word, names[:30]),
        field="data.classes",
    )


def limit_samples(raw: Raw, limit: int, rng: np.random.Generator) -> tuple[Raw, str]:
    """Keep ``limit`` samples, every class at its share (largest remainders) and at least once.

    Raises
    ------
    DataError
        If there are more classes than samples asked for.
    """
    total = len(raw.x)
    if limit == 0 or limit >= total:
        return raw, ""
    least = max(2, len(raw.class_names))
    if limit < least:
        raise DataError(
            f"{limit} {'sample is' if limit == 1 else 'samples are'} too few for {least} "
            f"{'classes' if raw.class_names else 'samples at least'}.",
            hint=f"Use at least {least}, or 0 for all.",
            field="data.limit",
        )
    if not raw.class_names:
        rows = np.sort(rng.permutation(total)[:limit])
    else:
        sizes = np.bincount(raw.y, minlength=len(raw.class_names))
        parts = [
            rng.permutation(np.flatnonzero(raw.y == label))[:count]
            for label, count in enumerate(_apportion(sizes, limit))
        ]
        rows = np.sort(np.concatenate(parts))
    return raw.take(rows), f"{limit:,} of {total:,} samples used"


def _apportion(sizes: NDArray[np.int64], seats: int) -> list[int]:
    """Share ``seats`` out in proportion to ``sizes``, one at least for each that has any."""
    first = np.minimum(sizes, 1)
    left = seats - int(first.sum())
    ideal = (sizes - first) * (left / max(1, int((sizes - first).sum())))
    counts = np.floor(ideal).astype(np.int64)
    order = np.argsort(counts - ideal, kind="stable")  # largest remainder first
    counts[order[: left - int(counts.sum())]] += 1
    return (first + counts).tolist()


def split(raw: Raw, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose the samples for validation: ``share`` of every class, or of all in a regression.

    At least one sample of each class stays for training.
    """
    if raw.class_names:
        return _stratified(raw.y, share, rng)
    chosen = np.zeros(len(raw.y), bool)
    count = min(round(share * len(raw.y)), len(raw.y) - 1)
    chosen[rng.permutation(len(raw.y))[:count]] = True
    return chosen


def _stratified(y: _Labels, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    chosen = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = min(round(share * len(members)), len(members) - 1)
        chosen[rng.permutation(members)[:count]] = True
    return chosen


def spoil_labels(
    y: _Labels, n_classes: int, spec: DataPart, rng: np.random.Generator
) -> tuple[_Labels, str]:
    """Replace training labels as ``label_noise`` and ``random_labels`` say.

    Raises
    ------
    DataError
        If the targets are no classes.
    """
    if n_classes == 0:
        if spec.random_labels:
            raise _for_classes_only("random_labels", "true")
        if spec.label_noise > 0:
            raise _for_classes_only("label_noise", f"{spec.label_noise:g}")
        return y, ""
    if spec.random_labels:
        return rng.integers(0, n_classes, len(y)), "all training labels random"
    count = round(spec.label_noise * len(y))
    if count == 0:
        return y, ""
    wrong = y.copy()
    rows = rng.permutation(len(y))[:count]
    wrong[rows] = (y[rows] + rng.integers(1, n_classes, count)) % n_classes
    return wrong, f"{count:,} training labels replaced by another class"


def _for_classes_only(name: str, value: str) -> DataError:
    return DataError(
        f"{value!r} is for classes, but these data are a regression.",
        hint="Leave it off, or choose data with classes.",
        field=f"data.{name}",
    )


def asked(count: int, most: int) -> NDArray[np.intp]:
    """Return which of ``count`` samples a network is asked about, at most ``most``.

    Always the same ones, and the first of them are the same whatever ``most`` is. They are drawn:
    the first ones of a data set may be of one class, and so may every tenth.
    """
    return np.random.default_rng(0).permutation(count)[:most]
