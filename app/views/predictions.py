"""What a network says to samples that are always the same, and what it takes for what."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGraphicsGridLayout

from app.plots import Follower, Line, Plot, Scale
from app.plots.class_key import class_color
from app.plots.confusion import Confusion
from app.plots.notes import Cursor
from app.plots.picture_grid import Caption, PictureGrid
from app.plots.text import integer, number, percent
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.prediction_words import accuracy, fit, oddness
from app.views.segments import Segments
from app.views.table import Row, Table
from core.record import Parts, RunSource
from core.record.frame import Predictions

_WIDE = 560  # pixels, from which matrix and pictures stand side by side


class PredictionsView(FrameView):
    """Classes: the confusion matrix and pictures. Numbers: predicted against true ones."""

    key = "predictions"
    title = "Predictions"
    quantities = ("accuracy", "val_accuracy", "loss")
    x_title = ""
    empty_text = "Press Run to start: what the network says to samples it is asked about."
    parts = Parts.PREDICTIONS

    def _fill(self) -> None:
        self._both = Follower(margin=0.06, shrink=0.5, smallest=1e-6)
        quiet = {"bottom": 3.0, "mouse": (False, False), "grid": False}
        self.plot = Plot(Scale.NONE, Scale.NONE, left=2, **quiet)  # pyright: ignore[reportArgumentType]
        self._shown = Plot(Scale.NONE, Scale.NONE, left=6, **quiet)  # pyright: ignore[reportArgumentType]
        self._scatter = Plot(Scale.LINEAR, Scale.LINEAR, mouse=(False, False))
        for column, plot in enumerate((self.plot, self._shown, self._scatter)):
            self.canvas.add_plot(plot, 0, column)
        self._matrix, self._pictures = Confusion(self.plot), PictureGrid(self._shown)
        self._diagonal = Line()
        self._dots = pg.ScatterPlotItem(pxMode=True, antialias=True, size=6, symbol="o")
        self._scatter.add(self._diagonal)
        self._scatter.add(self._dots)
        self._choice = Segments(
            (
                ("matrix", "matrix", "Confusion matrix"),
                ("pictures", "pictures", "Some of the samples, and what is said of them"),
            ),
            self,
        )
        self.header.add_control(self._choice)

    def _connect(self) -> None:
        super()._connect()
        self._choice.chosen.connect(self._on_chosen)

    def _reset(self) -> None:
        super()._reset()
        self._both.reset()

    def _retheme(self, theme: Theme) -> None:
        for one in (self._matrix, self._pictures):
            one.set_theme(theme)
        self._diagonal.set_color(theme.color("dim"), dashed=True)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.invalidate()

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        frame = self.frame
        found = self.predictions
        if frame is None or found is None:
            return ()
        names, step = source.facts.class_names, frame.step
        if not names:

            def values() -> Iterator[Row]:
                rows = zip(found.targets, found.predicted, strict=True)
                for sample, (target, said) in enumerate(rows, 1):
                    for output, pair in enumerate(zip(target, said, strict=True), 1):
                        yield (step, sample, output, *pair)

            return (Table(self.key, ("step", "sample", "output", "target", "predicted"), values),)

        def samples() -> Iterator[Row]:
            rows = zip(found.targets, found.predicted, found.sure, strict=True)
            for sample, (target, said, sure) in enumerate(rows, 1):
                word = names[said] if said >= 0 else "not finite"
                yield (step, sample, names[target], word, sure)

        def confusion() -> Iterator[Row]:
            for name, row in zip(names, found.confusion, strict=True):
                yield (step, name, *(int(v) for v in row))

        return (
            Table(self.key, ("step", "sample", "target", "predicted", found.value), samples),
            Table("confusion", ("step", "target", *names), confusion),
        )

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        if found is None and self.predictions is None:
            return "No predictions", "This snapshot holds none."
        return found

    def _draw(self, source: RunSource) -> None:
        found = self.predictions
        assert found is not None
        classes = bool(source.facts.class_names)
        pictures = classes and len(source.facts.pictures) > 0
        wide = self.canvas.width() >= self.theme.px(_WIDE)
        chosen = self._choice.key
        self._choice.setVisible(pictures and not wide)
        shown = pictures and (wide or chosen == "pictures")
        self._arrange(matrix=classes and not (shown and not wide), pictures=shown)
        if not classes:
            self._draw_values(found)
            return
        names = source.facts.class_names
        self._matrix.show_counts(found.confusion, names)
        words = accuracy(found, names)
        self.plot.overlay.show_caption(oddness(found, names))
        if shown:
            self._draw_pictures(source, found)
            fitting, kept = self._pictures.fitting, len(self._pictures.captions)
            if fitting < kept:
                words = f"{words} · {integer(fitting)} of {integer(kept)} pictures"
        self.header.subtitle.set_words(words)

    def _arrange(self, *, matrix: bool, pictures: bool) -> None:
        """Show some of the plots, alone or side by side."""
        grid: QGraphicsGridLayout = self.canvas.ci.layout  # pyright: ignore[reportAssignmentType]
        visible = (matrix, pictures, not matrix and not pictures)
        for column, (plot, on) in enumerate(
            zip((self.plot, self._shown, self._scatter), visible, strict=True)
        ):
            if plot.isVisible() != on:
                plot.setVisible(on)
            grid.setColumnStretchFactor(column, int(on))
            grid.setColumnMaximumWidth(column, 1e6 if on else 0)

    def _draw_pictures(self, source: RunSource, found: Predictions) -> None:
        names, pictures = source.facts.class_names, source.facts.pictures
        count = min(len(pictures), len(found.targets))
        likely = found.value == "probability"
        captions = []
        for target, said, sure in zip(
            found.targets[:count], found.predicted[:count], found.sure[:count], strict=True
        ):
            if said < 0:
                captions.append(Caption("not finite", names[target]))
                continue
            truth = "" if said == target else names[target]
            captions.append(Caption(names[said], truth, float(sure) if likely else float("nan")))
        self._pictures.show_pictures(pictures, tuple(captions))

    def _draw_values(self, found: Predictions) -> None:
        targets, said = (part.astype(np.float64) for part in (found.targets, found.predicted))
        both = self._both.follow(targets, said) or (-1.0, 1.0)
        self._scatter.follow(both, both)
        ends = np.array(both)
        self._diagonal.show_points(ends, ends)
        self._diagonal.set_fine(True)
        fine = np.isfinite(said) & np.isfinite(targets)
        outputs = targets.shape[1]
        colors = [class_color(self.theme, one) for one in range(outputs)]
        brushes = []
        for color in colors:
            color.setAlphaF(0.7)
            brushes.append(pg.mkBrush(color))
        number_of = np.broadcast_to(np.arange(outputs), targets.shape)[fine]
        self._dots.setData(
            targets[fine],
            said[fine],
            pen=None,
            brush=brushes[0] if outputs == 1 else [brushes[one] for one in number_of],
        )
        self._scatter.overlay.show_caption("predicted over target, right on the line")
        self.header.subtitle.set_words(fit(found, explained=True))

    # Cursor ------------------------------------------------------------------------------

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        found = self.predictions
        if source is None or found is None:
            return None
        names = source.facts.class_names
        if plot is self.plot and names:
            cell = self._matrix.cell_at(x, y)
            return None if cell is None else self._read_cell(found, names, *cell)
        if plot is self._shown and names:
            number_ = self._pictures.picture_at(x, y)
            return None if number_ is None else self._read_picture(found, names, number_)
        if plot is self._scatter and not names:
            return self._read_value(found, x, y)
        return None

    def _read_cell(
        self, found: Predictions, names: tuple[str, ...], row: int, column: int
    ) -> Cursor:
        count, total = int(found.confusion[row, column]), int(found.confusion[row].sum())
        title = f"{names[row]}, said {names[column]}"
        lines = [title, f"{integer(count)} of {integer(total)}"]
        if total:
            lines[-1] += f", {percent(count / total)}"
        return Cursor(*self._matrix.center_of(row, column), tuple(lines), box=True)

    def _read_picture(self, found: Predictions, names: tuple[str, ...], at: int) -> Cursor:
        said, target = int(found.predicted[at]), int(found.targets[at])
        lines = [f"sample {at + 1}: {names[target]}"]
        lines.append(f"said {names[said]}" if said >= 0 else "output not finite")
        sure = float(found.sure[at])
        if found.value == "probability" and np.isfinite(sure):
            lines.append(f"sure {percent(sure)}")
        elif np.isfinite(sure):
            lines.append(f"output {number(sure)}")
        return Cursor(*self._pictures.center_of(at), tuple(lines), box=True)

    def _read_value(self, found: Predictions, x: float, y: float) -> Cursor | None:
        scale_x, _, scale_y, _ = self._scatter.mapping()
        far = np.hypot((found.targets - x) * scale_x, (found.predicted - y) * scale_y)
        if not np.isfinite(far).any():
            return None
        sample, output = np.unravel_index(int(np.nanargmin(far)), far.shape)
        if far[sample, output] > 24:
            return None
        target = float(found.targets[sample, output])
        said = float(found.predicted[sample, output])
        name = f"sample {sample + 1}"
        if found.targets.shape[1] > 1:
            name += f", output {output + 1}"
        return Cursor(
            target, said, (name, f"target {number(target)}", f"said {number(said)}"), box=True
        )
