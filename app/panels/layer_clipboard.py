"""Layers as text: what the clipboard carries is the part of an experiment file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import tomli_w

from core.errors import LabError
from core.experiment.model import Experiment
from core.experiment.network import compress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.layers import LayerSpec

MOST_CHARACTERS = 1_000_000
MOST_LAYERS = 1000


def layers_to_text(layers: Sequence[LayerSpec]) -> str:
    """Return layers as TOML, equal neighbours joined; it may be pasted into a file, too."""
    parts = [layer.model_dump(mode="json") for layer in compress(tuple(layers))]
    return tomli_w.dumps({"network": {"layers": parts}})


def layers_from_text(text: str) -> tuple[LayerSpec, ...]:
    """Return the layers that a text holds, one by one.

    Raises
    ------
    LabError
        If it holds none, or too many.
    ExperimentError
        If they are not right, with every problem found.
    """
    found: Any = None
    if len(text) <= MOST_CHARACTERS:
        try:
            data: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            data = {}
        network = data.get("network", data)
        found = network.get("layers") if isinstance(network, dict) else None
    if not isinstance(found, list) or not found:
        raise LabError(
            "The clipboard holds no layers.",
            hint="Copy some in this table with Ctrl+C, or [[network.layers]] from a file.",
        )
    layers = Experiment.parse({"network": {"layers": found}}).network.layers
    count = sum(layer.repeat for layer in layers)
    if count > MOST_LAYERS:
        raise LabError(
            f"The clipboard holds {count:,} layers.", hint=f"Paste {MOST_LAYERS:,} at most."
        )
    return tuple(
        layer.model_copy(update={"repeat": 1}) for layer in layers for _ in range(layer.repeat)
    )
