"""Fields that are typed into: numbers as scientists write them, whole numbers, text.

A field commits at Enter or when the focus leaves. What it commits is a number where the text is
one within range, else the text itself, so that whoever validates can repeat it word for word.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from app.form.describe import Bounds, stepped_linear, stepped_log
from app.form.names import number_text
from app.form.valued import MIXED, Valued

_NOTCH = 120  # eighths of a degree that a wheel turns per click (Qt)
_GAP = 8


class LineField(Valued, QLineEdit):
    """A line of text that keeps what is typed until it can be used.

    Attributes
    ----------
    unit : str
        Shown muted at the right end while there is room for it.
    """

    committed = Signal(object)
    reverted = Signal()

    def __init__(self, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = unit
        self.setMinimumWidth(48)
        self._connect()

    def _connect(self) -> None:
        self.editingFinished.connect(self.commit_typed)
        self.textChanged.connect(self._make_room_for_unit)

    def parsed(self) -> Any:
        """Return what a commit would emit now."""
        return self._parse(self.text().strip())

    def is_typing(self) -> bool:
        """Tell whether text was typed that is not committed."""
        return self.isModified()

    def _show(self, value: Any) -> None:
        self.setPlaceholderText("mixed" if value is MIXED else "")
        text = "" if value is MIXED or value is None else self._format(value)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)  # show the beginning of what is too long
        self.setModified(False)

    def _format(self, value: Any) -> str:
        return str(value)

    def _parse(self, text: str) -> Any:
        return text

    def _commit(self) -> None:
        self.setModified(False)
        self.committed.emit(self.parsed())

    @Slot()
    def commit_typed(self) -> None:
        """Commit what was typed, if anything was."""
        if not self.isModified():
            return
        if self._value is MIXED and not self.text().strip():
            self.set_value(MIXED, force=True)
            return
        self._commit()

    @Slot()
    def _make_room_for_unit(self) -> None:
        width = self.fontMetrics().horizontalAdvance(self.unit) + _GAP if self._shows_unit() else 0
        if self.textMargins().right() != width:
            self.setTextMargins(0, 0, width, 0)

    def _shows_unit(self) -> bool:
        metrics = self.fontMetrics()
        text = self.text() or self.placeholderText()
        needed = metrics.horizontalAdvance(text) + metrics.horizontalAdvance(self.unit)
        return bool(self.unit) and needed + 4 * _GAP < self.width()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), super().minimumSizeHint().height())  # without the unit

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.ignore()  # a file is for the window: not its name for this line
        else:
            super().dragEnterEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_pending():
            self.set_value(self._value, force=True)
            self.reverted.emit()
            self.selectAll()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room_for_unit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._shows_unit():
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        area = QRect(_GAP, 0, self.width() - 2 * _GAP, self.height())
        painter.drawText(
            area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.unit
        )
        painter.end()


class TextField(LineField):
    """A line of words."""


class PathField(LineField):
    """Where a file or a folder is; one that is dropped here is taken.

    Attributes
    ----------
    wants : {"file", "folder"}
    """

    def __init__(self, wants: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.wants = wants

    def take(self, path: str) -> None:
        """Commit a path that was not typed; what was being typed is dropped."""
        self.setModified(False)
        self.committed.emit(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_path(event):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_path(event)
        if path:
            event.acceptProposedAction()
            self.take(path)
        else:
            super().dropEvent(event)


def _dropped_path(event: QDropEvent) -> str:
    urls = event.mimeData().urls()
    return urls[0].toLocalFile() if len(urls) == 1 else ""


class _StepField(LineField):
    """A number that Up, Down, Page Up, Page Down and the wheel (when focused) change by steps."""

    def __init__(
        self, bounds: Bounds | None = None, unit: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(unit, parent)
        self.bounds = bounds or Bounds()
        self._wheel = 0
        self.setMaxLength(64)

    def step(self, steps: int) -> None:
        """Go up (or down) by so many steps from the number in the field, and commit."""
        start = self.parsed()
        if isinstance(start, str):
            return
        value = self._stepped(start, steps)
        if value != start:
            self.setText(self._format(value))
            self._commit()

    def _stepped(self, value: float, steps: int) -> float:
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()), 0)
        if steps and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            self.step(steps)
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()  # the column scrolls instead
            return
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / _NOTCH)
        self._wheel -= steps * _NOTCH
        if steps:
            self.step(steps)
        event.accept()


class NumberField(_StepField):
    """A real number: 0.05 or 1e-6; steps 1, 2, 5, 10 where it lives on a logarithmic scale."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        *,
        log: bool = False,
        step: float = 0.1,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(bounds, unit, parent)
        self.log = log
        self.step_size = step

    def _format(self, value: Any) -> str:
        return number_text(value)

    def _parse(self, text: str) -> Any:
        try:
            value = float(text)
        except ValueError:
            return text
        underflow = value == 0 and any(digit in text.lower().split("e")[0] for digit in "123456789")
        return value if self.bounds.contains(value) and not underflow else _as_typed(text)

    def _stepped(self, value: float, steps: int) -> float:
        if self.log:
            return stepped_log(value, steps, self.bounds)
        return stepped_linear(value, steps, self.step_size, self.bounds)


class IntField(_StepField):
    """A whole number; steps of one."""

    def _parse(self, text: str) -> Any:
        joined = "".join(text.split())  # thousands set apart by a space
        try:
            value = float(joined) if "e" in joined.lower() else int(joined)
        except ValueError:
            return text
        if isinstance(value, float):
            if not math.isfinite(value) or not value.is_integer():
                return text
            value = int(value)
        return value if self.bounds.contains(value) else _as_typed(text)

    def _stepped(self, value: float, steps: int) -> float:
        following = int(value) + steps
        return following if self.bounds.contains(following) else value


def _as_typed(text: str) -> int | float | str:
    """Return a number that prints exactly as it was typed, else the text: it will be quoted."""
    for kind in (int, float):
        try:
            value = kind(text)
            if math.isfinite(value) and str(value) == text:
                return value
        except ValueError:
            continue
    return text
