"""What is known of a setting, as a sheet that opens beside its row."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.form.describe import facts_of, first_line, kinds_of, title_of
from app.form.names import readable
from core.experiment.help import help_on_field, help_on_kind

if TYPE_CHECKING:
    from app.theme import Theme
    from core.experiment.fields import Part
    from core.experiment.help import Help

_WIDTH = 340  # as wide as the sheets of views
_GAP = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """A field of a model of the specification."""

    model: type[Part]
    name: str


def help_html(title: str, description: str, topic: Topic | None, value: Any, theme: Theme) -> str:
    """Return what is known of a setting, and of the kind that it has now, as rich text.

    Parameters
    ----------
    title, description : str
        Of the field; the description has a line for each thing.
    topic : Topic or None
        None: nothing more is known.
    value : object
        What the field shows; a word that chooses a kind, or anything else.
    theme : Theme
    """
    words, _, facts = description.partition("\n")
    if topic is None:
        return _paragraph(f"<b>{escape(title)}</b>") + _paragraph(
            _lines(escape(words), _muted(facts.replace("\n", " "), theme))
        )
    info = topic.model.model_fields[topic.name]
    head = escape(title_of(info, topic.name))
    entry = help_on_field(topic.model, topic.name)
    chosen = kinds_of(info).get(value) if isinstance(value, str) else None
    facts = _muted(" ".join(facts_of(info)), theme)
    if chosen is None:
        return "".join(
            (
                _paragraph(_lines(f"<b>{head}</b>", _formula(entry))),
                _paragraph(_lines(escape(info.description or ""), facts)),
                _paragraph(_lines(_read(entry, theme), _source(entry, theme))),
            )
        )
    kind, about = escape(readable(str(value), topic.name)), help_on_kind(chosen)
    choosing = _lines(_formula(entry), _read(entry, theme))
    return "".join(
        (
            _paragraph(_lines(f"<b>{head}: {kind}</b>", _formula(about))),
            _paragraph(_lines(escape(first_line(chosen)), facts)),
            _paragraph(_lines(_read(about, theme), _source(about, theme))),
            _paragraph(_lines("<b>How to choose</b>", choosing)) if choosing else "",
        )
    )


def _formula(entry: Help | None) -> str:
    return escape(entry.formula) if entry is not None else ""


def _read(entry: Help | None, theme: Theme) -> str:
    if entry is None:
        return ""
    misleads = f"<span style='color:{theme.warn}'>Misleads:</span> {escape(entry.misleads)}"
    return _lines(escape(entry.reading), misleads)


def _source(entry: Help | None, theme: Theme) -> str:
    return _muted(entry.source, theme) if entry is not None else ""


def _muted(text: str, theme: Theme) -> str:
    return f"<span style='color:{theme.muted}'>{escape(text)}</span>" if text else ""


def _lines(*lines: str) -> str:
    return "<br>".join(line for line in lines if line)


def _paragraph(text: str) -> str:
    return f"<p>{text}</p>" if text else ""


class HelpSheet(QFrame):
    """A sheet with help that goes away with the next click, with Esc and with F1.

    The focus stays in the field beneath it all the while, and nothing is committed: a line edit
    takes a popup for leaving unless the popup is its own child.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("help")
        self._build()

    def _build(self) -> None:
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setFixedWidth(_WIDTH)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 16, 4)
        column.addWidget(self.label)

    def show_beside(self, row: QWidget, html: str) -> None:
        """Open right of a row, or left of it where there is no room, within the screen."""
        self.label.setText(html)
        self.setAccessibleName("Help")
        self.setAccessibleDescription(html)
        self.adjustSize()
        screen = row.screen().availableGeometry()
        top_left = row.mapToGlobal(QPoint(0, 0))
        x = top_left.x() + row.width() + _GAP
        if x + self.width() > screen.right():
            x = top_left.x() - _GAP - self.width()
        y = min(top_left.y(), screen.bottom() - self.height())
        self.move(max(x, screen.left()), max(y, screen.top()))
        self.show()

    # Qt ------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:  # what opens it, closes it
            self.close()
        else:
            super().keyPressEvent(event)
