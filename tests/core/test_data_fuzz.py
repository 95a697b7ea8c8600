"""Readers meet any bytes, and files that were nearly right: samples or a LabError, never else."""

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.preview import preview
from core.data.samples import load_samples
from core.errors import LabError
from core.experiment.data import Cifar10, Csv, Idx, Npz


def npz(packed):
    buffer = io.BytesIO()
    save = np.savez_compressed if packed else np.savez
    save(buffer, x=np.arange(12.0).reshape(6, 2), y=np.array([0, 1] * 3, np.uint8))
    return buffer.getvalue()


def idx(*shape):
    sizes = b"".join(struct.pack(">I", size) for size in shape)
    return bytes([0, 0, 8, len(shape)]) + sizes + bytes(i % 7 for i in range(int(np.prod(shape))))


def cifar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(1, 6):
            member = tarfile.TarInfo(f"data_batch_{number}.bin")
            member.size = 3073
            archive.addfile(member, io.BytesIO(bytes([number]) * 3073))
    return buffer.getvalue()


TABLE = b'a,b,kind\n1,2.5,p\n-3e2,.5,"q"\n5,6,p\n7,nan,q\n'
NEARLY = {
    "npz": npz(packed=False),
    "packed npz": npz(packed=True),
    "idx": idx(6, 2, 2),
    "csv": TABLE,
}


def spoiled(content):
    """Return a strategy of the content with some bytes changed, cut out, or put in."""
    place = st.integers(0, len(content))
    change = st.tuples(place, st.integers(0, 8), st.binary(max_size=8))

    def apply(changes):
        found = content
        for start, length, new in changes:
            found = found[:start] + new + found[start + length :]
        return found

    return st.lists(change, min_size=1, max_size=4).map(apply)


def check(spec):
    try:
        found = load_samples(spec, 0)
    except LabError as error:
        assert error.message
        assert error.field is None or error.field.startswith("data")
        return
    for x in (found.x_train, found.x_validation, found.y_train):
        assert np.isfinite(x).all()
    assert found.x_train.dtype == np.float32
    assert len(found.x_train) == len(found.y_train) > 0
    if found.class_names:
        assert 0 <= found.y_train.min() <= found.y_train.max() < found.n_classes
    else:
        assert found.y_train.shape[1] == found.n_outputs >= 1


def try_as(kind, content, **more):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        named = {"images": str(path), "labels": str(path)} if kind is Idx else {"path": str(path)}
        check(kind(**named, **more))
        preview(kind(**named, **more))
        preview(path)


@pytest.mark.parametrize("kind", [Csv, Npz, Idx])
@settings(max_examples=60)
@given(st.data())
def test_hazard_10_any_bytes_are_samples_or_refused(kind, data):
    start = data.draw(
        st.sampled_from([b"", b"PK\x03\x04", b"\0\0\x08\x01", b"\x1f\x8b\x08", b"1,"])
    )
    try_as(kind, start + data.draw(st.binary(max_size=200)))


@pytest.mark.parametrize("kind", [Csv, Npz, Idx])
@pytest.mark.parametrize("name", NEARLY)
@settings(max_examples=60)
@given(st.data())
def test_hazard_10_a_file_that_was_right_is_samples_or_refused(kind, name, data):
    try_as(kind, data.draw(spoiled(NEARLY[name])))


@settings(max_examples=200)
@given(
    st.text('0123456789.,;\t|"\n\r-+eEinfa x_', max_size=120),
    st.sampled_from(["auto", "classes", "regression"]),
    st.sampled_from(["auto", "yes", "no"]),
    st.sampled_from(["refuse", "drop_rows"]),
    st.sampled_from(["auto", "comma"]),
)
def test_hazard_11_any_table_is_samples_or_refused(text, task, header, missing, decimal):
    more = {"task": task, "header": header, "missing": missing, "decimal": decimal}
    try_as(Csv, text.encode(), **more)


@settings(max_examples=100)
@given(st.data())
def test_hazard_10_any_header_of_an_array_is_samples_or_refused(data):
    word = st.sampled_from(["'<f8'", "'|O'", "'<U3'", "(6, 2)", "(6,)", "(-1,)", "True", "False"])
    value = word | st.text(max_size=12) | st.integers().map(str)
    keys = ("descr", "fortran_order", "shape")
    header = "{" + ", ".join(f"'{key}': {data.draw(value)}" for key in keys) + "}"
    encoded = header.encode("utf-8")
    body = data.draw(st.binary(max_size=120))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        start = b"\x93NUMPY\x03\0" + struct.pack("<I", len(encoded))
        file.writestr("x.npy", start + encoded + body)
        file.writestr("y.npy", start + encoded + body)
    try_as(Npz, buffer.getvalue())


@settings(max_examples=60)
@given(spoiled(gzip.compress(idx(6, 2, 2), mtime=0)))
def test_hazard_10_a_packed_idx_file_is_samples_or_refused(content):
    try_as(Idx, content)


@settings(max_examples=60)
@given(st.booleans(), st.data())
def test_hazard_10_an_archive_of_cifar_is_samples_or_refused(inside, data):
    whole = cifar()
    if inside:  # headers of members, which a checksum of gzip would hide
        start, new = data.draw(st.integers(0, 600)), data.draw(st.binary(min_size=1, max_size=20))
        content = gzip.compress(whole[:start] + new + whole[start + len(new) :], mtime=0)
    else:
        content = data.draw(spoiled(gzip.compress(whole, mtime=0)))
    with TemporaryDirectory() as folder:
        (Path(folder) / "cifar-10-binary.tar.gz").write_bytes(content)
        check(Cifar10(folder=folder))


def test_the_files_that_are_spoiled_were_right():
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for name, kind in (("npz", Npz), ("packed npz", Npz), ("csv", Csv)):
            path.write_bytes(NEARLY[name])
            more = {"missing": "drop_rows"} if kind is Csv else {}
            assert load_samples(kind(path=str(path), **more), 0).n_classes == 2
        (Path(folder) / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(cifar()))
        assert load_samples(Cifar10(folder=folder, validation=0.0), 0).n_features == 3072
