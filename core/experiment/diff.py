"""What differs between two experiments, and when each difference takes effect."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ExperimentError
from core.experiment.fields import Part, Scope, scope_of
from core.experiment.numbers import number_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic.fields import FieldInfo

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


def summarize(changes: tuple[Difference, ...], drawn: Collection[int] | None = None) -> str:
    """Return one short line for a timeline mark; equal changes of many layers are joined.

    Parameters
    ----------
    changes : tuple of Difference
    drawn : collection of int, optional
        Rows, from 0, of the layers whose weights are drawn with these changes, ``OUTPUT`` for
        the output layer. Of all others the initialisers are told as chosen for the next draw.
        By default all are drawn.
    """
    groups: dict[tuple[bool, str, str, str], list[int]] = {}
    for change in changes:
        row, name = _place(change.path)
        later = change.scope is Scope.REINIT and drawn is not None and row not in drawn
        key = (later, name, *_both(change.old, change.new))
        groups.setdefault(key, []).append(row)
    changes_at: dict[tuple[bool, str], list[str]] = {}
    for (later, name, before, after), rows in sorted(groups.items(), key=lambda one: one[0][0]):
        title = "" if name in _PLAIN else f"{_title(name)} "
        texts = changes_at.setdefault((later, _layers_text(rows)), [])
        texts.append(f"{title}{before} → {after}")
    return "; ".join(
        f"{'at the next draw: ' if later else ''}{', '.join(texts)}{where}"
        for (later, where), texts in changes_at.items()
    )


OUTPUT = -1
"""The row of the output layer, in :func:`summarize`."""
_NOWHERE = -2


def _place(path: str) -> tuple[int, str]:
    """Return the row of the layer that a setting belongs to, and its name within the layer."""
    parts = path.split(".")
    if parts[:2] == ["network", "layers"] and len(parts) > 3:
        return int(parts[2]), ".".join(parts[3:])
    if parts[:2] == ["network", "output"] and len(parts) > 2:
        return OUTPUT, ".".join(parts[2:])
    return _NOWHERE, path


_PLAIN = ("activation", "init")
"""Settings whose values say themselves what they are."""
_FEW = 2
"""Settings of a part that are all told; of more only those that differ from the default."""
_TITLES = {"training.optimizer.lr": "rate", "bias_init": "biases"}


def _title(name: str) -> str:
    return _TITLES.get(name, name.split(".")[-1].replace("_", " "))


def _layers_text(rows: list[int]) -> str:
    """Return in brackets which layers, counted from 1; nothing for what belongs to none."""
    numbers = [row + 1 for row in rows if row >= 0]
    words: list[str] = []
    if len(numbers) == 1:
        words.append(f"layer {numbers[0]}")
    elif numbers and numbers == list(range(numbers[0], numbers[-1] + 1)):
        words.append(f"layers {numbers[0]}-{numbers[-1]}")
    elif numbers:
        words.append(f"{len(numbers)} layers")
    if OUTPUT in rows:
        words.append("output")
    return f" ({', '.join(words)})" if words else ""


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


def _text(value: Any, besides: Part | None = None) -> str:
    if isinstance(value, Part):
        kind = str(getattr(value, "kind", ""))
        name = _KIND_TITLES.get(kind, kind.replace("_", " "))
        return f"{name} {', '.join(_settings_told(value, besides))}".strip()
    if isinstance(value, float):
        return number_text(value)
    return _VALUE_TITLES.get(value, value or "none") if isinstance(value, str) else str(value)


def _both(old: Any, new: Any) -> tuple[str, str]:
    """Return both values; of two families of initialisers the names alone say what changes."""
    families = [_FAMILIES.get(getattr(one, "kind", "")) for one in (old, new)]
    before, after = families
    if before is not None and after is not None and before != after:
        return before, after
    if isinstance(old, Part) and isinstance(new, Part):
        return _text(old, new), _text(new, old)
    return _text(old), _text(new)


def _settings_told(part: Part, besides: Part | None = None) -> list[str]:
    """Return what there is to tell of a part's settings, each by its title.

    A single number needs no title; what is as always says nothing, nor what is the same in the
    part ``besides`` that it takes the place of.
    """
    fields = {key: info for key, info in type(part).model_fields.items() if key != "kind"}
    all_of_them = len(fields) <= _FEW and "lr" not in fields
    texts: list[str] = []
    for key, info in fields.items():
        value = getattr(part, key)
        if besides is not None and getattr(besides, key, ...) == value:
            continue
        usual = value == info.get_default(call_default_factory=True)
        if isinstance(value, bool):
            if value or not usual:
                texts.append(_field_title(key, info) if value else f"no {_field_title(key, info)}")
        elif key == "lr" or all_of_them or not usual:
            bare = isinstance(value, Part) or len(fields) == 1
            texts.append(_text(value) if bare else f"{_field_title(key, info)} {_text(value)}")
    return texts


_VALUE_TITLES = {"minus_one_one": "to [−1, 1]", "drop_rows": "drop rows"}
_KIND_TITLES = {
    "sgd": "SGD",
    "rmsprop": "RMSProp",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "NAdam",
    "radam": "RAdam",
    "adamax": "Adamax",
    "rprop": "Rprop",
    "relu": "ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "prelu": "PReLU",
    "silu": "SiLU",
    "digits": "Digits",
    "fashion_mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
    "xor": "XOR",
    "csv": "CSV",
    "npz": "NPZ",
    "idx": "IDX",
    "moons": "two moons",
}
_FAMILIES = {
    f"{family.lower()}_{shape}": family
    for family in ("Glorot", "He", "LeCun")
    for shape in ("uniform", "normal")
}


def _field_title(key: str, info: FieldInfo) -> str:
    return "rate" if key == "lr" else (info.title or key.replace("_", " ")).lower()


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
