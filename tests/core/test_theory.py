"""Theory before the run: expectations, fixed points, and predictions against real networks."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from core.experiment.activations import (
    ACTIVATION_KINDS,
    Elu,
    Gelu,
    HardTanh,
    LeakyRelu,
    Linear,
    Relu,
    Rescaled,
    Selu,
    Sigmoid,
    Softplus,
    Tanh,
)
from core.experiment.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    Lsuv,
    Normal,
    Orthogonal,
    Zeros,
)
from core.experiment.layers import Conv, Dense, Flatten, MaxPool, Output
from core.experiment.network import NetworkSpec
from core.experiment.normalization import (
    BatchNormAfter,
    BatchNormBefore,
    InputLayerNorm,
    LayerNormAfter,
    LayerNormBefore,
)
from core.network.activations import curve
from core.network.build import Network
from core.theory.gaussian import expectation, moments
from core.theory.mean_field import chi, depth_scale, fixed_point, length_map
from core.theory.profile import predict

SPECS = [kind() for kind in ACTIVATION_KINDS.values()] + [
    LeakyRelu(alpha=0.3),
    Elu(alpha=3.0),
    Rescaled(alpha=0.05, inner=HardTanh()),
    Rescaled(alpha=7.0, inner=Gelu()),
]
each = pytest.mark.parametrize("spec", SPECS, ids=lambda one: f"{one.kind}-{one.__dict__}"[:40])
VARIANCES = [0.01, 0.3, 1.0, 5.0, 400.0]


def dense_grid(spec, variance, mean):
    """Integrate by brute force: midpoints between corners, so that none is on a corner."""
    alpha = spec.alpha if isinstance(spec, Rescaled) else 1.0
    corners = alpha * np.array([-3.0, -1.0, 0.0, 1.0, 3.0, 20.0])
    ends = np.clip((corners - mean) / math.sqrt(variance), -12, 12)
    total = np.zeros(3)
    for low, high in itertools.pairwise([-12.0, *ends, 12.0]):
        coarse, fine = (midpoints(spec, variance, mean, low, high, n) for n in (10_000, 30_000))
        total += (9 * fine - coarse) / 8  # Richardson: without the error of order step^2
    return total


def midpoints(spec, variance, mean, low, high, n):
    step = (high - low) / n
    t = low + step * (np.arange(n) + 0.5)
    density = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi) * step
    phi, slope = curve(spec, mean + math.sqrt(variance) * t)
    return np.array([phi @ density, phi**2 @ density, slope**2 @ density])


@each
def test_expectations_agree_with_a_dense_grid(spec):
    for variance, mean in [(0.3, 0.0), (5.0, 0.4), (150.0, -2.0)]:
        found = moments(spec, variance, mean)
        reference = dense_grid(spec, variance, mean)
        assert [found.mean, found.square, found.slope] == pytest.approx(
            reference, rel=1e-10, abs=1e-12
        )


@pytest.mark.parametrize("q", VARIANCES)
def test_closed_forms(q):
    exact = {"rel": 1e-12, "abs": 0.0}
    relu = moments(Relu(), q)
    assert relu.mean == pytest.approx(math.sqrt(q / (2 * math.pi)), **exact)
    assert relu.square == pytest.approx(q / 2, **exact)
    assert relu.slope == pytest.approx(1 / 2, **exact)
    leaky = moments(LeakyRelu(alpha=0.2), q)
    assert leaky.square == pytest.approx(q * (1 + 0.04) / 2, **exact)
    assert leaky.slope == pytest.approx((1 + 0.04) / 2, **exact)
    assert moments(Linear(), q).square == pytest.approx(q, **exact)
    # Williams 1998: the arcsine formula.
    erf = expectation(lambda z: np.array([math.erf(one) ** 2 for one in z]), q)
    assert erf == pytest.approx(2 / math.pi * math.asin(2 * q / (1 + 2 * q)), **exact)
    inside = math.erf(1 / math.sqrt(2 * q))
    assert moments(HardTanh(), q).slope == pytest.approx(inside, **exact)
    assert moments(Rescaled(alpha=3, inner=HardTanh()), 9 * q).slope == pytest.approx(
        inside, **exact
    )
    # E e^z over z < 0 is e^(q/2) Phi(-sqrt q).
    below = math.exp(2 * q) * math.erfc(2 * math.sqrt(q / 2)) / 2 if q < 100 else None
    if below is not None:
        assert moments(Elu(), q).slope == pytest.approx(0.5 + below, **exact)
    assert expectation(lambda z: (z - 2.0) ** 4, q, 2.0) == pytest.approx(3 * q * q, **exact)


def test_a_point_and_what_is_no_variance():
    assert moments(Sigmoid(), 0.0, 0.0).square == 0.25
    assert moments(Relu(), 0.0, 2.0).mean == 2.0
    for wrong in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="variance"):
            moments(Tanh(), wrong)


@each
def test_length_map_increases(spec):
    # What fixed_point relies on.
    squares = np.array([moments(spec, q).square for q in np.geomspace(1e-8, 1e8, 100)])
    assert (np.diff(squares) >= -1e-13 * squares[1:]).all()


def test_fixed_points_from_the_papers():
    # Poole et al. 2016: without biases tanh has its edge of chaos at sigma_w = 1.
    edge = fixed_point(Tanh(), 1.0, 0.0)
    assert (edge.outcome, edge.q, edge.chi) == ("vanished", 0.0, pytest.approx(1.0, abs=1e-12))
    below = fixed_point(Tanh(), 0.9, 0.0)
    assert (below.outcome, below.chi) == ("vanished", pytest.approx(0.9))
    chaos = fixed_point(Tanh(), 1.5**2, 0.0)
    assert chaos.outcome == "converged"
    assert chaos.chi is not None
    assert chaos.chi > 1
    # He et al. 2015: every q is kept.
    he = fixed_point(Relu(), 2.0, 0.0, start=3.7)
    assert (he.outcome, he.q, he.chi) == ("converged", 3.7, pytest.approx(1.0, abs=1e-12))
    assert fixed_point(Relu(), 2.001, 0.0).outcome == "diverged"
    falling = fixed_point(Relu(), 1.9, 0.0)
    assert (falling.outcome, falling.chi) == ("vanished", pytest.approx(0.95))
    assert fixed_point(Relu(), 1.0, 0.1).q == pytest.approx(0.2, abs=1e-11)
    # Klambauer et al. 2017: mean 0 and variance 1, and E phi'^2 = 1.0716.
    for start in (0.3, 1.0, 4.0):
        selu = fixed_point(Selu(), 1.0, 0.0, start=start)
        assert (selu.outcome, selu.q) == ("converged", pytest.approx(1.0, abs=1e-10))
        assert selu.chi == pytest.approx(1.0716, abs=1e-4)
    assert moments(Selu(), 1.0).mean == pytest.approx(0.0, abs=1e-10)
    # Just beyond the edge, q (1 - 2 q) sigma_w^2 = q; a small scale of phi makes all q small.
    small = fixed_point(Tanh(), 1.0001, 0.0)
    assert (small.outcome, small.q) == ("converged", pytest.approx(5e-5, rel=1e-3))
    smaller = fixed_point(Rescaled(alpha=0.01), 1.0001, 0.0)
    assert smaller.q == pytest.approx(small.q * 1e-4, rel=1e-6)
    # Softplus drifts off more slowly than rounding shows, but it drifts.
    assert fixed_point(Softplus(), 2.0, 0.0).outcome == "diverged"


@pytest.mark.parametrize("start", [0.01, 1.0, 50.0])
def test_fixed_point_is_where_the_map_leads(start):
    q = start
    for _ in range(400):
        q = length_map(Tanh(), 1.7, 0.05, q)
    found = fixed_point(Tanh(), 1.7, 0.05, start)
    assert found.q == pytest.approx(q, rel=1e-10)
    assert found.chi == pytest.approx(chi(Tanh(), 1.7, q), rel=1e-9)


def test_depth_scale():
    shrinks, grows = depth_scale(0.5), depth_scale(2.0)
    assert (shrinks.direction, shrinks.layers) == ("shrinks", pytest.approx(1 / math.log(2)))
    assert (grows.direction, grows.layers) == ("grows", pytest.approx(1 / math.log(2)))
    # Over what it carries, the norm falls by e^3.
    assert math.sqrt(0.5) ** shrinks.carried == pytest.approx(math.exp(-3))
    assert (depth_scale(1.0).direction, depth_scale(1.0).layers) == ("keeps", math.inf)
    assert depth_scale(0.0).carried == 0.0
    with pytest.raises(ValueError, match="chi"):
        depth_scale(-0.1)


WIDTH = 512


def network(*layers, **rest):
    return NetworkSpec(layers=layers, output=Output(init=LecunNormal()), **rest)


def deep(activation, init, **rest):
    return network(Dense(units=WIDTH, repeat=4, activation=activation, init=init, **rest))


def measured(spec, shape, seeds=3, batch=16):
    """Return mean squares of z, ratios of norms of delta, norms of h of real passes."""
    logs = []
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(batch, math.prod(shape), generator=generator)
        x /= x.square().mean(1, keepdim=True).sqrt()
        net = Network(
            spec,
            shape,
            10,
            generator=generator,
            dropout_generator=generator,
            device=torch.device("cpu"),
        )
        taps = net.forward(x, training=True)
        y = torch.randint(10, (batch,), generator=generator)
        deltas = torch.autograd.grad(cross_entropy(taps.h[-1], y), taps.z)
        squares = [z.detach().double().square().mean().log() for z in taps.z]
        norms = [delta.double().norm().log() for delta in deltas]
        passed = [h.detach().double().norm().log() for h in taps.h]
        logs.append(torch.stack([torch.stack(one) for one in (squares, norms, passed)]))
    q, norm, h = torch.stack(logs).mean(0)
    return q.exp().tolist(), (norm[:-1] - norm[1:]).exp().tolist(), h.exp().tolist()


CASES = {
    "tanh": (deep(Tanh(), GlorotUniform()), (WIDTH,)),
    "sigmoid": (deep(Sigmoid(), GlorotNormal()), (WIDTH,)),
    "relu": (deep(Relu(), HeNormal()), (WIDTH,)),
    "selu": (deep(Selu(), LecunNormal()), (WIDTH,)),
    "gelu": (deep(Gelu(), HeUniform()), (WIDTH,)),
    "orthogonal": (deep(Tanh(), Orthogonal()), (WIDTH,)),
    "far from the fixed point": (deep(Tanh(), Normal(std=0.2)), (WIDTH,)),
    "widths": (
        network(*(Dense(units=n, activation=Tanh(), init=HeNormal()) for n in (1024, 512, 800))),
        (600,),
    ),
    "biases": (deep(Tanh(), HeNormal(), bias_init=Normal(std=0.3)), (WIDTH,)),
    "shifted biases": (deep(Gelu(), HeNormal(), bias_init=Constant(value=-0.5)), (WIDTH,)),
    "residual": (deep(Sigmoid(), HeNormal(), residual=True), (WIDTH,)),
    "dropout": (deep(Tanh(), HeNormal(), dropout=0.4), (WIDTH,)),
    "dropout residual": (deep(Relu(), HeNormal(), dropout=0.4, residual=True), (WIDTH,)),
    "dropped weights": (deep(Tanh(), HeNormal(), drop_weights=0.4), (WIDTH,)),
    "layer norm before": (deep(Relu(), Normal(std=0.2), layer_norm=LayerNormBefore()), (WIDTH,)),
    "layer norm after": (
        deep(Sigmoid(), HeNormal(), layer_norm=LayerNormAfter(), residual=True),
        (WIDTH,),
    ),
    "convolution": (
        network(
            Conv(channels=96, repeat=2, activation=Tanh(), init=HeNormal()),
            Conv(channels=64, kernel=4, stride=2, activation=Relu(), init=HeNormal()),
            Flatten(),
            Dense(units=WIDTH, activation=Tanh(), init=HeNormal()),
        ),
        (16, 8, 8),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_prediction_holds_in_wide_networks(name):
    spec, shape = CASES[name]
    theory = predict(spec, shape, 10)
    squares, factors, passed = measured(spec, shape, batch=16)
    # The output has 10 units only: the mean square of its z scatters too much.
    for layer, square in zip(theory.layers[:-1], squares, strict=False):
        assert layer.q == pytest.approx(square, rel=0.1), layer.name
    for layer, factor in zip(theory.layers[:-1], factors, strict=True):
        assert layer.factor == pytest.approx(factor, rel=0.05), layer.name
    for layer, norm in zip(theory.layers[:-1], passed, strict=False):
        assert layer.log10_forward is not None
        assert math.sqrt(16) * 10**layer.log10_forward == pytest.approx(norm, rel=0.06), layer.name
    total = theory.layers[0].ratio
    assert total == pytest.approx(math.prod(factors), rel=0.1)
    assert all(layer.gap == "" for layer in theory.layers)


def test_profile_of_sigmoid_layers():
    theory = predict(deep(Sigmoid(), GlorotNormal()), (WIDTH,), 10)
    assert [layer.name for layer in theory.layers] == [
        "dense 1",
        "dense 2",
        "dense 3",
        "dense 4",
        "output",
    ]
    assert theory.layers[0].sup_factor == pytest.approx(0.25**4)
    assert theory.layers[-1].sup_factor == theory.layers[-1].ratio == 1.0
    assert theory.layers[0].weight_variance == pytest.approx(1.0)
    assert theory.layers[0].bias_variance == 0.0
    assert theory.factor == pytest.approx(0.2272, abs=5e-4)
    assert theory.sentence == (
        "The error signal shrinks by a factor of 0.23 a layer: it carries about 3 layers."
    )
    assert "keeps its size" in predict(deep(Relu(), HeNormal()), (9,), 2).sentence
    wild = predict(deep(Relu(), Normal(std=1.0)), (9,), 2).sentence
    assert wild == "The error signal grows by a factor of 16 a layer: 20 times in about 2 layers."
    silent = predict(deep(Relu(), Zeros()), (9,), 2)
    assert silent.sentence == "No error signal gets through the layers."
    assert silent.layers[0].ratio == 0.0
    assert "no hidden layer" in predict(network(), (9,), 2).sentence


def test_a_thousand_layers():
    spec = network(Dense(units=64, repeat=1000, activation=Sigmoid(), init=GlorotUniform()))
    theory = predict(spec, (64,), 10)
    first = theory.layers[0]
    assert (first.ratio, first.sup_factor) == (0.0, 0.0)
    assert first.log10_ratio is not None
    assert -650 < first.log10_ratio < -600
    assert first.log10_sup == pytest.approx(1000 * math.log10(0.25))
    spec = network(Dense(units=64, repeat=1000, activation=Relu(), init=Normal(std=1.0)))
    theory = predict(spec, (64,), 10)
    assert "more than float32 holds" in theory.layers[999].gap
    assert theory.layers[999].log10_forward is None
    assert theory.layers[0].q == pytest.approx(64)
    assert theory.layers[0].ratio is None


def test_what_goes_in():
    spec = deep(Tanh(), LecunNormal())
    assert predict(spec, (7,), 3, mean_square=0.3).layers[0].q == pytest.approx(0.3)
    normed = network(*spec.layers, input_norm=InputLayerNorm())
    assert predict(normed, (7,), 3, mean_square=0.3).layers[0].q == pytest.approx(1.0)
    dropped = deep(Tanh(), LecunNormal(), dropout=0.5)
    assert predict(dropped, (WIDTH,), 3, training=False) == predict(spec, (WIDTH,), 3)
    # A residual sum adds the means: E (x + phi)^2 has 2 E x E phi.
    around = network(
        Dense(units=7, activation=Sigmoid(), init=Zeros(), residual=True),
        Dense(units=7, init=LecunNormal()),
    )
    second = predict(around, (7,), 3, mean_square=2.0, mean=1.0).layers[1]
    assert second.q == pytest.approx(0.25 + 2.0 + 2 * 0.5 * 1.0)
    for square, mean in [(1.0, 2.0), (math.inf, 0.0), (math.nan, 0.0)]:
        with pytest.raises(ValueError, match="mean square"):
            predict(spec, (7,), 3, mean_square=square, mean=mean)


@pytest.mark.parametrize(
    ("init", "words"),
    [
        (Identity(), "identity"),
        (Lsuv(), "LSUV"),
        (Constant(value=0.1), "mean 0.1"),
        (Normal(mean=0.02, std=0.1), "mean 0.02"),
    ],
)
def test_weights_that_are_not_covered(init, words):
    plain = Dense(units=WIDTH, activation=Tanh(), init=LecunNormal())
    odd = Dense(units=WIDTH, activation=Tanh(), init=init)
    theory = predict(network(plain, plain, odd, plain), (WIDTH,), 10)
    q, chis = [one.q for one in theory.layers], [one.chi for one in theory.layers]
    assert [one is None for one in q] == [False, False, True, True, True]
    assert [one is None for one in chis] == [False, True, True, True, True]
    assert theory.layers[0].ratio is None  # the way down to it is broken
    assert words in theory.layers[1].gap
    assert words in theory.layers[2].gap
    assert words in theory.layers[4].gap
    assert theory.factor is None
    assert "does not reach layer 1" in theory.sentence


@pytest.mark.parametrize("norm", [BatchNormBefore(), BatchNormAfter()])
def test_batch_norm_is_not_covered_on_the_way_back(norm):
    theory = predict(deep(Relu(), HeNormal(), batch_norm=norm), (WIDTH,), 10)
    hidden = theory.layers[:-1]
    squares = [1.0] * 4 if norm.kind == "before_activation" else [2.0] * 4
    assert [one.q for one in hidden] == pytest.approx(squares)
    assert all("batch norm" in one.gap for one in hidden[:-1])
    assert "batch norm" in theory.sentence


def test_pooling_is_not_covered_until_a_normalisation():
    spec = network(
        Conv(channels=8, init=HeNormal()),
        MaxPool(),
        Dense(units=20, init=HeNormal()),
        Dense(units=20, init=HeNormal(), layer_norm=LayerNormBefore()),
        Dense(units=20, init=HeNormal()),
    )
    layers = predict(spec, (3, 8, 8), 10).layers
    assert [one.q is None for one in layers] == [False, True, False, False, False]
    assert [one.chi is None for one in layers] == [True, True, False, False, True]
    assert all("max pool" in one.gap for one in layers[:2])
    assert all("batch norm" not in one.gap for one in layers)
