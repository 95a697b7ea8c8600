"""Dots printed as pictures: the same as those that Qt draws, to a quarter of a pixel."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtSvg import QSvgGenerator

from app.plots.stamp import Stamp

pytestmark = pytest.mark.usefixtures("qapp")
COLOR = QColor(255, 255, 255)
SIZE = 6.5
SHIFT = QPointF(0.3, 0.7)


def painted(ratio, paint, zoom=1.0):
    side = ratio * zoom
    image = QImage(round(80 * side), round(60 * side), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.scale(zoom, zoom)
    painter.translate(SHIFT)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return (pixels & 0xFF).astype(float)


def points(painter, x, y):
    painter.setPen(QPen(COLOR, SIZE, c=Qt.PenCapStyle.RoundCap))
    painter.drawPoints([QPointF(a, b) for a, b in zip(x, y, strict=True)])


def center(image):
    rows, columns = np.indices(image.shape)
    return np.array([(columns * image).sum(), (rows * image).sum()]) / image.sum()


@pytest.mark.parametrize(("ratio", "zoom"), [(1.0, 1.0), (1.5, 1.0), (2.0, 1.0), (1.0, 3.0)])
def test_a_dot_lies_where_it_was_wanted_and_is_as_large(ratio, zoom):
    rng = np.random.default_rng(0)
    stamp = Stamp(SIZE)
    for x, y in rng.uniform(10.0, 50.0, (40, 2)):
        at = np.array([x]), np.array([y])
        printed = painted(ratio, lambda painter, at=at: stamp.print(painter, *at, COLOR), zoom)
        drawn = painted(ratio, lambda painter, at=at: points(painter, *at), zoom)
        assert (
            np.abs(center(printed) - center(drawn)).max() <= 0.15
        )  # half of a quarter, and rounding
        assert printed.sum() == pytest.approx(drawn.sum(), rel=0.03)


def test_many_dots_are_all_there_each_in_the_colour_that_was_asked_for():
    stamp = Stamp(SIZE)
    x, y = np.array([10.0, 30.0, 50.0]), np.array([20.0, 40.0, 30.0])

    def paint(painter):
        stamp.print(painter, x, y, QColor(0, 0, 100))
        stamp.print(painter, x[:1], y[:1], QColor(0, 0, 200))
        stamp.print(painter, x[:0], y[:0], QColor(0, 0, 255))

    image = painted(1.0, paint)
    assert [image[int(b), int(a)] for a, b in zip(x, y, strict=True)] == [200.0, 100.0, 100.0]


def test_in_a_vector_picture_dots_are_shapes(tmp_path):
    generator = QSvgGenerator()
    generator.setFileName(str(tmp_path / "dots.svg"))
    painter = QPainter(generator)
    Stamp(SIZE).print(painter, np.array([10.0, 20.0]), np.array([5.0, 6.0]), COLOR)
    painter.end()
    text = (tmp_path / "dots.svg").read_text(encoding="utf-8")
    assert "<image" not in text
    assert text.count("circle") + text.count("<path") + text.count("<polyline") >= 1
