"""What stands beside the rows of a picture: names at the left, shares at the right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.plots.pixel_item import PixelItem
from app.plots.plot import Plot
from app.plots.side_item import SideItem

_BAR = 20.0


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a row that has no place on its axis, in the colour of a theme's token."""

    share: float
    text: str
    token: str


@dataclass(frozen=True, slots=True)
class RowWords:
    """What stands beside one row.

    Attributes
    ----------
    y : float
        Base of the row; the words stand on it.
    label : str
    shares : tuple of Share
        The most important last: it is written where there is no room for all.
    chosen : bool
    rank : int
        Where there is no room for all rows, those of the least rank are written.
    """

    y: float
    label: str
    shares: tuple[Share, ...] = ()
    chosen: bool = False
    rank: int = 1


class RowLabels(PixelItem):
    """Names of rows in the left margin of a plot, as many as there is room for."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._rows: tuple[RowWords, ...] = ()
        self._names: list[tuple[float, str, bool, int]] = []
        # Names seldom change, the ridges beside them with every picture.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_rows(self, rows: tuple[RowWords, ...]) -> None:
        """Write names of rows."""
        names = [(row.y, row.label, row.chosen, row.rank) for row in rows]
        if names != self._names:
            self._rows, self._names = rows, names
            self.update()

    def boundingRect(self) -> QRectF:
        area = self._plot.area()
        return QRectF(0, area.top() - 6, area.left(), area.height() + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None:
            return
        rect = self.boundingRect()
        font, bold = self._theme.plot_font(), self._theme.plot_font(bold=True)
        plain, strong = QFontMetricsF(font), QFontMetricsF(bold)
        for row, base in _fitting(self._rows, self._plot, rect, plain):
            painter.setFont(bold if row.chosen else font)
            painter.setPen(self._theme.color("accent" if row.chosen else "muted"))
            width = (strong if row.chosen else plain).horizontalAdvance(row.label)
            painter.drawText(QPointF(rect.right() - 6 - width, base), row.label)


class RowShares(SideItem):
    """Beside a plot: of each row a bar of the shares that its axis cannot show, with words."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(0.0)
        self._plot = plot
        self._rows: tuple[RowWords, ...] = ()
        plot.view_changed.connect(self.update)

    def show_rows(self, rows: tuple[RowWords, ...]) -> None:
        """Draw the shares of rows."""
        if rows != self._rows:
            self._rows = rows
            self.update()

    def needed_width(self) -> float:
        """Return the room for all words of every row, in pixels at a scale of 1."""
        if self._theme is None:
            return 0.0
        metrics = QFontMetricsF(self._theme.plot_font())
        texts = {"  ".join(one.text for one in row.shares): len(row.shares) for row in self._rows}
        widths = (metrics.horizontalAdvance(text) + 8 * n for text, n in texts.items() if n)
        return (max(widths, default=0.0) + _BAR + 12) / self._theme.scale

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        area = self._plot.area()
        rect = QRectF(0, area.top() - 4, self.rect().width(), area.height() + 8)
        if self._theme is None or rect.width() < _BAR + 12:
            return
        theme, shown = self._theme, [row for row in self._rows if row.shares]
        painter.setClipRect(self.rect())
        pitch = _pitch(self._rows, self._plot)
        for row in shown:  # a bar in every row, whether or not there is room for words
            base = self._plot.to_pixels(0.0, row.y).y()
            height = max(2.0, min(7.0, pitch - 1))
            left = 2.0
            track = QRectF(left, base - height, _BAR, height)
            painter.fillRect(track, theme.color("line", 0.6))
            for one in row.shares:
                width = max(2.0, one.share * _BAR)
                painter.fillRect(QRectF(left, base - height, width, height), theme.color(one.token))
                left += width
        font = theme.plot_font()
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        room = rect.width() - _BAR - 10
        for row, base in _fitting(shown, self._plot, rect, metrics):
            left = _BAR + 8
            texts = list(reversed(row.shares))
            for place, one in enumerate(texts):
                rest = room - (left - _BAR - 8)
                width = metrics.horizontalAdvance(one.text)
                more = place + 1 < len(texts)
                if width + (metrics.horizontalAdvance(" …") if more else 0) > rest:
                    if place:
                        painter.drawText(QPointF(left, base), "…")
                        break
                    width = min(width, rest)
                warns = one.token in ("nan", "inf")
                painter.setPen(theme.color(one.token if warns else "muted"))
                painter.drawText(QPointF(left, base), one.text)
                left += width + 8


def _pitch(rows: tuple[RowWords, ...], plot: Plot) -> float:
    """Return the pixels between two rows."""
    places = sorted(plot.to_pixels(0.0, row.y).y() for row in rows)
    return min((b - a for a, b in pairwise(places)), default=20.0)


def _fitting(
    rows: Iterable[RowWords], plot: Plot, rect: QRectF, metrics: QFontMetricsF
) -> list[tuple[RowWords, float]]:
    """Return the rows that there is room for, with the base lines of their words in pixels."""
    height = metrics.ascent() + 1
    taken: list[float] = []
    found: list[tuple[RowWords, float]] = []
    for row in sorted(rows, key=lambda one: (not one.chosen, one.rank)):
        at = plot.to_pixels(0.0, row.y).y()
        if not rect.top() <= at <= rect.bottom():
            continue
        if all(abs(at - other) >= height + 1 for other in taken):
            taken.append(at)
            found.append((row, max(at, rect.top() + height)))
    return found


__all__ = ["RowLabels", "RowShares", "RowWords", "Share"]
