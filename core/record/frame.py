"""Frames: what is known of one step beyond numbers, such as distributions and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Flag, auto
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.theory.ledger import Ledger

Array = NDArray[np.float32]

_HEADER = 512
"""Bytes of an array besides its values, with all that holds it; measured on whole snapshots."""


class Parts(Flag):
    """What a frame holds besides z, phi'(z), delta and dL/dW."""

    NONE = 0
    MORE = auto()
    """Histograms of h and W, and the numbers of each unit."""
    LOGS = auto()
    """Magnitudes."""
    IMAGES = auto()
    """The first layer's weights as pictures."""
    SINGULAR_VALUES = auto()
    ACTIVITY = auto()
    """What single units say to single samples."""
    PREDICTIONS = auto()
    """Of the fixed probe."""
    LEDGER = auto()
    """What each layer did to delta."""
    LIVE = MORE | LOGS | IMAGES
    ALL = LIVE | SINGULAR_VALUES | ACTIVITY | PREDICTIONS | LEDGER


def _none() -> Array:
    return np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts over all samples of the batch (and all units).

    Attributes
    ----------
    edges : ndarray of float32, shape (bins + 1,)
        Follow the finite data; for a constant a narrow interval around it. A bin holds
        ``low <= value < high``, the last one also its upper edge.
    counts : ndarray of int64, shape (bins,)
    zeros, nonfinite : int
        Entries that are exactly 0 (also counted in a bin), and NaN or Inf (in no bin).
    nan, pos_inf, neg_inf : int
        What ``nonfinite`` consists of.
    """

    edges: Array
    counts: NDArray[np.int64]
    zeros: int
    nonfinite: int
    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0


@dataclass(frozen=True, slots=True)
class LogHistogram:
    """Counts of magnitudes, in bins of equal width in decades.

    Attributes
    ----------
    edges : ndarray of float32, shape (bins + 1,)
        Magnitudes. A bin holds ``low <= |value| < high``, exactly; the last bin of float32 also
        holds its largest number. They lie within 0.3 % of powers of 10**(1/8), and follow the
        data; without any finite entry other than 0 there are no bins and one edge.
    counts : ndarray of int64, shape (bins,)
        Finite entries other than 0.
    zeros : int
        Entries that are exactly 0, in no bin.
    subnormal, negative : int
        Entries, also counted in a bin, with a magnitude below 2**-126, and below 0.
    nan, pos_inf, neg_inf : int
        In no bin.
    """

    edges: Array
    counts: NDArray[np.int64]
    zeros: int = 0
    subnormal: int = 0
    negative: int = 0
    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0

    @property
    def decades(self) -> NDArray[np.float64]:
        """log10 of the edges."""
        return np.log10(self.edges.astype(np.float64))

    @property
    def nonfinite(self) -> int:
        """Entries that are NaN or Inf."""
        return self.nan + self.pos_inf + self.neg_inf


@dataclass(frozen=True, slots=True)
class LayerFrame:
    """Distributions of one layer at one step. What was not asked for is None or empty.

    Attributes
    ----------
    z, derivative, delta, gradient : Histogram
        Of z, phi'(z) and delta over samples and units, and of dL_data/dW over the weights.
    unit_z, unit_derivative : ndarray, shape (units,)
        Mean over the batch of z and of phi'(z), unit by unit; of a convolution channel by
        channel, over its pixels too. So are all that begin with ``unit``.
    activation : Part
        Specification of phi at that step.
    h, weight : Histogram or None
        Of what the layer passes on, and of W.
    logs : mapping of name -> LogHistogram
        Magnitudes of z, h, derivative, delta, gradient and weight.
    unit_activity : ndarray, shape (units,)
        Share of samples for which the unit passes an error on: phi'(z) is not 0.
    unit_delta : ndarray, shape (units,)
        Root of the mean square of delta.
    unit_gradient : ndarray, shape (units,)
        L2 norm of the unit's row of dL_data/dW.
    singular_values : ndarray, shape (min(units, fan_in),)
        Of W as a matrix (units, fan_in), the largest first. A convolution's fan_in is inputs x
        height x width. NaN if W is not finite; empty if it would take too long.
    weight_images : ndarray, shape (units, height, width) or (units, height, width, channels)
        Of a first layer that sees an image, W as pictures: those of its first units.
    activity : ndarray, shape (units shown, samples shown)
        phi(z) of units spread evenly over the layer, for the first samples of the batch; of a
        convolution the mean over the pixels of a channel.
    activity_slope : ndarray, shape (units shown, samples shown)
        phi'(z) of the same.
    shown_units : ndarray of int64, shape (units shown,)
        Which units these are, from 0.
    """

    z: Histogram
    derivative: Histogram
    delta: Histogram
    gradient: Histogram
    unit_z: Array
    unit_derivative: Array
    activation: Part
    h: Histogram | None = None
    weight: Histogram | None = None
    logs: Mapping[str, LogHistogram] = field(default_factory=dict[str, LogHistogram])
    unit_activity: Array = field(default_factory=_none)
    unit_delta: Array = field(default_factory=_none)
    unit_gradient: Array = field(default_factory=_none)
    singular_values: Array = field(default_factory=_none)
    weight_images: Array = field(default_factory=_none)
    activity: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    activity_slope: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    shown_units: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a network says to the fixed samples of a :class:`core.measure.probe.Probe`.

    Parts that do not suit the data are empty.

    Attributes
    ----------
    targets : ndarray, shape (n,) of int64 for classes, (n, outputs) of float32 for numbers
    predicted : ndarray, of the shape of ``targets``
        Classes: that of the largest output, -1 if an output is not finite.
    confusion : ndarray of int64, shape (n_classes, n_classes)
        Number of samples by target (row) and prediction (column).
    undecided : int
        Samples in no cell of ``confusion``, since an output is not finite.
    inputs : ndarray of float32, shape (n, features)
        The samples as the network gets them, if they have one or two features.
    x, y : ndarray of float32, shape (points,) or (side,)
        Values of the first and of the second feature, as the network gets them, at which
        ``curve`` (x alone) or the maps were computed.
    curve : ndarray of float32, shape (points, outputs)
        Regression on one feature.
    map_class : ndarray of int16, shape (side, side)
        Classes of two features: of y[i], x[j] in row i, column j. -1: not finite.
    map_value : ndarray of float32, shape (side, side)
        Of the winning class the probability (``value`` is "probability") or the output
        ("output"), of regression the first output.
    value : {"probability", "output"}
    sure : ndarray of float32, shape (n,)
        Of each sample the probability of the predicted class (or its output, if ``value`` is
        "output"); NaN if it is not finite.
    """

    targets: NDArray[Any]
    predicted: NDArray[Any]
    confusion: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    undecided: int = 0
    inputs: Array = field(default_factory=_none)
    x: Array = field(default_factory=_none)
    y: Array = field(default_factory=_none)
    curve: Array = field(default_factory=_none)
    map_class: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0), np.int16))
    map_value: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    value: str = "output"
    sure: Array = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Frame:
    """A heavy snapshot of one step, all layers.

    Attributes
    ----------
    step : int
    layers : tuple of LayerFrame
    predictions : Predictions or None
        Of the weights when the frame was made, thus after the update of ``step``.
    seconds : float
        What making it took.
    ledger : Ledger or None
        What each layer did to delta, of the same batch after the update of ``step``.
    parts : Parts
        What was asked for, whether or not there is something of it.
    """

    step: int
    layers: tuple[LayerFrame, ...]
    predictions: Predictions | None = None
    seconds: float = 0.0
    ledger: Ledger | None = None
    parts: Parts = Parts.NONE

    @property
    def nbytes(self) -> int:
        """About how much memory it holds; arrays of two frames are counted with both."""
        return sum(map(_bytes_of, (*self.layers, self.predictions)))


def _bytes_of(thing: object) -> int:
    if isinstance(thing, np.ndarray):
        return thing.nbytes + _HEADER
    if isinstance(thing, (LayerFrame, Histogram, LogHistogram, Predictions)):
        return sum(_bytes_of(getattr(thing, one.name)) for one in fields(thing)) + _HEADER
    if isinstance(thing, dict):
        return sum(map(_bytes_of, thing.values()))
    return int(getattr(thing, "nbytes", 0))
