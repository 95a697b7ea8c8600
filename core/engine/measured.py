"""What a block of steps leaves behind, until it is brought to the CPU in one piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.engine.base import StepBlock
from core.measure.statistics import LayerSignals

if TYPE_CHECKING:
    from core.measure.statistics import WeightNorms

Tensor = torch.Tensor

SCALARS = ("loss", "loss_data", "loss_penalty", "grad_norm", "clip_factor", "clip_angle")
"""What a step appends to ``Measured.scalars``, in this order."""


@dataclass
class Measured:
    """Pieces of measurements, on the device.

    Attributes
    ----------
    scalars : list of Tensor, shape (6,)
        For each step, in the order of ``SCALARS``.
    rates : list of float
        Learning rate of each step.
    signals, norms, slopes : list of Tensor
        Of one or several steps each: (steps, 5, layers), (steps, 3, layers), (layers,).
    accuracies : list of Tensor, shape (steps,)
    outputs : list of (outputs, targets)
        Of the steps whose accuracy is still to be counted.
    """

    scalars: list[Tensor] = field(default_factory=list[Tensor])
    rates: list[float] = field(default_factory=list[float])
    signals: list[Tensor] = field(default_factory=list[Tensor])
    norms: list[Tensor] = field(default_factory=list[Tensor])
    slopes: list[Tensor] = field(default_factory=list[Tensor])
    accuracies: list[Tensor] = field(default_factory=list[Tensor])
    outputs: list[tuple[Tensor, Tensor]] = field(default_factory=list[tuple[Tensor, Tensor]])

    @property
    def steps(self) -> int:
        """Number of steps made."""
        return len(self.scalars)

    @torch.no_grad()
    def flush(self, signals: LayerSignals, norms: WeightNorms, *, everything: bool) -> None:
        """Measure the steps that wait for it: all of them, or what there is no more room for."""
        if norms.full or (everything and norms.waiting):
            self.norms.append(norms.flush())
        if everything and signals.waiting:
            self.signals.append(signals.flush())
        if everything and self.outputs:
            outputs, targets = (torch.stack(list(one)) for one in zip(*self.outputs, strict=True))
            self.accuracies.append((outputs.argmax(2) == targets).mean(1, dtype=outputs.dtype))
            self.outputs = []

    def block(
        self,
        layers: int,
        evaluations: tuple[tuple[int, float, float], ...],
        *,
        diverged: bool,
        stopped: str,
    ) -> StepBlock:
        """Join the pieces and bring them to the CPU.

        Parameters
        ----------
        layers : int
            Number of layers with weights.
        evaluations, diverged, stopped
            As in :class:`core.engine.base.StepBlock`.
        """
        n = self.steps
        scalars = _joined(self.scalars, (n, len(SCALARS)), stack=True)
        signals = _joined(self.signals, (n, len(LayerSignals.NAMES), layers))
        norms = _joined(self.norms, (n, 3, layers))
        weight_norms, gradient_norms, update_norms = norms[:, 0], norms[:, 1], norms[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):  # weights that are all 0
            ratios = update_norms / weight_norms
        return StepBlock(
            n=n,
            scalars={name: scalars[:, i] for i, name in enumerate(SCALARS)}
            | {
                "accuracy": _joined(self.accuracies, (n,)),
                "learning_rate": np.array(self.rates, np.float32),
            },
            layers={name: signals[:, i] for i, name in enumerate(LayerSignals.NAMES)}
            | {
                "weight_grad_norm": gradient_norms,
                "update_ratio": ratios,
                "weight_norm": weight_norms,
                "learned_slope": _joined(self.slopes, (n, layers), stack=True),
            },
            evaluations=evaluations,
            diverged=diverged,
            stopped=stopped,
        )


def _joined(
    pieces: list[Tensor], shape: tuple[int, ...], *, stack: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the pieces as one array; NaN where nothing was measured."""
    if not pieces:
        return np.full(shape, np.nan, np.float32)
    return (torch.stack(pieces) if stack else torch.cat(pieces)).cpu().numpy()
