"""The probe: what it says is right, and asking changes nothing."""

import numpy as np
import pytest
import torch

from core.data.samples import Samples
from core.engine.autograd import AutogradEngine
from core.experiment import Experiment
from core.experiment.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from core.measure.probe import MOST_SAMPLES, Probe


def engine_of(data, layers=(), loss="cross_entropy", **training):
    training = {"batch_size": 16, "device": "cpu", "loss": loss, **training}
    network = {"layers": list(layers) or [{"units": 8, "activation": "tanh"}]}
    return AutogradEngine(
        Experiment.parse({"data": data, "network": network, "training": training})
    )


def outputs_of(engine, x):
    x = torch.from_numpy(np.asarray(x, np.float32))
    with torch.no_grad():
        return engine.network.forward(x, training=False).h[-1].numpy()


def test_confusion_is_counted_by_hand():
    engine = engine_of({"kind": "digits"})
    engine.advance(60, 1000.0)
    samples = engine.samples
    found = Probe(samples).predict(engine.network)
    expected = np.zeros((10, 10), int)
    outputs = outputs_of(engine, samples.x_validation)
    for target, row in zip(samples.y_validation, outputs, strict=True):
        expected[target, row.argmax()] += 1
    np.testing.assert_array_equal(found.confusion, expected)
    assert np.trace(expected) / expected.sum() == pytest.approx(engine.evaluate()[1])
    assert found.undecided == 0
    assert found.map_class.size == found.curve.size == found.inputs.size == 0


@pytest.mark.parametrize(
    ("loss", "spec", "probability"),
    [
        ("cross_entropy", CrossEntropy(), lambda z: np.exp(z) / np.exp(z).sum()),
        ("binary_cross_entropy", BinaryCrossEntropy(), lambda z: 1 / (1 + np.exp(-z))),
        ("mse", MeanSquaredError(), lambda z: z),
    ],
)
def test_the_map_of_two_features_is_that_of_single_points(loss, spec, probability):
    engine = engine_of({"kind": "moons", "samples": 200}, loss=loss)
    engine.advance(30, 1000.0)
    found = Probe(engine.samples).predict(engine.network, spec)
    assert found.map_class.shape == found.map_value.shape == (64, 64)
    x = np.concatenate([engine.samples.x_train, engine.samples.x_validation])
    for axis, values in ((found.x, x[:, 0]), (found.y, x[:, 1])):
        margin = 0.1 * np.ptp(values)
        assert axis[0] == pytest.approx(values.min() - margin, rel=1e-5)
        assert axis[-1] == pytest.approx(values.max() + margin, rel=1e-5)
    for row, column in ((0, 0), (5, 60), (40, 3), (63, 63), (31, 32)):
        output = outputs_of(engine, [[found.x[column], found.y[row]]])[0].astype(float)
        assert found.map_class[row, column] == output.argmax()
        assert found.map_value[row, column] == pytest.approx(probability(output).max(), rel=1e-4)
    assert found.value == ("output" if loss == "mse" else "probability")
    assert found.inputs.shape == (len(found.targets), 2)
    assert set(np.unique(found.map_class)) == {0, 1}


def test_regression_on_one_feature_is_a_curve_with_pairs():
    engine = engine_of({"kind": "sine"}, loss="mse")
    engine.advance(30, 1000.0)
    found = Probe(engine.samples).predict(engine.network)
    assert found.curve.shape == (256, 1)
    np.testing.assert_allclose(found.curve, outputs_of(engine, found.x[:, None]), atol=1e-6)
    np.testing.assert_allclose(found.predicted, outputs_of(engine, found.inputs), atol=1e-6)
    assert found.targets.shape == found.predicted.shape
    assert found.confusion.size == found.map_value.size == 0
    error = ((found.targets - found.predicted).astype(float) ** 2).mean()
    assert error == pytest.approx(engine.evaluate()[0], rel=1e-4)


def test_regression_on_two_features_is_a_map_of_values():
    engine = engine_of({"kind": "plane"}, loss="mse")
    found = Probe(engine.samples).predict(engine.network)
    expected = outputs_of(engine, [[found.x[7], found.y[50]]])[0, 0]
    assert found.map_value[50, 7] == pytest.approx(expected, rel=1e-4)
    assert found.map_class.size == found.curve.size == 0


def made(n, features=3, validation=0, classes=2):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n + validation, features)).astype(np.float32)
    y = np.sort(rng.integers(0, classes, n + validation))
    names = tuple(map(str, range(classes)))
    return Samples(x[:n], y[:n], x[n:], y[n:], names, "", (features,))


def test_samples_are_fixed_bounded_and_of_every_class():
    samples = made(5000)
    one, other = Probe(samples), Probe(samples)
    assert torch.equal(one._x, other._x)
    assert len(one._x) == MOST_SAMPLES
    assert set(one._targets) == {0, 1}  # though sorted by class
    assert len(Probe(made(5000, validation=20))._x) == 20
    assert len(Probe(samples, multiply_adds=10**7)._x) == 64
    sides = [len(Probe(made(9, 2), multiply_adds=w)._axes[0]) for w in (0, 20_000, 10**9)]
    assert sides == [64, 48, 24]


def test_outputs_that_are_not_finite_decide_nothing():
    engine = engine_of({"kind": "moons", "samples": 100})
    engine.network.theta.fill_(torch.nan)
    found = Probe(engine.samples).predict(engine.network)
    assert found.confusion.sum() == 0
    assert found.undecided == len(found.targets)
    assert (found.predicted == -1).all()
    assert (found.map_class == -1).all()
    assert np.isnan(found.map_value).all()


def test_asking_changes_nothing():
    layers = [
        {"units": 8, "activation": "tanh", "batch_norm": "before_activation", "dropout": 0.3},
        {"units": 8, "activation": "prelu", "dropout": 0.2},
    ]
    runs = []
    for asked in (False, True):
        engine = engine_of({"kind": "moons", "samples": 100}, layers)
        probe = Probe(engine.samples)
        losses = []
        state = torch.get_rng_state()
        for _ in range(6):
            losses.append(engine.advance(3, 1000.0).scalars["loss"])
            if asked:
                buffers = [one.clone() for one in engine.network.buffers()]
                probe.predict(engine.network, engine.experiment.training.loss)
                for one, before in zip(engine.network.buffers(), buffers, strict=True):
                    assert torch.equal(one, before)
        assert torch.equal(state, torch.get_rng_state())
        runs.append(
            (np.concatenate(losses), engine.network.theta.clone(), engine.network.buffers())
        )
    (losses, theta, buffers), (losses_asked, theta_asked, buffers_asked) = runs
    np.testing.assert_array_equal(losses, losses_asked)
    assert torch.equal(theta, theta_asked)
    assert all(torch.equal(a, b) for a, b in zip(buffers, buffers_asked, strict=True))
