"""Keys 1 to 5 for the pictures, wherever in the window they are pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from app.shell.main_window import MainWindow
    from app.views.faces import FaceView

_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)
_PLACES = ("heatmap", "profile")


class FaceKeys(QObject):
    """Takes the digits that nobody in the window wanted.

    A view with faces that has the keys takes them itself, a field writes them; of all others
    they go to the heatmap, or to the profile where that is not seen or does not know the key.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or event.key() not in _KEYS:
            return False
        number = _KEYS.index(Qt.Key(event.key()))
        for view in self._seen():
            if number < view.faces.count:
                view.faces.choose(view.faces.keys[number])
                return True
        return False

    def _seen(self) -> list[FaceView]:
        docks = self._window.grid.docks
        seen = [docks[key] for key in _PLACES if key in docks]
        return [dock.view for dock in seen if not dock.view.visibleRegion().isEmpty()]  # pyright: ignore[reportReturnType]
