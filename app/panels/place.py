"""Where a setting stands in the window, in the words of the forms: ``Training · Loss``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.form.describe import title_of
from app.panels.layer_edits import rows_of_entry
from app.panels.numbering import Numbering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.model import Experiment

_HEADINGS = (
    ("Run", ("seed", "training.device", "measuring", "name", "description")),
    ("Gradient clipping", ("training.clip",)),
    (
        "Regularisation",
        tuple(
            f"training.{name}"
            for name in ("l1", "l2", "weight_decay", "penalize_biases", "penalize_norms")
        ),
    ),
    ("Training", ("training",)),
    ("Data set", ("data",)),
    ("Network", ("network",)),
)
"""Heading of a section -> the settings in it; the first one that fits counts."""


def rows_at(path: str, experiment: Experiment) -> range:
    """Return the rows of the table of layers that a setting belongs to; none for most."""
    parts = path.split(".")
    if parts[:2] == ["network", "output"]:
        output = len(experiment.network.expanded())
        return range(output, output + 1)
    if parts[:2] == ["network", "layers"] and len(parts) > 2 and parts[2].isdigit():
        return rows_of_entry(experiment, int(parts[2]))
    return range(0)


def place(path: str, experiment: Experiment) -> str:
    """Return where a setting stands: ``Data set · File``, ``Layer 3 · Residual``, ``Output``.

    A path that leads nowhere in this experiment comes back as it is.
    """
    parts = path.split(".")
    rows = rows_at(path, experiment)
    if parts[:2] == ["network", "output"]:
        titles = _titles(experiment.network.output, parts[2:])
        heading = "Output"
    elif rows:
        titles = _titles(experiment.network.layers[int(parts[2])], parts[3:])
        heading = _capital(Numbering(experiment.network).text(rows))
    else:
        titles = _titles(experiment, parts)
        heading = _heading(path)
        if titles is not None and parts[0] in ("data", "training", "network"):
            titles = titles[1:]
    if titles is None or not heading:
        return path
    return " · ".join(dict.fromkeys((heading, *titles)))


def sentence_at(path: str | None, message: str, experiment: Experiment) -> str:
    """Return a message with the place that it is about before it."""
    return f"{place(path, experiment)}: {message}" if path else message


def _heading(path: str) -> str:
    for heading, paths in _HEADINGS:
        if any(path == one or path.startswith(f"{one}.") for one in paths):
            return heading
    return ""


def _titles(node: Any, names: Sequence[str]) -> list[str] | None:
    """Return the titles on the way down; None where there is no such way."""
    titles: list[str] = []
    for name in names:
        fields = getattr(type(node), "model_fields", {})
        found = next((one for one in fields if name in (one, fields[one].alias)), None)
        if found is None:
            return None
        if found != "kind":
            titles.append(title_of(fields[found], found))
        node = getattr(node, found)
    return titles


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
