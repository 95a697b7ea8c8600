"""The engine of a run: it trains, it can be saved and resumed to the bit, and look back."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import torch

from core.engine import losses
from core.engine.dissection import Onlooker, Step, first_of_state, first_of_step, same_bits
from core.engine.training import TrainingEngine
from core.network.build import Taps
from core.record.found import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tensor = torch.Tensor


class AutogradEngine(TrainingEngine):
    """Trains by PyTorch's autograd, and goes back to a state, or to what was not finite."""

    def state(self) -> dict[str, Any]:
        """Return parameters, optimiser state and generators: enough to resume to the bit."""
        return {
            "step": self.step,
            "experiment": self.experiment,
            "theta": self.network.theta.clone(),
            "buffers": [buffer.clone() for buffer in self.network.buffers()],
            "optimizer": deepcopy(self._optimizer.state_dict()),
            "generators": [rng.get_state() for rng in self._generators()],
            "batches": self._batches.state(),
            "epochs": (self._epochs_before, self._counted_from),
            "schedule": self._schedule.state(),
            "stopping": self._stopping.state(),
            "judged": self._judged,
            "best": [one.clone() for one in self._best],
            "observer": self._observer.state(),
            "theories": tuple(self._theories),
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
        self._batches.load_state(state["batches"])
        self._epochs_before, self._counted_from = state["epochs"]
        self._schedule.retime(self.step, self.steps_per_epoch, self.total_steps)
        self._schedule.load_state(state["schedule"])
        self._stopping.load_state(state["stopping"])
        self._judged = state["judged"]
        self._best = [one.clone() for one in state["best"]]
        self._observer.load_state(state["observer"])
        self._theories = list(state["theories"])
        self._last = self._made = None

    # Looking back ------------------------------------------------------------------------

    @contextmanager
    def detour(self) -> Iterator[Callable[[], bool]]:
        """Go elsewhere by :meth:`load_state`; afterwards everything is as it was, to the bit.

        Every step there leaves its tensors behind; nothing is measured.

        Yields
        ------
        callable
            Tells whether parameters and statistics are those of the place one started from.
        """
        origin = self.state()
        names = ("_observer", "_last", "_last_batch", "_made")
        kept = {name: getattr(self, name) for name in names}
        network, policy = self.network, self._observer.policy
        self._observer = Onlooker(network, self.steps_per_epoch, policy, **self._to_watch())
        try:
            yield lambda: same_bits(
                [network.theta, *network.buffers()], [origin["theta"], *origin["buffers"]]
            )
        finally:
            self.load_state(origin)
            for name, value in kept.items():
                setattr(self, name, value)

    @torch.no_grad()
    def nonfinite(self) -> Found | None:
        """Return the first value of the last step that is not finite, in order of computation."""
        made = self._made
        if made is None:
            return None
        if self._last is not None and self._last[0] == self.step - 1:
            _, taps, deltas, _ = self._last
        elif made.updated:
            return None
        else:
            taps, deltas = self._passes_again(made)
        gradient = self._theta.grad if made.updated else None
        loss, memory = self.experiment.training.loss, self._memory()
        found = first_of_step(self.network, made, taps, deltas, loss, gradient, memory)
        if found is None:
            return None
        sample = None if found.row is None else int(made.chosen[found.row].item())
        return found.found(self.step - 1, sample)

    @torch.no_grad()
    def nonfinite_state(self) -> Found | None:
        """Return the first parameter, or memory of it, that is not finite now."""
        found = first_of_state(self.network, self._memory())
        return None if found is None else found.found(self.step)

    @torch.enable_grad()
    def _passes_again(self, made: Step) -> tuple[Taps, list[Tensor]]:
        """Make both passes of a step whose update was not made again; dropout differs."""
        buffers = [one.clone() for one in self.network.buffers()]
        drawn, last = self._dropout_rng.get_state(), self._last
        taps = self.network.forward(made.x, training=True)
        loss = losses.loss_of(self.experiment.training.loss, taps.h[-1], made.targets)
        _, deltas = self._backward(loss, taps, watched=True)
        self._last = last
        self._dropout_rng.set_state(drawn)
        for buffer, one in zip(self.network.buffers(), buffers, strict=True):
            buffer.copy_(one)
        return taps, deltas

    def _memory(self) -> list[Tensor]:
        """Return what the optimiser remembers of each parameter, such as momentum."""
        states = self._optimizer.state.values()
        known = [one for state in states for one in state.values() if isinstance(one, Tensor)]
        return [one for one in known if one.shape == self._theta.shape]

    def _generators(self) -> tuple[torch.Generator, ...]:
        return self._init_rng, self._batch_rng, self._dropout_rng
