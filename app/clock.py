"""One clock for all views: it draws what is visible and has changed, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QRegion

from app.busy import busy_seconds

FASTEST_MS, SLOWEST_MS = 30, 100  # 30 pictures a second even if some come late, 10 at worst
SHARE = 0.11  # of a core: what a tick does besides takes some more
BUDGET_S = SHARE * FASTEST_MS / 1000  # of one tick: the rest of the views wait for the next
_MEMORY = 0.15  # weight of the newest tick in the running mean


class Drawable(Protocol):
    """What the clock needs to know of a view."""

    def refresh(self) -> bool:
        """Draw what has changed; return whether anything was drawn."""
        ...

    def isVisible(self) -> bool: ...

    def visibleRegion(self) -> QRegion: ...


class RenderClock(QObject):
    """Refreshes visible views in turn, within a budget, at an interval that adapts.

    A tick draws at least one view, and as many as the budget allows by what each has cost of
    late, painting included; the next tick goes on with the next view, so that none starves. So
    the window changes 30 times a second, while each of six views may change ten times. Only if
    a single view costs more than ``SHARE`` of a core does the interval grow: what other programs
    take of the machine slows nothing down by itself.

    Signals
    -------
    ticked()
        A tick is over, whether or not anything was drawn.

    Attributes
    ----------
    frames : int
        Ticks that drew something.
    refreshes : int
        Refreshes of views that drew something.
    seconds_in_refresh : float
        Of a core, spent in refreshing views.
    seconds_in_painting : float
        Of a core, that views spent painting what was refreshed.
    interval_ms : int
        Now, between 30 and 100.
    """

    ticked = Signal()

    def __init__(
        self, parent: QObject | None = None, *, now: Callable[[], float] = busy_seconds
    ) -> None:
        super().__init__(parent)
        self.frames = 0
        self.refreshes = 0
        self.seconds_in_refresh = 0.0
        self.seconds_in_painting = 0.0
        self.interval_ms = FASTEST_MS
        self._now = now
        self._views: list[Drawable] = []
        self._next = 0
        self._painting: list[tuple[Drawable, float]] = []  # drawn last, with seconds before
        self._paint_costs: dict[int, float] = {}  # of the newest picture of each view
        self._costs: dict[int, float] = {}  # of refreshing and painting a view once
        self._mean_cost = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(self.interval_ms)
        self._timer.timeout.connect(self.tick)

    @property
    def views(self) -> tuple[Drawable, ...]:
        """The views that the clock refreshes."""
        return tuple(self._views)

    def add(self, view: Drawable) -> None:
        """Refresh a view from now on."""
        if view not in self._views:
            self._views.append(view)

    def remove(self, view: Drawable) -> None:
        """Leave a view alone."""
        if view in self._views:
            self._views.remove(view)
            self._painting = [one for one in self._painting if one[0] is not view]
            for memory in (self._paint_costs, self._costs):
                memory.pop(id(view), None)

    def start(self) -> None:
        """Begin to tick."""
        self._timer.start()

    def stop(self) -> None:
        """Stop ticking."""
        self._timer.stop()

    @property
    def is_running(self) -> bool:
        """Whether the clock ticks."""
        return self._timer.isActive()

    @Slot()
    def tick(self) -> None:
        """Refresh views until all had their turn or the budget is spent."""
        begin = self._now()
        painting = self._new_painting()
        count = len(self._views)
        first = self._next % count if count else 0
        spent, drawn = 0.0, 0
        for turn in range(count):
            index = (first + turn) % count
            view = self._views[index]
            expected = self._costs.get(id(view), 0.0)
            if drawn and spent + expected > BUDGET_S:
                break
            self._next = index + 1
            if not view.isVisible() or view.visibleRegion().isEmpty():
                continue
            before = self._now()
            if view.refresh():
                drawn += 1
                self._painting.append((view, _paint_seconds(view)))
                refreshed = self._now() - before
                cost = refreshed + self._paint_costs.get(id(view), 0.0)
                spent += cost
                self._costs[id(view)] = cost
        refreshing = self._now() - begin
        self.frames += 1 if drawn else 0
        self.refreshes += drawn
        self.seconds_in_refresh += refreshing
        self.seconds_in_painting += painting
        self._adapt(refreshing + painting)
        self.ticked.emit()

    def _new_painting(self) -> float:
        """Return the time that the views drawn by the last tick spent painting since."""
        total = 0.0
        drawn, self._painting = self._painting, []
        for view, before in drawn:
            spent = _paint_seconds(view) - before
            if spent > 0.0:
                self._paint_costs[id(view)] = spent
                total += spent
        return total

    def _adapt(self, cost: float) -> None:
        self._mean_cost += _MEMORY * (cost - self._mean_cost)
        wanted = 1000 * self._mean_cost / SHARE
        interval = round(min(max(wanted, FASTEST_MS), SLOWEST_MS))
        # Setting an interval restarts the timer: not for a millisecond.
        at_end = interval in (FASTEST_MS, SLOWEST_MS) and interval != self.interval_ms
        if at_end or abs(interval - self.interval_ms) > 3:
            self.interval_ms = interval
            self._timer.setInterval(interval)


def _paint_seconds(view: Drawable) -> float:
    return float(getattr(getattr(view, "canvas", None), "paint_seconds", 0.0))
