"""Where a row offers its help: the label can be clicked, and a ``?`` comes up beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.form.look import current_theme

_SIZE = 15
_TIP = "Formula, how to choose, when it misleads, source (F1)"


class HelpLabel(QLabel):
    """A label that can be asked."""

    clicked = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCursor(Qt.CursorShape.WhatsThisCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()
        else:
            event.ignore()


class HelpMark(QAbstractButton):
    """A small ``?`` over a row's caption while the row is pointed at or edited.

    It takes part in no layout, so that nothing moves when it comes and goes.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from field to field; F1 asks
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # it is painted anew under the mouse
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Help on {title}")
        self.setToolTip(_TIP)
        self.resize(self.sizeHint())
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(_SIZE, _SIZE)

    def place(self, end: int, room: int, middle: int) -> None:
        """Stand right of ``end``, or over it where the caption's ``room`` ends before."""
        self.move(min(end, room - _SIZE), middle - _SIZE // 2)
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        color = theme.color("accent" if self.underMouse() else "muted")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.0))
        painter.setBrush(theme.color("panel"))  # it may stand over the end of a long label
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawEllipse(area)
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "?")
        painter.end()
