"""Asking for a file without holding anything up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QFileDialog


def ask(dialog: QFileDialog, act: Callable[[Path], None], over: Callable[[], None]) -> None:
    """Show a file dialog.

    Parameters
    ----------
    dialog : QFileDialog
        Deleted in the end.
    act : callable
        Gets the file or folder that was chosen, if one was.
    over : callable
        Called before that, and also if nothing was chosen.
    """

    def finished(accepted: int) -> None:
        over()
        if accepted and dialog.selectedFiles():
            act(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    dialog.finished.connect(finished)
    dialog.open()
