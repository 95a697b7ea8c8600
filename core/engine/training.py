"""Training any network on any device, by PyTorch's autograd: what a step is made of."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.data.samples import load_samples
from core.devices import configure_threads, resolve_device
from core.engine import losses, optimizers
from core.engine.base import Change, Edit, StepBlock
from core.engine.batches import Batches
from core.engine.clipping import clip_
from core.engine.dissection import Step
from core.engine.facts import check_validation, facts_of, multiply_adds, theory_of
from core.engine.penalties import Penalties, Segment
from core.engine.schedules import Schedule
from core.engine.stopping import EarlyStopping
from core.errors import LabError
from core.experiment.diff import differences
from core.experiment.fields import Scope
from core.experiment.penalties import AsNetwork
from core.experiment.shapes import trace
from core.measure.frames import make_frame
from core.measure.norms import norms
from core.measure.observer import Observer
from core.measure.probe import Probe
from core.network.build import Network, Taps
from core.record.frame import Parts
from core.record.source import Facts, Frame
from core.theory.bookkeeping import ledger
from core.theory.ledger import Ledger

if TYPE_CHECKING:
    from core.experiment import Experiment

Tensor = torch.Tensor

LOSSES = ("loss", "loss_data", "loss_penalty")
"""What is recorded of every step, in this order."""
_MOST_THEORIES = 50  # of weights that were drawn again since
_FLOOR = 10.0
"""Gradients below so many epsilons of the optimiser are counted."""
LARGEST_EVALUATION = 2048
"""Samples evaluated at once: more would only need more memory."""


class TrainingEngine:
    """Trains an experiment and measures every step.

    Row k of what it returns describes step k: the state before update k + 1, and that update.
    Random numbers come from generators of its own, one for each purpose, so that nothing that
    anybody looks at or draws can change the run.

    Parameters
    ----------
    experiment : Experiment
    observe : bool
        Whether anything but the loss is measured; that it is not only a benchmark wants.

    Raises
    ------
    LabError
        If the data or the device are not to be had, or do not fit the network or the loss.
    """

    def __init__(self, experiment: Experiment, *, observe: bool = True) -> None:
        configure_threads()
        self.experiment = experiment
        training = experiment.training
        self.samples = load_samples(experiment.data, experiment.seed)
        losses.check(training.loss, self.samples.task)
        check_validation(experiment, len(self.samples.x_validation))
        shape, n_outputs = self.samples.shape, self.samples.n_outputs
        stages = trace(experiment.network, shape, n_outputs)
        self.device = resolve_device(training.device, multiply_adds(stages) * training.batch_size)
        seeds = np.random.SeedSequence(experiment.seed).generate_state(3, np.uint64)
        work = multiply_adds(stages)
        self._probe = Probe(self.samples, device=self.device, multiply_adds=work)
        self._init_rng = torch.Generator().manual_seed(int(seeds[0]))
        self._batch_rng = torch.Generator().manual_seed(int(seeds[1]))
        self._dropout_rng = torch.Generator(self.device).manual_seed(int(seeds[2]))
        self._x, self._y = self._to_device(self.samples.x_train, self.samples.y_train)
        self._x_val, self._y_val = self._to_device(
            self.samples.x_validation, self.samples.y_validation
        )
        self.network = Network(
            experiment.network,
            shape,
            n_outputs,
            generator=self._init_rng,
            dropout_generator=self._dropout_rng,
            device=self.device,
            first_batch=self._x[: training.batch_size],
        )
        self._targets = losses.targets_for(training.loss, self._y, n_outputs)
        self._targets_val = losses.targets_for(training.loss, self._y_val, n_outputs)
        self._batches = Batches(
            len(self._x),
            training.batch_size,
            least=2 if experiment.network.batch_normed else 1,
            rng=self._batch_rng,
            device=self.device,
        )
        self.step = 0
        self._theories = [(0, theory_of(experiment, self.samples))]
        self._epochs_before, self._counted_from = 0.0, 0
        self._theta = torch.nn.Parameter(self.network.theta)
        self._zero = torch.zeros((), device=self.device)
        self._one = torch.ones((), device=self.device)
        self._sizes = [place.stop - place.start for place in self.network.places]
        self._optimizer = optimizers.make_optimizer(training.optimizer, self._theta)
        self._schedule = Schedule(training.schedule, self.steps_per_epoch, self.total_steps)
        self._stopping = EarlyStopping(training.early_stopping)
        self._follow_network()
        policy = experiment.measuring if observe else None
        self._observer = Observer(self.network, self.steps_per_epoch, policy, **self._to_watch())
        self._last: tuple[int, Taps, list[Tensor], Tensor] | None = None
        self._last_batch: tuple[Tensor, Tensor] = self._x[:1], self._targets[:1]
        self._made: Step | None = None
        self._best: list[Tensor] = []
        self._judged = -1

    # What others ask ---------------------------------------------------------------------

    @property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch at the present batch size."""
        return self._batches.per_epoch

    @property
    def facts(self) -> Facts:
        """Layers, data and device."""
        return facts_of(
            self.network,
            self.samples,
            device=str(self.device),
            steps_per_epoch=self.steps_per_epoch,
            epochs_before=self._epochs_before,
            counted_from=self._counted_from,
            theories=self._theories,
        )

    @property
    def total_steps(self) -> int:
        """Updates of the whole run, by the experiment's epochs and step limit."""
        training = self.experiment.training
        epochs = training.epochs - self._epochs_before
        total = self._counted_from + math.ceil(epochs * self.steps_per_epoch - 1e-6)
        return max(1, min(total, training.steps) if training.steps else total)

    # Training ----------------------------------------------------------------------------

    def advance(self, max_steps: int, seconds: float) -> StepBlock:
        """Train up to ``max_steps`` steps, or about ``seconds``.

        At least one step is made, unless a rule ends the run before it.
        """
        started = time.monotonic()
        losses_made: list[Tensor] = []
        rates: list[float] = []
        evaluations: list[tuple[int, float, float]] = []
        finite, stopped = True, ""
        while finite and len(rates) < max_steps:
            if self._batches.place == 0 and len(self._x_val):
                evaluations.append((self.step, *self.evaluate()))
                stopped = self._judge(*evaluations[-1][:2])
                if stopped:
                    break
            finite = self._train_step(losses_made, rates)
            self.step += 1
            if time.monotonic() >= started + seconds:
                break
        n = len(rates)
        scalars, layers = self._observer.take(n, time.monotonic() - started)
        columns = torch.stack(losses_made).cpu().numpy() if n else np.empty((0, 3), np.float32)
        scalars |= {name: columns[:, i] for i, name in enumerate(LOSSES)}
        scalars["learning_rate"] = np.array(rates, np.float32)
        units, overhead = self._observer.take_units(), self._observer.take_seconds()
        return StepBlock(
            n, scalars, layers, tuple(evaluations), not finite, stopped, overhead, units
        )

    def _train_step(self, losses_made: list[Tensor], rates: list[float]) -> bool:
        """Make one step: forward, loss, backward, penalise, clip, update; watch it if asked.

        Returns whether the loss is finite; if it is not, the update is left out.
        """
        network, training, observer = self.network, self.experiment.training, self._observer
        watched = observer.watches(self.step)
        chosen = self._batches.take()
        x, targets = self._x.index_select(0, chosen), self._targets.index_select(0, chosen)

        self._last_batch = x, targets
        taps = network.forward(x, training=True)
        loss_data = losses.loss_of(training.loss, taps.h[-1], targets)
        gradients, deltas = self._backward(loss_data, taps, watched=watched)

        with torch.no_grad():
            slot = observer.slot(self._theta, watched=watched)
            gradient = torch.cat([one.reshape(-1) for one in gradients], out=slot.data)
            del gradients  # or the next ones would need memory of their own
            if watched:
                self._last = (self.step, taps, deltas, slot.data)
            loss_penalty = self._zero
            if self._penalties.active:
                gradient = slot.total.copy_(gradient)
                loss_penalty = self._penalties.add_(gradient, self._theta)
            loss = loss_data.detach() + loss_penalty
            shortened = (self._one, self._zero)
            clips = training.clip.kind != "none"
            if clips:
                gradient = slot.clipped.copy_(gradient)
                shortened = clip_(training.clip, gradient, norms(gradient, 0), self._sizes)
            rate = training.optimizer.lr * self._schedule.factor(self.step)
            finite = math.isfinite(loss.item())
            slopes = self._slopes.clone() if watched and self._learning else None
            if finite:
                self._update(gradient, rate)
            known = slot.data if watched else None
            self._made = Step(
                chosen, x, targets, loss_data.detach(), loss_penalty, known, updated=finite
            )
            rates.append(rate)
            losses_made.append(torch.stack([loss, loss_data.detach(), loss_penalty]))
            if watched:
                observer.updated(self._theta)
                answers = None
                if self.samples.class_names:
                    known = self._targets is self._y
                    labels = targets if known else self._y.index_select(0, chosen)
                    answers = taps.h[-1], labels
                observer.add(
                    len(rates) - 1,
                    self.step,
                    taps,
                    deltas,
                    [*shortened],
                    answers,
                    slopes,
                )
        return finite

    def _backward(
        self, loss: Tensor, taps: Taps, *, watched: bool
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the data gradient, tensor by tensor as in the flat vector, and every delta."""
        network = self.network
        learned = [network.slopes[index] for index in self._learning]
        parameters = [*network.parameters, *learned]
        found = torch.autograd.grad(loss, [*parameters, *(taps.z if watched else ())])
        gradients = list(found[: len(network.parameters)])
        deltas = list(found[len(parameters) :])
        slopes = torch.zeros_like(self._no_slopes) if learned else self._no_slopes
        for place, index in enumerate(self._learning):
            slopes[index] = found[len(gradients) + place]
        return [*gradients, slopes], deltas

    def _update(self, gradient: Tensor, rate: float) -> None:
        optimizers.set_rate(self._optimizer, rate)
        if self._penalties.decays:
            self._penalties.decay_(self._theta, rate)
        self._theta.grad = gradient
        optimizers.step(self._optimizer)

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Return validation loss and accuracy; NaN if nothing was kept, or nothing to count."""
        if not len(self._x_val):
            return math.nan, math.nan
        parts = [
            self.network.forward(x, training=False).h[-1]
            for x in self._x_val.split(LARGEST_EVALUATION)
        ]
        outputs = parts[0] if len(parts) == 1 else torch.cat(parts)
        loss = losses.loss_of(self.experiment.training.loss, outputs, self._targets_val).item()
        if not self.samples.class_names:
            return loss, math.nan
        right = (outputs.argmax(dim=1) == self._y_val).sum().item()
        return loss, right / len(self._y_val)

    @torch.no_grad()
    def _judge(self, step: int, val_loss: float) -> str:
        """Tell the rules of an evaluation; return why the run has to end, if it has to."""
        rules = self._stopping
        if step > self._judged:
            self._judged = step
            self._schedule.observe(val_loss)
        over = rules.observe(step, val_loss)
        if rules.is_best and rules.restores_best:
            self._best = [one.clone() for one in (self.network.theta, *self.network.buffers())]
        if not over:
            return ""
        text = (
            f"Stopped early at step {step:,}: the validation loss was lowest at step"
            f" {rules.best_step or 0:,} ({rules.best_loss:.4g})"
        )
        if not (rules.restores_best and self._best):
            return text + "."
        for tensor, best in zip(
            (self.network.theta, *self.network.buffers()), self._best, strict=True
        ):
            tensor.copy_(best)
        return text + "; its weights are back."

    @torch.no_grad()
    def frame(self, parts: Parts = Parts.NONE) -> Frame | None:
        """Return distributions of the last watched step, or None before the first.

        Parameters
        ----------
        parts : Parts
            Of what takes longer.
        """
        if self._last is None:
            return None
        step, taps, deltas, gradient = self._last
        made = make_frame(
            step,
            self.network,
            taps,
            deltas,
            self.network.tensors_of(gradient)[: len(self.network.layers)],
            parts=parts,
            image=self.samples.shape if len(self.samples.shape) == 3 else (),
            probe=self._probe,
            loss=self.experiment.training.loss,
        )
        return replace(made, ledger=self._ledger()) if Parts.LEDGER in parts else made

    def _ledger(self) -> Ledger | None:
        """Return what weights and activations do to delta, for the last batch as it is now."""
        x, targets = self._last_batch
        if len(x) < 2 and self.experiment.network.batch_normed:
            return None
        loss = self.experiment.training.loss
        return ledger(self.network, x, lambda outputs: losses.loss_of(loss, outputs, targets))

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
        optimizers.forget(self._optimizer, self._parts(change.layers))
        self._observer.restart(change.layers)
        before = [one for one in self._theories if one[0] < self.step][-_MOST_THEORIES:]
        self._theories = [*before, (self.step, theory_of(self.experiment, self.samples))]

    def _adopt(self, experiment: Experiment) -> None:
        changed = differences(self.experiment, experiment)
        fixed = [one for one in changed if one.scope is Scope.RESTART]
        if fixed:
            raise LabError(
                f"cannot change from {fixed[0].old} to {fixed[0].new} during a run.",
                hint="Reset the run to use it.",
                field=fixed[0].path,
            )
        training = experiment.training
        self.experiment = experiment
        optimizers.adopt(training.optimizer, self._optimizer)
        if min(training.batch_size, len(self._x)) != self._batches.size:
            self._epochs_before = self.facts.epoch(self.step)
            self._counted_from = self.step
            self._batches.resize(training.batch_size)
            self._observer.signals.window = self.steps_per_epoch
        self._schedule.adopt(training.schedule)
        self._schedule.retime(self.step, self.steps_per_epoch, self.total_steps)
        self._stopping.adopt(training.early_stopping)
        if any(one.path.startswith("network") for one in changed):
            self._last = self._made = None  # the taps belong to the old activations
            before = [layer.activation_spec for layer in self.network.layers]
            self.network.adopt(experiment.network)
            layers = enumerate(zip(before, self.network.layers, strict=True))
            changed_layers = [i for i, (old, one) in layers if old != one.activation_spec]
            self._observer.signals.regroup(changed_layers)
        self._follow_network()
        if self._observer.policy is not None:
            self._observer.policy = experiment.measuring
        self._observer.follow(**self._to_watch())

    def _follow_network(self) -> None:
        """Make what depends on the layers' live settings."""
        network = self.network
        penalties = [layer.penalty for layer in network.layers]
        segments = [
            Segment(place.start, place.stop, place.role, penalties[place.layer])
            if place.layer >= 0
            else Segment(place.start, place.stop, place.role, AsNetwork())
            for place in network.places
        ]
        size = network.theta.numel()
        self._penalties = Penalties(self.experiment.training, segments, self.device, size)
        self._learning = network.learning_slopes()
        self._slopes = network.theta[-len(network.slopes) :]
        self._no_slopes = torch.zeros_like(self._slopes)

    def _to_watch(self) -> dict[str, Any]:
        """Return what an observer has to know of how gradients are treated."""
        training = self.experiment.training
        return {
            "penalised": self._penalties.active,
            "clipped": training.clip.kind != "none",
            "floor": _FLOOR * getattr(training.optimizer, "epsilon", 0.0),
        }

    def _parts(self, layers: tuple[int, ...]) -> list[slice]:
        """Return where the tensors of some layers lie in the flat vector."""
        places = [place for place in self.network.places if place.layer in layers]
        return [slice(place.start, place.stop) for place in places]

    def _to_device(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(x).to(self.device), torch.from_numpy(y).to(self.device)
