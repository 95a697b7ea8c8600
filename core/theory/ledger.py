"""The chain ledger: what the weights, the activation and the rest did to delta, layer by layer.

Backpropagation takes delta from a layer to the one below in steps. Each step changes its norm by
a factor, and the logarithms of factors add up::

    delta_{l+1}                 dL/dz of the layer above
      | its normalisation before the activation             between
    dL/ds_{l+1}                 s = W h + b, the plain sums
      | its weights:  W^T dL/ds                             weights
    W^T dL/ds_{l+1}
      | pooling, the residual way around, dropout,          between
      | normalisation behind the activation
    dL/da_l                     a = phi(z)
      | phi'(z)                                             activation
    delta_l

    log10 |delta_l| / |delta_{l+1}|  =  weights + activation + between

In a plain dense stack nothing lies between, and that part is 0. Norms go over the whole batch.

Notes
-----
The product is the one in McAlister, QTM 447 lecture 11 ("Gradient Problems"), and in Novati's
report, equation (2); there each layer has one unit and the factors are |w| and |phi'|. With more
units, a part says what that step did to *this* signal: the same weights may do otherwise to
another. A wider layer below makes |W^T delta| larger by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from core.errors import LabError

PartName = Literal["weights", "activation", "between"]


def decades(after: float, before: float) -> float:
    """Return log10(after / before) of two norms.

    Returns
    -------
    float
        -inf where something arrives and nothing is left, +inf where something is there that did
        not come this way or what is left overflowed, NaN where there is nothing to compare:
        0 from 0, or anything from an infinite or undefined norm.
    """
    if math.isnan(after) or not math.isfinite(before) or after == before == 0.0:
        return math.nan
    if before == 0.0:
        return math.inf
    return math.log10(after) - math.log10(before) if after > 0.0 else -math.inf


@dataclass(frozen=True, slots=True)
class Parts:
    """A change of delta in decades, and what made it.

    Attributes
    ----------
    change : float
        log10 of the norm below over the norm above: negative where the gradient shrinks.
    weights, activation, between : float
        Its parts; they add up to ``change`` wherever they are finite. A lone -inf is where the
        signal ended, and parts behind it in the same row are NaN: nothing reached them. -inf
        beside +inf for ``between`` says that nothing came through and all came around, by a
        residual way; then only ``change`` is a number. Otherwise see :func:`decades`.
    """

    change: float
    weights: float
    activation: float
    between: float

    @property
    def most(self) -> PartName | None:
        """The part that is largest either way; None if all are 0 or undefined."""
        sizes: list[tuple[float, PartName]] = [
            (abs(self.weights), "weights"),
            (abs(self.activation), "activation"),
            (abs(self.between), "between"),
        ]
        known = [one for one in sizes if one[0] > 0.0]  # NaN is not
        return max(known, key=lambda one: one[0])[1] if known else None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """From the layer above to one layer: the norms on the way.

    Attributes
    ----------
    layer : int
        Among the layers with weights, from 0 at the input.
    name : str
        Such as ``dense 3``.
    arrived : float
        |delta_{l+1}|, of the layer above.
    summed : float
        |dL/ds_{l+1}|: before its normalisation, if it has one before its activation.
    weighed : float
        |W_{l+1}^T dL/ds_{l+1}|; W as it was used, dropped weights being 0.
    reached : float
        |dL/da_l|.
    delta : float
        |delta_l|.
    """

    layer: int
    name: str
    arrived: float
    summed: float
    weighed: float
    reached: float
    delta: float

    @property
    def parts(self) -> Parts:
        """What happened on the way, in decades; all NaN if nothing arrived and nothing is left."""
        around = [(self.summed, self.arrived), (self.reached, self.weighed)]
        nothing = not any(map(any, around))
        return Parts(
            change=decades(self.delta, self.arrived),
            weights=decades(self.weighed, self.summed),
            activation=decades(self.delta, self.reached),
            between=math.nan if nothing else _sum(around),
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """The whole way from the loss to the first layer.

    Attributes
    ----------
    output_gradient : float
        |dL/dh_L|, of the network's outputs: for cross-entropy (softmax - target) / batch.
    output_delta : float
        |delta_L|, where the chain starts: behind the output layer's own activation. Without one
        (linear) it is ``output_gradient``.
    rows : tuple of LedgerRow
        From the layer below the output down to the first; empty with no hidden layer.
    """

    output_gradient: float
    output_delta: float
    rows: tuple[LedgerRow, ...]

    @property
    def head(self) -> float:
        """What the output layer's own activation did, in decades; 0 if it is linear."""
        return decades(self.output_delta, self.output_gradient)

    def down_to(self, layer: int) -> Parts:
        """Return the change from delta_L to a layer's delta, and the sums of its parts.

        Parameters
        ----------
        layer : int
            From 0 at the input.

        Returns
        -------
        Parts
            Steps from 0 to 0 are left out of the sums: behind a layer that let nothing through
            there is nothing to add, and its -inf stays the reason.

        Raises
        ------
        LabError
            If there is no such layer.
        """
        if not 0 <= layer <= len(self.rows):
            raise LabError(
                f"There is no layer {layer + 1}.", hint=f"Layers are 1 to {len(self.rows) + 1}."
            )
        passed = self.rows[: len(self.rows) - layer]
        ends = [self.output_delta, *(row.delta for row in passed)]
        weights = [(row.weighed, row.summed) for row in passed]
        activation = [(row.delta, row.reached) for row in passed]
        between = [(row.summed, row.arrived) for row in passed]
        between += [(row.reached, row.weighed) for row in passed]
        return Parts(
            decades(ends[-1], ends[0]) if passed else 0.0,
            _sum(weights),
            _sum(activation),
            _sum(between),
        )


def _sum(steps: list[tuple[float, float]]) -> float:
    return sum((decades(*step) for step in steps if step != (0.0, 0.0)), 0.0)
