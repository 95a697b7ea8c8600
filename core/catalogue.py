"""The ready experiments that come with the laboratory."""

from __future__ import annotations

from pathlib import Path

from core.errors import LabError, did_you_mean
from core.experiment import Experiment, read_experiment
from resources import path as resource_path

DEFAULT = "twenty-sigmoid-layers"


def names() -> list[str]:
    """Return the names of the ready experiments, the default first."""
    found = sorted(file.stem for file in resource_path("experiments").glob("*.toml"))
    return sorted(found, key=lambda name: name != DEFAULT)


def load(name: str) -> Experiment:
    """Read a ready experiment by name, or any experiment by its file.

    Raises
    ------
    LabError
        If there is neither such an experiment nor such a file, or the file is not right.
    """
    if name in names():
        return read_experiment(resource_path("experiments", f"{name}.toml"))
    path = Path(name)
    if path.exists() or path.suffix == ".toml" or len(path.parts) > 1:
        return read_experiment(path)
    raise LabError(f"There is no experiment or file {name!r}.", hint=did_you_mean(name, names()))
