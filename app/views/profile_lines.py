"""What a layer profile is compared with: the step before an event, theory, another run."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.plots import log10
from app.plots.text import integer
from app.views.compared import reference_name
from app.views.over_steps import TURNS
from core.measure.missing import not_measured
from core.record import RunSource
from core.record.chunks import Array
from core.record.columns import Column

Logs = NDArray[np.float64]
"""log10 of a quantity, shape (layers,)."""


def measured_at(column: Column | None, row: int | None) -> tuple[int, Array] | None:
    """Return step and values of a row, or (None) of the newest; None if nobody measured any."""
    if column is None or not len(column):
        return None
    if row is None:
        return column.latest()
    values = column.read(row, row + 1)
    return (row, values[0]) if len(values) and not not_measured(values[0]).all() else None


def before_event(source: RunSource, column: Column, at: int | None) -> tuple[int, str] | None:
    """Return the last step before the run was last changed up to ``at``, and words for it.

    What was changed stands in the pictures over steps: it would be too long here.
    """
    for event in reversed(source.events):
        if event.kind in TURNS and 0 < event.step <= (len(column) if at is None else at):
            return event.step - 1, f"before the change at step {integer(event.step)}"
    return None


_FORWARD = (
    "The size that the signal has in wide layers with weights as they were drawn (mean field"
    " theory)."
)


def theory_of(
    source: RunSource, quantity: str, column: Column, row: int
) -> tuple[str, Logs, Logs] | None:
    """Return what theory says of the norms of h or delta: a sentence, the norms, their bound.

    It is of the weights as they were last drawn up to that step. Norms of delta and their bound
    start at what was measured in the output layer when they were; norms of h have no bound (NaN).
    They are logarithms: a bound over many layers may be too small for any number. NaN where the
    theory says nothing; None without any theory.

    Parameters
    ----------
    source : RunSource
    quantity : str
        Of others than ``activation_norm`` and ``delta_norm`` there is no theory.
    column : Column
        Of that quantity.
    row : int
    """
    step, theory = source.facts.theory_at(row)
    if quantity not in ("activation_norm", "delta_norm") or theory is None or step >= len(column):
        return None
    if quantity == "activation_norm":
        batch = min(source.experiment.training.batch_size, max(1, source.facts.n_train))
        sizes = [one.log10_forward for one in theory.layers]
        known = np.array([np.nan if one is None else one for one in sizes])
        return _FORWARD, known + math.log10(batch) / 2, np.full(len(sizes), np.nan)
    top = float(log10(column.read(step, step + 1)[0])[-1])
    ratios = [one.log10_ratio for one in theory.layers]
    predicted = top + np.array([np.nan if one is None else one for one in ratios])
    bound = top + np.array([one.log10_sup for one in theory.layers])
    return theory.sentence, predicted, bound


def reference_at(other: RunSource, quantity: str, step: int) -> tuple[Array, str] | None:
    """Return another run's values at a step, or at its last one that was measured, with words."""
    column = other.layer_columns.get(quantity)
    found = measured_at(column, step) or measured_at(column, None)
    if found is None:
        return None
    late = f" at step {integer(found[0])}" if found[0] != step else ""
    return found[1], f"{reference_name(other)}{late}"


__all__ = ["Logs", "before_event", "measured_at", "reference_at", "theory_of"]
