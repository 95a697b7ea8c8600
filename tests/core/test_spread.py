"""What is said about an initialiser before it draws: spread, words, suggestion."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from core.devices import configure_threads
from core.experiment.activations import ACTIVATION_KINDS, Prelu, Relu, Rescaled, Selu, Tanh
from core.experiment.initializers import (
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
from core.experiment.spread import (
    CUT_STD,
    VARIANCE_RULES,
    Spread,
    describe,
    fans,
    rule_for,
    spread,
)
from core.experiment.suggestion import suggested_init
from core.network.initializers import draw_weights


def test_fans_count_the_receptive_field():
    assert fans((300, 784)) == (784, 300)
    assert fans((36, 3, 5, 3)) == (3 * 15, 36 * 15)
    dense = torch.empty(300, 784)
    kernel = torch.empty(36, 3, 5, 3)
    for tensor in (dense, kernel):
        expected = torch.nn.init._calculate_fan_in_and_fan_out(tensor)
        assert fans(tuple(tensor.shape)) == expected


@pytest.mark.parametrize(
    ("shape", "std", "limit"),
    [((784, 300), 0.0430, 0.0744), ((300, 100), 0.0707, 0.1225), ((100, 10), 0.1348, 0.2335)],
)
def test_claim_c7_glorot_on_the_lectures_network(shape, std, limit):
    assert spread(GlorotNormal(), *shape).std == pytest.approx(std, abs=5e-5)
    found = spread(GlorotUniform(), *shape)
    assert found.std == pytest.approx(std, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((-limit, limit), abs=5e-5)


def test_claim_c8_he_and_lecun_on_the_lectures_network():
    for kind, std in ((HeNormal, 0.0505), (HeUniform, 0.0505), (LecunNormal, 0.0357)):
        assert spread(kind(), 784, 300).std == pytest.approx(std, abs=5e-5)
    # sigma^2 = 1 / fan_avg, 2 / fan_in, 1 / fan_in and r = sqrt(3 sigma^2)
    for kind, variance in ((GlorotUniform, 1 / 542), (HeUniform, 2 / 784), (LecunUniform, 1 / 784)):
        found = spread(kind(), 784, 300)
        assert found.std == pytest.approx(math.sqrt(variance), rel=1e-12)
        assert found.high == -found.low == pytest.approx(math.sqrt(3 * variance), rel=1e-12)


def test_claim_c10_variance_scaling_and_what_pytorch_does_instead_of_glorot():
    keras = VarianceScaling(scale=2.0, mode="fan_avg", distribution="uniform")
    for shape in ((784, 300), (300, 100), (100, 10)):
        found = spread(keras, *shape)
        assert found.high == pytest.approx(math.sqrt(6 / (sum(shape) / 2)), rel=1e-12)
        assert spread(PytorchDefault(), *shape).high == pytest.approx(
            1 / math.sqrt(shape[0]), rel=1e-12
        )


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 400), ("fan_out", 100), ("fan_avg", 250)])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
def test_variance_scaling_divides_by_the_fan_that_it_names(mode, fan, distribution):
    found = spread(VarianceScaling(scale=3.0, mode=mode, distribution=distribution), 400, 100)
    std = math.sqrt(3.0 / fan)
    limit = {
        "normal": math.inf,
        "truncated_normal": 2 * std / 0.87962566103423978,  # the constant in Keras' source
        "uniform": math.sqrt(3) * std,
    }[distribution]
    assert found.std == pytest.approx(std, rel=1e-12)
    assert (found.mean, found.low, found.high) == pytest.approx((0.0, -limit, limit), rel=1e-12)


def test_the_cut_leaves_the_standard_deviation_that_integration_gives():
    z = np.linspace(-2, 2, 2_000_001)
    density = np.exp(-(z**2) / 2)
    assert pytest.approx(math.sqrt((z**2 * density).sum() / density.sum()), rel=1e-5) == CUT_STD
    assert pytest.approx(0.87962566103423978, rel=1e-14) == CUT_STD


def test_the_named_rules_are_members_of_the_family():
    for kind, scale, mode in (
        ("glorot", 1, "fan_avg"),
        ("he", 2, "fan_in"),
        ("lecun", 1, "fan_in"),
    ):
        for distribution in ("normal", "uniform"):
            own = VarianceScaling(scale=scale, mode=mode, distribution=distribution)
            named = INIT_KINDS[f"{kind}_{distribution}"]()
            assert spread(named, 30, 70) == spread(own, 30, 70)
    assert set(VARIANCE_RULES) | {"variance_scaling"} == {
        kind for kind, model in INIT_KINDS.items() if rule_for(model()) is not None
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (Normal(mean=0.5, std=2.0), Spread(0.5, 2.0, -math.inf, math.inf)),
        (Normal(mean=0.5, std=0.0), Spread(0.5, 0.0, 0.5, 0.5)),
        (TruncatedNormal(mean=1.0, std=0.5), Spread(1.0, 0.5 * CUT_STD, 0.0, 2.0)),
        (Uniform(low=-1.0, high=3.0), Spread(1.0, 4 / math.sqrt(12), -1.0, 3.0)),
        (Orthogonal(gain=2.0), Spread(0.0, 2 / math.sqrt(40), -2.0, 2.0)),
        (Constant(value=-0.25), Spread(-0.25, 0.0, -0.25, -0.25)),
        (Zeros(), Spread(0.0, 0.0, 0.0, 0.0)),
        (Lsuv(), Spread(0.0, None, -math.inf, math.inf)),
    ],
)
def test_spread_is_the_formula_of_the_distribution(spec, expected):
    found = spread(spec, 40, 10)
    assert (found.mean, found.low, found.high) == (expected.mean, expected.low, expected.high)
    assert found.std == (None if expected.std is None else pytest.approx(expected.std, rel=1e-12))


def test_an_identity_of_one_weight_is_the_gain():
    assert spread(Identity(gain=2.0), 1, 1) == Spread(2.0, 0.0, 2.0, 2.0)
    assert describe(Identity(gain=2.0), 1, 1) == "2 on the diagonal, else 0"


@pytest.mark.parametrize("kind", [kind for kind in INIT_KINDS.values() if kind is not Lsuv])
@pytest.mark.parametrize("shape", [(300, 200), (6, 500), (40, 16, 3, 5), (2, 3)])
def test_a_draw_has_the_spread_that_was_announced(kind, shape):
    configure_threads()
    receptive_field = math.prod(shape[2:])
    found = spread(kind(), *fans(shape), receptive_field)
    generator = torch.Generator().manual_seed(0)
    rounds = max(1, 60_000 // math.prod(shape))
    w = torch.stack([draw_weights(kind(), shape, generator) for _ in range(rounds)]).double()
    assert found.low - 1e-7 <= float(w.min()) <= float(w.max()) <= found.high + 1e-7
    exact = kind in (Identity, Constant, Zeros)
    assert float(w.mean()) == pytest.approx(found.mean, abs=1e-7 if exact else 0.02 * found.std)
    assert float(w.std(correction=0)) == pytest.approx(found.std, rel=1e-6 if exact else 0.01)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (HeUniform(), "σ = 0.0505 · uniform on ±0.0875"),
        (GlorotNormal(), "σ = 0.0430 · normal"),
        (VarianceScaling(), "σ = 0.0357 · normal, cut to ±0.0812"),
        (Uniform(low=-1, high=3), "mean 1 · σ = 1.15 · uniform on −1 … 3"),
        (Normal(mean=-1.5, std=2e-7), "mean −1.5 · σ = 2.00e−07 · normal"),
        (Normal(std=100.0), "σ = 100 · normal"),
        (Normal(mean=0.5, std=0.0), "every entry 0.5"),
        (TruncatedNormal(mean=1.0, std=0.5), "mean 1 · σ = 0.440 · normal, cut to 0 … 2"),
        (Orthogonal(gain=2.0), "σ = 0.0714 · every singular value 2"),
        (Identity(gain=0.5), "0.5 on the diagonal, else 0"),
        (Lsuv(tolerance=0.05), "output variance 1 ± 0.05 on a batch · from orthogonal"),
        (Constant(value=-0.25), "every entry −0.25"),
        (Zeros(), "every entry 0"),
    ],
)
def test_the_spread_in_words(spec, words):
    assert describe(spec, 784, 300) == words


def test_every_initialiser_has_words_for_layers_of_any_size():
    for model in INIT_KINDS.values():
        for shape in ((1, 1), (784, 10), (9, 144)):
            assert describe(model(), *shape)


def test_a_form_may_show_it_before_torch_is_loaded(child_environment):
    code = (
        "import sys; from core.experiment import spread, suggestion, initializers as i\n"
        "print(spread.describe(i.Lsuv(), 9, 9), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", "-c", code],
        env=child_environment,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("False")


def test_claim_c8_every_activation_has_a_suggestion_with_its_paper():
    family = {"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "linear", "rescaled"}
    for kind, model in ACTIVATION_KINDS.items():
        suggested, reason = suggested_init(model())
        assert suggested in INIT_KINDS
        expected = "Glorot" if kind in family else "Klambauer" if kind == "selu" else "He, Zhang"
        assert expected in reason
        start = {"Glorot": "glorot", "Klambauer": "lecun", "He, Zhang": "he"}[expected]
        assert suggested.startswith(f"{start}_")


def test_a_rescaled_function_is_drawn_for_as_the_one_within():
    for inner in (Relu(), Selu(), Tanh()):
        assert suggested_init(Rescaled(inner=inner)) == suggested_init(inner)
    assert suggested_init(Prelu())[0] == "he_normal"
