"""Arrays inside a NumPy archive, read by their header without ever trusting it.

Source of the format: NEP 1, "A Simple File Format for NumPy Arrays", and its versions 2 and 3.
NumPy's own reader is not used: its errors on damaged headers are of a dozen kinds, it believes
their sizes, and it warns where a test run must not.
"""

from __future__ import annotations

import ast
import math
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.data.files import MOST_BYTES, cannot_be_read, check_unpacked, size_text
from core.errors import DataError

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # bytes; a plain array needs about 100
_MOST_DIMENSIONS = 8
_TYPE = re.compile(r"[<>|=]?(?:b1|[biuf][1248]|[US][1-9]\d{0,5})")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # a kind of compression that zipfile does not know
    RuntimeError,  # an encrypted member
    OverflowError,
)
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What an array in an archive says about itself, checked against the size of its file.

    Attributes
    ----------
    name : str
    dtype : numpy.dtype
    shape : tuple of int
    fortran : bool
        Whether the first index runs fastest.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


class Archive:
    """A NumPy archive, open for reading. A context manager.

    Parameters
    ----------
    path : Path
    field : str
        The setting that named it.

    Raises
    ------
    DataError
        If it is no archive.
    """

    def __init__(self, path: Path, field: str) -> None:
        self._path = path
        self._field = field
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise DataError(
                f"{str(path)!r} is no NumPy archive.",
                hint="Save it with numpy.savez or numpy.savez_compressed.",
                field=field,
            ) from None
        except _DAMAGED as error:
            raise cannot_be_read(str(path), error, field) from None

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Return the names of the arrays."""
        return [one.removesuffix(".npy") for one in self._zip.namelist() if one.endswith(".npy")]

    def header(self, name: str) -> ArrayHeader:
        """Return what an array says about itself; nothing large is read or unpacked.

        Raises
        ------
        DataError
            If it is damaged, too large, of a type that is not read, or says what cannot be.
        """
        try:
            with self._zip.open(self._member(name)) as stream:
                return self._header(stream, name)
        except _DAMAGED as error:
            raise self._damaged(name, str(error)) from None

    def read(self, name: str) -> NDArray[Any]:
        """Return an array.

        Raises
        ------
        DataError
            As :meth:`header`, or if the values are damaged.
        """
        try:
            with self._zip.open(self._member(name)) as stream:
                header = self._header(stream, name)
                content = stream.read(header.nbytes)
                more = stream.read(1)  # at the end of the member its checksum is compared
        except _DAMAGED as error:
            raise self._damaged(name, str(error)) from None
        if more or len(content) != header.nbytes:
            raise self._damaged(name, "its header and its size do not agree")
        values = np.frombuffer(content, header.dtype)
        native = values.astype(header.dtype.newbyteorder("="), copy=False)
        if native.dtype.kind == "U" and not _is_text(native):
            raise self._damaged(name, "its text is none in Unicode")
        return native.reshape(header.shape, order="F" if header.fortran else "C")

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = self._zip.getinfo(f"{name}.npy")
        what = f"The array {name!r} in {self._path.name!r}"
        check_unpacked(member.file_size, member.compress_size, what, self._field)
        if member.compress_type not in _PLAIN:
            raise self._damaged(name, "it is packed in a way that NumPy does not use")
        return member

    def _header(self, stream: IO[bytes], name: str) -> ArrayHeader:
        start = stream.read(8)
        if len(start) < 8 or not start.startswith(_MAGIC) or start[6] not in (1, 2, 3):
            raise self._damaged(name, "it does not start as an array does")
        width = 2 if start[6] == 1 else 4
        length = int.from_bytes(stream.read(width), "little")
        if not 0 < length <= _LONGEST_HEADER:
            raise self._damaged(name, f"its header has {length:,} bytes")
        text = stream.read(length).decode("latin-1" if start[6] < 3 else "utf-8")
        dtype, shape, fortran = self._parse(text, name)
        header = ArrayHeader(name, dtype, shape, fortran)
        there = self._zip.getinfo(f"{name}.npy").file_size - 8 - width - length
        if header.nbytes > MOST_BYTES or header.nbytes != there:
            raise DataError(
                f"The array {name!r} in {self._path.name!r} promises {size_text(header.nbytes)}"
                f" (shape {_shape_text(shape)}), but the file holds {size_text(max(0, there))}.",
                hint="The file is damaged or was made to do harm; save it again.",
                field=self._field,
            )
        if 0 in shape or not shape:
            raise DataError(
                f"The array {name!r} in {self._path.name!r} has shape {_shape_text(shape)}:"
                " it holds no samples.",
                hint="Save an array with a row a sample.",
                field=self._field,
            )
        return header

    def _parse(self, text: str, name: str) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
        try:
            told = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            raise self._damaged(name, "its header cannot be read") from None
        if not isinstance(told, dict) or set(told) != {"descr", "fortran_order", "shape"}:
            raise self._damaged(name, "its header is not that of an array")
        kind, shape, fortran = told["descr"], told["shape"], told["fortran_order"]
        if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
            shown = f"the type {str(kind)[:60]}, not numbers that a network can take"
            if kind in ("|O", "O"):
                shown = "Python objects, which may carry program code"
            raise DataError(
                f"The array {name!r} in {self._path.name!r} holds {shown}.",
                hint="Save it as numbers: numpy.asarray(x, dtype=float).",
                field=self._field,
            )
        right = (
            isinstance(shape, tuple)
            and len(shape) <= _MOST_DIMENSIONS
            and all(type(one) is int and 0 <= one < 2**48 for one in shape)
            and isinstance(fortran, bool)
        )
        if not right:
            raise self._damaged(name, f"its header says shape {_shape_text(shape)}")
        return np.dtype(kind), shape, fortran

    def _damaged(self, name: str, reason: str) -> DataError:
        return DataError(
            f"The array {name!r} in {self._path.name!r} is damaged ({reason}).",
            hint="Save it again, or choose another file.",
            field=self._field,
        )


def _is_text(values: NDArray[Any]) -> bool:
    """Tell whether every character exists; Python stops at one that does not."""
    codes = values.view(np.uint32)
    return not ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any()


def _shape_text(shape: object) -> str:
    if isinstance(shape, tuple) and all(type(one) is int for one in shape):
        return " × ".join(f"{one:,}" for one in shape) or "()"
    return str(shape)[:60]
