"""Large files are read once: as long as neither they nor the settings of reading change."""

import os
import threading

import numpy as np
import pytest

from core.data import array_files, cache, csv_table
from core.data.samples import load_samples
from core.errors import DataError
from core.experiment.data import Csv, Idx, Npz


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 1)
    cache.forget()
    yield
    cache.forget()


@pytest.fixture
def reads(monkeypatch):
    """Return a list to which every reading of a file adds its kind."""
    done = []

    def counted(module, name):
        read = getattr(module, name)
        monkeypatch.setattr(module, name, lambda spec: done.append(spec.kind) or read(spec))

    counted(csv_table, "read_csv")
    counted(array_files, "read_npz")
    counted(array_files, "read_idx")
    return done


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(40)))
    return path


def same(one, other):
    names = ("x_train", "y_train", "x_validation", "y_validation")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_a_table_is_read_once_whatever_is_done_to_it_afterwards(table, reads):
    spec = Csv(path=str(table))
    first = load_samples(spec, 0)
    assert same(load_samples(spec, 0), first)
    for seed, more in ((1, {}), (0, {"validation": 0.5}), (2, {"limit": 20, "pca": 0.9})):
        again = load_samples(Csv(path=str(table), **more), seed)
        cache.forget()
        assert same(load_samples(Csv(path=str(table), **more), seed), again)
        load_samples(spec, 0)
        reads.pop()
    assert reads == ["csv"]


def test_a_remembered_file_is_not_even_opened(table, monkeypatch):
    first = load_samples(Csv(path=str(table)), 0)
    monkeypatch.setattr("pathlib.Path.open", lambda *_: pytest.fail("opened"))
    assert same(load_samples(Csv(path=str(table)), 0), first)


@pytest.mark.parametrize(
    "more", [{"target": "a"}, {"features": "a"}, {"task": "regression"}, {"header": "yes"}]
)
def test_other_settings_of_reading_read_again(table, reads, more):
    load_samples(Csv(path=str(table)), 0)
    load_samples(Csv(path=str(table), **more), 0)
    assert reads == ["csv", "csv"]


@pytest.mark.parametrize("keep_times", [True, False])
@pytest.mark.parametrize("replace", [True, False])
def test_a_file_that_was_changed_is_read_again(table, reads, keep_times, replace):
    before, status = load_samples(Csv(path=str(table)), 0), table.stat()
    changed = table.read_text().replace("39,2,0", "39,9,0")
    target = table.with_suffix(".new") if replace else table
    target.write_text(changed)
    target.replace(table)
    if keep_times:
        os.utime(table, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert table.stat().st_size == status.st_size
    assert not same(load_samples(Csv(path=str(table)), 0), before)
    assert reads == ["csv", "csv"]


def test_a_file_that_is_gone_is_refused_not_remembered(table):
    load_samples(Csv(path=str(table)), 0)
    table.unlink()
    with pytest.raises(DataError, match="There is no file"):
        load_samples(Csv(path=str(table)), 0)


def test_a_file_that_changes_while_it_is_read_is_not_remembered(table, monkeypatch):
    read = csv_table.read_csv

    def read_and_change(spec):
        found = read(spec)
        table.write_text(table.read_text() + "1,1,1\n")
        return found

    monkeypatch.setattr(csv_table, "read_csv", read_and_change)
    assert len(load_samples(Csv(path=str(table), validation=0.0), 0).x_train) == 40
    assert len(load_samples(Csv(path=str(table), validation=0.0), 0).x_train) == 41


def test_the_same_relative_path_in_another_folder_is_another_file(tmp_path, monkeypatch, reads):
    for name, count in (("one", 10), ("two", 20)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        (tmp_path / name / "t.csv").write_text("".join(f"{i},{i % 2}\n" for i in range(count)))
        assert len(load_samples(Csv(path="t.csv", validation=0.0), 0).x_train) == count
    assert len(reads) == 2


def test_nobody_can_change_what_is_remembered(table):
    spec = Csv(path=str(table))
    for _ in range(2):
        raw = cache.remembered(csv_table.read_csv, spec, spec.path)
        for array in (raw.x, raw.y):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5
    found = load_samples(Csv(path=str(table), standardize=False), 0)
    kept = found.x_train.copy()
    for array in (found.x_train, found.y_train, found.x_validation, found.y_validation):
        assert array.flags.writeable
        array[:] = 0
    assert np.array_equal(load_samples(Csv(path=str(table), standardize=False), 0).x_train, kept)


def test_arrays_are_remembered_as_tables_are(tmp_path, reads):
    np.savez(tmp_path / "a.npz", x=np.arange(20.0).reshape(10, 2), y=np.arange(10) % 2)
    (tmp_path / "images").write_bytes(b"\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x02" + bytes(16))
    (tmp_path / "labels").write_bytes(b"\0\0\x08\x01\0\0\0\x04\0\1\0\1")
    idx = Idx(images=str(tmp_path / "images"), labels=str(tmp_path / "labels"))
    for spec in (Npz(path=str(tmp_path / "a.npz")), idx):
        first = load_samples(spec, 0)
        assert same(load_samples(spec, 0), first)
    assert reads == ["npz", "idx"]
    (tmp_path / "labels").write_bytes(b"\0\0\x08\x01\0\0\0\x04\0\1\1\1")
    load_samples(idx, 0)
    assert reads == ["npz", "idx", "idx"]


def test_two_files_are_remembered_within_the_limit(tmp_path, reads, monkeypatch):
    specs = []
    for name in "abc":
        (tmp_path / name).write_text("".join(f"{i},{i % 2}\n" for i in range(50)))
        specs.append(Csv(path=str(tmp_path / name)))
    for index in (0, 1, 0, 2, 0, 1):  # 2 takes the place of 1
        load_samples(specs[index], 0)
    assert len(reads) == 4
    monkeypatch.setattr(cache, "MOST_BYTES", 50 * 16 + 10)
    cache.forget()
    for index in (0, 1, 1, 0):
        load_samples(specs[index], 0)
    assert len(reads) == 7
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    cache.forget()
    load_samples(specs[0], 0)
    load_samples(specs[0], 0)
    assert len(reads) == 9


def test_what_is_small_is_not_remembered(table, reads, monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 2**20)
    load_samples(Csv(path=str(table)), 0)
    load_samples(Csv(path=str(table)), 0)
    assert len(reads) == 2


def test_many_threads_get_the_same(tmp_path):
    specs = []
    for name in "abc":
        (tmp_path / name).write_text("".join(f"{i},{i % 2}\n" for i in range(50)))
        specs.append(Csv(path=str(tmp_path / name), validation=0.0))
    expected = [load_samples(spec, 0) for spec in specs]
    wrong = []

    def work(start):
        for turn in range(start, start + 20):
            if not same(load_samples(specs[turn % 3], 0), expected[turn % 3]):
                wrong.append(turn)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
