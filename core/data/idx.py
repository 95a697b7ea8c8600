"""IDX files, as MNIST's: a big-endian header with type and sizes, then the values.

Source of the format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section file formats.
"""

from __future__ import annotations

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.data.files import cannot_be_read, check_unpacked, existing_file, size_text
from core.errors import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_DIMENSIONS = 8
_GZIP = b"\x1f\x8b"
_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error)
_DEFLATE_LIMIT = 1040
"""No gzip stream unpacks to more than 1,032 times its size; beyond it the header lies."""


@dataclass(frozen=True, slots=True)
class IdxHeader:
    """Type and sizes of an IDX file.

    Attributes
    ----------
    dtype : numpy.dtype
    shape : tuple of int
    packed : bool
        Whether the file is packed by gzip.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    packed: bool


def read_idx_array(text: str, field: str) -> NDArray[Any]:
    """Read an IDX file, packed by gzip or not.

    Parameters
    ----------
    text : str
        Path, as the user wrote it.
    field : str
        The setting it comes from.

    Raises
    ------
    DataError
        If it is no IDX file, holds less or more than its header promises, or too much.
    """
    path = existing_file(text, field)
    header = read_idx_header(path, field)
    promised = math.prod(header.shape) * header.dtype.itemsize
    try:
        with _opened(path, header.packed) as stream:
            stream.read(4 + 4 * len(header.shape))
            content = stream.read(promised + 1)  # one more tells whether the file goes on
    except _BROKEN as error:
        raise _damaged(path, field, str(error)) from None
    except OSError as error:
        raise cannot_be_read(text, error, field) from None
    if len(content) != promised:
        raise _lies(path, field, header, len(content))
    values = np.frombuffer(content, header.dtype)
    return values.astype(header.dtype.newbyteorder("="), copy=False).reshape(header.shape)


def read_idx_header(path: Path, field: str) -> IdxHeader:
    """Read and check the header of an IDX file.

    Raises
    ------
    DataError
        If it is none, or promises what the file cannot hold.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with _opened(path, packed) as stream:
            start = stream.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES:
                raise _damaged(path, field, "it does not start as an IDX file does")
            count = start[3]
            if not 1 <= count <= _MOST_DIMENSIONS:
                raise _damaged(path, field, f"its header says {count} dimensions")
            sizes = stream.read(4 * count)
    except _BROKEN as error:
        raise _damaged(path, field, str(error)) from None
    except OSError as error:
        raise cannot_be_read(str(path), error, field) from None
    if len(sizes) < 4 * count:
        raise _damaged(path, field, "it ends inside its header")
    shape = tuple(int.from_bytes(sizes[4 * i : 4 * i + 4], "big") for i in range(count))
    header = IdxHeader(np.dtype(_TYPES[start[2]]), shape, packed)
    promised = math.prod(shape) * header.dtype.itemsize
    there = size - 4 - 4 * count
    if not packed and promised != there:
        raise _lies(path, field, header, there)
    if packed and promised > _DEFLATE_LIMIT * size:
        raise _lies(path, field, header, size)
    check_unpacked(promised, size, repr(path.name), field)
    if 0 in shape:
        raise DataError(
            f"{path.name!r} holds no samples: {_shape_text(shape)}.",
            hint="Choose another file.",
            field=field,
        )
    return header


def _opened(path: Path, packed: bool) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(path, "rb") if packed else path.open("rb")


def _lies(path: Path, field: str, header: IdxHeader, there: int) -> DataError:
    promised = math.prod(header.shape) * header.dtype.itemsize
    if header.packed and there > promised:
        held = "more"
    elif header.packed and there * _DEFLATE_LIMIT < promised:
        held = f"{size_text(there)} packed, which cannot be as much"
    else:
        held = size_text(max(0, there))
    return DataError(
        f"The header of {path.name!r} promises {_shape_text(header.shape)} values"
        f" ({size_text(promised)}), but the file holds {held}.",
        hint="The file is damaged or only part of it is there; get it again.",
        field=field,
    )


def _damaged(path: Path, field: str, reason: str) -> DataError:
    return DataError(
        f"{path.name!r} is damaged or no IDX file ({reason}).",
        hint="Choose an IDX file such as train-images-idx3-ubyte.gz.",
        field=field,
    )


def _shape_text(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{one:,}" for one in shape)
