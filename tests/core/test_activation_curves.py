"""Learned and rescaled activations, and the curves and limits that an explorer shows."""

import math

import numpy as np
import pytest
import torch

from core.errors import ExperimentError
from core.experiment.activations import (
    ACTIVATION_KINDS,
    INNER_ACTIVATION_KINDS,
    Elu,
    Gelu,
    HardSigmoid,
    HardTanh,
    LeakyRelu,
    Linear,
    Prelu,
    Relu,
    Rescaled,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)
from core.experiment.model import Experiment
from core.network.activations import activation_for, curve, saturation_limits

FINE = np.linspace(-40, 40, 800_001)


def learned(value, dtype=torch.float64):
    return torch.tensor(value, dtype=dtype, requires_grad=True)


def parsed(activation):
    layer = {"kind": "dense", "units": 4, "activation": activation}
    experiment = Experiment.parse({"network": {"layers": [layer]}})
    return experiment.network.layers[0].activation


def test_prelu_sends_its_slope_the_sum_of_z_on_the_negative_side():
    # He et al. 2015, eq. 8: d phi / d alpha is z for z < 0, else 0.
    z = torch.randn(500, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    upstream = torch.randn(500, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    alpha = learned(0.25)
    (activation_for(Prelu(), alpha).phi(z) * upstream).sum().backward()
    expected = (upstream.numpy() * np.minimum(z.numpy(), 0)).sum()
    assert alpha.grad is not None
    assert float(alpha.grad) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("value", [0.25, 0.0, -0.5, 1.75])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_prelu_follows_its_learned_slope_wherever_it_goes(value, dtype):
    alpha = learned(0.25, dtype)
    activation = activation_for(Prelu(alpha=0.25), alpha)
    with torch.no_grad():
        alpha.fill_(value)
    z = torch.linspace(-5, 5, 101, dtype=dtype).requires_grad_()
    h = activation.phi(z)
    (slope,) = torch.autograd.grad(h.sum(), z)
    found = activation.derivative(z.detach(), h.detach())
    assert found.dtype == dtype
    assert not found.requires_grad
    assert torch.equal(found, slope)
    assert activation.sup == max(1.0, abs(value)) == float(found.abs().max())


def test_prelu_without_a_learned_slope_has_the_one_it_starts_from():
    z = torch.tensor([-2.0, 3.0])
    assert activation_for(Prelu(alpha=0.5)).phi(z).tolist() == [-1.0, 3.0]
    assert activation_for(Prelu()).phi(z).tolist() == [-0.5, 3.0]


def test_only_prelu_takes_a_learned_slope():
    for spec in (LeakyRelu(alpha=0.1), Elu(), Tanh()):
        function = activation_for(spec, learned(0.9, torch.float32))
        z = torch.tensor([-2.0])
        assert torch.equal(function.phi(z), activation_for(spec).phi(z))
        assert function.sup == activation_for(spec).sup


@pytest.mark.parametrize("alpha", [1.2, 2.0, 5.0])
def test_claim_b14_rescaled_tanh_keeps_its_slope_at_zero_and_saturates_later(alpha):
    z = np.linspace(-8, 8, 1601)
    phi, slope = curve(Rescaled(alpha=alpha, inner=Tanh()), z)
    assert phi == pytest.approx(alpha * np.tanh(z / alpha), rel=1e-12, abs=1e-15)
    assert slope == pytest.approx(1 - np.tanh(z / alpha) ** 2, abs=1e-12)
    assert slope[800] == 1.0
    low, high = saturation_limits(Tanh())[1]
    assert saturation_limits(Rescaled(alpha=alpha, inner=Tanh()))[1] == (low * alpha, high)


def test_rescaled_stands_around_every_function_that_learns_nothing():
    assert set(INNER_ACTIVATION_KINDS) == set(ACTIVATION_KINDS) - {"rescaled", "prelu"}
    z = torch.linspace(-9, 9, 181, dtype=torch.float64)
    for kind, model in INNER_ACTIVATION_KINDS.items():
        outer = parsed({"kind": "rescaled", "alpha": 4.0, "inner": kind})
        assert outer == Rescaled(alpha=4.0, inner=model())
        assert torch.equal(activation_for(outer).phi(z), 4 * activation_for(model()).phi(z / 4))
        assert activation_for(outer).sup == activation_for(model()).sup


@pytest.mark.parametrize(
    ("activation", "field"),
    [
        ({"kind": "rescaled", "alpha": 0.0}, "alpha"),
        ({"kind": "rescaled", "alpha": -1.0}, "alpha"),
        ({"kind": "rescaled", "alpha": 1e300}, "alpha"),
        ({"kind": "rescaled", "alpha": math.nan}, "alpha"),
        ({"kind": "rescaled", "inner": "prelu"}, "inner.kind"),
        ({"kind": "rescaled", "inner": {"kind": "rescaled"}}, "inner.kind"),
        ({"kind": "rescaled", "inner": {"kind": "elu", "alpha": -1.0}}, "inner.alpha"),
        ({"kind": "prelu", "alpha": 1.5}, "alpha"),
        ({"kind": "prelu", "alpha": "steep"}, "alpha"),
        ({"kind": "gelu", "alpha": 1.0}, "alpha"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_by_its_name(activation, field):
    with pytest.raises(ExperimentError) as caught:
        parsed(activation)
    assert [one.field for one in caught.value.problems] == [f"network.layers.0.activation.{field}"]


def test_a_curve_is_in_double_precision_and_leaves_its_argument_alone():
    z = np.linspace(-3, 3, 7)
    before = z.copy()
    phi, slope = curve(Sigmoid(), z)
    assert (phi.dtype, slope.dtype) == (np.float64, np.float64)
    assert phi == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-15)
    assert slope[-1] == pytest.approx(0.0452, abs=5e-5)  # claim A11
    curve(Linear(), z)[0][:] = 0.0
    assert np.array_equal(z, before)


SHARE = 0.05
TANH_END = math.atanh(math.sqrt(1 - SHARE))
SIGMOID_END = 2 * TANH_END  # sigmoid'(z) = tanh'(z / 2) / 4


@pytest.mark.parametrize(
    ("spec", "limits"),
    [
        (Linear(), []),
        (Relu(), [(-math.inf, 0.0)]),
        (LeakyRelu(alpha=0.01), [(-math.inf, 0.0)]),
        (LeakyRelu(alpha=0.2), []),
        (Prelu(), []),
        (Tanh(), [(-math.inf, -TANH_END), (TANH_END, math.inf)]),
        (Sigmoid(), [(-math.inf, -SIGMOID_END), (SIGMOID_END, math.inf)]),
        (HardTanh(), [(-math.inf, -1.0), (1.0, math.inf)]),
        (HardSigmoid(), [(-math.inf, -3.0), (3.0, math.inf)]),
        (Softplus(), [(-math.inf, math.log(SHARE / (1 - SHARE)))]),
        (Softsign(), [(-math.inf, 1 - SHARE**-0.5), (SHARE**-0.5 - 1, math.inf)]),
        (Elu(), [(-math.inf, math.log(SHARE))]),
        (Elu(alpha=0.02), [(-math.inf, 0.0)]),
        (Selu(), [(-math.inf, math.log(SHARE))]),
        (Rescaled(alpha=10.0, inner=HardTanh()), [(-math.inf, -10.0), (10.0, math.inf)]),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_saturation_begins_where_the_formula_says(spec, limits):
    found = saturation_limits(spec)
    assert len(found) == len(limits)
    for one, other in zip(found, limits, strict=True):
        assert one == pytest.approx(other, abs=1e-8)


@pytest.mark.parametrize("spec", [*(kind() for kind in ACTIVATION_KINDS.values()), Silu(), Gelu()])
def test_saturated_is_what_lies_within_the_limits_and_nothing_else(spec):
    within = np.zeros(len(FINE), dtype=bool)
    edge = np.zeros(len(FINE), dtype=bool)
    for low, high in saturation_limits(spec):
        within |= (low < FINE) & (high > FINE)
        edge |= (np.abs(FINE - low) < 1e-6) | (np.abs(FINE - high) < 1e-6)
    small = np.abs(curve(spec, FINE)[1]) < SHARE * activation_for(spec).sup
    assert np.array_equal(small[~edge], within[~edge])


def test_gelu_and_silu_are_also_saturated_around_their_dip():
    for spec in (Gelu(), Silu()):
        tail, dip = saturation_limits(spec)
        assert tail[1] < dip[0] < dip[1] < 0
        z = np.linspace(-4, 0, 4001)
        lowest = z[np.argmin(curve(spec, z)[0])]
        assert dip[0] < lowest < dip[1]
