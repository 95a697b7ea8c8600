"""What an engine is: it advances in blocks, so that a compiled one need not hold the GIL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.record.frame import Parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from core.experiment import Experiment
    from core.record.found import Found
    from core.record.source import Facts, Frame
    from core.record.units import UnitBlock


@dataclass(frozen=True, slots=True)
class StepBlock:
    """A few steps of training, measured.

    Attributes
    ----------
    n : int
        Number of steps.
    scalars : dict of name -> ndarray of float32, shape (n,)
    layers : dict of name -> ndarray of float32, shape (n, layers)
    evaluations : tuple of (step, validation loss, validation accuracy)
    diverged : bool
        Whether the last step's loss is NaN or Inf; its update was not made.
    stopped : str
        Why a rule ended the run before its last step, in a sentence; empty if none did.
    overhead : dict of str to float
        Seconds that measuring took, by family.
    units : UnitBlock or None
        Births, deaths and activity of units; None if no step was watched.
    """

    n: int
    scalars: dict[str, NDArray[np.float32]]
    layers: dict[str, NDArray[np.float32]]
    evaluations: tuple[tuple[int, float, float], ...]
    diverged: bool
    stopped: str = ""
    overhead: dict[str, float] = field(default_factory=dict[str, float])
    units: UnitBlock | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Go on under a new specification, which differs only in what may change live."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Reinitialise:
    """Draw the weights of some layers anew (0 is nearest the input)."""

    layers: tuple[int, ...]


Change = Edit | Reinitialise


class Engine(Protocol):
    """Trains one network; owned by one thread."""

    @property
    def facts(self) -> Facts:
        """Layers, data and device."""
        ...

    @property
    def step(self) -> int:
        """Updates made so far."""
        ...

    @property
    def total_steps(self) -> int:
        """Updates of the whole run, by the experiment's epochs and step limit."""
        ...

    def advance(self, max_steps: int, seconds: float) -> StepBlock:
        """Train up to ``max_steps`` steps, or about ``seconds``.

        At least one step is made, unless a rule ends the run before it.
        """
        ...

    def evaluate(self) -> tuple[float, float]:
        """Return validation loss and accuracy of the present weights."""
        ...

    def frame(self, parts: Parts = Parts.NONE) -> Frame | None:
        """Return distributions of the last watched step, or None before the first.

        Parameters
        ----------
        parts : Parts
            Of what takes longer.
        """
        ...

    def apply(self, change: Change) -> None:
        """Make a live change between two steps."""
        ...

    def state(self) -> dict[str, Any]:
        """Return parameters, optimiser state and generators: enough to resume to the bit."""
        ...

    def load_state(self, state: dict[str, Any]) -> None:
        """Resume from :meth:`state` of an engine with the same experiment."""
        ...

    def detour(self) -> AbstractContextManager[Callable[[], bool]]:
        """Go elsewhere by :meth:`load_state`; afterwards everything is as it was, to the bit.

        The context's value tells whether one has arrived, to the bit, where one started from.
        """
        ...

    def nonfinite(self) -> Found | None:
        """Return the first value of the last step that is not finite, in order of computation."""
        ...

    def nonfinite_state(self) -> Found | None:
        """Return the first parameter, or memory of it, that is not finite now."""
        ...
