"""The table of layers with parameter counts, as Keras and the lectures count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.samples import load_samples

if TYPE_CHECKING:
    from core.experiment import Experiment


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One layer: trainable parameters, and running statistics of batch norm apart."""

    number: int
    name: str
    units: int
    activation: str
    init: str
    trainable: int
    statistics: int


def summary_rows(experiment: Experiment) -> list[SummaryRow]:
    """Return a row a layer, the output layer last."""
    samples = load_samples(experiment.data, experiment.seed)
    rows: list[SummaryRow] = []
    fan_in = samples.n_features
    for number, layer in enumerate(experiment.network.expanded(), 1):
        normed = layer.batch_norm != "none"
        rows.append(
            SummaryRow(
                number,
                f"dense {number}" + (" + batch norm" if normed else ""),
                layer.units,
                layer.activation.kind,
                layer.init.kind,
                layer.units * (fan_in + 1 + (2 if normed else 0)),
                2 * layer.units if normed else 0,
            )
        )
        fan_in = layer.units
    classes = samples.n_classes
    init = experiment.network.output.init.kind
    output = SummaryRow(len(rows) + 1, "output", classes, "linear", init, classes * (fan_in + 1), 0)
    return [*rows, output]


def summary_text(experiment: Experiment) -> str:
    """Return the table as text."""
    rows = summary_rows(experiment)
    lines = [
        f"{'#':>4}  {'layer':<24}{'units':>7}  {'activation':<12}{'initialiser':<16}"
        f"{'parameters':>12}"
    ]
    for row in rows:
        lines.append(
            f"{row.number:>4}  {row.name:<24}{row.units:>7}  {row.activation:<12}{row.init:<16}"
            f"{row.trainable:>12,}"
        )
    trainable, statistics = (
        sum(row.trainable for row in rows),
        sum(row.statistics for row in rows),
    )
    lines.append(f"{'trainable parameters':<65}{trainable:>12,}")
    lines.append(f"{'not trainable (running statistics of batch norm)':<65}{statistics:>12,}")
    lines.append(f"{'total':<65}{trainable + statistics:>12,}")
    return "\n".join(lines)
