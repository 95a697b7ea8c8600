"""Every part of a network against torch.nn in float64: what is measured, and what is learned."""

import numpy as np
import pytest
import torch

from core.engine.autograd import AutogradEngine
from core.experiment import with_settings
from core.measure import LAYER_QUANTITIES
from tests.core.comparison import compare, experiment
from tests.core.float64 import Reference, Watched

# One layer kind after the other ----------------------------------------------------------

DENSE = {"units": 11, "activation": "tanh"}
CONV = {"kind": "conv", "channels": 5, "activation": "tanh"}
NETWORKS = {
    "batch norm before": [DENSE | {"batch_norm": "before_activation"}],
    "batch norm after": [DENSE | {"batch_norm": "after_activation"}],
    "layer norm before": [DENSE | {"layer_norm": "before_activation"}],
    "layer norm after": [DENSE | {"layer_norm": "after_activation"}],
    "a norm on each side": [
        DENSE | {"batch_norm": "after_activation", "layer_norm": "before_activation"},
        DENSE | {"batch_norm": "before_activation", "layer_norm": "after_activation"},
    ],
    "norms with numbers of their own": [
        DENSE | {"batch_norm": {"kind": "before_activation", "epsilon": 0.3, "momentum": 0.4}},
        DENSE | {"layer_norm": {"kind": "before_activation", "epsilon": 0.5}},
    ],
    "residual dense": [DENSE, DENSE | {"residual": True}, DENSE | {"residual": True}],
    "residual with everything": [
        DENSE,
        DENSE
        | {
            "residual": True,
            "dropout": 0.3,
            "batch_norm": "after_activation",
            "layer_norm": "before_activation",
        },
    ],
    "dropout": [DENSE | {"dropout": 0.4}, DENSE | {"activation": "relu", "dropout": 0.2}],
    "DropConnect": [DENSE | {"drop_weights": 0.4}],
    "both sorts of dropout": [DENSE | {"dropout": 0.3, "drop_weights": 0.4}] * 2,
    "PReLU": [DENSE | {"activation": "prelu"}, DENSE, DENSE | {"activation": "prelu"}],
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_network_of_these_layers_is_trained_and_measured_right(layers):
    compare(experiment(*layers, optimizer={"kind": "sgd", "lr": 0.05}))


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
@pytest.mark.parametrize("layer", [DENSE, CONV], ids=["features", "channels"])
def test_the_input_is_normalised(kind, layer):
    network = {"input_norm": {"kind": kind, "epsilon": 0.01}}
    compare(experiment(layer, network=network))


ACTIVATIONS = [
    "prelu",
    "gelu",
    "silu",
    "softplus",
    "softsign",
    "hard_tanh",
    "hard_sigmoid",
    {"kind": "rescaled", "alpha": 3.0, "inner": "sigmoid"},
    {"kind": "rescaled", "alpha": 0.5, "inner": "selu"},
]


@pytest.mark.parametrize("phi", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("layer", [DENSE, CONV], ids=["dense", "conv"])
def test_activations_are_measured_right(phi, layer):
    wide = {"init": {"kind": "normal", "std": 0.6}}  # far enough out to be saturated
    compare(experiment(*[layer | wide | {"activation": phi}] * 2, optimizer="adam"), rel=1e-3)


def test_the_learned_slope_is_that_before_the_update_and_nan_elsewhere():
    spec = experiment(DENSE, DENSE | {"activation": "prelu"}, optimizer={"kind": "sgd", "lr": 0.5})
    _, reference, block = compare(spec, steps=9)
    slopes = block.layers["learned_slope"]
    assert slopes[0, 1] == 0.25
    assert len(set(slopes[:, 1])) == 9
    assert np.isnan(slopes[:, [0, 2]]).all()
    assert float(reference.weighted[1].phi.weight.detach()) != slopes[-1, 1]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_slope_learned_within_a_block_counts_from_its_step_on(size):
    spec = experiment(DENSE | {"activation": "prelu"}, optimizer={"kind": "sgd", "lr": 1.0})
    whole = AutogradEngine(spec).advance(10, 1000.0)
    engine = AutogradEngine(spec)
    parts = []
    while engine.step < 10:
        parts.append(engine.advance(size, 1000.0))
    for name in LAYER_QUANTITIES:
        found = np.concatenate([part.layers[name] for part in parts])
        np.testing.assert_allclose(found, whole.layers[name], rtol=1e-6, err_msg=name)


# Running statistics ----------------------------------------------------------------------


def test_keras_keeps_the_share_that_pytorch_replaces():
    # Keras: moving = 0.99 * moving + 0.01 * batch. One step from 0 and 1.
    norm = {"kind": "before_activation", "momentum": 0.01, "epsilon": 1e-3}
    engine = AutogradEngine(experiment(DENSE | {"batch_norm": norm}))
    weight, bias = (
        one.detach().double()
        for one in (engine.network.layers[0].weight, engine.network.layers[0].bias)
    )
    seen = []
    forward = engine.network.forward
    engine.network.forward = lambda x, *, training: (seen.append(x), forward(x, training=training))[
        1
    ]
    engine.advance(1, 1000.0)
    z = (seen[-1].double() @ weight.T + bias).numpy()
    found = engine.network.layers[0].before[0]
    assert found.running_mean.numpy() == pytest.approx(0.99 * 0.0 + 0.01 * z.mean(0), rel=1e-4)
    unbiased = 0.99 * 1.0 + 0.01 * z.var(0, ddof=1)
    assert found.running_var.numpy() == pytest.approx(unbiased, rel=1e-5)


# Weights that have seen a batch ----------------------------------------------------------

LSUV = {"init": {"kind": "lsuv", "tolerance": 0.02}}
DEEP = [{"units": 30, "activation": "tanh", "repeat": 4}]
IMAGE = [CONV, {"kind": "max_pool"}, CONV | {"residual": True}, {"kind": "flatten"}, DENSE]


@pytest.mark.parametrize("layers", [DEEP, IMAGE], ids=["dense", "conv"])
@pytest.mark.parametrize("input_norm", ["none", "layer_norm"])
def test_lsuv_gives_every_sum_variance_one_on_the_first_batch(layers, input_norm):
    layers = [one | LSUV if "activation" in one else one for one in layers]
    network = {"input_norm": input_norm, "output": LSUV}
    engine = AutogradEngine(experiment(*layers, network=network))
    reference = Reference(engine)
    reference.eval()
    with torch.no_grad():
        reference(torch.from_numpy(engine.samples.x_train[:16]))
    for layer in reference.weighted:
        assert float(layer.z.var()) == pytest.approx(1.0, abs=0.03)
        flat = layer.core.weight.detach().flatten(1)
        gram = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
        scale = float(gram.diagonal().mean())  # orthogonal, but for the scale
        np.testing.assert_allclose(gram / scale, np.eye(len(gram)), atol=1e-5)


def test_lsuv_of_one_layer_leaves_the_others_and_all_other_draws_alone():
    plain = experiment(
        DENSE, DENSE, DENSE | {"dropout": 0.5}, network={"output": {"init": "zeros"}}
    )
    spec = with_settings(plain, ["network.layers.1.init=lsuv"])
    one, other = Watched(plain), Watched(spec)
    weights = [[layer.weight for layer in two.engine.network.layers] for two in (one, other)]
    assert torch.equal(weights[0][0], weights[1][0])
    assert not torch.equal(weights[0][1], weights[1][1])
    for two in (one, other):
        two.engine.advance(80, 1000.0)  # into the second epoch
    assert all(torch.equal(x, y) for x, y in zip(one.inputs, other.inputs, strict=True))
    states = [two.engine._dropout_rng.get_state() for two in (one, other)]
    assert torch.equal(*states)


def test_lsuv_on_a_batch_of_one_and_a_signal_of_nothing_stays_finite():
    layers = [{"units": 1} | LSUV, {"units": 3, "init": "zeros"}, {"units": 3} | LSUV]
    engine = AutogradEngine(experiment(*layers, batch_size=1))
    assert torch.isfinite(engine.network.theta).all()


# Depth -----------------------------------------------------------------------------------


def delta_ratio(residual):
    layer = {"units": 64, "activation": "sigmoid"}
    layers = [layer, layer | {"repeat": 19, "residual": residual}]
    block = AutogradEngine(experiment(*layers)).advance(5, 1000.0)
    return block.layers["delta_norm"][:, 0] / block.layers["delta_norm"][:, 19]


def test_claim_a12_a_residual_path_brings_the_error_signal_to_the_first_of_twenty_layers():
    without, with_path = delta_ratio(residual=False), delta_ratio(residual=True)
    assert (without < 1e-9).all()
    assert ((with_path > 1e-2) & (with_path < 1e2)).all()


def test_claim_b14_a_rescaled_tanh_learns_like_tanh_while_both_are_in_their_straight_part():
    layer = {"units": 8, "repeat": 20, "init": {"kind": "normal", "std": 0.05}}
    losses = []
    for phi in ("tanh", {"kind": "rescaled", "alpha": 2.0, "inner": "tanh"}):
        spec = experiment(
            layer | {"activation": phi, "bias_init": {"kind": "normal", "std": 0.05}},
            optimizer={"kind": "adam", "lr": 0.001},
        )
        losses.append(AutogradEngine(spec).advance(100, 1000.0).scalars["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-3)
    assert not np.array_equal(*losses)
