"""What a view sees of a run, and all that it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from core.record.found import Found as Found
from core.record.frame import Frame as Frame
from core.record.frame import Histogram as Histogram
from core.record.frame import LayerFrame as LayerFrame
from core.record.frame import Parts as Parts

if TYPE_CHECKING:
    from core.experiment import Experiment
    from core.experiment.fields import Part
    from core.record.columns import Column
    from core.record.history import FrameHistory
    from core.record.units import UnitLog
    from core.theory.prediction import Profile


class State(StrEnum):
    """What a run is doing."""

    BUILDING = "building"
    PAUSED = "paused"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a run with a sentence for people.

    Attributes
    ----------
    state : State
    message : str
        One sentence, empty when the state says all.
    hint : str
        What to do about it.
    details : str
        For a failed run, the traceback.
    field : str or None
        The setting at fault, if there is one.
    """

    state: State
    message: str = ""
    hint: str = ""
    details: str = ""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to a run before the update of ``step``."""

    step: int
    kind: str  # "edit" | "reinit" | "continue"
    text: str


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer with weights; ``number`` counts from 1 at the input, the output layer is last.

    ``row`` is its place, from 0, among all layers of the experiment, those without weights
    included. Of a convolution ``units`` are channels, and ``shape`` tells all.
    """

    number: int
    name: str
    kind: str
    fan_in: int
    units: int
    activation: Part
    init: Part
    parameters: int
    row: int = 0
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run once it is built.

    Attributes
    ----------
    layers : tuple of LayerInfo
    n_train, n_validation, n_features : int
    n_classes : int
        0 when numbers are predicted.
    class_names : tuple of str
    steps_per_epoch : int
    epochs_before : float
        Epochs made before the batch size was last changed, at step ``counted_from``.
    counted_from : int
    device : str
        What the run computes on, for example ``cpu``.
    data_text : str
        One line on the data and what was done to them.
    parameters : int
        Trainable parameters in all.
    explained : tuple of float
        Share of the variance of each principal component, if PCA was asked for.
    components : int
        How many of them were kept.
    theory : Profile or None
        What theory predicts for the weights as they were drawn before ``theory_step``.
    theory_step : int
    past_theories : tuple of (int, Profile or None)
        The same of weights that were drawn again since: from which step on, the oldest first.
    pictures : ndarray of float32, shape (n, height, width) or (n, height, width, 3)
        The first samples of the probe as they were before any preparation, 0 black and 1 white,
        if the data are images: in the order of ``Predictions.predicted``.
    """

    layers: tuple[LayerInfo, ...] = ()
    n_train: int = 0
    n_validation: int = 0
    n_features: int = 0
    n_classes: int = 0
    class_names: tuple[str, ...] = ()
    steps_per_epoch: int = 1
    device: str = ""
    data_text: str = ""
    parameters: int = 0
    epochs_before: float = 0.0
    counted_from: int = 0
    explained: tuple[float, ...] = ()
    components: int = 0
    theory: Profile | None = None
    theory_step: int = 0
    past_theories: tuple[tuple[int, Profile | None], ...] = ()
    pictures: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros((0, 0, 0), np.float32), compare=False, repr=False
    )

    def theory_at(self, step: int) -> tuple[int, Profile | None]:
        """Return when the weights of a recorded step were last drawn, and their theory."""
        told = (*self.past_theories, (self.theory_step, self.theory))
        return next((one for one in reversed(told) if one[0] <= step), (0, None))

    def epoch(self, step: int) -> float:
        """Return how many epochs the first ``step`` updates are."""
        return self.epochs_before + (step - self.counted_from) / self.steps_per_epoch


@dataclass(slots=True)
class Evaluations:
    """Validation results: row i was measured before the update of ``steps[i]``."""

    steps: list[int] = field(default_factory=list[int])
    val_loss: list[float] = field(default_factory=list[float])
    val_accuracy: list[float] = field(default_factory=list[float])

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return steps, losses and accuracies of the complete rows."""
        n = len(self.val_accuracy)  # appended last
        return (
            np.array(self.steps[:n], np.int64),
            np.array(self.val_loss[:n]),
            np.array(self.val_accuracy[:n]),
        )


class RunSource(Protocol):
    """A run as views see it: live, stored or branched, they cannot tell.

    Row i of every column is step i: the state before update i + 1. All attributes may be
    read from any thread at any time; what they return does not change afterwards, or only
    grows.
    """

    @property
    def run_id(self) -> str:
        """Four letters that name the run."""
        ...

    @property
    def experiment(self) -> Experiment:
        """The specification in force now: live edits included."""
        ...

    @property
    def facts(self) -> Facts:
        """Layers, data, device. ``facts.layers`` is empty until the run is built."""
        ...

    @property
    def status(self) -> Status:
        """What the run is doing."""
        ...

    @property
    def steps(self) -> int:
        """Number of recorded steps; columns hold at least so many rows."""
        ...

    @property
    def updates(self) -> int:
        """Number of updates made: ``steps``, or one fewer if the last step diverged."""
        ...

    @property
    def steps_per_s(self) -> float:
        """Speed over the last second of training."""
        ...

    @property
    def scalars(self) -> Mapping[str, Column]:
        """Columns of ``core.measure.SCALARS``, one value a step."""
        ...

    @property
    def layer_columns(self) -> Mapping[str, Column]:
        """Columns of ``core.measure.LAYER_QUANTITIES``, width = len(facts.layers)."""
        ...

    @property
    def evaluations(self) -> Evaluations:
        """Validation results."""
        ...

    @property
    def events(self) -> tuple[Event, ...]:
        """What was changed during the run, in order."""
        ...

    @property
    def units(self) -> UnitLog:
        """Births, deaths and resurrections of units, and how active each is."""
        ...

    @property
    def frame(self) -> Frame | None:
        """The newest heavy snapshot, or None."""
        ...

    @property
    def history(self) -> FrameHistory:
        """Heavy snapshots of the whole run, evenly spread."""
        ...

    @property
    def found(self) -> Found | None:
        """The first value that was not finite, once the run has diverged."""
        ...

    def request_frame(self, parts: Parts = Parts.NONE) -> None:
        """Ask for a new snapshot; it appears in ``frame`` some milliseconds later.

        Parameters
        ----------
        parts : Parts
            Of what takes longer. The snapshot may have others, too.
        """
        ...

    @property
    def seconds(self) -> float:
        """Time that the trainer has spent on steps, measuring included."""
        ...

    @property
    def overhead(self) -> Mapping[str, float]:
        """Seconds of it that measuring took, by family."""
        ...

    @property
    def version(self) -> int:
        """A number that grows whenever anything above changes."""
        ...
