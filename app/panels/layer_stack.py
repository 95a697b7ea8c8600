"""What keys, buttons and menu do to the selected layers, whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.panels import layer_moves
from app.panels.layer_clipboard import layers_from_text, layers_to_text
from app.panels.numbering import Numbering
from core.errors import ExperimentError, LabError
from core.experiment.layers import Dense
from core.experiment.network import NetworkSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.experiment.layers import LayerSpec


class LayerStack(QObject):
    """The hidden layers and those of them that are selected.

    Signals
    -------
    offered(object, str, object)
        Another stack of layers, what was done in words, and the rows to select in it.
    refused(str)
        Why the clipboard cannot be pasted; empty when something else is done.

    Attributes
    ----------
    rows : list of int
        The selected hidden layers, from 0.
    """

    offered = Signal(object, str, object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.set_network(NetworkSpec(layers=()))
        self.rows: list[int] = []

    def set_network(self, network: NetworkSpec) -> None:
        """Work on the layers of a network."""
        self._layers = network.expanded()
        self._numbering = Numbering(network)

    def select(self, rows: Iterable[int]) -> None:
        """Work on these rows; the output layer, which is always there, is left out."""
        self.rows = [row for row in rows if row < len(self._layers)]

    def can_move_up(self) -> bool:
        """Tell whether a selected layer has another one before it."""
        return bool(self.rows) and self.rows != list(range(len(self.rows)))

    def can_move_down(self) -> bool:
        """Tell whether a selected layer has another one behind it."""
        count = len(self._layers)
        return bool(self.rows) and self.rows != list(range(count - len(self.rows), count))

    @Slot()
    def add(self) -> None:
        """Add a layer like the last one."""
        new = self._layers[-1] if self._layers else Dense()
        self._offer("add a layer", layer_moves.inserted(self._layers, [new], len(self._layers)))

    @Slot(str)
    def add_kind(self, kind: str) -> None:
        """Add a layer of a kind, like the last one of that kind."""
        alike = [layer for layer in self._layers if layer.kind == kind]
        new = alike[-1] if alike else _new(kind)
        text = f"add {kind.replace('_', ' ')}"
        self._offer(text, layer_moves.inserted(self._layers, [new], len(self._layers)))

    @Slot()
    def duplicate(self) -> None:
        """Put a copy of the selected layers after them."""
        if self.rows:
            self._offer(self._done("duplicate"), layer_moves.duplicated(self._layers, self.rows))

    @Slot()
    def remove(self) -> None:
        """Remove the selected layers."""
        if self.rows:
            self._offer(self._done("remove"), layer_moves.removed(self._layers, self.rows))

    @Slot()
    def move_up(self) -> None:
        """Move the selected layers one place towards the input."""
        if self.rows:
            self._offer(self._done("move"), layer_moves.shifted(self._layers, self.rows, -1))

    @Slot()
    def move_down(self) -> None:
        """Move the selected layers one place towards the output."""
        if self.rows:
            self._offer(self._done("move"), layer_moves.shifted(self._layers, self.rows, 1))

    @Slot(int)
    def drop(self, gap: int) -> None:
        """Move the selected layers to the gap before a row."""
        if self.rows:
            self._offer(self._done("move"), layer_moves.dropped(self._layers, self.rows, gap))

    @Slot()
    def copy(self) -> None:
        """Put the selected layers on the clipboard, as TOML."""
        if self.rows:
            text = layers_to_text([self._layers[row] for row in self.rows])
            QGuiApplication.clipboard().setText(text)

    @Slot()
    def cut(self) -> None:
        """Copy the selected layers, and remove them."""
        self.copy()
        self.remove()

    @Slot()
    def paste(self) -> None:
        """Put the clipboard's layers after the selected ones, or before the output."""
        at = self.rows[-1] + 1 if self.rows else len(self._layers)
        try:
            new = layers_from_text(QGuiApplication.clipboard().text())
        except ExperimentError as error:
            self.refused.emit(f"Not pasted: {'; '.join(map(str, error.problems))}")
            return
        except LabError as error:
            self.refused.emit(f"Not pasted. {error}")
            return
        text = "paste a layer" if len(new) == 1 else f"paste {len(new)} layers"
        self._offer(text, layer_moves.inserted(self._layers, new, at))

    def menu(self, parent: QWidget) -> QMenu:
        """Return a menu of all this."""
        menu, some = QMenu(parent), bool(self.rows)
        for text, keys, slot, enabled in (
            ("Copy", "Ctrl+C", self.copy, some),
            ("Cut", "Ctrl+X", self.cut, some),
            ("Paste", "Ctrl+V", self.paste, True),
            ("Duplicate", "Ctrl+D", self.duplicate, some),
            ("Remove", "Del", self.remove, some),
            ("Move up", "Alt+Up", self.move_up, self.can_move_up()),
            ("Move down", "Alt+Down", self.move_down, self.can_move_down()),
        ):
            action = menu.addAction(f"{text}\t{keys}")
            action.setEnabled(enabled)
            action.triggered.connect(slot)
        return menu

    def _done(self, verb: str) -> str:
        return f"{verb} {self._numbering.text(self.rows)}"

    def _offer(self, text: str, result: layer_moves.Result) -> None:
        layers, rows = result
        self.refused.emit("")
        self.offered.emit(layers, text, rows)


def _new(kind: str) -> LayerSpec:
    """Return a layer of a kind with its defaults."""
    return NetworkSpec.model_validate({"layers": [kind]}).layers[0]
