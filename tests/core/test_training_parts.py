"""Penalties, clipping, rates and losses as the engine uses them, against torch.nn in float64."""

import numpy as np
import pytest

from core.engine.autograd import AutogradEngine
from core.errors import LabError
from tests.core.comparison import compare, experiment
from tests.core.float64 import Watched

DENSE = {"units": 11, "activation": "tanh"}
CONV = {"kind": "conv", "channels": 5, "activation": "tanh"}

# Penalties, clipping and rates through the engine ----------------------------------------

OWN = {"kind": "own", "l1": 0.002, "l2": 0.03, "weight_decay": 0.4}
NORMED = DENSE | {"batch_norm": "before_activation", "layer_norm": "after_activation"}
PENALTIES = {
    "a layer of its own": ([DENSE | {"penalty": OWN}, DENSE], {"l1": 0.01, "weight_decay": 0.1}),
    "a layer without, in a network with": ([DENSE | {"penalty": "own"}, DENSE], {"l2": 0.05}),
    "only one layer": ([CONV | {"penalty": OWN}, DENSE], {}),
    "biases": ([DENSE], {"l1": 0.01, "l2": 0.02, "penalize_biases": True}),
    "norms": ([NORMED], {"l2": 0.02, "weight_decay": 0.3, "penalize_norms": True}),
    "biases and norms of one layer": (
        # Without L1: of a bias before batch norm, which gets no gradient, it has no certain sign.
        [NORMED | {"penalty": OWN | {"l1": 0.0}}, NORMED],
        {"penalize_biases": True, "penalize_norms": True},
    ),
    "PReLU's slope is spared": (
        [DENSE | {"activation": "prelu"}],
        {"l2": 0.1, "weight_decay": 0.5, "penalize_biases": True, "penalize_norms": True},
    ),
}


@pytest.mark.parametrize(("layers", "training"), PENALTIES.values(), ids=PENALTIES)
def test_penalties_act_on_what_they_should(layers, training):
    compare(experiment(*layers, **training))


def test_the_norm_of_the_input_is_penalised_with_the_norms():
    training = {"l2": 0.05, "weight_decay": 0.2, "penalize_norms": True}
    compare(experiment(DENSE, network={"input_norm": "batch_norm"}, **training))


def test_the_output_layer_may_have_a_penalty_of_its_own():
    compare(experiment(DENSE, network={"output": {"penalty": OWN}}, l2=0.01))


@pytest.mark.parametrize("limit", [0.02, 0.2, 1e6])
def test_every_tensor_is_clipped_by_itself(limit):
    layers = [CONV | {"batch_norm": "before_activation", "activation": "prelu"}]
    layers += [DENSE | {"activation": "prelu"}]
    clip = {"kind": "layer_norm", "limit": limit}
    _, _, block = compare(experiment(*layers, clip=clip, l2=0.01))
    assert (block.scalars["clip_angle"] > 0.1).all() == (limit < 1.0)


def step_decay(step):
    return 0.1 * 0.5 ** (step // 3)


SCHEDULES = {
    "step": ({"kind": "step", "every": 3 / 72, "factor": 0.5}, step_decay),
    "warm-up": ({"kind": "constant", "warmup": 4}, lambda step: 0.1 * min(1.0, (step + 1) / 5)),
    "exponential": (
        {"kind": "exponential", "factor": 1e-9},
        lambda step: 0.1 * 1e-9 ** (step / 72),
    ),
    "cosine": (
        {"kind": "cosine", "floor": 0.1},
        lambda step: 0.1 * (0.1 + 0.9 * (1 + np.cos(np.pi * step / 20)) / 2),
    ),
}


@pytest.mark.parametrize(("schedule", "rate"), SCHEDULES.values(), ids=SCHEDULES)
def test_the_scheduled_rate_is_used_and_recorded_and_scales_the_decay(schedule, rate):
    spec = experiment(DENSE, schedule=schedule, weight_decay=0.5, steps=20)
    engine, _, block = compare(spec, steps=8, rate=rate)
    assert engine.steps_per_epoch == 72
    assert len(set(block.scalars["learning_rate"])) > 2


# Losses ----------------------------------------------------------------------------------

LOSSES = ["mse", "mae", {"kind": "huber", "delta": 0.3}, "binary_cross_entropy"]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_classes_are_learned_by_other_losses(loss):
    _, _, block = compare(experiment(DENSE, loss=loss))
    assert np.isfinite(block.scalars["accuracy"]).all()


@pytest.mark.parametrize("loss", LOSSES[:3], ids=str)
@pytest.mark.parametrize("data", ["sine", "plane"])
def test_numbers_are_learned_and_have_no_accuracy(loss, data):
    spec = experiment(DENSE, data={"kind": data, "samples": 60}, loss=loss)
    engine, _, block = compare(spec)
    assert np.isnan(block.scalars["accuracy"]).all()
    assert np.isnan(engine.evaluate()[1])
    assert engine.facts.n_classes == 0


@pytest.mark.parametrize("data", ["sine", "plane"])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
def test_a_loss_for_classes_is_refused_for_numbers(data, loss):
    with pytest.raises(LabError, match="needs classes") as info:
        AutogradEngine(experiment(DENSE, data=data, loss=loss))
    assert info.value.field == "training.loss"


def test_the_full_batch_is_one_step_an_epoch_with_every_sample():
    spec = experiment(DENSE, data={"kind": "moons", "samples": 50}, batch_size=1000)
    watched = Watched(spec)
    assert watched.engine.steps_per_epoch == 1
    assert watched.engine.total_steps == spec.training.epochs
    compare(spec)
    watched.engine.advance(2, 1000.0)
    rows = [sorted(x.tolist()) for x in watched.inputs]
    assert rows[0] == rows[1] == sorted(watched.samples.x_train.tolist())
