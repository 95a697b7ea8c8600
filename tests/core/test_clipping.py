"""Clipping: the lecture's numbers, and the definitions for any gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.engine.clipping import clip_
from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue, NoClip
from core.measure.norms import norms


def clipped(spec, values, sizes=None):
    """Return what clipping makes of a gradient: itself, the factor, the angle in degrees."""
    gradient = torch.tensor(values, dtype=torch.float32)
    sizes = [len(gradient)] if sizes is None else sizes
    factor, angle = clip_(spec, gradient, norms(gradient, 0), sizes)
    return gradient.numpy(), float(factor), float(angle)


def direction(vector):
    return np.degrees(np.arctan2(float(vector[1]), float(vector[0])))


def angle_between(one, other):
    one, other = np.asarray(one, float), np.asarray(other, float)
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    return np.degrees(2 * np.arctan2(np.linalg.norm(one - other), np.linalg.norm(one + other)))


def test_claim_c19_clipping_by_value_turns_the_lectures_gradient():
    raw = [0.9, 100.0]
    gradient, factor, angle = clipped(ClipValue(limit=1.0), raw)
    assert gradient == pytest.approx([0.9, 1.0], rel=1e-7)
    assert direction(raw) == pytest.approx(89.48, abs=0.005)
    assert direction(gradient) == pytest.approx(48.01, abs=0.005)
    # The measured angle is the one between the two, not the direction of either.
    assert angle == pytest.approx(41.47, abs=0.005)
    assert factor == pytest.approx(np.hypot(0.9, 1.0) / np.hypot(0.9, 100.0), rel=1e-6)


def test_claim_c20_clipping_by_norm_keeps_the_lectures_direction():
    raw = [0.9, 100.0]
    gradient, factor, angle = clipped(ClipNorm(limit=1.0), raw)
    assert gradient[0] == pytest.approx(0.00899964, abs=1e-8)  # the text prints 0.00899
    assert gradient[1] == pytest.approx(0.9999595, abs=1e-7)  # the text prints 0.999995
    assert direction(gradient) == pytest.approx(direction(raw), abs=1e-4)
    assert factor == pytest.approx(1.0 / np.hypot(0.9, 100.0), rel=1e-6)
    assert angle == 0.0


def test_a_gradient_under_the_limit_is_left_as_it_is_to_the_bit():
    raw = np.float32([0.3, -0.2, 0.1])
    for spec in (ClipNorm(limit=1.0), ClipValue(limit=1.0), ClipLayerNorm(limit=1.0), NoClip()):
        gradient, factor, angle = clipped(spec, raw, [1, 2])
        assert gradient.tobytes() == raw.tobytes()
        assert (factor, angle) == (1.0, 0.0)


@pytest.mark.parametrize(
    "spec", [ClipNorm(limit=1.0), ClipValue(limit=1.0), ClipLayerNorm(limit=1.0), NoClip()]
)
def test_a_zero_gradient_stays_zero_with_factor_one_and_angle_zero(spec):
    gradient, factor, angle = clipped(spec, [0.0, 0.0, 0.0])
    assert gradient.tolist() == [0.0, 0.0, 0.0]
    assert (factor, angle) == (1.0, 0.0)


numbers = st.floats(-1000, 1000, width=32).filter(lambda x: x == 0 or abs(x) > 1e-3)
gradients = arrays(np.float32, st.integers(1, 20), elements=numbers).filter(np.any)
limits = st.floats(0.01, 100)


@given(gradients, limits)
def test_clipping_by_norm_never_exceeds_the_limit_and_never_turns(raw, limit):
    gradient, factor, angle = clipped(ClipNorm(limit=limit), raw)
    norm = np.linalg.norm(raw.astype(float))
    assert np.linalg.norm(gradient.astype(float)) == pytest.approx(min(norm, limit), rel=1e-5)
    assert factor == pytest.approx(min(1.0, limit / norm), rel=1e-5)
    assert angle_between(raw, gradient) < 1e-3
    assert angle == 0.0


@given(gradients, limits)
def test_clipping_by_value_limits_every_component_and_reports_the_turn(raw, limit):
    gradient, factor, angle = clipped(ClipValue(limit=limit), raw)
    expected = np.clip(raw.astype(float), -limit, limit)
    assert gradient == pytest.approx(expected, rel=1e-6)
    assert factor == pytest.approx(
        np.linalg.norm(expected) / np.linalg.norm(raw.astype(float)), rel=1e-5
    )
    assert angle == pytest.approx(angle_between(raw, expected), abs=1e-3)


def test_clipping_layer_by_layer_shortens_each_tensor_by_itself():
    # A weight matrix too long, a bias short enough, a bias too long, as Keras' clipnorm=1.
    raw = [3.0, 4.0, 0.0, 0.6, 0.0, 2.0]
    gradient, factor, angle = clipped(ClipLayerNorm(limit=1.0), raw, [3, 1, 2])
    assert gradient == pytest.approx([0.6, 0.8, 0.0, 0.6, 0.0, 1.0], rel=1e-6)
    assert factor == pytest.approx(np.sqrt(1 + 0.36 + 1) / np.sqrt(25 + 0.36 + 4), rel=1e-6)
    assert angle == pytest.approx(angle_between(raw, gradient), abs=1e-4)
    assert angle > 15


@given(gradients, limits, st.data())
def test_clipping_layer_by_layer_for_any_cut_and_any_gradient(raw, limit, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=4)))
    sizes = np.diff([0, *cuts, len(raw)])
    expected = raw.astype(float)
    for part in np.split(expected, cuts):
        part *= limit / max(limit, np.linalg.norm(part))
    gradient, factor, angle = clipped(ClipLayerNorm(limit=limit), raw, sizes.tolist())
    assert gradient == pytest.approx(expected, rel=1e-5)
    assert factor == pytest.approx(
        np.linalg.norm(expected) / np.linalg.norm(raw.astype(float)), rel=1e-5
    )
    assert angle == pytest.approx(angle_between(raw, expected), abs=1e-3)


def test_clipping_layer_by_layer_needs_to_know_the_layers():
    with pytest.raises(RuntimeError, match="split"):
        clipped(ClipLayerNorm(limit=1.0), [3.0, 4.0], [])


SHORTENING = [ClipNorm, ClipValue, ClipLayerNorm]


@pytest.mark.parametrize("kind", SHORTENING)
@pytest.mark.parametrize("size", [1e-44, 1e-38, 1e-25, 1e19, 1e30, 3e38])
def test_gradients_whose_squares_leave_float32_are_clipped_as_any_other(kind, size):
    raw = np.float32([size, -size / 2, 0.0, size]).astype(float)
    for limit in (min(1e9, size / 3), min(1e9, size * 0.9), 1.0):
        expected = raw.copy()
        if kind is ClipValue:
            expected = np.clip(raw, -limit, limit)
        else:
            for part in [expected] if kind is ClipNorm else np.split(expected, [2]):
                part *= limit / max(limit, np.linalg.norm(part))
        gradient, factor, angle = clipped(kind(limit=limit), raw, [2, 2])
        assert gradient == pytest.approx(expected, rel=1e-5, abs=1e-45)
        ratio = np.linalg.norm(expected) / np.linalg.norm(raw)
        assert factor == pytest.approx(ratio, rel=1e-5, abs=1e-45)
        assert angle == pytest.approx(angle_between(raw, expected), abs=1e-3)


@pytest.mark.parametrize("kind", SHORTENING)
@pytest.mark.parametrize("limit", [1e-300, 1e-40, 1e-20])
@pytest.mark.parametrize("raw", [[0.0, 0.0], [3.0, 4.0]])
def test_a_tiny_limit_makes_nothing_that_is_no_number(kind, limit, raw):
    gradient, factor, angle = clipped(kind(limit=limit), raw, [1, 1])
    assert gradient == pytest.approx(np.zeros(2), abs=1.1 * limit)
    assert factor == pytest.approx(0.0 if any(raw) else 1.0, abs=limit)
    assert 0.0 <= angle < 46


@pytest.mark.parametrize("spec", [*(kind(limit=1.0) for kind in SHORTENING), NoClip()])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_not_finite_never_becomes_one_that_is(spec, bad):
    raw = np.float32([0.5, bad, 3.0, 2.0])
    gradient, factor, angle = clipped(spec, raw, [2, 2])
    assert np.array_equal(gradient, raw, equal_nan=True)
    if not isinstance(spec, NoClip):
        assert np.isnan([factor, angle]).all()
