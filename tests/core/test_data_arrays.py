"""Archives and IDX files: what NumPy wrote comes back; what lies, hides or bursts is refused."""

import gzip
import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from core.data.array_files import read_idx, read_npz
from core.data.samples import load_samples
from core.errors import DataError
from core.experiment.data import Idx, Npz

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), np.arange(12) % 3


@pytest.fixture
def archive(tmp_path):
    """Return a function that saves arrays and returns their specification."""

    def save(settings=None, packed=False, **arrays):
        path = tmp_path / "data.npz"
        (np.savez_compressed if packed else np.savez)(path, **arrays)
        return Npz(path=str(path), **(settings or {}))

    return save


@pytest.fixture
def zipped(tmp_path):
    """Return a function that packs bytes as arrays; those not given are right."""

    def write(members, compression=zipfile.ZIP_STORED):
        path = tmp_path / "made.npz"
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, content in ({"x": saved(X), "y": saved(Y)} | members).items():
                file.writestr(f"{name}.npy", content)
        return Npz(path=str(path))

    return write


def saved(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npy(header, body=b"", version=(1, 0)):
    text = header.encode("latin-1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + body


def head(descr="'<f8'", order="False", shape="(12, 3)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


# Archives: what is read ------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", ">f4", ">f8", "i1", "i2", "i4", "i8", ">i4", "u2", "u4", "u8", "?"]
)
def test_numbers_of_every_type_come_back(archive, dtype, packed):
    x = (RNG.normal(size=(12, 3)) * 50).astype(dtype)
    raw = read_npz(archive(packed=packed, x=x, y=Y))
    assert raw.x.dtype == np.float64
    assert np.array_equal(raw.x, x.astype(float))
    assert raw.y.tolist() == Y.tolist()
    assert raw.class_names == ("0", "1", "2")


def test_fortran_order_and_other_shapes_come_back(archive):
    assert np.array_equal(read_npz(archive(x=np.asfortranarray(X), y=Y)).x, X)
    assert read_npz(archive(x=X[:, 0], y=Y)).x.shape == (12, 1)
    assert read_npz(archive(x=np.zeros((12, 2, 3, 4, 5)), y=Y)).shape == (120,)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((12, 4, 5), (1, 4, 5)),
        ((12, 3, 4, 5), (3, 4, 5)),
        ((12, 6, 5, 3), (3, 6, 5)),
        ((12, 1, 5, 3), (1, 5, 3)),
        ((12, 2, 4, 5), (2, 4, 5)),
    ],
)
def test_images_are_rows_of_pixels_channels_first(archive, shape, expected):
    x = RNG.integers(0, 256, shape).astype(np.uint8)
    raw = read_npz(archive(x=x, y=Y))
    first = np.moveaxis(x, -1, 1) if shape == (12, 6, 5, 3) else x
    assert (raw.shape, raw.range) == (expected, (0.0, 255.0))
    assert np.array_equal(raw.x, first.reshape(12, -1))
    assert load_samples(archive(x=x, y=Y), 0).shape == expected


@pytest.mark.parametrize(
    ("y", "task", "names"),
    [
        (Y, "auto", ("0", "1", "2")),
        (Y.astype(float), "auto", ("0", "1", "2")),
        (Y[:, None], "auto", ("0", "1", "2")),
        (Y - 7, "auto", ("-7", "-6", "-5")),
        (Y > 0, "auto", ("False", "True")),
        (np.array(["cat", "dog", "emu"])[Y], "auto", ("cat", "dog", "emu")),
        (np.array([b"cat", b"dog", b"emu"])[Y], "auto", ("cat", "dog", "emu")),
        (np.eye(3)[Y], "auto", ("0", "1", "2")),
        (Y + 0.5, "classes", ("0.5", "1.5", "2.5")),
        (Y, "regression", ()),
        (Y + 0.5, "auto", ()),
        (X, "auto", ()),
        (np.eye(3)[Y], "regression", ()),
    ],
)
def test_targets_are_classes_or_numbers(archive, y, task, names):
    raw = read_npz(archive({"task": task}, x=X, y=y))
    assert raw.class_names == names
    if names:
        assert np.unique(raw.y).tolist() == list(range(len(names)))
    else:
        assert np.array_equal(raw.y, y.reshape(12, -1).astype(float))
        assert load_samples(archive({"task": task}, x=X, y=y), 0).n_outputs == raw.y.shape[1]


def test_arrays_are_found_by_their_usual_names_or_by_the_given_ones(archive):
    arrays = {"x_train": X, "y_train": Y, "x_test": X[:2], "y_test": Y[:2]}
    assert len(read_npz(archive(**arrays)).x) == 12
    assert len(read_npz(archive({"x": "x_test", "y": "y_test"}, **arrays)).x) == 2


# Archives: what is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "arrays", "message", "field"),
    [
        ({}, {"x": X, "y": Y[:-1]}, "'x' has 12 samples, 'y' has 11", "data.y"),
        ({}, {"x": X}, "none of y_train", "data.y"),
        ({}, {"a": X, "b": Y}, "none of x_train.*It holds: a, b", "data.x"),
        ({"x": "xx"}, {"x": X, "y": Y}, "no array 'xx'.*Did you mean x", "data.x"),
        ({}, {"x": X.astype(object), "y": Y}, "Python objects", "data.path"),
        (
            {},
            {"x": X + 0j, "y": Y},
            r"type <c16, not numbers that a network can take\.",
            "data.path",
        ),
        ({}, {"x": X.astype("M8[s]"), "y": Y}, "type <M8", "data.path"),
        ({}, {"x": X.astype("U5"), "y": Y}, "'x' holds <U5", "data.x"),
        ({}, {"x": X.astype("f8,f8"), "y": Y}, "holds the type", "data.path"),
        ({}, {"x": np.where(X[3, 1] == X, np.nan, X), "y": Y}, "Sample 4 of 'x', value 2: nan", ""),
        (
            {},
            {"x": np.where(X[3, 1] == X, np.inf, X), "y": Y},
            "inf is not a finite.*1 of 12 samples is",
            "",
        ),
        ({}, {"x": np.where(X[3, 1] == X, 1e39, X), "y": Y}, "too large", ""),
        ({}, {"x": X, "y": np.where(Y == 1, np.nan, Y)}, "4 of 12 samples are", "data.y"),
        ({}, {"x": X[:0], "y": Y[:0]}, "0 × 3: it holds no samples", "data.path"),
        ({}, {"x": X[:, :0], "y": Y}, "12 × 0: it holds no samples", "data.path"),
        ({}, {"x": np.array(1.0), "y": Y}, "no samples", "data.path"),
        ({}, {"x": X[:1], "y": Y[:1]}, "hold 1 sample", "data"),
        ({}, {"x": X, "y": Y * 0}, "single class, '0'", "data"),
        ({}, {"x": X, "y": X.reshape(12, 3, 1)}, "shape", "data.y"),
        ({"task": "classes"}, {"x": X, "y": X}, "3 numbers a sample", "data.task"),
        ({"task": "regression"}, {"x": X, "y": Y.astype("U5")}, "are text, such as", "data.task"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(archive, settings, arrays, message, field):
    with pytest.raises(DataError, match=f"(?s){message}") as info:
        load_samples(archive(settings, **arrays), 0)
    assert info.value.field == (field or "data.x")


LIES = {
    "4 TB": head(shape="(549755813888, 1)"),
    "negative": head(shape="(-12, 3)"),
    "beyond any number": head(shape=f"({10**30}, 1)"),
    "more than there is": head(shape="(13, 3)"),
    "less than there is": head(shape="(11, 3)"),
    "shape no tuple": head(shape="12"),
    "shape of text": head(shape="('12', 3)"),
    "shape of bool": head(shape="(True, 36)"),
    "too many dimensions": head(shape="(1,) * 40"),
    "33 dimensions": head(shape="(" + "1," * 33 + ")"),
    "order no bool": head(order="2"),
    "object": head(descr="'|O'"),
    "structured": head(descr="[('a', '<f8')]"),
    "unknown type": head(descr="'<q9'"),
    "huge text": head(descr="'<U99999999999'"),
    "void": head(descr="'|V8'"),
    "not literal": "__import__('os').system('false')\n",
    "missing key": "{'descr': '<f8', 'shape': (12, 3)}\n",
    "more keys": head().replace("{", "{'more': 1, "),
    "no dictionary": "[1, 2]\n",
    "unhashable": "{[]: 1}\n",
    "nothing": "\n",
    "nested": "(" * 3000 + ")" * 3000,
    "minus signs": "-" * 9000 + "1",
    "long": " " * 20_000,
    "NUL": "\0" * 40,
}


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("name", LIES)
def test_hazard_10_a_lying_header_of_an_array_is_refused(zipped, name, version):
    content = npy(LIES[name], X.tobytes(), version)
    with pytest.raises(DataError, match=r"damaged|promises|may carry|not numbers") as info:
        read_npz(zipped({"x": content}))
    assert info.value.field == "data.path"


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x07\0", b"no array at all"])
def test_what_is_no_array_is_refused(zipped, content):
    with pytest.raises(DataError, match=r"'x' in 'made\.npz' is damaged"):
        read_npz(zipped({"x": content}))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_flipped_bit_is_found(zipped, tmp_path, compression):
    spec = zipped({}, compression)
    content = bytearray((tmp_path / "made.npz").read_bytes())
    place = content.index(b"NUMPY") + 200 if compression == zipfile.ZIP_STORED else 90
    content[place] ^= 16
    (tmp_path / "made.npz").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        read_npz(spec)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_packed_as_numpy_never_does_are_refused(zipped, kind):
    with pytest.raises(DataError, match="packed in a way"):
        read_npz(zipped({}, kind))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", [0x7FFFFFFF, 0x110000, 0xD800, 0xDFFF])
def test_hazard_10_text_of_characters_that_do_not_exist_is_refused(zipped, order, code):
    body = struct.pack(f"{order}I", code) * 12
    with pytest.raises(DataError, match="none in Unicode") as info:
        read_npz(zipped({"y": npy(head(f"'{order}U1'", shape="(12,)"), body)}))
    assert info.value.field == "data.path"


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PK\x03\x04 cut", b"PK\x05\x06" + b"\0" * 17])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "table.npz").write_bytes(content)
    with pytest.raises(DataError, match="no NumPy archive") as info:
        read_npz(Npz(path=str(tmp_path / "table.npz")))
    assert info.value.field == "data.path"


@pytest.mark.parametrize("path", ["", ".", "none.npz"])
def test_an_archive_that_is_not_there_is_refused(path):
    with pytest.raises(DataError, match=r"No file|folder|no file"):
        read_npz(Npz(path=path))


def peak_of(function):
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as info:
            function()
        return info.value, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_hazard_09_an_archive_that_unpacks_to_more_than_1_gb_is_refused_unread(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        with file.open("x.npy", "w", force_zip64=True) as stream:
            stream.write(npy(head(shape="(150000000,)")))
            for _ in range(1200):
                stream.write(bytes(1_000_000))
        file.writestr("y.npy", saved(Y))
    assert path.stat().st_size < 8_000_000
    error, peak = peak_of(lambda: read_npz(Npz(path=str(path))))
    assert "unpacks to 1.1 GB; the limit is 1.0 GB" in str(error)
    assert peak < 5_000_000


def test_hazard_09_an_archive_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((100, 90_000)), y=np.arange(100) % 2)
    error, peak = peak_of(lambda: read_npz(Npz(path=str(path))))
    assert "more than 200 times" in str(error)
    assert peak < 5_000_000


# IDX -------------------------------------------------------------------------------------


def idx(array, code=None):
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    code = codes[array.dtype.str[1:]] if code is None else code
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    swapped = array.astype(array.dtype.newbyteorder(">")).tobytes()
    return bytes([0, 0, code, array.ndim]) + sizes + swapped


IMAGES = RNG.integers(0, 256, (12, 4, 5)).astype(np.uint8)
LABELS = (np.arange(12) % 3).astype(np.uint8)


@pytest.fixture
def idx_files(tmp_path):
    """Return a function that writes two IDX files and returns their specification."""

    def write(images=None, labels=None, pack=False):
        pairs = {"images": images or idx(IMAGES), "labels": labels or idx(LABELS)}
        for name, content in pairs.items():
            (tmp_path / name).write_bytes(gzip.compress(content) if pack else content)
        return Idx(images=str(tmp_path / "images"), labels=str(tmp_path / "labels"))

    return write


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_idx_files_of_every_type_come_back(idx_files, dtype, pack):
    x = (RNG.normal(size=(12, 4, 5)) * 30).astype(dtype)
    raw = read_idx(idx_files(idx(x), pack=pack))
    assert np.array_equal(raw.x, x.reshape(12, 20))
    assert raw.shape == (1, 4, 5)
    assert raw.y.tolist() == LABELS.tolist()


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(IMAGES)[:-1], "promises 12 × 4 × 5 values .240 bytes., but the file holds 239"),
        (idx(IMAGES)[:16], "holds 0 bytes"),
        (idx(IMAGES) + b"\0", "promises 12 × 4 × 5 .*holds (241|more)"),
        (idx(IMAGES)[:10], "ends inside its header"),
        (b"\0\0\x08\x03" + b"\x7f\xff\xff\xff" * 3, "promises 2,147,483,647"),
        (
            b"\0\0\x08\x01" + struct.pack(">I", 2**31 - 1),
            r"promises 2,147,483,647 v.*2\.0 GB",
        ),
        (b"\0\0\x08\x00", "0 dimensions"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255, "255 dimensions"),
        (b"\0\0\x0a\x01" + b"\0\0\0\1\0", "does not start"),
        (b"\x93NUMPY", "does not start"),
        (b"\0\0", "does not start"),
        (idx(IMAGES[:0]), "holds no samples"),
        (idx(IMAGES[:11]), "11 images and 12 labels"),
        (idx(np.full((12, 2), np.nan)), "Sample 1 of 'images', value 1: nan"),
    ],
)
def test_hazard_10_a_bad_idx_file_is_refused(idx_files, content, message, pack):
    with pytest.raises(DataError, match=message):
        read_idx(idx_files(content, pack=pack))


@pytest.mark.parametrize("labels", [idx(IMAGES), idx(LABELS.astype("f4"))])
def test_labels_that_are_no_labels_are_refused(idx_files, labels):
    with pytest.raises(DataError, match="swapped") as info:
        read_idx(idx_files(labels=labels))
    assert info.value.field == "data.labels"


@pytest.mark.parametrize("keep", [3, 30, -1, -8])
def test_a_cut_gzip_file_is_refused(tmp_path, idx_files, keep):
    spec = idx_files(pack=True)
    whole = (tmp_path / "images").read_bytes()
    (tmp_path / "images").write_bytes(whole[:keep])
    with pytest.raises(DataError, match="damaged"):
        read_idx(spec)


def test_hazard_09_a_gzip_file_that_goes_on_and_on_is_read_no_further_than_promised(tmp_path):
    path = tmp_path / "images"
    with gzip.open(path, "wb") as file:
        file.write(idx(IMAGES))
        for _ in range(300):
            file.write(bytes(1_000_000))
    error, peak = peak_of(lambda: read_idx(Idx(images=str(path), labels=str(path))))
    assert "but the file holds more" in str(error)
    assert peak < 5_000_000


def test_hazard_09_a_gzip_file_that_promises_more_than_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "images"
    start = b"\0\0\x08\x02" + struct.pack(">II", 2**20, 2**11)
    path.write_bytes(gzip.compress(start) + os.urandom(3_000_000))
    error, peak = peak_of(lambda: read_idx(Idx(images=str(path), labels=str(path))))
    assert "unpacks to 2.0 GB; the limit is 1.0 GB" in str(error)
    assert peak < 5_000_000
