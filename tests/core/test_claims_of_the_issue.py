"""What the laboratory must show: the gradient dies, one switch brings it back, and so on.

Margins are wide of what was measured for seeds 0 to 2 (in the comments), so that another
processor's rounding does not decide.
"""

import numpy as np
import pytest

from core import catalogue
from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.experiment import with_settings

SWITCH = 800
CPU = ["training.device=cpu"]
RELU = ["network.layers.*.activation=relu", "network.layers.*.init=he_normal"]


def delta_ratio(block, layers=20):
    """Return |delta| of the first over that of the last hidden layer, step by step."""
    deltas = block.layers["delta_norm"].astype(float)
    assert (deltas > 0).all()  # measured, not underflown
    return deltas[:, 0] / deltas[:, layers - 1]


@pytest.fixture(scope="module")
def sigmoid():
    """The experiment, its first 800 steps, and the state they end in."""
    spec = with_settings(catalogue.load("twenty-sigmoid-layers"), CPU)
    engine = AutogradEngine(spec)
    return spec, engine.advance(SWITCH, 1000.0), engine.state()


def switched(sigmoid, *assignments):
    """Go on for 400 steps after the live switch to ReLU with weights drawn by He's rule."""
    spec, _, state = sigmoid
    engine = AutogradEngine(spec)
    engine.load_state(state)
    engine.apply(Edit(with_settings(spec, [*RELU, *assignments])))
    engine.apply(Reinitialise(tuple(range(21))))
    assert engine.step == SWITCH
    return engine.advance(400, 1000.0)


def test_in_twenty_sigmoid_layers_delta_falls_by_more_than_eight_decades(sigmoid):
    _, block, _ = sigmoid
    decades = -np.log10(delta_ratio(block))
    assert decades.min() > 8  # measured: 11.9 to 12.2
    # It falls in every layer, by the factor of four or more that sigmoid's derivative costs.
    profile = np.log10(block.layers["delta_norm"][:, :20].astype(float)).mean(axis=0)
    assert (np.diff(profile) > 0.3).all()


def test_in_twenty_sigmoid_layers_nothing_is_learned_and_the_input_side_stands_still(sigmoid):
    _, block, _ = sigmoid
    assert block.scalars["loss"][-50:].mean() == pytest.approx(np.log(10), abs=0.1)
    assert block.scalars["accuracy"][-50:].mean() < 0.2  # measured: 0.09
    updates = block.layers["update_ratio"]
    assert updates[:, 0].max() < 1e-6
    assert updates[:, 20].mean() > 1e-4


@pytest.mark.parametrize("rate", [0.02, 0.05])
def test_one_live_switch_to_relu_and_he_brings_the_gradient_and_the_learning_back(sigmoid, rate):
    block = switched(sigmoid, f"training.optimizer.lr={rate}")
    assert block.n == 400
    assert not block.diverged
    assert delta_ratio(block).min() > 1e-2  # measured: 0.2 at least
    assert block.scalars["accuracy"][-50:].mean() > 0.85  # measured: 0.93 to 0.96
    clipped = block.scalars["clip_factor"]
    assert clipped.min() < 0.5  # clipping was needed
    assert (block.scalars["clip_angle"] == 0).all()


def test_without_clipping_at_a_rate_of_a_tenth_the_switched_run_diverges_or_learns_nothing(sigmoid):
    # Measured for seeds 0 to 2: which of the two happens is decided by rounding. Either the loss
    # is NaN after 72 or 154 steps, or all units of some layer die and nothing is learned.
    block = switched(sigmoid, "training.optimizer.lr=0.1", "training.clip=none")
    assert block.diverged or block.scalars["accuracy"][-50:].mean() < 0.3
    assert block.scalars["grad_norm"][:-1].max() > 10  # measured: 11.7 to 18, or 1e13


def test_switching_the_activation_alone_does_not_bring_the_gradient_back(sigmoid):
    spec, _, state = sigmoid
    engine = AutogradEngine(spec)
    engine.load_state(state)
    engine.apply(Edit(with_settings(spec, RELU)))  # and no weights drawn again
    kept, drawn = engine.advance(1, 1000.0), switched(sigmoid)
    assert kept.layers["delta_norm"][0, 0] < 1e-2 * drawn.layers["delta_norm"][0, 0]


# The cards of the start page -------------------------------------------------------------


def trained(name, steps):
    return AutogradEngine(with_settings(catalogue.load(name), CPU)).advance(steps, 1000.0)


def test_twenty_relu_layers_learn_the_digits():
    block = trained("he-relu-digits", 500)
    assert block.scalars["accuracy"][-50:].mean() > 0.85
    assert delta_ratio(block).min() > 1e-2


def test_the_tiny_network_learns_the_curved_border():
    block = trained("two-moons", 800)
    assert block.scalars["accuracy"][-100:].mean() > 0.95


def test_the_network_with_batch_norm_is_healthy():
    block = trained("fashion-batch-norm", 300)
    assert block.scalars["accuracy"][-50:].mean() > 0.75
    assert block.layers["dead_fraction"][-1].max() < 0.2


def test_the_exploding_network_is_nan_within_five_steps_after_growing_in_every_layer():
    block = trained("exploding-relu", 1000)
    assert block.diverged
    assert block.n <= 6
    # By sqrt(64 * 0.3 ** 2 / 2) = 1.7 a layer: forward in |h|, backward in |delta|.
    forward = np.diff(np.log(block.layers["activation_norm"][0, :10].astype(float)))
    backward = -np.diff(np.log(block.layers["delta_norm"][0, :10].astype(float)))
    for growth in (forward, backward):
        assert (growth > 0).all()
        assert np.exp(growth.mean()) == pytest.approx(1.7, rel=0.15)


def test_clipping_or_he_tames_the_exploding_network():
    spec = with_settings(catalogue.load("exploding-relu"), CPU)
    he = with_settings(spec, ["network.layers.*.init=he_normal", "training.optimizer.lr=0.02"])
    clipped = with_settings(spec, ["training.clip={kind='norm', limit=1.0}"])
    for tamed in (he, clipped):
        assert not AutogradEngine(tamed).advance(300, 1000.0).diverged
