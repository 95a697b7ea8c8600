"""From the numbers of a step and a snapshot to the picture of a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plots import Follower
from app.plots.strip_data import ClipCard, StripPicture
from app.plots.strip_lane import Lane, levels, shares_of
from app.plots.strip_layout import StripLayout
from app.plots.text import number
from app.views.stages import StepNumbers, clipped, say, short, was_clipped
from core.measure.missing import blank, not_measured
from core.record import Frame, LayerFrame, RunSource

Array = NDArray[np.float32]


class Scales:
    """The four logarithmic scales: absolute, shared by all layers, and calm."""

    def __init__(self) -> None:
        # Six decades at least: a healthy signal then looks healthy, whatever its noise.
        self.h = Follower(margin=0.02, shrink=0.4, smallest=6.0)
        self.delta = Follower(margin=0.02, shrink=0.4, smallest=6.0)
        self.unit_h = Follower(margin=0.05, shrink=0.4, smallest=3.0)
        self.unit_delta = Follower(margin=0.05, shrink=0.4, smallest=5.0)

    def reset(self) -> None:
        """Forget the previous run."""
        for one in (self.h, self.delta, self.unit_h, self.unit_delta):
            one.reset()


def a_cell(units: int, most: int) -> int:
    """Return how many units share a cell."""
    return -(-units // max(most, 1))


def unit_activity(layer: LayerFrame) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Return some units, from 0, and the mean of |phi(z)| of each over the samples kept."""
    if not layer.activity.size:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    return layer.shown_units, np.abs(layer.activity).mean(axis=1, dtype=np.float64)


def joined(
    units: int, places: NDArray[np.int64], values: NDArray[np.floating], most: int, *, squares: bool
) -> Array:
    """Return the mean, or the root of the mean square, of the units of each cell.

    What is not finite stays so: it is not averaged away. A cell of which no unit is known is not
    measured.
    """
    if not len(values):
        return np.zeros(0, np.float32)
    each = a_cell(units, most)
    cells = places // each
    count = -(-units // each)
    numbers = np.asarray(values, np.float64)
    sums = np.zeros(count)
    np.add.at(sums, cells, numbers**2 if squares else numbers)
    shares = np.bincount(cells, minlength=count)
    known = shares > 0
    means = sums[known] / shares[known]
    found = blank((count,))
    with np.errstate(over="ignore"):
        found[known] = np.sqrt(means) if squares else means
    return found


def make_picture(
    source: RunSource,
    step: StepNumbers,
    frame: Frame | None,
    layout: StripLayout,
    arcs: tuple[int, ...],
    scales: Scales,
    number_width: float,
) -> StripPicture:
    """Return what a strip shows.

    Parameters
    ----------
    frame : Frame or None
        For the cells; without one, or of another network, they are empty.
    number_width : float
        Pixels of a number with two digits and a power of ten.
    """
    infos = source.facts.layers
    most = layout.cells
    frames = frame.layers if frame is not None and len(frame.layers) == len(infos) else ()
    h_cells: list[Array] = []
    delta_cells: list[Array] = []
    for one in frames:
        units = len(one.unit_z)
        places, activity = unit_activity(one)
        h_cells.append(joined(units, places, activity, most, squares=False))
        every = np.arange(len(one.unit_delta))
        delta_cells.append(joined(units, every, one.unit_delta, most, squares=True))
    written_out = layout.pitch >= number_width
    forward = _lane(step.h, h_cells, scales.h, scales.unit_h, written_out)
    backward = _lane(step.delta, delta_cells, scales.delta, scales.unit_delta, written_out)
    form = "{}" if written_out else "log₁₀ {}"
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log10(step.update.astype(np.float64))
    return StripPicture(
        Lane(*forward, caption=f"forward {form.format('|h|')} →"),
        Lane(*backward, caption=f"← backward {form.format('|δ|')}"),
        tuple(info.kind == "conv" for info in infos),
        arcs,
        max(1, min(most, source.facts.n_features)),
        "in",
        _loss_lines(step),
        not bool(np.isfinite(step.loss)) and not bool(not_measured(np.asarray(step.loss))),
        ratios,
        levels(step.update, -8.0, 0.0),
        _texts(step.update, written_out=written_out),
        (min(-6.0, *(float(one) - 0.5 for one in ratios if np.isfinite(one)), 0.0), 0.5),
        form.format("|ΔW|/|W|"),
        _card(step),
    )


def _lane(
    values: Array,
    cells: list[Array],
    band: Follower,
    units: Follower,
    written_out: bool,
) -> tuple[NDArray[np.float64], NDArray[np.int16], tuple[NDArray[np.int16], ...], tuple[str, ...]]:
    low, high = band.follow(_logs(values)) or (0.0, 1.0)
    unit_low, unit_high = units.follow(*map(_logs, cells)) or (0.0, 1.0)
    return (
        shares_of(values, low, high),
        levels(values, low, high),
        tuple(levels(one, unit_low, unit_high) for one in cells),
        _texts(values, written_out=written_out),
    )


def _logs(values: NDArray[np.floating]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(np.abs(np.asarray(values, np.float64)))


def _texts(values: Array, *, written_out: bool) -> tuple[str, ...]:
    texts = []
    for value in values:
        if written_out or value == 0 or not np.isfinite(value):
            texts.append(short(value))
        else:
            texts.append(f"{np.log10(np.float64(value)):.1f}".replace("-", "−"))
    return tuple(texts)


def _loss_lines(step: StepNumbers) -> tuple[str, ...]:
    lines = ("loss", short(step.loss, 4), f"data {short(step.data, 3)}")
    return (*lines, f"penalty {short(step.penalty, 2)}")


def _card(step: StepNumbers) -> ClipCard:
    raw = say(step.raw, 3)
    if was_clipped(step):
        share = float(step.factor) if np.isfinite(step.factor) else 1.0
        angle = f", turned {say(step.angle)}°" if step.angle > 0 else ", same direction"
        return ClipCard(
            f"clipped: × {say(step.factor, 3)}{angle}",
            f"|g| {raw}",
            f"→ {say(clipped(step), 3)}",
            min(max(share, 0.0), 1.0),
            True,
        )
    title = "no clipping at this step" if step.clips else "no clipping"
    return ClipCard(title, f"|g| {raw}", f"→ {raw}", 1.0, False)


def describe(source: RunSource, step: StepNumbers, number_: int) -> tuple[str, ...]:
    """Return the exact numbers of a layer, of the input (0) or of the loss (one beyond)."""
    infos = source.facts.layers
    if number_ < 1:
        return ("input", f"{source.facts.n_features} features")
    if number_ > len(infos):
        return (
            "loss",
            f"L = {say(step.loss, 4)}",
            f"data {say(step.data, 4)}, penalty {say(step.penalty, 3)}",
            f"|g| = {say(step.raw, 3)}, clip factor {say(step.factor, 3)}",
        )
    at, info = number_ - 1, infos[number_ - 1]
    kind = getattr(info.activation, "kind", "")
    what = f"{info.units} channels" if info.kind == "conv" else f"{info.units}"
    lines = [f"layer {number_} · {what} {kind}".rstrip()]
    lines.append(f"|h| = {say(step.h[at], 3)}{_beside(step.h, at, at - 1)}")
    lines.append(f"|δ| = {say(step.delta[at], 3)}{_beside(step.delta, at, at + 1)}")
    lines.append(f"φ′ mean {say(step.slope[at], 3)} of its largest")
    lines.append(f"dead units {_share(step.dead[at])}, |ΔW|/|W| = {say(step.update[at], 2)}")
    return tuple(lines)


def _share(value: np.float32) -> str:
    if not np.isfinite(value) or value == 0:
        return short(value)
    return f"{number(100 * float(value), 2)} %"


def _beside(values: Array, at: int, other: int) -> str:
    """Return the ratio to the layer that the signal came from."""
    if not 0 <= other < len(values):
        return ""
    pair = np.asarray([values[at], values[other]], np.float64)
    if not np.isfinite(pair).all() or pair[1] == 0:
        return ""
    return f", × {number(float(pair[0] / pair[1]), 2)} of layer {other + 1}"
