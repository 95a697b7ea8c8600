"""The small marks of a row: when it takes effect, and the way back to its default."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.form.look import current_icon
from core.experiment.fields import Scope

DOT = 6
ARROW = 12
_MARKS = {
    Scope.LIVE: "takes effect live",
    Scope.REINIT: "takes effect at the next draw of weights",
}


class ScopeDot(QWidget):
    """When a setting takes effect: a dot, at the next step; a ring, at the next draw of weights.

    Neither: at a restart.
    """

    def __init__(self, scope: Scope, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filled = scope is Scope.LIVE
        self.setToolTip(_MARKS.get(scope, ""))
        self.setAccessibleName(_MARKS.get(scope, ""))
        self.setVisible(scope in _MARKS)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(DOT + 2, DOT + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self.palette().color(QPalette.ColorRole.Highlight)
        inside = 0.0 if self._filled else 0.6  # half of the ring's pen
        painter.setPen(Qt.PenStyle.NoPen if self._filled else QPen(color, 2 * inside))
        painter.setBrush(color if self._filled else Qt.BrushStyle.NoBrush)
        size = DOT - 2 * inside
        painter.drawEllipse(QRectF(0.5 + inside, (self.height() - DOT) / 2 + inside, size, size))
        painter.end()


class ResetArrow(QAbstractButton):
    """A small arrow beside what differs from its default; the context menu does the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from field to field
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # it is painted anew under the mouse
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(ARROW, ARROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        token = "accent" if self.underMouse() else "muted"
        area = QRect(0, (self.height() - ARROW) // 2, ARROW, ARROW)
        current_icon("reset", token).paint(painter, area)
        painter.end()
