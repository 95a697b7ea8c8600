"""What is drawn over a strip: the cut of clipping, how far weights move, what is no magnitude."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPen

from app.plots.strip_data import ClipCard, StripPicture
from app.plots.strip_lane import MISSING, NAN, ZERO
from app.plots.strip_layout import StripLayout
from app.plots.strip_print import StripPrint
from app.theme import Theme


def paint_update(
    painter: QPainter,
    layout: StripLayout,
    picture: StripPicture,
    words: StripPrint,
    progress: float,
) -> None:
    """Draw a bar for each layer: how far its weights move, on a logarithmic scale."""
    theme, line = words.theme, words.line
    low, high = picture.ratio_range
    top, bottom = layout.forward[0] + 4, layout.backward[1]
    width = max(layout.column * 0.7, min(layout.pitch * 0.6, 2.0), 1.0)
    bars: list[QRectF] = []
    others: list[tuple[int, float]] = []
    pairs = zip(picture.ratios.tolist(), picture.ratio_kinds.tolist(), strict=True)
    for number, (log, kind) in enumerate(pairs, 1):
        if kind < 0:
            others.append((kind, layout.x(number)))
            continue
        share = min(max((log - low) / (high - low), 0.01), 1.0) * progress
        height = max(share * (bottom - top), 1.5)
        bars.append(QRectF(layout.x(number) - width / 2, bottom - height, width, height))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("good", 0.9))
    painter.drawRects(bars)
    for kind, x in others:
        if kind == ZERO:  # a ring at the foot, as in other pictures
            painter.setPen(QPen(theme.color("muted"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = min(3.5, max(layout.pitch / 2 - 2.5, 1.0))
            painter.drawEllipse(QPointF(x, bottom - 6), radius, radius)
        else:
            place = QRectF(x - width / 2, top, width, bottom - top)
            paint_special(painter, kind, place, theme)
    y = bottom - (-3.0 - low) / (high - low) * (bottom - top)
    painter.setPen(QPen(theme.color("text", 0.6), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(layout.source[1] + 4, y, layout.box[0] - 4, y))
    text = "10⁻³"  # a usual size, as the help says
    width = words.width(text)
    room = QRectF(layout.source[1] + 4, y - line - 2, width + 8, line + 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("plot", 0.8))
    painter.drawRect(room)
    words.write(painter, room.left() + 4, room.top(), text, "text")


def paint_clip(
    painter: QPainter,
    layout: StripLayout,
    card: ClipCard,
    words: StripPrint,
    progress: float,
) -> None:
    """Draw two lengths: the gradient before and after clipping."""
    theme = words.theme
    painter.setFont(theme.plot_font(theme.font))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    room = layout.box[0] - layout.source[1] - 16
    width = min(room, 34 * line)
    height = min(5.6 * line + 20, layout.backward[1] - layout.forward[0] + 8)
    center_x = (layout.box[0] + layout.source[1]) / 2
    center_y = (layout.forward[0] + layout.backward[1]) / 2
    rect = QRectF(center_x - width / 2, center_y - height / 2, width, height)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(theme.color("raised", 0.97))
    painter.drawRoundedRect(rect, 6, 6)
    inside = rect.adjusted(14, 8, -14, -8)
    token = "text" if card.clipped else "muted"
    place = QPointF(inside.left(), inside.top() + metrics.ascent())
    painter.setPen(theme.color(token))
    painter.drawText(place, card.title)
    step = max((inside.height() - line) / 2, line)
    first = inside.bottom() - 2 * step + (step - line) / 2
    left_share = 1 - (1 - card.share) * progress
    texts = max(metrics.horizontalAdvance(t) for t in (card.before, card.after)) + 10
    most = max(inside.width() - texts, 10.0)
    rows = ((card.before, 1.0, "muted"), (card.after, left_share, "accent"))
    for index, (text, share, shade) in enumerate(rows):
        y = first + index * step
        painter.setPen(theme.color(token))
        painter.drawText(QPointF(inside.left(), y + metrics.ascent()), text)
        shade = shade if card.clipped else "dim"
        bar = QRectF(inside.left() + texts, y + line / 2 - 4, most, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(bar, 4, 4)
        bar.setWidth(max(most * min(share, 1.0), 3.0))
        painter.setBrush(theme.color(shade))
        painter.drawRoundedRect(bar, 4, 4)
    painter.setFont(words.font)


def paint_special(painter: QPainter, kind: int, rect: QRectF, theme: Theme) -> None:
    """Draw what is no magnitude: a gap for 0, a hatch for NaN and Inf, dots for not measured."""
    y = rect.center().y()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if kind in (ZERO, MISSING):
        style = Qt.PenStyle.DotLine if kind == MISSING else Qt.PenStyle.DashLine
        painter.setPen(QPen(theme.color("dim" if kind == MISSING else "muted"), 1, style))
        painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
        if kind == ZERO and rect.width() > 14:
            painter.setPen(QPen(theme.color("muted"), 1.5))
            for x in (rect.left() + 4, rect.right() - 4):  # both ends closed: nothing goes through
                painter.drawLine(QLineF(x, y - 5, x, y + 5))
        return
    color = theme.color("nan" if kind == NAN else "inf")
    style = Qt.BrushStyle.BDiagPattern if kind == NAN else Qt.BrushStyle.DiagCrossPattern
    painter.setPen(QPen(color, 1))
    painter.setBrush(QBrush(color, style))
    painter.drawRect(rect.adjusted(0, 2, 0, -2))
