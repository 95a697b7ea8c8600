"""Keep the chain ledger of a batch: a forward and a backward pass beside the run."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from core.measure.norms import exact
from core.network.layers import Layer
from core.network.normalization import BatchNorm, Norm
from core.theory.ledger import Ledger, LedgerRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.network.build import Network

Tensor = torch.Tensor


def ledger(
    network: Network,
    x: Tensor,
    loss: Callable[[Tensor], Tensor],
    *,
    training: bool = True,
) -> Ledger:
    """Run a batch forward and backward beside the run, and keep the book.

    Nothing of the network changes: parameters and their gradients, running statistics and the
    generator of the masks stay equal to the bit.

    Parameters
    ----------
    network : Network
    x : Tensor, shape (batch, features)
    loss : callable
        Outputs, shape (batch, outputs), to the mean data loss, a scalar.
    training : bool
        With batch statistics, and with the masks that the next training step will draw, so that
        before a step this is the ledger of that step if it is given its batch.

    Notes
    -----
    In the network's own precision, so that an underflow to 0 shows as -inf where it happens; the
    norms are taken in float64. Costs a forward pass and about two backward passes. As in
    training, batch norm over one value only is an error of torch's; ``training=False`` is not.
    """
    beside, layers = _beside(network)
    with torch.enable_grad():
        taps = beside.forward(x, training=training)
        sums = [layer.sums for layer in layers]
        wanted = [*sums, *taps.z, *taps.a, taps.h[-1]]
        found = torch.autograd.grad(loss(taps.h[-1]), wanted, retain_graph=True)
        n = len(layers)
        at_sums, deltas, at_a = found[:n], found[n : 2 * n], found[2 * n : 3 * n]
        # Through W alone: the gradient of the layer's input also has what came around W. As the
        # gradient of a sum: given upstream gradients torch would load a computer algebra, half a
        # second in the middle of the first run.
        weighed = [
            torch.autograd.grad((layer.sums * upstream).sum(), layer.inputs, retain_graph=True)[0]
            for layer, upstream in zip(layers[1:], at_sums[1:], strict=True)
        ]
    columns = [_norms(list(one)) for one in (at_sums[1:], weighed, at_a, deltas)]
    summed, through, reached, delta = columns
    rows = [
        LedgerRow(i, layers[i].name, delta[i + 1], summed[i], through[i], reached[i], delta[i])
        for i in reversed(range(n - 1))
    ]
    return Ledger(_norms([found[-1]])[0], delta[-1], tuple(rows))


def _norms(signals: list[Tensor]) -> list[float]:
    if not signals:
        return []
    return torch.stack([exact(one.reshape(-1), 0) for one in signals]).tolist()


class _Noting(Layer):
    """A layer over the same tensors that remembers what its weights got and made."""

    inputs: Tensor
    sums: Tensor

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        self.inputs = x
        self.sums = super().linear(x, weight)
        return self.sums


def _beside(network: Network) -> tuple[Network, list[_Noting]]:
    """Return a network over the same parameters, with statistics and a generator of its own."""
    beside = copy.copy(network)
    layers: list[_Noting] = []
    for layer in network.layers:
        settings: dict[str, Any] = dict(vars(layer))
        settings["before"] = [_apart(norm) for norm in layer.before]
        settings["after"] = [_apart(norm) for norm in layer.after]
        layers.append(_Noting(**settings))
    beside.layers = list[Layer](layers)
    beside.input_norm = _apart(network.input_norm) if network.input_norm else None
    rng = network._dropout_rng
    beside._dropout_rng = torch.Generator(rng.device)
    beside._dropout_rng.set_state(rng.get_state())
    return beside, layers


def _apart(norm: Norm) -> Norm:
    if not isinstance(norm, BatchNorm):
        return norm
    mean, var = norm.running_mean.clone(), norm.running_var.clone()
    return replace(norm, running_mean=mean, running_var=var)
