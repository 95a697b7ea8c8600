"""What differs between two experiments, and when each difference takes effect."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ExperimentError
from core.experiment.fields import Part, Scope, scope_of

if TYPE_CHECKING:
    from core.experiment.model import Experiment


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed setting: its path, both values, and when it takes effect."""

    path: str
    old: Any
    new: Any
    scope: Scope

    def __str__(self) -> str:
        return f"{self.path}: {_text(self.old)} → {_text(self.new)}"


def differences(old: Experiment, new: Experiment) -> tuple[Difference, ...]:
    """Return every changed setting; layers are compared one by one, repeats written out."""
    found: list[Difference] = []
    _compare(old, new, "", found)
    return tuple(found)


def summarize(changes: tuple[Difference, ...]) -> str:
    """Return one short line for a timeline mark; equal changes of many layers are joined."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for change in changes:
        parts = change.path.split(".")
        layer = int(parts[2]) + 1 if parts[:2] == ["network", "layers"] and len(parts) > 3 else 0
        name = ".".join(parts[3:]) if layer else change.path
        groups.setdefault((name, _text(change.old), _text(change.new)), []).append(layer)
    changes_at: dict[str, list[str]] = {}
    for (name, before, after), layers in groups.items():
        where = f" ({_layers_text(layers)})" if layers != [0] else ""
        title = "" if name in _PLAIN else f"{_title(name)} "
        changes_at.setdefault(where, []).append(f"{title}{before} → {after}")
    return "; ".join(f"{', '.join(texts)}{where}" for where, texts in changes_at.items())


_PLAIN = ("activation", "init")
"""Settings whose values say themselves what they are."""
_FEW = 4
"""Settings of a part that are all told; of more only those that differ from the default."""
_TITLES = {"training.optimizer.lr": "rate", "bias_init": "biases"}


def _title(name: str) -> str:
    return _TITLES.get(name, name.split(".")[-1].replace("_", " "))


def _layers_text(layers: list[int]) -> str:
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if layers == list(range(layers[0], layers[-1] + 1)):
        return f"layers {layers[0]}-{layers[-1]}"
    return f"{len(layers)} layers"


def _compare(old: Part, new: Part, prefix: str, found: list[Difference]) -> None:
    for name, info in type(old).model_fields.items():
        if name == "kind":
            continue
        before, after = getattr(old, name), getattr(new, name)
        path, scope = f"{prefix}{name}", scope_of(info)
        if name == "layers":
            before, after = old.expanded(), new.expanded()  # type: ignore[attr-defined]
        if before == after:
            continue
        if name == "layers":
            if len(before) == len(after):
                for index, (one, other) in enumerate(zip(before, after, strict=True)):
                    if type(one) is type(other):
                        _compare(one, other, f"{path}.{index}.", found)
                    else:
                        kind = f"{path}.{index}.kind"
                        found.append(Difference(kind, one.kind, other.kind, scope))
            else:
                found.append(
                    Difference(path, f"{len(before)} layers", f"{len(after)} layers", scope)
                )
        elif isinstance(before, Part) and type(before) is type(after):
            _compare(before, after, f"{path}.", found)
        else:
            found.append(Difference(path, before, after, scope))


def _text(value: Any) -> str:
    if isinstance(value, Part):
        fields = {key: one for key, one in type(value).model_fields.items() if key != "kind"}
        if len(fields) > _FEW:  # what is as always says nothing
            fields = {key: one for key, one in fields.items() if getattr(value, key) != one.default}
        inside = ", ".join(_text(getattr(value, key)) for key in fields)
        kind = str(getattr(value, "kind", "")).replace("_", " ")
        return f"{kind} {inside}".strip()
    return f"{value:g}" if isinstance(value, float) else str(value)


def merge_live(running: Experiment, wanted: Experiment) -> Experiment:
    """Return what a running experiment can take over from a wanted one without a restart.

    A live setting that goes together only with one that needs a restart waits for it.
    """
    live = [one for one in differences(running, wanted) if one.scope is not Scope.RESTART]
    if not live:
        return running
    try:
        return _with_changes(running, live)
    except ExperimentError:
        merged = running
        for change in live:
            with suppress(ExperimentError):  # it waits: the form says so
                merged = _with_changes(merged, [change])
        return merged


def _with_changes(experiment: Experiment, changes: list[Difference]) -> Experiment:
    data = experiment.plain()
    data["network"]["layers"] = [
        layer.model_dump(mode="json") for layer in experiment.network.expanded()
    ]
    for change in changes:
        _put(data, change.path.split("."), change.new)
    return type(experiment).parse(data)


def _put(node: Any, parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[parts[-1]] = value.model_dump(mode="json") if isinstance(value, Part) else value
