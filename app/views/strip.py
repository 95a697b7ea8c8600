"""The network as a strip: what flows forward, what flows back, and a step in stages."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from app.plots import Plot, Scale
from app.plots.notes import Cursor
from app.plots.strip_data import Light
from app.plots.strip_item import StripItem
from app.plots.strip_layout import StripLayout, strip_layout
from app.plots.text import integer
from app.theme import Theme
from app.views.base import View
from app.views.of_frame import FrameView
from app.views.stage_row import Sentence, StageRow
from app.views.stages import (
    STAGE_S,
    Phase,
    Stage,
    StageClock,
    StepNumbers,
    read_step,
    row_of,
    sentence,
)
from app.views.strip_picture import Scales, a_cell, describe, make_picture
from app.views.table import Table, layers_table, scalars_table
from core.record import Parts, RunSource

SLOW = 2.0
"""Steps a second up to which each of them is shown in stages."""
_LEAST_ROW, _LEAST_SENTENCE = 140, 180
"""Pixels of height from which on there are stages to choose, and a sentence on the step."""
_HURRY_S = 0.3
"""Steps that follow each other faster than this are not shown in stages."""
_LAYERS = ("activation_norm", "delta_norm", "update_ratio", "derivative_mean", "dead_fraction")
_SCALARS = ("loss", "loss_data", "loss_penalty", "grad_norm", "clip_factor", "clip_angle")


class StripView(FrameView):
    """Layers as columns of units; two rivers; after a single step the stages of that step."""

    key = "strip"
    title = "Network"
    quantities = ("activation_norm", "delta_norm", "update_ratio", "clip_factor")
    x_title = "input at the left, loss at the right"
    empty_text = "Press Run, or Step to see one training step in its five stages."
    parts = Parts.MORE | Parts.ACTIVITY

    def _fill(self) -> None:
        self._scales = Scales()
        self._stages = StageClock()
        self._phase = Phase()
        self._counted: int | None = None  # steps when the view was last refreshed
        self._was_running = False
        self._moved = -_HURRY_S  # when a step was last made or looked at
        self._numbers: StepNumbers | None = None
        self._built: Hashable = None
        self._placed: StripLayout | None = None
        self._seen_at: int | None = None
        self.plot = Plot(Scale.NONE, Scale.NONE, left=8, bottom=4, mouse=(False, False), grid=False)
        self.canvas.add_plot(self.plot)
        self._item = StripItem(self.plot)
        self.stage_row = StageRow(self)
        self._sentence = Sentence(self)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(1, self.stage_row)
        column.insertWidget(3, self._sentence)
        self._keys = tuple(
            QShortcut(
                QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            for key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def _connect(self) -> None:
        super()._connect()
        self.stage_row.stage_chosen.connect(self._on_stage_chosen)
        self.stage_row.play_pressed.connect(self._on_play_pressed)
        self._keys[0].activated.connect(self._on_left_pressed)
        self._keys[1].activated.connect(self._on_right_pressed)

    def _reset(self) -> None:
        super()._reset()
        self._scales.reset()
        self._stages.release()
        self._counted, self._numbers, self._built = None, None, None
        self._was_running = False
        self._seen_at = None

    def _retheme(self, theme: Theme) -> None:
        self._item.set_theme(theme)
        self.stage_row.set_theme(theme)
        self._sentence.set_theme(theme)
        self._built = None

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        layers = tuple(one for one in _LAYERS if one in source.layer_columns)
        scalars = tuple(one for one in _SCALARS if one in source.scalars)
        return (
            layers_table(source, layers, self.key),
            scalars_table(source, scalars, f"{self.key}-steps"),
        )

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        return () if self._numbers is None else (sentence(None, self._numbers),)

    # Stages ------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """What is shown of the step: a stage and how far it is, or all at once."""
        return self._phase

    def refresh(self) -> bool:
        self._watch(time.monotonic())
        drawn = super().refresh()
        on = self._pages.currentWidget() is self.canvas
        for part, least in ((self.stage_row, _LEAST_ROW), (self._sentence, _LEAST_SENTENCE)):
            shown = on and self.height() >= self.theme.px(least)
            if part.isVisibleTo(self) != shown:
                part.setVisible(shown)
        return drawn

    def _watch(self, now: float) -> None:
        """Notice new steps, and move the stages on."""
        source = self.source
        if source is not None and source.steps:
            steps, running = source.steps, self.running
            grown = 0 if self._counted is None else steps - self._counted
            rested = not running and not self._was_running
            slow = running and 0 < source.steps_per_s <= SLOW * 1.1  # the pace is a measured one
            if self.at is not None or self._counted is None:
                pass
            elif grown == 1 and rested:
                self._step_shown(now, STAGE_S * len(Stage))
            elif grown > 0 and slow:
                self._play_slowly(now, source.steps_per_s)
            elif grown > 0 and running and not slow and self._stages.held is None:
                self._stages.release()
            self._counted, self._was_running = steps, running
        self._show_keys()
        phase = self._stages.phase(now)
        if phase != self._phase:
            self._phase = phase
            self.invalidate()

    def _step_shown(self, now: float, seconds: float) -> None:
        hurried = now - self._moved < _HURRY_S
        self._moved = now
        if self._stages.held is not None:
            return  # whoever stays at a stage sees the next step at that stage
        if hurried:
            self._stages.release()
        else:
            self._stages.play(now, seconds)

    def _play_slowly(self, now: float, steps_per_s: float) -> None:
        if self._stages.held is None:
            self._stages.play(now, min(STAGE_S * len(Stage), 0.92 / steps_per_s))

    def set_step(self, at: int | None) -> None:
        before = self.at
        super().set_step(at)
        if at is None or self.source is None:
            if before is not None:
                self._stages.release()
        elif at != before:
            last = before if before is not None else self.source.steps - 1
            if abs(at - last) == 1:
                self._step_shown(time.monotonic(), STAGE_S * len(Stage))
            elif self._stages.held is None:
                self._stages.release()

    @Slot(int)
    def _on_stage_chosen(self, number: int) -> None:
        stage = Stage(number)
        if self._stages.held is stage:
            self._stages.release()
        else:
            self._stages.hold(stage, time.monotonic())
        self._show_keys()

    @Slot()
    def _on_play_pressed(self) -> None:
        self._stages.play(time.monotonic())
        self._show_keys()

    @Slot()
    def _on_left_pressed(self) -> None:
        self._move_stage(-1)

    @Slot()
    def _on_right_pressed(self) -> None:
        self._move_stage(1)

    def _show_keys(self) -> None:
        """Take the arrows while a stage is held; else they belong to the timeline."""
        for key in self._keys:
            if key.isEnabled() is not (self._stages.held is not None):
                key.setEnabled(self._stages.held is not None)

    def _move_stage(self, way: int) -> None:
        """Go to the stage before or after; between the last and the first lies the whole step."""
        now = time.monotonic()
        shown = self._stages.phase(now).stage
        number = ((0 if shown is None else int(shown)) + way) % (len(Stage) + 1)
        if number:
            self._stages.hold(Stage(number), now)
        else:
            self._stages.release()
        self._show_keys()

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        return View._obstacle(self, source)  # without a snapshot the rivers flow all the same

    def _picture(self, source: RunSource) -> Hashable:
        frame = self.frame
        fast = self.running and source.steps_per_s > SLOW * 1.1
        shown = None if fast and frame is not None else row_of(source, self.at)
        return (*super()._picture(source)[:3], shown)  # pyright: ignore[reportIndexIssue]

    def _draw(self, source: RunSource) -> None:
        row, frame = row_of(source, self.at), self.frame
        area = self.plot.area()
        rect = (area.left(), area.top(), area.width(), area.height())
        line = self._item.line
        key = (
            row,
            frame and frame.step,
            id(frame),
            rect,
            line,
            id(source.facts),
            source.steps == 0,
        )
        if key != self._built:
            self._built = key
            arcs = _arcs(source)
            self._placed = strip_layout(
                rect,
                self.layer_count,
                line,
                headroom=bool(arcs) or any(one.kind == "conv" for one in source.facts.layers),
            )
            self._numbers = read_step(source, row)
            self.plot.follow(self._placed.x_range, (0.0, 1.0))
            picture = make_picture(
                source, self._numbers, frame, self._placed, arcs, self._scales, line * 4.4
            )
            self._item.show_picture(self._placed, picture)
        assert self._numbers is not None
        self._item.select(self.layer)
        self._item.set_light(light_of(self._phase))
        self.stage_row.show_phase(self._phase)
        self._sentence.set_text(sentence(self._phase.stage, self._numbers))
        self._show_subtitle(source, row)

    def _show_subtitle(self, source: RunSource, row: int) -> None:
        assert self._placed is not None
        info = source.facts.layers[min(max(self.layer, 1), self.layer_count) - 1]
        units = "channels" if info.kind == "conv" else "units"
        words = f"layer {info.number}: {integer(info.units)} {units}"
        each = a_cell(info.units, self._placed.cells)
        if each > 1 and self._placed.column:
            words += f", {integer(each)} a cell"
        if self.frame is None:
            words += ", no snapshot of them"
        elif not self.running and self.frame.step != row and self.at is not None:
            words += f" (cells of step {integer(self.frame.step)})"
        self.header.subtitle.set_words(words)

    def _shown_step(self, source: RunSource) -> int:
        return View._shown_step(self, source)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        if self.source is None or self._numbers is None or self._placed is None:
            return None
        low, high = self._placed.x_range
        if not low <= x <= high:
            return None
        number = min(max(round(x), 0), self.layer_count + 1)
        at = min(max(float(number), low), high)
        if number > self.layer_count:
            pixel = self._placed.x(number)
            at = low + (pixel - self._placed.left) / self._placed.pitch
        elif number == 0:
            at = low + (self._placed.x(0) - self._placed.left) / self._placed.pitch
        return Cursor(at, y, describe(self.source, self._numbers, number))

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        self._select(round(x))

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sentence.fit(self.width())


def light_of(phase: Phase) -> Light:
    """Return what is lit in a stage."""
    done = phase.progress
    if phase.stage is Stage.FORWARD:
        return Light(backward=0.12, forward_reach=done)
    if phase.stage is Stage.LOSS:
        return Light(forward=0.5, backward=0.12, loss=done)
    if phase.stage is Stage.BACKWARD:
        return Light(forward=0.25, backward_reach=done)
    if phase.stage is Stage.CLIP:
        return Light(forward=0.18, backward=0.25, clip=done)
    if phase.stage is Stage.UPDATE:
        return Light(forward=0.12, backward=0.12, update=done)
    return Light()


def _arcs(source: RunSource) -> tuple[int, ...]:
    """Return the layers that add their input to their output."""
    specs = source.experiment.network.expanded()
    return tuple(
        info.number
        for info in source.facts.layers
        if info.row < len(specs) and getattr(specs[info.row], "residual", False)
    )


__all__ = ["StripView", "light_of"]
