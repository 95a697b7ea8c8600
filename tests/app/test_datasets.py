"""Dialogs about data: what they show, what they change, and that closing ends their threads."""

from __future__ import annotations

import hashlib
import http.server
import threading
from contextlib import suppress

import numpy as np
import pytest

from app.datasets import DownloadDialog, PreviewDialog
from app.datasets.download_dialog import Rate, progress_text
from core.data import known
from core.experiment.data import Csv, Idx, Npz

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
CONTENT = np.random.default_rng(0).bytes(600_000)
HALF = len(CONTENT) // 2


def looked(qtbot, source) -> PreviewDialog:
    dialog = PreviewDialog(source)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: not dialog.is_looking)
    return dialog


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_text("species,width,length\nrose,1.5,2\ntulip,2.5,3\nrose,0.5,4\n")
    return path


def test_a_table_is_shown_with_its_classes_and_the_suggested_target(qtbot, table) -> None:
    dialog = looked(qtbot, table)
    assert dialog.table.rowCount() == 3
    assert dialog.table.item(1, 0).text() == "tulip"
    assert dialog.facts.text() == "flowers.csv: 3 samples, 3 columns"
    assert dialog.classes.text() == "2 classes: rose, tulip"
    assert dialog.chosen() == Csv(path=str(table), target="species")
    assert dialog.problems.isHidden()


def test_another_target_is_looked_at_anew_and_returned(qtbot, table) -> None:
    table.write_text("a,b,b\n1.5,2,3\n2.5,3,4\n")
    spec = Csv(path=str(table), target="a", separator="comma")
    dialog = looked(qtbot, spec)
    dialog.target.setCurrentIndex(1)  # its name occurs twice: only the number means it
    dialog.target.activated.emit(1)
    dialog.task.setCurrentIndex(dialog.task.findData("regression"))
    dialog.task.activated.emit(2)
    assert not dialog.use.isEnabled()
    qtbot.waitUntil(lambda: not dialog.is_looking)
    assert dialog.chosen() == spec.model_copy(update={"target": "2", "task": "regression"})
    assert dialog.target.currentIndex() == 1
    assert dialog.classes.text() == "A number is predicted."
    dialog.use.click()
    assert dialog.result() == PreviewDialog.DialogCode.Accepted


def test_problems_are_told_with_what_to_do_and_rows_can_be_left_out(qtbot, table) -> None:
    table.write_text("x,y\n1,cat\n,dog\n3,cat\n4,dog\n")
    dialog = looked(qtbot, Csv(path=str(table)))
    told = dialog.problems.label.accessibleName()
    assert "Line 3, column 'x'" in told and "leave such rows out" in told
    assert dialog.use.text() == "Use anyway"
    dialog.drop_rows.click()
    qtbot.waitUntil(lambda: not dialog.is_looking)
    assert dialog.problems.isHidden()
    assert dialog.chosen().missing == "drop_rows"


def test_a_file_that_is_not_there_and_markup_in_its_name(qtbot, tmp_path) -> None:
    dialog = looked(qtbot, Csv(path=str(tmp_path / "<b>no.csv")))
    assert "There is no file" in dialog.problems.label.accessibleName()
    assert "&lt;b&gt;no.csv" in dialog.problems.label.text()


def test_arrays_of_an_archive_are_chosen(qtbot, tmp_path) -> None:
    path = tmp_path / "two.npz"
    np.savez(path, x=np.zeros((4, 2)), y=np.array([0, 1, 0, 1]), z=np.array(["a", "b", "c", "a"]))
    dialog = looked(qtbot, Npz(path=str(path)))
    assert dialog.classes.text() == "2 classes: 0, 1"
    dialog.target.setCurrentIndex(dialog.target.findData("z"))
    dialog.target.activated.emit(3)
    qtbot.waitUntil(lambda: not dialog.is_looking)
    assert dialog.chosen() == Npz(path=str(path), y="z")
    assert dialog.classes.text() == "3 classes: a, b, c"


def test_images_and_labels_have_nothing_to_choose(qtbot, tmp_path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(b"\0\0\x08\x03" + b"\0\0\0\2" * 3 + bytes(8))
    labels.write_bytes(b"\0\0\x08\x01\0\0\0\2\3\7")
    spec = Idx(images=str(images), labels=str(labels))
    dialog = looked(qtbot, spec)
    assert dialog.classes.text() == "2 classes: 3, 7"
    assert dialog.target.isHidden() and dialog.task.isHidden()
    assert dialog.chosen() == spec


def test_closing_drops_what_is_being_read(qtbot, table) -> None:
    dialog = PreviewDialog(table)
    qtbot.addWidget(dialog)
    dialog.reject()
    assert not dialog.is_looking


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT from where it is asked; ``server.hold`` stops it halfway."""

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.server.refuse:
            self.send_error(503)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.send_header("Content-Range", told)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            self.wfile.write(CONTENT[start:HALF])
            self.server.go_on.wait(20)
            self.wfile.write(CONTENT[max(start, HALF) :])

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.daemon_threads = True
    one.asked, one.refuse, one.go_on = [], False, threading.Event()
    thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    digest = "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    place = f"http://127.0.0.1:{one.server_port}/"
    files = tuple((place, name, digest, len(CONTENT)) for name in ("images.gz", "labels.gz"))
    monkeypatch.setitem(known.FILES, "mnist", files)
    monkeypatch.setenv("GRADOSCOPE_DATA", str(tmp_path))
    yield one
    one.go_on.set()
    one.shutdown()
    one.server_close()
    thread.join()


@pytest.fixture
def dialog(qtbot, server) -> DownloadDialog:
    dialog = DownloadDialog("mnist")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_all_files_are_fetched_and_the_dialog_is_accepted(qtbot, server, dialog, tmp_path) -> None:
    server.go_on.set()
    assert "images.gz, 585.9 KB from 127.0.0.1: missing" in dialog.files[0].text()
    assert str(tmp_path / "mnist") in dialog.places.text()
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.transfer is None)
    assert (tmp_path / "mnist" / "labels.gz").read_bytes() == CONTENT
    assert dialog.status.text() == "All files are there."
    assert dialog.bar.value() == dialog.bar.maximum()
    dialog.stop.click()
    assert dialog.result() == DownloadDialog.DialogCode.Accepted


def test_cancelled_it_keeps_the_part_and_goes_on_from_there(
    qtbot, server, dialog, tmp_path
) -> None:
    part = tmp_path / "mnist" / "images.gz.part"
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.transfer.done_bytes == HALF)
    qtbot.waitUntil(lambda: "293.0 KB of 1.1 MB" in dialog.status.text())
    dialog.stop.click()
    server.go_on.set()
    qtbot.waitUntil(lambda: dialog.transfer is None)
    assert dialog.status.text() == "Stopped. What is there is kept."
    assert dialog.go.text() == "Go on"
    there = part.stat().st_size
    assert HALF <= there < len(CONTENT)
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.transfer is None)
    assert server.asked[:2] == [None, f"bytes={there}-"]
    assert dialog.is_complete


def test_an_error_is_told_and_can_be_tried_again(qtbot, server, dialog) -> None:
    server.refuse = True
    server.go_on.set()
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.transfer is None)
    told = dialog.problem.label.accessibleName()
    assert "503" in told and "Try again later" in told
    assert dialog.go.text() == "Try again" and dialog.go.isEnabled()
    server.refuse = False
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.transfer is None)
    assert dialog.problem.isHidden() and dialog.is_complete


def test_closing_stops_within_a_second_though_the_server_is_silent(qtbot, server, dialog) -> None:
    dialog.go.click()
    thread = dialog.transfer
    qtbot.waitUntil(lambda: thread.done_bytes == HALF)
    dialog.close()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=1500)
    assert dialog.transfer is None
    server.go_on.set()
    thread.join(5)
    assert not thread.is_alive() and not dialog.is_complete


def test_rate_and_time_left() -> None:
    rate = Rate()
    rate.add(10.0, 0)
    assert rate.value() == 0
    rate.add(12.0, 4096)
    assert rate.value() == 2048
    text = progress_text(1024, 1024 + 2048 * 75, rate.value())
    assert text == "1.0 KB of 151.0 KB, 2.0 KB a second, 1 min 15 s left"
