"""The experiment: one frozen value that drives form, command line, file and run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from core.errors import ExperimentError, Problem
from core.experiment.activations import ACTIVATION_KINDS, INNER_ACTIVATION_KINDS
from core.experiment.data import DATA_KINDS, Data, Digits
from core.experiment.fields import Part, Scope, setting
from core.experiment.initializers import BIAS_INIT_KINDS, INIT_KINDS
from core.experiment.layers import LAYER_KINDS
from core.experiment.losses import LOSS_KINDS
from core.experiment.measuring import MEASURING_KINDS, EveryStep, Measuring
from core.experiment.network import NetworkSpec
from core.experiment.normalization import BATCH_NORM_KINDS, INPUT_NORM_KINDS, LAYER_NORM_KINDS
from core.experiment.penalties import PENALTY_KINDS
from core.experiment.problems import problems_of
from core.experiment.schedules import SCHEDULE_KINDS
from core.experiment.stopping import EARLY_STOPPING_KINDS
from core.experiment.training import CLIP_KINDS, OPTIMIZER_KINDS, Training

SCHEMA = 1

KINDS: dict[str, dict[str, Any]] = {
    "data": DATA_KINDS,
    "activation": ACTIVATION_KINDS,
    "inner": INNER_ACTIVATION_KINDS,
    "init": INIT_KINDS,
    "bias_init": BIAS_INIT_KINDS,
    "layers": LAYER_KINDS,
    "batch_norm": BATCH_NORM_KINDS,
    "layer_norm": LAYER_NORM_KINDS,
    "input_norm": INPUT_NORM_KINDS,
    "penalty": PENALTY_KINDS,
    "loss": LOSS_KINDS,
    "optimizer": OPTIMIZER_KINDS,
    "schedule": SCHEDULE_KINDS,
    "early_stopping": EARLY_STOPPING_KINDS,
    "clip": CLIP_KINDS,
    "measuring": MEASURING_KINDS,
}
"""Name of a setting that is a choice of kinds -> kind -> model."""


class Experiment(Part):
    """What is trained, on what, and how."""

    schema_version: Literal[1] = Field(SCHEMA, alias="schema")
    name: str = setting(
        "Untitled experiment",
        title="Name",
        help="What this experiment is called.",
        scope=Scope.NOTE,
        min_length=1,
        max_length=120,
    )
    description: str = setting(
        "",
        title="Description",
        help="A sentence for the card on the start page.",
        scope=Scope.NOTE,
        max_length=2000,
    )
    seed: int = setting(
        0,
        title="Seed",
        help="Same seed, same weights, same batches, same curves.",
        ge=0,
        le=2**63 - 1,
    )
    data: Data = setting(Digits(), title="Data", help="What the network learns from.")
    network: NetworkSpec = setting(NetworkSpec(), title="Network", help="The layers.")
    training: Training = setting(Training(), title="Training", help="How it learns.")
    measuring: Measuring = setting(
        EveryStep(),
        title="Measuring",
        help="Which steps are measured. It changes what is seen of the run, never the run.",
        scope=Scope.LIVE,
    )

    @model_validator(mode="after")
    def _batch_norm_needs_a_batch(self) -> Experiment:
        if self.network.batch_normed and self.training.batch_size < 2:
            raise ValueError(
                "batch norm needs at least two samples in a batch, but training.batch_size is 1"
            )
        return self

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Experiment:
        """Validate plain data.

        Raises
        ------
        ExperimentError
            With every problem found, each naming its setting.
        """
        version = data.get("schema", SCHEMA)
        if isinstance(version, int) and version > SCHEMA:
            raise ExperimentError(
                [
                    Problem(
                        "schema",
                        f"{version} was written by a newer laboratory (this one reads {SCHEMA}).",
                        "Update Gradoscope to open it.",
                    )
                ]
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ExperimentError(problems_of(error, data, KINDS, cls)) from None

    def plain(self) -> dict[str, Any]:
        """Return the experiment as plain data, ready for TOML or for :meth:`parse`."""
        return self.model_dump(mode="json", by_alias=True)
