"""The engine that can train any network on any device, by PyTorch's autograd."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from core.data.samples import load_samples
from core.devices import configure_threads, resolve_device
from core.engine import optimizers
from core.engine.base import Change, Edit, StepBlock
from core.engine.clipping import clip_
from core.errors import LabError
from core.experiment.diff import differences
from core.experiment.fields import Scope
from core.measure.frames import make_frame
from core.measure.quantities import LAYER_QUANTITIES, SCALARS
from core.measure.statistics import LayerStatistics
from core.network.build import Network, Taps
from core.record.source import Facts, Frame, LayerInfo

if TYPE_CHECKING:
    from core.experiment import Experiment

Tensor = torch.Tensor


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
        self._theta.grad = self._gradient
        self._optimizer = optimizers.make_optimizer(experiment.training.optimizer, self._theta)
        self._statistics = LayerStatistics(self.network, self.steps_per_epoch)
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
        rows: list[Tensor] = []
        evaluations: list[tuple[int, float, float]] = []
        finite = True
        while finite and len(rows) < max_steps:
            if self.step % self.steps_per_epoch == 0 and len(self._x_val):
                evaluations.append((self.step, *self.evaluate()))
            row, finite = self._train_step()
            rows.append(row)
            self.step += 1
            if time.monotonic() >= deadline:
                break
        return self._block(rows, tuple(evaluations), diverged=not finite)

    def _train_step(self) -> tuple[Tensor, bool]:
        """Make one step: forward, loss, backward, measure, penalise, clip, update.

        Returns the measured row and whether the loss is finite; if it is not, the update is
        left out.
        """
        network, training, statistics = self.network, self.experiment.training, self._statistics
        x, y = self._next_batch()

        taps = network.forward(x, training=True)
        loss_data = F.cross_entropy(taps.h[-1], y)
        slopes = torch.autograd.grad(loss_data, [*network.parameters, *taps.z])
        gradients = slopes[: len(network.parameters)]
        deltas = list(slopes[len(network.parameters) :])
        self._last = (self.step, taps, deltas, list(gradients[: len(network.layers)]))

        with torch.no_grad():
            gradient, weights = self._gradient, self._theta[: network.n_weights]
            torch.cat([one.reshape(-1) for one in gradients], out=gradient)
            weight_norms = statistics.weight_norms(weights)
            weight_grad_norms = statistics.weight_norms(gradient[: network.n_weights])
            signals = statistics.signals(self.step, taps, deltas)
            loss_penalty = self._penalise(gradient[: network.n_weights], weights)
            grad_norm = torch.linalg.vector_norm(gradient)
            clip_factor, clip_angle = clip_(training.clip, gradient, grad_norm)
            loss = loss_data.detach() + loss_penalty
            finite = math.isfinite(loss.item())

            before = weights.clone()
            if finite:
                if training.weight_decay:
                    weights.mul_(1.0 - training.optimizer.lr * training.weight_decay)
                self._optimizer.step()
            update_norms = statistics.weight_norms(torch.sub(weights, before, out=before))

            accuracy = (taps.h[-1].argmax(dim=1) == y).to(loss.dtype).mean()
            scalars = torch.stack(
                [loss, loss_data, loss_penalty, accuracy, grad_norm, clip_factor, clip_angle]
            )
            row = torch.cat(  # in the order of LAYER_QUANTITIES, then SCALARS
                [weight_grad_norms, *signals, update_norms / weight_norms, weight_norms, scalars]
            )
        return row, finite

    def _penalise(self, gradient: Tensor, weights: Tensor) -> Tensor:
        """Add the gradients of L1 and L2 in place; return their part of the loss."""
        training = self.experiment.training
        penalty = torch.zeros((), device=self.device)
        if training.l1:
            gradient.add_(weights.sign(), alpha=training.l1)
            penalty = penalty + training.l1 * torch.linalg.vector_norm(weights, ord=1)
        if training.l2:
            gradient.add_(weights, alpha=2.0 * training.l2)
            penalty = penalty + training.l2 * torch.dot(weights, weights)
        return penalty

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        place = self.step % self.steps_per_epoch
        if place == 0:
            order = torch.randperm(len(self._x), generator=self._batch_rng)
            self._order = order.to(self.device)
        chosen = self._order[place * self._batch_size : (place + 1) * self._batch_size]
        return self._x.index_select(0, chosen), self._y.index_select(0, chosen)

    def _block(
        self, rows: list[Tensor], evaluations: tuple[tuple[int, float, float], ...], *, diverged: bool
    ) -> StepBlock:
        table = torch.stack(rows).cpu().numpy()
        layers, n = len(self.network.layers), len(LAYER_QUANTITIES)
        by_layer = table[:, : n * layers].reshape(len(rows), n, layers)
        return StepBlock(
            n=len(rows),
            scalars={name: table[:, n * layers + i] for i, name in enumerate(SCALARS)},
            layers={name: by_layer[:, i] for i, name in enumerate(LAYER_QUANTITIES)},
            evaluations=evaluations,
            diverged=diverged,
        )

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
        self.network.draw(change.layers, self._init_rng)
        optimizers.forget(self._optimizer, self._places(change.layers))
        self._statistics.regroup()

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
            self.network.adopt(experiment.network)
            self._statistics.regroup()

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
            "dead": self._statistics.state(),
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
        self._statistics.load_state(state["dead"])
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
    weights = sum(one * other for one, other in zip(fans, fans[1:], strict=False))
    return weights * experiment.training.batch_size
