"""Initialisers: the spread that each promises, and the numbers of the lecture."""

import math

import numpy as np
import pytest
import torch

from core.devices import configure_threads
from core.errors import ExperimentError
from core.experiment.initializers import (
    BIAS_INIT_KINDS,
    INIT_KINDS,
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Lsuv,
    Normal,
    Orthogonal,
    PytorchDefault,
    TruncatedNormal,
    Uniform,
    VarianceScaling,
    Zeros,
)
from core.experiment.model import Experiment
from core.network.initializers import draw_biases, draw_weights

SHAPES = [(784, 300), (300, 784), (100, 1000), (64, 64)]
FAMILY = [GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal]
CUT_STD, CUT_KURTOSIS = 0.87962566103423978, 2.3655  # of a normal cut at two standard deviations


def variance(kind, fan_in, fan_out):
    """Return the variance that the papers give (Glorot 2010, He 2015, LeCun 1998)."""
    name = kind.__name__
    if name.startswith("Glorot"):
        return 2 / (fan_in + fan_out)
    return (2 if name.startswith("He") else 1) / fan_in


def drawn(spec, fan_in, fan_out, *kernel, seed=0):
    weights = draw_weights(spec, (fan_out, fan_in, *kernel), torch.Generator().manual_seed(seed))
    assert weights.shape == (fan_out, fan_in, *kernel)
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


def test_claim_c7_and_c8_draws_for_the_lectures_network():
    for shape, std, limit in [((784, 300), 0.0430, 0.0744), ((300, 100), 0.0707, 0.1225)]:
        assert drawn(GlorotNormal(), *shape).std() == pytest.approx(std, rel=0.01)
        assert np.abs(drawn(GlorotUniform(), *shape)).max() == pytest.approx(limit, rel=0.01)
    assert drawn(HeNormal(), 784, 300).std() == pytest.approx(0.0505, rel=0.01)
    assert drawn(LecunNormal(), 784, 300).std() == pytest.approx(0.0357, rel=0.01)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize(
    ("distribution", "kurtosis", "limit"),
    [
        ("normal", 3.0, math.inf),
        ("truncated_normal", CUT_KURTOSIS, 2 / CUT_STD),
        ("uniform", 1.8, math.sqrt(3)),
    ],
)
@pytest.mark.parametrize("shape", [(300, 500), (12, 40, 5, 3)])
def test_variance_scaling_draws_have_the_variance_named(mode, distribution, kurtosis, limit, shape):
    spec = VarianceScaling(scale=2.0, mode=mode, distribution=distribution)
    inputs, outputs = (side * math.prod(shape[2:]) for side in shape[:2])
    fan = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[mode]
    w, std = drawn(spec, *shape), math.sqrt(2.0 / fan)
    assert_standardised_moments(w, 0.0, std, kurtosis)
    assert np.abs(w).max() <= limit * std * (1 + 1e-6)


def test_truncated_normal_is_cut_at_two_of_the_std_named():
    w = drawn(TruncatedNormal(mean=1.0, std=0.5), 600, 600)
    assert_standardised_moments(w, 1.0, 0.5 * CUT_STD, CUT_KURTOSIS)
    assert (w.min(), w.max()) == pytest.approx((0.0, 2.0), abs=1e-3)
    assert w.min() >= 0.0
    assert w.max() <= 2.0
    upper_quartile = 0.63911  # scipy.stats.truncnorm(-2, 2).ppf(0.75)
    assert np.mean(np.abs(w - 1.0) < 0.5 * upper_quartile) == pytest.approx(0.5, abs=0.005)
    assert not drawn(TruncatedNormal(std=0.0), 3, 3).any()


def test_pytorch_default_is_kaiming_uniform_with_the_root_of_five():
    for shape, fan_in in (((400, 250), 400), ((8, 300, 5, 3), 120)):
        reference = torch.empty(shape[1], shape[0], *shape[2:])
        torch.nn.init.kaiming_uniform_(
            reference, a=math.sqrt(5), generator=torch.Generator().manual_seed(1)
        )
        w, limit = drawn(PytorchDefault(), *shape), 1 / math.sqrt(fan_in)
        assert np.abs(w).max() == pytest.approx(float(reference.abs().max()), rel=1e-3)
        assert np.abs(w).max() <= limit * (1 + 1e-6)
        assert_standardised_moments(w, 0.0, limit / math.sqrt(3), 1.8)


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


@pytest.mark.parametrize("shape", [(3, 36, 3, 3), (36, 36, 3, 3), (1, 64, 2, 3), (2, 64, 5, 5)])
@pytest.mark.parametrize("spec", [Orthogonal(gain=1.5), Lsuv()])
def test_a_convolution_is_orthogonal_as_a_matrix_of_its_output_channels(shape, spec):
    w = drawn(spec, *shape).reshape(shape[1], -1)
    gain = 1.0 if isinstance(spec, Lsuv) else spec.gain
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert gram == pytest.approx(gain**2 * np.eye(min(w.shape)), abs=1e-5)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7)])
def test_identity_passes_on_what_there_is_room_for(shape):
    assert np.array_equal(drawn(Identity(gain=0.5), *shape), 0.5 * np.eye(shape[1], shape[0]))


@pytest.mark.parametrize("shape", [(4, 4, 3, 3), (2, 5, 3, 5), (5, 2, 1, 1)])
def test_an_identity_convolution_leaves_the_channels_as_they_are(shape):
    w = draw_weights(Identity(), (shape[1], shape[0], *shape[2:]), torch.Generator())
    x = torch.randn(2, shape[0], 6, 6, generator=torch.Generator().manual_seed(0))
    y = torch.nn.functional.conv2d(x, w, padding="same")
    same = min(shape[:2])
    assert torch.equal(y[:, :same], x[:, :same])
    assert not y[:, same:].any()


def test_orthogonal_draws_are_uniform_over_rotations():
    # Without the correction of the signs, QR gives a biased diagonal.
    configure_threads()  # two threads for sixteen numbers would take seconds
    generator = torch.Generator().manual_seed(0)
    entries = [draw_weights(Orthogonal(), (4, 4), generator).numpy().ravel() for _ in range(4000)]
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
    if kind not in (Zeros, Constant, Identity):
        assert not np.array_equal(one, drawn(kind(), 20, 30, seed=8))


def test_two_draws_from_one_generator_differ():
    generator = torch.Generator().manual_seed(0)
    one, other = (draw_weights(GlorotUniform(), (8, 8), generator) for _ in range(2))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("spec", "numbers"),
    [
        (GlorotUniform(), [0.5644426, -0.4835057, -0.2123647, 0.5141679, -1.0312924, 0.6569574]),
        (HeNormal(), [0.5399918, 0.2179426, 0.0503593, 0.5073035, -0.3689797, -0.1356448]),
        (
            Orthogonal(gain=2.0),
            [1.6464367, 0.1535456, -1.1250201, -0.1013054, 1.9935908, 0.1238325],
        ),
    ],
)
def test_a_seed_gives_the_numbers_that_it_always_gave(spec, numbers):
    # A stored run is drawn again from its seed: a change here changes every one of them.
    assert drawn(spec, 3, 2, seed=1).ravel() == pytest.approx(numbers, abs=1e-6)


def test_biases_follow_their_own_initialiser():
    generator = torch.Generator().manual_seed(0)
    assert not draw_biases(Zeros(), 10, 4, generator).any()
    assert draw_biases(Constant(value=0.5), 3, 4, generator).tolist() == [0.5] * 3
    for spec, mean, std, kurtosis in (
        (Normal(mean=1.0, std=0.1), 1.0, 0.1, 3.0),
        (TruncatedNormal(mean=-1.0, std=0.1), -1.0, 0.1 * CUT_STD, CUT_KURTOSIS),
        (Uniform(low=0.0, high=1.0), 0.5, 1 / math.sqrt(12), 1.8),
        (PytorchDefault(), 0.0, 0.5 / math.sqrt(3), 1.8),  # U(±1 / sqrt(fan_in)), fan_in = 4
    ):
        biases = draw_biases(spec, 100_000, 4, generator)
        assert (biases.shape, biases.dtype) == ((100_000,), torch.float32)
        assert_standardised_moments(biases.numpy().astype(float), mean, std, kurtosis)


def test_every_bias_initialiser_draws_one_number_a_unit():
    for model in BIAS_INIT_KINDS.values():
        assert draw_biases(model(), 7, 3, torch.Generator().manual_seed(0)).shape == (7,)


@pytest.mark.parametrize(
    ("key", "init", "field"),
    [
        ("init", {"kind": "variance_scaling", "scale": 0.0}, "scale"),
        ("init", {"kind": "variance_scaling", "mode": "fan"}, "mode"),
        ("init", {"kind": "variance_scaling", "distribution": "cauchy"}, "distribution"),
        ("init", {"kind": "truncated_normal", "std": -1.0}, "std"),
        ("init", {"kind": "truncated_normal", "mean": math.inf}, "mean"),
        ("init", {"kind": "identity", "gain": 0.0}, "gain"),
        ("init", {"kind": "pytorch_default", "a": 1.0}, "a"),
        ("init", {"kind": "lsuv", "tolerance": 0.0}, "tolerance"),
        ("init", {"kind": "lsuv", "tolerance": 1.0}, "tolerance"),
        ("init", {"kind": "lsuv", "iterations": 0}, "iterations"),
        ("init", {"kind": "lsuv", "iterations": 101}, "iterations"),
        ("bias_init", "lsuv", "kind"),
        ("bias_init", "orthogonal", "kind"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_by_its_name(key, init, field):
    with pytest.raises(ExperimentError) as caught:
        Experiment.parse({"network": {"layers": [{"kind": "dense", "units": 4, key: init}]}})
    assert [one.field for one in caught.value.problems] == [f"network.layers.0.{key}.{field}"]
