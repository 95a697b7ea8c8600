"""What the initialiser of the selected layers comes to, and the one that would suit better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.form.flow import FlowLayout
from app.form.names import in_sentence, readable
from app.form.row import Sentence
from core.experiment.initializers import INIT_KINDS
from core.experiment.spread import describe, fans, spread
from core.experiment.suggestion import suggested_init

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.experiment.fields import Part
    from core.experiment.layers import Conv, Dense, Output

    Shape = tuple[int, ...]

ALIKE = 1.25
"""Standard deviations this close differ by less than a layer's own luck: nothing to suggest."""
_ON_PURPOSE = ("orthogonal", "lsuv", "identity")
"""Kinds that keep the signal's size by other means than the variance of an entry."""


class InitialiserNote(QWidget):
    """Spread of the weights in numbers, and a suggestion that one click follows.

    Signals
    -------
    chosen(str)
        The kind of initialiser that was suggested and accepted.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = ""
        self.spread = Sentence("muted")
        self.suggestion = Sentence("muted")
        self.button = QToolButton()
        self.button.clicked.connect(self._on_clicked)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        flow = FlowLayout(spacing=4)
        flow.addWidget(self.button)
        box.addWidget(self.spread)
        box.addWidget(self.suggestion)
        box.addLayout(flow)
        self.show_layers([], [])

    def show_layers(
        self, layers: Sequence[Dense | Conv | Output], shapes: Sequence[Shape | None]
    ) -> None:
        """Say what is known of layers with weights of these shapes; None: it is not known."""
        self.spread.set_sentence(_spread_text(layers, shapes))
        found = {suggestion(*pair) for pair in zip(layers, shapes, strict=True)}
        kind, reason = found.pop() if len(found) == 1 else ("", "")
        self._kind = kind
        self.suggestion.set_sentence(f"{reason[:1].upper()}{reason[1:]}." if reason else "")
        self.button.setVisible(bool(kind))
        if kind:
            self.button.setText(f"Use {readable(kind)}")
            self.button.setToolTip(f"Set the selected layers to {in_sentence(readable(kind))}")
        self.setVisible(bool(kind or self.spread.text()))

    @Slot()
    def _on_clicked(self) -> None:
        self.chosen.emit(self._kind)


def suggestion(layer: Dense | Conv | Output, shape: Shape | None) -> tuple[str, str]:
    """Return the initialiser that would suit a layer better and why; empty if this one does.

    Two initialisers are alike if their standard deviations are, whatever they are called: in a
    square layer Glorot's is LeCun's.
    """
    kind, reason = suggested_init(layer.activation)
    if layer.init.kind == kind or layer.init.kind in _ON_PURPOSE:
        return "", ""
    # With unknown fans, those of a square layer tell the families apart.
    present = _std(layer.init, shape or (64, 64))
    better = _std(INIT_KINDS[kind](), shape or (64, 64))
    if present > 0 and abs(math.log(present / better)) < math.log(ALIKE):
        return "", ""
    return kind, reason


def _std(init: Part, shape: Shape) -> float:
    return spread(init, *fans(shape), math.prod(shape[2:])).std or 0.0


def _spread_text(layers: Iterable[Dense | Conv | Output], shapes: Iterable[Shape | None]) -> str:
    """Return what the initialisers come to, if it is the same for all."""
    texts = set[str]()
    for layer, shape in zip(layers, shapes, strict=True):
        if shape is None:
            return ""
        fan_in, fan_out = fans(shape)
        text = describe(layer.init, fan_in, fan_out, math.prod(shape[2:]))
        texts.add(f"Weights: {text} · fan in {fan_in:,}, out {fan_out:,}")
    return texts.pop() if len(texts) == 1 else ""
