"""Columns: nothing is lost, every picture of them is honest, and readers need no lock."""

import threading
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.measure.missing import NOT_MEASURED, not_measured
from core.record import columns as module
from core.record.chunks import Chunks
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


def test_the_cost_of_an_envelope_does_not_grow_with_the_run(monkeypatch):
    block = np.random.default_rng(0).normal(size=(50_000, 20)).astype(np.float32)
    column, reads = Column(20), []
    read = Chunks.read

    def counted(*args):
        rows = read(*args)
        reads.append(len(rows))
        return rows

    worst = []
    for _ in range(2):
        for _ in range(4):
            column.append(block)
        with monkeypatch.context() as patched:
            patched.setattr(Chunks, "read", counted)
            reads.clear()
            column.envelope(0, len(column) - 1, 8)  # a long end that fills no bucket
            assert sum(reads) < 200
            for rows in (4_000, 12_799, 12_800, 60_000, len(column) - 7):
                reads.clear()
                envelope = column.envelope(3, 3 + rows, 400)
                assert 400 <= len(envelope.start) <= 802
                worst.append(sum(reads))
    assert max(worst) < 32 * 400 + 200
    assert worst[:4] == worst[5:9]  # the same, however many rows there are beside


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


# Chunks ----------------------------------------------------------------------------------


@st.composite
def stretches(draw):
    """Values with constant stretches, written into small chunks, and where one looks at them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    width = draw(st.sampled_from([None, 1, 3]))
    shape = () if width is None else (width,)
    parts = []
    for _ in range(draw(st.integers(1, 6))):
        part = rng.normal(size=(int(rng.integers(1, 700)), *shape)).astype(np.float32)
        if draw(st.booleans()):
            part[:] = draw(WORD) if draw(st.booleans()) else part[0]
        elif draw(st.booleans()):
            part[rng.integers(len(part))] = draw(WORD)
        parts.append(part)
    values = np.concatenate(parts)
    limits = [None, 1, 2000, 9000] if draw(st.booleans()) else [None]
    budget = draw(st.sampled_from(limits))
    with mock.patch.multiple(module, _ROWS=64, _BUCKETS=8):
        column, at, most = Column(width, budget), 0, draw(st.sampled_from([2, 40, 200, 3000]))
        while at < len(values):
            size = int(rng.integers(1, most))
            column.append(values[at : at + size])
            at += size
        start, stop = sorted(rng.integers(0, len(values) + 10, 2).tolist())
        if draw(st.booleans()):
            stop = start + draw(st.sampled_from([1, 31, 64, 65]))
    return column, values, budget, min(start, len(values)), stop


@given(stretches())
def test_rows_within_the_budget_are_kept_to_the_bit_and_older_ones_are_not_made_up(case):
    column, values, budget, start, stop = case
    kept = column.first_kept
    assert kept % 64 == 0
    assert kept < len(values)
    assert budget is not None or kept == 0
    wanted = values.copy()
    wanted[:kept] = np.nan
    for rows, expected in (
        (column.read(), wanted),
        (column.read(start, stop), wanted[start:stop]),
        (column.read(stop), wanted[stop:]),
        (column.read(-3), wanted[-3:]),
        (column.last(), wanted[-1]),
    ):
        assert same(rows, expected)
        assert (np.signbit(rows) == np.signbit(expected))[~np.isnan(expected)].all()
    assert not column.read(start, stop).flags.writeable


@given(stretches(), st.sampled_from([0, 1, 2, 7, 50, 300]))
def test_an_envelope_is_that_of_all_rows_ever_written_whatever_was_dropped(case, buckets):
    column, values, _, start, stop = case
    envelope = column.envelope(start, stop, buckets)
    stop = min(stop, len(values))
    gone = start < column.first_kept
    if start >= stop:
        assert len(envelope.start) == 0
        return
    assert envelope.start[0] <= start
    assert stop <= envelope.stop[-1] <= (stop + 31 if stop < column.first_kept else stop)
    assert (envelope.start[1:] == envelope.stop[:-1]).all()
    assert len(envelope.start) <= 2 * max(buckets, 1) + 3
    assert len(envelope.start) >= min((stop - start) / (32 if gone else 1), buckets) * 0.5 - 1
    sizes = envelope.stop - envelope.start
    assert len(set(sizes[1:-1].tolist())) <= 1
    for i, (first, last) in enumerate(zip(envelope.start, envelope.stop, strict=True)):
        rows = values[first:last]
        assert same(envelope.low[i], rows.min(axis=0))
        assert same(envelope.high[i], rows.max(axis=0))
        with np.errstate(all="ignore"):
            mean = rows.astype(np.float64).mean(axis=0)
        np.testing.assert_allclose(envelope.mean[i], mean, rtol=1e-5, atol=1e-5 * spread(rows))


def spread(rows):
    """The size of what is summed: rounding is measured by it, not by the sum."""
    finite = np.abs(rows[np.isfinite(rows)])
    return float(finite.max()) if finite.size else 0.0


@given(stretches())
def test_no_more_is_held_than_the_budget_and_the_chunk_being_written(case):
    column, values, budget, _, _ = case
    row = values[:1].nbytes
    pyramid = 0.11 * len(values) * row + 30 * 8 * row
    rows = len(values) * row if budget is None else budget
    assert column.nbytes <= rows + 64 * row + pyramid


def test_the_mean_of_a_constant_is_that_constant():
    column = Column()
    column.append(np.full(100_003, 0.1, np.float32))
    for buckets in (1, 30, 700):
        assert set(column.envelope(5, 100_000, buckets).mean.tolist()) == {float(np.float32(0.1))}


def test_a_run_of_22_quantities_takes_less_than_100_bytes_a_step_and_layer():
    steps, layers = 500_000, 4
    rng, column = np.random.default_rng(0), Column(layers)
    for _ in range(steps // 5000):
        column.append(rng.normal(size=(5000, layers)).astype(np.float32))
    assert 22 * column.nbytes / steps / layers < 100
    short = Column(layers)
    short.append(np.zeros((10, layers), np.float32))
    assert short.nbytes < 2000


@pytest.mark.parametrize("value", [np.nan, 0.0, -0.0, 1.0])
def test_what_never_changes_costs_next_to_nothing(value):
    column = Column(3)
    for _ in range(100):
        column.append(np.full((1001, 3), value, np.float32))
    assert column.nbytes < 0.1 * 100_100 * 12
    assert column.read(90_000).tobytes() == np.full((10_100, 3), value, np.float32).tobytes()


def test_appending_never_copies_what_is_there():
    column = Column(2)
    column.append(np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32))
    before = column.read(4096, 8192)
    column.append(np.zeros((50_000, 2), np.float32))
    assert np.shares_memory(before, column.read(4096, 8192))


def test_zeros_of_either_sign_are_not_the_same_row():
    values = np.zeros(4096, np.float32)
    values[7] = -0.0
    column = Column()
    column.append(values)
    assert column.read().tobytes() == values.tobytes()


def test_a_reader_that_is_overtaken_looks_again(monkeypatch):
    values = np.arange(40_000, dtype=np.float32)
    read = Chunks.read
    for look in (lambda c: c.last(), lambda c: c.envelope(0, 90, 100).low[0]):
        column = Column(budget=4096 * 8)
        column.append(values[:100])
        overtake = [values[100:]]

        def slow(*args, column=column, overtake=overtake):
            if overtake:
                column.append(overtake.pop())
            return read(*args)

        monkeypatch.setattr(Chunks, "read", slow)
        assert look(column) in (0.0, 39_999.0)
        assert column.first_kept > 100
        monkeypatch.undo()


def test_readers_see_a_consistent_record_while_chunks_fold_and_go():
    total, wrong, done = 60_000, [], threading.Event()
    with mock.patch.multiple(module, _ROWS=64, _BUCKETS=8):
        column = Column(2, budget=64 * 8 * 4)

        def write():
            rng, at = np.random.default_rng(0), 0
            while at < total:
                rows = np.arange(at, at + int(rng.integers(1, 90))) // 256  # folds: 256 alike
                column.append(np.repeat(rows[:, None], 2, axis=1).astype(np.float32))
                at += len(rows)
            done.set()

        def look():
            rng = np.random.default_rng(threading.get_ident() % 1000)
            while not done.is_set():
                n = len(column)
                start = max(0, n - int(rng.integers(1, 1500)))
                rows, kept = column.read(start, n), column.first_kept
                expected = (np.arange(start, n) // 256)[:, None]
                if not ((rows == expected) | (np.arange(start, n) < kept)[:, None]).all():
                    wrong.append(("read", n))
                last = column.last()
                if last is not None and not (last[0] == last[1] and last[0] >= (n - 1) // 256):
                    wrong.append(("last", n, last))
                envelope = column.envelope(start, n, 20)
                if not (
                    (envelope.low[:, 0] == envelope.start // 256).all()
                    and (envelope.high[:, 1] == (envelope.stop - 1) // 256).all()
                ):
                    wrong.append(("envelope", n))

        threads = [threading.Thread(target=work) for work in (write, look, look)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert 0 < column.first_kept < len(column)


@pytest.mark.parametrize("every", [2, 7, 100])
@pytest.mark.parametrize("buckets", [3, 40, 1000])
def test_what_was_not_measured_counts_for_nothing(every, buckets):
    rng = np.random.default_rng(every)
    values = rng.normal(size=(5000, 3)).astype(np.float32)
    values[1000, 1] = np.nan  # measured, and not a number
    watched = np.arange(5000) % every == 0
    values[~watched] = NOT_MEASURED
    column = Column(3)
    for start in range(0, 5000, 61):
        column.append(values[start : start + 61])
    assert np.array_equal(not_measured(column.read()), not_measured(values))
    found = column.envelope(17, 4990, buckets)
    for row, (start, stop) in enumerate(zip(found.start, found.stop, strict=True)):
        part = values[start:stop][watched[start:stop]]
        if not len(part):
            assert not_measured(found.mean[row]).all()
            assert not_measured(found.low[row]).all()
            continue
        assert np.array_equal(found.low[row], part.min(axis=0), equal_nan=True)
        assert np.array_equal(found.high[row], part.max(axis=0), equal_nan=True)
        spread = np.abs(found.mean[row] - part.mean(axis=0))
        good = np.isfinite(spread)
        assert np.array_equal(good, np.isfinite(part).all(axis=0))
        # Pieces of a bucket weigh the same though one may hold one value more.
        assert (spread[good] <= 0.5 * (part.max(axis=0) - part.min(axis=0))[good] + 1e-6).all()


def test_rows_beyond_the_budget_read_as_not_measured_and_stay_in_the_picture():
    column = Column(2, budget=200_000)
    values = np.random.default_rng(0).normal(size=(60_000, 2)).astype(np.float32)
    for start in range(0, len(values), 500):
        column.append(values[start : start + 500])
    assert 0 < column.first_kept < len(values)
    assert not_measured(column.read(0, column.first_kept)).all()
    assert np.array_equal(column.read(column.first_kept), values[column.first_kept :])
    whole = column.envelope(0, len(values), 100)
    assert whole.low.min() == values.min()
    assert whole.high.max() == values.max()


def test_the_newest_measured_row_is_found_behind_those_that_were_not():
    column = Column(2)
    assert column.latest() is None
    column.append(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32))
    column.append(np.full((37, 2), NOT_MEASURED, np.float32))
    step, row = column.latest()
    assert step == 1
    assert row.tolist() == [3.0, 4.0]
    assert column.last().tolist() == [3.0, 4.0]
    column.append(np.array([[np.nan, np.nan]], np.float32))  # measured, and not a number
    assert column.latest()[0] == 39
