"""Toy data: against scikit-learn and against their definitions, point by point."""

import numpy as np
import pytest
import sklearn.datasets

from core.data import toys
from core.data.samples import load_samples
from core.errors import DataError, ExperimentError
from core.experiment import Experiment
from core.experiment.data import (
    Blobs,
    Checkerboard,
    Circles,
    FormulaData,
    Moons,
    Plane,
    Sine,
    Spirals,
    Xor,
)

CLASSES = [Moons(), Circles(), Spirals(arms=3), Xor(), Blobs(centres=4), Checkerboard()]
REGRESSIONS = [Sine(), Plane(), FormulaData(), FormulaData(expression="x1*x2")]


def drawn(function, spec, seed=0):
    return function(spec, np.random.default_rng(seed))


@pytest.mark.parametrize("count", [10, 11, 1000])
def test_circles_without_noise_are_those_of_scikit_learn(count):
    x, y = drawn(toys.two_circles, Circles(samples=count, noise=0.0, factor=0.3))
    expected = sklearn.datasets.make_circles(count, noise=0.0, shuffle=False, factor=0.3)
    assert x == pytest.approx(expected[0], abs=1e-12)
    assert y.tolist() == expected[1].tolist()


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_a_spiral_without_noise_winds_as_often_as_it_says(arms):
    x, y = drawn(toys.spirals, Spirals(samples=1003, arms=arms, turns=1.5, noise=0.0))
    assert sorted(np.bincount(y), reverse=True) == np.bincount(y).tolist()
    assert np.ptp(np.bincount(y)) <= 1
    for arm in range(arms):
        own = x[y == arm]
        radius = np.hypot(*own.T)
        assert radius == pytest.approx(np.arange(1, len(own) + 1) / len(own))
        angle = np.unwrap(np.arctan2(own[:, 1], own[:, 0]))
        assert angle[-1] - angle[0] == pytest.approx(2 * np.pi * 1.5 * (1 - radius[0]))
        assert np.cos(angle[-1] - 2 * np.pi * (1.5 + arm / arms)) == pytest.approx(1)


def test_xor_labels_are_whether_the_signs_differ():
    x, y = drawn(toys.xor, Xor(noise=0.0))
    assert y.tolist() == [int(a * b < 0) for a, b in x]
    assert np.abs(x).max() <= 1


@pytest.mark.parametrize("cells", [2, 3, 7])
def test_checkerboard_labels_alternate_from_cell_to_cell(cells):
    x, y = drawn(toys.checkerboard, Checkerboard(noise=0.0, cells=cells))
    cell = [(int((a + 1) * cells / 2), int((b + 1) * cells / 2)) for a, b in x]
    assert y.tolist() == [(i + j) % 2 for i, j in cell]
    assert len(set(cell)) == cells**2


def test_blobs_lie_around_points_on_the_unit_circle():
    x, y = drawn(toys.blobs, Blobs(samples=40_000, centres=5, spread=0.3))
    for label in range(5):
        own = x[y == label]
        at = [np.cos(2 * np.pi * label / 5), np.sin(2 * np.pi * label / 5)]
        assert own.mean(axis=0) == pytest.approx(at, abs=0.02)
        assert own.std(axis=0) == pytest.approx([0.3, 0.3], rel=0.05)


@pytest.mark.parametrize("spec", [Circles, Spirals, Xor, Checkerboard])
def test_noise_of_points_has_the_standard_deviation_asked_for(spec):
    clean = load_samples(spec(samples=20_000, noise=0.0, standardize=False, validation=0), 0)
    noisy = load_samples(spec(samples=20_000, noise=0.2, standardize=False, validation=0), 0)
    difference = noisy.x_train.astype(float) - clean.x_train
    assert difference.std() == pytest.approx(0.2, rel=0.03)
    assert np.array_equal(noisy.y_train, clean.y_train)


@pytest.mark.parametrize(
    ("spec", "function"),
    [
        (Sine(noise=0.0, frequency=1.5), lambda x: np.sin(2 * np.pi * 1.5 * x[:, 0])),
        (Plane(noise=0.0), lambda x: (x[:, 0] + x[:, 1]) / 2),
        (FormulaData(noise=0.0), lambda x: np.sin(3 * x[:, 0]) + 0.5 * x[:, 0] ** 2),
    ],
)
def test_a_regression_without_noise_is_its_function(spec, function):
    raw = load_samples(spec.model_copy(update={"standardize": False, "validation": 0.25}), 0)
    assert (raw.task, raw.n_outputs, raw.n_classes, raw.class_names) == ("regression", 1, 0, ())
    assert raw.y_train.dtype == raw.y_validation.dtype == np.float32
    assert raw.y_train.shape == (750, 1)
    assert raw.y_validation.shape == (250, 1)
    expected = function(raw.x_train.astype(float))
    assert raw.y_train[:, 0] == pytest.approx(expected, abs=1e-5)


def test_noise_of_a_regression_is_on_the_target_only():
    clean = load_samples(Plane(samples=20_000, noise=0.0), 0)
    noisy = load_samples(Plane(samples=20_000, noise=0.2), 0)
    assert np.array_equal(clean.x_train, noisy.x_train)
    assert (noisy.y_train - clean.y_train).std() == pytest.approx(0.2, rel=0.03)


def test_a_formula_is_drawn_over_its_own_range():
    raw = load_samples(FormulaData(low=3, high=5, standardize=False, validation=0), 0)
    assert 3 <= raw.x_train.min() < 3.1 < 4.9 < raw.x_train.max() <= 5


@pytest.mark.parametrize("spec", CLASSES + REGRESSIONS, ids=lambda spec: spec.kind)
def test_every_toy_is_the_same_for_the_same_seed_and_survives_the_file(spec):
    again = Experiment.parse({"data": spec.model_dump()}).data
    one, same, other = load_samples(spec, 5), load_samples(again, 5), load_samples(spec, 6)
    for name in ("x_train", "y_train", "x_validation", "y_validation"):
        assert np.array_equal(getattr(one, name), getattr(same, name))
    assert not np.array_equal(one.x_train, other.x_train)
    assert one.text == same.text


@pytest.mark.parametrize("spec", CLASSES, ids=lambda spec: spec.kind)
def test_every_class_of_a_toy_has_a_name_and_samples(spec):
    found = load_samples(spec, 0)
    assert set(found.y_train.tolist()) == set(range(found.n_classes))
    assert found.n_outputs == found.n_classes


def test_more_clouds_than_points_are_refused():
    with pytest.raises(DataError, match="10 samples are too few for 12 clouds") as info:
        load_samples(Blobs(samples=10, centres=12), 0)
    assert info.value.field == "data.samples"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"kind": "spirals", "arms": 6}, "data.arms"),
        ({"kind": "spirals", "turns": 0}, "data.turns"),
        ({"kind": "circles", "factor": 1.0}, "data.factor"),
        ({"kind": "blobs", "centres": 1}, "data.centres"),
        ({"kind": "blobs", "spread": -1}, "data.spread"),
        ({"kind": "checkerboard", "cells": 1}, "data.cells"),
        ({"kind": "sine", "frequency": 0}, "data.frequency"),
        ({"kind": "xor", "samples": 9}, "data.samples"),
        ({"kind": "plane", "noise": -0.1}, "data.noise"),
        ({"kind": "formula", "expression": "sin("}, "data.expression"),
        ({"kind": "formula", "low": 2, "high": 2}, "data.high"),
        ({"kind": "digits", "pca": 1.5}, "data.pca"),
        ({"kind": "digits", "limit": -1}, "data.limit"),
        ({"kind": "digits", "label_noise": 2}, "data.label_noise"),
        ({"kind": "digits", "scale": "unit"}, "data.scale"),
        ({"kind": "csv", "task": "guess"}, "data.task"),
        ({"kind": "csv", "separator": ";"}, "data.separator"),
        ({"kind": "fashion_mnist", "files": "half"}, "data.files"),
    ],
)
def test_settings_out_of_range_are_refused_with_their_name(settings, field):
    with pytest.raises(ExperimentError) as info:
        Experiment.parse({"data": settings})
    assert [problem.field for problem in info.value.problems] == [field]
