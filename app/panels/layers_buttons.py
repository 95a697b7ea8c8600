"""The buttons under the table of layers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.form.describe import first_line
from app.form.flow import FlowLayout
from app.form.look import current_icon
from app.form.names import readable
from core.experiment.layers import LAYER_KINDS


class LayersButtons(QWidget):
    """Add (with a menu of kinds), duplicate, remove, up, down, and the model summary.

    Signals
    -------
    kind_chosen(str)
        A layer of this kind is to be added.
    """

    kind_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()
        self._draw_icons()

    def _build(self) -> None:
        self.add = _button("+ Layer", "Add a layer like the last one, before the output")
        self.add_kind = _button("▾", "Add a layer of another kind, before the output")
        self.add_kind.setAccessibleName("Add a layer of a kind")
        self.add_kind.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.kinds_menu = QMenu(self.add_kind)
        self.kinds_menu.setToolTipsVisible(True)
        for kind, model in LAYER_KINDS.items():
            action = self.kinds_menu.addAction(readable(kind))
            action.setData(kind)
            action.setToolTip(first_line(model))
        self.kinds_menu.triggered.connect(self._on_kind)
        self.add_kind.setMenu(self.kinds_menu)
        self.duplicate = _button("Duplicate", "Duplicate the selected layers (Ctrl+D)")
        self.remove = _button("Remove", "Remove the selected layers (Del)")
        self.up = _button("Up", "Move the selected layers towards the input (Alt+Up)")
        self.down = _button("Down", "Move the selected layers towards the output (Alt+Down)")
        self.summary = _button("Σ", "Model summary: output shapes and parameters (Ctrl+Shift+M)")
        self.summary.setAccessibleName("Model summary")
        flow = FlowLayout(self, spacing=4)
        edits = (self.add, self.add_kind, self.duplicate, self.remove, self.up, self.down)
        for button in (*edits, self.summary):
            flow.addWidget(button)

    def _draw_icons(self) -> None:
        self.duplicate.setIcon(current_icon("duplicate"))
        self.remove.setIcon(current_icon("trash"))
        self.up.setIcon(current_icon("up"))
        self.down.setIcon(current_icon("down"))

    @Slot(QAction)
    def _on_kind(self, action: QAction) -> None:
        self.kind_chosen.emit(str(action.data()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(text.replace("+", "Add"))
    button.setAccessibleDescription(tip)
    return button
