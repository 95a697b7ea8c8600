"""Well-known image sets: those that come with the laboratory, and those read from files.

Training images only: the test images of a set are left for a final test by its users.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.files import cannot_be_read, check_unpacked, size_text
from core.data.folders import find_file
from core.data.idx import read_idx_array
from core.data.known import LOOKED_FOR, advice_for
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
_CIFAR_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_CIFAR_UNPACKED = 2**28  # the real archive unpacks to 184 MB ...
_CIFAR_MEMBERS = 100  # ... and holds 9 files and folders
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
        LOOKED_FOR["cifar10"][0],
        advice_for("cifar10"),
    )
    packed = first.name.endswith(".gz")
    batches = _packed_batches(first) if packed else _unpacked_batches(first.parent)
    if len(batches) != len(_CIFAR_BATCHES):
        where = first if packed else first.parent
        raise DataError(
            f"{str(where)!r} holds {len(batches)} of the {len(_CIFAR_BATCHES)} training batches.",
            hint=advice_for("cifar10"),
            field=_FIELD,
        )
    records = np.frombuffer(b"".join(batches[name] for name in _CIFAR_BATCHES), np.uint8).reshape(
        -1, _CIFAR_RECORD
    )
    x = np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32)
    return _images(x, records[:, 0], CIFAR_NAMES, 255.0)


def _read_idx_set(kind: str, folder: str, names: tuple[str, ...]) -> Raw:
    parts: list[NDArray[np.uint8]] = []
    paths = [find_file(kind, folder, known, advice_for(kind)) for known in LOOKED_FOR[kind]]
    for path, dimensions in zip(paths, (3, 1), strict=True):
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
            f"There are {len(x):,} images and {len(y):,} labels in {str(paths[-1].parent)!r}.",
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


class _Bounded(gzip.GzipFile):
    """Unpacks no more than the real archive holds, whatever the headers in it promise."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or self.tell() + size > _CIFAR_UNPACKED:
            raise _too_much()
        return super().read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > _CIFAR_UNPACKED:
            raise _too_much()
        return super().seek(offset, whence)


def _too_much() -> tarfile.ReadError:
    return tarfile.ReadError(f"it unpacks to more than {size_text(_CIFAR_UNPACKED)}")


def _packed_batches(path: Path) -> dict[str, bytes]:
    """Return the training batches in the archive; nothing is unpacked to the disk."""
    found: dict[str, bytes] = {}
    try:
        with _Bounded(path, "rb") as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            total = 0
            for count, member in enumerate(archive):
                total += member.size
                check_unpacked(total, path.stat().st_size, repr(str(path)), _FIELD)
                if count == _CIFAR_MEMBERS:
                    raise tarfile.ReadError(f"it holds more than {_CIFAR_MEMBERS} files")
                name = member.name.rpartition("/")[2]
                if not member.isfile() or name not in _CIFAR_BATCHES:
                    continue
                if name in found:
                    raise tarfile.ReadError(f"it holds {name!r} twice")
                stream = archive.extractfile(member)
                if stream is not None:
                    found[name] = _checked(stream.read(_CIFAR_BATCH + 1), path / name)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, RecursionError) as error:
        raise _damaged_cifar(path, error) from None
    except gzip.BadGzipFile as error:
        raise _damaged_cifar(path, error) from None
    except OSError as error:
        raise cannot_be_read(str(path), error, _FIELD) from None
    return found


def _damaged_cifar(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{str(path)!r} is damaged ({error}).", hint=advice_for("cifar10"), field=_FIELD
    )


def _unpacked_batches(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in _CIFAR_BATCHES:
        path = folder / name
        try:
            if path.is_file():  # a pipe would never end
                with path.open("rb") as file:
                    found[name] = _checked(file.read(_CIFAR_BATCH + 1), path)
        except OSError as error:
            raise cannot_be_read(str(path), error, _FIELD) from None
    return found


def _checked(content: bytes, path: Path) -> bytes:
    if not content or len(content) % _CIFAR_RECORD or len(content) > _CIFAR_BATCH:
        raise DataError(
            f"{str(path)!r} does not hold whole images of CIFAR-10 ({len(content):,} bytes).",
            hint=advice_for("cifar10"),
            field=_FIELD,
        )
    return content
