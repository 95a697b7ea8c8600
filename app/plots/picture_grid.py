"""Pictures in rows, each with what was said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.plots.text import percent

_GAP = 8.0
_SMALLEST, _LARGEST = 62.0, 96.0


@dataclass(frozen=True, slots=True)
class Caption:
    """What is written below a picture.

    Attributes
    ----------
    said : str
        Answer.
    truth : str
        What it is, empty if the answer is right.
    sure : float
        0 to 1, drawn as a bar; NaN for none.
    """

    said: str
    truth: str = ""
    sure: float = float("nan")


class PictureGrid(PixelItem):
    """As many pictures as there is room for, framed as right or wrong."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._pictures: NDArray[np.float32] = np.zeros((0, 0, 0), np.float32)
        self._images: list[QImage] = []
        self._captions: tuple[Caption, ...] = ()
        self._size = _SMALLEST
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)

    @property
    def captions(self) -> tuple[Caption, ...]:
        """What is said of each picture, those without room included."""
        return self._captions

    @property
    def fitting(self) -> int:
        """How many have room."""
        columns, rows, _ = self._layout()
        return min(columns * rows, len(self._captions))

    def show_pictures(self, pictures: NDArray[np.float32], captions: tuple[Caption, ...]) -> None:
        """Draw pictures, shape (n, height, width) or (n, height, width, 3), from 0 to 1."""
        if pictures is not self._pictures:
            self._pictures = pictures
            self._images = [_image(one) for one in pictures]
            self.update()
        if captions != self._captions:
            self._captions = captions
            self.update()

    def picture_at(self, x: float, y: float) -> int | None:
        """Return the picture at coordinates of the plot."""
        at = self._plot.to_pixels(x, y)
        columns, rows, step = self._layout()
        area = self._plot.area()
        column = int((at.x() - area.left()) // step.x())
        row = int((at.y() - area.top()) // step.y())
        number = row * columns + column
        inside = 0 <= column < columns and 0 <= row < rows and number < self.fitting
        return number if inside else None

    def center_of(self, number: int) -> tuple[float, float]:
        """Return the middle of a picture in coordinates of the plot."""
        return self._plot.from_pixels(self._place(number).center())

    # Inside ------------------------------------------------------------------------------

    def _text_height(self) -> float:
        assert self._theme is not None
        return 2 * QFontMetricsF(self._theme.plot_font()).height() + 7

    def _layout(self) -> tuple[int, int, QPointF]:
        """Return columns, rows, and the distance from a picture to the next."""
        if self._theme is None:
            return 1, 1, QPointF(1, 1)
        area, text = self._plot.area(), self._text_height()
        count = max(1, len(self._captions))
        best = (1, 1, QPointF(max(area.width(), 1), max(area.height(), 1)))
        most = -1.0
        for columns in range(1, max(2, int(area.width() / (_SMALLEST + _GAP)) + 1)):
            size = min(_LARGEST, area.width() / columns - _GAP)
            rows = int(area.height() / (size + text + _GAP))
            value = min(columns * rows, count) + size / 1000
            if rows and value > most:
                most = value
                width = min(area.width() / columns, _LARGEST + 3 * _GAP)
                least = size + text + _GAP
                best = (columns, rows, QPointF(width, min(area.height() / rows, least + 2 * _GAP)))
                self._size = size
        return best

    def _place(self, number: int) -> QRectF:
        columns, _, step = self._layout()
        row, column = divmod(number, columns)
        area = self._plot.area()
        size = self._size
        left = area.left() + column * step.x() + (step.x() - size) / 2
        return QRectF(round(left), round(area.top() + row * step.y() + 2), int(size), int(size))

    # Qt ----------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        theme, font = self._theme, self._theme.plot_font()
        metrics = QFontMetricsF(font)
        _, _, step = self._layout()
        room = step.x() - 4
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for number in range(self.fitting):
            image, caption = self._images[number], self._captions[number]
            place = self._place(number)
            share = image.height() / max(image.width(), 1)
            width, height = place.width() / max(1.0, share), place.height() * min(1.0, share)
            inner = QRectF(0, 0, width, height)
            inner.moveCenter(place.center())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.fillRect(place, theme.color("raised"))
            painter.drawImage(inner, image)
            token = "bad" if caption.truth else "good"
            bar = QRectF(place.left(), place.bottom() + 4, place.width(), 3)
            painter.fillRect(bar, theme.color("grid"))
            if np.isfinite(caption.sure):
                filled = bar.width() * min(max(caption.sure, 0.0), 1.0)
                painter.fillRect(QRectF(bar.left(), bar.top(), filled, 3), theme.color(token))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(token), 2 if caption.truth else 1))
            painter.drawRect(place.adjusted(-1, -1, 1, 1))
            top = place.bottom() + 9 + metrics.ascent()
            self._paint_sure(painter, place, caption.sure)
            said = ("✕ " if caption.truth else "") + caption.said
            truth = f"is {caption.truth}" if caption.truth else ""
            for words, color, y in (
                (said, "text", top),
                (truth, "bad", top + metrics.height()),
            ):
                words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
                painter.setPen(theme.color(color))
                left = place.center().x() - metrics.horizontalAdvance(words) / 2
                painter.drawText(QPointF(left, y), words)

    def _paint_sure(self, painter: QPainter, place: QRectF, sure: float) -> None:
        """Write how sure the answer is into the picture's lower right corner."""
        if self._theme is None or not np.isfinite(sure):
            return
        font = self._theme.plot_font(self._theme.small - 1)
        metrics = QFontMetricsF(font)
        text = percent(round(sure, 2))
        width = metrics.horizontalAdvance(text)
        chip = QRectF(0, 0, width + 6, metrics.height())
        chip.moveBottomRight(place.bottomRight())
        painter.fillRect(chip, self._theme.color("panel", 0.8))
        painter.setPen(self._theme.color("text"))
        painter.setFont(font)
        painter.drawText(QPointF(chip.left() + 3, chip.top() + metrics.ascent()), text)
        painter.setFont(self._theme.plot_font())


def _image(picture: NDArray[np.float32]) -> QImage:
    values = np.ascontiguousarray(np.clip(np.nan_to_num(picture), 0, 1) * 255).astype(np.uint8)
    height, width = values.shape[:2]
    if values.ndim == 2:
        return QImage(values.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
    return QImage(values.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
