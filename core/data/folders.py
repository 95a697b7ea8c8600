"""Where the files of known data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from core.errors import DataError

ENVIRONMENT = "GRADOSCOPE_DATA"
"""Names another folder for downloaded data."""
_DEBIAN = {"fashion_mnist": ("/usr/share/datasets/fashion-mnist",)}
"""Debian's package dataset-fashion-mnist; its files are packed anew and have sums of their own."""


def data_folder(kind: str) -> Path:
    """Return the folder in which downloaded files of a set are kept; it may not exist yet."""
    named = os.environ.get(ENVIRONMENT)
    root = Path(named) if named else Path(platformdirs.user_data_dir("gradoscope")) / "data"
    return root / kind


def candidates(kind: str, folder: str) -> list[Path]:
    """Return the folders to look in: the one named, else our own and the system's."""
    if folder.strip():
        try:
            return [Path(folder).expanduser()]
        except RuntimeError as error:  # ~nobody
            raise DataError(
                f"{folder!r} cannot be found ({error}).",
                hint="Write the whole path.",
                field="data.folder",
            ) from None
    return [data_folder(kind), *map(Path, _DEBIAN.get(kind, ()))]


def find_file(kind: str, folder: str, names: tuple[str, ...], advice: str) -> Path:
    """Return the first of ``names`` that is there.

    Parameters
    ----------
    kind : str
        Of data, such as ``mnist``.
    folder : str
        From the specification; empty for the usual ones.
    names : tuple of str
        Relative names under which the file is known.
    advice : str
        Where to get it.

    Raises
    ------
    DataError
        If none is there, with the folders and the advice.
    """
    places = candidates(kind, folder)
    for place in places:
        for name in names:
            try:
                if (place / name).is_file():
                    return place / name
            except (OSError, ValueError):  # a name too long, a NUL in it: not there
                continue
    where = " or ".join(repr(str(place)) for place in places)
    raise DataError(f"The file {names[0]!r} is not in {where}.", hint=advice, field="data.folder")
