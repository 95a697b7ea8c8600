"""Views as pictures and tables: what is in the files, and what stays as it was on screen."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.clock import RenderClock
from app.export import picture
from app.export.data import (
    MOST_COPIED,
    CancelledError,
    Progress,
    cell,
    copied,
    write_bytes,
    write_tables,
)
from app.export.dialog import ExportDialog
from app.export.shot import Look, Shot
from app.settings import Settings
from app.shell.main_window import MainWindow
from app.shell.view_export import ViewExport
from app.theme import load_theme
from app.views import (
    VIEWS,
    AccuracyView,
    HeatmapView,
    LayersOverTimeView,
    LedgerView,
    LossView,
    ProfileView,
    SaturationView,
    View,
)
from app.views.table import Row, Table
from core.errors import LabError
from core.measure.missing import NOT_MEASURED
from core.record import Record, State, Status
from tests.app.fake_source import append_steps, empty_record, fake_record, put_frame

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", "grabbing the keyboard")

KINDS = (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"))
ALL = pytest.mark.parametrize("kind", VIEWS, ids=[kind.key for kind in VIEWS])
FULL = (
    LossView,
    AccuracyView,
    HeatmapView,
    SaturationView,
    ProfileView,
    LayersOverTimeView,
    LedgerView,
)
_SVG = "{http://www.w3.org/2000/svg}"


def shown(qtbot: QtBot, kind: type[View], record: Record) -> View:
    view = kind()
    qtbot.addWidget(view)
    view.resize(440, 320)
    view.set_source(record)
    view.show()
    view.refresh()
    view.grab()
    view.refresh()
    return view


@cache
def at_rest() -> Record:
    """Return a run that no test changes."""
    return fake_record()


def look(theme: str = "dark", size: tuple[int, int] = (640, 400), *, header: bool = True) -> Look:
    return Look(*size, load_theme(theme), header)


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def pixels(painted: QImage) -> np.ndarray:
    plain = painted.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4)


# Pictures ------------------------------------------------------------------------------------


@ALL
def test_a_picture_leaves_the_view_as_it_is(qtbot: QtBot, kind: type[View]) -> None:
    record = at_rest()
    view = shown(qtbot, kind, record)
    view.set_layer(7)
    view.refresh()
    told: list[int] = []
    view.layer_selected.connect(told.append)

    def state() -> object:
        ranges = [(plot.x_range, plot.y_range, plot.following) for plot in view.canvas.plots]
        return view.size(), view.layer, view.theme, view.provenance, ranges, view.canvas.paints

    before = state()
    windows = set(QApplication.topLevelWidgets())
    painted = picture.image(Shot(view), look("light", (900, 500)), 2)
    assert state() == before
    assert not told
    assert not view.refresh()
    assert painted.size() == QSize(1800, 1000)
    new = set(QApplication.topLevelWidgets()) - windows
    assert not any(one.isVisible() for one in new)


@ALL
def test_vector_files_are_made_of_curves_and_letters(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, at_rest())
    shot = Shot(view)
    data = picture.svg(shot, look("light"))
    root = ElementTree.fromstring(data)
    assert (root.get("width"), root.get("height")) == ("640", "400")
    texts = ["".join(one.itertext()) for one in root.iter(f"{_SVG}text")]
    assert any(shot.title in one for one in texts)
    assert any("run k3f9" in one for one in texts)
    shapes = [one for name in ("path", "polyline", "rect") for one in root.iter(f"{_SVG}{name}")]
    assert len(shapes) > 5 or not view.is_drawn  # words need no shapes
    scene = view.canvas.scene()
    assert scene is not None
    pictures = [one for one in scene.items() if isinstance(one, pg.ImageItem)]
    images = list(root.iter(f"{_SVG}image"))
    assert len(images) <= len(pictures)  # only what is an image on screen, too
    for one in images:
        assert one.get("image-rendering") == "optimizeSpeed"  # every cell has sharp edges
    assert b"non-scaling-stroke" not in data
    assert QSvgRenderer(data).isValid()
    pdf = picture.pdf(shot, look())
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert re.search(rb"/MediaBox \[0 0 480(\.0+)? 300(\.0+)?\]", pdf)
    assert b"/FontFile" in pdf
    assert b"DCTDecode" not in pdf  # a JPEG would blur the cells


def test_an_svg_looks_like_the_pixels(qtbot: QtBot) -> None:
    shot = Shot(shown(qtbot, ProfileView, at_rest()))
    renderer = QSvgRenderer(picture.svg(shot, look("light")))
    back = QImage(640, 400, QImage.Format.Format_RGB32)
    back.fill(Qt.GlobalColor.magenta)
    painter = QPainter(back)
    renderer.render(painter)
    painter.end()
    wanted = pixels(picture.image(shot, look("light"))).astype(int)
    assert np.abs(pixels(back).astype(int) - wanted).mean() < 4


def test_curves_are_clipped_to_their_plot_and_nothing_else_is(qtbot: QtBot) -> None:
    shot = Shot(shown(qtbot, HeatmapView, at_rest()))
    twin = shot.twin(look())
    assert isinstance(twin, HeatmapView)
    area = twin.plot.mapRectToScene(twin.plot.area())
    place = twin.canvas.mapTo(twin, QPoint())
    twin.deleteLater()
    root = ElementTree.fromstring(picture.svg(shot, look()))
    clips = {
        one.get("id"): [float(x) for x in re.findall(r"[\d.]+", one[0].get("d", ""))]
        for one in root.iter(f"{_SVG}clipPath")
    }
    assert clips
    for numbers in clips.values():
        assert min(numbers[::2]) == pytest.approx(area.left() + place.x(), abs=5)
        assert max(numbers[::2]) == pytest.approx(area.right() + place.x(), abs=5)
        assert min(numbers[1::2]) == pytest.approx(area.top() + place.y(), abs=5)
        assert max(numbers[1::2]) == pytest.approx(area.bottom() + place.y(), abs=5)
    clipped = [one for one in root.iter(f"{_SVG}g") if one.get("clip-path")]
    inside = {"".join(text.itertext()) for one in clipped for text in one.iter(f"{_SVG}text")}
    assert not any("⁻" in one for one in inside)  # the scale of colours beside it


def test_a_png_says_where_it_comes_from(qtbot: QtBot, tmp_path: Path) -> None:
    shot = Shot(shown(qtbot, LossView, at_rest()))
    file = tmp_path / "loss.png"
    write_bytes(file, picture.png(picture.image(shot, look(), 3)))
    read = QImage(str(file))
    assert read.size() == QSize(1920, 1200)
    assert read.text("Title") == "Loss: cross-entropy, nats"
    assert (read.text("Run"), read.text("Seed"), read.text("Step")) == ("k3f9", "0", "1640")
    assert read.text("Software").startswith("Gradoscope ")


def test_a_picture_has_the_theme_asked_for(qtbot: QtBot) -> None:
    shot = Shot(shown(qtbot, LossView, at_rest()))
    for name in ("dark", "light"):
        painted = picture.image(shot, look(name))
        assert painted.pixelColor(1, 1) == load_theme(name).color("panel")
        assert painted.pixelColor(300, 60) == load_theme(name).color("plot")
        title = pixels(painted)[8:30, 10:50, :3]
        assert np.ptp(title) > 180  # readable: the application's own theme may be the other one


def test_a_picture_without_header_has_none(qtbot: QtBot) -> None:
    shot = Shot(shown(qtbot, LossView, at_rest()))
    with_it, without = (
        ElementTree.fromstring(picture.svg(shot, look(header=header))) for header in (True, False)
    )
    for root, wanted in ((with_it, True), (without, False)):
        texts = ["".join(one.itertext()) for one in root.iter(f"{_SVG}text")]
        assert any("cross-entropy" in one for one in texts) is wanted
        assert any("run k3f9" in one for one in texts)


def test_a_picture_has_the_choices_and_ranges_on_screen(qtbot: QtBot) -> None:
    view = shown(qtbot, LayersOverTimeView, at_rest())
    assert isinstance(view, LayersOverTimeView)
    view.show_quantity("weight_norm")
    view.set_layer(5)
    view.refresh()
    view.plot.following = False
    view.plot.show_part((100.0, 300.0), (-1.0, 1.0))
    view.refresh()
    twin = Shot(view).twin(look())
    assert isinstance(twin, LayersOverTimeView)
    assert twin.quantity == "weight_norm"
    assert twin.layer == 5
    assert (twin.plot.x_range, twin.plot.y_range) == ((100.0, 300.0), (-1.0, 1.0))
    twin.deleteLater()


def test_a_shot_is_of_one_moment(qtbot: QtBot) -> None:
    record = fake_record(300, None)
    view = shown(qtbot, LossView, record)
    shot = Shot(view)
    append_steps(record, 500)
    put_frame(record)
    text, rows, _ = copied(shot.tables[:1])
    assert rows == 300
    assert "step 300" in "".join(
        one for one in picture.svg(shot, look()).decode().replace(",", "").splitlines()
    )
    assert shot.name("svg").endswith("-loss-step300.svg")
    assert text.splitlines()[-1].startswith("299\t")


@pytest.mark.parametrize("state", [State.RUNNING, State.DIVERGED])
def test_any_run_can_be_painted(qtbot: QtBot, state: State) -> None:
    record = fake_record(60, None)
    record.set_status(Status(state))
    for kind in (LossView, HeatmapView, ProfileView):
        assert not picture.image(Shot(shown(qtbot, kind, record)), look()).isNull()


# Data ----------------------------------------------------------------------------------------


@ALL
def test_the_tables_of_a_view_fit_their_headers(qtbot: QtBot, kind: type[View]) -> None:
    shot = Shot(shown(qtbot, kind, at_rest()))
    assert len({table.name for table in shot.tables}) == len(shot.tables)
    for table in shot.tables:
        rows = list(islice(table.rows(), 2000))
        assert rows or kind not in FULL
        assert all(len(row) == len(table.header) for row in rows)


@pytest.mark.parametrize("kind", FULL)
def test_the_main_views_have_tables(qtbot: QtBot, kind: type[View]) -> None:
    assert Shot(shown(qtbot, kind, at_rest())).tables


@ALL
def test_no_view_has_tables_of_nothing(qtbot: QtBot, kind: type[View]) -> None:
    view = shown(qtbot, kind, empty_record())
    for table in view.tables(empty_record()):
        assert not list(table.rows())


def test_the_numbers_are_those_of_the_run(qtbot: QtBot, tmp_path: Path) -> None:
    record = at_rest()
    shot = Shot(shown(qtbot, LossView, record))
    files = write_tables(tmp_path / "x.csv", shot.tables, Progress())
    assert [file.name for file in files] == ["x.csv", "x-validation.csv"]
    header, *rows = rows_of(files[0])
    assert header == ["step", "loss", "loss_data", "loss_penalty"]
    read = np.array([row[1] for row in rows], np.float32)
    np.testing.assert_array_equal(read, record.scalars["loss"].read())  # to the bit
    assert len(rows_of(files[1])) == 1 + len(record.evaluations.steps)
    shot = Shot(shown(qtbot, HeatmapView, record))
    header, *rows = rows_of(write_tables(tmp_path / "h.csv", shot.tables, Progress())[0])
    assert header == ["step", "layer", "delta_norm"]
    assert rows[20 * 7 + 3][:2] == ["7", "4"]
    read = np.array([row[2] for row in rows], np.float32).reshape(-1, 20)
    np.testing.assert_array_equal(read, record.layer_columns["delta_norm"].read())


def test_five_different_things_stay_different() -> None:
    values = np.array([0, np.nan, np.inf, -np.inf], np.float32)
    assert [cell(one) for one in (*values, NOT_MEASURED, None)] == [
        "0",
        "nan",
        "inf",
        "-inf",
        "",
        "",
    ]
    assert np.float32(cell(np.float32(1 / 3))) == np.float32(1 / 3)
    assert (cell(12), cell("dense 3")) == ("12", "dense 3")


def endless() -> Iterator[Row]:
    step = 0
    while True:
        yield (step, 1.0)
        step += 1


def test_writing_can_be_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("old", encoding="utf-8")
    progress = Progress()
    ends: list[BaseException] = []

    def work() -> None:
        try:
            write_tables(file, (Table("x", ("step", "value"), endless),), progress)
        except CancelledError as error:
            ends.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while progress.rows < 2000:
        pass
    progress.cancel()
    thread.join(10)
    assert ends
    assert [one.name for one in tmp_path.iterdir()] == ["x.csv"]
    assert file.read_text(encoding="utf-8") == "old"


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "x.csv"
    tables = (Table("x", ("step",), lambda: iter([(1,)])),)
    for write in (
        lambda: write_tables(file, tables, Progress()),
        lambda: write_bytes(file, b"picture"),
    ):
        with pytest.raises(LabError, match=re.escape(str(file))):
            write()


def test_only_so_many_rows_are_copied() -> None:
    text, rows, is_cut = copied((Table("x", ("step", "value"), endless),))
    assert (rows, is_cut) == (MOST_COPIED, True)
    assert len(text.splitlines()) == MOST_COPIED + 1
    assert text.startswith("step\tvalue\n0\t1\n1\t1\n")
    assert not copied((Table("x", ("step",), lambda: iter([(1,), (2,)])),))[2]


# In the window -------------------------------------------------------------------------------


@pytest.fixture
def export(qtbot: QtBot) -> Iterator[ViewExport]:
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    views: list[View] = [LossView(), HeatmapView()]
    for view in views:
        view.set_source(at_rest())
    window.set_views(views)
    window.resize(1280, 800)
    window.show_views()
    window.show()
    for view in views:
        view.refresh()
    one = ViewExport(views, RenderClock(window), window)
    one.views = views  # pyright: ignore[reportAttributeAccessIssue]
    yield one
    if one.dialog is not None:
        one.dialog.reject()
    one.close()


def view_of(export: ViewExport, number: int) -> View:
    return export.views[number]  # pyright: ignore[reportAttributeAccessIssue]


def written(qtbot: QtBot, export: ViewExport, file: Path) -> None:
    export.write(file)

    def done() -> bool:
        export.poll()
        return export.dialog is None or not export.dialog.problem.isHidden()

    qtbot.waitUntil(done, timeout=10_000)


@pytest.mark.parametrize(("kind", "start"), KINDS)
def test_the_dialog_exports_a_picture(
    qtbot: QtBot, export: ViewExport, tmp_path: Path, kind: str, start: bytes
) -> None:
    export.export(view_of(export, 0))
    dialog = export.dialog
    assert dialog is not None
    dialog.format.choose(kind)
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.width_box.setValue(300)
    assert dialog.size_box.currentText() == "Other"
    assert dialog.suggested_name().endswith(f"-loss-step1640.{kind}")
    file = tmp_path / dialog.suggested_name()
    written(qtbot, export, file)
    assert file.read_bytes().startswith(start)
    assert export.dialog is None


def test_the_dialog_exports_numbers(qtbot: QtBot, export: ViewExport, tmp_path: Path) -> None:
    export.export(view_of(export, 0))
    assert export.dialog is not None
    export.dialog.format.choose("csv")
    assert "step,loss" in export.dialog.preview.text()
    assert not export.dialog.size_box.isVisible()
    written(qtbot, export, tmp_path / "a.csv")
    assert len(rows_of(tmp_path / "a.csv")) == 1641
    assert (tmp_path / "a-validation.csv").exists()


def test_an_error_is_said_in_the_dialog(qtbot: QtBot, export: ViewExport, tmp_path: Path) -> None:
    export.export(view_of(export, 0))
    file = tmp_path / "nowhere" / "x.png"
    written(qtbot, export, file)
    dialog = export.dialog
    assert dialog is not None
    assert str(file) in dialog.problem.label.accessibleName()
    assert dialog.export.isEnabled()
    dialog.format.choose("svg")
    assert dialog.problem.isHidden()


def test_a_picture_too_large_is_refused(export: ViewExport) -> None:
    export.export(view_of(export, 0))
    dialog = export.dialog
    assert dialog is not None
    dialog.scale.setCurrentIndex(3)
    dialog.width_box.setValue(4000)
    dialog.height_box.setValue(2000)
    assert not dialog.export.isEnabled()
    dialog.scale.setCurrentIndex(0)
    assert dialog.export.isEnabled()


def test_ctrl_c_copies_the_picture_of_the_view_in_use(qtbot: QtBot, export: ViewExport) -> None:
    view = view_of(export, 1)
    qtbot.waitExposed(export._window)
    export._window.activateWindow()
    view.canvas.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(view.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied_image = QGuiApplication.clipboard().image()
    assert copied_image.size() == view.size() * 2


def test_data_are_copied_with_tabs_and_a_cut_is_told(export: ViewExport) -> None:
    told: list[tuple[str, str]] = []
    export.noticed.connect(lambda level, text, hint: told.append((level, text)))
    export.copy_data(view_of(export, 0))
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "step\tloss\tloss_data\tloss_penalty"
    assert not told
    export.copy_data(view_of(export, 1))  # 20 layers of 1640 steps
    assert [level for level, _ in told] == ["warn"]
    assert "first 10,000 rows" in told[0][1]


def test_the_menu_offers_what_can_be_done(qtbot: QtBot, export: ViewExport) -> None:
    view, menu = view_of(export, 0), export.menus[0]
    view.header.menu_button.click()
    assert menu.menu.isVisible()
    enabled = {action.text(): action.isEnabled() for action in menu.menu.actions()}
    assert enabled["Copy picture"] and enabled["Copy data"] and enabled["Export …"]
    assert not enabled["Reset zoom"]
    menu.menu.close()
    view.set_source(empty_record())
    view.customContextMenuRequested.emit(QPoint(3, 3))
    assert menu.menu.isVisible()
    enabled = {action.text(): action.isEnabled() for action in menu.menu.actions()}
    assert not any(
        enabled[text] for text in ("Copy picture", "Copy data", "Export …", "Reset zoom")
    )
    menu.menu.close()


def test_a_right_click_on_the_picture_opens_the_menu(qtbot: QtBot, export: ViewExport) -> None:
    view, menu = view_of(export, 0), export.menus[0]
    qtbot.mouseClick(
        view.canvas.viewport(), Qt.MouseButton.RightButton, pos=view.canvas.rect().center()
    )
    assert menu.menu.isVisible()
    menu.menu.close()


def test_closing_the_dialog_gives_up_the_file(
    qtbot: QtBot, export: ViewExport, tmp_path: Path
) -> None:
    export.export(view_of(export, 0))
    dialog = export.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.shot.tables = (Table("x", ("step", "value"), endless),)
    dialog.format.choose("csv")
    export.write(tmp_path / "x.csv")
    qtbot.waitUntil(lambda: export._progress.rows > 1000)
    dialog.show_rows()
    assert "x.csv" in dialog.facts.text()
    dialog.reject()
    assert export._writing is not None
    qtbot.waitUntil(export._writing.done, timeout=10_000)
    export.poll()
    assert not list(tmp_path.iterdir())


@ALL
def test_a_picture_has_no_controls(qtbot: QtBot, kind: type[View]) -> None:
    view = kind()
    qtbot.addWidget(view)
    view.resize(760, 560)
    view.set_source(fake_record(60, None, 4))
    view.refresh()
    twin = Shot(view).twin(Look(900, 600, load_theme("light")))
    qtbot.addWidget(twin)
    twin.grab()
    found = [one for one in twin.header.findChildren(QAbstractButton) if one.isVisibleTo(twin)]
    assert found == []
