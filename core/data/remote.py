"""What has to be fetched for a known data set, and whether it is there."""

from __future__ import annotations

from core.data.download import Download
from core.data.folders import data_folder
from core.data.known import FILES

KNOWN = tuple(FILES)
"""Kinds of data that can be downloaded."""


def downloads_for(kind: str) -> tuple[Download, ...]:
    """Return what has to be fetched for a kind of data, to where it will be looked for.

    Raises
    ------
    KeyError
        If the kind is not in :data:`KNOWN`.
    """
    folder = data_folder(kind)
    return tuple(
        Download(url=place + name, checksum=checksum, size=size, to=folder / name)
        for place, name, checksum, size in FILES[kind]
    )


def is_complete(kind: str) -> bool:
    """Tell whether everything that :func:`downloads_for` names is there."""
    return all(one.to.is_file() for one in downloads_for(kind))
