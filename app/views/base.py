"""What all views share: frame, header, states, and the rule when to draw."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from typing import ClassVar

from PySide6.QtCore import QPoint, QRectF, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.application import assert_main_thread
from app.plots import Canvas, Plot
from app.plots.notes import Cursor
from app.plots.ranges import followers_in
from app.plots.text import integer
from app.theme import Theme, load_theme
from app.views.header import Header
from app.views.help_sheet import HelpPopup, help_html, help_tip
from app.views.message import Message
from app.views.table import Table
from app.views.words import Footer
from core.record import RunSource, State

TOLD_S = 0.5
"""How long the words below a picture of a running run stay."""


class View(QWidget):
    """A picture of a run.

    Subclasses build plots in :meth:`_fill`, draw in :meth:`_draw`, and say in :meth:`_picture`
    what their picture depends on. Nothing is drawn but in :meth:`refresh`, which the render
    clock calls while the view is visible.

    Signals
    -------
    layer_selected(int)
        A layer was chosen in this view.
    step_selected(int)
        A recorded step was chosen in this view, to look back at.

    Attributes
    ----------
    at : int or None
        Recorded step to look at, counted from 0; None for the newest, whatever it is.
    reference : RunSource or None
        Another run to compare with.
    """

    layer_selected = Signal(int)
    step_selected = Signal(int)

    key: ClassVar[str] = ""
    title: ClassVar[str] = ""
    quantities: ClassVar[tuple[str, ...]] = ()
    x_title: ClassVar[str] = "step"
    empty_text: ClassVar[str] = "Press Run to start training."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = load_theme("dark")
        self.source: RunSource | None = None
        self.layer = 1
        self.at: int | None = None
        self.reference: RunSource | None = None
        self._changes = 0
        self._seen: tuple[int, int] | None = None
        self._drawn: Hashable = None
        self._drawn_steps = 0
        self._told = 0.0
        self._pointer: tuple[Plot, float, float] | None = None
        self._build()
        self._fill()
        self._connect()
        self.apply_theme(self.theme)

    def _build(self) -> None:
        self.setMinimumSize(200, 120)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 4)
        column.setSpacing(0)
        self.header = Header(self.title, self)
        column.addWidget(self.header)
        pages = QWidget(self)
        self._pages = QStackedLayout(pages)
        self.message = Message(pages)
        self.canvas = Canvas(pages)
        self.canvas.setAccessibleName(self.title)
        self._pages.addWidget(self.message)
        self._pages.addWidget(self.canvas)
        column.addWidget(pages, 1)
        self._footer = Footer(self.x_title, self)
        column.addWidget(self._footer)
        self._help: HelpPopup | None = None

    def _connect(self) -> None:
        self.header.help_requested.connect(self._on_help_requested)
        self.canvas.hovered.connect(self._on_hovered)
        self.canvas.left.connect(self._on_left)
        self.canvas.clicked.connect(self._on_clicked)
        self.canvas.view_changed.connect(self.invalidate)

    # For subclasses ----------------------------------------------------------------------

    def _fill(self) -> None:
        """Build plots and controls."""

    def _reset(self) -> None:
        """Forget what belongs to the previous source."""

    def _retheme(self, theme: Theme) -> None:
        """Take over colours."""

    def _picture(self, source: RunSource) -> Hashable:
        """Return what the picture depends on, apart from the number of steps."""
        return (source.status.state, source.events, len(source.evaluations.val_accuracy))

    def _steps_a_pixel(self) -> float:
        """Return how many new steps change the picture by a pixel."""
        return 1.0

    def _draw(self, source: RunSource) -> None:
        """Draw the picture; there is at least one step, and a frame if needed."""

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        """Return what the cursor reads at a point."""
        return None

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        """Take a click on a plot."""

    def _help_names(self) -> tuple[str, ...]:
        """Return the quantities that the help explains."""
        return self.quantities

    def _help_text(self) -> str:
        return help_html(self._help_names(), self.theme, self.key)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        """Return the numbers behind the picture, at full resolution."""
        return ()

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        """Return in words what can be seen at a glance and is written nowhere."""
        return ()

    def spoken(self) -> str:
        """Return the picture in words, for those who do not see it."""
        if self.source is None or not self.is_drawn:
            return f"{self.title}. {self.message.words}"
        words = [f"{self.title}: {self.header.subtitle.text}".removesuffix(": ")]
        words += self._key_numbers(self.source)
        for plot in self.canvas.plots:
            if plot.isVisible():
                words += plot.overlay.words
        return ". ".join(dict.fromkeys(one for one in words if one))

    # Public ------------------------------------------------------------------------------

    @property
    def provenance(self) -> str:
        """Run, seed and step of what is drawn."""
        return self._footer.words

    @property
    def is_drawn(self) -> bool:
        """Whether there is a picture, not words instead of one."""
        return self._pages.currentWidget() is self.canvas

    @property
    def running(self) -> bool:
        """Whether the run is going."""
        return self.source is not None and self.source.status.state is State.RUNNING

    @property
    def layer_count(self) -> int:
        """Number of layers of the run, 0 without one."""
        return len(self.source.facts.layers) if self.source is not None else 0

    def set_source(self, source: RunSource | None) -> None:
        """Show another run, or none."""
        assert_main_thread(self)
        if source is self.source:
            return
        self.source = source
        self.at = None
        self._told = 0.0
        self.canvas.keys.put_away()
        self._pointer = None
        for plot in self.canvas.plots:
            plot.overlay.show_cursor(None)
        self.canvas.follow_again()
        self._reset()
        self.invalidate()

    def set_layer(self, number: int) -> None:
        """Look at another layer, counted from 1 at the input."""
        if number != self.layer:
            self.layer = number
            self.invalidate()

    def set_step(self, at: int | None) -> None:
        """Look at a recorded step, or (None) at the newest."""
        if at != self.at:
            self.at = at
            self._told = 0.0
            self.invalidate()

    def set_reference(self, reference: RunSource | None) -> None:
        """Compare with another run, or with none."""
        if reference is not self.reference:
            self.reference = reference
            self.invalidate()

    def row_in(self, source: RunSource) -> int:
        """Return the recorded step that is looked at, -1 if there is none."""
        return source.steps - 1 if self.at is None else min(self.at, source.steps - 1)

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.theme = theme
        self.header.set_theme(theme)
        self.message.set_theme(theme)
        self._footer.set_theme(theme)
        self.canvas.set_theme(theme)
        self._retheme(theme)
        self.header.help_button.setToolTip(help_tip(self._help_names(), self.theme, self.key))
        self.invalidate()
        self.update()

    @Slot()
    def invalidate(self) -> None:
        """Have the picture drawn again on the next tick, though the run has not changed."""
        self._changes += 1

    def refresh(self) -> bool:
        """Draw what has changed; return whether anything was drawn."""
        source = self.source
        if source is None:
            return self._refresh_message((-1, self._changes), "No run yet", self.empty_text)
        self._prepare(source)
        seen = (source.version, self._changes)
        if seen == self._seen:
            return False
        words = self._obstacle(source)
        if words is not None:
            return self._refresh_message(seen, *words)
        picture, steps = self._picture(source), source.steps
        by_hand = self._seen is None or self._seen[1] != self._changes
        grown = steps - self._drawn_steps
        if not by_hand and picture == self._drawn and 0 <= grown < self._steps_a_pixel():
            self._seen = seen
            self._show_provenance(source)  # less than a pixel is still a step
            return False
        if not self.is_drawn:
            self._pages.setCurrentWidget(self.canvas)
        if not self.running or self.at is not None:
            self._hurry()  # to stand still is for pictures that go by
        self._draw(source)
        self._show_provenance(source)
        self._update_cursor()
        # Drawing sets ranges, which must not count as a change that asks for drawing.
        self._seen = (seen[0], self._changes)
        self._drawn, self._drawn_steps = picture, steps
        return True

    # Slots -------------------------------------------------------------------------------

    @Slot()
    def _on_help_requested(self) -> None:
        if self._help is None:
            self._help = HelpPopup(self)
        button = self.header.help_button
        corner = button.mapToGlobal(QPoint(button.width(), button.height() + 4))
        self._help.show_at(corner, self._help_text())

    @Slot(object, float, float)
    def _on_hovered(self, plot: Plot, x: float, y: float) -> None:
        self._pointer = (plot, x, y)
        self._update_cursor()

    @Slot()
    def _on_left(self) -> None:
        self._pointer = None
        self._update_cursor()

    @Slot(object, float, float)
    def _on_clicked(self, plot: Plot, x: float, y: float) -> None:
        if self.source is not None and self.is_drawn:
            self._pick(plot, x, y)

    # Inside ------------------------------------------------------------------------------

    def _select(self, number: int) -> None:
        """Choose a layer here and tell the others."""
        if 1 <= number <= self.layer_count and number != self.layer:
            self.set_layer(number)
            self.layer_selected.emit(number)

    def _hurry(self) -> None:
        """Have ranges fit the next picture."""
        for _, one in followers_in(self):
            one.hurry()

    def _prepare(self, source: RunSource) -> None:
        """Ask the run for what the next picture needs."""

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        """Return why there is nothing to draw and what to do, or None."""
        status = source.status
        if not source.facts.layers or source.steps == 0:
            if status.state is State.FAILED:
                return status.message or "The run failed", status.hint
            if status.state is State.BUILDING:
                return "Building", status.message or "Preparing data and network."
            if status.state is State.DIVERGED:
                return "Diverged at the first step", status.hint or status.message
            if status.state is State.RUNNING:
                return "Starting", "The first steps are on their way."
            return "Ready", self.empty_text
        return None

    def _refresh_message(self, seen: tuple[int, int], title: str, text: str) -> bool:
        if seen == self._seen:
            return False
        self._pages.setCurrentWidget(self.message)
        self.message.say(title, text)
        self.header.subtitle.set_words("")
        self._told = 0.0
        if self.source is not None and self.source.steps:
            self._show_provenance(self.source)
            self._told = 0.0  # the next picture has an axis
        else:
            self._footer.set_words("", "dim", show_title=False)
        self._seen, self._drawn, self._drawn_steps = seen, None, 0
        return True

    def _shown_step(self, source: RunSource) -> int:
        """Return the step as people count: updates made, or the one that is looked back at."""
        return source.updates if self.at is None else self.row_in(source)

    def _step_words(self, source: RunSource) -> str:
        """Return of which step the picture is, in words."""
        return f"step {integer(self._shown_step(source))}"

    def _show_provenance(self, source: RunSource) -> None:
        now = time.monotonic()
        if self.running and self.provenance and now - self._told < TOLD_S:
            return  # nobody reads thirty steps a second, and the words cost as much as a curve
        self._told = now
        state, token = source.status.state, "dim"
        seed = integer(source.experiment.seed)
        words = f"run {source.run_id} · seed {seed} · {self._step_words(source)}"
        if self.at is not None:
            words, token = f"{words} · looking back", "accent"
        elif state in (State.DIVERGED, State.FAILED):
            words, token = f"{words} · {state.value}", "bad"
        elif state is State.PAUSED:
            words = f"{words} · paused"
        self._footer.set_words(words, token, show_title=self.is_drawn)
        if not self.canvas.keys.reading:  # then it is what is read
            self.canvas.setAccessibleDescription(f"{self.spoken()}. {words}")

    def _update_cursor(self) -> None:
        pointer = self._pointer
        cursor = None
        if pointer is not None and self.source is not None and self.is_drawn:
            cursor = self._read_out(*pointer)
        for plot in self.canvas.plots:
            mine = pointer is not None and plot is pointer[0]
            plot.overlay.show_cursor(cursor if mine else None)

    # Qt ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.source is not None:
            self.refresh()  # or it would show for a moment what it showed when it was hidden

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.invalidate()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.color("line"), 1))
        painter.setBrush(self.theme.color("panel"))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, self.theme.radius + 1, self.theme.radius + 1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        y = self.header.geometry().bottom()
        painter.drawLine(1, y, self.width() - 2, y)
        painter.end()
