"""The last large files that were read, so that a run that starts anew does not read them again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.data.raw import Raw
from core.experiment.data_base import DataPart

MOST_BYTES = 2**29
"""What all remembered data may take up together."""
WORTH = 2**20
"""Bytes from which on data are remembered: less is read in a moment."""
_MOST = 2  # files: the one in use, and the one before it
_Spec = TypeVar("_Spec", bound=DataPart)
_Key = tuple[object, ...]

_lock = threading.Lock()  # held for a look into the dictionary, never while a file is read
_remembered: dict[_Key, Raw] = {}  # the oldest first


def remembered(read: Callable[[_Spec], Raw], spec: _Spec, *paths: str) -> Raw:
    """Return what ``read(spec)`` gives, from memory if neither file nor settings have changed.

    Parameters
    ----------
    read : callable
        Reads the files; what it raises is passed on and not remembered.
    spec : DataPart
        Settings that act after reading, those of every kind of data, do not matter.
    *paths : str
        As the user wrote them: the files that are read.

    Returns
    -------
    Raw
        With arrays that cannot be written to, if it may be given to somebody else too.
    """
    key = _key(spec, paths)
    with _lock:
        found = _remembered.pop(key, None)
        if found is not None:
            _remembered[key] = found  # the newest now
            return found
    raw = read(spec)
    if WORTH <= _size(raw) <= MOST_BYTES and key and key == _key(spec, paths):
        raw.x.flags.writeable = raw.y.flags.writeable = False
        _keep(key, raw)
    return raw


def forget() -> None:
    """Remember nothing."""
    with _lock:
        _remembered.clear()


def _keep(key: _Key, raw: Raw) -> None:
    with _lock:
        _remembered.pop(key, None)  # another thread may have read the same
        _remembered[key] = raw
        while len(_remembered) > _MOST or sum(map(_size, _remembered.values())) > MOST_BYTES:
            del _remembered[next(iter(_remembered))]


def _key(spec: DataPart, paths: tuple[str, ...]) -> _Key:
    """Return what settles the result of reading, or nothing if a file is not there."""
    settings = tuple(spec.model_dump(exclude=set(DataPart.model_fields)).items())
    try:
        return (settings, *(_identity(Path(path).expanduser()) for path in paths))
    except (OSError, ValueError, RuntimeError):  # the reader says what is wrong with it
        return ()


def _identity(path: Path) -> tuple[object, ...]:
    status = path.stat()
    times = status.st_mtime_ns, status.st_ctime_ns
    return str(path.resolve()), status.st_dev, status.st_ino, status.st_size, *times


def _size(raw: Raw) -> int:
    return raw.x.nbytes + raw.y.nbytes
