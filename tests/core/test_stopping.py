"""Early stopping against its definition, and the settings that end a run."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.stopping import EarlyStopping
from core.errors import ExperimentError
from core.experiment import Experiment, differences
from core.experiment.fields import Scope
from core.experiment.stopping import NoEarlyStopping, ValidationLossStopping


def watch(spec, losses, every=10):
    """Return the watcher after all losses, and its verdict after each."""
    stopping = EarlyStopping(spec)
    return stopping, [stopping.observe(k * every, loss) for k, loss in enumerate(losses)]


def first_lowest(losses):
    """Return the place of the lowest number, the earliest of equals; NaN and Inf never are."""
    finite = [(loss, k) for k, loss in enumerate(losses) if math.isfinite(loss)]
    return min(finite)[1] if finite else None


losses = st.lists(
    st.floats(0, 3) | st.sampled_from([1.0, 2.0, math.nan, math.inf]), min_size=1, max_size=30
)


@given(losses, st.integers(1, 6))
def test_it_stops_where_the_lowest_loss_is_as_long_ago_as_the_patience(losses, patience):
    stopping, verdicts = watch(ValidationLossStopping(patience=patience), losses)
    for k, verdict in enumerate(verdicts):
        best = first_lowest(losses[: k + 1])
        assert verdict == (k - (-1 if best is None else best) >= patience)
    best = first_lowest(losses)
    assert stopping.best_step == (None if best is None else best * 10)
    assert stopping.best_loss == (math.inf if best is None else losses[best])
    assert stopping.is_best == (best == len(losses) - 1)


def test_a_gain_no_larger_than_the_least_does_not_count():
    spec = ValidationLossStopping(patience=2, min_delta=0.125)
    stopping, verdicts = watch(spec, [1.0, 0.9375, 0.875])
    assert verdicts == [False, False, True]
    assert (stopping.best_step, stopping.best_loss) == (0, 1.0)
    stopping, verdicts = watch(spec, [1.0, 0.9375, 0.75, 0.75])
    assert verdicts == [False, False, False, False]
    assert (stopping.best_step, stopping.best_loss) == (20, 0.75)


def test_without_early_stopping_it_never_stops_but_knows_the_best():
    stopping, verdicts = watch(NoEarlyStopping(), [1.0, 0.5, *[2.0] * 50])
    assert not any(verdicts)
    assert (stopping.best_step, stopping.best_loss) == (10, 0.5)
    assert not stopping.restores_best


def test_an_evaluation_that_is_made_again_counts_once():
    stopping = EarlyStopping(ValidationLossStopping(patience=2))
    for _ in range(5):
        assert not stopping.observe(0, 1.0)
        assert stopping.is_best
    for _ in range(5):
        assert not stopping.observe(10, 2.0)
        assert not stopping.is_best
    for _ in range(5):
        assert stopping.observe(20, 2.0)


def test_a_run_that_is_continued_by_hand_gets_its_patience_anew():
    stopping, verdicts = watch(ValidationLossStopping(patience=2), [1.0, 2.0, 2.0])
    assert verdicts[-1]
    stopping.resume()
    assert not stopping.observe(30, 2.0)
    assert stopping.observe(40, 2.0)
    assert stopping.best_step == 0


@given(losses, st.integers(0, 29))
def test_a_resumed_run_stops_where_the_first_would_have(losses, cut):
    spec = ValidationLossStopping(patience=3, min_delta=0.1)
    stopping = EarlyStopping(spec)
    for k, loss in enumerate(losses[:cut]):
        stopping.observe(k, loss)
    again = EarlyStopping(spec)
    again.load_state(stopping.state())
    for k, loss in enumerate(losses[cut:], cut):
        assert again.observe(k, loss) == stopping.observe(k, loss)
        assert again.state() == stopping.state()


def test_patience_changes_live_and_what_was_seen_stays():
    stopping, _ = watch(ValidationLossStopping(patience=10), [1.0, 2.0, 2.0])
    stopping.adopt(ValidationLossStopping(patience=3))
    assert stopping.observe(30, 2.0)
    assert stopping.best_step == 0


@pytest.mark.parametrize(
    "before", [NoEarlyStopping(), ValidationLossStopping(patience=99, restore_best=False)]
)
def test_weights_that_nobody_kept_are_not_the_best_to_go_back_to(before):
    stopping, _ = watch(before, [0.5, *[1.0] * 20])
    stopping.adopt(ValidationLossStopping(patience=2, restore_best=True))
    assert stopping.restores_best
    assert stopping.best_step is None
    assert not stopping.observe(210, 1.0)
    assert stopping.is_best
    assert not stopping.observe(220, 1.5)
    assert stopping.observe(230, 1.5)
    assert stopping.best_step == 210


def test_what_ends_a_run_changes_live():
    def parse(**training):
        return Experiment.parse({"training": training})

    found = differences(
        Experiment(), parse(steps=100, epochs=3, early_stopping="validation_loss", batch_size=7)
    )
    assert {one.path for one in found} == {
        "training.steps",
        "training.epochs",
        "training.early_stopping",
        "training.batch_size",
    }
    assert {one.scope for one in found} == {Scope.LIVE}
    spec = {"kind": "validation_loss", "patience": 3, "min_delta": 0.1, "restore_best": False}
    found = differences(parse(early_stopping="validation_loss"), parse(early_stopping=spec))
    assert len(found) == 3
    assert {one.scope for one in found} == {Scope.LIVE}
    with pytest.raises(ExperimentError, match="-1 is too small"):
        parse(steps=-1)


@pytest.mark.parametrize(
    ("training", "path"),
    [
        ({}, None),
        ({"schedule": "cosine"}, None),
        ({"schedule": "plateau"}, "training.schedule"),
        ({"early_stopping": "validation_loss"}, "training.early_stopping"),
    ],
)
def test_what_needs_validation_samples_is_known(training, path):
    assert Experiment.parse({"training": training}).training.watching_validation() == path
