"""The four faces of a layer: what the gradient is made of."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from app.views.base import View
from app.views.segments import Segments
from core.measure import QUANTITIES


@dataclass(frozen=True, slots=True)
class Face:
    """One of the four."""

    quantity: str
    label: str
    symbol: str


FACES = (
    Face("weight_grad_norm", "∂W", "|∂L/∂W|"),
    Face("delta_norm", "δ", "|δ|"),
    Face("activation_norm", "h", "|h|"),
    Face("update_ratio", "ΔW/W", "|ΔW| / |W|"),
)


class FaceView(View):
    """A view that can switch between the four, by click or keys 1 to 4."""

    def _add_faces(self, *more: tuple[str, str, str]) -> None:
        """Add the choice; ``more`` are key, label and tooltip of what else can be chosen."""
        choices = tuple(
            (face.quantity, face.label, f"{QUANTITIES[face.quantity].title} ({number})")
            for number, face in enumerate(FACES, 1)
        )
        self.faces = Segments((*choices, *more), self)
        self.faces.choose("delta_norm")
        self.header.add_control(self.faces)
        self._shortcuts = [
            QShortcut(
                QKeySequence(str(number)),
                self,
                context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
            )
            for number in range(1, len(FACES) + 1)
        ]

    def _connect(self) -> None:
        super()._connect()
        self.faces.chosen.connect(self._on_face_chosen)
        for shortcut, slot in zip(
            self._shortcuts,
            (self._on_key_1, self._on_key_2, self._on_key_3, self._on_key_4),
            strict=True,
        ):
            shortcut.activated.connect(slot)

    @property
    def face(self) -> Face:
        """The face that is shown."""
        return next(face for face in FACES if face.quantity == self.faces.key)

    def _help_names(self) -> tuple[str, ...]:
        return (self.faces.key,)

    @Slot(str)
    def _on_face_chosen(self, key: str) -> None:
        self._reset()
        self.apply_theme(self.theme)  # the help is another one

    @Slot()
    def _on_key_1(self) -> None:
        self.faces.choose(FACES[0].quantity)

    @Slot()
    def _on_key_2(self) -> None:
        self.faces.choose(FACES[1].quantity)

    @Slot()
    def _on_key_3(self) -> None:
        self.faces.choose(FACES[2].quantity)

    @Slot()
    def _on_key_4(self) -> None:
        self.faces.choose(FACES[3].quantity)
