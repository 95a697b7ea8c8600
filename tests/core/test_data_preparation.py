"""Preparation: each option against scikit-learn or a count by hand, and what is said of it."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from core.data.raw import Raw
from core.data.samples import load_samples
from core.data.scaling import scale
from core.errors import DataError
from core.experiment.data import Blobs, Csv, Digits, FashionMnist, Moons, Npz, Plane


def raw_of(x, y=None, **more):
    x = np.asarray(x)
    y = np.arange(len(x)) % 2 if y is None else y
    return Raw(x, y, ("a", "b"), (x.shape[1],), **more)


def scaled(x, validation=None, **settings):
    kept = np.zeros(len(x), bool) if validation is None else validation
    return scale(raw_of(x), kept, Moons(**({"standardize": False} | settings)))


def table(seed=0, n=80, features=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, features)) @ rng.normal(size=(features, features)) + 3


# Scale and standardise -------------------------------------------------------------------


def test_standardising_is_that_of_scikit_learn():
    x, kept = table(), np.arange(80) % 4 == 0
    found = scaled(x, kept, standardize=True)
    reference = StandardScaler().fit(x[~kept])
    assert found.x_train == pytest.approx(reference.transform(x[~kept]), abs=1e-6)
    assert found.x_validation == pytest.approx(reference.transform(x[kept]), abs=1e-6)


def test_scaling_to_minus_one_one_is_that_of_scikit_learn_feature_by_feature():
    x, kept = table(), np.arange(80) % 4 == 0
    found = scaled(x, kept, scale="minus_one_one")
    reference = MinMaxScaler((-1, 1)).fit(x[~kept])
    assert found.x_train == pytest.approx(reference.transform(x[~kept]), abs=1e-6)
    assert found.x_validation == pytest.approx(reference.transform(x[kept]), abs=1e-6)
    assert (found.x_train.min(), found.x_train.max()) == (-1, 1)


def test_bytes_are_scaled_by_their_own_range_whatever_values_occur():
    spec = FashionMnist(standardize=False)
    plain, found = (
        load_samples(spec, 0),
        load_samples(spec.model_copy(update={"scale": "minus_one_one"}), 0),
    )
    assert np.abs(found.x_train - (plain.x_train / 255 * 2 - 1)).max() < 1e-6
    assert np.abs(found.x_validation - (plain.x_validation / 255 * 2 - 1)).max() < 1e-6
    assert "scaled to [-1, 1]" in found.text
    few = raw_of(np.array([[10, 20], [30, 20]], np.uint8), range=(0.0, 255.0))
    result = scale(few, np.zeros(2, bool), Moons(standardize=False, scale="minus_one_one"))
    assert result.x_train == pytest.approx(np.array([[10, 20], [30, 20]]) / 127.5 - 1)


def test_digits_are_scaled_from_0_to_16():
    spec = {"standardize": False, "validation": 0.0}
    plain = load_samples(Digits(**spec), 0).x_train
    found = load_samples(Digits(**spec, scale="minus_one_one"), 0).x_train
    assert found == pytest.approx(plain / 8 - 1)


def test_standardising_after_scaling_sets_its_own_range():
    x = table()
    both = scaled(x, standardize=True, scale="minus_one_one")
    assert both.x_train == pytest.approx(scaled(x, standardize=True).x_train, abs=1e-5)
    assert both.done == ("scaled to [-1, 1]", "standardised")


@pytest.mark.parametrize("settings", [{"standardize": True}, {"scale": "minus_one_one"}])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e30, -7.3e-12])
def test_a_feature_with_one_value_becomes_zero_not_rounding_noise(settings, value):
    x = np.column_stack([np.full(1000, value), np.arange(1000.0)])
    found = scaled(x, **settings)
    assert (found.x_train[:, 0] == 0).all()
    assert np.isfinite(found.x_train).all()


def test_a_value_beyond_32_bit_is_refused_not_made_infinite():
    x = np.array([[0.0, 1e-300], [1.0, 2e-300], [2.0, 1e30]])
    with pytest.raises(DataError, match="32-bit"):
        scaled(x, np.array([False, False, True]), scale="minus_one_one")


def test_many_samples_are_measured_in_blocks_as_in_one_piece(monkeypatch):
    x = table(n=300, features=9)
    whole = scaled(x, standardize=True, pca=0.9)
    monkeypatch.setattr("core.data.scaling._CHUNK", 700)
    parts = scaled(x, standardize=True, pca=0.9)
    assert parts.x_train == pytest.approx(whole.x_train, abs=1e-5)
    assert parts.explained == pytest.approx(whole.explained)


# PCA -------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("standardize", [False, True])
def test_components_are_those_of_scikit_learn_on_the_training_part(share, standardize):
    spec = Digits().model_copy(update={"standardize": standardize})
    plain = load_samples(spec, 3)
    found = load_samples(spec.model_copy(update={"pca": share}), 3)
    reference = PCA(svd_solver="full").fit(plain.x_train.astype(float))
    assert found.explained == pytest.approx(reference.explained_variance_ratio_, abs=1e-6)
    reached = np.cumsum(reference.explained_variance_ratio_)
    assert found.kept == next(k for k in range(1, 65) if reached[k - 1] >= share)
    assert found.shape == (found.kept,) == found.x_train.shape[1:] == found.x_validation.shape[1:]
    first = min(found.kept, 10)
    for x, y in ((plain.x_train, found.x_train), (plain.x_validation, found.x_validation)):
        expected = reference.transform(x.astype(float))[:, :first]
        size = np.abs(expected).max()
        assert np.abs(y[:, :first]) == pytest.approx(np.abs(expected), abs=2e-3 * size)


def test_the_sign_of_a_component_makes_its_largest_weight_positive():
    x = table(n=500)
    found = scaled(x, pca=1.0)
    centred = x - x.mean(axis=0)
    axes = np.linalg.lstsq(centred, found.x_train.astype(float), rcond=None)[0]
    assert (axes[np.abs(axes).argmax(axis=0), range(5)] > 0).all()


def test_a_share_of_one_keeps_every_component_that_varies():
    x = table()
    found = scaled(np.column_stack([x, x[:, 0], x[:, 1] * 2]), pca=1.0)
    assert found.kept == 5
    assert found.explained.sum() == pytest.approx(1)
    assert len(found.explained) == 7
    assert (found.explained >= 0).all()


def test_the_share_that_is_just_reached_needs_no_further_component():
    x = np.diag([3.0, 1.0])[np.array([0, 0, 1, 1])] * np.array([[1], [-1], [1], [-1]])
    assert scaled(x, pca=0.9).kept == 1  # variances 9 and 1: the first holds 0.9
    assert scaled(x, pca=0.91).kept == 2


def test_fewer_samples_than_features_give_fewer_components():
    found = scaled(np.random.default_rng(0).normal(size=(6, 20)), pca=1.0)
    assert found.kept == len(found.explained) == 5


def test_pca_without_variance_is_refused():
    with pytest.raises(DataError, match="no variance") as info:
        scaled(np.ones((10, 3)), pca=0.5)
    assert info.value.field == "data.pca"


def test_pca_of_too_many_features_is_refused_before_it_takes_minutes():
    with pytest.raises(DataError, match=r"PCA of 5,000 features"):
        scaled(np.zeros((2, 5000)), pca=0.5)


# Classes and limit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0, 1, 7", [0, 1, 7]),
        ("7,1,0,1", [0, 1, 7]),
        ("Sandal, bag", [5, 8]),
        ("9, T-shirt/top", [0, 9]),
    ],
)
def test_chosen_classes_are_those_samples_numbered_anew(text, numbers):
    spec = FashionMnist(validation=0.0, standardize=False)
    whole = load_samples(spec, 0)
    found = load_samples(spec.model_copy(update={"classes": text}), 0)
    rows = np.isin(whole.y_train, numbers)
    assert np.array_equal(found.x_train, whole.x_train[rows])
    assert [numbers[label] for label in found.y_train] == whole.y_train[rows].tolist()
    assert found.class_names == tuple(whole.class_names[number] for number in numbers)
    assert "of 10" in found.text


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (FashionMnist(classes="0, 10"), "no class 10"),
        (FashionMnist(classes="0, sandle"), "sandle.*Did you mean"),
        (Digits(classes="3, 11"), "no class '11'"),
        (Digits(classes="3"), "single class"),
        (Digits(classes="3, 3"), "single class"),
        (Digits(classes="3,,4"), "no class ''"),
        (Plane(classes="0, 1"), "regression"),
    ],
)
def test_classes_that_are_not_there_are_refused(spec, message):
    with pytest.raises(DataError, match=f"(?i){message}") as info:
        load_samples(spec, 0)
    assert info.value.field == "data.classes"


@pytest.mark.parametrize("limit", [10, 11, 97, 500, 1437])
def test_a_limit_keeps_so_many_samples_and_the_share_of_every_class(limit):
    whole = load_samples(Digits(validation=0.0, standardize=False), 0)
    found = load_samples(Digits(validation=0.0, standardize=False, limit=limit), 0)
    assert len(found.x_train) == limit
    ideal = np.bincount(whole.y_train) * limit / len(whole.y_train)
    assert np.abs(np.bincount(found.y_train) - ideal).max() < 1
    assert f"{limit:,} of 1,438 samples used" in found.text
    pool = {row.tobytes() for row in whole.x_train}
    assert {row.tobytes() for row in found.x_train} <= pool


def test_a_limit_keeps_a_sample_of_the_rarest_class(tmp_path):
    y = np.array([0] * 995 + [1] * 4 + [2])
    np.savez(tmp_path / "rare.npz", x=np.arange(1000.0)[:, None], y=y)
    found = load_samples(Npz(path=str(tmp_path / "rare.npz"), limit=20, validation=0.0), 0)
    assert np.bincount(found.y_train).tolist() == [18, 1, 1]


@pytest.mark.parametrize("limit", [0, 1438, 5000])
def test_a_limit_that_is_off_or_above_all_changes_nothing(limit):
    plain, found = load_samples(Digits(), 4), load_samples(Digits(limit=limit), 4)
    assert np.array_equal(plain.x_train, found.x_train)
    assert plain.text == found.text


def test_a_limit_below_the_number_of_classes_is_refused():
    with pytest.raises(DataError, match="9 samples are too few for 10 classes") as info:
        load_samples(Digits(limit=9), 0)
    assert info.value.field == "data.limit"
    with pytest.raises(DataError, match="1 sample is too few for 10 classes"):
        load_samples(Digits(limit=1), 0)


def test_a_limit_of_a_regression_draws_samples():
    assert len(load_samples(Plane(limit=50, validation=0.2), 0).x_train) == 40


# Wrong labels ----------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_label_noise_replaces_exactly_its_share_of_training_labels_by_another_class(share):
    clean = load_samples(Digits(), 3)
    noisy = load_samples(Digits(label_noise=share), 3)
    count = round(share * len(clean.y_train))
    assert (clean.y_train != noisy.y_train).sum() == count
    assert np.array_equal(clean.y_validation, noisy.y_validation)
    assert np.array_equal(clean.x_train, noisy.x_train)
    assert f"{count:,} training labels replaced" in noisy.text


def test_label_noise_is_uniform_over_the_other_classes():
    spec = Blobs(samples=40_000, centres=4, validation=0.0)
    clean, noisy = (
        load_samples(spec, 0),
        load_samples(spec.model_copy(update={"label_noise": 0.9}), 0),
    )
    changed = clean.y_train != noisy.y_train
    steps = np.bincount((noisy.y_train - clean.y_train)[changed] % 4, minlength=4)
    assert steps[0] == 0
    assert steps[1:] / changed.sum() == pytest.approx([1 / 3] * 3, abs=0.01)


def test_random_labels_know_nothing_of_the_samples():
    spec = Blobs(samples=40_000, centres=4, random_labels=True)
    clean = load_samples(spec.model_copy(update={"random_labels": False}), 0)
    found = load_samples(spec, 0)
    assert (clean.y_train == found.y_train).mean() == pytest.approx(1 / 4, abs=0.01)
    assert np.bincount(found.y_train) / len(found.y_train) == pytest.approx([1 / 4] * 4, abs=0.01)
    assert np.array_equal(clean.y_validation, found.y_validation)
    assert "all training labels random" in found.text


@pytest.mark.parametrize("option", [{"label_noise": 0.2}, {"random_labels": True}])
def test_wrong_labels_are_refused_where_there_are_no_classes(option):
    with pytest.raises(DataError, match="regression") as info:
        load_samples(Plane(**option), 0)
    assert info.value.field == f"data.{next(iter(option))}"


# Together --------------------------------------------------------------------------------


def test_the_text_names_everything_in_the_order_in_which_it_was_done(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{a},{b},{'pqr'[i % 3]}" for i, (a, b) in enumerate(rng.normal(size=(300, 2)))]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["a,b,kind", *lines, "?,1,p"]), encoding="utf-8")
    spec = Csv(
        path=str(path),
        missing="drop_rows",
        classes="p, q",
        limit=100,
        label_noise=0.1,
        scale="minus_one_one",
        pca=0.5,
    )
    text = load_samples(spec, 0).text
    parts = [
        "CSV table · 80 samples · 1 feature · 1 of 301 rows left out",
        "classes p, q of 3",
        "100 of 200 samples used",
        "8 training labels replaced",
        "scaled to [-1, 1]",
        "standardised",
        "PCA to 1 of 2 features",
        "20 kept for validation",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_no_option_changes_what_another_one_draws():
    base = load_samples(Digits(), 2)
    for option in ({"pca": 0.9}, {"label_noise": 0.3}, {"random_labels": True}):
        found = load_samples(Digits(**option), 2)
        assert np.array_equal(found.y_validation, base.y_validation)
