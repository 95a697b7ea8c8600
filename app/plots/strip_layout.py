"""Where everything of a strip stands, in pixels."""

from __future__ import annotations

from dataclasses import dataclass

MOST_CELLS = 24
_ALL_CELLS = 2000  # of the whole picture
_LEAST_CELL = 3.0  # pixels
_THIN = 6.0  # pixels a layer, below which a column is a line


@dataclass(frozen=True, slots=True)
class StripLayout:
    """Input column, layers 1 to ``count``, loss box; two lanes one above the other.

    Attributes
    ----------
    count : int
    left, top, width, height : float
        Of the whole.
    first, pitch : float
        Centre of layer 1, and from layer to layer.
    column : float
        Width of a column; 0 where columns are lines.
    source, box : (float, float)
        Left and right edge of the input column and of the loss box.
    forward, backward : (float, float)
        Top and bottom of the lanes.
    captions, numbers : (float, float) or None
        Tops of the lines of print above the upper and below the lower lane. Where they are the
        same, captions stand beside the numbers.
    layers : float or None
        Top of the line with the layers' numbers, where there is room for one.
    cells : int
        Most cells of a column, in each lane.
    """

    count: int
    left: float
    top: float
    width: float
    height: float
    first: float
    pitch: float
    column: float
    source: tuple[float, float]
    box: tuple[float, float]
    forward: tuple[float, float]
    backward: tuple[float, float]
    captions: tuple[float, float] | None
    numbers: tuple[float, float] | None
    layers: float | None
    cells: int

    def x(self, number: float) -> float:
        """Return the centre of a layer; 0 is the input, ``count + 1`` the loss."""
        if number < 1:
            return sum(self.source) / 2
        if number > self.count:
            return sum(self.box) / 2
        return self.first + (number - 1) * self.pitch

    @property
    def x_range(self) -> tuple[float, float]:
        """Layer numbers, as coordinates, of the left and right edge."""
        low = 1 + (self.left - self.first) / self.pitch
        return low, low + self.width / self.pitch


def strip_layout(
    rect: tuple[float, float, float, float], count: int, line: float, *, headroom: bool = False
) -> StripLayout:
    """Lay out a strip.

    Parameters
    ----------
    rect : (left, top, width, height)
    count : int
        Layers.
    line : float
        Height of a line of print.
    headroom : bool, optional
        Whether to leave room for arcs and sheets above the upper lane.
    """
    left, top, width, height = rect
    wide = width >= 40 * line
    box = min(max(4.2 * line, width * 0.085), 8.5 * line)
    right = left + width - 10 - box
    pitch = max((right - left - 12) / (count + 0.9), 0.5)
    column = min(pitch * 0.44, 3.2 * line) if pitch >= _THIN else 0.0
    source = min(max(column, 8.0), 1.6 * line)
    first = right - (count - 0.18) * pitch
    if count == 1:
        first = (left + right) / 2
    numbered = height >= 2.6 * line  # else columns would be lines, and their numbers cut
    roomy, tall = height >= 7 * line, height >= 22 * line
    above = below = 4.0
    captions = numbers = None
    if tall:
        above += line + 2
        below += line + 2
    if roomy:
        above += line + 2
        below += line + 2
    above += 9 if headroom else 0
    gap = 8.0 if wide else 5.0
    below += line + 2 if numbered else 0
    lane = max((height - above - below - gap) / 2, 4.0)
    forward = (top + above, top + above + lane)
    backward = (forward[1] + gap, forward[1] + gap + lane)
    layers: float | None = backward[1] + 3
    if not numbered:
        layers = None
    elif roomy:
        numbers = (forward[0] - (9 if headroom else 0) - line - 3, layers)
        layers = backward[1] + 3 + line + 2
    if tall and layers is not None:
        captions = (top + 3, layers + line + 2)
    elif numbers is not None:
        captions = numbers
    cells = int(min(MOST_CELLS, max(1, _ALL_CELLS // (2 * count)), max(1, lane // _LEAST_CELL)))
    return StripLayout(
        count,
        left,
        top,
        width,
        height,
        first,
        pitch,
        column,
        (left + 8, left + 8 + source),
        (right, right + box),
        forward,
        backward,
        captions,
        numbers,
        layers,
        cells,
    )
