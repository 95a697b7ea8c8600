"""Data: against scikit-learn, and what preparation does to it."""

import numpy as np
import pytest
import sklearn.datasets

from core.data.samples import TITLES, load_samples
from core.data.toys import two_moons
from core.experiment.data import DATA_KINDS, Digits, FashionMnist, Moons
from resources import path as resource_path


@pytest.mark.parametrize("count", [10, 11, 1000])
def test_moons_without_noise_are_those_of_scikit_learn(count):
    x, y = two_moons(Moons(samples=count, noise=0.0), np.random.default_rng(0))
    expected_x, expected_y = sklearn.datasets.make_moons(count, noise=0.0, shuffle=False)
    assert x == pytest.approx(expected_x, abs=1e-12)
    assert y.tolist() == expected_y.tolist()


def test_noise_of_moons_has_the_standard_deviation_asked_for():
    clean, _ = two_moons(Moons(samples=20_000, noise=0.0), np.random.default_rng(0))
    noisy, _ = two_moons(Moons(samples=20_000, noise=0.3), np.random.default_rng(0))
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.02)
    assert (noisy - clean).mean() == pytest.approx(0.0, abs=0.01)


def test_digits_are_images_of_scikit_learns_each_with_its_own_label():
    found = load_samples(Digits(standardize=False, validation=0.0), seed=0)
    known = sklearn.datasets.load_digits()
    expected = {
        (image.tobytes(), int(label)) for image, label in zip(known.data, known.target, strict=True)
    }
    rows = {
        (image.astype(float).tobytes(), int(label))
        for image, label in zip(found.x_train, found.y_train, strict=True)
    }
    assert len(rows) == len(found.x_train) == 1438  # the number that the description gives
    assert rows <= expected


def test_standardising_uses_training_samples_only():
    raw = load_samples(Digits(standardize=False), seed=3)
    found = load_samples(Digits(), seed=3)
    x = raw.x_train.astype(float)
    spread = x.std(axis=0)
    spread[spread == 0] = 1
    assert found.x_train == pytest.approx((x - x.mean(axis=0)) / spread, abs=1e-5)
    expected = (raw.x_validation.astype(float) - x.mean(axis=0)) / spread
    assert found.x_validation == pytest.approx(expected, abs=1e-4)


def test_a_constant_feature_becomes_zero_not_nan():
    found = load_samples(Digits(), seed=0)
    assert np.isfinite(found.x_train).all()
    assert np.isfinite(found.x_validation).all()
    assert (found.x_train[:, 0] == 0).all()  # the upper left pixel is always white


@pytest.mark.parametrize("spec", [Digits(), FashionMnist(), Moons()])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
def test_the_split_keeps_the_share_of_every_class(spec, share):
    found = load_samples(spec.model_copy(update={"validation": share}), seed=0)
    kept = np.bincount(found.y_validation, minlength=found.n_classes)
    total = kept + np.bincount(found.y_train, minlength=found.n_classes)
    assert np.abs(kept - share * total).max() <= 0.5


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_no_sample_is_lost_or_used_twice_by_the_split(share):
    def as_rows(*parts):
        return sorted(map(bytes, np.concatenate(parts)))

    whole = load_samples(Digits(validation=0.0, standardize=False), seed=0)
    found = load_samples(Digits(validation=share, standardize=False), seed=0)
    assert as_rows(found.x_train, found.x_validation) == as_rows(whole.x_train)


def test_every_class_keeps_a_training_sample_however_few_there_are():
    found = load_samples(Moons(samples=10, validation=0.9), seed=0)
    assert set(found.y_train.tolist()) == {0, 1}


@pytest.mark.parametrize("spec", [Digits(), Moons()])
def test_same_seed_same_samples_and_another_seed_another_split(spec):
    one, same, other = (load_samples(spec, seed) for seed in (5, 5, 6))
    for name in ("x_train", "y_train", "x_validation", "y_validation"):
        assert np.array_equal(getattr(one, name), getattr(same, name))
    assert not np.array_equal(one.x_train, other.x_train)


def test_fashion_mnist_has_ten_equally_large_classes_of_28_by_28_pixels():
    found = load_samples(FashionMnist(validation=0.0), seed=0)
    assert found.n_features == 784
    assert np.bincount(found.y_train).tolist() == [800] * 10


def test_the_text_counts_what_there_is():
    found = load_samples(Digits(), seed=0)
    assert f"{len(found.x_train):,} samples" in found.text
    assert f"{len(found.x_validation):,} kept for validation" in found.text
    assert "standardised" in found.text


# What options that are off leave alone ---------------------------------------------------


def plainly(x, y, spec, rng):
    """Split and standardise in the fewest lines: the reference for everything that is off."""
    chosen = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = min(round(spec.validation * len(members)), len(members) - 1)
        chosen[rng.permutation(members)[:count]] = True
    train, validation = x[~chosen], x[chosen]
    if spec.standardize:
        mean, std = train.mean(axis=0), train.std(axis=0)
        std[std == 0.0] = 1.0
        train, validation = (train - mean) / std, (validation - mean) / std
    return train.astype(np.float32), y[~chosen], validation.astype(np.float32), y[chosen]


@pytest.mark.parametrize("settings", [{}, {"standardize": False}, {"validation": 0.5}])
@pytest.mark.parametrize(
    ("kind", "file"), [(Digits, "digits8x8.npz"), (FashionMnist, "fashion_mnist10k.npz")]
)
def test_options_that_are_off_change_no_bit_of_the_bundled_images(kind, file, settings):
    with np.load(resource_path("data", file)) as archive:
        x = archive["x_train"].reshape(len(archive["x_train"]), -1).astype(float)
        y = archive["y_train"].astype(np.int64)
    found = load_samples(kind(**settings), seed=7)
    expected = plainly(x, y, kind(**settings), np.random.default_rng([7, 1]))
    parts = (found.x_train, found.y_train, found.x_validation, found.y_validation)
    assert all(np.array_equal(*pair) for pair in zip(parts, expected, strict=True))
    assert [part.dtype for part in parts] == [np.float32, np.int64] * 2


def test_options_that_are_off_change_no_bit_of_drawn_points():
    rng = np.random.default_rng([7, 1])
    expected = plainly(*two_moons(Moons(), rng), Moons(), rng)
    found = load_samples(Moons(), seed=7)
    parts = (found.x_train, found.y_train, found.x_validation, found.y_validation)
    assert all(np.array_equal(*pair) for pair in zip(parts, expected, strict=True))


def test_images_say_their_shape_and_points_their_number_of_features():
    digits = load_samples(Digits(), 0)
    assert (digits.shape, digits.explained, digits.kept) == ((1, 8, 8), None, 0)
    assert load_samples(FashionMnist(), 0).shape == (1, 28, 28)
    assert load_samples(Moons(), 0).shape == (2,)
    assert (digits.task, digits.n_outputs, digits.n_classes) == ("classes", 10, 10)


def test_every_kind_has_a_title_in_the_same_order_and_one_line_of_help():
    assert list(TITLES) == list(DATA_KINDS)
    assert all(model.__doc__ and "\n" not in model.__doc__ for model in DATA_KINDS.values())
