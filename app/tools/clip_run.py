"""What clipping does to the run in view: newest numbers, and the angle over the last steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.form.names import number_text, readable
from app.form.row import Sentence
from app.plots import Canvas, Follower, Line, Plot, Scale
from app.plots.text import integer, number, percent
from app.tools.clip_numbers import WINDOW, Recent, is_changed, recent

if TYPE_CHECKING:
    from app.theme import Theme
    from core.record import RunSource

_HEIGHT = 110  # pixels


class ClipRun(QWidget):
    """A strip of the angle between the gradient before and after clipping, with the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = Line()
        self._follower = Follower(low=0.0, smallest=5.0, margin=0.3)
        self._run = ""
        self._build()

    def _build(self) -> None:
        title = QLabel("This run")
        title.setProperty("role", "section")
        self.numbers = Sentence("")
        self.share = Sentence("muted")
        self.plot = Plot(Scale.WHOLE, Scale.LINEAR, mouse=(False, False))
        self.plot.add(self._line)
        self.plot.overlay.show_caption(f"clip angle, degrees, last {WINDOW} steps")
        self.canvas = Canvas()
        self.canvas.setAccessibleName("Clip angle over the last steps of the run")
        self.canvas.setMinimumHeight(_HEIGHT)
        self.canvas.setMaximumHeight(_HEIGHT + 20)
        self.canvas.add_plot(self.plot)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        for part in (title, self.numbers, self.share, self.canvas):
            box.addWidget(part)

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.canvas.set_theme(theme)
        self._line.set_fine(True)
        self._line.set_color(theme.color("accent"))

    def show_source(self, source: RunSource) -> None:
        """Show the newest steps of a run."""
        if source.run_id != self._run:
            self._run = source.run_id
            self._follower.reset()
        found = recent(source)
        self.numbers.set_sentence(_newest(found))
        self.share.set_sentence(_share(source, found))
        steps = found.first + np.arange(len(found.angle), dtype=np.float64)
        self._line.show_points(steps, found.angle)
        y = self._follower.follow(found.angle) or (0.0, 5.0)
        self.plot.follow((found.first - 0.5, found.first + WINDOW - 0.5), y)
        self.plot.overlay.show_note("" if len(steps) else "no steps yet")


def _newest(found: Recent) -> str:
    if found.step is None:
        return "No step has been measured yet."
    if not math.isfinite(found.factor):
        return (
            f"Step {integer(found.step)}: the gradient is not finite (‖g‖ {number(found.norm)}),"
            " and is not clipped."
        )
    words = f"Step {integer(found.step)}: ‖g‖ {number(found.norm)}"
    if not is_changed(found.factor, found.turned):
        return f"{words}, not clipped."
    return (
        f"{words}, clipped to {percent(found.factor)} of its length, turned by"
        f" {number(found.turned)}°."
    )


def _share(source: RunSource, found: Recent) -> str:
    clip = source.experiment.training.clip
    limit = getattr(clip, "limit", None)
    kind = readable(clip.kind, "clip")
    rule = "This run does not clip." if limit is None else f"{kind}, limit {number_text(limit)}."
    if not found.measured or (limit is None and not found.clipped):
        return rule
    steps = f"the last {integer(found.measured)} measured steps"
    words = f"{rule} {percent(found.share)} of {steps} clipped"
    if found.not_finite:
        words += f", {integer(found.not_finite)} not finite"
    return f"{words}."
