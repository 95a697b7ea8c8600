"""Which distributions stand below each other: layers of a snapshot, or snapshots of a layer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.plots.text import integer
from app.views.distribution import Distribution, distribution
from app.views.of_frame import snapshots
from app.views.table import Row as Numbers
from app.views.table import Table
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
    frames = snapshots(source, shown)
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


def distribution_tables(
    chosen: Sequence[tuple[Frame, int]], name: str, key: str, *, log: bool
) -> tuple[Table, ...]:
    """Return the bins of distributions, and what is counted apart.

    Parameters
    ----------
    chosen : sequence of (Frame, int)
        Snapshots, and which of their layers.
    name, log
        As :func:`app.views.distribution.distribution` takes them.
    key : str
        Of the first table.
    """

    def found() -> Iterator[tuple[int, int, Distribution]]:
        for frame, layer in chosen:
            values = distribution(frame.layers[layer - 1], name, log=log)
            if values is not None:
                yield frame.step, layer, values

    def bins() -> Iterator[Numbers]:
        for step, layer, one in found():
            for low, high, count in zip(one.bounds, one.bounds[1:], one.counts, strict=False):
                yield (step, layer, low, high, int(count))

    def special() -> Iterator[Numbers]:
        for step, layer, one in found():
            kinds = (one.zeros, one.subnormal, one.nan, one.pos_inf, one.neg_inf, one.unknown)
            yield (step, layer, one.total, *kinds)

    kinds = ("zeros", "subnormal", "nan", "pos_inf", "neg_inf", "nonfinite_of_unknown_kind")
    of = f"{name}_magnitude" if log else name
    return (
        Table(key, ("step", "layer", f"{of}_low", f"{of}_high", "count"), bins),
        Table("special", ("step", "layer", "entries", *kinds), special),
    )


def _step(frame: Frame) -> int:
    return frame.step
