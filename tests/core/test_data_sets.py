"""Known image sets: found where they may lie, read as their formats say, refused where damaged."""

import gzip
import io
import os
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from core.data import folders
from core.data.known import FILES
from core.data.remote import KNOWN, downloads_for, is_complete
from core.data.samples import load_samples
from core.errors import DataError
from core.experiment.data import Cifar10, FashionMnist, Mnist

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 28, 28)).astype(np.uint8)
LABELS = (np.arange(40) % 10).astype(np.uint8)
COLOURS = RNG.integers(0, 256, (50, 3, 32, 32)).astype(np.uint8)
COLOUR_LABELS = (np.arange(50) % 10).astype(np.uint8)
WHOLE = {"standardize": False, "validation": 0.0}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Keep the tests away from what the user has downloaded; return where downloads would go."""
    monkeypatch.setenv(folders.ENVIRONMENT, str(tmp_path / "own"))
    monkeypatch.setattr(folders, "_DEBIAN", {"fashion_mnist": (str(tmp_path / "debian"),)})
    return tmp_path / "own"


def idx(array):
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_mnist(folder, pack=True, dot=False, images=IMAGES, labels=LABELS):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in (("train-images", images), ("train-labels", labels)):
        kind = f"idx{1 if 'labels' in name else 3}-ubyte"
        path = folder / f"{name}{'.' if dot else '-'}{kind}{'.gz' if pack else ''}"
        path.write_bytes(gzip.compress(idx(array)) if pack else idx(array))


def cifar_batches(count=5):
    records = np.column_stack([COLOUR_LABELS, COLOURS.reshape(50, -1)]).astype(np.uint8)
    return [part.tobytes() for part in np.array_split(records, count)]


def write_cifar(folder, batches, packed=True):
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"data_batch_{number}.bin": content for number, content in enumerate(batches, 1)}
    if not packed:
        for name, content in named.items():
            (folder / name).write_bytes(content)
        return
    named = {"readme.html": b"<html>", "test_batch.bin": bytes(3073)} | named
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, content in named.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("dot", [True, False])
def test_mnist_is_read_from_a_folder_under_its_usual_names(tmp_path, pack, dot):
    write_mnist(tmp_path / "set", pack, dot)
    found = load_samples(Mnist(folder=str(tmp_path / "set"), **WHOLE), 0)
    assert np.array_equal(found.x_train, IMAGES.reshape(40, -1).astype(np.float32))
    assert np.array_equal(found.y_train, LABELS)
    assert (found.shape, found.n_classes) == ((1, 28, 28), 10)
    assert "MNIST" in found.text


def test_bytes_from_files_are_scaled_by_255(tmp_path):
    write_mnist(tmp_path)
    spec = Mnist(folder=str(tmp_path), scale="minus_one_one", **WHOLE)
    found = load_samples(spec, 0).x_train
    assert np.abs(found - (IMAGES.reshape(40, -1) / 255 * 2 - 1)).max() < 1e-6


@pytest.mark.parametrize(("own", "debian"), [(True, True), (True, False), (False, True)])
def test_the_full_set_comes_from_the_own_folder_before_the_systems(
    tmp_path, own_folder, own, debian
):
    if own:
        write_mnist(own_folder / "fashion_mnist")
    if debian:
        write_mnist(tmp_path / "debian", images=255 - IMAGES)
    found = load_samples(FashionMnist(files="full", **WHOLE), 0)
    expected = IMAGES if own else 255 - IMAGES
    assert np.array_equal(found.x_train, expected.reshape(40, -1).astype(np.float32))
    assert found.class_names[9] == "Ankle boot"


def test_a_named_folder_is_the_only_one_that_is_looked_into(tmp_path, own_folder):
    write_mnist(own_folder / "fashion_mnist")
    with pytest.raises(DataError, match="is not in") as info:
        load_samples(FashionMnist(files="full", folder=str(tmp_path / "other")), 0)
    assert str(tmp_path / "other") in info.value.message
    assert str(own_folder) not in info.value.message
    assert info.value.field == "data.folder"


def test_without_the_variable_data_lie_in_the_users_own_data_folder(monkeypatch):
    monkeypatch.delenv(folders.ENVIRONMENT)
    assert folders.data_folder("mnist").parts[-2:] == ("data", "mnist")
    assert "gradoscope" in str(folders.data_folder("mnist")).lower()


@pytest.mark.parametrize("spec", [Mnist(), Cifar10(), FashionMnist(files="full")])
def test_a_set_that_is_not_there_says_where_to_get_it_and_where_to_put_it(spec, own_folder):
    with pytest.raises(DataError, match="is not in") as info:
        load_samples(spec, 0)
    assert str(own_folder / spec.kind) in info.value.message
    for place, name, _, _ in FILES[spec.kind]:
        assert place + name in info.value.hint


@pytest.mark.parametrize("folder", ["a\0b", "x" * 5000, "~nobody-of-that-name"])
def test_a_folder_that_cannot_be_is_refused(folder):
    with pytest.raises(DataError) as info:
        load_samples(Mnist.model_construct(**(Mnist().model_dump() | {"folder": folder})), 0)
    assert info.value.field == "data.folder"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": LABELS[:-1]}, "40 images and 39 labels"),
        ({"labels": LABELS + 1}, "labels go up to 10, but there are 10 classes"),
        ({"labels": IMAGES[:, :, 0]}, "holds uint8 of shape"),
        ({"images": IMAGES[:, 0]}, "holds uint8 of shape"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "holds no samples"),
    ],
)
def test_files_of_another_set_are_refused(tmp_path, arrays, message):
    write_mnist(tmp_path, **arrays)
    with pytest.raises(DataError, match=message):
        load_samples(Mnist(folder=str(tmp_path)), 0)


@pytest.mark.parametrize("packed", [True, False])
def test_cifar_is_read_colour_by_colour(tmp_path, packed):
    write_cifar(tmp_path, cifar_batches(), packed)
    found = load_samples(Cifar10(folder=str(tmp_path), **WHOLE), 0)
    assert np.array_equal(found.x_train, COLOURS.reshape(50, -1).astype(np.float32))
    assert np.array_equal(found.y_train, COLOUR_LABELS)
    assert found.shape == (3, 32, 32)
    assert found.class_names[3] == "cat"


def test_cifar_is_found_where_unpacking_puts_it(tmp_path):
    write_cifar(tmp_path / "cifar-10-batches-bin", cifar_batches(), packed=False)
    assert len(load_samples(Cifar10(folder=str(tmp_path), **WHOLE), 0).x_train) == 50


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda parts: parts[:4], "4 of the 5"),
        (lambda parts: [*parts[:4], parts[4][:-1]], "whole images"),
        (lambda parts: [*parts[:4], b""], "whole images"),
        (lambda parts: [*parts[:4], bytes(30_730_001)], "whole images"),
        (lambda parts: [*parts[:4], b"\x0b" + parts[4][1:]], "labels go up to 11"),
    ],
)
def test_a_damaged_cifar_is_refused(tmp_path, change, message, packed):
    write_cifar(tmp_path, change(cifar_batches()), packed)
    with pytest.raises(DataError, match=message) as info:
        load_samples(Cifar10(folder=str(tmp_path)), 0)
    assert info.value.field == "data.folder"


@pytest.mark.parametrize("keep", [10, 1000, -3000])
def test_a_cut_archive_is_refused(tmp_path, keep):
    write_cifar(tmp_path, cifar_batches())
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="damaged"):
        load_samples(Cifar10(folder=str(tmp_path)), 0)


def test_hazard_09_an_archive_with_a_huge_member_is_refused_before_it_is_unpacked(tmp_path):
    with gzip.open(tmp_path / "cifar-10-binary.tar.gz", "wb") as file:
        member = tarfile.TarInfo("other.bin")
        member.size = 2**40
        file.write(member.tobuf())
    with pytest.raises(DataError, match=r"unpacks to 1\.0 TB"):
        load_samples(Cifar10(folder=str(tmp_path)), 0)


def archive_of(*members):
    """Return a packed archive of (name, kind, size that its header promises, content)."""
    buffer = io.BytesIO()
    for name, kind, size, content in members:
        header = tarfile.TarInfo(name)
        header.type, header.size = kind, size
        buffer.write(header.tobuf(tarfile.GNU_FORMAT) + content)
    return gzip.compress(buffer.getvalue(), mtime=0)


FILE, LONG = tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (archive_of(("a", LONG, 2**33 - 1, bytes(1024))), "more than 256.0 MB"),
        (archive_of(("a", tarfile.XHDTYPE, 2**33 - 1, bytes(1024))), "more than 256.0 MB"),
        (archive_of(*[("a", LONG, 0, b"")] * 3000), "damaged"),
        (archive_of(*[(f"f{number}", FILE, 0, b"") for number in range(101)]), "more than 100"),
        (archive_of(*[("data_batch_1.bin", FILE, 3073, bytes(3584))] * 2), "twice"),
        (archive_of(("data_batch_6.bin", FILE, 3073, bytes(3584))), "0 of the 5"),
        (gzip.compress(bytes(1024), mtime=0)[:-8] + b"01234567", "damaged|0 of the 5"),
    ],
)
def test_hazard_10_an_archive_of_another_make_is_refused_at_once(tmp_path, content, message):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match=message) as info:
        load_samples(Cifar10(folder=str(tmp_path)), 0)
    assert info.value.field == "data.folder"
    assert str(tmp_path) in info.value.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_the_batches_is_not_waited_for(tmp_path):
    write_cifar(tmp_path, cifar_batches(), packed=False)
    (tmp_path / "data_batch_2.bin").unlink()
    os.mkfifo(tmp_path / "data_batch_2.bin")
    with pytest.raises(DataError, match="4 of the 5"):
        load_samples(Cifar10(folder=str(tmp_path)), 0)


def test_batches_are_taken_in_their_order_wherever_they_stand_in_the_archive(tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for number, content in reversed(list(enumerate(cifar_batches(), 1))):
            member = tarfile.TarInfo(f"data_batch_{number}.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    found = load_samples(Cifar10(folder=str(tmp_path), **WHOLE), 0)
    assert np.array_equal(found.y_train, COLOUR_LABELS)


def test_every_known_set_is_downloaded_to_where_it_is_looked_for(own_folder):
    assert set(KNOWN) == {"mnist", "fashion_mnist", "cifar10"}
    for kind in KNOWN:
        assert not is_complete(kind)
        for download in downloads_for(kind):
            assert download.to.parent == own_folder / kind
            download.to.parent.mkdir(parents=True, exist_ok=True)
            Path(download.to).touch()
        assert is_complete(kind)
