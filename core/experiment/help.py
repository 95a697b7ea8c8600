"""What is known of the settings: formula, how to choose, when they mislead, where it is written.

Title, unit, range and when a change takes effect are said where a setting is declared; what is
here is too long for a line of help. Without torch, so that the form can show it at once.
"""

from __future__ import annotations

from itertools import chain

from core.experiment.fields import Part
from core.experiment.helps import (
    activations,
    data_kinds,
    data_settings,
    initializers,
    layers,
    optimizers,
    schedules,
    training,
)
from core.experiment.helps.entry import Help

__all__ = ["HELP", "Help", "help_on_field", "help_on_kind"]

_SUBJECTS = (
    activations,
    initializers,
    layers,
    optimizers,
    schedules,
    training,
    data_kinds,
    data_settings,
)


def _spelled_out(key: str) -> list[str]:
    """Return ``A.x`` and ``B.x`` for ``A B.x``."""
    models, dot, field = key.partition(".")
    return [f"{model}{dot}{field}" for model in models.split()]


def _collected() -> dict[str, Help]:
    found: dict[str, Help] = {}
    for key, entry in chain.from_iterable(subject.HELP.items() for subject in _SUBJECTS):
        for name in _spelled_out(key):
            if name in found:
                raise ValueError(f"two entries for {name}")
            found[name] = entry
    return found


HELP: dict[str, Help] = _collected()
"""``Model`` or ``Model.field`` -> help. A field of a base class has its entry there."""


def help_on_field(model: type[Part], name: str) -> Help | None:
    """Return the help on a field, that of the nearest base class where it has none of its own.

    Parameters
    ----------
    model : type of Part
        Whose field it is.
    name : str
    """
    keys = (f"{one.__name__}.{name}" for one in model.__mro__)
    return next((HELP[key] for key in keys if key in HELP), None)


def help_on_kind(model: type[Part]) -> Help | None:
    """Return the help on a kind, for example an activation."""
    return HELP.get(model.__name__)
