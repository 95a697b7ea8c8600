"""What a network says all over the plane, or along the line, of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.plots import Follower, Line, Plot, Scale
from app.plots.class_key import SHAPES, ClassKey, class_color
from app.plots.colored_image import ColoredImage
from app.plots.contour import class_lines
from app.plots.indices import color_table, kinds_in, linear_indices, rgba
from app.plots.linear_bar import LinearBar
from app.plots.notes import Cursor
from app.plots.ranges import Range
from app.plots.text import integer, number, percent
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.prediction_words import fit
from app.views.table import Row, Table
from core.record import Parts, RunSource
from core.record.frame import Predictions

Array = NDArray[np.float64]
_FAINT, _STRONG = 0.08, 0.5  # share of a class's colour where it is a guess, and where it is sure
_FILLED = 0.55  # of the picture at least, or the axes are not drawn on one scale
_NARROW = 320  # pixels, below which the key would take too much


class DecisionView(FrameView):
    """The map of two features or the curve over one, with the probe's samples on top."""

    key = "decision"
    title = "Decision map"
    quantities = ("accuracy", "loss")
    x_title = "first feature, as the network gets it"
    empty_text = "Press Run to start: what the network says all over its inputs."
    parts = Parts.PREDICTIONS

    def _fill(self) -> None:
        self._values = Follower(margin=0.02, shrink=0.6, smallest=1e-6)
        self._y = Follower(margin=0.08, shrink=0.5, smallest=1e-6)
        # Inputs, targets and limits of colours of the samples that are drawn.
        self._drawn_samples: tuple[NDArray[Any], NDArray[Any], tuple[float, ...]] | None = None
        self._wrong: NDArray[np.bool_] | None = None  # which samples are ringed
        self.plot = Plot(Scale.LINEAR, Scale.LINEAR, grid=True)
        self.canvas.add_plot(self.plot)
        self._key, self._bar = ClassKey(), LinearBar()
        self.canvas.ci.addItem(self._key, 0, 1)
        self.canvas.ci.addItem(self._bar, 0, 2)
        self._image = ColoredImage(smooth=True)
        self._border = pg.PlotCurveItem(connect="pairs", antialias=True)
        self._curves = [Line() for _ in range(8)]
        self._points = pg.ScatterPlotItem(pxMode=True, antialias=True)
        self._rings = pg.ScatterPlotItem(pxMode=True, antialias=True, symbol="o", size=13)
        for item in (self._image, self._border, *self._curves, self._points, self._rings):
            self.plot.add(item)

    def _reset(self) -> None:
        super()._reset()
        self._values.reset()
        self._y.reset()
        self._drawn_samples = None
        self._clear()

    def _clear(self) -> None:
        self._image.clear_colors()
        self._border.setData([], [])
        self._points.clear()
        self._rings.clear()
        for curve in self._curves:
            curve.clear_points()
        self._drawn_samples = None

    def _retheme(self, theme: Theme) -> None:
        for one in (self._key, self._bar):
            one.set_theme(theme)
        self._border.setPen(pg.mkPen(theme.color("text", 0.75), width=1.2))
        self._rings.setPen(pg.mkPen(theme.color("text"), width=1.5))
        self._rings.setBrush(None)
        for number_, curve in enumerate(self._curves):
            curve.set_color(class_color(theme, number_))
            curve.set_fine(True)
        self._drawn_samples = None

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        frame = self.frame
        found = self.predictions
        if frame is None or found is None or not len(found.x):
            return ()
        step = frame.step

        def area() -> Iterator[Row]:
            classes = found.map_class.size > 0
            for row, y in enumerate(found.y):
                for column, x in enumerate(found.x):
                    said = int(found.map_class[row, column]) if classes else ""
                    yield (step, x, y, said, found.map_value[row, column])

        def curve() -> Iterator[Row]:
            for x, values in zip(found.x, found.curve, strict=True):
                yield (step, x, *values)

        if found.curve.size:
            outputs = tuple(f"output_{n}" for n in range(1, found.curve.shape[1] + 1))
            return (Table(self.key, ("step", "x", *outputs), curve),)
        return (Table(self.key, ("step", "x", "y", "class", found.value), area),)

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        return _why_not(source, self.predictions) if found is None else found

    def _draw(self, source: RunSource) -> None:
        found = self.predictions
        assert found is not None
        classes = bool(source.facts.class_names)
        self._key.setVisible(classes and self.canvas.width() >= self.theme.px(_NARROW))
        self._bar.setVisible(found.map_value.size > 0 and not classes)
        if classes:
            self._draw_classes(source, found)
        elif found.map_value.size:
            self._draw_values(found)
        else:
            self._draw_curve(found)
        self.plot.overlay.show_caption("second feature" if found.map_value.size else "output")

    def _draw_classes(self, source: RunSource, found: Predictions) -> None:
        place, x, y = _place(found)
        count = max(len(source.facts.class_names), 1)
        palette = self._palette(count)
        ground = np.array(rgba(self.theme.color("plot"))[:3], np.float64)
        value = np.nan_to_num(found.map_value.astype(np.float64))
        guess = 1 / count
        likely = found.value == "probability"
        share = np.clip((value - guess) / max(1 - guess, 1e-9), 0, 1) if likely else 0.7
        strength = (_FAINT + (_STRONG - _FAINT) * np.broadcast_to(share, value.shape))[..., None]
        said = np.clip(found.map_class, 0, count - 1)
        mixed = ground + (palette[said] - ground) * strength
        colors = np.full((*value.shape, 4), 255, np.uint8)
        colors[..., :3] = np.rint(mixed)
        lost = found.map_class < 0
        self._hatch(colors, lost)
        self._image.show_colors(colors, place)
        margin = value - guess if likely else np.ones_like(value)
        border = class_lines(found.map_class, margin, x, y)
        self._border.setData(*border, connect="pairs")
        self._follow(place)
        self._draw_samples(found)
        wrong = found.predicted != found.targets
        extra = ("wrong",) if wrong.any() else ()
        extra += ("not finite",) if lost.any() or (found.predicted < 0).any() else ()
        self._key.show_names(source.facts.class_names, extra)
        right = int(np.count_nonzero(~wrong))
        words = f"{integer(right)} of {integer(len(wrong))} samples right"
        if wrong.any():
            words += f", {integer(len(wrong) - right)} ringed"
        if lost.any():
            words += f" · not finite on {percent(float(lost.mean()))} of the map"
        elif likely:
            words += " · deeper colour: surer"
        self.header.subtitle.set_words(words)

    def _palette(self, count: int) -> NDArray[np.float64]:
        colors = [rgba(class_color(self.theme, number_))[:3] for number_ in range(count)]
        return np.array(colors, np.float64)

    def _hatch(self, colors: NDArray[np.uint8], lost: NDArray[np.bool_]) -> None:
        """Draw stripes where the network says nothing: neither a class nor empty ground."""
        if not lost.any():
            return
        rows, columns = np.indices(lost.shape)
        stripe = (rows + columns) % 4 < 2
        for chosen, token in ((lost & stripe, "nan"), (lost & ~stripe, "plot")):
            colors[chosen] = rgba(self.theme.color(token))

    def _follow(self, place: QRectF) -> None:
        """Show the map whole; both axes on one scale if that leaves most of the room used."""
        width, height = (float(one) for one in self.plot.pixels)
        x: Range = (place.left(), place.right())
        y: Range = (place.top(), place.bottom())
        scale = min(width / place.width(), height / place.height())
        filled = scale * scale * place.width() * place.height() / (width * height)
        if filled >= _FILLED:
            x = _around(place.center().x(), width / scale)
            y = _around(place.center().y(), height / scale)
        self.plot.follow(x, y)

    def _are_others(self, found: Predictions, *limits: float) -> bool:
        """Tell whether other samples are to be drawn, or in other colours.

        They are compared by value: each snapshot brings a copy of them from the training process.
        """
        old, self._drawn_samples = self._drawn_samples, (found.inputs, found.targets, limits)
        if old is None or old[2] != limits:
            return True
        pairs = zip(old[:2], (found.inputs, found.targets), strict=True)
        return not all(np.array_equal(one, other) for one, other in pairs)

    def _draw_samples(self, found: Predictions) -> None:
        """Draw the samples: always the same ones, of which others are wrong."""
        x, y = found.inputs[:, 0].astype(float), found.inputs[:, 1].astype(float)
        targets = found.targets
        if self._are_others(found):
            count = int(targets.max(initial=0)) + 1
            brushes = [pg.mkBrush(class_color(self.theme, one)) for one in range(count)]
            pen = pg.mkPen(self.theme.color("plot"), width=1)
            shapes = np.array(SHAPES)[targets % len(SHAPES)]
            chosen = [brushes[one] for one in targets]
            self._points.setData(x, y, symbol=list(shapes), brush=chosen, pen=pen, size=8)
            self._wrong = None
        wrong = found.predicted != targets
        if self._wrong is None or not np.array_equal(wrong, self._wrong):
            self._wrong = wrong
            self._rings.setData(x[wrong], y[wrong])

    def _draw_values(self, found: Predictions) -> None:
        place, _, _ = _place(found)
        targets = found.targets[:, 0]
        both = self._values.follow(found.map_value, targets) or (0.0, 1.0)
        signed = both[0] < 0 < both[1]
        low, high = (-max(-both[0], both[1]), max(-both[0], both[1])) if signed else both
        indices = linear_indices(found.map_value, low, high, mark_zero=False)
        table = color_table(self.theme, signed=signed)
        self._image.show_colors(table[indices], place)
        self._border.setData([], [])
        self._rings.clear()
        self._follow(place)
        if self._are_others(found, low, high):
            rows = table[linear_indices(targets, low, high, mark_zero=False)]
            x, y = found.inputs.T.astype(float)
            self._points.setData(
                x,
                y,
                symbol="o",
                size=8,
                pen=pg.mkPen("#0b1118", width=1),
                brush=[pg.mkBrush(QColor(*(int(v) for v in row))) for row in rows],
            )
        self._bar.set_scale(low, high, kinds_in(indices), signed=signed)
        self.header.subtitle.set_words(f"output · discs: targets · {fit(found)}")

    def _draw_curve(self, found: Predictions) -> None:
        x = found.x.astype(float)
        outputs = found.curve.shape[1]
        for number_, curve in enumerate(self._curves):
            if number_ < outputs:
                curve.show_points(x, found.curve[:, number_].astype(float))
            else:
                curve.clear_points()
        y = self._y.follow(found.curve, found.targets) or (-1.0, 1.0)
        self.plot.follow((float(x[0]), float(x[-1])), y)
        if self._are_others(found):
            targets = found.targets
            at = np.repeat(found.inputs[:, 0].astype(float), targets.shape[1])
            colors = [
                class_color(self.theme, one) if targets.shape[1] > 1 else self.theme.color("muted")
                for one in range(targets.shape[1])
            ]
            brushes = [pg.mkBrush(colors[n % len(colors)]) for n in range(targets.size)]
            heights = targets.ravel().astype(float)
            self._points.setData(at, heights, symbol="o", size=5, pen=None, brush=brushes)
        self._image.clear_colors()
        self._border.setData([], [])
        self._rings.clear()
        lost = int(np.count_nonzero(~np.isfinite(found.curve).all(axis=1)))
        gap = f" · not finite on {percent(lost / len(x))} of the axis" if lost else ""
        more = f" · {outputs - 8} more outputs not drawn" if outputs > 8 else ""
        words = f"line: the network, dots: targets · {fit(found)}{gap}{more}"
        self.header.subtitle.set_words(words)

    # Cursor ------------------------------------------------------------------------------

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        source = self.source
        found = self.predictions
        if source is None or found is None or not len(found.x):
            return None
        column = int(np.abs(found.x - x).argmin())
        if found.curve.size:
            if not found.x[0] <= x <= found.x[-1]:
                return None
            values = ", ".join(number(float(v)) for v in found.curve[column, :4])
            return Cursor(float(found.x[column]), y, (f"x = {number(x)}", f"output {values}"))
        place, _, _ = _place(found)
        if not place.contains(x, y):
            return None
        row = int(np.abs(found.y - y).argmin())
        value = float(found.map_value[row, column])
        lines = [f"{number(x)}, {number(y)}"]
        if found.map_class.size:
            said = int(found.map_class[row, column])
            lines.append(
                f"says {source.facts.class_names[said]}" if said >= 0 else "output not finite"
            )
        if found.value == "probability" and np.isfinite(value):
            lines.append(f"sure {percent(value)}")
        elif not found.map_class.size or np.isfinite(value):
            lines.append(f"output {number(value)}")
        return Cursor(x, y, tuple(lines), box=True)


def _why_not(source: RunSource, found: Predictions | None) -> tuple[str, str] | None:
    """Return why there is no map, None if there is one."""
    features = source.facts.n_features
    if found is not None and (found.map_value.size or found.curve.size):
        return None
    if features == 1 and source.facts.class_names:
        return "No map", "Classes of one feature have no map: open Predictions instead."
    if features > 2:
        text = (
            "The map needs data with one or two features "
            f"(you have {integer(features)}): open Predictions instead."
        )
        return "No map", text
    return "No map", "This snapshot holds no predictions."


def _place(found: Predictions) -> tuple[QRectF, Array, Array]:
    """Return where the map lies, each value in the middle of its cell, and its axes."""
    x, y = found.x.astype(np.float64), found.y.astype(np.float64)
    step_x, step_y = x[1] - x[0], y[1] - y[0]
    left, top = x[0] - step_x / 2, y[0] - step_y / 2
    return QRectF(left, top, step_x * len(x), step_y * len(y)), x, y


def _around(middle: float, width: float) -> Range:
    return middle - width / 2, middle + width / 2
