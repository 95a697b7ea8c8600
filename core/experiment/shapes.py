"""What shape the signal has behind every layer, worked out before anything is built."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import LabError
from core.experiment.layers import AvgPool, Conv, Dense, Flatten, GlobalPool, MaxPool, Output
from core.experiment.normalization import InputNormSpec, NoNorm

if TYPE_CHECKING:
    from core.experiment.layers import LayerSpec
    from core.experiment.network import NetworkSpec

Shape = tuple[int, ...]
StageSpec = Dense | Conv | MaxPool | AvgPool | GlobalPool | Flatten | Output | InputNormSpec


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that the signal passes through.

    Attributes
    ----------
    row : int
        Place among the expanded layers; -1 is the normalisation of the input, and the number
        of rows is the output layer.
    number : int
        For what has weights, its number from 1 at the input; else 0.
    name : str
        Such as ``dense 3``, ``max pool``, ``output``.
    spec : Part
        The specification of the stage.
    before, after : tuple of int
        Shape of one sample: ``(features,)`` or ``(channels, height, width)``.
    weight : tuple of int
        Shape of the weights: (units, inputs) or (channels, inputs, height, width), else empty.
    norms : tuple of int
        Number of scales in each normalisation, batch norm first.
    statistics : int
        Running statistics, which are not trained.
    """

    row: int
    number: int
    name: str
    spec: StageSpec
    before: Shape
    after: Shape
    weight: Shape = ()
    norms: tuple[int, ...] = ()
    statistics: int = 0

    @property
    def units(self) -> int:
        """Units of a dense layer, channels of a convolution."""
        return self.after[0]

    @property
    def parameters(self) -> int:
        """Trainable parameters: weights, biases, scales and shifts, a learned slope."""
        own = math.prod(self.weight) + self.units if self.weight else 0
        learned = isinstance(self.spec, (Dense, Conv, Output)) and (
            self.spec.activation.kind == "prelu"
        )
        return own + 2 * sum(self.norms) + int(learned)


def trace(spec: NetworkSpec, shape: Shape, n_outputs: int) -> tuple[Stage, ...]:
    """Follow the shape of a sample from the input to the output.

    Parameters
    ----------
    spec : NetworkSpec
    shape : tuple of int
        Of one sample: ``(features,)`` or ``(channels, height, width)``.
    n_outputs : int
        Classes, or numbers to predict.

    Returns
    -------
    tuple of Stage
        Input normalisation (if any), every layer, and the output layer last.

    Raises
    ------
    LabError
        If a layer cannot work on what the one before it passes on; ``field`` names its entry
        in the file.
    """
    rows = spec.expanded()
    entries = [entry for entry, layer in enumerate(spec.layers) for _ in range(layer.repeat)]
    stages: list[Stage] = []
    as_image = bool(rows) and isinstance(rows[0], (Conv, MaxPool, AvgPool, GlobalPool))
    if not as_image:
        shape = (math.prod(shape),)
    number = 0
    for row, layer in enumerate(rows):
        if not isinstance(layer, Flatten):
            stages += _input(spec, shape, stages)
        path = f"network.layers.{entries[row]}"
        number += isinstance(layer, (Dense, Conv))
        stages.append(_stage(row, number, layer, shape, path))
        shape = stages[-1].after
    stages += _input(spec, shape, stages)
    inputs = math.prod(shape)
    stages.append(
        Stage(
            len(rows),
            number + 1,
            "output",
            spec.output,
            shape,
            (n_outputs,),
            (n_outputs, inputs),
        )
    )
    return tuple(stages)


def _input(spec: NetworkSpec, shape: Shape, stages: list[Stage]) -> list[Stage]:
    """Return the normalisation of the input, once: before the first layer that computes."""
    norm = spec.input_norm
    if isinstance(norm, NoNorm) or any(stage.row < 0 for stage in stages):
        return []
    running = 2 * shape[0] if norm.kind == "batch_norm" else 0
    name = f"{norm.kind.replace('_', ' ')} of input"
    return [Stage(-1, 0, name, norm, shape, shape, (), (shape[0],), running)]


def _stage(row: int, number: int, layer: LayerSpec, shape: Shape, path: str) -> Stage:
    if isinstance(layer, Flatten):
        return Stage(row, 0, "flatten", layer, shape, (math.prod(shape),))
    if isinstance(layer, Dense):
        weight: Shape = (layer.units, math.prod(shape))
        after: Shape = (layer.units,)
        name = f"dense {number}"
        shape = (math.prod(shape),)
    else:
        if len(shape) != 3:
            raise LabError(
                f"{layer.kind} needs an image, but what reaches it is a row of {shape[0]:,}"
                " numbers.",
                hint="Put it before the first dense or flatten layer, on data that are images"
                " (without PCA).",
                field=f"{path}.kind",
            )
        if isinstance(layer, GlobalPool):
            return Stage(row, 0, "global pool", layer, shape, (shape[0],))
        if isinstance(layer, (MaxPool, AvgPool)):
            name = "max pool" if isinstance(layer, MaxPool) else "average pool"
            after = (shape[0], *_slid(shape, layer.size, layer.stride, 0, f"{path}.size"))
            return Stage(row, 0, name, layer, shape, after)
        around = layer.kernel - 1 if layer.padding == "same" else 0
        sides = _slid(shape, layer.kernel, layer.stride, around, f"{path}.kernel")
        weight = (layer.channels, shape[0], layer.kernel, layer.kernel)
        after = (layer.channels, *sides)
        name = f"conv {number}"
    if layer.residual and after != shape:
        raise LabError(
            f"a residual layer adds its input to its output, but the input is {shape_text(shape)}"
            f" and the output {shape_text(after)}.",
            hint="Give both the same shape, or turn residual off.",
            field=f"{path}.residual",
        )
    norms = [one for one in (layer.batch_norm, layer.layer_norm) if one.kind != "none"]
    running = 2 * after[0] if layer.batch_norm.kind != "none" else 0
    return Stage(row, number, name, layer, shape, after, weight, (after[0],) * len(norms), running)


def _slid(shape: Shape, size: int, stride: int, around: int, field: str) -> tuple[int, int]:
    height, width = shape[1] + around, shape[2] + around
    if size > min(height, width):
        raise LabError(
            f"{size} pixels are more than the image of {shape[1]} x {shape[2]} that arrives there.",
            hint="Make it smaller, or pool less before it.",
            field=field,
        )
    return (height - size) // stride + 1, (width - size) // stride + 1


def shape_text(shape: Shape) -> str:
    """Return a shape for people: ``64`` or ``16 x 14 x 14``."""
    return " x ".join(f"{length:,}" for length in shape)
