"""Whether the files that data are read from are on the disk: a look at names, nothing is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.files import existing_file
from core.data.folders import find_file
from core.data.known import FILES, LOOKED_FOR, advice_for
from core.errors import DataError
from core.experiment.data import Csv, FashionMnist, Idx, Npz

if TYPE_CHECKING:
    from core.experiment.data_base import DataPart


def missing(data: DataPart) -> DataError | None:
    """Return what building a run of these data is known to fail with, or None.

    Returns
    -------
    DataError or None
        That a file is not there. None promises nothing of what is in the files.
    """
    try:
        if isinstance(data, Csv | Npz):
            existing_file(data.path, "data.path")
        elif isinstance(data, Idx):
            existing_file(data.images, "data.images")
            existing_file(data.labels, "data.labels")
        else:
            _find_set(data)
    except DataError as error:
        return error
    return None


def to_download(data: DataPart) -> str:
    """Return the kind of data whose files can be fetched and are not there, or nothing."""
    kind = str(getattr(data, "kind", ""))
    named = str(getattr(data, "folder", "")).strip()
    return kind if kind in FILES and not named and missing(data) is not None else ""


def _find_set(data: DataPart) -> None:
    kind = str(getattr(data, "kind", ""))
    if isinstance(data, FashionMnist) and data.files == "bundled":
        return
    for names in LOOKED_FOR.get(kind, ()):
        find_file(kind, str(getattr(data, "folder", "")), names, advice_for(kind))
