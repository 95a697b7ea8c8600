"""An engine beside its reference in float64: every number, signal and parameter is compared."""

import numpy as np
import pytest

from core.experiment import Experiment
from core.measure import LAYER_QUANTITIES, SCALARS
from core.measure.moved import LOOKED_AT
from tests.core.float64 import Reference, Watched

STEPS = 4
BIASES = {"bias_init": {"kind": "normal", "std": 0.3}}  # off 0, so that no z lies on a kink


def with_biases(layer):
    return BIASES | layer if layer.get("kind", "dense") in ("dense", "conv") else layer


def experiment(*layers, data="digits", network=None, **training):
    return Experiment.parse(
        {
            "seed": 3,
            "data": data,
            "network": {"layers": [with_biases(one) for one in layers]} | (network or {}),
            "training": {"batch_size": 16, "device": "cpu"} | training,
        }
    )


def compare(spec, steps=STEPS, rel=3e-4, rate=None):
    """Train both for a few steps; compare every number and, at the end, every parameter."""
    watched = Watched(spec)
    reference = Reference(watched.engine, rate)
    block = watched.engine.advance(steps, 1000.0)
    assert block.n == steps
    for step, (x, y) in enumerate(watched.batches()):
        scalars, rows = reference.step(x, y)
        for name in SCALARS:
            # An angle of a float32 gradient is good to a thousandth of a degree.
            tolerance = 2e-3 if name == "clip_angle" else 1e-6
            assert block.scalars[name][step] == pytest.approx(
                scalars[name], rel=rel, abs=tolerance, nan_ok=True
            ), f"{name} at step {step}"
        for name in LAYER_QUANTITIES:
            # A share counts entries: one of them may lie on the border in float32.
            one = [1.01 / layer.z.numel() for layer in reference.weighted]
            tolerance = np.array(one) if name == "saturated_fraction" else 0.0
            if name.endswith("_mean") and name != "derivative_mean":
                # A sum that cancels is as good as its terms: as what the mean is compared with.
                tolerance = rel * np.array(rows[name.replace("_mean", "_std")])
            if name == "below_floor":
                sizes = [layer.weight.numel() for layer in watched.engine.network.layers]
                # Of a large layer only some elements are looked at.
                tolerance = np.array([2.01 / size if size <= LOOKED_AT else 0.1 for size in sizes])
            found, expected = block.layers[name][step].astype(float), np.array(rows[name])
            close = np.abs(found - expected) <= rel * np.abs(expected) + tolerance
            close |= np.isnan(found) & np.isnan(expected)
            assert close.all(), f"{name} at step {step}: {found} is not {expected}"
    assert_last_signals_agree(watched.engine, reference)
    assert_parameters_agree(watched.engine, reference)
    samples = watched.samples
    assert watched.engine.evaluate() == pytest.approx(
        reference.evaluate(samples.x_validation, samples.y_validation), rel=1e-3, nan_ok=True
    )
    return watched.engine, reference, block


def near(found, expected, rel=1e-3):
    """Compare tensors entry by entry, to a part of the largest entry."""
    expected = expected.detach().numpy()
    largest = np.abs(expected).max() if expected.size else 0.0
    np.testing.assert_allclose(
        found.detach().numpy().astype(float), expected, rtol=rel, atol=rel * largest + 1e-8
    )


def assert_last_signals_agree(engine, reference):
    _, taps, deltas, gradient = engine._last
    gradients = engine.network.tensors_of(gradient)
    for index, layer in enumerate(reference.weighted):
        near(taps.z[index], layer.z)
        near(taps.h[index], layer.h)
        near(deltas[index], reference.deltas[index])
        near(gradients[index], reference.weight_gradients[index])


def assert_parameters_agree(engine, reference):
    for layer, other in zip(engine.network.layers, reference.weighted, strict=True):
        near(layer.weight, other.core.weight)
        near(layer.bias, other.core.bias)
        norms = [*zip(layer.before, other.before, strict=True)]
        norms += zip(layer.after, other.after, strict=True)
        for one, known in norms:
            assert_norms_agree(one, known)
    assert (engine.network.input_norm is None) == (reference.entry is None)
    if reference.entry:
        assert_norms_agree(engine.network.input_norm, reference.entry)


def assert_norms_agree(one, known):
    near(one.scale, known.weight)
    near(one.shift, known.bias)
    if hasattr(known, "running_var"):
        near(one.running_mean, known.running_mean)
        near(one.running_var, known.running_var)


def advance(engine, steps, block=1000):
    """Return all numbers of so many steps, made in blocks of a given size."""
    rows = []
    while steps:
        made = engine.advance(min(block, steps), 1000.0)
        assert made.n, made.stopped
        steps -= made.n
        rows.append(numbers(made))
        assert not made.diverged
    return np.concatenate(rows)


def numbers(block):
    scalars = [block.scalars[name][:, None] for name in SCALARS]
    return np.concatenate(scalars + [block.layers[name] for name in LAYER_QUANTITIES], axis=1)


def measured(rows):
    """Return whether all is finite, but for slopes that nobody learns, and floors of no Adam."""
    parts = np.split(rows[:, len(SCALARS) :], len(LAYER_QUANTITIES), axis=1)
    kept = [
        part
        for name, part in zip(LAYER_QUANTITIES, parts, strict=True)
        if name not in ("learned_slope", "below_floor")
    ]
    return np.isfinite(np.concatenate([rows[:, : len(SCALARS)], *kept], axis=1)).all()


def bits(engine):
    buffers = [one.cpu().numpy().tobytes() for one in engine.network.buffers()]
    return engine.network.theta.detach().cpu().numpy().tobytes(), *buffers


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)
