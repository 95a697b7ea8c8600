"""Fetching a file: resumed where it stopped, checked, and put into place in one step."""

from __future__ import annotations

import errno
import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

from core.data.files import size_text
from core.errors import LabError

TIMEOUT = 20.0
"""Seconds without a byte after which the server counts as silent."""
_CHUNK = 2**18
_REDIRECTS = 5
_HASHES = {"sha256": 64, "md5": 32}


class DownloadCancelledError(LabError):
    """The user stopped a download; what is there is kept and will be resumed."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch.

    Attributes
    ----------
    url : str
        http or https.
    checksum : str
        ``sha256:`` or ``md5:`` and the published sum in hexadecimal.
    size : int
        Bytes; no more are ever taken.
    to : Path
        Where the file goes. Until it is whole it lies beside it as ``.part``.
    """

    url: str
    checksum: str
    size: int
    to: Path

    def __post_init__(self) -> None:
        if urllib.parse.urlsplit(self.url).scheme not in ("http", "https"):
            raise LabError(f"{self.url!r} is no web address.", hint="Use http or https.")
        name, _, digest = self.checksum.partition(":")
        if len(digest) != _HASHES.get(name, -1):
            raise LabError(
                f"{self.checksum!r} is no checksum.", hint="Write sha256: or md5: and its digits."
            )

    @property
    def part(self) -> Path:
        """Where the bytes go until all are there."""
        return self.to.with_name(f"{self.to.name}.part")


def fetch(
    download: Download,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Fetch a file.

    Parameters
    ----------
    download : Download
    progress : callable
        Called with bytes there and bytes in all, after each piece, on the calling thread.
    cancelled : callable
        Asked before each piece; True stops, and keeps what is there.

    Returns
    -------
    Path
        ``download.to``, whole and checked. A file that is there already is checked, not fetched.

    Raises
    ------
    DownloadCancelledError
        If ``cancelled`` said so.
    LabError
        If the server is not reached or refuses, the file is not what was published, or the disk
        is full.
    """
    try:
        download.to.parent.mkdir(parents=True, exist_ok=True)
        if download.to.is_file() and _matches(download.to, download.checksum):
            progress(download.size, download.size)
            return download.to
        if not (download.part.is_file() and download.part.stat().st_size == download.size):
            _transfer(download, progress, cancelled)
        if not _matches(download.part, download.checksum):
            download.part.unlink()
            raise LabError(
                f"{download.url!r} is not the file that was published: its checksum differs.",
                hint="It was removed. Try again; if it stays so, get the file elsewhere.",
            )
        download.part.replace(download.to)
    except OSError as error:
        raise _disk_error(download, error) from None
    return download.to


class _Web(urllib.request.HTTPRedirectHandler):
    """Follows a few redirections, to web addresses only."""

    max_redirections = _REDIRECTS
    max_repeats = 2

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urllib.parse.urlsplit(newurl).scheme not in ("http", "https"):
            reason = f"it points on to {newurl!r}"
            raise urllib.error.HTTPError(req.full_url, code, reason, headers, fp)  # closes fp
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener of web addresses: none of files, none of FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Web(),
    ):
        opener.add_handler(handler)
    return opener


def _transfer(
    download: Download, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> None:
    """Append what is missing to the part; start anew where the server does not resume."""
    there = download.part.stat().st_size if download.part.is_file() else 0
    if there > download.size:
        download.part.unlink()
        there = 0
    request = urllib.request.Request(download.url, headers={"User-Agent": "Gradoscope"})
    if there:
        request.add_header("Range", f"bytes={there}-")
    try:
        with _opener().open(request, timeout=TIMEOUT) as response:
            resumed = response.status == HTTPStatus.PARTIAL_CONTENT and _starts_at(response, there)
            if there and response.status == HTTPStatus.PARTIAL_CONTENT and not resumed:
                raise _refused(download, "it sent another part than asked for")
            if not resumed:
                there = 0
            _write(download, response, there, progress, cancelled)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                download.part.unlink(missing_ok=True)
            raise _refused(download, f"{error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _refused(download, str(error.reason)) from None
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _refused(download, str(error) or type(error).__name__) from None


def _write(
    download: Download,
    response: http.client.HTTPResponse,
    there: int,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    with download.part.open("ab" if there else "wb") as file:
        progress(there, download.size)
        while True:
            if cancelled():
                raise DownloadCancelledError(
                    f"The download of {download.to.name!r} was stopped.",
                    hint="What is there is kept: start it again to go on.",
                )
            piece = _piece(download, response)
            if not piece:
                break
            there += len(piece)
            if there > download.size:
                break
            file.write(piece)
            progress(there, download.size)
    if there > download.size:
        download.part.unlink()
        raise LabError(
            f"{download.url!r} is larger than the {size_text(download.size)} published.",
            hint="It was removed. It is not the file meant; get it elsewhere.",
        )
    if there < download.size:
        raise LabError(
            f"The download of {download.to.name!r} broke off after {size_text(there)}"
            f" of {size_text(download.size)}.",
            hint="What is there is kept: start it again to go on.",
        )


def _piece(download: Download, response: http.client.HTTPResponse) -> bytes:
    """Return the next bytes; what fails here is the connection, not the disk."""
    try:
        return response.read1(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _refused(download, str(error) or type(error).__name__) from None


def _starts_at(response: http.client.HTTPResponse, there: int) -> bool:
    told = response.headers.get("Content-Range", "")
    return told.replace("=", " ").startswith(f"bytes {there}-")


def _matches(path: Path, checksum: str) -> bool:
    name, _, digest = checksum.partition(":")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False))
    return found.hexdigest() == digest.lower()


def _refused(download: Download, reason: str) -> LabError:
    host = urllib.parse.urlsplit(download.url).hostname
    return LabError(
        f"{download.url!r} cannot be fetched ({reason}).",
        hint=f"Is there a connection, and does {host} answer? Try again later, or get the file"
        f" another way and put it into {str(download.to.parent)!r}.",
    )


def _disk_error(download: Download, error: OSError) -> LabError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabError(
            f"The disk is full: {download.to.name!r} needs {size_text(download.size)}"
            f" in {str(download.to.parent)!r}.",
            hint="Make room and start it again: what is there is kept.",
        )
    return LabError(
        f"{str(download.to)!r} cannot be written ({error.strerror or error}).",
        hint="Choose another data folder (GRADOSCOPE_DATA).",
    )
