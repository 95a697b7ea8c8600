"""Well-known image sets: those that come with the laboratory, and those read from files.

Training images only: the test images of a set are left for a final test by its users.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.files import cannot_be_read, check_unpacked
from core.data.folders import find_file
from core.data.idx import read_idx_array
from core.data.known import advice_for
from core.data.npy import Archive
from core.data.raw import Raw
from core.errors import DataError

if TYPE_CHECKING:
    from core.experiment.data import Cifar10, FashionMnist, Mnist

DIGIT_NAMES = tuple(str(digit) for digit in range(10))
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
CIFAR_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_CIFAR_RECORD = 1 + 3 * 32 * 32  # a label, then red, green and blue, row by row
_CIFAR_BATCH = 10_000 * _CIFAR_RECORD
_FIELD = "data.folder"


def read_bundled(path: Path, names: tuple[str, ...], largest: float) -> Raw:
    """Read a set that comes with the laboratory.

    Parameters
    ----------
    path : Path
    names : tuple of str
        Of the classes.
    largest : float
        Value of a white pixel.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    advice = "Install Gradoscope again, or choose other data."
    if not path.is_file():
        raise DataError(
            f"The data file {path.name!r} is missing from {str(path.parent)!r}.",
            hint=advice,
            field="data.kind",
        )
    try:
        with Archive(path, "data.kind") as archive:
            x, y = archive.read("x_train"), archive.read("y_train")
    except (DataError, KeyError) as error:
        reason = error.message if isinstance(error, DataError) else f"no array {error}"
        raise DataError(
            f"The data file {path.name!r} is damaged ({reason.rstrip('.')}).",
            hint=advice,
            field="data.kind",
        ) from None
    return _images(x[:, None], y, names, largest)


def read_mnist(spec: Mnist) -> Raw:
    """Read the 60,000 training images of MNIST.

    Raises
    ------
    DataError
        If the files are missing, damaged or of another set.
    """
    return _read_idx_set("mnist", spec.folder, DIGIT_NAMES)


def read_fashion_mnist(spec: FashionMnist) -> Raw:
    """Read the 60,000 training images of Fashion-MNIST; errors as :func:`read_mnist`."""
    return _read_idx_set("fashion_mnist", spec.folder, FASHION_NAMES)


def read_cifar10(spec: Cifar10) -> Raw:
    """Read the 50,000 training images of CIFAR-10, binary version, packed or unpacked.

    The version for Python is a pickle, which may run any code when it is opened: not read.

    Raises
    ------
    DataError
        If the files are missing or damaged.
    """
    first = find_file(
        "cifar10",
        spec.folder,
        (
            "cifar-10-binary.tar.gz",
            "data_batch_1.bin",
            "cifar-10-batches-bin/data_batch_1.bin",
        ),
        advice_for("cifar10"),
    )
    packed = first.name.endswith(".gz")
    batches = list(_packed_batches(first) if packed else _unpacked_batches(first.parent))
    if len(batches) != 5:
        raise DataError(
            f"{str(first)!r} holds {len(batches)} of the 5 training batches.",
            hint=advice_for("cifar10"),
            field=_FIELD,
        )
    records = np.frombuffer(b"".join(batches), np.uint8).reshape(-1, _CIFAR_RECORD)
    x = np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32)
    return _images(x, records[:, 0], CIFAR_NAMES, 255.0)


def _read_idx_set(kind: str, folder: str, names: tuple[str, ...]) -> Raw:
    parts = []
    for stem, dimensions in (("train-images", 3), ("train-labels", 1)):
        dash, dot = f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte"
        known = (f"{dash}.gz", dash, f"{dot}.gz", dot)
        path = find_file(kind, folder, known, advice_for(kind))
        array = read_idx_array(str(path), _FIELD)
        if array.ndim != dimensions or array.dtype != np.uint8:
            raise DataError(
                f"{str(path)!r} holds {array.dtype} of shape {array.shape}.",
                hint=advice_for(kind),
                field=_FIELD,
            )
        parts.append(array)
    x, y = parts
    if len(x) != len(y):
        raise DataError(
            f"There are {len(x):,} images and {len(y):,} labels in {str(path.parent)!r}.",
            hint=advice_for(kind),
            field=_FIELD,
        )
    return _images(x[:, None], y, names, 255.0)


def _images(x: NDArray[Any], y: NDArray[Any], names: tuple[str, ...], largest: float) -> Raw:
    if y.max() >= len(names):
        raise DataError(
            f"The labels go up to {y.max()}, but there are {len(names)} classes.",
            hint="The file is damaged or holds another set; get it again.",
            field=_FIELD,
        )
    features = int(np.prod(x.shape[1:]))
    flat = x.reshape(len(x), features)
    return Raw(flat, y.astype(np.int64), names, tuple(x.shape[1:]), (0.0, largest))


def _packed_batches(path: Path) -> Iterator[bytes]:
    """Yield the training batches from the archive; nothing is unpacked to the disk."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            total = 0
            for member in archive:
                total += member.size
                check_unpacked(total, path.stat().st_size, repr(str(path)), _FIELD)
                name = member.name.rpartition("/")[2]
                if member.isfile() and name.startswith("data_batch_") and name.endswith(".bin"):
                    stream = archive.extractfile(member)
                    if stream is not None:
                        yield _checked(stream.read(_CIFAR_BATCH + 1), path / name)
    except (tarfile.TarError, zlib.error, EOFError, ValueError) as error:
        raise DataError(
            f"{str(path)!r} is damaged ({error}).", hint=advice_for("cifar10"), field=_FIELD
        ) from None
    except OSError as error:
        raise cannot_be_read(str(path), error, _FIELD) from None


def _unpacked_batches(folder: Path) -> Iterator[bytes]:
    for number in range(1, 6):
        path = folder / f"data_batch_{number}.bin"
        try:
            with path.open("rb") as file:
                yield _checked(file.read(_CIFAR_BATCH + 1), path)
        except OSError as error:
            raise cannot_be_read(str(path), error, _FIELD) from None


def _checked(content: bytes, path: Path) -> bytes:
    if not content or len(content) % _CIFAR_RECORD or len(content) > _CIFAR_BATCH:
        raise DataError(
            f"{str(path)!r} does not hold whole images of CIFAR-10 ({len(content):,} bytes).",
            hint=advice_for("cifar10"),
            field=_FIELD,
        )
    return content
