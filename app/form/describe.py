"""What a field of the specification says about itself: range, help, default, step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin

from app.form.names import number_text, readable
from core.experiment.fields import Part, Scope, scope_of, unit_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_WHEN = {
    Scope.LIVE: "Takes effect live, at the next step.",
    Scope.REINIT: "Takes effect at the next draw of weights.",
    Scope.RESTART: "Takes effect when the run is restarted.",
    Scope.NOTE: "Changes nothing in the run.",
}
_SMALLEST_DECADE = 1e-6  # where a logarithmic field that may be 0 leaves 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of a number, each end inclusive (``ge``, ``le``) or exclusive (``gt``, ``lt``)."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    @classmethod
    def of(cls, info: FieldInfo) -> Bounds:
        """Read the range from a field's declaration."""
        found: dict[str, float] = {}
        for constraint in info.metadata:
            for name in ("ge", "gt", "le", "lt"):
                bound = getattr(constraint, name, None)
                if bound is not None:
                    found[name] = bound
        return cls(**found)

    def contains(self, value: float) -> bool:
        """Tell whether a number is in range."""
        return (
            math.isfinite(value)
            and (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )

    def __str__(self) -> str:
        parts = [
            f"{words} {number_text(bound)}"
            for words, bound in (
                ("at least", self.ge),
                ("more than", self.gt),
                ("at most", self.le),
                ("less than", self.lt),
            )
            if bound is not None and bound < 2**62  # the seed's limit is no news to anyone
        ]
        return ", ".join(parts)


def title_of(info: FieldInfo, name: str) -> str:
    """Return a field's title."""
    return info.title or readable(name)


def description_of(info: FieldInfo, name: str) -> str:
    """Return a field's help in plain words: what it is, unit, range, when it takes effect."""
    return "\n".join([info.description or title_of(info, name), *facts_of(info)])


def facts_of(info: FieldInfo) -> list[str]:
    """Return a field's unit and range, where it has them, and when it takes effect."""
    lines = []
    if unit := unit_of(info):
        lines.append(f"Unit: {unit}.")
    if limits := str(Bounds.of(info)):
        lines.append(f"Range: {limits}.")
    return [*lines, _WHEN[scope_of(info)]]


def default_of(info: FieldInfo) -> Any:
    """Return a field's default as plain data."""
    default = info.get_default(call_default_factory=True)
    return default.model_dump(mode="json") if isinstance(default, Part) else default


def kinds_of(info: FieldInfo) -> dict[str, type[Part]]:
    """Return the kinds that a setting may choose from; none where it is no such choice."""
    models = (info.annotation, *get_args(info.annotation))
    return {
        kind: cast("type[Part]", model)
        for model in models
        if isinstance(model, type) and issubclass(model, Part) and (kind := kind_of(model))
    }


def own_first(model: type[Part]) -> list[str]:
    """Return a kind's settings, those that only some kinds have before those that all have."""
    bases = [base for base in model.__mro__ if issubclass(base, Part) and base is not Part]
    shared = bases[-1].model_fields if len(bases) > 1 else {}
    names = [name for name in model.model_fields if name != "kind"]
    return sorted(names, key=lambda name: name in shared)


def kind_of(model: type[Part]) -> str:
    """Return the word that chooses a part among others, or an empty string."""
    info = model.model_fields.get("kind")
    return str(info.default) if info is not None else ""


def literals_of(info: FieldInfo) -> tuple[str, ...]:
    """Return the words that a setting may choose from, or an empty tuple."""
    annotation = info.annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def first_line(model: type[Any]) -> str:
    """Return the first line of a class's docstring."""
    return (model.__doc__ or "").strip().partition("\n")[0]


def stepped_log(value: float, steps: int, bounds: Bounds) -> float:
    """Return the value ``steps`` further along 1, 2, 5, 10 ...; the same value at a bound.

    Examples
    --------
    >>> stepped_log(0.05, 1, Bounds(gt=0)), stepped_log(0.03, -1, Bounds(gt=0))
    (0.1, 0.02)
    """
    for _ in range(abs(steps)):
        following = _next_125(value) if steps > 0 else _previous_125(value)
        if steps < 0 and following < _SMALLEST_DECADE * (1 - 1e-9) and bounds.contains(0.0):
            following = 0.0
        if not bounds.contains(following):
            break
        value = following
    return value


def linear_step(default: Any, bounds: Bounds) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that suits a field's default and range."""
    low = bounds.ge if bounds.ge is not None else bounds.gt
    high = bounds.le if bounds.le is not None else bounds.lt
    sizes = [abs(default) / 5] if default else []
    if low is not None and high is not None:
        sizes.append((high - low) / 20)
    return _floor_125(min(sizes, default=0.01))


def stepped_linear(value: float, steps: int, step: float, bounds: Bounds) -> float:
    """Return the next multiple of ``step``, ``steps`` further; the same value at a bound."""
    count = value / step
    base = math.floor(count + 1e-9) if steps > 0 else math.ceil(count - 1e-9)
    following = float(f"{(base + steps) * step:.12g}")
    return following if bounds.contains(following) else value


def _floor_125(value: float) -> float:
    decade = math.floor(math.log10(value) + 1e-9)
    lead = value / 10.0**decade
    digit = 5 if lead >= 5 - 1e-9 else 2 if lead >= 2 - 1e-9 else 1
    return float(f"{digit}e{decade}")


def _next_125(value: float) -> float:
    if value <= 0:
        return _SMALLEST_DECADE
    floor = _floor_125(value)
    return float(f"{floor * (2.5 if f'{floor:e}'[0] == '2' else 2):.3g}")


def _previous_125(value: float) -> float:
    if value <= 0:
        return value
    floor = _floor_125(value)
    if floor < value * (1 - 1e-9):
        return floor
    return float(f"{floor / (2.5 if f'{floor:e}'[0] == '5' else 2):.3g}")
