"""Errors that are meant for people.

A message repeats what the user wrote, the hint says what to do, and the field says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class LabError(Exception):
    """A problem with a plain sentence for the user.

    Parameters
    ----------
    message : str
        What is wrong, repeating the user's input.
    hint : str, optional
        What to do about it.
    field : str, optional
        Dotted path of the setting, for example ``training.optimizer.lr``.
    """

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        text = f"{self.field}: {self.message}" if self.field else self.message
        return f"{text} {self.hint}" if self.hint else text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one setting."""

    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.field}: {self.message}", self.hint) if part)


class ExperimentError(LabError):
    """An experiment that cannot be run, with every problem found.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.message, hint=first.hint, field=first.field)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class DataError(LabError):
    """Data that is missing or does not fit."""


class DeviceError(LabError):
    """A device that this machine does not have."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known words.

    Examples
    --------
    >>> did_you_mean("sigmoyd", ["sigmoid", "tanh"])
    'Did you mean sigmoid?'
    >>> did_you_mean("xyz", ["sigmoid", "tanh"])
    'Known are: sigmoid, tanh.'
    """
    names = list(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(names)}."
