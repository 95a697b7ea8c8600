"""Layers in the few words that a table has room for, and in the more that a tip has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.form.names import number_text, readable, short
from core.experiment.layers import AvgPool, Conv, Dense, GlobalPool, MaxPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.experiment.fields import Part
    from core.experiment.layers import LayerSpec, Output

SIZE_OF = {"dense": "units", "conv": "channels", "max_pool": "size", "avg_pool": "size"}
"""Kind of layer -> the setting that its cell in the table edits."""


def kind_text(layer: LayerSpec) -> str:
    """Return the kind of a layer inside a sentence: ``dense``, ``max pool``."""
    return layer.kind.replace("_", " ")


def summary(layer: LayerSpec) -> str:
    """Return kind and size: ``dense 64``, ``conv 32 3×3``, ``max pool 2``.

    A stride is written where it is not the usual one: 1 for a filter, the size of a patch for
    pooling.
    """
    if isinstance(layer, Dense):
        return f"dense {layer.units}"
    if isinstance(layer, Conv):
        words = [f"conv {layer.channels}", f"{layer.kernel}×{layer.kernel}"]
        if layer.stride != 1:
            words.append(f"/{layer.stride}")
        return " ".join(words)
    if isinstance(layer, (MaxPool, AvgPool)):
        stride = f" /{layer.stride}" if layer.stride != layer.size else ""
        return f"{layer.kind.replace('_', ' ')} {layer.size}{stride}"
    if isinstance(layer, GlobalPool):
        return "global max" if layer.how == "max" else "global avg"
    return layer.kind


def stack_text(layers: Sequence[LayerSpec]) -> str:
    """Return the shape of a stack: ``20 × 64`` where all are alike, else how many there are."""
    widths = {layer.units if isinstance(layer, Dense) else None for layer in layers}
    if len(widths) == 1 and None not in widths:
        return f"{len(layers)} × {widths.pop()}"
    return "1 layer" if len(layers) == 1 else f"{len(layers)} layers"


def activation_text(activation: Part) -> str:
    """Return an activation for a narrow cell."""
    inner = getattr(activation, "inner", None)
    kind = str(getattr(activation, "kind", ""))
    return short(kind) if inner is None else f"{short(str(inner.kind))}, resc."


def init_text(init: Part) -> str:
    """Return an initialiser for a narrow cell, with its spread where that is a setting."""
    scale = getattr(init, "std", None)
    kind = short(str(getattr(init, "kind", "")))
    return kind if scale is None else f"{kind} {number_text(scale)}"


def extras(layer: LayerSpec | Output) -> list[tuple[str, str]]:
    """Return what else a layer has: a letter or two for the table, and words for the tip."""
    found: list[tuple[str, str]] = []
    if isinstance(layer, (Dense, Conv)):
        for short_name, norm in (("BN", layer.batch_norm), ("LN", layer.layer_norm)):
            if norm.kind != "none":
                name = {"BN": "batch norm", "LN": "layer norm"}[short_name]
                found.append((short_name, f"{name} {norm.kind.replace('_', ' ')}"))
        if layer.dropout:
            found.append(("D", f"dropout {number_text(layer.dropout)}"))
        if layer.drop_weights:
            found.append(("DC", f"DropConnect {number_text(layer.drop_weights)}"))
        if layer.residual:
            found.append(("R", "residual"))
    penalty = getattr(layer, "penalty", None)
    if penalty is not None and penalty.kind != "as_network":
        found.append(("P", "penalties of its own"))
    return found


EXTRAS_TIP = (
    "BN batch norm, LN layer norm, D dropout, DC DropConnect, R residual, P penalties of its own"
)


def tip(layer: LayerSpec, number: int | None) -> str:
    """Return everything that the table says of a layer, in words."""
    name = f"Layer {number}: {summary(layer)}" if number else f"{readable(layer.kind)}: no weights"
    if isinstance(layer, Conv):
        name = f"{name}, padding {layer.padding}"
    return ", ".join([name, *(words for _, words in extras(layer))])
