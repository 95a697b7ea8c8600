"""Previews: what a file holds, without reading all of it and without ever raising."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from core.data import preview as module
from core.data.preview import preview
from core.experiment.data import Csv, Idx, Npz

IRIS = "id,length,width,Species\n1,5.1,3.5,setosa\n2,7.0,3.2,versicolor\n3,6.3,3.3,setosa\n"


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_table_shows_columns_first_rows_and_a_target(write):
    found = preview(write("iris.csv", IRIS))
    assert found.columns == ("id", "length", "width", "Species")
    assert found.rows[0] == ("1", "5.1", "3.5", "setosa")
    assert (found.n_rows, found.exact, len(found.rows)) == (3, True, 3)
    assert (found.suggested_target, found.task, found.problems) == ("Species", "classes", ())
    assert isinstance(found.spec, Csv)
    assert found.spec.target == "Species"


def test_a_specification_is_looked_at_as_it_is(write):
    path = str(write("iris.csv", IRIS))
    found = preview(Csv(path=path, target="length", features="width"))
    assert (found.task, found.problems) == ("regression", ())
    assert found.suggested_target == "Species"
    wrong = preview(Csv(path=path, target="length"))
    assert [problem.field for problem in wrong.problems] == ["data.path"]
    assert "Species" in wrong.problems[0].message
    assert wrong.columns == found.columns


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("y,a,b\n1,2,3\n4,5,6\n", "y"),
        ("a,Label,b\n1,2,3\n4,5,6\n", "Label"),
        ("a,b\n1,2\n4,5\n", "last"),
        ("1,2\n3,4\n", "last"),
        ("y,y,b\n1,2,3\n4,5,6\n", "last"),
    ],
)
def test_the_target_is_suggested_by_its_name(write, text, target):
    assert preview(write("t.csv", text)).suggested_target == target


def test_a_bad_table_shows_what_can_be_shown_and_what_is_wrong(write):
    found = preview(write("t.csv", "a,b\n1,2\nx,4\n5,6\n"))
    assert found.rows == (("1", "2"), ("x", "4"), ("5", "6"))
    assert "Line 3, column 'a': 'x'" in str(found.problems[0])
    assert found.task == ""


def test_long_cells_are_shortened(write):
    found = preview(write("t.csv", f"a,b\n1,{'p' * 500}\n2,q\n"))
    assert found.rows[0][1] == "p" * 59 + "…"


def test_of_a_large_table_only_the_beginning_is_read(write, monkeypatch):
    monkeypatch.setattr(module, "_LOOK", 20_000)
    lines = [f"{i / 7:.6f},{i % 3}\n" for i in range(100_000)]
    found = preview(write("t.csv", "a,b\n" + "".join(lines) + "oops,not,looked,at\n"))
    assert found.problems == ()
    assert not found.exact
    assert found.n_rows == pytest.approx(100_000, rel=0.2)
    assert found.task == "classes"
    assert len(found.rows) == 20


def test_an_archive_shows_its_arrays(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.zeros((30, 4, 5), np.uint8), y=np.arange(30) % 3, z=np.array([None]))
    found = preview(path)
    assert isinstance(found.spec, Npz)
    assert found.columns == ("array", "shape", "type")
    assert found.rows == (("x", "30 × 4 × 5", "uint8"), ("y", "30", "int64"), ("z", "", ""))
    assert (found.n_rows, found.suggested_target, found.task) == (30, "y", "classes")
    assert [str(problem)[:9] for problem in found.problems] == ["data.path"]
    assert "Python objects" in found.problems[0].message


def test_an_archive_without_the_usual_names_says_so(tmp_path):
    np.savez(tmp_path / "data.npz", a=np.zeros((3, 2)))
    found = preview(tmp_path / "data.npz")
    assert found.rows == (("a", "3 × 2", "float64"),)
    assert found.problems[0].field == "data.x"


@pytest.mark.parametrize("pack", [False, True])
def test_idx_files_show_their_sizes(write, pack):
    images = b"\0\0\x08\x03" + struct.pack(">III", 6, 2, 3) + bytes(36)
    labels = b"\0\0\x08\x01" + struct.pack(">I", 5) + bytes(5)
    packed = gzip.compress if pack else bytes
    first, second = write("images", packed(images)), write("labels", packed(labels))
    found = preview(first)
    assert isinstance(found.spec, Idx)
    assert found.rows == (("images", "6 × 2 × 3", "uint8"),)
    assert (found.n_rows, found.problems) == (6, ())
    both = preview(Idx(images=str(first), labels=str(second)))
    assert both.suggested_target == "labels"
    assert "6 images and 5 labels" in both.problems[0].message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 cut",
        b"\x1f\x8b cut",
        b"\0\0\x08",
        b"\x89PNG\0\0",
        b"\xff\xfea\0",
        b"one\n",
    ],
)
def test_what_cannot_be_read_is_a_problem_not_an_exception(write, content):
    found = preview(write("file", content))
    assert len(found.problems) == 1
    assert found.problems[0].hint


@pytest.mark.parametrize("path", ["", ".", "none.csv", "a\0b"])
def test_a_path_without_a_file_is_a_problem(path):
    assert preview(path).problems[0].field == "data.path"


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_table_that_vanishes_or_shrinks_during_the_look_is_a_problem(write, monkeypatch, change):
    path, find = write("t.csv", IRIS), module.find_layout

    def then_change(*arguments):
        found = find(*arguments)
        change(path)
        return found

    monkeypatch.setattr(module, "find_layout", then_change)
    problem = preview(path).problems[0]
    assert problem.field == "data.path"
    assert path.name in problem.message
    assert problem.hint
