"""Observing changes nothing: the same weights to the bit, whatever is measured, and how often."""

from __future__ import annotations

import numpy as np
import pytest

from core.engine.autograd import AutogradEngine
from core.engine.base import Edit, Reinitialise
from core.experiment import Experiment, with_settings
from core.measure import LAYER_QUANTITIES
from core.measure.missing import not_measured
from core.record import Parts
from tests.core.comparison import bits

NETWORKS = {
    "dense, all sorts": {
        "data": {"kind": "moons", "samples": 130},
        "network": {
            "layers": [
                {"units": 9, "activation": "relu", "dropout": 0.3},
                {"units": 9, "activation": "prelu", "batch_norm": "before_activation"},
                {"units": 9, "activation": "tanh", "residual": True, "drop_weights": 0.2},
                {"units": 5, "activation": "gelu", "layer_norm": "after_activation"},
            ]
        },
        "training": {
            "batch_size": 16,
            "l1": 1e-4,
            "l2": 1e-3,
            "clip": {"kind": "norm", "limit": 0.5},
            "optimizer": {"kind": "adam", "lr": 0.01},
        },
    },
    "convolution": {
        "data": {"kind": "digits", "limit": 100},
        "network": {
            "layers": [
                {"kind": "conv", "channels": 3, "activation": "relu"},
                {"kind": "max_pool"},
                {"kind": "flatten"},
                {"units": 6, "activation": "sigmoid"},
            ]
        },
        "training": {"batch_size": 20, "clip": {"kind": "value", "limit": 0.05}},
    },
}
STEPS = 25


def experiment(name, *settings):
    plain = NETWORKS[name]
    training = plain["training"] | {"device": "cpu"}
    return with_settings(Experiment.parse(plain | {"training": training}), list(settings))


def trained(name, *settings, frames=False, observe=True, block=1000):
    """Return weights and buffers after some steps, and the losses on the way."""
    engine = AutogradEngine(experiment(name, *settings), observe=observe)
    losses = []
    while engine.step < STEPS:
        made = engine.advance(1 if frames else min(block, STEPS - engine.step), 1000.0)
        losses.append(made.scalars["loss"])
        if frames:
            engine.frame(Parts.ALL)
    return bits(engine), np.concatenate(losses).tobytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_are_the_same_to_the_bit_whatever_is_watched(name):
    expected = trained(name)
    assert trained(name, observe=False) == expected
    assert trained(name, "measuring=sampled", "measuring.every=3") == expected
    assert trained(name, "measuring=budget", "measuring.percent=1") == expected
    assert trained(name, frames=True) == expected
    assert trained(name, "measuring=sampled", block=4) == expected


@pytest.mark.parametrize("block", [1, 4, 1000])
def test_sampled_steps_are_measured_as_if_all_were(block):
    name = "dense, all sorts"
    whole = AutogradEngine(experiment(name)).advance(STEPS, 1000.0)
    engine = AutogradEngine(experiment(name, "measuring=sampled", "measuring.every=7"))
    parts = []
    while engine.step < STEPS:
        parts.append(engine.advance(min(block, STEPS - engine.step), 1000.0))
    watched = np.arange(STEPS) % 7 == 0
    for quantity in LAYER_QUANTITIES:
        rows = np.concatenate([part.layers[quantity] for part in parts])
        if quantity == "dead_fraction":
            continue  # what is not looked at cannot be seen alive
        np.testing.assert_allclose(
            rows[watched], whole.layers[quantity][watched], rtol=2e-5, atol=1e-7
        )
        assert not_measured(rows[~watched]).all(), quantity
        assert not not_measured(rows[watched]).any(), quantity
    for scalar in ("grad_norm", "clip_factor", "clip_angle", "accuracy"):
        values = np.concatenate([part.scalars[scalar] for part in parts])
        assert np.array_equal(not_measured(values), ~watched), scalar
    losses = np.concatenate([part.scalars["loss"] for part in parts])
    assert np.array_equal(losses, whole.scalars["loss"])


def test_the_policy_changes_live_and_a_draw_is_always_watched():
    name = "dense, all sorts"
    engine = AutogradEngine(experiment(name))
    assert not not_measured(engine.advance(5, 1000.0).layers["delta_norm"]).any()
    engine.apply(Edit(experiment(name, "measuring=sampled", "measuring.every=1000")))
    assert not_measured(engine.advance(5, 1000.0).layers["delta_norm"]).all()
    engine.apply(Reinitialise((0, 1)))
    after = engine.advance(3, 1000.0).layers["delta_norm"]
    assert not not_measured(after[0]).any()
    assert not_measured(after[1:]).all()
    assert engine.facts.theory_step == 10


def test_a_budget_of_time_is_kept_about():
    name = "dense, all sorts"
    engine = AutogradEngine(experiment(name, "measuring=budget", "measuring.percent=10"))
    watched = total = 0
    for _ in range(30):
        block = engine.advance(1000, 0.02)
        watched += int((~not_measured(block.layers["delta_norm"]).any(axis=1)).sum())
        total += block.n
    # A step's measuring costs a large part of the step: a tenth of that is one in several.
    assert 1 <= watched < 0.7 * total


def test_what_measuring_costs_is_counted_by_family():
    block = AutogradEngine(experiment("convolution")).advance(20, 1000.0)
    assert set(block.overhead) == {"signals", "weights and gradients", "loss and accuracy"}
    assert all(0.0 < seconds < 10.0 for seconds in block.overhead.values())
    nothing = AutogradEngine(experiment("convolution"), observe=False).advance(20, 1000.0)
    assert sum(nothing.overhead.values()) < 0.5 * sum(block.overhead.values())


def test_what_theory_said_of_the_weights_is_part_of_the_state():
    name = "dense, all sorts"
    engine = AutogradEngine(experiment(name))
    engine.advance(7, 1000.0)
    engine.apply(Reinitialise((1,)))
    other = AutogradEngine(experiment(name))
    other.load_state(engine.state())
    assert other.facts.theory_step == engine.facts.theory_step == 7
    assert other.facts.theory == engine.facts.theory
    assert other.facts.past_theories == engine.facts.past_theories


def test_each_step_has_the_theory_of_the_weights_it_was_made_with():
    name = "dense, all sorts"
    engine = AutogradEngine(experiment(name))
    first = engine.facts.theory
    assert first is not None
    for _ in range(2):  # the second draw at a step takes the place of the first
        engine.apply(Reinitialise((1,)))
    assert engine.facts.past_theories == ()
    engine.advance(7, 1000.0)
    engine.apply(Reinitialise((1,)))
    engine.advance(3, 1000.0)
    engine.apply(Reinitialise((0,)))
    facts = engine.facts
    assert [step for step, _ in facts.past_theories] == [0, 7]
    assert facts.theory_at(6) == (0, first)
    assert [facts.theory_at(row)[0] for row in (0, 7, 9, 10, 99)] == [0, 7, 7, 10, 10]
