"""Initialisers: the spread that each promises, and the numbers of the lecture."""

import math

import numpy as np
import pytest
import torch

from core.devices import configure_threads
from core.experiment.initializers import (
    INIT_KINDS,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Normal,
    Orthogonal,
    Uniform,
    Zeros,
)
from core.network.initializers import VARIANCE_RULES, draw_biases, draw_weights

SHAPES = [(784, 300), (300, 784), (100, 1000), (64, 64)]
FAMILY = [GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal]


def variance(kind, fan_in, fan_out):
    """Return the variance that the papers give (Glorot 2010, He 2015, LeCun 1998)."""
    name = kind.__name__
    if name.startswith("Glorot"):
        return 2 / (fan_in + fan_out)
    return (2 if name.startswith("He") else 1) / fan_in


def drawn(spec, fan_in, fan_out, seed=0):
    weights = draw_weights(spec, fan_in, fan_out, torch.Generator().manual_seed(seed))
    assert weights.shape == (fan_out, fan_in)
    assert weights.dtype == torch.float32
    return weights.numpy().astype(float)


def assert_standardised_moments(w, mean, std, kurtosis):
    """Compare sample moments with theory, within five standard errors."""
    n = w.size
    assert abs(w.mean() - mean) < 5 * std / math.sqrt(n)
    assert abs(w.std() - std) < 5 * std * math.sqrt((kurtosis - 1) / (4 * n))
    found = (((w - mean) / std) ** 4).mean()
    assert found == pytest.approx(kurtosis, rel=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", FAMILY)
def test_variance_scaling_draws_have_the_moments_of_their_formula(kind, shape):
    w, std = drawn(kind(), *shape), math.sqrt(variance(kind, *shape))
    uniform = kind.__name__.endswith("Uniform")
    assert_standardised_moments(w, 0.0, std, 1.8 if uniform else 3.0)
    if uniform:
        limit = math.sqrt(3) * std
        assert np.abs(w).max() <= limit * (1 + 1e-6)
        assert np.abs(w).max() > 0.99 * limit


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", FAMILY)
def test_the_spread_shown_to_people_is_that_of_the_draw(kind, shape):
    rule = VARIANCE_RULES[kind().kind]
    assert rule.std(*shape) == pytest.approx(math.sqrt(variance(kind, *shape)), rel=1e-12)
    assert rule.uniform == kind.__name__.endswith("Uniform")


@pytest.mark.parametrize(
    ("shape", "std", "limit"),
    [((784, 300), 0.0430, 0.0744), ((300, 100), 0.0707, 0.1225), ((100, 10), 0.1348, 0.2335)],
)
def test_claim_c7_glorot_on_the_lectures_network(shape, std, limit):
    assert VARIANCE_RULES["glorot_normal"].std(*shape) == pytest.approx(std, abs=5e-5)
    uniform = math.sqrt(3) * VARIANCE_RULES["glorot_uniform"].std(*shape)
    assert uniform == pytest.approx(limit, abs=5e-5)
    assert drawn(GlorotNormal(), *shape).std() == pytest.approx(std, rel=0.08)
    assert np.abs(drawn(GlorotUniform(), *shape)).max() == pytest.approx(limit, rel=0.01)


def test_claim_c8_he_and_lecun_on_the_lectures_network():
    assert drawn(HeNormal(), 784, 300).std() == pytest.approx(0.0505, rel=0.01)
    assert drawn(LecunNormal(), 784, 300).std() == pytest.approx(0.0357, rel=0.01)
    for kind, std in (("he_normal", 0.0505), ("lecun_normal", 0.0357)):
        assert VARIANCE_RULES[kind].std(784, 300) == pytest.approx(std, abs=5e-5)


def test_normal_and_uniform_take_their_own_numbers():
    assert_standardised_moments(drawn(Normal(mean=0.5, std=2.0), 300, 300), 0.5, 2.0, 3.0)
    w = drawn(Uniform(low=-1.0, high=3.0), 300, 300)
    assert_standardised_moments(w, 1.0, 4 / math.sqrt(12), 1.8)
    assert (w.min(), w.max()) == pytest.approx((-1.0, 3.0), abs=0.01)


@pytest.mark.parametrize("gain", [1.0, 0.9, 2.0])
@pytest.mark.parametrize("shape", [(64, 64), (784, 30), (30, 784), (1, 5)])
def test_every_singular_value_of_an_orthogonal_draw_is_the_gain(shape, gain):
    w = drawn(Orthogonal(gain=gain), *shape)
    assert np.linalg.svd(w, compute_uv=False) == pytest.approx(gain, rel=1e-5)


def test_orthogonal_draws_are_uniform_over_rotations():
    # Without the correction of the signs, QR gives a biased diagonal.
    configure_threads()  # two threads for sixteen numbers would take seconds
    generator = torch.Generator().manual_seed(0)
    entries = [draw_weights(Orthogonal(), 4, 4, generator).numpy().ravel() for _ in range(4000)]
    mean, square = np.mean(entries, axis=0), np.mean(np.square(entries), axis=0)
    assert np.abs(mean).max() < 5 * 0.5 / math.sqrt(4000)
    assert square == pytest.approx(0.25, abs=0.02)


def test_zeros_and_constants():
    assert not drawn(Zeros(), 3, 4).any()
    assert (drawn(Constant(value=-0.25), 3, 4) == -0.25).all()


@pytest.mark.parametrize("kind", INIT_KINDS.values())
def test_the_generator_alone_decides_the_draw(kind):
    torch.manual_seed(1)
    one = drawn(kind(), 20, 30, seed=7)
    torch.manual_seed(2)
    torch.rand(100)
    assert np.array_equal(one, drawn(kind(), 20, 30, seed=7))
    if kind not in (Zeros, Constant):
        assert not np.array_equal(one, drawn(kind(), 20, 30, seed=8))


def test_two_draws_from_one_generator_differ():
    generator = torch.Generator().manual_seed(0)
    one, other = (draw_weights(GlorotUniform(), 8, 8, generator) for _ in range(2))
    assert not torch.equal(one, other)


def test_biases_follow_their_own_initialiser():
    generator = torch.Generator().manual_seed(0)
    assert not draw_biases(Zeros(), 10, generator).any()
    assert draw_biases(Constant(value=0.5), 3, generator).tolist() == [0.5] * 3
    drawn_biases = draw_biases(Normal(mean=1.0, std=0.1), 10_000, generator)
    assert drawn_biases.shape == (10_000,)
    assert float(drawn_biases.mean()) == pytest.approx(1.0, abs=0.01)
    assert float(drawn_biases.std()) == pytest.approx(0.1, rel=0.05)
