"""A fixed batch that a network is asked about now and then, to see what it has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.data.selection import asked
from core.experiment.losses import BinaryCrossEntropy, CrossEntropy
from core.record.frame import Predictions

if TYPE_CHECKING:
    from core.data.samples import Samples
    from core.experiment.losses import LossSpec
    from core.network.build import Network

Tensor = torch.Tensor
Array = NDArray[np.float32]

MOST_SAMPLES, FEWEST_SAMPLES = 512, 64
SIDES = (64, 48, 32, 24)
"""Points along each side of a map: the finest that is not too much work."""
CURVE_POINTS = 256
MARGIN = 0.1
"""Of the data's range, on both sides."""
MOST_WORK = 60_000_000
"""Multiplications of the samples, and again of the map: some milliseconds."""


class Probe:
    """Fixed samples, and for one or two features points all over their range.

    Everything is in the units in which the network gets its inputs (scaled, or as principal
    components): :class:`core.data.samples.Samples` does not keep the way back.

    Parameters
    ----------
    samples : Samples
        The validation samples if there are any, else those for training, at most
        ``MOST_SAMPLES``: always the same ones.
    device : torch.device, optional
        Of the network.
    multiply_adds : int
        Work of one sample's forward pass. The larger it is, the fewer samples and points.

    Notes
    -----
    On one core a prediction takes 0.9 ms for the digits and twenty layers of 64 units, 0.8 ms for
    two moons with their map and two layers of 8, and 20 to 50 ms for convolutions whose training
    step takes 15 to 100 ms.
    """

    def __init__(
        self,
        samples: Samples,
        *,
        device: torch.device | None = None,
        multiply_adds: int = 0,
    ) -> None:
        work = max(1, multiply_adds)
        x, y = samples.x_validation, samples.y_validation
        if not len(x):
            x, y = samples.x_train, samples.y_train
        most = max(FEWEST_SAMPLES, min(MOST_SAMPLES, MOST_WORK // work))
        chosen = asked(len(x), most)
        self._classes = samples.n_classes
        self._features = samples.n_features
        self._targets: NDArray[Any] = y[chosen]
        self._inputs = x[chosen] if self._features <= 2 else np.zeros(0, np.float32)
        self._x = torch.from_numpy(x[chosen]).to(device)
        self._axes: tuple[Array, ...] = ()
        self._points: Tensor | None = None
        if self._features == 2:
            fitting = [side for side in SIDES if side * side * work <= MOST_WORK]
            self._axes = _axes(samples, (fitting or SIDES[-1:])[0])
            across, up = np.meshgrid(*self._axes)
            grid = np.stack([across.ravel(), up.ravel()], axis=1)
            self._points = torch.from_numpy(grid).to(device)
        elif self._features == 1 and not self._classes:
            self._axes = _axes(samples, CURVE_POINTS)
            self._points = torch.from_numpy(self._axes[0][:, None].copy()).to(device)

    @torch.no_grad()
    def predict(self, network: Network, loss: LossSpec | None = None) -> Predictions:
        """Ask a network; nothing about it changes.

        Parameters
        ----------
        network : Network
        loss : LossSpec, optional
            Tells what its outputs are: logits of the two cross-entropies become probabilities
            (without a loss, those of the first).
        """
        outputs = network.forward(self._x, training=False).h[-1]
        points = self._points
        seen = None if points is None else network.forward(points, training=False).h[-1]
        shared: dict[str, Any] = {"inputs": self._inputs}
        shared |= dict(zip(("x", "y"), self._axes, strict=False))
        if not self._classes:
            shared |= self._values_at(seen)
            return Predictions(self._targets, _numpy(outputs), **shared)
        predicted = _winners(outputs)
        sure = predicted >= 0
        value, meaning = _best(outputs, predicted, loss)
        shared |= {"sure": value, "value": meaning}
        cells = self._targets[sure] * self._classes + predicted[sure]
        confusion = np.bincount(cells, minlength=self._classes**2)
        if seen is not None:
            shared |= self._classes_at(seen, loss)
        return Predictions(
            self._targets,
            predicted,
            confusion.reshape(self._classes, self._classes),
            int(len(sure) - np.count_nonzero(sure)),
            **shared,
        )

    def _values_at(self, seen: Tensor | None) -> dict[str, Any]:
        if seen is None:
            return {}
        if self._features == 1:
            return {"curve": _numpy(seen)}
        return {"map_value": _numpy(seen[:, 0]).reshape(self._side, self._side)}

    def _classes_at(self, seen: Tensor, loss: LossSpec | None) -> dict[str, Any]:
        winners = _winners(seen)
        best, _ = _best(seen, winners, loss)
        side = (self._side, self._side)
        return {
            "map_class": winners.astype(np.int16).reshape(side),
            "map_value": best.reshape(side),
        }

    @property
    def _side(self) -> int:
        return len(self._axes[0])


def _axes(samples: Samples, points: int) -> tuple[Array, ...]:
    """Return values over the range of each feature and a little beyond."""
    parts = [one for one in (samples.x_train, samples.x_validation) if len(one)]
    low = np.min([one.min(axis=0) for one in parts], axis=0).astype(np.float64)
    high = np.max([one.max(axis=0) for one in parts], axis=0).astype(np.float64)
    margin = np.where(high > low, MARGIN * (high - low), 1.0)
    ends = zip(low - margin, high + margin, strict=True)
    return tuple(np.linspace(*one, points).astype(np.float32) for one in ends)


def _best(outputs: Tensor, winners: NDArray[np.int64], loss: LossSpec | None) -> tuple[Array, str]:
    """Return the probability of the winning class, or its output, and which of them it is."""
    if loss is None or isinstance(loss, CrossEntropy):
        values, meaning = outputs.softmax(dim=1), "probability"
    elif isinstance(loss, BinaryCrossEntropy):
        values, meaning = outputs.sigmoid(), "probability"
    else:
        values, meaning = outputs, "output"
    best = _numpy(values.amax(dim=1))
    return np.where(winners >= 0, best, np.float32(np.nan)), meaning


def _winners(outputs: Tensor) -> NDArray[np.int64]:
    """Return the class of the largest output, -1 if any is not finite."""
    sure = outputs.isfinite().all(dim=1)
    return torch.where(sure, outputs.argmax(dim=1), -1).cpu().numpy()


def _numpy(tensor: Tensor) -> Array:
    return tensor.to(torch.float32).cpu().numpy()
