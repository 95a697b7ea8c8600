"""From pydantic's errors to sentences that repeat the input and say what to do."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from core.errors import Problem, did_you_mean
from core.experiment.nearest import meant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_COMPARISONS = {
    "greater_than": ("too small", "more than", "gt"),
    "greater_than_equal": ("too small", "at least", "ge"),
    "less_than": ("too large", "less than", "lt"),
    "less_than_equal": ("too large", "at most", "le"),
}
_EXPECTED = {
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "model_type": "a table of settings",
    "model_attributes_type": "a table of settings",
    "dict_type": "a table of settings",
}
_WHOLE = ("int_parsing", "int_parsing_size", "int_from_float")
_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)
_POINT_FROM = 1e16  # where Python, too, begins to write 1e+16
_SHOWN = 40  # characters of a text that are repeated


def problems_of(
    error: ValidationError,
    data: Mapping[str, Any],
    kinds: Mapping[str, Mapping[str, Any]],
    root: type[BaseModel],
) -> list[Problem]:
    """Translate a validation error.

    Parameters
    ----------
    error : ValidationError
        From the experiment's validation.
    data : mapping
        The input, to find the path and the nearest right name.
    kinds : mapping
        Setting name -> kind -> model, for the discriminated unions.
    root : type
        The experiment's model.

    Returns
    -------
    list of Problem
        In the order of pydantic's report, one for each error.
    """
    return [_problem(detail, data, kinds, root) for detail in error.errors(include_url=False)]


def _problem(
    detail: ErrorDetails,
    data: Mapping[str, Any],
    kinds: Mapping[str, Mapping[str, Any]],
    root: type[BaseModel],
) -> Problem:
    path, models = _walk(detail["loc"], data, kinds, root)
    field = ".".join(str(part) for part in path) or "experiment"
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        hint = meant(str(path[-1]), models[-1], data, kinds, root)
        return Problem(field, "there is no such setting.", hint)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        choices = list(kinds[_family(path)])
        if kind == "union_tag_not_found":
            return Problem(f"{field}.kind", "is missing.", f"Choose one of {', '.join(choices)}.")
        tag = str(context.get("tag", given))
        return Problem(f"{field}.kind", f"{tag!r} is not known.", did_you_mean(tag, choices))
    if kind == "literal_error":
        fields = models[-1].model_fields
        name = str(path[-1])
        info = fields.get(name) or next((one for one in fields.values() if one.alias == name), None)
        choices = [str(choice) for choice in get_args(info.annotation)] if info else []
        return Problem(field, f"{given!r} is not known.", did_you_mean(str(given), choices))
    if kind in _COMPARISONS:
        verdict, bound, key = _COMPARISONS[kind]
        return Problem(
            field, f"{_shown(given)} is {verdict}.", f"Use {bound} {_limit(context[key])}."
        )
    if kind in ("string_too_short", "string_too_long"):
        return _wrong_length(field, str(given), context)
    if kind in _WHOLE:
        return _no_whole_number(field, given, models[-1].model_fields.get(str(path[-1])))
    if kind == "float_parsing" and isinstance(given, str) and _COMMA.fullmatch(given.strip()):
        pointed = given.strip().replace(",", ".")
        return Problem(field, f"{given!r} does not fit.", f"Write it with a point: {pointed}.")
    if kind == "finite_number":
        return Problem(field, f"{given!r} is not a finite number.", "Write a number such as 0.01.")
    if kind in _EXPECTED:
        return Problem(field, f"{given!r} does not fit.", f"Write {_EXPECTED[kind]}.")
    if kind == "string_pattern_mismatch" and path[-1] == "device":
        return Problem(field, f"{given!r} is no device.", "Use auto, cpu, cuda, cuda:0 or mps.")
    if kind == "missing":
        return Problem(field, "is missing.", "Add it.")
    return Problem(field, f"{detail['msg'].removeprefix('Value error, ')}.")


def _no_whole_number(field: str, given: Any, info: FieldInfo | None) -> Problem:
    """Tell a number that is too large or too small from what is no whole number at all."""
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number) or (math.isfinite(number) and not number.is_integer()):
        return Problem(field, f"{given!r} does not fit.", "Write a whole number.")
    rules = info.metadata if info else []
    most = next((rule.le for rule in rules if hasattr(rule, "le")), math.inf)
    least = next((rule.ge for rule in rules if hasattr(rule, "ge")), -math.inf)
    if number > most:
        return Problem(field, f"{_shown(given)} is too large.", f"Use at most {_limit(most)}.")
    if number < least:
        return Problem(field, f"{_shown(given)} is too small.", f"Use at least {_limit(least)}.")
    if abs(number) < _POINT_FROM:
        return Problem(field, f"{given!r} does not fit.", f"Write {number:.0f}.")
    return Problem(field, f"{_shown(given)} does not fit.", "Write a smaller whole number.")


def _wrong_length(field: str, given: str, context: Mapping[str, Any]) -> Problem:
    if "min_length" in context:
        least = context["min_length"]
        if not given:
            return Problem(field, "is empty.", "Write something.")
        return Problem(field, f"{given!r} is too short.", f"Use at least {least} characters.")
    most = context["max_length"]
    return Problem(
        field,
        f"{_cut(given)!r} is too long: {len(given)} characters.",
        f"Use at most {most} characters.",
    )


def _shown(given: Any) -> str:
    """Return a number as it was written."""
    return _cut(given.strip() if isinstance(given, str) else repr(given))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _limit(value: float) -> str:
    """Return a limit in full where that can be read: 1000000, not 1e+06."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < _POINT_FROM:
        return f"{value:.0f}"
    return f"{value:g}"


def _walk(
    location: tuple[int | str, ...],
    data: Any,
    kinds: Mapping[str, Mapping[str, Any]],
    root: type[BaseModel],
) -> tuple[list[int | str], list[type[BaseModel]]]:
    """Drop the union tags that pydantic puts into a location; collect the models on the way."""
    path: list[int | str] = []
    models: list[type[BaseModel]] = [root]
    for part in location:
        family = kinds.get(_family(path))
        if family is not None and part in family and not (isinstance(data, dict) and part in data):
            models.append(family[str(part)])
            continue
        path.append(part)
        data = _child(data, part)
        info = models[-1].model_fields.get(str(part))
        if info is None:
            continue
        for candidate in (info.annotation, *get_args(info.annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                models.append(candidate)
                break
    return path, models


def _family(path: list[int | str]) -> str:
    """Return the setting that a path ends at: for an element of a list, the list's."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _child(data: Any, part: int | str) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    if isinstance(data, (list, tuple)) and isinstance(part, int) and part < len(data):
        return data[part]
    return None
