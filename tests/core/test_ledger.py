"""The ledger: it adds up, its parts are what they say, and keeping it changes nothing."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses
from hypothesis import given
from hypothesis import strategies as st

from core.engine.autograd import AutogradEngine
from core.errors import LabError
from core.experiment.shapes import trace
from core.network.build import Network
from core.theory.backprop import closed_form
from core.theory.bookkeeping import ledger
from core.theory.ledger import Parts, decades
from tests.core.comparison import experiment
from tests.core.float64 import Watched

CLASSES = 5
DENSE = {"units": 7, "activation": "tanh"}
CONV = {"kind": "conv", "channels": 3, "activation": "tanh"}
NETWORKS = {
    "plain": [DENSE] * 4,
    "no hidden layer": [],
    "linear": [DENSE | {"activation": "linear"}] * 3,
    "batch norm before": [DENSE | {"batch_norm": "before_activation"}] * 3,
    "batch norm after": [DENSE | {"batch_norm": "after_activation"}] * 3,
    "layer norms": [DENSE | {"layer_norm": "after_activation"}, DENSE, DENSE],
    "dropout": [DENSE | {"dropout": 0.4}] * 3,
    "DropConnect": [DENSE | {"drop_weights": 0.4}] * 3,
    "residual": [DENSE, *[DENSE | {"residual": True}] * 3],
    "residual and linear": [DENSE | {"activation": "linear", "residual": r} for r in (False, True)],
    "PReLU": [DENSE | {"activation": "prelu"}] * 3,
    "conv, pool, flatten": [CONV, {"kind": "max_pool"}, CONV, {"kind": "flatten"}, DENSE],
    "even filter, stride": [CONV | {"kernel": 4}, CONV | {"stride": 2}, {"kind": "global_pool"}],
    "all at once": [
        CONV | {"batch_norm": "before_activation"},
        CONV | {"residual": True, "dropout": 0.2, "layer_norm": "before_activation"},
        {"kind": "avg_pool"},
        DENSE | {"batch_norm": "after_activation", "drop_weights": 0.2},
        DENSE | {"residual": True, "batch_norm": "before_activation", "dropout": 0.3},
    ],
}
PLAIN = {"plain", "linear", "PReLU", "DropConnect"}


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def build(*layers, seed=0, shape=(1, 6, 6), **network):
    spec = experiment(*layers, network=network).network if network else experiment(*layers).network
    return Network(
        spec,
        shape,
        CLASSES,
        generator=torch.Generator().manual_seed(seed),
        dropout_generator=torch.Generator().manual_seed(seed + 1),
        device=torch.device("cpu"),
    )


def batch(samples=6, features=36, seed=2):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(samples, features, generator=rng), torch.arange(samples) % CLASSES


def loss_for(y):
    return lambda outputs: F.cross_entropy(outputs, y)


def deltas_of(network, x, y):
    """Return |delta| of each layer by the network's own forward pass, its masks undone."""
    state = network._dropout_rng.get_state()
    kept = [one.clone() for one in network.buffers()]
    taps = network.forward(x, training=True)
    deltas = torch.autograd.grad(F.cross_entropy(taps.h[-1], y), taps.z)
    network._dropout_rng.set_state(state)
    for one, before in zip(network.buffers(), kept, strict=True):
        one.copy_(before)
    return [norm(one) for one in deltas]


def norm(values):
    return float(np.linalg.norm(np.asarray(values.detach(), np.float64)))


def total(parts):
    return parts.weights + parts.activation + parts.between


# It adds up ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_parts_add_up_to_what_delta_did(name, double):
    network = build(*NETWORKS[name])
    x, y = batch()
    measured = [math.log10(one) for one in deltas_of(network, x, y)]
    book = ledger(network, x, loss_for(y))
    n = len(network.layers)
    assert [row.layer for row in book.rows] == list(range(n - 2, -1, -1))
    assert [row.name for row in book.rows] == [one.name for one in network.layers[-2::-1]]
    for row in book.rows:
        change = measured[row.layer] - measured[row.layer + 1]
        assert total(row.parts) == pytest.approx(change, abs=1e-12)
        assert row.parts.change == pytest.approx(change, abs=1e-12)
    for layer in range(n):
        parts = book.down_to(layer)
        assert total(parts) == pytest.approx(measured[layer] - measured[-1], abs=1e-12)
        assert parts.change == pytest.approx(measured[layer] - measured[-1], abs=1e-12)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_nothing_lies_between_plain_layers(name):
    x, y = batch()
    book = ledger(build(*NETWORKS[name]), x, loss_for(y))
    assert [row.parts.between for row in book.rows] == [0.0] * len(book.rows)


@pytest.mark.parametrize("name", NETWORKS)
def test_before_a_step_it_is_the_ledger_of_that_step(name):
    """With the very masks and batch statistics that the engine then uses, in its float32."""
    spec = experiment(*NETWORKS[name])
    watched = Watched(spec)
    recorded = watched.engine.advance(1, 1000.0).layers["delta_norm"][0].astype(float)
    ((x, y),) = watched.batches()
    book = ledger(AutogradEngine(spec).network, x, loss_for(y))
    assert book.output_delta == pytest.approx(recorded[-1], rel=1e-5)
    for row in book.rows:
        change = math.log10(recorded[row.layer]) - math.log10(recorded[row.layer + 1])
        assert total(row.parts) == pytest.approx(change, abs=1e-5)


@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    kind=st.sampled_from(["sigmoid", "tanh", "elu", "softplus", "linear"]),
    scale=st.floats(1e-3, 30.0),
    samples=st.integers(1, 4),
)
def test_a_dense_stack_equals_the_closed_form(widths, kind, scale, samples):
    torch.set_default_dtype(torch.float64)
    try:
        network = build(*({"units": one, "activation": kind} for one in widths))
        with torch.no_grad():
            network.theta[: network.n_weights].mul_(scale)
        x, y = batch(samples)
        book = ledger(network, x, loss_for(y))
        terms = closed_form(network, x, y, "cross_entropy").terms
    finally:
        torch.set_default_dtype(torch.float32)
    for row in book.rows:
        above, here = terms[row.layer + 1], terms[row.layer]
        expected = [above.delta, above.delta, above.downstream, here.upstream, here.delta]
        found = [row.arrived, row.summed, row.weighed, row.reached, row.delta]
        assert found == pytest.approx([np.linalg.norm(one) for one in expected], rel=1e-9)


# Its parts are what they say -------------------------------------------------------------


def test_the_head_is_softmax_less_target_over_the_batch(double):
    network = build(DENSE)
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    outputs = network.forward(x, training=False).h[-1]
    expected = (outputs.softmax(1) - F.one_hot(y, CLASSES)) / len(x)
    assert book.output_gradient == pytest.approx(norm(expected), rel=1e-12)
    assert (book.output_delta, book.head) == (book.output_gradient, 0.0)


def test_an_activation_of_the_output_layer_is_in_the_head(double):
    network = build(DENSE, output={"activation": "sigmoid"})
    x, y = batch()
    book = ledger(network, x, lambda outputs: F.mse_loss(outputs, F.one_hot(y, CLASSES) * 1.0))
    h = network.forward(x, training=False).h[-1]
    upstream = 2 * (h - F.one_hot(y, CLASSES)) / h.numel()
    assert book.output_gradient == pytest.approx(norm(upstream), rel=1e-12)
    assert book.output_delta == pytest.approx(norm(upstream * h * (1 - h)), rel=1e-12)
    assert book.head == pytest.approx(math.log10(book.output_delta / book.output_gradient))
    assert book.head < math.log10(0.25)
    assert book.down_to(1) == Parts(0.0, 0.0, 0.0, 0.0)


def test_batch_norm_before_the_activation_is_not_put_down_to_the_weights(double):
    network = build(*NETWORKS["batch norm before"])
    x, y = batch()
    taps = network.forward(x, training=True)
    deltas = torch.autograd.grad(F.cross_entropy(taps.h[-1], y), taps.z)
    book = ledger(network, x, loss_for(y))
    for row in book.rows[1:]:  # the output layer has no norm
        layer = network.layers[row.layer + 1]
        sums = F.linear(taps.h[row.layer], layer.weight, layer.bias).detach()
        std = (sums.var(0, unbiased=False) + layer.before[0].epsilon).sqrt()
        normed = (sums - sums.mean(0)) / std
        up = deltas[row.layer + 1] * layer.before[0].scale.detach()
        down = (up - up.mean(0) - normed * (up * normed).mean(0)) / std
        assert row.summed == pytest.approx(norm(down), rel=1e-9)
        assert row.weighed == pytest.approx(norm(down @ layer.weight.detach()), rel=1e-9)
        assert row.parts.between == pytest.approx(
            math.log10(norm(down) / norm(deltas[row.layer + 1])), abs=1e-9
        )


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_weights_behind_batch_norm_gain_what_the_norm_takes(factor, double):
    network = build(*NETWORKS["batch norm before"])
    for norm_ in (one for layer in network.layers for one in layer.norms):
        norm_.epsilon = 1e-15  # torch wants it above 0
    x, y = batch()
    before = ledger(network, x, loss_for(y)).rows[1].parts
    with torch.no_grad():
        network.layers[2].weight.mul_(factor)
        network.layers[2].bias.mul_(factor)
    after = ledger(network, x, loss_for(y)).rows[1].parts
    assert after.weights - before.weights == pytest.approx(math.log10(factor), abs=1e-9)
    assert after.between - before.between == pytest.approx(-math.log10(factor), abs=1e-9)
    assert after.change == pytest.approx(before.change, abs=1e-9)


def test_the_residual_way_around_is_not_put_down_to_the_weights(double):
    network = build(*NETWORKS["residual"])
    x, y = batch()
    taps = network.forward(x, training=True)
    loss = F.cross_entropy(taps.h[-1], y)
    found = torch.autograd.grad(loss, [*taps.z, *taps.h])
    deltas, at_h = found[:5], found[5:]
    for row in ledger(network, x, loss_for(y)).rows:
        through = deltas[row.layer + 1] @ network.layers[row.layer + 1].weight.detach()
        around = at_h[row.layer + 1] if row.layer + 1 < 4 else 0.0
        assert row.weighed == pytest.approx(norm(through), rel=1e-9)
        assert row.reached == pytest.approx(norm(through + around), rel=1e-9)


def test_the_weights_of_a_convolution_are_its_transpose(double):
    network = build(*NETWORKS["conv, pool, flatten"])
    x, y = batch()
    taps = network.forward(x, training=True)
    deltas = torch.autograd.grad(F.cross_entropy(taps.h[-1], y), taps.z)
    row = next(one for one in ledger(network, x, loss_for(y)).rows if one.layer == 0)
    weight = network.layers[1].weight.detach()
    through = F.conv_transpose2d(deltas[1], weight, padding=1)
    assert row.weighed == pytest.approx(norm(through), rel=1e-9)
    # Max pooling hands each entry of it to one pixel: it takes nothing from the norm.
    assert row.parts.between == pytest.approx(0.0, abs=1e-12)


def test_dropped_outputs_lie_between_and_dropped_weights_in_the_weights(double):
    x, y = batch()
    dropout = ledger(build(*NETWORKS["dropout"]), x, loss_for(y)).rows
    weights = ledger(build(*NETWORKS["DropConnect"]), x, loss_for(y)).rows
    assert all(row.parts.between != 0.0 for row in dropout)
    assert all(row.parts.between == 0.0 for row in weights)
    calm = ledger(build(*NETWORKS["dropout"]), x, loss_for(y), training=False).rows
    assert all(row.parts.between == 0.0 for row in calm)


# What they tell --------------------------------------------------------------------------


def test_saturated_sigmoids_lose_by_their_derivative(double):
    network = build(*[{"units": 20, "activation": "sigmoid"}] * 4)
    with torch.no_grad():
        for layer in network.layers[:-1]:
            layer.bias.fill_(6.0)
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    terms = closed_form(network, x, y, "cross_entropy").terms
    for row in book.rows:
        upstream, slope = terms[row.layer].upstream, terms[row.layer].derivative
        rms = math.sqrt((upstream**2 * slope**2).sum() / (upstream**2).sum())
        assert row.parts.activation == pytest.approx(math.log10(rms), abs=1e-9)
        assert row.parts.most == "activation"
    assert book.down_to(0).most == "activation"
    assert book.down_to(0).activation < -8.0


def test_great_weights_explode_by_the_weights():
    init = {"init": {"kind": "normal", "std": 1.0}, "activation": "relu", "units": 64}
    network = build(*[init] * 10)
    x, y = batch(32)
    parts = ledger(network, x, loss_for(y)).down_to(0)
    assert parts.most == "weights"
    # A random 64 x 64 matrix multiplies a norm by 8, a ReLU that half pass by sqrt(1/2).
    assert parts.weights == pytest.approx(10 * math.log10(8.0), abs=2.0)
    assert parts.activation == pytest.approx(-10 * 0.1505, abs=0.7)


def test_linear_units_leave_all_to_the_weights():
    x, y = batch()
    for row in ledger(build(*NETWORKS["linear"]), x, loss_for(y)).rows:
        assert row.parts.activation == row.parts.between == 0.0
        assert row.parts.most == "weights"


# Zero, underflow, NaN, infinity ----------------------------------------------------------


def test_dead_relus_are_minus_infinity_by_the_activation_and_behind_them_is_nothing():
    network = build(*[{"units": 8, "activation": "relu"}] * 4)
    with torch.no_grad():
        network.layers[2].bias.fill_(-1e3)
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    above, dead, behind, last = (row.parts for row in book.rows)
    assert all(map(math.isfinite, (above.change, above.weights, above.activation)))
    assert (dead.change, dead.activation, dead.between) == (-math.inf, -math.inf, 0.0)
    assert math.isfinite(dead.weights)
    assert dead.most == "activation"
    for parts in (behind, last):
        assert all(map(math.isnan, (parts.change, total(parts), parts.weights)))
        assert math.isnan(parts.activation)
        assert math.isnan(parts.between)
        assert parts.most is None
    down = book.down_to(0)
    assert (down.change, down.activation, down.between) == (-math.inf, -math.inf, 0.0)
    assert down.weights == pytest.approx(above.weights + dead.weights)
    assert down.most == "activation"


def test_weights_of_zero_are_minus_infinity_by_the_weights():
    network = build(DENSE, DENSE)
    with torch.no_grad():
        network.layers[2].weight.zero_()
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    assert book.rows[0].parts.weights == book.rows[0].parts.change == -math.inf
    assert book.rows[0].parts.most == "weights"
    assert math.isnan(book.rows[0].parts.activation)
    assert book.down_to(0) == Parts(-math.inf, -math.inf, 0.0, 0.0)


def test_what_comes_around_a_dead_layer_is_plus_infinity_between():
    network = build(DENSE, DENSE | {"residual": True, "activation": "relu"})
    with torch.no_grad():
        network.layers[1].bias.fill_(-1e3)
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    assert book.rows[0].parts.activation == -math.inf
    assert book.rows[1].parts.between == book.rows[1].parts.change == math.inf
    assert math.isfinite(book.rows[1].parts.activation)
    down = book.down_to(0)
    assert down.change == pytest.approx(math.log10(book.rows[1].delta / book.output_delta))
    assert (down.activation, down.between) == (-math.inf, math.inf)


def test_signals_far_below_what_squares_in_float32_can_hold_are_numbers():
    network = build(*[{"units": 8, "activation": "linear"}] * 5)
    with torch.no_grad():
        for layer in network.layers[1:]:
            layer.weight.mul_(1e-7)
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    assert 1e-42 < book.rows[-1].delta < 1e-33
    assert -42.0 < book.down_to(0).weights < -32.0
    with torch.no_grad():
        network.layers[1].weight.mul_(1e-20)  # now below the least float32: the lab sees 0
    book = ledger(network, x, loss_for(y))
    assert book.rows[-1].parts.weights == book.down_to(0).weights == -math.inf


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diverged_network_gives_nan_and_no_exception(value):
    network = build(DENSE, DENSE)
    with torch.no_grad():
        network.layers[0].weight[0, 0] = value
        network.layers[1].weight[0, 0] = math.nan
    x, y = batch()
    book = ledger(network, x, loss_for(y))
    assert all(math.isnan(row.parts.change) for row in book.rows)
    assert math.isnan(book.down_to(0).change)


def test_an_overflow_on_the_way_down_is_plus_infinity_once():
    network = build(*[{"units": 4, "activation": "linear"}] * 3)
    with torch.no_grad():
        network.layers[0].weight.zero_()
        network.layers[0].bias.zero_()
        network.layers[1].weight.fill_(1e30)
        network.layers[1].bias.zero_()
        network.layers[2].weight.fill_(1e30)
        network.layers[2].bias.zero_()
    x, y = batch(1)
    upper, lower = (row.parts for row in ledger(network, x, loss_for(y)).rows[1:])
    assert math.isfinite(upper.weights)
    assert lower.weights == lower.change == math.inf
    assert lower.most == "weights"


FINITE = st.floats(1e-300, 1e300)


@given(after=FINITE, before=FINITE)
def test_decades_turn_round_and_never_fail(after, before):
    assert decades(after, before) == -decades(before, after)
    assert decades(before, before) == 0.0
    assert decades(0.0, before) == -math.inf
    assert decades(after, 0.0) == decades(math.inf, before) == math.inf
    for undefined in [(0.0, 0.0), (after, math.inf), (math.nan, before), (after, math.nan)]:
        assert math.isnan(decades(*undefined))


def test_the_largest_part_either_way_did_most():
    assert Parts(0.0, 1.0, -2.0, 1.0).most == "activation"
    assert Parts(math.nan, math.nan, -0.1, math.nan).most == "activation"
    assert Parts(0.0, 0.0, 0.0, 0.0).most is None
    assert Parts(3.0, 1.0, 0.0, 2.0).most == "between"


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(layer):
    x, y = batch()
    book = ledger(build(DENSE, DENSE), x, loss_for(y))
    with pytest.raises(LabError, match=f"no layer {layer + 1}"):
        book.down_to(layer)


# Nothing changes -------------------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
def test_keeping_the_book_changes_nothing_of_the_network(training):
    network = build(*NETWORKS["all at once"], input_norm={"kind": "batch_norm"})
    x, y = batch()
    network.forward(x, training=True)
    network.theta.grad = torch.full_like(network.theta, 0.5)

    def state():
        tensors = [network.theta, network.theta.grad, x, *network.buffers(), *network.parameters]
        return [one.detach().numpy().tobytes() for one in tensors] + [
            network._dropout_rng.get_state().numpy().tobytes(),
            torch.get_rng_state().numpy().tobytes(),
        ]

    things = [
        *network.layers,
        network.input_norm,
        *(n for one in network.layers for n in one.norms),
    ]
    before, attributes = state(), [dict(vars(one)) for one in things]
    with torch.no_grad():  # whatever the caller has set
        ledger(network, x, loss_for(y), training=training)
    assert state() == before
    for one, kept in zip(things, attributes, strict=True):
        assert vars(one).keys() == kept.keys()
        assert all(vars(one)[key] is kept[key] for key in kept)
    assert all(one.grad is None for one in [*network.parameters, *network.slopes])
    assert not x.requires_grad


def test_a_run_with_a_book_kept_every_step_ends_in_the_same_weights():
    spec = experiment(*NETWORKS["all at once"], DENSE | {"activation": "prelu", "dropout": 0.2})
    watched, plain = AutogradEngine(spec), AutogradEngine(spec)
    x, y = batch(8, 64)
    for _ in range(3):
        ledger(watched.network, x, loss_for(y))
        watched.advance(1, 1000.0)
        plain.advance(1, 1000.0)
    assert torch.equal(watched.network.theta, plain.network.theta)
    for one, other in zip(watched.network.buffers(), plain.network.buffers(), strict=True):
        assert torch.equal(one, other)


def test_shapes_of_the_networks_here_are_as_meant():
    for layers in NETWORKS.values():
        assert trace(experiment(*layers).network, (1, 6, 6), CLASSES)[-1].after == (CLASSES,)
