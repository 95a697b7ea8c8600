"""Losses and their gradients against NumPy in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.engine.losses import check, loss_of, targets_for
from core.errors import LabError
from core.experiment import Experiment, differences
from core.experiment.fields import Scope
from core.experiment.losses import (
    LOSS_KINDS,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)


def reference(spec, z, y):
    """Return loss and gradient by the definitions, for targets as floats (samples, outputs)."""
    n, m = z.shape
    error = z - y
    if spec.kind == "cross_entropy":
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return -np.log(p[y == 1]).mean(), (p - y) / n
    if spec.kind == "mse":
        return (error**2).sum() / (n * m), 2 * error / (n * m)
    if spec.kind == "mae":
        return np.abs(error).sum() / (n * m), np.sign(error) / (n * m)
    if spec.kind == "huber":
        inside = np.abs(error) <= spec.delta
        values = np.where(inside, error**2 / 2, spec.delta * (np.abs(error) - spec.delta / 2))
        slopes = np.where(inside, error, spec.delta * np.sign(error))
        return values.sum() / (n * m), slopes / (n * m)
    p = 1 / (1 + np.exp(-z))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / (n * m), (p - y) / (n * m)


SPECS = [
    CrossEntropy(),
    MeanSquaredError(),
    MeanAbsoluteError(),
    Huber(),
    Huber(delta=0.2),
    BinaryCrossEntropy(),
]
by_kind = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)


def compare(spec, z, targets, y):
    outputs = torch.tensor(z, requires_grad=True)
    loss = loss_of(spec, outputs, targets)
    assert loss.shape == ()
    loss.backward()
    value, gradient = reference(spec, z, y)
    assert loss.item() == pytest.approx(value, rel=1e-9)
    assert outputs.grad.numpy() == pytest.approx(gradient, rel=1e-9, abs=1e-14)


def test_every_kind_is_tested():
    assert {spec.kind for spec in SPECS} == set(LOSS_KINDS)


@by_kind
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 5))
def test_loss_and_gradient_of_classes(spec, seed, n, m):
    rng = np.random.default_rng(seed)
    z, labels = 3 * rng.normal(size=(n, m)), rng.integers(0, m, n)
    targets = targets_for(spec, torch.tensor(labels), m)
    if spec.kind != "cross_entropy":
        assert targets.dtype == torch.float32
        targets = targets.double()
    compare(spec, z, targets, np.eye(m)[labels])


@pytest.mark.parametrize("spec", SPECS[1:5], ids=lambda spec: spec.kind)
@pytest.mark.parametrize("m", [1, 3])
def test_loss_and_gradient_of_numbers(spec, m):
    rng = np.random.default_rng(7)
    z, y = rng.normal(size=(6, m)), rng.normal(size=(6, m))
    z[0] = y[0]  # no error at all
    given_y = torch.tensor(y[:, 0] if m == 1 else y)
    compare(spec, z, targets_for(spec, given_y, m), y)


def test_squared_error_is_what_keras_calls_mse():
    outputs, targets = (
        torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
        torch.tensor([[0.0, 0.0], [0.0, 2.0]]),
    )
    assert loss_of(MeanSquaredError(), outputs, targets).item() == (1 + 4 + 9 + 4) / 4


@pytest.mark.parametrize("spec", [CrossEntropy(), BinaryCrossEntropy()])
def test_large_logits_give_finite_losses(spec):
    outputs = torch.tensor([[1e4, -1e4]])
    targets = targets_for(spec, torch.tensor([1]), 2)
    assert loss_of(spec, outputs, targets).item() == pytest.approx(
        2e4 if spec.kind == "cross_entropy" else 1e4
    )


def test_class_indices_stay_for_cross_entropy():
    y = torch.tensor([2, 0, 1])
    assert targets_for(CrossEntropy(), y, 3) is y
    expected = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert targets_for(BinaryCrossEntropy(), y, 3).tolist() == expected


@by_kind
def test_only_a_loss_that_fits_the_targets_is_let_through(spec):
    check(spec, "classes")
    if spec.kind not in ("cross_entropy", "binary_cross_entropy"):
        check(spec, "regression")
        return
    with pytest.raises(LabError, match=spec.kind.replace("_", " ")) as info:
        check(spec, "regression")
    assert info.value.field == "training.loss"
    assert "mse" in info.value.hint


def test_a_name_alone_is_a_loss_and_another_one_asks_to_restart():
    plain = Experiment()
    assert Experiment.parse({"training": {"loss": "cross_entropy"}}) == plain
    huber = Experiment.parse({"training": {"loss": "huber"}})
    other = Experiment.parse({"training": {"loss": {"kind": "huber", "delta": 2}}})
    assert [(one.path, one.scope) for one in differences(plain, huber)] == [
        ("training.loss", Scope.RESTART)
    ]
    assert [(one.path, one.scope) for one in differences(huber, other)] == [
        ("training.loss.delta", Scope.LIVE)
    ]
