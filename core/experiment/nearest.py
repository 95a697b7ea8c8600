"""Which setting was meant by a name that is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.errors import did_you_mean

Kinds = Mapping[str, Mapping[str, Any]]
"""Name of a setting that is a choice -> kind -> model."""


def meant(word: str, among: type[BaseModel], data: Any, kinds: Kinds, root: type[BaseModel]) -> str:
    """Return a hint for a name that the settings around it do not have.

    Parameters
    ----------
    word : str
        What was written as the last part of a path.
    among : type
        The model that has no such setting.
    data : mapping
        The experiment as it was given: its kinds decide which settings there are.
    kinds : mapping
        Setting name -> kind -> model.
    root : type
        The experiment's model.

    Returns
    -------
    str
        The setting beside it that is spelt or titled like it; else the path of one elsewhere; else
        what is known beside it.

    Examples
    --------
    ``learning_rate`` beside ``lr`` is titled like it; ``training.lerning_rate`` is
    ``training.optimizer.lr``.
    """
    beside = {info.alias or name: info for name, info in among.model_fields.items()}
    if near := _nearest(word, beside):
        return f"Did you mean {near}?"
    return elsewhere(word, data, kinds, root) or did_you_mean(word, beside)


def elsewhere(word: str, data: Any, kinds: Kinds, root: type[BaseModel]) -> str:
    """Return a hint with the path of the setting that is spelt or titled like ``word``, or ""."""
    places: dict[str, tuple[str, FieldInfo]] = {}
    for path, info in _settings(root, data, kinds, ""):
        places.setdefault(path.rpartition(".")[2], (path, info))
    near = _nearest(word, {name: info for name, (_, info) in places.items()})
    return f"Did you mean {places[near][0]}?" if near else ""


def _nearest(word: str, fields: Mapping[str, FieldInfo]) -> str:
    """Return the name that a word is nearest to, by spelling or by its title; "" if none is."""
    names = {name: name for name in fields}
    for name, info in fields.items():
        names.setdefault((info.title or name).lower().replace(" ", "_"), name)
    near = get_close_matches(word.lower(), names, n=1, cutoff=0.65)
    return names[near[0]] if near else ""


def _settings(
    model: type[BaseModel], data: Any, kinds: Kinds, prefix: str
) -> Iterator[tuple[str, FieldInfo]]:
    given: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    for name, info in model.model_fields.items():
        name = info.alias or name
        value = given.get(name, info.get_default(call_default_factory=True))
        path = f"{prefix}{name}"
        if isinstance(value, (list, tuple)) and name in kinds:
            path, value = f"{path}.*", next(iter(value), None)
        yield path.removesuffix(".*"), info
        if below := _model(name, info, value, kinds):
            yield from _settings(below, value, kinds, f"{path}.")


def _model(name: str, info: FieldInfo, value: Any, kinds: Kinds) -> type[BaseModel] | None:
    """Return the model below a setting, by the kind that was given if there is a choice."""
    if name in kinds:
        kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", value)
        return kinds[name].get(str(kind))
    types = (info.annotation, *get_args(info.annotation))
    return next(
        (one for one in types if isinstance(one, type) and issubclass(one, BaseModel)), None
    )
