"""What is written into a strip: numbers of layers, captions, the loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.plots.strip_data import Light, StripPicture
from app.plots.strip_layout import StripLayout
from app.theme import Theme

FORWARD, BACKWARD, UPDATE = "accent", "warn", "good"
_STRIDES = (2, 5, 10, 20, 25, 50, 100)


class StripPrint:
    """Writes with one font, and remembers where.

    Attributes
    ----------
    written : list of (QRectF, str)
        What was written since :meth:`begin`, and where.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.font = theme.plot_font()
        self.metrics = QFontMetricsF(self.font)
        self.written: list[tuple[QRectF, str]] = []
        self._widths: dict[str, float] = {}

    @property
    def line(self) -> float:
        """Height of a line of print."""
        return self.metrics.height()

    def begin(self, painter: QPainter) -> None:
        """Begin a picture."""
        self.written = []
        painter.setFont(self.font)

    def width(self, text: str) -> float:
        """Return the width of words."""
        width = self._widths.get(text)
        if width is None:  # measuring takes as long as writing
            if len(self._widths) > 1000:
                self._widths.clear()
            width = self._widths[text] = self.metrics.horizontalAdvance(text)
        return width

    def write(self, painter: QPainter, left: float, top: float, text: str, token: str) -> None:
        """Write words."""
        painter.setPen(self.theme.color(token))
        painter.drawText(QPointF(left, top + self.metrics.ascent()), text)
        self.written.append((QRectF(left, top, self.width(text), self.line), text))

    def write_all(
        self,
        painter: QPainter,
        layout: StripLayout,
        picture: StripPicture,
        light: Light,
        selected: int,
    ) -> None:
        """Write what belongs to layers and lanes, as far as it is lit."""
        start, stop = layout.source[1], layout.box[0]

        def row(top: float, texts: Sequence[str], token: str, lit: Callable[[float], bool]) -> None:
            self._write_row(painter, layout, top, texts, token, lit, selected)

        def everywhere(x: float) -> bool:
            return True

        if layout.layers is not None:
            row(layout.layers, tuple(map(str, range(1, layout.count + 1))), "muted", everywhere)
        if (
            layout.layers is not None
            and layout.x(1) - layout.source[0] > self.width(picture.source) + 12
        ):
            self.write(painter, layout.source[0], layout.layers, picture.source, "muted")
        forward, backward = light.forward >= 0.5, light.backward >= 0.5
        below, token = picture.backward, BACKWARD
        if layout.numbers is not None:
            upper, lower = layout.numbers
            if forward:
                front = start + (stop - start) * light.forward_reach
                row(upper, picture.forward.texts, FORWARD, lambda x: x <= front)
            if light.update is not None:
                row(lower, picture.ratio_texts, UPDATE, everywhere)
            elif backward:
                end = start + (stop - start) * (1 - light.backward_reach)
                row(lower, below.texts, token, lambda x: x >= end)
        if layout.captions is not None:
            upper, lower = layout.captions
            if forward:
                self._write_caption(painter, layout, upper, picture.forward.caption, FORWARD)
            if light.update is not None:
                self._write_caption(painter, layout, lower, picture.ratio_caption, UPDATE)
            elif backward:
                self._write_caption(painter, layout, lower, below.caption, token)

    def _write_caption(
        self, painter: QPainter, layout: StripLayout, top: float, caption: str, token: str
    ) -> None:
        """Write on a line of its own, or, of which the last words are enough, over the box."""
        if layout.captions != layout.numbers:
            self.write(painter, layout.left + 8, top, caption, token)
            return
        short = " ".join(one for one in caption.split() if one not in ("forward", "backward"))
        last = layout.left + layout.width - 4 - self.width(short)
        left = min(layout.box[0] + 6, last)
        ends = [box.right() for box, _ in self.written if box.top() == top]
        left = max([left, *(end + 6 for end in ends)])  # behind the number of the last layer
        if left <= last:
            self.write(painter, left, top, short, token)

    def _write_row(
        self,
        painter: QPainter,
        layout: StripLayout,
        top: float,
        texts: Sequence[str],
        token: str,
        lit: Callable[[float], bool],
        selected: int,
    ) -> None:
        """Write a text at each layer, or at as many as there is room for."""
        count = layout.count
        longest = max(texts, key=len, default="")
        stride = math.ceil((self.width(longest.replace("1", "0")) + 3) / layout.pitch)
        if stride > 1:
            stride = next((n for n in _STRIDES if n >= stride), stride)
        taken: list[tuple[float, float]] = []
        wanted = (selected, 1, count, *range(max(stride, 1), count, max(stride, 1)))
        for number in dict.fromkeys(wanted):  # what is written first keeps its place
            if not 1 <= number <= count:
                continue
            text, x = texts[number - 1], layout.x(number)
            width = self.width(text)
            left = min(max(x - width / 2, layout.left + 4), layout.box[0] - width + 4)
            if any(left < b + 2.5 and a - 2.5 < left + width for a, b in taken):
                continue
            taken.append((left, left + width))
            if text and lit(x):
                self.write(painter, left, top, text, "text" if number == selected else token)

    def write_loss(
        self, painter: QPainter, layout: StripLayout, picture: StripPicture, strength: float
    ) -> None:
        """Draw the loss box; lit it tells the parts of the loss, too."""
        theme = self.theme
        left, right = layout.box
        rect = QRectF(left, layout.forward[0] - 1, right - left, 0)
        rect.setBottom(layout.backward[1] + 1)
        title, value, *parts = picture.loss
        room = rect.width() - 14
        whole = QRectF(left, layout.top + 1, right - left, layout.height - 2)
        if rect.height() < 2.6 * self.line:  # over the layers' numbers there is room, too
            rect = whole
        big = self._fitting(value, room, rect.height() - 4)
        tall = QFontMetricsF(big).height()
        titled = self.line + tall <= rect.height() - 2
        color = theme.color("bad" if picture.loss_bad else "accent")
        tint, edge = QColor(color), QColor(color)
        tint.setAlphaF(0.08 + 0.32 * strength)
        edge.setAlphaF(0.6 + 0.4 * strength)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(rect, 5, 5)
        painter.setPen(QPen(edge, 1 + strength))
        painter.setBrush(tint)
        painter.drawRoundedRect(rect, 5, 5)
        head = self.line if titled else 0.0
        extra = [one for one in parts if strength > 0 and self.width(one) <= room + 8]
        if head + tall + len(extra) * self.line > rect.height() - 4:
            extra = []
        y = rect.center().y() - (head + tall + len(extra) * self.line) / 2
        middle = rect.center().x()
        if titled:
            self.write(painter, middle - self.width(title) / 2, y, title, "muted")
        painter.setFont(big)
        painter.setPen(color if picture.loss_bad else theme.color("text"))
        place = QRectF(left, y + head, right - left, tall)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, value)
        painter.setFont(self.font)
        y += head + tall
        for one in extra:
            self.write(painter, middle - self.width(one) / 2, y, one, "text")
            y += self.line

    def _fitting(self, text: str, room: float, height: float) -> QFont:
        """Return the largest type, up to twice that of the window, in which words fit."""
        usual = self.theme.font
        size = max(usual, min(2 * usual, int(room / 4)))
        font = self.theme.plot_font(size, bold=True)
        while size > 8:
            metrics = QFontMetricsF(font)
            if metrics.horizontalAdvance(text) <= room and metrics.height() <= height:
                break
            size -= 1
            font.setPixelSize(size)
        return font
