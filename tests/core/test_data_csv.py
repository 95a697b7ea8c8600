"""Tables: what is read is what NumPy reads, and a golden list of what is refused, with the line."""

import numpy as np
import pytest

from core.data.csv_table import read_csv
from core.data.samples import load_samples
from core.errors import DataError
from core.experiment.data import Csv

PLAIN = "a,b,kind\n1,2,p\n3,4,q\n5,6,p\n7,8,q\n"


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table and returns its specification."""

    def write(content, **settings):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Csv(path=str(path), **settings)

    return write


# What is read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\n\n  \n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", ", "),
        PLAIN.replace("p", '"p"').replace("1,", '"1",'),
        PLAIN.replace("1,", " 1e0 ,").replace("3,", "+3.0,"),
        PLAIN.removeprefix("a,b,kind\n"),
    ],
)
def test_the_usual_ways_to_write_a_table_are_found_out(table, content):
    raw = read_csv(table(content))
    assert raw.x.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert raw.y.tolist() == [0, 1, 0, 1]
    assert raw.class_names == ("p", "q")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_found_out_where_the_comma_does_not_separate(table, separator):
    text = "a;b;kind\n1,5;2;p\n-3,25;,5;q\n1,5e3;6;p\n".replace(";", separator)
    assert read_csv(table(text)).x.tolist() == [[1.5, 2], [-3.25, 0.5], [1500, 6]]


def test_decimal_commas_are_read_where_cells_are_quoted(table):
    text = 'a,b,kind\n"1,5",2,p\n"2,5",3,q\n'
    assert read_csv(table(text, separator="comma")).x.tolist() == [[1.5, 2], [2.5, 3]]


def test_random_numbers_come_back_to_the_bit(table):
    x = np.random.default_rng(0).normal(size=(200, 7)) * 10.0 ** np.arange(-3, 4)
    raw = read_csv(table("\n".join(",".join(map(repr, row)) for row in x.tolist())))
    assert np.array_equal(raw.x, x[:, :-1])
    assert np.array_equal(raw.y, x[:, -1:])
    assert raw.class_names == ()


@pytest.mark.parametrize(
    ("target", "expected"),
    [("kind", "kind"), ("last", "kind"), ("3", "kind"), (" b ", "b"), ("1", "a")],
)
def test_the_target_is_given_by_name_or_number(table, target, expected):
    raw = read_csv(table(PLAIN.replace("p", "0").replace("q", "1"), target=target))
    others = {"kind": [0, 1], "b": [0, 2], "a": [1, 2]}[expected]
    whole = np.array([[1, 2, 0], [3, 4, 1], [5, 6, 0], [7, 8, 1]])
    assert raw.x.tolist() == whole[:, others].tolist()


def test_a_column_named_by_a_number_goes_before_its_place(table):
    raw = read_csv(table("3,1,2,t\n10,20,30,5\n11,21,31,6\n", header="yes", target="1"))
    assert raw.class_names == ("20", "21")


def test_features_are_chosen_in_the_order_given(table):
    assert read_csv(table(PLAIN, features="b, 1")).x.tolist() == [[2, 1], [4, 3], [6, 5], [8, 7]]
    assert read_csv(table(PLAIN, features="b")).shape == (1,)


@pytest.mark.parametrize(
    ("targets", "task", "names"),
    [
        (["0", "1", "2", "1"], "auto", ("0", "1", "2")),
        (["0.0", "1.0", "10", "2"], "auto", ("0", "1", "2", "10")),
        (["b", "a", "b", "a"], "auto", ("a", "b")),
        (["yes", "no", "yes", "1"], "auto", ("1", "no", "yes")),
        (["nan", "a", "b", "a"], "auto", ("a", "b", "nan")),
        (["0.5", "1.5", "2.5", "1.5"], "auto", ()),
        (["0.5", "1.5", "2.5", "1.5"], "classes", ("0.5", "1.5", "2.5")),
        (["0", "1", "2", "1"], "regression", ()),
        ([str(i) for i in range(30)], "auto", ()),
    ],
)
def test_classes_are_told_from_numbers(table, targets, task, names):
    lines = [f"{i},{target}" for i, target in enumerate(targets)]
    raw = read_csv(table("x,t\n" + "\n".join(lines), task=task))
    assert raw.class_names == names
    if names:
        assert [names[label].lstrip("+") for label in raw.y] == [
            f"{float(t):g}" if t[0].isdigit() else t for t in targets
        ]
    else:
        assert raw.y[:, 0].tolist() == [float(target) for target in targets]


def test_quoted_cells_may_hold_separators_and_line_ends(table):
    raw = read_csv(table('a,kind\n1,"p, with\na line"\n2,q\n3,q\n'))
    assert raw.class_names == ("p, with\na line", "q")


def test_rows_without_a_number_are_left_out_where_that_is_wanted(table):
    text = PLAIN + "?,1,p\n1,,q\nnan,1,p\n1e999,1,p\n9,9,\n"
    spec = table(text, missing="drop_rows")
    raw = read_csv(spec)
    assert raw.x.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert raw.notes == ("5 of 9 rows left out",)
    assert "5 of 9 rows left out" in load_samples(spec, 0).text


def test_many_rows_and_columns_are_read(table):
    raw = read_csv(table("\n".join(["1," * 3000 + "a", "2," * 3000 + "b"] * 3)))
    assert raw.x.shape == (6, 3000)


# What is refused -------------------------------------------------------------------------

REFUSED = {
    "empty": ("", "is empty", "data.path"),
    "blank lines only": ("\n\n  \n", "holds no rows", "data.path"),
    "header only": ("a,b,c\n", "header and no samples", "data.path"),
    "one row": ("a,b,c\n1,2,p\n", "hold 1 sample", "data"),
    "one class": ("a,b,c\n1,2,p\n3,4,p\n", "single class, 'p'", "data"),
    "one column": ("a\n1\n2\n", "has one column: 'a'", "data.separator"),
    "space separated": ("1 2 p\n3 4 q\n", "has one column", "data.separator"),
    "ragged, short": (PLAIN + "9,8\n1\n", "Line 6 .* 2 cells.* has 3; 2 of 6 rows", "data.path"),
    "ragged, long": (PLAIN + "9,8,p,1\n", "Line 6 .* 4 cells.*; 1 of 5 rows is", "data.path"),
    "text in a number": (
        PLAIN.replace("3,4", "abc,4").replace("7,", "x,"),
        "Line 3, column 'a': 'abc' is not a number; 2 of 4 rows are affected",
        "data.path",
    ),
    "empty cell": (PLAIN.replace("4", ""), "Line 3, column 'b': '' is missing; 1", "data.path"),
    "NA": (PLAIN.replace("4", "NA"), "column 'b': 'NA' is not a number", "data.path"),
    "empty target": (PLAIN + "1,2,\n", "Line 6, column 'kind': '' is missing", "data.path"),
    "NaN": (PLAIN.replace("4", "nan"), "Line 3, column 'b': 'nan' is not a finite", "data.path"),
    "inf": (PLAIN.replace("4", "-inf"), "'-inf' is not a finite number", "data.path"),
    "1e999": (PLAIN.replace("4", "1e999"), "column 'b': 'inf' is not a finite", "data.path"),
    "1e300": (PLAIN.replace("4", "1e300"), r"'1e\+300' is too large", "data.path"),
    "underscore": (PLAIN.replace("4", "1_0"), "'1_0' is not a number", "data.path"),
    "hexadecimal": (PLAIN.replace("4", "0x10"), "'0x10' is not a number", "data.path"),
    "thousands": ("a;kind\n1.000,5;p\n2;q\n", "'1.000,5' is not a number", "data.path"),
    "decimal comma": ("a;kind\n1,5;p\n2,5;q\n", None, None),
    "NUL": (PLAIN.replace("4", "\0"), "Line 3 .*NUL", "data.path"),
    "UTF-16": (PLAIN.encode("utf-16"), "Line 1 .*UTF-16", "data.path"),
    "UTF-16 without mark": (PLAIN.encode("utf-16-le"), "NUL", "data.path"),
    "UTF-32": (PLAIN.encode("utf-32"), "UTF-16", "data.path"),
    "Latin-1": ("a,kind\n1,é\n2,q\n".encode("latin-1"), "Line 2 .*0xE9", "data.path"),
    "huge cell": ("a,kind\n1," + "p" * 200_000 + "\n", "Line 2 .*field larger", "data.path"),
    "huge line": (b"1," * (2**23 + 1), "Line 1 .*longer than 16.0 MB", "data.path"),
    "open quotation": (PLAIN + '1,"2,p\n3,4,p\n', "cannot be read as a table", "data.path"),
    "text after quotation": (PLAIN + '1,"2"x,p\n', "Line 6 .*cannot be read", "data.path"),
    "old Macintosh": (b"a,b,c\r1,2,p\r3,4,q\r", "cannot be read as a table", "data.path"),
    "no number at all": ("a,b\nx,p\ny,q\n", "column 'a': 'x' is not a number; 2 of 2", "data.path"),
    "some targets no number": (
        "x,t\n" + "".join(f"{i},{i}.5\n" for i in range(30)) + "1,oops\n",
        "Line 32, column 't': 'oops' is not a number; 1 of 31",
        "data.path",
    ),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text in UTF-8", "data.path"),
}


@pytest.mark.parametrize("name", [name for name in REFUSED if REFUSED[name][1]])
def test_hazard_11_a_bad_table_is_refused_with_its_line(table, name):
    content, message, field = REFUSED[name]
    with pytest.raises(DataError, match=message) as info:
        load_samples(table(content), 0)
    assert info.value.field == field
    assert info.value.hint


@pytest.mark.parametrize(
    ("settings", "message", "field"),
    [
        ({"target": "kid"}, "no column 'kid'", "data.target"),
        ({"target": "0"}, "no column '0'", "data.target"),
        ({"target": "4"}, "no column '4'", "data.target"),
        ({"target": ""}, "no column ''", "data.target"),
        ({"features": "a, c"}, "no column 'c'", "data.features"),
        ({"features": "a, kind"}, "target and a feature", "data.features"),
        ({"task": "regression"}, "Line 2, column 'kind': 'p' is not a number; 4 of 4", "data.path"),
        ({"separator": "tab"}, "has one column", "data.separator"),
        ({"decimal": "comma", "separator": "tab"}, "has one column", "data.separator"),
        ({"header": "no"}, "Line 1, column 'column 1': 'a' is not a number; 1 of 5", "data.path"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_refused(table, settings, message, field):
    with pytest.raises(DataError, match=message) as info:
        load_samples(table(PLAIN, **settings), 0)
    assert info.value.field == field


def test_two_columns_of_one_name_are_refused_where_that_name_is_asked_for(table):
    text = "a,a,kind\n1,2,p\n3,4,q\n"
    assert read_csv(table(text)).x.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match="'a' appears 2 times"):
        read_csv(table(text, target="a"))


def test_a_class_for_every_number_is_refused(table):
    text = "x,t\n" + "".join(f"{i},{i}.5\n" for i in range(1500))
    with pytest.raises(DataError, match="'t' has 1,500 different values") as info:
        read_csv(table(text, task="classes"))
    assert info.value.field == "data.target"


def test_rows_that_are_all_left_out_are_an_error(table):
    with pytest.raises(DataError, match="2 of 2 rows"):
        read_csv(table("a,b,kind\nx,1,p\ny,2,q\n", missing="drop_rows"))


def test_more_numbers_than_the_limit_are_refused_while_reading(table, monkeypatch):
    monkeypatch.setattr("core.data.csv_table._MOST_NUMBERS", 5)
    with pytest.raises(DataError, match="more than 5 numbers"):
        read_csv(table(PLAIN))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "No file is chosen"),
        ("  ", "No file is chosen"),
        ("there/is/none.csv", "no file 'there/is/none.csv'"),
        (".", "'.' is a folder"),
        ("/dev/null", "device or a pipe"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
        ("~nobody-of-that-name/x.csv", "cannot be read|no file"),
    ],
)
def test_a_path_without_a_file_is_refused(path, message):
    with pytest.raises(DataError, match=message) as info:
        read_csv(Csv.model_construct(**(Csv().model_dump() | {"path": path})))
    assert info.value.field == "data.path"


def test_a_file_of_more_than_2_gb_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)  # takes no room on the disk
    with pytest.raises(DataError, match=r"has 2\.0 GB; the limit is 2\.0 GB"):
        read_csv(Csv(path=str(path)))


@pytest.mark.parametrize("separator", ["auto", "comma", "tab"])
def test_hazard_24_a_first_line_of_millions_of_cells_is_refused_before_it_is_taken_apart(
    table, separator, monkeypatch
):
    monkeypatch.setattr("csv.reader", lambda *_, **__: pytest.fail("taken apart"))
    with pytest.raises(DataError, match="3,000,001 cells; the limit is 1,048,576") as info:
        read_csv(table("," * 3_000_000, separator=separator))
    assert info.value.field == "data.path"
