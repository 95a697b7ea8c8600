"""What is known of a run before it: data, shapes and lengths, from which a script is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.data.samples import Samples, load_samples
from core.errors import LabError
from core.experiment.layers import Conv, Dense, Output
from core.experiment.shapes import Shape, Stage, trace

if TYPE_CHECKING:
    from core.experiment import Experiment

Weighted = Dense | Conv | Output


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment with its data and the numbers that follow from both.

    Attributes
    ----------
    experiment : Experiment
    samples : Samples
    stages : tuple of Stage
    batch_size : int
        At most the number of training samples.
    leaves_one_out : bool
        Whether an epoch ends with a batch of one sample that batch norm cannot use.
    steps_per_epoch, steps : int
        Updates in an epoch and in the whole run.
    """

    experiment: Experiment
    samples: Samples
    stages: tuple[Stage, ...]
    batch_size: int
    leaves_one_out: bool
    steps_per_epoch: int
    steps: int

    @property
    def layers(self) -> tuple[Weighted, ...]:
        """The layers with weights, the output layer last."""
        specs = (stage.spec for stage in self.stages)
        return tuple(spec for spec in specs if isinstance(spec, (Dense, Conv, Output)))

    @property
    def shape(self) -> Shape:
        """Shape of one sample as the network gets it."""
        return self.stages[0].before

    @property
    def validates(self) -> bool:
        """Whether there are samples for validation."""
        return len(self.samples.x_validation) > 0

    @property
    def drops(self) -> bool:
        """Whether units or weights are dropped at random."""
        return any(
            spec.dropout or spec.drop_weights
            for spec in self.layers
            if not isinstance(spec, Output)
        )


def make_plan(experiment: Experiment) -> Plan:
    """Load the data and follow their shape through the network.

    Raises
    ------
    LabError
        Where a run of the experiment would be refused too.
    """
    from core.engine.losses import check  # needs torch, which is slow to load

    training = experiment.training
    samples = load_samples(experiment.data, experiment.seed)
    check(training.loss, samples.task)
    watching = training.watching_validation()
    if watching is not None and not len(samples.x_validation):
        raise LabError(
            "watches the validation loss, but no samples are kept for validation"
            f" (data.validation is {experiment.data.validation:g}).",
            hint="Keep a share of the data for validation, such as 0.2.",
            field=watching,
        )
    n = len(samples.x_train)
    batch_size = min(training.batch_size, n)
    full, rest = divmod(n, batch_size)
    leaves_one_out = rest == 1 and experiment.network.batch_normed
    steps_per_epoch = full + (1 if rest and not leaves_one_out else 0)
    steps = training.epochs * steps_per_epoch
    return Plan(
        experiment,
        samples,
        trace(experiment.network, samples.shape, samples.n_outputs),
        batch_size,
        leaves_one_out,
        steps_per_epoch,
        min(steps, training.steps) if training.steps else steps,
    )
