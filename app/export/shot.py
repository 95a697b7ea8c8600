"""A view at one moment, to be painted off screen in any size and theme, as often as is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QGraphicsGridLayout,
    QGraphicsItem,
    QGraphicsView,
    QLabel,
    QSpinBox,
    QWidget,
)

from app.export.still import still
from app.plots import Line
from app.plots.ranges import followers_in
from app.plots.ridges import Ridges
from app.theme import Theme
from app.theme.style import palette_of, style_sheet
from app.views.of_frame import FrameView
from app.views.segments import Segments

if TYPE_CHECKING:
    from app.views import View

_CONTROLS = QComboBox | QSpinBox | Segments | QAbstractButton


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is to look.

    Attributes
    ----------
    width, height : int
        Logical pixels.
    theme : Theme
    header : bool
        Whether title and subtitle stand above it.
    """

    width: int
    height: int
    theme: Theme
    header: bool = True


class Shot:
    """What a view shows now: run, step, layer, choices and ranges. The view is left as it is.

    Attributes
    ----------
    source : RunSource or None
        The run; it stands still.
    tables : tuple of Table
        The numbers behind the picture, up to the same step.
    step : int
        That the picture is of, as people count them.
    """

    def __init__(self, view: View) -> None:
        view.refresh()  # what is on screen may be a tick late
        self._kind = type(view)
        frame = view.frame if isinstance(view, FrameView) else None
        self.key, self.title, self.theme = view.key, view.title, view.theme
        self.size = view.width(), view.height()
        self.source = None if view.source is None else still(view.source, frame)
        self.tables = () if self.source is None else view.tables(self.source)
        self.step = 0 if self.source is None else view._shown_step(self.source)
        self.subtitle = view.header.subtitle.text
        self._layer, self._at = view.layer, view.at
        self._reference = None if view.reference is None else still(view.reference)
        self._choices = [_choice(one) for one in _controls(view)]
        self._followed = {name: one.current for name, one in followers_in(view)}
        self._ranges = [(plot.x_range, plot.y_range) for plot in view.canvas.plots]
        self._was_drawn = view.is_drawn

    @property
    def words(self) -> str:
        """Title and subtitle."""
        return f"{self.title}: {self.subtitle}" if self.subtitle else self.title

    def name(self, suffix: str) -> str:
        """Return a name for a file: experiment, view and step."""
        if self.source is None:
            return f"{self.key}.{suffix}"
        experiment = re.sub(r"\W+", "-", self.source.experiment.name.lower()).strip("-_")
        return f"{experiment or 'experiment'}-{self.key}-step{self.step}.{suffix}"

    def twin(self, look: Look, scale: float = 1.0) -> View:
        """Return another instance of the view, ready to be painted ``scale`` times as large.

        The caller deletes it.
        """
        twin = self._kind()
        _dress(twin, look)
        twin.resize(look.width, look.height)
        twin.set_source(self.source)
        twin.set_layer(self._layer)
        twin.set_step(self._at)
        twin.set_reference(self._reference)
        self._settle(twin)
        twin.refresh()
        twin.grab(QRect(0, 0, 1, 1))  # lays it out, now that the canvas is on top
        twin.refresh()  # which plots there are may depend on its size,
        grid: QGraphicsGridLayout = twin.canvas.ci.layout  # pyright: ignore[reportAssignmentType]
        grid.activate()  # and nobody waits for the next turn of the loop
        self._settle(twin)
        _hide_controls(twin)
        for plot in twin.canvas.plots:
            plot.overlay.show_tags(())  # else words that were placed for another size may stay
        twin.invalidate()
        twin.refresh()
        _refine(twin, scale)
        return twin

    def _settle(self, twin: View) -> None:
        """Give it the choices and ranges."""
        for control, value in zip(_controls(twin), self._choices, strict=False):
            _choose(control, value)
        for name, one in followers_in(twin):
            one.current = self._followed.get(name)
        if self._was_drawn:
            for plot, ranges in zip(twin.canvas.plots, self._ranges, strict=False):
                plot.following = False
                plot.show_part(*ranges)


def _dress(twin: View, look: Look) -> None:
    # On paper and on a slide a frame around the picture is one too many.
    theme = replace(look.theme, line=look.theme.panel)
    twin.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    twin.setStyleSheet(style_sheet(theme))
    twin.apply_theme(theme)
    twin.header.setVisible(look.header)
    palette = palette_of(theme)
    for label in twin.findChildren(QLabel):  # the application's style sheet dressed them first
        label.setPalette(palette)
    _hide_controls(twin)


def _hide_controls(twin: View) -> None:
    """Hide what nobody can press in a picture; a view may show some again for its size."""
    for control in twin.header.findChildren(QWidget):
        if isinstance(control, _CONTROLS):
            control.hide()


def _refine(twin: View, scale: float) -> None:
    """Make curves curves: caches are made of pixels, and so are pens that are not scaled."""
    canvas = twin.canvas
    canvas.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
    canvas.setRenderHint(QPainter.RenderHint.LosslessImageRendering)  # a PDF would get a JPEG
    scene = canvas.scene()
    for item in scene.items() if scene is not None else ():
        if isinstance(item, Line):
            item.set_fine(True)
        if isinstance(item, Line | Ridges):
            item.set_ratio(scale)
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)


def _controls(view: View) -> list[QWidget]:
    """Return what choices are made with, in an order that all instances share."""
    return [
        one
        for one in view.findChildren(QWidget)
        if isinstance(one, _CONTROLS)
        and not isinstance(one.parentWidget(), Segments)
        and (not isinstance(one, QAbstractButton) or one.isCheckable())
    ]


def _choice(control: QWidget) -> object:
    if isinstance(control, QComboBox):
        return control.currentText()
    if isinstance(control, QSpinBox):
        return control.value()
    if isinstance(control, Segments):
        return control.key
    return isinstance(control, QAbstractButton) and control.isChecked()


def _choose(control: QWidget, value: object) -> None:
    if value == _choice(control):
        return
    if isinstance(control, QComboBox):
        control.setCurrentText(str(value))
    elif isinstance(control, QSpinBox) and isinstance(value, int):
        control.setValue(value)
    elif isinstance(control, Segments):
        control.choose(str(value))
    elif isinstance(control, QAbstractButton):
        control.click()
