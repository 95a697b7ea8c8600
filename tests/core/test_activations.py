"""Activations: formula, derivative and supremum, each against something written apart."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.experiment.activations import (
    ACTIVATION_KINDS,
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
from core.network.activations import TITLES, activation_for

# From the paper, to more digits than float64 has.
ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def elu(z, alpha):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def gelu(z):
    return z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2


CASES = [
    (Sigmoid(), lambda z: 1 / (1 + np.exp(-z))),
    (Tanh(), lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))),
    (Relu(), lambda z: np.maximum(z, 0)),
    (LeakyRelu(alpha=0.2), lambda z: np.where(z > 0, z, 0.2 * z)),
    (LeakyRelu(alpha=0.0), lambda z: np.maximum(z, 0)),
    (Elu(alpha=1.0), lambda z: elu(z, 1.0)),
    (Elu(alpha=0.5), lambda z: elu(z, 0.5)),
    (Elu(alpha=3.0), lambda z: elu(z, 3.0)),
    (Selu(), lambda z: SCALE * elu(z, ALPHA)),
    (Prelu(), lambda z: np.where(z > 0, z, 0.25 * z)),
    (Gelu(), gelu),
    (Silu(), lambda z: z / (1 + np.exp(-z))),
    (Softplus(), lambda z: np.log1p(np.exp(z))),
    (Softsign(), lambda z: z / (1 + np.abs(z))),
    (HardTanh(), lambda z: np.clip(z, -1, 1)),
    (HardSigmoid(), lambda z: np.clip(z / 6 + 0.5, 0, 1)),
    (Rescaled(), lambda z: 2 * np.tanh(z / 2)),
    (Rescaled(alpha=0.5, inner=Sigmoid()), lambda z: 0.5 / (1 + np.exp(-2 * z))),
    (Rescaled(alpha=3.0, inner=Elu(alpha=2.0)), lambda z: 3 * elu(z / 3, 2.0)),
    (Rescaled(alpha=5.0, inner=Gelu()), lambda z: 5 * gelu(z / 5)),
    (Linear(), lambda z: z),
]


def name(spec):
    inner = f"-{name(spec.inner)}" if isinstance(spec, Rescaled) else ""
    return f"{spec.kind}-{getattr(spec, 'alpha', '')}{inner}"


each = pytest.mark.parametrize(("spec", "formula"), CASES, ids=[name(spec) for spec, _ in CASES])
# Dense, and symmetric around 0 without 0 itself, where some derivatives jump.
GRID = np.linspace(-10, 10, 4002)


def slopes(spec, z):
    """Return phi'(z) as the core computes it."""
    activation = activation_for(spec)
    return activation.derivative(z, activation.phi(z))


def autograd_slopes(spec, z):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(activation_for(spec).phi(z).sum(), z)[0]


def test_every_kind_is_tested_and_has_a_title():
    assert {spec.kind for spec, _ in CASES} == set(ACTIVATION_KINDS) == set(TITLES)


@each
def test_phi_is_its_formula(spec, formula):
    found = activation_for(spec).phi(torch.from_numpy(GRID)).numpy()
    assert found == pytest.approx(formula(GRID), rel=1e-12, abs=1e-13)


@each
def test_derivative_agrees_with_finite_differences(spec, formula):
    h = 1e-6
    expected = (formula(GRID + h) - formula(GRID - h)) / (2 * h)
    assert slopes(spec, torch.from_numpy(GRID)).numpy() == pytest.approx(expected, abs=1e-8)


@each
def test_derivative_is_what_backpropagation_uses(spec, formula):
    tiny = torch.logspace(-320, 1, 322, dtype=torch.float64)
    grid = torch.linspace(-30, 30, 6000, dtype=torch.float64)
    z = torch.cat([grid, tiny, -tiny, torch.zeros(1, dtype=torch.float64)])
    # torch's backward of hard sigmoid has 1/6 in float32, whatever the precision of z.
    loose = 3e-8 if spec.kind == "hard_sigmoid" else 0.0
    expected = pytest.approx(autograd_slopes(spec, z).numpy(), abs=1e-14, rel=loose)
    assert slopes(spec, z).numpy() == expected
    assert torch.equal(slopes(HardSigmoid(), z.float()), autograd_slopes(HardSigmoid(), z.float()))


@each
def test_derivative_is_zero_in_float32_exactly_where_backpropagation_stops(spec, formula):
    # A unit counts as dead where phi' is 0: it must not be called dead while a gradient flows.
    near = torch.linspace(-120, 120, 4801)
    edges = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])
    up, down = (torch.nextafter(edges, torch.tensor(side)) for side in (math.inf, -math.inf))
    z = torch.cat([near, near * 1e3, near * 1e6, edges, up, down])
    assert ((slopes(spec, z) == 0) == (autograd_slopes(spec, z) == 0)).all()


@each
def test_a_derivative_from_the_output_is_that_from_z_to_the_last_bit(spec, formula):
    activation = activation_for(spec)
    edges = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])
    near = torch.nextafter(edges, torch.tensor(0.0))
    z = torch.cat([torch.linspace(-30, 30, 60_001), edges, near])
    h = activation.phi(z)
    same = torch.equal(activation.derivative(h, h), activation.derivative(z, h))
    assert same or not activation.from_output


@each
def test_signed_says_whether_a_derivative_may_be_negative(spec, formula):
    negative = bool((slopes(spec, torch.from_numpy(GRID)) < 0).any())
    # What PReLU learns may fall below 0, wherever it starts.
    assert activation_for(spec).signed == (negative or spec.kind == "prelu")


@each
def test_derivative_keeps_the_precision_of_its_input(spec, formula):
    for dtype in (torch.float32, torch.float64):
        assert slopes(spec, torch.tensor([-2.0, 0.5], dtype=dtype)).dtype == dtype


@each
def test_sup_is_the_largest_derivative_and_is_reached(spec, formula):
    found = slopes(spec, torch.linspace(-30, 30, 600_001, dtype=torch.float64)).abs().max()
    assert float(found) == pytest.approx(activation_for(spec).sup, rel=1e-8)
    assert float(found) <= activation_for(spec).sup * (1 + 1e-12)


def test_claim_a10_sigmoids_derivative_peaks_at_a_quarter_at_zero():
    assert activation_for(Sigmoid()).sup == 0.25
    assert float(slopes(Sigmoid(), torch.zeros(1))) == 0.25
    far = slopes(Sigmoid(), torch.tensor([3.0, 5.0], dtype=torch.float64))
    assert far.tolist() == pytest.approx([0.0452, 0.0066], abs=5e-5)


@pytest.mark.parametrize(("alpha", "jump"), [(1.0, 0.0), (0.5, 0.5), (2.0, -1.0)])
def test_claim_c14_elu_is_smooth_at_zero_for_alpha_one_only(alpha, jump):
    z = torch.tensor([1e-12, -1e-12], dtype=torch.float64)
    above, below = slopes(Elu(alpha=alpha), z).tolist()
    assert above - below == pytest.approx(jump, abs=1e-9)


def test_selu_keeps_mean_zero_and_variance_one():
    z = torch.randn(1_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    h = activation_for(Selu()).phi(z)
    assert float(h.mean()) == pytest.approx(0.0, abs=0.01)
    assert float(h.var()) == pytest.approx(1.0, abs=0.02)


@given(st.floats(-30, 30), st.floats(0, 1), st.floats(0.01, 10))
def test_alpha_is_what_the_specification_says(z, leak, alpha):
    at = torch.tensor([z], dtype=torch.float64)
    assert float(activation_for(LeakyRelu(alpha=leak)).phi(at)) == pytest.approx(
        z if z > 0 else leak * z
    )
    assert float(activation_for(Elu(alpha=alpha)).phi(at)) == pytest.approx(
        z if z > 0 else alpha * np.expm1(z)
    )
