"""A view as a file: pixels, or curves and letters that stay sharp at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QBuffer,
    QIODevice,
    QMarginsF,
    QPoint,
    QRect,
    QSize,
    QSizeF,
)
from PySide6.QtGui import (
    QImage,
    QPageLayout,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
    QRegion,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from app.export.svg import mended
from core import __version__

if TYPE_CHECKING:
    from app.export.shot import Look, Shot

SOFTWARE = f"Gradoscope {__version__}"
DPI = 96
"""Logical pixels of an inch: what CSS, and so SVG, mean by a pixel."""
MOST_PIXELS = 100_000_000
"""Device pixels of a picture; it takes four bytes for each."""


def image(shot: Shot, look: Look, scale: float = 1.0) -> QImage:
    """Paint a view in pixels.

    Parameters
    ----------
    shot : Shot
    look : Look
    scale : float
        Device pixels of a logical one.

    Returns
    -------
    QImage
        It knows where it comes from, and so does a PNG file made of it.
    """
    size = QSize(round(look.width * scale), round(look.height * scale))
    result = QImage(size, QImage.Format.Format_RGB32)
    result.setDevicePixelRatio(scale)
    _paint(shot, look, result, scale)
    # In print, 96 logical pixels are an inch, whatever the scale.
    result.setDotsPerMeterX(round(DPI * scale / 0.0254))
    result.setDotsPerMeterY(round(DPI * scale / 0.0254))
    result.setText("Title", shot.words)
    result.setText("Software", SOFTWARE)
    if shot.source is not None:
        result.setText("Run", shot.source.run_id)
        result.setText("Seed", str(shot.source.experiment.seed))
        result.setText("Step", str(shot.step))
    return result


def png(picture: QImage) -> bytes:
    """Return an image as a PNG file; it may be called in any thread."""
    buffer = _opened()
    picture.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType]
    return _bytes(buffer)


def svg(shot: Shot, look: Look) -> bytes:
    """Return a view as an SVG file: paths and text; only heat images are images."""
    buffer = _opened()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the first version that clips
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(look.width, look.height))
    generator.setViewBox(QRect(0, 0, look.width, look.height))
    generator.setResolution(DPI)
    generator.setTitle(shot.words)
    generator.setDescription(f"{_origin(shot)}{SOFTWARE}")
    place = _paint(shot, look, generator)
    return mended(_bytes(buffer), (look.width, look.height), (place.x(), place.y()))


def pdf(shot: Shot, look: Look) -> bytes:
    """Return a view as a PDF file of one page, as large as the picture, fonts embedded."""
    buffer = _opened()
    writer = QPdfWriter(buffer)
    points = QSizeF(look.width * 72 / DPI, look.height * 72 / DPI)
    page = QPageSize(points, QPageSize.Unit.Point, "picture", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setResolution(DPI)
    writer.setTitle(f"{shot.words} ({_origin(shot).rstrip('. ')})")
    writer.setCreator(SOFTWARE)
    _paint(shot, look, writer)
    return _bytes(buffer)


def _paint(shot: Shot, look: Look, device: QPaintDevice, scale: float = 1.0) -> QPoint:
    """Paint a view and return where its canvas is."""
    twin = shot.twin(look, scale)
    painter = QPainter(device)
    try:
        painter.fillRect(QRect(0, 0, look.width, look.height), look.theme.color("panel"))
        whole = QRegion(twin.rect())
        twin.render(painter, QPoint(), whole, QWidget.RenderFlag.DrawChildren)
        return twin.canvas.mapTo(twin, QPoint())
    finally:
        painter.end()  # Qt ends the process if a device goes while it is painted on
        twin.deleteLater()


def _origin(shot: Shot) -> str:
    if shot.source is None:
        return ""
    return f"run {shot.source.run_id}, seed {shot.source.experiment.seed}, step {shot.step}. "


def _opened() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _bytes(buffer: QBuffer) -> bytes:
    buffer.close()
    return bytes(buffer.data().data())
