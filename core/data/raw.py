"""What a source gives, before any preparation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Raw:
    """All samples of a source.

    Attributes
    ----------
    x : ndarray, shape (n, features)
        Bytes or float64, finite.
    y : ndarray
        int64 of shape (n,) for classes, float64 of shape (n, outputs) for regression.
    class_names : tuple of str
        Empty for regression.
    shape : tuple of int
        (channels, height, width) of an image, else (features,).
    range : tuple of float, optional
        Smallest and largest value that the format allows: bytes of an image.
    notes : tuple of str
        What the source did already, such as leaving out rows.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    class_names: tuple[str, ...]
    shape: tuple[int, ...]
    range: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        """Whether the features are the pixels of an image."""
        return len(self.shape) == 3

    def take(self, rows: NDArray[np.intp]) -> Raw:
        """Return these rows only."""
        return Raw(self.x[rows], self.y[rows], self.class_names, self.shape, self.range, self.notes)
