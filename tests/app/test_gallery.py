"""Pictures of views against stored ones, and the gallery of the documentation.

The references in ``tests/app/images`` are renewed by::

    RENEW_IMAGES=1 QT_QPA_PLATFORM=offscreen python -m pytest tests/app/test_gallery.py

Look at them before they are committed. They are compared coarsely, in blocks of pixels: other
versions of Qt may put letters and edges elsewhere by a part of a pixel, but not colours and curves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.export.picture import image
from app.export.shot import Look, Shot
from app.gallery import indexed, page
from app.gallery.runs import BY_KEY, DemoRun, train
from app.gallery.scenes import SCENES, TOOLS, WINDOWS
from app.plots import Line
from app.plots.colored_image import ColoredImage
from app.plots.ridges import Ridges
from app.plots.strip_item import StripItem
from app.shell.timeline import Timeline
from app.shell.track import Track
from app.theme import apply_theme, load_theme
from app.theme.style import load_fonts
from app.views import (
    VIEWS,
    DecisionView,
    PredictionsView,
    View,
)
from core.record import Record
from tests.app.fake_source import fake_record
from tests.app.test_units_views import TWO, plane, put_predictions

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

IMAGES = Path(__file__).with_name("images")
DOCS = Path(__file__).parents[2] / "docs"
RENEW = bool(os.environ.get("RENEW_IMAGES"))
SIZE = (420, 280)
BLOCK = 4  # pixels in each direction, of which only the mean colour counts
FAR = 24.0  # of 255
AREAS, CURVES = (4.0, 0.03), (1.5, 0.01)
"""Largest mean difference, of 255, and share of blocks that are far apart, of two pictures that
are taken for the same. Where there is nothing but thin curves, a missing one is not much more."""

Paint = Callable[[QtBot, float], QImage]


# Pictures ------------------------------------------------------------------------------------


@cache
def at_rest() -> Record:
    """Return a run that no test changes."""
    return fake_record()


def of_view(kind: type[View], record: Callable[[], Record]) -> Paint:
    def paint(qtbot: QtBot, scale: float) -> QImage:
        view = kind()
        qtbot.addWidget(view)
        view.resize(*SIZE)
        view.set_source(record())
        view.set_layer(7)
        view.refresh()
        view.grab()
        view.refresh()
        return image(Shot(view), Look(*SIZE, load_theme("dark")), scale)

    return paint


def of_timeline(qtbot: QtBot, scale: float) -> QImage:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    theme = load_theme("dark")
    timeline.apply_theme(theme)
    timeline.resize(1100, timeline.sizeHint().height())
    timeline.set_source(at_rest())
    timeline.refresh()
    timeline.grab()
    picture = QImage(timeline.size() * scale, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(scale)
    picture.fill(theme.color("window"))
    timeline.render(picture)
    return picture


def two_features() -> Record:
    return put_predictions(fake_record(), plane(), **TWO)


PICTURES: dict[str, Paint] = {
    kind.key: of_view(kind, two_features if kind is DecisionView else at_rest) for kind in VIEWS
} | {"timeline": of_timeline}
ALL = pytest.mark.parametrize("name", PICTURES)
DRAWN_BY = (
    ("heatmap", ColoredImage),
    ("profile", Line),
    ("strip", StripItem),
    ("ridgelines", Ridges),
    ("decision", ColoredImage),
    ("timeline", Track),
)


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """Dress the application as the pictures are, whatever another test has left."""
    assert load_fonts()
    apply_theme(qapp, load_theme("dark"))


def blocks(picture: QImage, block: int = BLOCK) -> NDArray[np.float64]:
    """Return mean colours of blocks, shape (rows, columns, 3)."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    height, width = plain.height() // block, plain.width() // block
    pixels = np.frombuffer(plain.constBits(), np.uint8)
    pixels = pixels.reshape(plain.height(), plain.width(), 4)[: height * block, : width * block]
    return pixels[..., :3].reshape(height, block, width, block, 3).mean(axis=(1, 3))


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean difference of two pictures, of 255, and the share that is far apart."""
    assert one.shape == other.shape
    apart = np.abs(one - other).max(axis=2)
    return float(apart.mean()), float((apart > FAR).mean())


def alike(name: str, picture: QImage, block: int = BLOCK) -> tuple[bool, tuple[float, float]]:
    """Return whether a picture is the one that is stored, and how different it is."""
    mean, far = difference(blocks(picture, block), reference(name))
    limits = CURVES if name in ("profile", "timeline") else AREAS
    return mean <= limits[0] and far <= limits[1], (mean, far)


def reference(name: str) -> NDArray[np.float64]:
    stored = QImage(str(IMAGES / f"{name}.png"))
    assert not stored.isNull()
    return blocks(stored)


@ALL
def test_a_view_looks_as_it_did(qtbot: QtBot, name: str, tmp_path: Path) -> None:
    picture = PICTURES[name](qtbot, 1.0)
    if RENEW:
        IMAGES.mkdir(exist_ok=True)
        indexed.save(picture, IMAGES / f"{name}.png")
    file = tmp_path / f"{name}.png"
    picture.save(str(file))
    same, by = alike(name, picture)
    assert same, f"{name} differs by {by}: look at {file}"


@pytest.mark.parametrize("name", [name for name, _ in DRAWN_BY])
def test_other_letters_and_edges_do_not_count(qtbot: QtBot, name: str) -> None:
    twice = PICTURES[name](qtbot, 2.0)  # no hinting, edges and letters in other places
    same, by = alike(name, twice, 2 * BLOCK)
    assert same, by


@ALL
def test_inverted_colours_are_noticed(name: str) -> None:
    picture = QImage(str(IMAGES / f"{name}.png")).convertToFormat(QImage.Format.Format_RGB32)
    assert alike(name, picture)[0]
    picture.invertPixels()
    assert not alike(name, picture)[0]


@pytest.mark.parametrize(("name", "item"), DRAWN_BY, ids=[name for name, _ in DRAWN_BY])
def test_a_missing_curve_is_noticed(qtbot: QtBot, monkeypatch, name: str, item: type) -> None:
    monkeypatch.setattr(item, "_paint_curve" if item is Track else "paint", lambda *_: None)
    same, by = alike(name, PICTURES[name](qtbot, 1.0))
    assert not same, by


# Export --------------------------------------------------------------------------------------


def test_what_stands_beside_each_other_has_room_in_a_picture(qtbot: QtBot) -> None:
    record = train(DemoRun("fash", "fashion-batch-norm", 2))
    view = PredictionsView()
    qtbot.addWidget(view)
    view.resize(300, 300)  # too narrow for both, unlike the picture
    view.set_source(record)
    view.refresh()
    twin = Shot(view).twin(Look(900, 500, load_theme("dark")))
    qtbot.addWidget(twin)
    widths = [plot.geometry().width() for plot in twin.canvas.plots if plot.isVisible()]
    assert len(widths) == 2
    assert min(widths) > 200


# Gallery -------------------------------------------------------------------------------------


def test_a_run_is_the_same_every_time() -> None:
    run = DemoRun("t", "two-moons", 12, ((0, "data.samples=200"), (6, "training.optimizer.lr=0.1")))
    one, other = train(run), train(run)
    assert one.steps == 12
    assert [event.step for event in one.events] == [6]
    assert one.experiment.training.optimizer.lr == 0.1
    assert [frame.step for frame in one.history.frames] == list(range(12))
    for name, column in one.layer_columns.items():
        assert np.array_equal(column.read(), other.layer_columns[name].read(), equal_nan=True)


def test_every_view_is_in_the_gallery() -> None:
    assert {scene.view for scene in SCENES} == {view.key for view in VIEWS}
    for scene in SCENES:
        assert scene.question.endswith("?")
        assert scene.reading
        assert scene.seen
        assert scene.run in BY_KEY
        assert not scene.reference or scene.reference in BY_KEY


def test_the_page_is_the_one_that_was_written() -> None:
    written = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert written == page.markdown(), "Run: python -m app --gallery docs"
    shown = set(re.findall(r"images/gallery/([\w-]+\.png)", written))
    there = {file.name for file in (DOCS / "images" / "gallery").glob("*.png")}
    assert shown == there
    assert len(there) == 2 * (len(SCENES) + len(WINDOWS) + len(TOOLS))


def test_few_colours_are_kept_to_the_bit(tmp_path: Path) -> None:
    picture = QImage(33, 9, QImage.Format.Format_RGB32)
    picture.fill(QColor("#12151c"))
    for x in range(33):
        picture.setPixelColor(x, 4, QColor(7 * x, 255 - x, 3))
    indexed.save(picture, tmp_path / "few.png")
    again = QImage(str(tmp_path / "few.png"))
    assert again.format() is QImage.Format.Format_Indexed8
    assert again.convertToFormat(QImage.Format.Format_RGB32) == picture


def test_many_colours_stay_alike_and_the_ground_as_it_is(tmp_path: Path) -> None:
    picture = QImage(200, 120, QImage.Format.Format_RGB32)
    picture.fill(QColor("#12151c"))
    for x in range(200):
        for y in range(40):
            picture.setPixelColor(x, y, QColor(x, 255 - x, 6 * y))
    indexed.save(picture, tmp_path / "many.png")
    again = QImage(str(tmp_path / "many.png")).convertToFormat(QImage.Format.Format_RGB32)
    assert again.pixelColor(100, 100) == QColor("#12151c")
    assert np.abs(blocks(again, 1) - blocks(picture, 1)).max() < 24
