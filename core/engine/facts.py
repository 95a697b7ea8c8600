"""What is known of a run once its data are read and its network is built."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.errors import LabError
from core.record.source import Facts, LayerInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.data.samples import Samples
    from core.experiment import Experiment
    from core.experiment.shapes import Stage
    from core.network.build import Network
    from core.theory.prediction import Profile


def facts_of(
    network: Network,
    samples: Samples,
    *,
    device: str,
    steps_per_epoch: int,
    epochs_before: float,
    counted_from: int,
    theories: Sequence[tuple[int, Profile | None]],
) -> Facts:
    """Return layers, data and device; the numbers as in :class:`core.record.source.Facts`."""
    layers = tuple(
        LayerInfo(
            number=layer.stage.number,
            name=layer.name,
            kind="conv" if layer.weight.ndim == 4 else "dense",
            fan_in=layer.weight[0].numel(),
            units=layer.units,
            activation=layer.activation_spec,
            init=layer.init,
            parameters=layer.stage.parameters,
            row=layer.stage.row,
            shape=layer.stage.after,
        )
        for layer in network.layers
    )
    return Facts(
        layers=layers,
        n_train=len(samples.x_train),
        n_validation=len(samples.x_validation),
        n_features=samples.x_train.shape[1],
        n_classes=len(samples.class_names),
        class_names=samples.class_names,
        steps_per_epoch=steps_per_epoch,
        device=device,
        data_text=samples.text,
        parameters=sum(stage.parameters for stage in network.stages),
        epochs_before=epochs_before,
        counted_from=counted_from,
        explained=() if samples.explained is None else tuple(samples.explained.tolist()),
        components=samples.kept,
        theory=theories[-1][1],
        theory_step=theories[-1][0],
        past_theories=tuple(theories[:-1]),
        pictures=samples.pictures,
    )


def theory_of(experiment: Experiment, samples: Samples) -> Profile | None:
    """Return what theory predicts for weights drawn now; None where it has nothing to say."""
    from core.theory.profile import predict

    x = samples.x_train
    if not len(x):
        return None
    mean, square = float(x.mean(dtype=np.float64)), float(np.square(x, dtype=np.float64).mean())
    if not math.isfinite(square):
        return None
    return predict(
        experiment.network, samples.shape, samples.n_outputs, mean_square=square, mean=mean
    )


def check_validation(experiment: Experiment, n_validation: int) -> None:
    """Refuse to watch a validation loss that there is none of.

    Raises
    ------
    LabError
        If nothing was kept for validation.
    """
    setting = experiment.training.watching_validation()
    if setting is not None and not n_validation:
        raise LabError(
            "watches the validation loss, but no samples are kept for validation"
            f" (data.validation is {experiment.data.validation:g}).",
            hint="Keep a share of the data for validation, such as 0.2.",
            field=setting,
        )


def multiply_adds(stages: tuple[Stage, ...]) -> int:
    """Return the work of one forward pass of one sample."""
    return sum(
        math.prod(stage.weight) * math.prod(stage.after[1:]) for stage in stages if stage.weight
    )
