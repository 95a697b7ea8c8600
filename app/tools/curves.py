"""Small plots for the panels: the learning rate over a run, the variance that PCA explains."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.form.look import current_theme
from app.form.row import Sentence
from app.plots import Canvas, Line, Plot, Rule, Scale, log10
from app.plots.envelope_curve import Band
from app.plots.text import integer, number, percent
from core.engine.schedules import Schedule, preview
from core.experiment.schedules import OneCycle

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.theme import Theme
    from core.experiment.model import Experiment
    from core.experiment.schedules import ScheduleSpec
    from core.experiment.training import Training

    Array = npt.NDArray[np.float64]

HEIGHT = 110
"""Least height of the picture in pixels."""
_DECADES = 12.0  # below the peak; what is smaller moves no weight in float32
_FEW = 40  # bars that are drawn apart from each other


class SmallPlot(QWidget):
    """A picture without mouse, so that the wheel still scrolls the panel, over a line of words.

    Attributes
    ----------
    caption : Sentence
        The words.
    """

    def __init__(self, plot: Plot, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        self.caption = Sentence("muted")
        self.canvas = Canvas()
        self.canvas.setMinimumHeight(HEIGHT)
        self.canvas.setMaximumHeight(HEIGHT + 40)
        self.canvas.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.canvas.setAccessibleName(name)
        self.canvas.add_plot(plot)
        self.setAccessibleName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.canvas)
        box.addWidget(self.caption)

    def _say(self, words: str) -> None:
        """Write the caption; whoever cannot see the picture reads the same."""
        self.caption.set_sentence(words)
        self.canvas.setAccessibleDescription(words)

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        self.canvas.set_theme(theme)


class SchedulePreview(SmallPlot):
    """The learning rate of every step of a run that has not begun."""

    empty_text = "The schedule is drawn once the data are loaded: they set the length of an epoch."

    def __init__(self, parent: QWidget | None = None) -> None:
        plot = Plot(Scale.WHOLE, Scale.LINEAR, mouse=(False, False))
        super().__init__(plot, "Learning rate over the run", parent)
        self._line = Line()
        self._shown: Hashable = None
        plot.add(self._line)
        plot.overlay.show_caption("learning rate")
        self.canvas.hide()
        self._say(self.empty_text)
        self.apply_theme(current_theme())

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        super().apply_theme(theme)
        self._line.set_fine(True)
        self._line.set_color(theme.color("accent"))

    def set_experiment(self, experiment: Experiment, steps_per_epoch: int | None) -> None:
        """Draw the schedule of an experiment, unless it is drawn already.

        Parameters
        ----------
        experiment : Experiment
        steps_per_epoch : int or None
            Length of an epoch in steps; None or 0 while nobody knows it.
        """
        training = experiment.training
        spec, lr = training.schedule, training.optimizer.lr
        total = run_length(training, steps_per_epoch or 0)
        picture = (spec, lr, steps_per_epoch, total) if steps_per_epoch else None
        if picture == self._shown:
            return
        self._shown = picture
        self.canvas.setVisible(picture is not None)
        if not steps_per_epoch:
            self._say(self.empty_text)
            return
        steps, rates = rates_over(spec, lr, steps_per_epoch, total)
        self._draw(steps, rates, log=_falls_by_factors(spec, rates))
        self._say(_in_words(spec, steps, rates))

    def _draw(self, steps: Array, rates: Array, *, log: bool) -> None:
        # A dozen decades are shown at most; a rate of 0 has no logarithm.
        values = log10(rates) if log else rates
        top = float(np.nanmax(values))
        self.plot.set_scales(Scale.WHOLE, Scale.LOG if log else Scale.LINEAR)
        if log:
            low = max(float(np.nanmin(values)), top - _DECADES)
            free = 0.08 * max(top - low, 1.0)
            y = (low - free, top + 3 * free)  # room for the caption
        else:
            y = (-0.04 * top, 1.25 * top)
        self._line.show_points(steps, values)
        self.plot.follow((0.0, max(float(steps[-1]), 1.0)), y)


class ScreePlot(SmallPlot):
    """The share of the variance that so many principal components explain together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        plot = Plot(Scale.WHOLE, Scale.SHARE, mouse=(False, False))
        super().__init__(plot, "Variance explained by the principal components", parent)
        self._kept, self._left_out = Band(), Band()
        self._shown: tuple[tuple[float, ...], int] = ((), 0)
        plot.add(self._left_out)
        plot.add(self._kept)
        plot.overlay.show_caption("variance explained, %")
        self.hide()
        self.apply_theme(current_theme())

    def apply_theme(self, theme: Theme) -> None:
        """Take over colours and fonts."""
        super().apply_theme(theme)
        self._kept.set_color(theme.color("accent"))
        self._left_out.set_color(theme.color("dim"))

    def set_explained(self, explained: Sequence[float], kept: int) -> None:
        """Draw the shares of the variance, added up from the first component on.

        Parameters
        ----------
        explained : sequence of float
            Share of every component, the largest first; empty without PCA.
        kept : int
            How many components the network is given.
        """
        shown = (tuple(explained), kept)
        if shown == self._shown:
            return
        self._shown = shown
        count, kept = len(explained), min(kept, len(explained))
        self.setVisible(kept > 0)
        if not kept:
            return
        total = np.cumsum(np.asarray(explained, np.float64))
        at = np.arange(1, count + 1, dtype=np.float64)
        half = 0.4 if count <= _FEW else 0.5  # many touch: gaps below a pixel would be stripes
        for band, part in ((self._kept, slice(0, kept)), (self._left_out, slice(kept, count))):
            if len(at[part]):
                base = np.zeros(len(at[part]))
                band.show_area(at[part] - half, at[part] + half, base, total[part])
            else:
                band.clear_points()
        share = percent(float(total[kept - 1]))
        self.plot.overlay.show_rules((Rule(float(total[kept - 1]), color="text"),))
        self.plot.follow((0.4, count + 0.6), (0.0, 1.35))
        self._say(f"{integer(kept)} of {integer(count)} components kept: {share} of the variance")


def run_length(training: Training, steps_per_epoch: int) -> int:
    """Return the steps of a run from its beginning, by its epochs and its step limit."""
    steps = training.epochs * steps_per_epoch
    return min(steps, training.steps) if training.steps else steps


def rates_over(
    spec: ScheduleSpec, lr: float, steps_per_epoch: int, total: int
) -> tuple[Array, Array]:
    """Return steps and learning rates for a line, the tips of the schedule among them.

    A preview of a long run has a point every so many steps and may miss the end of a short
    warm-up, or the one step at which a cycle has its peak.
    """
    steps, rates = preview(spec, lr, steps_per_epoch, total)
    schedule = Schedule(spec, steps_per_epoch, total)
    if isinstance(spec, OneCycle):
        peak = round(spec.peak * total - 1.0)
        tips = [peak - 1, peak, peak + 1]
    else:
        tips = [spec.warmup]
    missing = np.setdiff1d([tip for tip in tips if 0 <= tip < total], steps).astype(np.int64)
    extra = np.array([lr * schedule.factor(int(step)) for step in missing])
    steps, rates = np.append(steps, missing), np.append(rates, extra)
    order = np.argsort(steps)
    return steps[order].astype(np.float64), rates[order]


def _falls_by_factors(spec: ScheduleSpec, rates: Array) -> bool:
    """Whether equal times divide the rate by equal factors, and by more than a little."""
    return spec.kind in ("step", "exponential") and float(rates[-1]) < 0.1 * float(rates.max())


def _in_words(spec: ScheduleSpec, steps: Array, rates: Array) -> str:
    first, peak, last = float(rates[0]), float(rates.max()), float(rates[-1])
    count = int(steps[-1]) + 1
    words = f"{number(first)} first, {number(peak)} at the peak, {number(last)} last"
    if first == last == peak:
        words = f"{number(first)} throughout"
    if spec.kind == "plateau":
        words += ", unless the validation loss stops falling"
    return f"{words}; {integer(count)} {'step' if count == 1 else 'steps'}"
