"""Schedules against torch.optim.lr_scheduler, and what it does not have against the formula."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from core.engine.schedules import Schedule, preview
from core.experiment import Experiment, differences
from core.experiment.fields import Scope, scope_of
from core.experiment.schedules import (
    SCHEDULE_KINDS,
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
)

LR = 0.3
EXACT = {"rel": 1e-12, "abs": 1e-12}


def torch_rates(make, steps, lr=LR):
    """Return the rate of each update by a scheduler of PyTorch that is told of each update."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def our_rates(schedule, steps, start=0):
    return np.array([LR * schedule.factor(step) for step in range(start, start + steps)])


# As PyTorch ------------------------------------------------------------------------------


def test_constant_is_the_rate_itself():
    assert our_rates(Schedule(ConstantRate(), 10, 50), 80).tolist() == [LR] * 80


@pytest.mark.parametrize(("every", "steps_per_epoch", "period"), [(2, 5, 10), (0.1, 30, 3)])
def test_step_decay_is_step_lr(every, steps_per_epoch, period):
    schedule = Schedule(StepDecay(every=every, factor=0.4), steps_per_epoch, 100)
    expected = torch_rates(lambda it: lr_scheduler.StepLR(it, period, gamma=0.4), 100)
    assert our_rates(schedule, 100) == pytest.approx(expected, **EXACT)


def test_step_decay_by_parts_of_epochs_drops_at_the_first_step_after_them():
    rates = our_rates(Schedule(StepDecay(every=0.5, factor=0.5), 7, 100), 12) / LR
    assert rates.tolist() == [1.0] * 4 + [0.5] * 3 + [0.25] * 4 + [0.125]


def test_exponential_decay_is_exponential_lr_at_each_epoch_and_smooth_between():
    schedule = Schedule(ExponentialDecay(factor=0.8), 7, 70)
    by_epochs = torch_rates(lambda it: lr_scheduler.ExponentialLR(it, 0.8), 10)
    assert our_rates(schedule, 70)[::7] == pytest.approx(by_epochs, **EXACT)
    by_steps = torch_rates(lambda it: lr_scheduler.ExponentialLR(it, 0.8 ** (1 / 7)), 70)
    assert our_rates(schedule, 70) == pytest.approx(by_steps, **EXACT)


@pytest.mark.parametrize("floor", [0.0, 0.1, 1.0])
def test_cosine_decay_is_cosine_annealing_lr(floor):
    schedule = Schedule(CosineDecay(floor=floor), 9, 90)
    expected = torch_rates(
        lambda it: lr_scheduler.CosineAnnealingLR(it, 90, eta_min=floor * LR), 91
    )
    assert our_rates(schedule, 91) == pytest.approx(expected, **EXACT)
    assert our_rates(schedule, 50, start=91) == pytest.approx(floor * LR)  # PyTorch goes up again


@given(st.integers(20, 300), st.floats(0.06, 0.95), st.floats(1, 100), st.floats(1, 1e6))
def test_one_cycle_is_one_cycle_lr_with_the_rate_as_its_peak(total, peak, start, end):
    spec = OneCycle(peak=peak, start_divisor=start, end_divisor=end)
    expected = torch_rates(
        lambda it: lr_scheduler.OneCycleLR(
            it,
            LR,
            total_steps=total,
            pct_start=peak,
            div_factor=start,
            final_div_factor=end,
            cycle_momentum=False,
        ),
        total - 1,
    )
    schedule = Schedule(spec, 7, total)
    assert our_rates(schedule, total - 1) == pytest.approx(expected, **EXACT)
    last = LR / start / end
    assert our_rates(schedule, 9, start=total - 1) == pytest.approx(last, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_one_cycle_of_a_run_of_a_few_steps_has_rates(total):
    rates = our_rates(Schedule(OneCycle(), 1, total), 5)
    assert np.all((rates >= 0) & (rates <= LR))


LATE = [
    (ConstantRate, lambda it: lr_scheduler.ConstantLR(it, 1.0, 1)),
    (StepDecay, lambda it: lr_scheduler.StepLR(it, 100, gamma=0.1)),
    (ExponentialDecay, lambda it: lr_scheduler.ExponentialLR(it, 0.95 ** (1 / 10))),
    (CosineDecay, lambda it: lr_scheduler.CosineAnnealingLR(it, 300 - 25)),
]


@pytest.mark.parametrize(("kind", "follows"), LATE)
def test_warm_up_is_linear_lr_and_the_schedule_follows(kind, follows):
    rates = our_rates(Schedule(kind(warmup=25), 10, 300), 300)
    warm_up = torch_rates(
        lambda it: lr_scheduler.LinearLR(it, start_factor=1 / 26, total_iters=25), 26
    )
    assert rates[:26] == pytest.approx(warm_up, **EXACT)
    assert rates[25:] == pytest.approx(torch_rates(follows, 275), **EXACT)


def test_warm_up_longer_than_the_run_just_rises():
    for kind in set(SCHEDULE_KINDS.values()) - {OneCycle}:
        rates = our_rates(Schedule(kind(warmup=100), 10, 30), 30)
        assert rates == pytest.approx(LR * np.arange(1, 31) / 101, **EXACT)


losses = st.lists(st.floats(0, 10) | st.sampled_from([1.0, 2.0, math.nan, math.inf]), max_size=40)


@given(
    losses,
    st.floats(0.1, 0.9),
    st.integers(0, 3),
    st.sampled_from([0.0, 1e-4, 0.3]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.05, 0.7]),
)
def test_plateau_is_reduce_lr_on_plateau(losses, factor, patience, threshold, cooldown, floor):
    spec = ReduceOnPlateau(
        factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, floor=floor
    )
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    theirs = lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=factor,
        patience=patience,
        threshold=threshold,
        cooldown=cooldown,
        min_lr=floor * LR,
        eps=0.0,
    )
    ours = Schedule(spec, 10, 1000)
    for step, loss in enumerate(losses):
        theirs.step(loss)
        ours.observe(loss)
        if step == 7:  # a run that is resumed knows what it saw
            ours, before = Schedule(spec, 10, 1000), ours
            ours.load_state(before.state())
        expected = optimizer.param_groups[0]["lr"]
        assert LR * ours.factor(step) == pytest.approx(expected, **EXACT)


# Changes during a run --------------------------------------------------------------------


def test_only_plateau_listens_to_the_validation_loss():
    for kind in set(SCHEDULE_KINDS.values()) - {ReduceOnPlateau}:
        deaf, fresh = Schedule(kind(), 10, 100), Schedule(kind(), 10, 100)
        for _ in range(50):
            deaf.observe(1.0)
        assert deaf.factor(50) == fresh.factor(50)


def test_other_numbers_are_taken_over_and_the_reductions_so_far_stay():
    schedule = Schedule(ReduceOnPlateau(factor=0.5, patience=0), 10, 100)
    for _ in range(3):
        schedule.observe(1.0)
    assert schedule.factor(30) == 0.25
    schedule.adopt(ReduceOnPlateau(factor=0.1, patience=0, floor=0.5))
    assert schedule.factor(30) == 0.25  # a floor that is raised does not raise the rate
    schedule.observe(1.0)
    assert schedule.factor(30) == 0.25
    schedule.adopt(ReduceOnPlateau(factor=0.1, patience=0))
    schedule.observe(1.0)
    assert schedule.factor(30) == pytest.approx(0.025)


def test_a_schedule_of_another_kind_counts_from_the_start_of_the_run_and_forgets():
    schedule = Schedule(ReduceOnPlateau(patience=0), 10, 100)
    for _ in range(3):
        schedule.observe(1.0)
    schedule.adopt(CosineDecay())
    assert schedule.factor(50) == pytest.approx(0.5)
    schedule.adopt(ReduceOnPlateau(patience=0))
    assert schedule.factor(50) == 1.0


ALL = [
    ConstantRate(warmup=10),
    StepDecay(every=3, factor=0.5, warmup=10),
    ExponentialDecay(warmup=10),
    CosineDecay(floor=0.1, warmup=10),
    OneCycle(),
    ReduceOnPlateau(warmup=10),
]


def test_all_kinds_are_tested():
    assert {spec.kind for spec in ALL} == set(SCHEDULE_KINDS)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
@pytest.mark.parametrize("at", [0, 5, 60, 110])
def test_the_rate_does_not_jump_when_epochs_or_the_run_change_their_length(spec, at):
    schedule = Schedule(spec, 20, 200)
    before = schedule.factor(at)
    schedule.retime(at, 40, 400)
    again = Schedule(spec, 40, 400)
    again.load_state(schedule.state())
    if at <= 10 and spec.kind != "one_cycle":  # nothing but warm-up has happened
        fresh = Schedule(spec, 40, 400)
        assert [schedule.factor(step) for step in range(400)] == [
            fresh.factor(step) for step in range(400)
        ]
    assert schedule.factor(at) == pytest.approx(before, rel=0.05 if spec.kind == "one_cycle" else 0)
    assert [again.factor(step) for step in range(at, 400)] == [
        schedule.factor(step) for step in range(at, 400)
    ]


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
def test_lengths_that_stay_change_no_rate_to_the_bit(spec):
    touched, untouched = Schedule(spec, 7, 190), Schedule(spec, 7, 190)
    for step in range(190):
        touched.retime(step, 7, 190)
        assert touched.factor(step) == untouched.factor(step)


def test_epochs_of_another_length_count_from_the_change_on():
    schedule = Schedule(StepDecay(every=10, factor=0.5), 10, 1000)
    schedule.retime(150, 20, 1850)  # in epoch 15 the batch is halved
    assert schedule.factor(249) == 0.5
    assert schedule.factor(250) == 0.25  # epoch 20
    schedule.retime(250, 5, 900)
    assert schedule.factor(299) == 0.25
    assert schedule.factor(300) == 0.125


def test_a_cosine_reaches_its_floor_at_the_end_that_the_run_has_now():
    schedule = Schedule(CosineDecay(), 10, 100)
    schedule.retime(50, 10, 250)
    assert schedule.factor(50) == pytest.approx(0.5)
    assert schedule.factor(150) == pytest.approx((1 + math.cos(math.pi * 0.75)) / 2)
    assert schedule.factor(250) == pytest.approx(0.0, abs=1e-15)


# Before a run ----------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
def test_the_preview_shows_the_rates_of_the_run(spec):
    steps, rates = preview(spec, LR, 25, 250)
    assert steps.tolist() == list(range(250))
    assert rates == pytest.approx(our_rates(Schedule(spec, 25, 250), 250), **EXACT)
    steps, rates = preview(spec, LR, 1000, 100_000, n=300)
    assert len(steps) == 300
    assert (steps[0], steps[-1]) == (0, 99_999)
    assert np.all(np.diff(steps) > 0)
    assert rates[-1] == LR * Schedule(spec, 1000, 100_000).factor(99_999)
    assert [len(one) for one in preview(spec, LR, 1, 1)] == [1, 1]


def test_schedules_and_stopping_need_no_torch():
    program = (
        "import sys, core.engine.schedules, core.engine.stopping; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_schedule_changes_live_kind_and_numbers():
    def with_schedule(**schedule):
        return Experiment.parse({"training": {"schedule": schedule}})

    plain, cosine = Experiment(), with_schedule(kind="cosine")
    assert [(one.path, one.scope) for one in differences(plain, cosine)] == [
        ("training.schedule", Scope.LIVE)
    ]
    for kind in SCHEDULE_KINDS.values():
        for name, info in kind.model_fields.items():
            assert name == "kind" or scope_of(info) is Scope.LIVE
