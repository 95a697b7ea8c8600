"""Opening what a user named: early, clear refusals, and limits before anything is read."""

from __future__ import annotations

import stat
from pathlib import Path

from core.errors import DataError

MOST_BYTES = 2**30
"""What data may take up once unpacked: 1 GB. More would freeze a laptop before it trains."""
MOST_FILE_BYTES = 2**31
"""Size of a file that is read at all."""
MOST_RATIO = 200
"""Unpacked by packed size; real data seldom reach 100, deflate's own end is near 1,000."""
_SMALL = 2**26  # a high ratio does no harm up to 64 MB: a few empty images reach it


def existing_file(text: str, field: str) -> Path:
    """Return the path of a regular file that is neither empty nor huge.

    Parameters
    ----------
    text : str
        As the user wrote it; ``~`` is the home folder.
    field : str
        The setting it comes from.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be one with data.
    """
    if not text.strip():
        raise DataError("No file is chosen.", hint="Choose one, or other data.", field=field)
    try:
        path = Path(text).expanduser()
        status = path.stat()
    except FileNotFoundError:
        raise DataError(
            f"There is no file {text!r}.", hint="Check the name and the folder.", field=field
        ) from None
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL in it, no such user
        raise cannot_be_read(text, error, field) from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{text!r} is a folder.", hint="Choose a file in it.", field=field)
    if not stat.S_ISREG(status.st_mode):
        raise DataError(
            f"{text!r} is a device or a pipe, not a file.", hint="Choose a file.", field=field
        )
    if status.st_size == 0:
        raise DataError(f"{text!r} is empty.", hint="Choose a file with data.", field=field)
    if status.st_size > MOST_FILE_BYTES:
        raise DataError(
            f"{text!r} has {size_text(status.st_size)}; the limit is {size_text(MOST_FILE_BYTES)}.",
            hint="Cut a smaller part out of it.",
            field=field,
        )
    return path


def check_unpacked(size: int, packed: int, what: str, field: str) -> None:
    """Refuse what would unpack to too much, before any of it is unpacked.

    Raises
    ------
    DataError
        Above :data:`MOST_BYTES`, or above :data:`MOST_RATIO` where that is much.
    """
    if size > MOST_BYTES:
        raise DataError(
            f"{what} unpacks to {size_text(size)}; the limit is {size_text(MOST_BYTES)}.",
            hint="Cut a smaller part out of it.",
            field=field,
        )
    if size > _SMALL and size > MOST_RATIO * max(1, packed):
        raise DataError(
            f"{what} unpacks from {size_text(packed)} to {size_text(size)},"
            f" more than {MOST_RATIO} times.",
            hint="That is how archives look that are made to do harm; save the data unpacked.",
            field=field,
        )


def cannot_be_read(text: str, error: Exception, field: str) -> DataError:
    """Return the error for a file that the system does not give."""
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(
        f"{text!r} cannot be read ({reason}).", hint="Choose another file.", field=field
    )


def size_text(size: int) -> str:
    """Return a number of bytes for people: 12 bytes, 3.4 MB.

    Examples
    --------
    >>> size_text(12), size_text(2**30), size_text(4 * 2**40)
    ('12 bytes', '1.0 GB', '4.0 TB')
    """
    if size < 1024:
        return f"{size} byte{'' if size == 1 else 's'}"
    value, unit = size / 1024, "KB"
    for larger in ("MB", "GB", "TB", "PB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:,.1f} {unit}"
