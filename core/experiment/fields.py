"""How a setting is declared: one place for range, unit, help and when it takes effect."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class Scope(StrEnum):
    """When a changed setting takes effect in a run that is under way."""

    LIVE = "live"
    """At the next step."""
    REINIT = "reinit"
    """When weights are drawn again: by re-initialising layers or by a restart."""
    RESTART = "restart"
    """When the run starts anew."""
    NOTE = "note"
    """Never: it only names or describes."""


LARGEST = 1e9
"""Size of the largest number of a setting without a range of its own.

So that products of three still fit into float32, in which the weights are.
"""


class Part(BaseModel):
    """Base of every part of an experiment: frozen, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def setting(
    default: Any = ...,
    *,
    title: str,
    help: str,
    unit: str = "",
    scope: Scope = Scope.RESTART,
    log: bool = False,
    path: Literal["", "file", "folder"] = "",
    **constraints: Any,
) -> Any:
    """Declare a setting.

    Parameters
    ----------
    default : object
        Value used where the file says nothing; ``...`` for none.
    title, help, unit : str
        What the form, the command line and the documentation show.
    scope : Scope
        When a change takes effect.
    log : bool
        Whether the number lives on a logarithmic scale.
    path : {"", "file", "folder"}
        Whether the text names a file or a folder, so that the form offers to look for it.
    **constraints
        Passed to :func:`pydantic.Field` (``ge``, ``gt``, ``le``, ``lt`` ...). A number that is not
        whole lies within plus and minus ``LARGEST`` if they say nothing else.
    """
    if isinstance(default, float):
        if not constraints.keys() & {"ge", "gt"}:
            constraints["ge"] = -LARGEST
        if not constraints.keys() & {"le", "lt"}:
            constraints["le"] = LARGEST
    extra = {"unit": unit, "scope": scope.value, "log": log, "path": path}
    return Field(default, title=title, description=help, json_schema_extra=extra, **constraints)


def scope_of(info: FieldInfo) -> Scope:
    """Return when a change of this field takes effect."""
    extra = info.json_schema_extra
    return Scope(str(extra["scope"])) if isinstance(extra, dict) else Scope.RESTART


def unit_of(info: FieldInfo) -> str:
    """Return the unit of this field, or an empty string."""
    extra = info.json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else ""


def is_log(info: FieldInfo) -> bool:
    """Return whether the number lives on a logarithmic scale."""
    extra = info.json_schema_extra
    return bool(extra["log"]) if isinstance(extra, dict) else False


def path_of(info: FieldInfo) -> str:
    """Return ``file`` or ``folder`` for a text that names one, else an empty string."""
    extra = info.json_schema_extra
    return str(extra["path"]) if isinstance(extra, dict) else ""


def _expand_shorthand(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


BY_KIND = Field(discriminator="kind")
SHORTHAND = BeforeValidator(_expand_shorthand)
"""A bare string stands for ``{kind = ...}``."""
