"""Backpropagation through dense layers in closed form, written out as the lecture writes it.

The equations, for the layers l = L ... 1, with h_0 = x and ⊙ element by element::

    z_l     = W_l h_{l-1} + b_l                    forward
    h_l     = phi_l(z_l)
    dL/dh_L = 2 (h_L - y) / outputs                squared error, of one sample
            = softmax(h_L) - onehot(y)             cross-entropy, of one sample
    delta_l = dL/dz_l = dL/dh_l ⊙ phi_l'(z_l)
    dL/dW_l = delta_l h_{l-1}^T
    dL/db_l = delta_l
    dL/dh_{l-1} = W_l^T delta_l

The loss is the mean over the batch: dL/dh_L carries 1 / samples, and dL/dW and dL/db are sums
over the samples. No autograd is used; NumPy in float64 throughout.

Notes
-----
Sources: McAlister, QTM 447 lecture 11 ("Backpropogation"); Novati's report, equation (1).

What a text calls differently: McAlister's W_l has the shape (inputs, units), so that his W_l^T is
this W_l, and his dL/dW_l^T = u_l^T h_{l-1} this dL/dW_l; q is z, and u the row vector delta. For
layer 1 he prints u_2 where u_1 is meant. Novati's Delta_j^[l] a_k^[l-1] is the entry (j, k) of
dL/dW_l. Samples are rows here, as in the rest of the program: z = h W^T + b, dL/dW = delta^T h.
With several outputs, squared error is the mean over them too, as in :mod:`core.engine.losses`;
with one, it is McAlister's (1 / N) sum (y - z)^2, whose gradient is -2 (y - z) / N.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import LabError
from core.experiment.layers import Flatten
from core.network.activations import curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.fields import Part
    from core.network.build import Network
    from core.network.layers import Layer

Array = NDArray[np.float64]
LossKind = Literal["mse", "cross_entropy"]


@dataclass(frozen=True, slots=True)
class Term:
    """One layer: everything that its equations name.

    Attributes
    ----------
    number : int
        Of the layer, from 1 at the input.
    activation : Part
        One of ``core.experiment.activations.ActivationSpec``.
    h_in : ndarray, shape (samples, inputs)
        h_{l-1}, for the first layer x.
    weight : ndarray, shape (units, inputs)
    bias : ndarray, shape (units,)
    z, h : ndarray, shape (samples, units)
        Argument of the activation, and phi(z).
    derivative : ndarray, shape (samples, units)
        phi'(z).
    upstream : ndarray, shape (samples, units)
        dL/dh_l: what comes from above.
    delta : ndarray, shape (samples, units)
        dL/dz_l.
    d_weight : ndarray, shape (units, inputs)
        dL/dW_l, summed over the samples.
    d_bias : ndarray, shape (units,)
        dL/db_l, summed over the samples.
    downstream : ndarray, shape (samples, inputs)
        dL/dh_{l-1}: what the layer below gets; of the first layer dL/dx.
    """

    number: int
    activation: Part
    h_in: Array
    weight: Array
    bias: Array
    z: Array
    h: Array
    derivative: Array
    upstream: Array
    delta: Array
    d_weight: Array
    d_bias: Array
    downstream: Array


@dataclass(frozen=True, slots=True)
class Backprop:
    """A forward and a backward pass, term by term.

    Attributes
    ----------
    kind : {"mse", "cross_entropy"}
    loss : float
        Mean over the batch; squared error, or nats.
    targets : ndarray, shape (samples, outputs)
        y; classes as 1 in their column and 0 elsewhere.
    predictions : ndarray, shape (samples, outputs)
        What is compared with the targets: h_L for squared error, softmax(h_L) for cross-entropy.
    output_gradient : ndarray, shape (samples, outputs)
        dL/dh_L.
    terms : tuple of Term
        From the input to the output; ``terms[-1]`` is the output layer.
    """

    kind: LossKind
    loss: float
    targets: Array
    predictions: Array
    output_gradient: Array
    terms: tuple[Term, ...]


def forward_backward(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    activations: Sequence[Part],
    x: ArrayLike,
    y: ArrayLike,
    loss: LossKind,
) -> Backprop:
    """Run a stack of dense layers forward and backward.

    Parameters
    ----------
    weights : sequence of array, shape (units, inputs)
        Layer by layer from the input; all arrays are copied, as float64.
    biases : sequence of array, shape (units,)
    activations : sequence of Part
        Of every layer, the output layer included (usually ``Linear()``).
    x : array, shape (samples, inputs)
        For the lecture's single instance, one row.
    y : array, shape (samples,) or (samples, outputs)
        Classes as whole numbers from 0, or numbers to be met.
    loss : {"mse", "cross_entropy"}
        Cross-entropy takes the softmax itself: of what the output layer returns.

    Raises
    ------
    LabError
        If the shapes do not fit, or the loss is another.

    Notes
    -----
    NaN and infinities pass through as IEEE 754 has it, without a warning.
    """
    Ws = [np.array(one, np.float64) for one in weights]
    bs = [np.array(one, np.float64) for one in biases]
    h = np.array(x, np.float64)
    _check(Ws, bs, activations, h)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        zs: list[Array] = []
        hs: list[Array] = [h]
        slopes: list[Array] = []
        for W, b, activation in zip(Ws, bs, activations, strict=True):
            z = hs[-1] @ W.T + b
            h, slope = curve(activation, z)
            zs.append(z)
            hs.append(h)
            slopes.append(slope)

        targets = _targets(np.asarray(y), hs[-1].shape, loss)
        value, predictions, output_gradient = _loss(loss, hs[-1], targets)

        terms: list[Term] = []
        upstream = output_gradient
        for i in reversed(range(len(Ws))):
            delta = upstream * slopes[i]
            downstream = delta @ Ws[i]
            terms.append(
                Term(
                    number=i + 1,
                    activation=activations[i],
                    h_in=hs[i],
                    weight=Ws[i],
                    bias=bs[i],
                    z=zs[i],
                    h=hs[i + 1],
                    derivative=slopes[i],
                    upstream=upstream,
                    delta=delta,
                    d_weight=delta.T @ hs[i],
                    d_bias=delta.sum(0),
                    downstream=downstream,
                )
            )
            upstream = downstream
    return Backprop(loss, value, targets, predictions, output_gradient, tuple(terms[::-1]))


def closed_form(network: Network, x: Any, y: Any, loss: str) -> Backprop:
    """Run a network of dense layers by the equations, at its present parameters.

    Parameters
    ----------
    network : Network
        Read, never changed.
    x : Tensor or array, shape (samples, features)
    y : Tensor or array
        As in :func:`forward_backward`.
    loss : str
        Kind of the loss as the experiment names it: ``mse`` or ``cross_entropy``.

    Raises
    ------
    LabError
        If the network has what the closed form does not cover: convolutions, pooling,
        normalisation, dropout of either sort, residual sums; or the loss is another.
    """
    for stage in network.stages:
        if not stage.weight and not isinstance(stage.spec, Flatten):
            raise _not_covered(stage.name)
    for layer in network.layers:
        if layer.weight.ndim != 2:
            raise _not_covered(layer.name)
        extra = {
            "normalisation": layer.norms,
            "dropout": layer.dropout or layer.drop_weights,
            "a residual sum": layer.residual,
        }
        for what, has in extra.items():
            if has:
                raise _not_covered(f"{layer.name} with {what}")
    layers = network.layers
    return forward_backward(
        [_array(layer.weight) for layer in layers],
        [_array(layer.bias) for layer in layers],
        [_learned(layer) for layer in layers],
        _array(x).reshape(len(x), -1),
        _array(y),
        cast("LossKind", loss),  # checked there
    )


def _not_covered(what: str) -> LabError:
    return LabError(
        f"The closed form does not cover {what}.",
        hint="It is written for dense layers without normalisation, dropout and residual sums.",
    )


def _learned(layer: Layer) -> Part:
    """Return the activation as it is now: PReLU with its present slope."""
    if layer.activation.kind != "prelu":
        return layer.activation_spec
    return layer.activation_spec.model_copy(update={"alpha": float(layer.slope.detach())})


def _array(values: Any) -> NDArray[Any]:
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _check(Ws: list[Array], bs: list[Array], activations: Sequence[Part], x: Array) -> None:
    if not len(Ws) == len(bs) == len(activations) > 0:
        raise LabError(
            f"There are {len(Ws)} weight matrices, {len(bs)} biases and {len(activations)}"
            " activations.",
            hint="Give one of each for every layer.",
        )
    shape = x.shape
    if not shape or not shape[0]:
        raise LabError("There is no sample.", hint="Give x as (samples, inputs).")
    for number, (W, b) in enumerate(zip(Ws, bs, strict=True), 1):
        if len(shape) != 2 or W.shape[1:] != shape[1:] or b.shape != W.shape[:1]:
            raise LabError(
                f"Layer {number} has weights {W.shape} and biases {b.shape}, and gets {shape}.",
                hint="Weights are (units, inputs), biases (units,), x is (samples, inputs).",
            )
        shape = (shape[0], W.shape[0])


def _targets(y: NDArray[Any], shape: tuple[int, ...], loss: str) -> Array:
    """Return the targets as numbers in the shape of the outputs."""
    if loss not in ("mse", "cross_entropy"):
        raise LabError(
            f"The closed form does not cover the loss {loss}.", hint="It is mse or cross_entropy."
        )
    whole = np.issubdtype(y.dtype, np.integer)
    if whole and y.shape == shape[:1] and (loss == "cross_entropy" or shape[1] > 1):
        if y.size and not 0 <= y.min() <= y.max() < shape[1]:
            raise LabError(
                f"Classes {y.min()} to {y.max()} do not fit {shape[1]} outputs.",
                hint=f"Classes are whole numbers from 0 to {shape[1] - 1}.",
            )
        return np.eye(shape[1])[y]
    if loss == "cross_entropy" or y.size != shape[0] * shape[1]:
        raise LabError(
            f"Targets {y.shape} of {y.dtype} do not fit outputs {shape} under {loss}.",
            hint="Give classes as whole numbers (samples,), or for mse numbers (samples, outputs).",
        )
    return y.astype(np.float64).reshape(shape)


def _loss(kind: LossKind, outputs: Array, y: Array) -> tuple[float, Array, Array]:
    """Return the loss, what is compared with y, and dL/dh_L."""
    if kind == "mse":
        error = outputs - y
        return float(np.mean(error**2)), outputs, 2 * error / error.size
    shifted = outputs - outputs.max(1, keepdims=True)  # softmax stays, exp cannot overflow
    total = np.exp(shifted).sum(1, keepdims=True)
    softmax = np.exp(shifted) / total
    right = (shifted * y).sum(1) - np.log(total[:, 0])
    return float(-right.mean()), softmax, (softmax - y) / len(y)
