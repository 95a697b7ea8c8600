"""Experiments as TOML files, and single settings by their dotted path."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import ExperimentError, LabError, Problem, did_you_mean
from core.experiment.model import KINDS, Experiment
from core.experiment.nearest import elsewhere
from core.experiment.network import compress


def read_experiment(path: Path) -> Experiment:
    """Read an experiment file.

    Raises
    ------
    LabError
        If the file is missing, unreadable or no TOML.
    ExperimentError
        With every problem found in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LabError(
            f"There is no file {str(path)!r}.", hint="Check the name and the folder."
        ) from None
    except (OSError, ValueError) as error:
        raise LabError(_unreadable(path, error), hint="Choose an experiment file (TOML).") from None
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        raise LabError(f"{str(path)!r} is empty.", hint="Choose an experiment file (TOML).")
    return parse_toml(text, source=str(path))


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"{str(path)!r} cannot be read: it is not text in UTF-8."
    if isinstance(error, OSError) and path.is_dir():  # Windows only says that it refuses
        return f"{str(path)!r} is a folder."
    reason = getattr(error, "strerror", None) or str(error)
    return f"{str(path)!r} cannot be read ({reason})."


def parse_toml(text: str, *, source: str = "the text") -> Experiment:
    """Parse an experiment from TOML text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LabError(
            f"{source!r} is not valid TOML: {error}.",
            hint="Compare it with a file that `python -m core run` wrote.",
        ) from None
    return Experiment.parse(data)


def to_toml(experiment: Experiment) -> str:
    """Return the experiment as TOML, equal neighbouring layers joined by ``repeat``."""
    network = experiment.network.model_copy(update={"layers": compress(experiment.network.layers)})
    return tomli_w.dumps(experiment.model_copy(update={"network": network}).plain())


def write_experiment(experiment: Experiment, path: Path) -> None:
    """Write the experiment, by way of a temporary file so that a crash leaves the old one."""
    temporary = path.with_name(f".~{path.name}")
    temporary.write_text(to_toml(experiment), encoding="utf-8")
    temporary.replace(path)


def with_settings(experiment: Experiment, assignments: list[str]) -> Experiment:
    """Apply ``path=value`` assignments, such as ``training.optimizer.lr=0.01``.

    ``*`` stands for every element of a list: ``network.layers.*.units=32``. A value is read
    as TOML, else taken as text; where a setting wants text, ``7`` is text too.

    Raises
    ------
    ExperimentError
        If a path names nothing or a value does not fit.
    """
    data = experiment.plain()
    problems: list[Problem] = []
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            problems.append(
                Problem(assignment, "is no assignment.", "Write it as training.optimizer.lr=0.01.")
            )
            continue
        try:
            assign(data, path.strip(), _value(text.strip()), text=text.strip())
        except ExperimentError as error:
            problems.extend(error.problems)
    if problems:
        raise ExperimentError(problems)
    return Experiment.parse(data)


def assign(data: dict[str, Any], path: str, value: Any, *, text: str | None = None) -> None:
    """Set one setting of a plain experiment in place; a new ``kind`` keeps what still fits.

    Parameters
    ----------
    data : dict
    path : str
        Dotted, with ``*`` for every element of a list.
    value : object
    text : str, optional
        How the value was written: what a setting gets that wants text.

    Raises
    ------
    ExperimentError
        If the path names nothing.
    """
    parts = path.split(".")
    _assign(data, parts, _Value(value, text, data), path, "")


@dataclass(frozen=True, slots=True)
class _Value:
    """What is assigned, how it was written if that is known, and the experiment it belongs to."""

    value: Any
    text: str | None
    data: dict[str, Any]

    def where(self, node: dict[str, Any], name: str, family: str) -> Any:
        """Return the value for a setting: the text if it wants text and got a number or so."""
        if self.text is None or isinstance(self.value, (str, list, dict)):
            return deepcopy(self.value)
        model = KINDS.get(family, {}).get(str(node.get("kind")))
        info = model.model_fields.get(name) if model else None
        wanted = info.annotation is str if info else isinstance(node.get(name), str)
        return self.text if wanted else self.value


def _assign(node: Any, parts: list[str], given: _Value, whole: str, family: str) -> None:
    head, rest, value = parts[0], parts[1:], given.value
    if isinstance(node, list):
        indices = range(len(node)) if head == "*" else [_index(node, head, whole)]
        for index in indices:
            if rest:
                _assign(node[index], rest, given, whole, family)
            else:
                node[index] = deepcopy(given.value)
        return
    if not isinstance(node, dict):
        raise ExperimentError([Problem(whole, "there is no such setting.", "")])
    if rest:
        if head not in node:
            hint = elsewhere(rest[-1], given.data, KINDS, Experiment) or did_you_mean(head, node)
            raise ExperimentError([Problem(whole, "there is no such setting.", hint)])
        _assign(node[head], rest, given, whole, head)
    elif head == "kind" and value in KINDS.get(family, {}):
        _change_kind(node, family, str(value))
    elif head in KINDS and isinstance(value, str) and isinstance(node.get(head), dict):
        if value in KINDS[head]:
            _change_kind(node[head], head, value)
        else:
            node[head] = {"kind": value}
    else:
        node[head] = given.where(node, head, family)


def _change_kind(node: dict[str, Any], family: str, kind: str) -> None:
    """Switch kind; SGD's learning rate is no default for Adam, but data and layers keep theirs."""
    keep = KINDS[family][kind].model_fields if family in ("data", "layers") else {}
    for key in list(node):
        if key not in keep:
            del node[key]
    node["kind"] = kind


def _index(node: list[Any], text: str, whole: str) -> int:
    if text.isdigit() and int(text) < len(node):
        return int(text)
    raise ExperimentError(
        [Problem(whole, f"there is no entry {text!r}.", f"Use 0 to {len(node) - 1}, or *.")]
    )


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
