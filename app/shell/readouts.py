"""Numbers that follow the run: transport, status bar, live bars in the layer table, timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.shell.cost import CostMeter
from app.views.stages import in_one_line, read_step, row_of
from app.views.words import Words
from core.measure.missing import not_measured
from core.record.source import State

if TYPE_CHECKING:
    from app.shell.laboratory import Laboratory
    from core.record.source import Event, Facts, RunSource

READOUT_TICKS = 4
"""Numbers change seven times a second: faster they cannot be read, and each costs training."""
SLOW_PER_S = 5.0
"""Steps a second up to which the stages of each can be read."""
COST_TICKS = 32
BAR_TICKS = 16
"""The bars in the layer table are repainted a quarter as often."""


class Readouts(QObject):
    """Looks at the run on each tick of the render clock.

    Parameters
    ----------
    laboratory : Laboratory
        With all its parts.
    """

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory)
        self._laboratory = laboratory
        self._session, self._window = laboratory.session, laboratory.window
        self._events_shown: tuple[Event, ...] | None = None
        self._version_shown = -1
        self._facts_shown: Facts | None = None
        self._data_shown = ""
        self._ticks = 0
        self._costs = CostMeter()
        self._stages = Words()
        self._stages.setObjectName("stages")
        self._stages.setAccessibleName("Stages of the step")
        self._stages.set_theme(self._window.theme)
        self._window.theme_changed.connect(self._stages.set_theme)
        self._window.statusBar().insertWidget(1, self._stages, 1)

    def forget(self) -> None:
        """Take back what was shown of another run."""
        self._events_shown = None
        self._version_shown = -1
        self._window.set_cost("")
        self._stages.set_words("")
        self._laboratory.panel.set_live(None, None)

    @Slot()
    def tick(self) -> None:
        """Poll the run, and show what is due."""
        session = self._session
        session.poll()
        self._laboratory.writer.poll()
        self._laboratory.timeline.refresh()
        self._window.transport.set_running(session.running)
        self._ticks += 1
        if self._ticks % READOUT_TICKS == 0 or not session.running:
            self._show_readouts(live_bars=self._ticks % BAR_TICKS == 0 or not session.running)

    def _show_readouts(self, *, live_bars: bool) -> None:
        source = self._session.source
        if source.version == self._version_shown:
            return
        self._version_shown = source.version
        self._window.transport.show_source(source)
        self._laboratory.dialogs.show_source(source)
        if live_bars:
            self.show_bars()
        self.show_stages()
        if source.status.state is not State.RUNNING:
            self._window.set_state(
                state_text(source.status.state, source.status.message, source.updates)
            )
        if self._ticks % COST_TICKS == 0 and (cost := self._costs.read(source)):
            self._window.set_cost(*cost)
        if source.events is not self._events_shown:
            self._events_shown = source.events
            last = source.events[-1] if source.events else None
            self._window.set_event(f"step {last.step:,}: {last.text}" if last else "")
        if source.facts is not self._facts_shown:
            self._facts_shown = source.facts
            self._laboratory.panel.set_built(source.facts, source.experiment)
            self._suit(source)

    def show_bars(self) -> None:
        """Show the bars of the layer table, of the step that is looked at."""
        columns, at = self._session.source.layer_columns, self._session.at
        if columns:
            parts = (columns[name] for name in ("delta_norm", "derivative_mean"))
            rows = [one.last() if at is None else one.read(at, at + 1)[0] for one in parts]
            known = (None if row is None or not_measured(row).any() else row for row in rows)
            self._laboratory.panel.set_live(*known)

    def show_stages(self) -> None:
        """Tell the stages of the step that is looked at, if it stays long enough to be read."""
        source, at, text = self._session.source, self._session.at, ""
        slow = not self._session.running or at is not None or source.steps_per_s <= SLOW_PER_S
        if slow and source.facts.layers and 0 <= (row := row_of(source, at)) < source.steps:
            text = in_one_line(read_step(source, row))
        self._stages.set_words(text)
        self._stages.setToolTip(text)

    def _suit(self, source: RunSource) -> None:
        """Bring the map to the front when data come that have one."""
        kind = source.experiment.data.kind
        if source.facts.layers and kind != self._data_shown:
            self._data_shown = kind
            if source.facts.n_features <= 2:
                self._window.grid.bring_forward("decision")


def state_text(state: State, message: str, steps: int) -> str:
    """Return what a run is doing, for the status bar."""
    if state is State.FINISHED:
        return f"{message} Run goes on for as many epochs again."
    if message:
        return message
    if state is State.PAUSED:
        told = f"Paused after {steps:,} step{'' if steps == 1 else 's'}."
        return told if steps else "Ready. Press Run, or Space."
    return {State.RUNNING: "Training.", State.BUILDING: "Preparing."}.get(state, state.value)
