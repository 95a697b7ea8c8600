"""Early stopping: when the validation loss has stopped falling."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.experiment.stopping import ValidationLossStopping

if TYPE_CHECKING:
    from core.experiment.stopping import EarlyStoppingSpec


@dataclass
class _Memory:
    best_step: int | None = None
    best_loss: float = math.inf
    is_best: bool = False
    waited: int = 0  # evaluations in a row without a new best
    last_step: int = -1


class EarlyStopping:
    """Watches the validation loss and says when to stop (Prechelt 1998; as Keras counts).

    The best evaluation is known whatever the specification; only the verdict depends on it.

    Parameters
    ----------
    spec : EarlyStoppingSpec
    """

    def __init__(self, spec: EarlyStoppingSpec) -> None:
        self.spec = spec
        self._memory = _Memory()

    @property
    def best_step(self) -> int | None:
        """Updates made before the best evaluation, or None before the first finite one."""
        return self._memory.best_step

    @property
    def best_loss(self) -> float:
        """Lowest validation loss so far; infinite before the first."""
        return self._memory.best_loss

    @property
    def is_best(self) -> bool:
        """Whether the newest evaluation is the best: the moment to keep the weights."""
        return self._memory.is_best

    @property
    def restores_best(self) -> bool:
        """Whether the weights of the best evaluation are wanted back at the end."""
        return isinstance(self.spec, ValidationLossStopping) and self.spec.restore_best

    def observe(self, step: int, val_loss: float) -> bool:
        """Take note of an evaluation.

        Parameters
        ----------
        step : int
            Updates made before it. An evaluation of a step that is known already, as at the end
            of a run and again when it is continued, changes nothing.
        val_loss : float
            NaN is never the best.

        Returns
        -------
        bool
            Whether to stop now.
        """
        memory, spec = self._memory, self.spec
        if step > memory.last_step:
            memory.last_step = step
            least = spec.min_delta if isinstance(spec, ValidationLossStopping) else 0.0
            memory.is_best = val_loss < memory.best_loss - least
            if memory.is_best:
                memory.best_step, memory.best_loss, memory.waited = step, val_loss, 0
            else:
                memory.waited += 1
        return isinstance(spec, ValidationLossStopping) and memory.waited >= spec.patience

    def adopt(self, spec: EarlyStoppingSpec) -> None:
        """Go on by other settings.

        Where weights are wanted back that nobody has kept, and where watching begins only now,
        the evaluations so far are forgotten.
        """
        watched, restored = isinstance(self.spec, ValidationLossStopping), self.restores_best
        self.spec = spec
        if not watched or (self.restores_best and not restored):
            self._memory = _Memory(last_step=self._memory.last_step)

    def resume(self) -> None:
        """Be patient anew, after a run was continued by hand; the best stays known."""
        self._memory.waited = 0

    def state(self) -> dict[str, Any]:
        """Return what has to be kept to resume."""
        return asdict(self._memory)

    def load_state(self, state: dict[str, Any]) -> None:
        """Resume from :meth:`state`."""
        self._memory = _Memory(**state)
