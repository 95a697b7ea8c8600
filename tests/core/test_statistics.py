"""Grouping steps for speed changes nothing that is recorded."""

from __future__ import annotations

import numpy as np
import pytest

from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.measure import LAYER_QUANTITIES, SCALARS, statistics

SPEC = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 90},
        "network": {
            "layers": [
                {"units": 7, "activation": "relu", "repeat": 3, "dropout": 0.2},
                {"units": 5, "activation": "tanh", "batch_norm": "after_activation"},
            ]
        },
        "training": {"batch_size": 8, "device": "cpu", "l2": 0.001},
    }
)


@pytest.mark.parametrize("room", [1, 20_000])
def test_steps_measured_one_by_one_or_together_give_the_same_numbers(monkeypatch, room):
    together = AutogradEngine(SPEC).advance(40, 1000.0)
    monkeypatch.setattr(statistics, "CACHE_BYTES", room)
    apart = AutogradEngine(SPEC).advance(40, 1000.0)
    for name in SCALARS:
        assert np.array_equal(together.scalars[name], apart.scalars[name])
    for name in LAYER_QUANTITIES:
        one, other = together.layers[name], apart.layers[name]
        if "grad" in name or "weight" in name or name == "update_ratio":
            np.testing.assert_allclose(one, other, rtol=1e-6)  # another order of summation
        else:
            assert np.array_equal(one, other, equal_nan=True), name


def test_a_network_has_one_grouping_so_its_numbers_repeat_to_the_bit():
    one, other = (AutogradEngine(SPEC).advance(40, 1000.0) for _ in range(2))
    for name in LAYER_QUANTITIES:
        assert np.array_equal(one.layers[name], other.layers[name], equal_nan=True), name
