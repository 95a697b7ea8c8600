"""The table of layers with parameter counts, as Keras and the lectures count them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.samples import load_samples
from core.experiment.layers import Conv, Dense, Output
from core.experiment.shapes import shape_text, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.experiment import Experiment
    from core.experiment.shapes import Shape, Stage


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One line of the table: a layer, or a normalisation, which Keras counts as a layer.

    Attributes
    ----------
    number : int
        Of a layer with weights, counted from 1 at the input; else 0.
    name, activation, init : str
    shape : tuple of int
        Of one sample behind it.
    trainable, statistics : int
        Parameters that are trained, and running statistics of batch norm, which are not.
    """

    number: int
    name: str
    shape: Shape
    activation: str
    init: str
    trainable: int
    statistics: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The table and its sums.

    Attributes
    ----------
    rows : tuple of SummaryRow
    trainable, statistics : int
        Sums over the rows.
    n_train : int
        Training samples.
    """

    rows: tuple[SummaryRow, ...]
    trainable: int
    statistics: int
    n_train: int

    @property
    def total(self) -> int:
        """All parameters, trainable or not, as Keras counts them."""
        return self.trainable + self.statistics

    @property
    def per_sample(self) -> float:
        """Trainable parameters for each training sample (P/N)."""
        return self.trainable / self.n_train


def summarize(stages: tuple[Stage, ...], n_train: int) -> Summary:
    """Return the table of a network whose shapes are known.

    Parameters
    ----------
    stages : tuple of Stage
        From :func:`core.experiment.shapes.trace`.
    n_train : int
        Training samples.
    """
    rows = tuple(row for stage in stages for row in _rows(stage))
    trainable = sum(row.trainable for row in rows)
    return Summary(rows, trainable, sum(row.statistics for row in rows), n_train)


def summary_of(experiment: Experiment) -> Summary:
    """Return the table of an experiment; its data are loaded for their shape.

    Raises
    ------
    LabError
        If the data are not to be had, or a layer cannot work on what reaches it.
    """
    samples = load_samples(experiment.data, experiment.seed)
    stages = trace(experiment.network, samples.shape, samples.n_outputs)
    return summarize(stages, len(samples.x_train))


def _rows(stage: Stage) -> Iterator[SummaryRow]:
    spec, shape = stage.spec, stage.after
    if not isinstance(spec, (Dense, Conv, Output)):
        yield SummaryRow(0, stage.name, shape, "", "", stage.parameters, stage.statistics)
        return
    own = stage.parameters - 2 * sum(stage.norms)
    kind, init = spec.activation.kind, spec.init.kind
    yield SummaryRow(stage.number, stage.name, shape, kind, init, own, 0)
    if isinstance(spec, Output):
        return
    if spec.batch_norm.kind != "none":
        yield SummaryRow(0, "  batch norm", shape, "", "", 2 * stage.units, stage.statistics)
    if spec.layer_norm.kind != "none":
        yield SummaryRow(0, "  layer norm", shape, "", "", 2 * stage.units, 0)


def summary_text(experiment: Experiment) -> str:
    """Return the table as text."""
    table = summary_of(experiment)
    lines = [
        f"{'#':>4}  {'layer':<22}{'output':>14}  {'activation':<13}{'initialiser':<17}"
        f"{'parameters':>12}{'trained':>12}"
    ]
    for row in table.rows:
        lines.append(
            f"{row.number or '':>4}  {row.name:<22}{shape_text(row.shape):>14}  "
            f"{row.activation:<13}{row.init:<17}{row.trainable + row.statistics:>12,}"
            f"{row.trainable:>12,}"
        )
    lines.append(f"{'trainable parameters':<72}{table.trainable:>12,}")
    lines.append(f"{'not trainable (running statistics of batch norm)':<72}{table.statistics:>12,}")
    lines.append(f"{'total':<72}{table.total:>12,}")
    lines.append(
        f"{'parameters for each of ' + format(table.n_train, ',') + ' training samples (P/N)':<72}"
        f"{table.per_sample:>12.3g}"
    )
    return "\n".join(lines)
