"""What is known of quantities, as a sheet that opens from the ``?`` of a view."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.theme import Theme
from core.measure import QUANTITIES


def help_html(names: tuple[str, ...], theme: Theme) -> str:
    """Return what is known of quantities as rich text."""
    parts = []
    for name in names:
        quantity = QUANTITIES[name]
        unit = f" · {escape(quantity.unit)}" if quantity.unit else ""
        parts.append(
            f"<p><b>{escape(quantity.title)}</b> {escape(quantity.symbol)}"
            f"<span style='color:{theme.muted}'>{unit}</span><br>"
            f"{escape(quantity.formula)}</p>"
            f"<p>{escape(quantity.reading)}<br>"
            f"<span style='color:{theme.warn}'>Misleads:</span> {escape(quantity.misleads)}"
            + (
                f"<br><span style='color:{theme.muted}'>{escape(quantity.source)}</span>"
                if quantity.source
                else ""
            )
            + "</p>"
        )
    return "".join(parts)


class HelpPopup(QFrame):
    """A sheet with help that goes away with the next click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setFixedWidth(340)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 6, 14, 6)
        column.addWidget(self._label)

    def show_at(self, corner: QPoint, html: str) -> None:
        """Open with the upper right corner at a point of the screen."""
        self._label.setText(html)
        self.adjustSize()
        self.move(corner - QPoint(self.width(), 0))
        self.show()
