"""Several plots over the same steps, one above the other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Slot

from app.plots import Plot
from app.plots.ranges import Range
from app.views.base import TOLD_S
from app.views.over_steps import StepView, marks_of
from core.record import RunSource

_ANY = 16_777_215.0  # Qt's word for no limit
AXIS = 17  # pixels that the numbers below a plot take


class StackView(StepView):
    """A view of plots whose axis of steps is one: zooming one of them zooms all.

    Subclasses set :attr:`stack` from the top, :attr:`plot` to one of those visible, and in
    :attr:`shares` how high each is beside the others, if not all alike. The plots lie in the
    rows of the canvas, from its first.
    """

    stack: tuple[Plot, ...] = ()
    shares: tuple[int, ...] = ()
    _one_y: bool = False
    _shared: tuple[Range, Range] | None = None
    _sharing: bool = False
    _said: float = 0.0

    def _connect(self) -> None:
        super()._connect()
        for plot in self.stack:
            plot.following_changed.connect(self._on_following_changed)
            plot.view_changed.connect(self._on_plot_moved)

    def _reset(self) -> None:
        super()._reset()
        self._said = 0.0

    def _show_plots(self, *shown: Plot) -> None:
        """Show some of the plots; the lowest has the steps below it."""
        bottom = shown[-1] if shown else None
        room = max(1, self.canvas.height() - 32)
        parts = list(zip(self.stack, self.shares or (1,) * len(self.stack), strict=True))
        whole = max(1, sum(share for plot, share in parts if plot in shown))
        layout: Any = self.canvas.ci.layout
        changed = False
        for row, (plot, share) in enumerate(parts):
            visible, lowest = plot in shown, plot is bottom
            # The axis comes on top, so that pictures of one share are of one height.
            axis = AXIS if lowest and len(shown) > 1 else 0
            stretch = room * share // whole + axis if visible else 0
            if plot.isVisible() is visible and layout.rowStretchFactor(row) == stretch:
                continue
            changed = True
            plot.setVisible(visible)
            plot.setMaximumHeight(_ANY if visible else 0.0)  # a hidden row keeps its room else
            plot.show_x_axis(lowest)
            layout.setRowStretchFactor(row, stretch)
        if changed:
            layout.activate()  # what is drawn now is drawn for these sizes

    def _show_marks(self, source: RunSource) -> None:
        """Mark events in all plots, with words in the lowest."""
        marks = marks_of(source, self.at)
        lines = tuple(replace(mark, text="") for mark in marks)
        lowest = max((i for i, plot in enumerate(self.stack) if plot.isVisible()), default=-1)
        for place, plot in enumerate(self.stack):
            plot.overlay.show_marks(marks if place == lowest else lines)

    def _may_say(self) -> bool:
        """Whether numbers in words may change: three times a second while a run goes."""
        now = time.monotonic()
        if self.running and now - self._said < TOLD_S:
            return False
        self._said = now
        return True

    @Slot(bool)
    def _on_following_changed(self, following: bool) -> None:
        if following:
            self._shared = None
            for plot in self.stack:
                plot.follow_again()
            return
        moved = next((plot for plot in self.stack if not plot.following), None)
        if moved is not None and any(plot.following for plot in self.stack):
            for plot in self.stack:
                plot.following = False
            self._share(moved)

    @Slot()
    def _on_plot_moved(self) -> None:
        if self._shared is None or self._sharing:
            return
        for plot in self.stack:
            x, y = plot.x_range, plot.y_range
            if x != self._shared[0] or (self._one_y and y != self._shared[1]):
                self._share(plot)
                return

    def _share(self, moved: Plot) -> None:
        """Have all plots show what one shows that was moved by hand."""
        self._shared = x, y = moved.x_range, moved.y_range
        self._sharing = True  # those not yet moved are not by hand where they are
        for plot in self.stack:
            if plot is not moved:
                plot.show_part(x=x, y=y if self._one_y else None)
        self._sharing = False
