"""Bands filled as an image: the same picture as rectangles, and no extreme is missed."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtSvg import QSvgGenerator

from app.plots import columns_of_pixels
from app.plots.envelope_curve import Band

pytestmark = pytest.mark.usefixtures("qapp")
COLOR = QColor(90, 140, 255, 76)


def band(low, high, width=100.0):
    edges = np.linspace(0.0, width, len(low) + 1)
    one = Band()
    one.set_color(COLOR)
    one.show_area(edges[:-1], edges[1:], np.asarray(low), np.asarray(high))
    return one


def painted(one, ratio=1.0, clip=None):
    """Return which pixels are filled, and the colours found: y = 0 is at the bottom."""
    image = QImage(round(120 * ratio), round(60 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setTransform(QTransform(1.0, 0.0, 0.0, -1.0, 10.0, 55.0))
    if clip is not None:
        painter.setClipRect(clip)
    one.paint(painter, None)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return (pixels & 0xFFFFFF) != 0, set(np.unique(pixels & 0xFFFFFF).tolist())


def around(filled):
    """Return the pixels that are filled or beside one that is."""
    wide = np.pad(filled, 1)
    height, width = filled.shape
    return np.any([wide[i : i + height, j : j + width] for i in range(3) for j in range(3)], axis=0)


def as_rectangles(monkeypatch):
    monkeypatch.setattr("app.plots.envelope_curve.FROM", 10**9)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("count", [100, 100 // 4])
def test_whole_pixels_look_the_same_as_rectangles(monkeypatch, ratio, count):
    monkeypatch.setattr("app.plots.envelope_curve.FROM", 2)
    rng = np.random.default_rng(0)
    low = rng.integers(0, 20, count) * 2.0
    high = low + rng.integers(1, 6, count) * 2.0
    low[5:9] = np.nan
    image, colors = painted(band(low, high), ratio)
    as_rectangles(monkeypatch)
    shapes, expected = painted(band(low, high), ratio)
    if ratio == 1.5:  # half pixels are rounded either way
        assert not (image & ~around(shapes)).any() and not (shapes & ~around(image)).any()
    else:
        assert np.array_equal(image, shapes)
    assert len(colors) == len(expected) == 2, "one colour on black"
    found, wanted = (
        np.array([c >> 16, c >> 8 & 255, c & 255]) for c in (max(colors), max(expected))
    )
    assert np.abs(found - wanted).max() <= 2


def test_of_many_rectangles_in_a_pixel_none_is_missed():
    low, high = np.full(3000, 20.0), np.full(3000, 21.0)
    low[1234], high[2345] = 2.0, 48.0
    filled, colors = painted(band(low, high))
    rows = np.flatnonzero(filled.any(axis=1))
    assert (rows[0], rows[-1]) == (55 - 48, 54 - 2)
    assert len(colors) == 2, "none is blended twice"
    assert filled[55 - 21].sum() == 100


def test_an_area_thinner_than_a_pixel_is_seen():
    filled, _ = painted(band(np.full(200, 20.2), np.full(200, 20.3)))
    assert filled.sum(axis=0)[10:110].tolist() == [1] * 100


def test_gaps_stay_empty():
    low, high = np.full(200, 20.0), np.full(200, 30.0)
    high[100:120] = np.nan
    filled, _ = painted(band(low, high))
    columns = filled.any(axis=0)
    assert columns[10:60].all() and columns[70:110].all()
    assert not columns[60:70].any()


def test_what_is_clipped_is_not_painted():
    filled, _ = painted(band(np.full(200, 0.0), np.full(200, 50.0)), clip=QRectF(20, 10, 30, 20))
    assert filled.any(axis=0).nonzero()[0].tolist() == list(range(30, 60))
    assert filled.any(axis=1).nonzero()[0].tolist() == list(range(55 - 30, 55 - 10))


def test_nothing_in_sight_is_no_error():
    filled, _ = painted(band(np.full(200, 0.0), np.full(200, 50.0)), clip=QRectF(-9, 0, 1, 1))
    assert not filled.any()


def test_a_picture_of_shapes_keeps_its_shapes(tmp_path, monkeypatch):
    monkeypatch.setattr(columns_of_pixels, "fill_columns", lambda *_: pytest.fail("an image"))
    generator = QSvgGenerator()
    generator.setFileName(str(tmp_path / "band.svg"))
    painter = QPainter(generator)
    band(np.full(200, 0.0), np.full(200, 50.0)).paint(painter, None)
    painter.end()
    text = (tmp_path / "band.svg").read_text()
    assert "<image" not in text
    assert text.count("<rect") >= 200
