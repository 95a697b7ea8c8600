"""What theory predicts for each layer of a network before it is trained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.experiment.layers import Conv, Dense
from core.experiment.shapes import trace
from core.network.activations import activation_for
from core.theory.prediction import LayerTheory, Profile, log10, summary
from core.theory.signal import Passed, forward

if TYPE_CHECKING:
    from core.experiment.network import NetworkSpec
    from core.experiment.shapes import Shape

__all__ = ["LayerTheory", "Profile", "predict"]


def predict(
    spec: NetworkSpec,
    shape: Shape,
    n_outputs: int,
    *,
    mean_square: float = 1.0,
    mean: float = 0.0,
    training: bool = True,
) -> Profile:
    """Predict the signals of a network at its first step, from its specification alone.

    Forward, the mean square of z goes from layer to layer, not by its fixed point. Backward,
    the mean square of delta does, under the usual assumption that the weights on the way back
    are independent of those on the way forward (Schoenholz et al. 2017). Both hold for wide
    layers, on average over draws of the weights; single draws scatter by about 1 / sqrt(width)
    a layer.

    With D the squared norm of delta, sigma_w^2 = fan_in Var W and s = E phi'(z)^2, two plain
    layers have D_l = s_l sigma_w^2_(l+1) D_(l+1): all the weights between them, so that widths
    may differ. Dropout of a share p multiplies s by 1 / (1 - p), DropConnect sigma_w^2; layer
    norm divides by the variance that it removes; a residual sum adds the signal that goes round
    (Yang & Schoenholz 2017). A convolution has mean values over its pixels (Xiao et al. 2018).

    Parameters
    ----------
    spec : NetworkSpec
    shape : tuple of int
        Of one sample, as the data have it.
    n_outputs : int
        Classes, or numbers to predict.
    mean_square, mean : float
        Mean over the features of x^2 and of x, for what goes into the network (before its
        input normalisation). The mean matters only to a residual sum.
    training : bool
        Whether dropout and DropConnect are on.

    Returns
    -------
    Profile
        Batch norm, pooling and weights that are not random have gaps: see ``LayerTheory.gap``.

    Raises
    ------
    LabError
        If a layer cannot work on what the one before it passes on.
    ValueError
        If the mean square is not finite, or less than the square of the mean.
    """
    if not (math.isfinite(mean_square) and mean_square >= mean * mean):
        raise ValueError(f"a mean square of {mean_square} does not go with a mean of {mean}")
    passed = forward(trace(spec, shape, n_outputs), mean_square, mean, training=training)
    layers = [_row(passed[-1], None, 0.0, 0.0, passed[-1].gap)]
    for here, above in zip(passed[-2::-1], passed[:0:-1], strict=True):
        chi, gap = _chi(here, above)
        down = layers[-1].log10_ratio
        ratio = None if chi is None or down is None else down + log10(chi) / 2
        spec_here = here.stage.spec
        assert isinstance(spec_here, (Dense, Conv))
        sup = layers[-1].log10_sup + log10(activation_for(spec_here.activation).sup)
        layers.append(_row(here, chi, ratio, sup, here.gap or gap))
    return summary(tuple(layers[::-1]))


def _row(
    here: Passed, chi: float | None, log10_ratio: float | None, log10_sup: float, gap: str
) -> LayerTheory:
    return LayerTheory(
        number=here.stage.number,
        name=here.stage.name,
        weight_variance=here.weight_variance,
        bias_variance=here.bias_variance,
        q=here.q,
        slope=here.slope,
        log10_forward=_forward(here),
        chi=chi,
        log10_ratio=log10_ratio,
        log10_sup=log10_sup,
        gap=gap,
    )


def _forward(here: Passed) -> float | None:
    """Return log10 of the norm of what a layer passes on for one sample."""
    if here.square is None:
        return None
    return log10(here.square * math.prod(here.stage.after)) / 2


def _chi(here: Passed, above: Passed) -> tuple[float | None, str]:
    """Return the squared ratio of the two layers' deltas, or None and why."""
    if above.pooled:
        return None, f"{above.pooled} is not covered"
    for layer, factor in ((above, above.before), (here, here.behind)):
        if factor is None and not layer.gap:
            return None, f"batch norm of {layer.stage.name} couples the samples"
    if here.slope is None or here.behind is None:
        return None, here.gap
    if above.gain is None or above.before is None:
        return None, f"in {above.stage.name}, {above.gap}"
    through = above.gain * above.before
    if above.residual:
        own = None if above.slope is None or above.behind is None else above.slope * above.behind
        if not own:
            return None, f"what goes round {above.stage.name} is not known"
        through += 1 / own  # the sum's error signal, from delta of that layer
    return here.slope * here.behind * through, ""
