"""Columns: nothing is lost, every picture of them is honest, and readers need no lock."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.record.columns import Column

WORD = st.sampled_from([0.0, 1.0, -1.0, 1e-30, 3e38, np.nan, np.inf, -np.inf])


@st.composite
def columns(draw, special=True):
    """A column with what was written into it, in blocks of random size.

    Lengths are drawn by NumPy: Hypothesis prefers small numbers, which need no pyramid.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    width = draw(st.sampled_from([None, 1, 3]))
    n = int(rng.integers(0, draw(st.sampled_from([2, 40, 6000]))))
    values = rng.normal(size=(n,) if width is None else (n, width)).astype(np.float32)
    if special and n:
        for _ in range(draw(st.integers(0, 4))):
            values[rng.integers(n)] = draw(WORD)
    column, at, most = Column(width), 0, draw(st.sampled_from([2, 20, 3000]))
    while at < n:
        size = int(rng.integers(1, most))
        column.append(values[at : at + size])
        at += size
    return column, values


@st.composite
def ranges(draw):
    column, values = draw(columns())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    start, stop = sorted(rng.integers(0, len(values) + 10, 2).tolist())
    if draw(st.booleans()):
        start = 0
    buckets = draw(st.sampled_from([1, 2, 7, 50, 300]))
    return column, values, min(start, len(values)), stop, buckets


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)


@given(columns())
def test_every_value_is_kept_to_the_bit(case):
    column, values = case
    assert len(column) == len(values)
    assert column.read().tobytes() == values.tobytes()
    if len(values):
        assert same(column.last(), values[-1])
    else:
        assert column.last() is None


@given(ranges())
def test_reading_a_range_gives_its_rows(case):
    column, values, start, stop, _ = case
    assert same(column.read(start, stop), values[start:stop])


@given(ranges())
def test_buckets_of_an_envelope_cover_every_row_once(case):
    column, values, start, stop, buckets = case
    envelope = column.envelope(start, stop, buckets)
    stop = min(stop, len(values))
    if start == stop:
        assert len(envelope.start) == 0
        return
    assert envelope.start[0] <= start
    assert envelope.stop[-1] == stop
    assert (envelope.start[1:] == envelope.stop[:-1]).all()
    assert (envelope.start < envelope.stop).all()


@given(ranges())
def test_an_envelope_keeps_minimum_maximum_nan_and_infinity_of_every_bucket(case):
    column, values, start, stop, buckets = case
    envelope = column.envelope(start, stop, buckets)
    for i, (first, last) in enumerate(zip(envelope.start, envelope.stop, strict=True)):
        rows = values[first:last]
        assert same(envelope.low[i], rows.min(axis=0))
        assert same(envelope.high[i], rows.max(axis=0))


@given(columns(special=False), st.integers(1, 300))
def test_the_mean_of_a_bucket_counts_every_row_alike(case, buckets):
    column, values = case
    envelope = column.envelope(0, len(values), buckets)
    for i, (first, last) in enumerate(zip(envelope.start, envelope.stop, strict=True)):
        expected = values[first:last].astype(float).mean(axis=0)
        assert envelope.mean[i] == pytest.approx(expected, abs=1e-5)


@given(ranges())
def test_an_envelope_has_no_more_buckets_than_pixels_need(case):
    column, values, start, stop, buckets = case
    envelope = column.envelope(start, stop, buckets)
    rows = min(stop, len(values)) - start
    assert len(envelope.start) <= min(rows + 8 * buckets, 2 * buckets + 2)
    assert len(envelope.start) >= min(rows, buckets) * 0.5 - 1  # nor far fewer


def test_the_cost_of_an_envelope_does_not_grow_with_the_run():
    class Counted(np.ndarray):
        """Counts the rows that are touched."""

    column = Column(20)
    block = np.random.default_rng(0).normal(size=(50_000, 20)).astype(np.float32)
    for _ in range(8):
        column.append(block)
    reads = []
    raw_read = column.read
    column.read = lambda *a: reads.append(len(raw_read(*a))) or raw_read(*a)
    envelope = column.envelope(0, len(column), 400)
    assert len(envelope.start) <= 802
    assert sum(reads) < 8 * 8 * 400  # raw rows are looked at for the unfinished bucket only


def test_what_is_drawn_stays_still_while_the_run_grows():
    # Bucket limits sit on a fixed grid: another row must not shift all the others.
    values = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    column = Column()
    column.append(values[:4000])
    before = column.envelope(0, 4000, 100)
    column.append(values[4000:4010])
    after = column.envelope(0, 4010, 100)
    n = len(before.start) - 1  # the last bucket was not full
    assert same(after.start[:n], before.start[:n])
    assert same(after.low[:n], before.low[:n])


def test_what_was_read_cannot_be_written_and_does_not_change_when_the_column_grows():
    column = Column()
    column.append(np.arange(200, dtype=np.float32))
    view = column.read()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0
    for _ in range(10):
        column.append(np.full(1000, -1, np.float32))
    assert view.tolist() == list(range(200))


def test_a_reader_sees_only_complete_rows_while_a_writer_appends():
    column, wrong = Column(4), []
    total, done = 200_000, threading.Event()

    def write():
        rng, at = np.random.default_rng(0), 0
        while at < total:
            rows = np.arange(at, at + int(rng.integers(1, 400)), dtype=np.float32)
            column.append(np.repeat(rows[:, None], 4, axis=1))
            at += len(rows)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    reads = 0
    while not done.is_set() or reads == 0:
        n = len(column)
        rows = column.read(max(0, n - 1000), n)
        expected = np.arange(max(0, n - 1000), n, dtype=np.float32)
        if len(rows) != len(expected) or not (rows == expected[:, None]).all():
            wrong.append(("read", n))
        last = column.last()
        if last is not None and len(set(last.tolist())) != 1:
            wrong.append(("last", n))
        envelope = column.envelope(0, n, 50)
        if n and not (
            (envelope.low[:, 0] == envelope.start).all()
            and (envelope.high[:, 3] == envelope.stop - 1).all()
        ):
            wrong.append(("envelope", n))
        reads += 1
    writer.join()
    assert wrong == []
    assert len(column) >= total
