"""What an experiment is: the frozen specification, its file and its differences."""

from core.experiment.diff import Difference, differences
from core.experiment.model import KINDS, Experiment
from core.experiment.toml import read_experiment, to_toml, with_settings, write_experiment

__all__ = [
    "KINDS",
    "Difference",
    "Experiment",
    "differences",
    "read_experiment",
    "to_toml",
    "with_settings",
    "write_experiment",
]
