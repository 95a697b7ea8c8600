"""The engine that can train any network on any device, by PyTorch's autograd."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 -- the name everybody uses

from core.data.samples import load_samples
from core.devices import configure_threads, resolve_device
from core.engine import optimizers
from core.engine.base import Change, Edit, StepBlock
from core.engine.clipping import clip_
from core.errors import LabError
from core.experiment.diff import differences
from core.experiment.fields import Scope
from core.measure.frames import make_frame
from core.measure.norms import norms
from core.measure.statistics import LayerSignals, WeightNorms
from core.network.build import Network, Taps
from core.record.source import Facts, Frame, LayerInfo

if TYPE_CHECKING:
    from core.experiment import Experiment

Tensor = torch.Tensor


@dataclass
class _Measured:
    """What a block of steps has left behind, on the device, in pieces."""

    scalars: list[Tensor] = field(default_factory=list[Tensor])
    signals: list[Tensor] = field(default_factory=list[Tensor])
    norms: list[Tensor] = field(default_factory=list[Tensor])
    accuracies: list[Tensor] = field(default_factory=list[Tensor])
    outputs: list[tuple[Tensor, Tensor]] = field(default_factory=list[tuple[Tensor, Tensor]])

    @property
    def steps(self) -> int:
        """Number of steps made."""
        return len(self.scalars)

    def block(
        self, evaluations: tuple[tuple[int, float, float], ...], *, diverged: bool
    ) -> StepBlock:
        """Join the pieces and bring them to the CPU."""
        scalars = torch.stack(self.scalars).cpu().numpy()
        signals = torch.cat(self.signals).cpu().numpy()
        norms = torch.cat(self.norms).cpu().numpy()
        weight_norms, gradient_norms, update_norms = norms[:, 0], norms[:, 1], norms[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):  # weights that are all 0
            ratios = update_norms / weight_norms
        return StepBlock(
            n=self.steps,
            scalars={name: scalars[:, i] for i, name in enumerate(_SCALARS)}
            | {"accuracy": torch.cat(self.accuracies).cpu().numpy()},
            layers={name: signals[:, i] for i, name in enumerate(LayerSignals.NAMES)}
            | {
                "weight_grad_norm": gradient_norms,
                "update_ratio": ratios,
                "weight_norm": weight_norms,
            },
            evaluations=evaluations,
            diverged=diverged,
        )


_SCALARS = ("loss", "loss_data", "loss_penalty", "grad_norm", "clip_factor", "clip_angle")


class AutogradEngine:
    """Trains an experiment and measures every step.

    Row k of what it returns describes step k: the state before update k + 1, and that update.
    Random numbers come from generators of its own, one for each purpose, so that nothing that
    anybody looks at or draws can change the run.

    Parameters
    ----------
    experiment : Experiment

    Raises
    ------
    LabError
        If the data or the device are not to be had.
    """

    def __init__(self, experiment: Experiment) -> None:
        configure_threads()
        self.experiment = experiment
        samples = load_samples(experiment.data, experiment.seed)
        batch = experiment.training.batch_size
        self.device = resolve_device(
            experiment.training.device, _multiply_adds(experiment, samples.n_features)
        )
        seeds = np.random.SeedSequence(experiment.seed).generate_state(3, np.uint64)
        self._init_rng = torch.Generator().manual_seed(int(seeds[0]))
        self._batch_rng = torch.Generator().manual_seed(int(seeds[1]))
        self._dropout_rng = torch.Generator(self.device).manual_seed(int(seeds[2]))
        self._x, self._y = self._to_device(samples.x_train, samples.y_train)
        self._x_val, self._y_val = self._to_device(samples.x_validation, samples.y_validation)
        self.network = Network(
            experiment.network,
            samples.n_features,
            samples.n_classes,
            generator=self._init_rng,
            dropout_generator=self._dropout_rng,
            device=self.device,
        )
        self._batch_size = min(batch, len(self._x))
        full, rest = divmod(len(self._x), self._batch_size)
        lonely = rest == 1 and any(layer.norm for layer in self.network.layers)
        self.steps_per_epoch = full + (1 if rest and not lonely else 0)  # no batch norm of one
        self.step = 0
        self._order = torch.empty(0, dtype=torch.int64)
        self._theta = torch.nn.Parameter(self.network.theta)
        self._gradient = torch.zeros_like(self.network.theta)
        self._zero = torch.zeros((), device=self.device)
        self._optimizer = optimizers.make_optimizer(experiment.training.optimizer, self._theta)
        self._signals = LayerSignals(self.network, self.steps_per_epoch)
        self._norms = WeightNorms(self.network)
        self._last: tuple[int, Taps, list[Tensor], list[Tensor]] | None = None
        self._samples_text = samples.text
        self._class_names = samples.class_names

    # What others ask ---------------------------------------------------------------------

    @property
    def facts(self) -> Facts:
        """Layers, data and device."""
        layers = tuple(
            LayerInfo(
                number=index + 1,
                name=layer.name,
                kind="dense",
                fan_in=layer.fan_in,
                units=layer.units,
                activation=layer.activation_spec,
                init=layer.init,
                parameters=layer.parameters,
            )
            for index, layer in enumerate(self.network.layers)
        )
        return Facts(
            layers=layers,
            n_train=len(self._x),
            n_validation=len(self._x_val),
            n_features=self._x.shape[1],
            n_classes=len(self._class_names),
            class_names=self._class_names,
            steps_per_epoch=self.steps_per_epoch,
            device=str(self.device),
            data_text=self._samples_text,
            parameters=sum(layer.parameters for layer in layers),
        )

    def advance(self, max_steps: int, seconds: float) -> StepBlock:
        """Train up to ``max_steps`` steps, or about ``seconds``; at least one step."""
        deadline = time.monotonic() + seconds
        measured = _Measured()
        evaluations: list[tuple[int, float, float]] = []
        finite = True
        while finite and measured.steps < max_steps:
            if self.step % self.steps_per_epoch == 0 and len(self._x_val):
                evaluations.append((self.step, *self.evaluate()))
            finite = self._train_step(measured)
            self.step += 1
            if time.monotonic() >= deadline:
                break
        self._measure(measured, everything=True)
        return measured.block(tuple(evaluations), diverged=not finite)

    def _train_step(self, measured: _Measured) -> bool:
        """Make one step: forward, loss, backward, penalise, clip, update, measure.

        Returns whether the loss is finite; if it is not, the update is left out.
        """
        network, training = self.network, self.experiment.training
        x, y = self._next_batch()

        taps = network.forward(x, training=True)
        loss_data = F.cross_entropy(taps.h[-1], y)
        slopes = torch.autograd.grad(loss_data, [*network.parameters, *taps.z])
        gradients = slopes[: len(network.parameters)]
        deltas = list(slopes[len(network.parameters) :])
        self._last = (self.step, taps, deltas, list(gradients[: len(network.layers)]))

        with torch.no_grad():
            before, data_gradient = self._norms.slot()
            before.copy_(self._theta)
            torch.cat([one.reshape(-1) for one in gradients], out=data_gradient)

            gradient, loss_penalty = self._penalised(data_gradient)
            loss = loss_data.detach() + loss_penalty
            grad_norm = norms(gradient, 0)
            clip_factor, clip_angle = clip_(training.clip, gradient, grad_norm)
            finite = math.isfinite(loss.item())
            if finite:
                if training.weight_decay:
                    keep = 1.0 - training.optimizer.lr * training.weight_decay
                    self._theta[: network.n_weights].mul_(keep)
                self._theta.grad = gradient
                self._optimizer.step()
            self._norms.updated(self._theta)

            scalars = [loss, loss_data, loss_penalty, grad_norm, clip_factor, clip_angle]
            measured.scalars.append(torch.stack(scalars))
            measured.outputs.append((taps.h[-1], y))
            full = self._signals.add(self.step, taps, deltas)
            epoch_ends = (self.step + 1) % self.steps_per_epoch == 0  # its last batch is smaller
            next_is_last = (self.step + 2) % self.steps_per_epoch == 0
            self._measure(measured, everything=full or epoch_ends or next_is_last)
        return finite

    @torch.no_grad()
    def _measure(self, measured: _Measured, *, everything: bool) -> None:
        """Measure the steps that wait for it: all of them, or what there is no more room for."""
        if self._norms.full or (everything and self._norms.waiting):
            measured.norms.append(self._norms.flush())
        if everything and measured.outputs:
            measured.signals.append(self._signals.flush())
            logits, labels = (torch.stack(list(one)) for one in zip(*measured.outputs, strict=True))
            measured.accuracies.append((logits.argmax(2) == labels).mean(1, dtype=logits.dtype))
            measured.outputs = []

    def _penalised(self, data_gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradient to be used, with L1 and L2, and their part of the loss.

        It is the data gradient itself if nothing will be changed in it.
        """
        training, n = self.experiment.training, self.network.n_weights
        penalty = self._zero
        if not (training.l1 or training.l2) and training.clip.kind == "none":
            return data_gradient, penalty
        gradient, weights = self._gradient.copy_(data_gradient), self._theta[:n]
        if training.l1:
            gradient[:n].add_(weights.sign(), alpha=training.l1)
            penalty = penalty + training.l1 * torch.linalg.vector_norm(weights, ord=1)
        if training.l2:
            gradient[:n].add_(weights, alpha=2.0 * training.l2)
            penalty = penalty + training.l2 * torch.dot(weights, weights)
        return gradient, penalty

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        place = self.step % self.steps_per_epoch
        if place == 0:
            order = torch.randperm(len(self._x), generator=self._batch_rng)
            self._order = order.to(self.device)
        chosen = self._order[place * self._batch_size : (place + 1) * self._batch_size]
        return self._x.index_select(0, chosen), self._y.index_select(0, chosen)

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Return validation loss and accuracy; NaN if nothing was kept for validation."""
        if not len(self._x_val):
            return math.nan, math.nan
        logits = self.network.forward(self._x_val, training=False).h[-1]
        right = (logits.argmax(dim=1) == self._y_val).sum().item()
        return F.cross_entropy(logits, self._y_val).item(), right / len(self._y_val)

    @torch.no_grad()
    def frame(self) -> Frame | None:
        """Return distributions of the last step, or None before the first."""
        if self._last is None:
            return None
        step, taps, deltas, gradients = self._last
        return make_frame(step, self.network, taps, deltas, gradients)

    # What others change ------------------------------------------------------------------

    def apply(self, change: Change) -> None:
        """Make a live change between two steps.

        Raises
        ------
        LabError
            If an edit touches what cannot change during a run; nothing is changed then.
        """
        if isinstance(change, Edit):
            self._adopt(change.experiment)
            return
        unknown = [i for i in change.layers if not 0 <= i < len(self.network.layers)]
        if unknown:
            raise LabError(
                f"There is no layer {unknown[0] + 1} whose weights could be drawn again.",
                hint=f"Layers are 1 to {len(self.network.layers)}.",
            )
        self.network.draw(change.layers, self._init_rng)
        optimizers.forget(self._optimizer, self._places(change.layers))
        self._signals.regroup(change.layers)

    def _adopt(self, experiment: Experiment) -> None:
        changed = differences(self.experiment, experiment)
        fixed = [one for one in changed if one.scope is Scope.RESTART]
        if fixed:
            raise LabError(
                f"cannot change from {fixed[0].old} to {fixed[0].new} during a run.",
                hint="Reset the run to use it.",
                field=fixed[0].path,
            )
        self.experiment = experiment
        optimizers.adopt(experiment.training.optimizer, self._optimizer)
        if any(one.path.startswith("network") for one in changed):
            self._last = None  # the taps belong to the old activations
            before = [layer.activation_spec for layer in self.network.layers]
            self.network.adopt(experiment.network)
            layers = enumerate(zip(before, self.network.layers, strict=True))
            self._signals.regroup([i for i, (old, one) in layers if old != one.activation_spec])

    def _places(self, layers: tuple[int, ...]) -> list[slice]:
        """Return where the tensors of some layers lie in the flat vector."""
        chosen = {
            id(tensor)
            for index in layers
            for layer in [self.network.layers[index]]
            for tensor in (layer.weight, layer.bias, *_norm_tensors(layer.norm))
        }
        places, offset = [], 0
        for tensor in self.network.parameters:
            if id(tensor) in chosen:
                places.append(slice(offset, offset + tensor.numel()))
            offset += tensor.numel()
        return places

    def state(self) -> dict[str, Any]:
        """Return parameters, optimiser state and generators: enough to resume to the bit."""
        return {
            "step": self.step,
            "experiment": self.experiment,
            "theta": self.network.theta.clone(),
            "buffers": [buffer.clone() for buffer in self.network.buffers()],
            "optimizer": deepcopy(self._optimizer.state_dict()),
            "generators": [rng.get_state() for rng in self._generators()],
            "order": self._order.clone(),
            "dead": self._signals.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Resume from :meth:`state` of an engine with the same experiment."""
        self._adopt(state["experiment"])
        self.step = state["step"]
        self.network.theta.copy_(state["theta"])
        for buffer, saved in zip(self.network.buffers(), state["buffers"], strict=True):
            buffer.copy_(saved)
        self._optimizer.load_state_dict(deepcopy(state["optimizer"]))
        for rng, saved in zip(self._generators(), state["generators"], strict=True):
            rng.set_state(saved)
        self._order = state["order"].clone()
        self._signals.load_state(state["dead"])
        self._last = None

    def _generators(self) -> tuple[torch.Generator, ...]:
        return self._init_rng, self._batch_rng, self._dropout_rng

    def _to_device(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(x).to(self.device), torch.from_numpy(y).to(self.device)


def _norm_tensors(norm: Any) -> tuple[Tensor, ...]:
    return () if norm is None else (norm.scale, norm.shift)


def _multiply_adds(experiment: Experiment, n_features: int) -> int:
    """Return roughly the work of one forward pass: hidden weights times batch size."""
    fans = [n_features, *(layer.units for layer in experiment.network.expanded())]
    weights = sum(one * other for one, other in pairwise(fans))
    return weights * experiment.training.batch_size
