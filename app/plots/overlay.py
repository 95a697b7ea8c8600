"""Print and lines over a picture: events, references, direct labels, the cursor's read-out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.plots.notes import Cursor, Mark, Rule, Tag
from app.theme import Theme

Map = Callable[[float, float], QPointF]
Array = NDArray[np.float64]

# Where words may stand beside a point: side, and pixels below (or above, negative) it, with what
# the distance counts, in points of a line that are covered.
_PLACES = tuple(
    (side, sign * shift, cost)
    for shift, cost in ((7, 0.0), (22, 2.0), (38, 12.0), (56, 20.0), (80, 30.0))
    for sign in (1, -1)
    for side in (-1, 1)
)
_NEAR = 24  # pixels from its point up to which words need no line to it
_POINTED_AT = (-5.0, 0.0, 5.0) * 4  # pixels below a point with words, for points of a line each


CALM_S = 1.0
"""How long words stay where they are while a run goes."""


class Overlay(QGraphicsItem):
    """One item for everything that is written into a picture.

    It lies over the view box in its pixels, so that words keep their size and can be kept
    from covering each other: what is placed first keeps its place.
    """

    def __init__(self, parent: QGraphicsItem, to_pixels: Map) -> None:
        super().__init__(parent)
        self._to_pixels = to_pixels
        self._rect = QRectF()
        self._theme: Theme | None = None
        self._font = QFont()
        self._metrics = QFontMetricsF(self._font)
        self._shown: dict[str, object] = {}
        self._tagged = 0.0  # when tags were last set
        self._about: object = None  # what they are of
        self.placed: list[QRectF] = []  # where words were written last
        self._sizes: dict[str, tuple[float, float]] = {}
        self._over_image = False
        self._kept = QRectF()
        self._lines: tuple[tuple[Array, Array], ...] = ()
        self.setZValue(10)
        # What is written seldom changes, the curves below it with every picture.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_theme(self, theme: Theme) -> None:
        """Take over font and colours."""
        self._theme = theme
        self._font = theme.plot_font()
        self._metrics = QFontMetricsF(self._font)
        self._sizes.clear()
        self.update()

    def set_rect(self, rect: QRectF) -> None:
        """Cover a part of the parent."""
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = QRectF(rect)

    def set_over_image(self, over_image: bool) -> None:
        """Whether a coloured image lies below: words then get a ground of their own."""
        self._over_image = over_image

    def keep_free(self, box: QRectF) -> None:
        """Write nothing into a box in the upper right corner; an empty one for nowhere."""
        if box != self._kept:
            self._kept = QRectF(box)
            self.update()

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Show vertical lines."""
        self._show("marks", marks)

    def show_rules(self, rules: tuple[Rule, ...]) -> None:
        """Show horizontal lines."""
        self._show("rules", rules)

    def show_tags(
        self,
        tags: tuple[Tag, ...],
        lines: tuple[tuple[Array, Array], ...] = (),
        *,
        calm: bool = False,
        about: object = None,
    ) -> None:
        """Show words beside points, where they cover the ``lines`` least.

        Parameters
        ----------
        tags : tuple of Tag
            Earlier ones are placed first.
        lines : tuple of (x, y)
            What is drawn below.
        calm : bool
            Whether words that are there may stay for a moment: while a run goes they would move
            with every picture, which nobody can read and which costs more than the curves.
        about : object
            What the words are of, such as a layer: words of something else never stay.
        """
        now = time.monotonic()
        same = about == self._about and self._shown.get("tags")
        if calm and same and now - self._tagged < CALM_S:
            return
        self._tagged, self._about = now, about
        self._lines = lines
        self._show("tags", tags)

    def show_note(self, note: str, color: str = "muted") -> None:
        """Show words in the upper right corner."""
        self._show("note", (note, color))

    def show_caption(self, caption: str) -> None:
        """Show the name of the plot in the upper left corner."""
        self._show("caption", caption)

    def show_row(self, row: int) -> None:
        """Mark the row around a whole y at the left edge."""
        self._show("row", row)

    def show_cursor(self, cursor: Cursor | None) -> None:
        """Show a read-out at the cursor, or none."""
        self._show("cursor", cursor)

    @property
    def words(self) -> list[str]:
        """Caption, note and tags, without what is empty."""
        note, tags = self._shown.get("note"), self._shown.get("tags")
        found = [self._shown.get("caption"), note[0] if isinstance(note, tuple) else ""]
        found += [tag.text for tag in tags] if isinstance(tags, tuple) else []
        return [one for one in found if isinstance(one, str) and one]

    def shown(self, what: str) -> object:
        """Return what is shown of ``marks``, ``rules``, ``tags``, ``note`` or ``cursor``."""
        return self._shown.get(what)

    def _show(self, what: str, value: object) -> None:
        if self._shown.get(what) != value:
            self._shown[what] = value
            self.update()

    # Painting ----------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._theme is None or self._rect.isEmpty():
            return
        painter.setClipRect(self._rect)
        painter.setFont(self._font)
        taken = self.placed = [] if self._kept.isEmpty() else [self._kept]
        marks, rules, tags = (self._shown.get(k) or () for k in ("marks", "rules", "tags"))
        points = self._points(tags)  # pyright: ignore[reportArgumentType]
        for mark in marks:  # pyright: ignore[reportGeneralTypeIssues]
            self._paint_mark_line(painter, mark)
        for rule in rules:  # pyright: ignore[reportGeneralTypeIssues]
            self._paint_rule_line(painter, rule)
        self._paint_corners(painter, taken)
        for rule in rules:  # pyright: ignore[reportGeneralTypeIssues]
            self._paint_rule_text(painter, rule, taken, points)
        named: list[tuple[QPointF, QRectF]] = []
        for tag in tags:  # pyright: ignore[reportGeneralTypeIssues]
            self._paint_tag(painter, tag, taken, points, named)
        told: list[tuple[float, QRectF]] = []
        for mark in reversed(marks):  # pyright: ignore[reportArgumentType, reportCallIssue]
            self._paint_mark_text(painter, mark, taken, points, told)
        row = self._shown.get("row")
        if isinstance(row, int):
            top, bottom = self._to_pixels(0, row + 0.5).y(), self._to_pixels(0, row - 0.5).y()
            at = QRectF(self._rect.left(), top, 7, max(bottom - top, 3))
            painter.fillRect(at, self._theme.color("panel"))
            painter.fillRect(at.adjusted(0, 0, -2, 0), self._theme.color("accent"))
        cursor = self._shown.get("cursor")
        if isinstance(cursor, Cursor):
            self._paint_cursor(painter, cursor)

    def _paint_corners(self, painter: QPainter, taken: list[QRectF]) -> None:
        """Write the caption at the left, the note at the right, below each other if need be."""
        caption, note = self._shown.get("caption"), self._shown.get("note")
        right = self._rect.right() - 6
        if not self._kept.isEmpty():
            right = self._kept.left() - 6
        room = right - self._rect.left() - 7
        if isinstance(caption, str) and caption:
            top = self._rect.top() + 4
            for text, box in self._broken(caption, room, top):
                box.moveLeft(self._rect.left() + 7)
                self._write(painter, box, text, "text")
                taken.append(box)
        if isinstance(note, tuple) and note[0]:
            top = self._rect.top() + 4
            wide = self._box(note[0]).width()
            if any(box.right() + 8 > right - wide for box in taken if box != self._kept):
                top = taken[-1].bottom() + 2  # below the caption, in a narrow picture
            for text, box in self._broken(note[0], room, top):
                box.moveRight(right)
                self._write(painter, box, text, note[1])
                taken.append(box)

    def _broken(self, text: str, room: float, top: float) -> list[tuple[str, QRectF]]:
        """Return lines of a text, more than one where it has no room, from a height on down."""
        lines = [text]
        if self._box(text).width() > room:
            lines = []
            for part in text.split(" · "):
                joined = f"{lines[-1]} · {part}" if lines else part
                if lines and self._box(joined).width() <= room:
                    lines[-1] = joined
                else:
                    lines.append(part)
        found: list[tuple[str, QRectF]] = []
        for line in lines:
            fitting = line
            if self._box(line).width() > room:
                fitting = self._metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
            box = self._box(fitting)
            box.moveTop(top)
            top = box.bottom() + 1
            found.append((fitting, box))
        return found

    def _paint_mark_line(self, painter: QPainter, mark: Mark) -> None:
        assert self._theme is not None
        x = round(self._to_pixels(mark.x, 0.0).x()) + 0.5
        if self._rect.left() <= x <= self._rect.right():
            color = QColor("#ffffff") if self._over_image else self._theme.color(mark.color)
            painter.setPen(QPen(color, 1))
            painter.drawLine(QLineF(x, self._rect.top(), x, self._rect.bottom()))

    def _paint_mark_text(
        self,
        painter: QPainter,
        mark: Mark,
        taken: list[QRectF],
        points: Array,
        told: list[tuple[float, QRectF]],
    ) -> None:
        """Write beside a line; words in one row stand in the order of their lines."""
        x = self._to_pixels(mark.x, 0.0).x()
        if not (mark.text and self._rect.left() - 1 <= x <= self._rect.right() + 1):
            return
        right, left = self._rect.right() - x - 12, x - self._rect.left() - 12
        text = mark.text
        side = 1 if right >= min(self._box(text).width(), left) else -1
        room = max(right, left)
        if self._box(text).width() > room:
            text = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        box = self._box(text)
        at = x + 6 if side > 0 else x - 6 - box.width()
        rows = (self._rect.bottom() - 6 - row * (box.height() + 2) for row in range(1, 5))
        places = [QRectF(at, top, box.width(), box.height()) for top in rows]
        places.append(QRectF(at, self._rect.top() + 4, box.width(), box.height()))
        if self._over_image:  # the layers near the input, at the bottom, are what one looks at
            places.insert(0, places.pop())
        ordered = (one if _in_a_row(x, one, told) else QRectF() for one in places)
        place = self._best(ordered, taken, points)
        if place is not None:
            self._write(painter, place, text, "text" if mark.color == "muted" else mark.color)
            taken.append(place)
            told.append((x, place))

    def _paint_rule_line(self, painter: QPainter, rule: Rule) -> None:
        assert self._theme is not None
        y = round(self._to_pixels(0.0, rule.y).y()) + 0.5
        if self._rect.top() <= y <= self._rect.bottom():
            painter.setPen(QPen(self._theme.color(rule.color), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(self._rect.left(), y, self._rect.right(), y))

    def _paint_rule_text(
        self, painter: QPainter, rule: Rule, taken: list[QRectF], points: Array
    ) -> None:
        y = round(self._to_pixels(0.0, rule.y).y()) + 0.5
        if rule.text and self._rect.top() <= y <= self._rect.bottom():
            box = self._box(rule.text)
            tops = (y - box.height() - 1, y + 2, y - box.height() - 14, y + 15)
            first, last = self._rect.left() + 6, self._rect.right() - box.width() - 6
            lefts = (last, first, *(first + share * (last - first) for share in (0.5, 0.75, 0.25)))
            places = (
                QRectF(left, top, box.width(), box.height()) for top in tops for left in lefts
            )
            place = self._best(places, taken, points)
            if place is not None:
                self._write(painter, place, rule.text, "muted")
                taken.append(place)

    def _best(
        self,
        places: Iterable[QRectF],
        taken: list[QRectF],
        points: Array,
        costs: Iterable[float] = repeat(0.0),
    ) -> QRectF | None:
        """Return the place that covers the lines least, of those inside and still free."""
        inside = self._rect.adjusted(0, 1, 0, -1)
        best, least = None, 1e9
        for rank, (place, far) in enumerate(zip(places, costs, strict=False)):
            if rank + 4 * far >= least:
                break
            if not (inside.contains(place) and self._free(place, taken)):
                continue  # nor is an empty one
            cost = rank + 4 * (self._covered(place, points) + far)
            if cost < least:
                best, least = place, cost
        return best

    def _paint_tag(
        self,
        painter: QPainter,
        tag: Tag,
        taken: list[QRectF],
        points: Array,
        named: list[tuple[QPointF, QRectF]],
    ) -> None:
        """Write words beside a point, in the order of ``named`` points one above the other."""
        assert self._theme is not None
        at = self._to_pixels(tag.x, tag.y)
        box = self._box(tag.text)
        width, height = box.width(), box.height()
        inside = self._rect.adjusted(3, 2, -3, -2)

        ways = [one for one in _PLACES if not (tag.above and one[1] > 0)]

        def places() -> Iterator[QRectF]:
            least, most = inside.left(), inside.right() - width
            for side, shift, _ in ways:
                left = at.x() + 8 if side > 0 else at.x() - 8 - width
                top = at.y() + shift if shift > 0 else at.y() + shift - height
                yield QRectF(min(max(left, least), most), top, width, height)

        # Where a place turns the order around, no words are taken.
        ordered = (one if _in_order(at, one, named) else QRectF() for one in places())
        place = self._best(ordered, taken, points, [cost for _, _, cost in ways])
        if place is not None:
            self._paint_leader(painter, at, place, tag.color)
            named.append((at, place))
            self._write(painter, place, tag.text, tag.color)
            taken.append(place)

    def _paint_leader(self, painter: QPainter, at: QPointF, place: QRectF, color: str) -> None:
        """Draw a thin line from a point to words that do not stand close to it."""
        assert self._theme is not None
        x = min(max(at.x(), place.left()), place.right())
        y = min(max(at.y(), place.top()), place.bottom())
        if math.hypot(x - at.x(), y - at.y()) > _NEAR:
            painter.setPen(QPen(self._theme.color(color, 0.7), 1))
            painter.drawLine(QLineF(x, y, at.x(), at.y()))

    def _points(self, tags: tuple[Tag, ...]) -> Array:
        """Return points of the lines in pixels, about one every six, and those that have tags."""
        parts = [np.zeros((0, 2))]
        for tag in tags:  # as much as a piece of a line: what a tag points at has to be seen
            at = self._to_pixels(tag.x, tag.y)
            parts.append(np.array([(at.x(), at.y() + below) for below in _POINTED_AT]))
        (left, top), (right, bottom) = (
            (p.x(), p.y()) for p in (self._to_pixels(0.0, 0.0), self._to_pixels(1.0, 1.0))
        )
        for x, y in self._lines:
            good = np.isfinite(x) & np.isfinite(y)
            px = left + x[good] * (right - left)
            py = top + y[good] * (bottom - top)
            if len(px) > 1:
                start, stop = max(px[0], self._rect.left()), min(px[-1], self._rect.right())
                grid = np.arange(start, stop + 1, 6.0)
                parts.append(np.stack([grid, np.interp(grid, px, py)], axis=1))
        return np.concatenate(parts)

    @staticmethod
    def _covered(box: QRectF, points: Array) -> int:
        x, y = points[:, 0], points[:, 1]
        return int(
            np.count_nonzero(
                (x > box.left() - 4)
                & (x < box.right() + 4)
                & (y > box.top() - 2)
                & (y < box.bottom() + 2)
            )
        )

    def _paint_cursor(self, painter: QPainter, cursor: Cursor) -> None:
        assert self._theme is not None
        theme, rect, at = self._theme, self._rect, self._to_pixels(cursor.x, cursor.y)
        painter.setPen(QPen(theme.color("text", 0.5), 1))
        if cursor.cross:
            self._paint_cross(painter, at)
        elif cursor.box:
            painter.setPen(QPen(QColor("#ffffff") if self._over_image else theme.color("text"), 1))
            painter.drawRect(QRectF(at.x() - 4.5, at.y() - 4.5, 8, 8))
        else:
            x = round(at.x()) + 0.5
            painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
        width = max(self._metrics.horizontalAdvance(line) for line in cursor.lines) + 17
        height = self._metrics.height() * len(cursor.lines) + 11
        left = at.x() + 12 if at.x() + 12 + width < rect.right() else at.x() - 12 - width
        left = max(rect.left() + 2, left)
        top = min(max(rect.top() + 4, at.y() - height - 8), rect.bottom() - height - 4)
        if QRectF(left, top, width, height).intersects(self._kept):
            top = self._kept.bottom() + 4
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(QBrush(theme.color("raised", 0.96)))
        painter.drawRoundedRect(QRectF(left + 0.5, top + 0.5, width - 1, height - 1), 5, 5)
        for row, line in enumerate(cursor.lines):
            painter.setPen(theme.color("muted" if row == 0 else "text"))
            y = top + 5 + row * self._metrics.height() + self._metrics.ascent()
            painter.drawText(QPointF(left + 8, y), line)

    def _paint_cross(self, painter: QPainter, at: QPointF) -> None:
        """Draw two thin lines that show on every colour: bright, with a dark edge."""
        assert self._theme is not None
        rect, x, y = self._rect, round(at.x()) + 0.5, round(at.y()) + 0.5
        for shift, color in ((1.0, QColor(0, 0, 0, 90)), (0.0, QColor("#ffffff"))):
            painter.setPen(QPen(color, 1))
            painter.drawLine(QLineF(x + shift, rect.top(), x + shift, rect.bottom()))
            painter.drawLine(QLineF(rect.left(), y + shift, rect.right(), y + shift))

    def _box(self, text: str) -> QRectF:
        size = self._sizes.get(text)
        if size is None:  # measuring takes as long as writing
            if len(self._sizes) > 500:
                self._sizes.clear()
            size = (self._metrics.horizontalAdvance(text) + 1, self._metrics.height())
            self._sizes[text] = size
        return QRectF(0, 0, *size)

    @staticmethod
    def _free(box: QRectF, taken: list[QRectF]) -> bool:
        return not any(box.intersects(other) for other in taken)

    def _write(self, painter: QPainter, box: QRectF, text: str, color: str) -> None:
        assert self._theme is not None
        if self._over_image:
            painter.fillRect(box.adjusted(-4, -1, 4, 1), self._theme.color("panel", 0.82))
        else:  # a line below stays visible, and the words readable
            painter.fillRect(box.adjusted(-2, 0, 2, 0), self._theme.color("plot", 0.86))
        painter.setPen(self._theme.color(color))
        # By its base line: twice as fast as into a rectangle.
        painter.drawText(QPointF(box.left(), box.top() + self._metrics.ascent()), text)


def _in_order(at: QPointF, place: QRectF, named: list[tuple[QPointF, QRectF]]) -> bool:
    """Tell whether words stand above and below each other as the points beside them do."""
    return all(
        abs(at.x() - other.x()) > _NEAR
        or (place.center().y() - box.center().y()) * (at.y() - other.y()) >= 0
        for other, box in named
    )


def _in_a_row(x: float, place: QRectF, told: list[tuple[float, QRectF]]) -> bool:
    """Tell whether words at one height stand in the order of the lines that they belong to."""
    return all(
        box.bottom() < place.top()
        or place.bottom() < box.top()
        or (place.center().x() - box.center().x()) * (x - other) > 0
        for other, box in told
    )
