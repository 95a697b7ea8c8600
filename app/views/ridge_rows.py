"""Which distributions stand below each other: layers of a snapshot, or snapshots of a layer."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from app.plots.text import integer
from app.views.distribution import Distribution, distribution
from core.record import Frame, RunSource

MOST_ROWS = 32
"""More cannot be told apart; the first, the last and the chosen one are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A distribution of ``layer`` at ``step``, with the y of its base line."""

    base: float
    layer: int
    step: int
    label: str
    chosen: bool
    values: Distribution | None
    compared: Distribution | None = None


def chosen_layers(count: int, chosen: int) -> list[int]:
    """Return at most about ``MOST_ROWS`` layers from the input, evenly."""
    if count <= MOST_ROWS:
        return list(range(1, count + 1))
    some = {round(at) for at in np.linspace(1, count, MOST_ROWS)}
    return sorted(some | ({chosen} if 1 <= chosen <= count else set()))


def stride_for(last: int) -> int:
    """Return the steps from one row to the next: a power of 2, so that rows seldom move."""
    stride = 1
    while last / stride > MOST_ROWS - 2:
        stride *= 2
    return stride


def chosen_frames(frames: tuple[Frame, ...], stride: int) -> list[Frame]:
    """Return snapshots about ``stride`` steps apart, the first and the newest among them.

    They are the nearest to multiples of the stride: a growing run adds some and moves none.
    """
    if not frames:
        return []
    found = {frames[0].step: frames[0], frames[-1].step: frames[-1]}
    for at in range(0, frames[-1].step + 1, stride):
        place = bisect_left(frames, at, key=_step)
        near = min(frames[max(0, place - 1) : place + 1], key=lambda one: abs(one.step - at))
        if abs(near.step - at) <= stride / 2:
            found[near.step] = near
    return [found[step] for step in sorted(found)]


def layer_rows(
    frame: Frame, chosen: int, name: str, *, log: bool, compared: Frame | None
) -> list[Row]:
    """Return a row a layer, the input's lowest."""
    count, rows = len(frame.layers), list[Row]()
    for place, layer in enumerate(chosen_layers(count, chosen), 1):
        values = distribution(frame.layers[layer - 1], name, log=log)
        other = None
        if compared is not None and layer <= len(compared.layers):
            other = distribution(compared.layers[layer - 1], name, log=log)
        label, is_chosen = str(layer), layer == chosen
        rows.append(Row(place, layer, frame.step, label, is_chosen, values, other))
    return rows


def time_rows(
    source: RunSource,
    shown: Frame,
    layer: int,
    name: str,
    *,
    log: bool,
    compared: RunSource | None,
) -> list[Row]:
    """Return a row a snapshot, the oldest on top and thus at the back."""
    frames = all_frames(source, shown)
    stride = stride_for(frames[-1].step)
    picked = {one.step: one for one in chosen_frames(frames, stride)} | {shown.step: shown}
    rows = list[Row]()
    for step, frame in sorted(picked.items(), reverse=True):
        if layer > len(frame.layers):
            continue
        other = None
        near = compared.history.nearest(step) if compared is not None else None
        if near is not None and abs(near.step - step) <= stride and layer <= len(near.layers):
            other = distribution(near.layers[layer - 1], name, log=log)
        values = distribution(frame.layers[layer - 1], name, log=log)
        chosen = step == shown.step
        rows.append(Row(-step / stride, layer, step, integer(step), chosen, values, other))
    return rows


def all_frames(source: RunSource, shown: Frame) -> tuple[Frame, ...]:
    """Return the history, and what is shown if it is newer."""
    frames = source.history.frames
    return (*frames, shown) if not frames or shown.step > frames[-1].step else frames


def _step(frame: Frame) -> int:
    return frame.step
