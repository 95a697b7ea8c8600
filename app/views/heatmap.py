"""A quantity of every layer at every step, over all decades."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QToolButton

from app.plots import ColorBar, Follower, Plot, Scale
from app.plots.badge import Badge
from app.plots.colored_image import ColoredImage
from app.plots.envelope_curve import cells, means
from app.plots.indices import color_table, decades, kinds_in, log_indices
from app.plots.notes import Cursor
from app.plots.text import integer
from app.theme import Theme
from app.views.compared import other_than
from app.views.faces import FACES, FaceView
from app.views.hidden import vanishes_unseen
from app.views.over_steps import StepView, marks_of
from app.views.readings import layers_told, quantity_words
from app.views.table import Table, layers_table
from core.record import RunSource
from core.record.columns import Envelope

_COARSE = 32  # buckets that a face is read in to learn its scale only
_WIDE = 460  # pixels from which on all words have room in the header
_STEP = 0.5  # decades that a key moves an end of the colours
_KEYS = (("[", -1, 0), ("]", 1, 0), ("{", 0, -1), ("}", 0, 1))


class HeatmapView(FaceView, StepView):
    """Layers from the input at the bottom to the output on top, steps to the right."""

    key = "heatmap"
    title = "Gradient heatmap"
    empty_text = "Press Run to start: every layer at every step, dark is small."

    def _fill(self) -> None:
        self._colors = Follower(margin=0.02, shrink=0.5, smallest=1.0)
        self._chosen = Follower()  # its range is the one that was chosen by hand, if any
        self.plot = Plot(Scale.WHOLE, Scale.WHOLE, left=34, mouse=(True, False), grid=False)
        self.plot.y_layers = True
        self.plot.overlay.set_over_image(True)
        self.canvas.add_plot(self.plot)
        self._bar = ColorBar()
        self.canvas.ci.addItem(self._bar, 0, 1)
        self._image = ColoredImage()
        self._indices = self._table = np.zeros((0, 4), np.uint8)
        self.plot.add(self._image)
        self._badge = Badge(self.plot)
        self._shared = QToolButton(self)
        self._shared.setCheckable(True)
        self._shared.setProperty("segment", "only")
        tip = (
            "One colour scale for all four faces, and for the reference run;\nelse each has its own"
        )
        self._shared.setToolTip(tip)
        self._shared.setAccessibleName(tip)
        self.header.add_control(self._shared)
        self._add_faces()
        self._keys = [
            QShortcut(
                QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            )
            for key, _, _ in _KEYS
        ]

    def _connect(self) -> None:
        super()._connect()
        self._shared.toggled.connect(self._on_shared_toggled)
        self._bar.range_chosen.connect(self._on_range_chosen)
        self._bar.range_released.connect(self._on_range_released)
        for shortcut in self._keys:
            shortcut.activated.connect(self._on_range_key)

    def _reset(self) -> None:
        super()._reset()
        self._chosen.reset()
        self._colors.reset()
        self._image.clear_colors()
        self._badge.say()

    def _retheme(self, theme: Theme) -> None:
        self._table = color_table(theme)
        self._bar.set_theme(theme)
        self._badge.set_theme(theme)

    @Slot(str)
    def _on_face_chosen(self, key: str) -> None:
        kept = self._colors.current, self._chosen.current
        super()._on_face_chosen(key)
        if self._shared.isChecked():
            self._colors.current, self._chosen.current = kept

    @Slot(bool)
    def _on_shared_toggled(self, shared: bool) -> None:
        self._colors.reset()
        self._chosen.reset()
        self.invalidate()

    @Slot(float, float)
    def _on_range_chosen(self, low: float, high: float) -> None:
        self._chosen.current = (low, high)
        self.invalidate()

    @Slot()
    def _on_range_released(self) -> None:
        self._chosen.reset()
        self.invalidate()

    @Slot()
    def _on_range_key(self) -> None:
        _, below, above = _KEYS[self._keys.index(self.sender())]  # pyright: ignore[reportArgumentType]
        low, high = self._bar.range
        self._bar.choose(low + below * _STEP, high + above * _STEP)

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        if self.face.quantity not in source.layer_columns:
            return ()
        return (layers_table(source, (self.face.quantity,), self.key),)

    def _key_numbers(self, source: RunSource) -> Iterable[str]:
        column = source.layer_columns.get(self.face.quantity)
        return layers_told(self.face.symbol, column, self.at, self.layer)

    # Drawing -----------------------------------------------------------------------------

    def _draw(self, source: RunSource) -> None:
        layers = self.layer_count
        x = self._x_range(source, -0.5)
        start, stop, buckets = self._visible_rows(source, x)
        column = source.layer_columns.get(self.face.quantity)
        if column is None or len(column) == 0:
            self._image.clear_colors()
            self.plot.overlay.show_note("not measured in this run")
        else:
            envelope = column.envelope(start, stop, buckets)
            self._draw_image(source, envelope)
            self.plot.overlay.show_note("")
        self.plot.follow(x, (0.5, layers + 0.5))
        self.plot.overlay.show_marks(marks_of(source, self.at))
        self.plot.overlay.show_row(self.layer)
        self._show_badge(source)
        self.header.subtitle.set_words(f"log₁₀ {self.face.symbol}")

    def _show_badge(self, source: RunSource) -> None:
        """Warn where the weights' gradient is even over the layers, but the signal is not."""
        if self.face.quantity == "weight_grad_norm" and vanishes_unseen(source, self.at):
            when = "" if self.at is None else f" at step {integer(self.row_in(source))}"
            self._badge.say(
                f"∂W looks healthy{when}, δ is gone: see δ", "δ is gone: see δ", "see δ"
            )
        else:
            self._badge.say()

    def _draw_image(self, source: RunSource, envelope: Envelope) -> None:
        values = means(envelope)
        ends = self._ends_of_all(source) if self._shared.isChecked() else decades(values)
        automatic = self._colors.follow(ends) or (-1.0, 0.0)
        chosen = self._chosen.current
        scale = chosen or automatic
        self._indices = log_indices(values.T, *scale)
        self._image.show_colors(self._table[self._indices], cells(envelope, values.shape[1]))
        self._bar.set_scale(*automatic, kinds_in(self._indices), chosen)

    def _ends_of_all(self, source: RunSource) -> list[float]:
        """Return log10 of the ends of all faces of this run and of the reference."""
        ends: list[float] = []
        for run in (source, other_than(source, self.reference)):
            for face in FACES:
                column = run.layer_columns.get(face.quantity) if run is not None else None
                if run is not None and column is not None and len(column):
                    coarse = column.envelope(0, run.steps, _COARSE)
                    ends += decades(np.stack([coarse.low, coarse.mean, coarse.high]))
        return ends

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        column = source.layer_columns.get(self.face.quantity) if source is not None else None
        if source is None or column is None or not -0.5 <= x < len(column) - 0.5:
            return None
        step, layer = self._step_at(source, x), round(y)
        if not (1 <= layer <= (column.width or 0) and step < len(column)):
            return None
        words = quantity_words(self.face.symbol, column.read(step, step + 1)[0, layer - 1])
        title = f"layer {layer} · step {integer(step)}"
        return Cursor(step, layer, (title, words), cross=True)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if self._badge.holds(plot.to_pixels(x, y)):
            self.faces.choose("delta_norm")
            return
        super()._pick(plot, x, y)
        self._select(round(y))

    # Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= self.theme.px(_WIDE)
        self._shared.setText("shared" if wide else "=")
        self.header.set_title(self.title if wide else "Heatmap")
        super().resizeEvent(event)
