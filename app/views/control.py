"""A control in the row over a picture, and how it gives way where there is little room."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSpinBox,
    QWidget,
)

from app.views.segments import Segments

LAST = 5
"""Rank of what happens only if the title gets shorter than it should."""
_COMBO = 13  # figures that a field with a list is wide at least
_EXPLICIT = Qt.WidgetAttribute.WA_WState_ExplicitShowHide


class Control:
    """A control in a header: in full (0), compact (1), or in the view's menu (2).

    Attributes
    ----------
    place : QWidget
        What the control lies in: hidden with it in the menu, so that whether the control itself
        is hidden stays its view's affair.
    """

    def __init__(self, control: QWidget, parent: QWidget) -> None:
        self.control = control
        self.place = QWidget(parent)
        box = QHBoxLayout(self.place)
        box.setContentsMargins(0, 0, 0, 0)
        was_hidden = control.isHidden() and control.testAttribute(_EXPLICIT)
        box.addWidget(control)
        if not was_hidden:
            control.show()
        self.level = 0

    @property
    def is_wanted(self) -> bool:
        """Whether the view wants to have it shown."""
        return not self.control.isHidden()

    @property
    def folded(self) -> bool:
        """Whether it has no place in the row."""
        return self.level == 2

    @property
    def ways(self) -> tuple[tuple[int, int], ...]:
        """How it gives way: when, from 0, and to which level."""
        if isinstance(self.control, Segments):
            return ((0, 1),) if self.control.count > 2 else ((2, 1), (LAST, 2))
        if isinstance(self.control, QComboBox):
            return ((1, 1),)
        return ((4 if isinstance(self.control, QAbstractSpinBox) else 3, 2),)

    @property
    def width(self) -> int:
        """The pixels it takes as it is."""
        control = self.control
        if isinstance(control, Segments):
            return control.width_of(compact=self.level == 1)
        control.ensurePolished()
        wanted = control.sizeHint().width()
        wanted = min(max(wanted, control.minimumWidth()), control.maximumWidth())
        if isinstance(control, QComboBox) and self.level == 1:
            return min(wanted, control.fontMetrics().horizontalAdvance("0") * _COMBO)
        return wanted

    def take_level(self) -> None:
        """Look as the level says; changes nothing where it has not changed."""
        if isinstance(self.control, Segments):
            self.control.set_compact(compact=self.level == 1)

    def entry(self, menu: QMenu) -> QAction:
        """Return an entry that does what the control does."""
        control = self.control
        if isinstance(control, QSpinBox):
            sub = QMenu(control.text(), menu)
            for value in range(control.minimum(), control.maximum() + 1):
                action = sub.addAction(f"{control.prefix()}{value}")
                action.setCheckable(True)
                action.setChecked(value == control.value())
                action.triggered.connect(partial(control.setValue, value))
            return sub.menuAction()
        if isinstance(control, Segments):
            control.menu.setTitle(control.words)
            return control.menu.menuAction()
        tip = (control.toolTip() or control.accessibleName()).splitlines() or [""]
        action = QAction(tip[0].split(";")[0].replace("&", "&&"), menu)
        if isinstance(control, QAbstractButton):
            action.setCheckable(control.isCheckable())
            action.setChecked(control.isChecked())
            action.triggered.connect(control.click)
        return action
