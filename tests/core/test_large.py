"""Networks with a large layer: measured step by step, what moves by a sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.engine.autograd import AutogradEngine
from core.engine.base import Reinitialise
from core.measure import LAYER_QUANTITIES
from core.measure.large import LargeNorms
from core.measure.moved import FOLLOWED, LARGE, Moved, spaced
from tests.core.comparison import experiment
from tests.core.float64 import Reference, Watched

WIDE = [{"units": 1100, "activation": "tanh"}, {"units": 12, "activation": "relu"}]
SAMPLED = ("update_ratio", "weight_distance", "below_floor")
TRAININGS = {
    "sgd": {},
    "adam": {"optimizer": {"kind": "adam", "lr": 0.003}},
    "penalties": {"l1": 1e-4, "l2": 1e-3},
    "clipped": {"clip": {"kind": "norm", "limit": 0.1}},
    "all": {"l2": 1e-3, "clip": {"kind": "value", "limit": 0.001}, "weight_decay": 0.1},
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_a_large_network_is_measured_right(training):
    watched = Watched(experiment(*WIDE, **training))
    assert isinstance(watched.engine._observer.parameters, LargeNorms)
    reference = Reference(watched.engine)
    block = watched.engine.advance(4, 1000.0)
    for step, (x, y) in enumerate(watched.batches()):
        scalars, rows = reference.step(x, y)
        for name in ("grad_norm", "clip_factor", "loss"):
            assert block.scalars[name][step] == pytest.approx(scalars[name], rel=1e-3), name
        for name in LAYER_QUANTITIES:
            found, expected = block.layers[name][step].astype(float), np.array(rows[name])
            tolerance = 1e-3 * np.abs(expected) + 1e-9
            if name in SAMPLED:  # all of the output layer are followed
                tolerance = np.array([0.06, 0.06, 1e-3]) * np.abs(expected) + 1e-7
            if name.endswith("_mean") and name != "derivative_mean":
                tolerance = 1e-3 * np.array(rows[name.replace("_mean", "_std")])
            if name == "saturated_fraction":
                tolerance = 0.001
            close = (np.abs(found - expected) <= tolerance) | (np.isnan(found) & np.isnan(expected))
            if name == "below_floor" and not np.isnan(expected).all():
                close |= np.abs(found - expected) < 0.05
            assert close.all(), f"{name} at step {step}: {found} is not {expected}"


def test_a_sample_is_spread_evenly_and_begins_and_ends_with_the_layer():
    assert spaced(100, 8192).tolist() == list(range(100))
    chosen = spaced(LARGE + 1, FOLLOWED)
    assert len(chosen) == len(set(chosen.tolist())) == FOLLOWED
    assert (chosen[0], chosen[-1]) == (0, LARGE)
    parts = np.histogram(chosen.numpy(), bins=16, range=(0, LARGE + 1))[0]
    assert parts.min() > 0.8 * parts.max()


@pytest.mark.parametrize("kind", ["normal", "heavy tails", "one column"])
def test_what_moves_is_estimated_without_bias(kind):
    rng = np.random.default_rng(0)
    size, moved = 300 * 784, Moved([300 * 784, 50], torch.device("cpu"))
    ratios = []
    for _ in range(20):
        change = rng.normal(size=size + 50)
        if kind == "heavy tails":
            change = rng.standard_t(4, size + 50)
        if kind == "one column":  # as a pixel that alone matters
            change = np.where(np.arange(size + 50) % 784 == 391, change, 0.0)
        change = torch.from_numpy(change.astype(np.float32))
        found = moved.norms(moved.of(change), moved.of(torch.zeros_like(change)))
        ratios.append(found[0] / change[:size].norm().item())
        assert found[1] == pytest.approx(change[size:].norm().item(), rel=1e-6)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.08 if kind == "one column" else 0.02)


def test_norms_beyond_the_squares_of_float32_are_numbers():
    tiny = {"kind": "normal", "std": 1e-25}
    engine = AutogradEngine(experiment({"units": 1100, "init": tiny, "activation": "tanh"}))
    block = engine.advance(1, 1000.0)
    assert block.layers["weight_norm"][0, 0] == pytest.approx(1e-25 * 70400**0.5, rel=0.02)
    assert block.layers["weight_distance"][0, 0] == 0.0


def test_the_distance_begins_anew_when_weights_are_drawn_again():
    engine = AutogradEngine(experiment(*WIDE))
    engine.advance(20, 1000.0)
    before = engine.advance(1, 1000.0).layers["weight_distance"][0]
    assert (before > 0).all()
    engine.apply(Reinitialise((0,)))
    after = engine.advance(1, 1000.0).layers["weight_distance"][0]
    assert after[0] == 0.0
    assert (after[1:] > 0).all()
