"""The timeline below the views: look back at any recorded step, play the run, return to live."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app.plots import log10
from app.plots.envelope_curve import centers
from app.plots.text import integer
from app.shell.playback import Playback, Rate
from app.shell.rates import RateBox
from app.shell.track import Track
from app.theme import Theme, icon
from core.record import RunSource, State

CURVE_S = 1.0
"""How often the curve of a growing run is drawn anew."""
POINTS = 400
_LEAP = 20  # a larger leap is a twentieth of the run

_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
}


class Timeline(QWidget):
    """Transport of the recording: the run itself is not touched.

    Signals
    -------
    step_selected(object)
        A recorded step is to be looked at, counted from 0; None for the newest.
    pin_pressed()
        The run is to be compared with, or no longer.
    """

    step_selected = Signal(object)
    pin_pressed = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.playback = Playback()
        self._source: RunSource | None = None
        self._theme: Theme | None = None
        self._at: int | None = None
        self._now = now
        self._ticked = now()
        self._drawn: tuple[int, object] | None = None
        self._drawn_at = 0.0
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("timeline")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(4)
        self._buttons: dict[str, QToolButton] = {}
        for key, name, tip in (
            ("play-back", "Play backward", "Play the recording backward"),
            ("left", "One step back", "Look one step back  [←]"),
            ("right", "One step on", "Look one step on  [→]"),
            ("play", "Play forward", "Play the recording forward"),
        ):
            button = QToolButton(self)
            button.setIconSize(QSize(14, 14))
            button.setFixedSize(28, 28)
            button.setAccessibleName(name)
            button.setToolTip(tip)
            row.addWidget(button)
            self._buttons[key] = button
        self.buttons = self._buttons
        self.track = Track(self)
        row.addSpacing(4)
        row.addWidget(self.track, 1)
        row.addSpacing(4)
        self._words = QLabel(self)
        self._words.setProperty("role", "muted")
        self._words.setMinimumWidth(118)
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words)
        row.addSpacing(4)
        self.rates = RateBox(self)
        row.addWidget(self.rates)
        self.live = QToolButton(self)
        self.live.setText("Live")
        self.live.setObjectName("live")
        self.live.setMinimumSize(54, 28)
        self.live.setAccessibleName("Back to live")
        self.live.setToolTip("Show the newest step again  [Esc]")
        row.addWidget(self.live)
        self.pin = QToolButton(self)
        self.pin.setObjectName("pin")
        self.pin.setText("Compare")
        self.pin.setCheckable(True)
        self.pin.setMinimumHeight(28)
        row.addWidget(self.pin)
        self.show_reference("")
        self._show_state()

    def _connect(self) -> None:
        self.track.moved.connect(self._on_moved)
        self.live.clicked.connect(self.go_live)
        self.rates.rate_changed.connect(self._on_rate)
        self.pin.clicked.connect(self.pin_pressed)
        self._buttons["left"].clicked.connect(self.step_back)
        self._buttons["right"].clicked.connect(self.step_on)
        self._buttons["play"].clicked.connect(self.play_forward)
        self._buttons["play-back"].clicked.connect(self.play_backward)

    # Public ------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """What is said of the step that is looked at."""
        return self._words.text()

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self._theme = theme
        self.track.set_theme(theme)
        for button in self._buttons.values():
            button.setFixedSize(theme.px(28), theme.px(28))
            button.setIconSize(QSize(theme.px(14), theme.px(14)))
        self._show_icons()

    def set_source(self, source: RunSource) -> None:
        """Show another run."""
        self._source = source
        self._drawn = None
        self.playback.stop()
        self._show_state()
        self.refresh()

    @Slot(object)
    def set_step(self, at: int | None) -> None:
        """Show which step is looked at."""
        self._at = at
        self.track.show_step(at)
        if at is None:
            self.playback.stop()
        elif abs(self.playback.position - at) > 1:
            self.playback.position = float(at)
        self._show_state()

    def show_reference(self, name: str) -> None:
        """Show which run is compared with; by an empty name that there is none."""
        self.pin.setChecked(bool(name))
        tip = f"Compared with {name}; let it go" if name else "Compare later runs with this one"
        self.pin.setToolTip(f"{tip}  [{'Ctrl+Shift+U' if name else 'Ctrl+P'}]")
        self.pin.setAccessibleName(tip)

    def refresh(self) -> None:
        """Follow the run and play on; called by the render clock."""
        now = self._now()
        seconds, self._ticked = now - self._ticked, now
        source = self._source
        if source is None:
            return
        if self.playback.direction:
            at = self.playback.advance(min(seconds, 0.25), source.steps)
            if not self.playback.direction:
                self._show_icons()
            if at != self._at:
                self.step_selected.emit(at)
        state = (source.steps, source.events)
        resting = source.status.state is not State.RUNNING
        if state != self._drawn and (resting or now - self._drawn_at >= CURVE_S):
            self._drawn, self._drawn_at = state, now
            envelope = source.scalars["loss"].envelope(0, source.steps, POINTS // 2)
            self.track.show_run(
                source.steps, centers(envelope), log10(envelope.mean), source.events
            )
            self._show_state()

    # Slots -------------------------------------------------------------------------------

    @Slot()
    def go_live(self) -> None:
        """Return to the newest step."""
        self.playback.stop()
        self._show_icons()
        self.step_selected.emit(None)

    @Slot()
    def step_back(self) -> None:
        """Look one step back."""
        self._move(-1)

    @Slot()
    def step_on(self) -> None:
        """Look one step on."""
        self._move(1)

    @Slot()
    def play_forward(self) -> None:
        """Play forward, or stop playing."""
        self._play(1)

    @Slot()
    def play_backward(self) -> None:
        """Play backward, or stop playing."""
        self._play(-1)

    @Slot(int)
    def _on_moved(self, step: int) -> None:
        self.playback.stop()
        self._show_icons()
        self.step_selected.emit(step)

    @Slot(object)
    def _on_rate(self, rate: Rate) -> None:
        self.playback.rate = rate

    # Inside ------------------------------------------------------------------------------

    def _steps(self) -> int:
        return self._source.steps if self._source is not None else 0

    def _shown(self) -> int:
        return self._steps() - 1 if self._at is None else self._at

    def _move(self, by: int) -> None:
        self.playback.stop()
        self._show_icons()
        steps = self._steps()
        if not steps:
            return
        # Live lies one place after the newest recorded step.
        to = max((steps if self._at is None else self._at) + by, 0)
        if to < steps:
            self.step_selected.emit(to)
        elif self._at is not None:
            self.go_live()

    def _play(self, direction: int) -> None:
        if self.playback.direction == direction:
            self.playback.stop()
        elif self._steps() > 1:
            self.playback.start(direction, self._shown(), self._steps())
            self._ticked = self._now()
        self._show_icons()

    def _show_icons(self) -> None:
        if self._theme is None:
            return
        playing = {"play": self.playback.direction > 0, "play-back": self.playback.direction < 0}
        for key, button in self._buttons.items():
            button.setIcon(icon("pause" if playing.get(key) else key, self._theme))

    def _show_state(self) -> None:
        steps = self._steps()
        live = self._at is None
        if self.live.property("live") is not live:
            self.live.setProperty("live", live)
            self.live.style().unpolish(self.live)
            self.live.style().polish(self.live)
        self._words.setText("" if live else f"step {integer(self._shown())} of {integer(steps)}")
        for button in (*self._buttons.values(), self.rates, self.live, self.pin):
            button.setEnabled(steps > 0)
        self._buttons["right"].setEnabled(steps > 0 and not live)
        self._buttons["left"].setEnabled(steps > 0 and (live or self._shown() > 0))

    # Qt ----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that nobody in the window wanted: arrows, Home, End, Esc."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        far = modifiers == Qt.KeyboardModifier.ShiftModifier
        if not self.isVisible() or not self._steps() or (modifiers and not far):
            return False
        key = Qt.Key(event.key())
        if key in _KEYS:
            self._move(_KEYS[key] * (max(1, self._steps() // _LEAP) if far else 1))
        elif key is Qt.Key.Key_Home:
            self._on_moved(0)
        elif key in (Qt.Key.Key_End, Qt.Key.Key_Escape) and self._at is not None:
            self.go_live()
        else:
            return False
        return True
