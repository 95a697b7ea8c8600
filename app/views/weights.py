"""The first layer's weights as pictures: what each of its units looks for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot

from app.plots import Follower, Plot, Scale
from app.plots.colored_image import ColoredImage
from app.plots.indices import color_table, kinds_in, linear_indices, rgba, special_color
from app.plots.linear_bar import LinearBar
from app.plots.notes import Cursor
from app.plots.text import integer, number, percent
from app.plots.ticks import Tick
from app.plots.tiles import Grid, TileMarks, best_grid, fitted, mosaic
from app.theme import Theme
from app.views.of_frame import FrameView
from app.views.readings import value_words
from app.views.segments import Segments
from app.views.table import Row, Table
from core.record import Frame, Parts, RunSource

Array = NDArray[np.float32]
_OWN = (Tick(-1.0, "−max"), Tick(0.0, "0"), Tick(1.0, "max"))


class WeightsView(FrameView):
    """A tile a unit; blue is negative, white 0, red positive."""

    key = "weights"
    title = "First-layer weights"
    quantities = ("weight_norm", "dead_fraction")
    x_title = "a tile is a unit: its weights to the pixels"
    empty_text = "Press Run to start: what the units of the first layer look for."
    parts = Parts.MORE | Parts.IMAGES

    def _fill(self) -> None:
        self._scale = Follower(margin=0.0, shrink=0.7, smallest=1e-30)
        self._grid: Grid | None = None
        self.plot = Plot(Scale.NONE, Scale.NONE, left=8, bottom=3, mouse=(False, False), grid=False)
        self.plot.overlay.set_over_image(True)
        self.canvas.add_plot(self.plot)
        self._bar = LinearBar(bottom=3)
        self.canvas.ci.addItem(self._bar, 0, 1)
        self._image = ColoredImage()
        self.plot.add(self._image)
        self._marks = TileMarks(self.plot)
        self._choice = Segments(
            (
                ("shared", "shared scale", "One scale for all units: their sizes compare"),
                ("own", "own", "Each unit on its own scale: faint ones show their shape"),
            ),
            self,
        )
        self.header.add_control(self._choice)

    def _connect(self) -> None:
        super()._connect()
        self._choice.chosen.connect(self._on_chosen)

    def _reset(self) -> None:
        super()._reset()
        self._scale.reset()
        self._grid = None

    def _retheme(self, theme: Theme) -> None:
        for one in (self._bar, self._marks):
            one.set_theme(theme)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.invalidate()

    def tables(self, source: RunSource) -> tuple[Table, ...]:
        frame = self.frame
        if frame is None or not len(_images(frame)):
            return ()
        images = _images(frame)

        def rows() -> Iterator[Row]:
            for place in np.ndindex(images.shape):
                unit, y, x, *channel = place
                yield (frame.step, unit + 1, y + 1, x + 1, *(c + 1 for c in channel), images[place])

        channel = ("channel",) if images.ndim == 4 else ()
        return (Table(self.key, ("step", "unit", "row", "column", *channel, "weight"), rows),)

    # Drawing -----------------------------------------------------------------------------

    def _obstacle(self, source: RunSource) -> tuple[str, str] | None:
        found = super()._obstacle(source)
        if found is None and self.frame is not None and not len(_images(self.frame)):
            return "No pictures to draw", _why_not(source)
        return found

    def _draw(self, source: RunSource) -> None:
        frame = self.frame
        assert frame is not None
        layer = frame.layers[0]
        images = layer.weight_images
        colors, high, kinds = self._colored(images)
        room = (float(self.plot.pixels[0]), float(self.plot.pixels[1]))
        grid = self._grid = best_grid(len(images), images.shape[2], images.shape[1], room)
        width, height = grid.size
        place = grid.place(0).united(grid.place(grid.columns - 1))
        place.setTop(0)
        place.setHeight(height)
        place.setWidth(width)
        self._image.show_colors(
            mosaic(grid, colors, rgba(self.theme.color("plot" if self.theme.is_dark else "dim"))),
            place,
        )
        self.plot.follow(*fitted((width, height), room))
        silent = layer.unit_activity[: len(images)] == 0
        self._marks.show_marks(tuple(grid.place(int(one)) for one in np.flatnonzero(silent)))
        own = self._choice.key == "own"
        low = -1.0 if own else -high
        self._bar.set_scale(low, -low, kinds, signed=True, labels=_OWN if own else None)
        units = source.facts.layers[0].units if source.facts.layers else len(images)
        fewer = "" if len(images) == units else f"the first {integer(len(images))} of "
        size = f"{images.shape[1]} × {images.shape[2]}"
        count = int(np.count_nonzero(silent))
        words = f"{fewer}{integer(units)} units, {size} pixels"
        if images.ndim == 4:
            words += ", mean of the colours" if images.shape[3] != 3 else ", as colours"
        if count:
            words += f" · {integer(count)} silent in this batch (crossed)"
        self.header.subtitle.set_words(words)

    def _colored(self, images: Array) -> tuple[NDArray[np.uint8], float, frozenset[int]]:
        """Return colours, shape (units, height, width, 4), the scale's end, and what is special."""
        in_colour = images.ndim == 4 and images.shape[3] == 3
        if images.ndim == 4 and not in_colour:
            with np.errstate(invalid="ignore", over="ignore"):
                images = images.mean(axis=3)
        sizes = np.where(np.isfinite(images), np.abs(images), 0.0)
        if self._choice.key == "own":
            high = 1.0
            tops = sizes.reshape(len(images), -1).max(axis=1)
            tops = np.where(tops > 0, tops, 1.0).reshape(-1, *[1] * (images.ndim - 1))
            images = (images / tops).astype(np.float32)
        else:
            found = self._scale.follow([0.0], sizes)
            high = found[1] if found is not None and found[1] > 1e-29 else 1.0
        if not in_colour:
            indices = linear_indices(images, -high, high)
            return color_table(self.theme, signed=True)[indices], high, kinds_in(indices)
        finite = np.isfinite(images)
        shares = np.where(finite, images / high, 0.0)
        colors = np.full((*images.shape[:3], 4), 255, np.uint8)
        colors[..., :3] = np.rint(127.5 + 127.5 * np.clip(shares, -1, 1))
        broken = ~finite.all(axis=3)
        if not broken.any():
            return colors, high, frozenset()
        indices = linear_indices(images, -high, high, mark_zero=False).max(axis=3)
        kinds = kinds_in(indices[broken])
        for kind in kinds:
            colors[broken & (indices == kind)] = rgba(special_color(self.theme, kind))
        return colors, high, kinds

    # Cursor ------------------------------------------------------------------------------

    def _unit_at(self, x: float, y: float) -> int | None:
        return None if self._grid is None else self._grid.tile_at(x, y)

    def _read_out(self, plot: Plot, x: float, y: float) -> Cursor | None:
        frame, grid, unit = self.frame, self._grid, self._unit_at(x, y)
        if frame is None or grid is None or unit is None:
            self._marks.point_at(None)
            return None
        place, layer = grid.place(unit), frame.layers[0]
        self._marks.point_at(place)
        images = layer.weight_images
        row = min(max(int(place.bottom() - y), 0), images.shape[1] - 1)
        column = min(max(int(x - place.left()), 0), images.shape[2] - 1)
        cell = np.atleast_1d(images[unit, row, column])
        values = ", ".join(value_words(v) for v in cell)
        lines = [
            f"unit {unit + 1}",
            f"w = {values} at row {row + 1}, column {column + 1}",
            f"largest |w| {number(float(np.abs(images[unit]).max()))}",
        ]
        if unit < len(layer.unit_derivative):
            lines.append(f"mean φ′ {number(float(layer.unit_derivative[unit]))}")
        if unit < len(layer.unit_activity):
            share = float(layer.unit_activity[unit])
            silent = share == 0
            told = "silent for the whole batch" if silent else f"active for {percent(share)}"
            lines.append(told)
        return Cursor(x, y, tuple(lines), box=True)

    def _update_cursor(self) -> None:
        super()._update_cursor()
        if self._pointer is None:
            self._marks.point_at(None)

    def _pick(self, plot: Plot, x: float, y: float) -> None:
        if self._unit_at(x, y) is not None:
            self._select(1)


def _images(frame: Frame) -> Array:
    return frame.layers[0].weight_images


def _why_not(source: RunSource) -> str:
    facts = source.facts
    if facts.components:
        return (
            f"The first layer sees {integer(facts.components)} principal components, which are "
            "no pixels. Turn PCA off to see its weights as pictures."
        )
    features = f"{integer(facts.n_features)} feature{'' if facts.n_features == 1 else 's'}"
    return (
        "The first layer's weights are drawn as pictures when the data are images, such as "
        f"digits or clothes. These data have {features} that are no pixels."
    )
