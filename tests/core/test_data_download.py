"""Downloads, against a server of our own: resumed, checked, stopped, and never half in place."""

import errno
import hashlib
import http.server
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from core.data import download as module
from core.data.download import Download, DownloadCancelledError, fetch
from core.errors import LabError

CONTENT = np.random.default_rng(7).bytes(3_000_000)  # the same in every process
SHA = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT in ways that real servers have, one a path."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        getattr(self, f"serve_{self.path.strip('/').partition('/')[0]}")()

    def log_message(self, *args):
        pass

    def start(self):
        wanted = self.headers.get("Range")
        return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0

    def send(self, status, body, **headers):
        self.send_response(status)
        for name, value in ({"Content-Length": len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            self.wfile.write(body)

    def serve_good(self):
        start = self.start()
        if start:
            told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.send(206, CONTENT[start:], Content_Range=told)
        else:
            self.send(200, CONTENT)

    def serve_ignores(self):
        self.send(200, CONTENT)

    def serve_other(self):
        self.send(206, CONTENT[5:], Content_Range=f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}")

    def serve_wrong(self):
        self.send(200, bytes(len(CONTENT)))

    def serve_long(self):
        self.send(200, CONTENT + bytes(1_000_000))

    def serve_endless(self):
        self.send(200, CONTENT * 2, Content_Length=2**50)
        self.close_connection = True

    def serve_cut(self):
        start = self.start()
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        self.wfile.write(CONTENT[start : start + 1_200_000])
        self.close_connection = True

    def serve_silent(self):
        self.server.released.wait(20)

    def serve_stalls(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        self.wfile.flush()
        self.server.released.wait(20)

    def serve_none(self):
        self.send_error(404, "Not Found")

    def serve_beyond(self):
        if self.start():
            self.send_error(416, "Range Not Satisfiable")
        else:
            self.send(200, CONTENT)

    def serve_noise(self):
        self.wfile.write(b"this is no answer\r\n\r\n")

    def serve_moved(self):
        self.send(302, b"", Location="/good")

    def serve_loop(self):
        self.send(302, b"", Location=f"/loop/{self.path.count('/')}" + "/x" * self.path.count("/"))

    def serve_file(self):
        self.send(302, b"", Location="file:///etc/hostname")

    def serve_ftp(self):
        self.send(302, b"", Location="ftp://localhost/x")


class Server(http.server.ThreadingHTTPServer):
    """Waits for its answers to end when it is closed."""

    daemon_threads = False


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server(("127.0.0.1", 0), Handler) as found:
        found.asked, found.released = [], threading.Event()
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.released.set()
        found.shutdown()
        thread.join()


@pytest.fixture
def order(server, tmp_path):
    """Return a function that makes an order for a path of the server."""

    def make(path, checksum=SHA):
        url = f"http://127.0.0.1:{server.server_port}/{path}"
        return Download(url, checksum, len(CONTENT), tmp_path / "data" / "set" / "file.gz")

    return make


def left(one):
    return sorted(path.name for path in one.to.parent.iterdir())


@pytest.mark.parametrize("checksum", [SHA, MD5, SHA.upper().replace("SHA256", "sha256")])
def test_a_file_arrives_whole_under_its_name_with_its_progress(order, checksum):
    steps = []
    one = order("good", checksum)
    assert fetch(one, lambda *step: steps.append(step)) == one.to
    assert one.to.read_bytes() == CONTENT
    assert left(one) == ["file.gz"]
    done = [step[0] for step in steps]
    assert done == sorted(done)
    assert done[0] == 0
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert len(steps) > 3


def test_a_file_that_is_there_is_not_fetched_again(order, server):
    fetch(order("good"))
    fetch(order("good"))
    assert len(server.asked) == 1


def test_a_file_that_is_there_but_damaged_is_fetched_again(order):
    one = order("good")
    one.to.parent.mkdir(parents=True)
    one.to.write_bytes(CONTENT[:-1] + b"x")
    fetch(one)
    assert one.to.read_bytes() == CONTENT


def test_a_cancelled_download_goes_on_where_it_stopped(order, server):
    one, done = order("good"), [0]
    with pytest.raises(DownloadCancelledError, match="stopped"):
        fetch(one, lambda there, total: done.append(there), lambda: done[-1] > 1_000_000)
    kept = one.part.stat().st_size
    assert 1_000_000 < kept == done[-1] < len(CONTENT)
    assert not one.to.exists()
    steps = []
    fetch(one, lambda *step: steps.append(step))
    assert one.to.read_bytes() == CONTENT
    assert server.asked[1][1] == f"bytes={kept}-"
    assert steps[0] == (kept, len(CONTENT))


def test_a_broken_connection_keeps_what_is_there_and_goes_on(order):
    one = order("cut")
    for count in (1, 2):
        with pytest.raises(LabError, match="broke off after"):
            fetch(one)
        assert one.part.read_bytes() == CONTENT[: count * 1_200_000]
    fetch(one)
    assert one.to.read_bytes() == CONTENT


@pytest.mark.parametrize("kept", [CONTENT[:1000], bytes(1000)])
def test_a_server_that_does_not_resume_starts_anew(order, kept):
    one = order("ignores")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(kept)
    fetch(one)
    assert one.to.read_bytes() == CONTENT


def test_a_part_that_is_whole_is_checked_without_asking(order, server):
    one = order("good")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(CONTENT)
    fetch(one)
    assert one.to.read_bytes() == CONTENT
    assert server.asked == []


def test_a_part_that_is_too_long_is_thrown_away(order, server):
    one = order("good")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(CONTENT + b"more")
    fetch(one)
    assert one.to.read_bytes() == CONTENT
    assert server.asked[0][1] is None


@pytest.mark.parametrize("part", [b"", bytes(1000), bytes(len(CONTENT))])
def test_a_wrong_checksum_leaves_neither_file_nor_part(order, part):
    one = order("good", MD5[:-2] + "zz") if not part else order("good")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(part)
    with pytest.raises(LabError, match="checksum differs"):
        fetch(one)
    assert left(one) == []


def test_another_file_of_the_right_size_is_not_kept(order):
    one = order("wrong")
    with pytest.raises(LabError, match="not the file that was published"):
        fetch(one)
    assert left(one) == []


@pytest.mark.parametrize("path", ["long", "endless"])
def test_no_more_is_taken_than_was_published(order, path):
    one, done = order(path), []
    with pytest.raises(LabError, match=r"larger than the 2\.9 MB published"):
        fetch(one, lambda there, total: done.append(there))
    assert max(done) <= len(CONTENT)
    assert left(one) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "404 Not Found"),
        ("noise", "cannot be fetched"),
        ("loop", "cannot be fetched .*redirect"),
        ("file", "file:///etc/hostname.* is not allowed"),
        ("ftp", "points on to 'ftp://localhost/x'"),
    ],
)
def test_what_the_server_refuses_is_told_with_the_address(order, path, message):
    one = order(path)
    with pytest.raises(LabError, match=f"(?s){message}") as info:
        fetch(one)
    assert one.url in info.value.message
    assert str(one.to.parent) in info.value.hint
    assert left(one) == []


def test_a_redirection_is_followed_a_few_times(order, server):
    fetch(order("moved"))
    assert [path for path, _ in server.asked] == ["/moved", "/good"]
    server.asked.clear()
    with pytest.raises(LabError):
        fetch(order("loop", SHA.replace(SHA[-4:], "0000")))
    assert len(server.asked) <= 7


def test_another_part_than_asked_for_is_refused_and_the_old_one_kept(order):
    one = order("other")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(CONTENT[:1000])
    with pytest.raises(LabError, match="another part"):
        fetch(one)
    assert one.part.read_bytes() == CONTENT[:1000]


def test_a_part_that_the_server_knows_nothing_of_is_thrown_away(order):
    one = order("beyond")
    one.to.parent.mkdir(parents=True)
    one.part.write_bytes(CONTENT[:1000])
    with pytest.raises(LabError, match="416"):
        fetch(one)
    fetch(one)
    assert one.to.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["silent", "stalls"])
def test_a_silent_server_is_given_up(order, monkeypatch, path):
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    with pytest.raises(LabError, match=r"cannot be fetched .*timed out"):
        fetch(order(path))


def test_no_server_at_all_is_told(tmp_path, server):
    url = f"http://127.0.0.1:{server.server_port}/good"
    server.socket.close()
    with pytest.raises(LabError, match="cannot be fetched"):
        fetch(Download(url, SHA, len(CONTENT), tmp_path / "file"))


def test_hazard_04_a_full_disk_is_told_and_the_part_kept(order, monkeypatch):
    opened = Path.open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *args):
            self.file.close()

        def write(self, piece):
            if self.file.tell() + len(piece) > 1_000_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(piece)

    def open_full(path, mode="r", *args, **more):
        file = opened(path, mode, *args, **more)
        return Full(file) if path.suffix == ".part" and "r" not in mode else file

    one = order("good")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        with pytest.raises(LabError, match=r"disk is full.*needs 2\.9 MB") as info:
            fetch(one)
    assert "Make room" in info.value.hint
    assert one.part.read_bytes() == CONTENT[: one.part.stat().st_size] != b""
    fetch(one)
    assert one.to.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_told(order, tmp_path):
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(LabError, match="cannot be written"):
        fetch(order("good"))


@pytest.mark.parametrize(
    ("url", "checksum"),
    [
        ("file:///etc/passwd", SHA),
        ("ftp://x/y", SHA),
        ("good", SHA),
        ("http://x/y", "sha256:12"),
        ("http://x/y", SHA.removeprefix("sha256:")),
        ("http://x/y", "crc32:00000000"),
        ("http://x/y", ""),
    ],
)
def test_an_order_that_cannot_be_is_refused(url, checksum, tmp_path):
    with pytest.raises(LabError, match=r"no web address|no checksum"):
        Download(url, checksum, 1, tmp_path / "file")
