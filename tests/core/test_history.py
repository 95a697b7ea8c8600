"""A history of frames: bounded, evenly spread, the first and the newest always in it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.experiment import Experiment
from core.record.frame import Frame, Predictions
from core.record.history import MOST_PINNED, FrameHistory
from core.record.record import Record


def frame(step, seconds=0.0, size=0):
    predictions = Predictions(np.zeros(size, np.int8), np.zeros(0)) if size else None
    return Frame(step, (), predictions, seconds)


def run(history, blocks, events=()):
    """Offer a frame after each block of steps, as the trainer does."""
    step = 0
    for block in (0, *blocks):
        step += block
        if step in events:
            history.add(frame(step), pinned=True)
        elif history.due(step):
            history.add(frame(step))
    return step


@settings(max_examples=100)
@given(
    st.lists(st.integers(1, 50), max_size=600), st.integers(2, 40), st.sets(st.integers(0, 2000))
)
def test_frames_are_few_and_evenly_spread(blocks, most, events):
    history = FrameHistory(most)
    run(history, blocks, events)
    steps = [one.step for one in history.frames]
    assert steps[0] == 0
    assert steps == sorted(set(steps))
    pinned = [step for step in steps if step in events]
    assert len(pinned) <= MOST_PINNED
    spread = [step for step in steps if step not in events]
    assert len(spread) <= most
    for gap in map(int.__sub__, spread[1:-1], spread[:-2]):
        assert history.stride <= gap
    if not events:
        for one, other in pairwise(spread):
            assert other - one < 2 * history.stride + max(blocks)


@pytest.mark.parametrize("longest", [1, 3, 100])
def test_a_long_run_has_hundreds_of_frames_with_like_gaps(longest):
    rng = np.random.default_rng(longest)
    history = FrameHistory()
    last = run(history, rng.integers(1, longest + 1, 40_000).tolist())
    steps = np.array([one.step for one in history.frames])
    assert 250 <= len(steps) <= 600
    gaps = np.diff(steps[:-1])
    assert gaps.max() / gaps.min() <= 4
    assert steps[0] == 0
    assert last - steps[-1] <= 2 * history.stride


def test_the_newest_frame_stays_until_there_is_another():
    history = FrameHistory(4)
    run(history, [1] * 20)
    assert not history.due(21)
    history.add(frame(21))
    assert history.frames[-1].step == 21
    assert not history.due(22)
    history.add(frame(22))
    steps = [one.step for one in history.frames]
    assert 22 in steps
    assert 21 not in steps
    assert steps[0] == 0


def test_a_frame_of_the_newest_step_replaces_it():
    history = FrameHistory()
    first, second = frame(0), frame(0, 1.0)
    history.add(first)
    history.add(second)
    assert history.frames == (second,)
    history.add(frame(1))
    with pytest.raises(ValueError, match="comes after"):
        history.add(first)


def test_pinned_frames_outlive_thinning_up_to_a_number():
    history = FrameHistory(4)
    for step in range(200):
        history.add(frame(step), pinned=step % 2 == 1)
    pinned = [one.step for one in history.frames if one.step % 2]
    assert pinned == list(range(101, 200, 2))
    assert len(history) <= 4 + MOST_PINNED


def test_the_nearest_frame_is_found():
    history = FrameHistory()
    assert history.nearest(3) is None
    for step in (0, 10, 20):
        history.add(frame(step))
    asked = [-5, 4, 5, 6, 10, 19, 500]
    assert [history.nearest(step).step for step in asked] == [0, 0, 0, 10, 10, 20, 20]


def test_what_was_read_does_not_change():
    history = FrameHistory(2)
    history.add(frame(0))
    before = history.frames
    run(history, [1] * 9)
    assert before == (frame(0),)


def test_memory_is_bounded():
    most = 10 * frame(0, size=1000).nbytes
    history = FrameHistory(most_bytes=most)
    for step in range(300):
        if history.due(step):
            history.add(frame(step, size=1000))
    assert sum(one.nbytes for one in history.frames) <= most
    assert 5 <= len(history) <= 10
    assert history.frames[0].step == 0


def test_making_frames_takes_a_small_share_of_the_time():
    now = 0.0
    history = FrameHistory(clock=lambda: now)
    made = 0
    for step in range(1000):
        now += 0.015
        if history.due(step):
            history.add(frame(step, seconds=0.01))
            made += 1
    assert made * 0.01 <= 0.03 * now + 0.01
    assert made > 30


def test_a_record_keeps_what_it_is_told_to_keep():
    record = Record(Experiment())
    record.put_frame(frame(0))
    assert len(record.history) == 0
    record.put_frame(frame(1), keep=True)
    assert record.frame is record.history.nearest(0)
    with pytest.raises(ValueError, match="two frames"):
        FrameHistory(1)
