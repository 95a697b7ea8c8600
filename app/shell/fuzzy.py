"""How well a text answers what was typed: every word has to be found, the letters may be few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WHOLE, _START, _INSIDE, _SCATTERED, _ELSEWHERE = range(5)
_NAMED = -1
_LEAST_OF_NAME = 4
"""Letters; fewer begin the names of too many things."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was found.

    Attributes
    ----------
    cost : int
        0 is best: a whole word at the beginning costs less than the start of a word, than the
        inside of one, than letters with gaps, than a word that stands only beside the text.
    letters : frozenset of int
        Places in the text that answer to what was typed.
    """

    cost: int
    letters: frozenset[int]


def match(typed: str, text: str, beside: str = "", names: Sequence[str] = ()) -> Match | None:
    """Return how a text answers to all the words typed, or None if it does not.

    Parameters
    ----------
    typed : str
        Words in any order, in capitals or not.
    text : str
        What is shown and emphasised.
    beside : str, optional
        Where a word may begin, too: a description, a group.
    names : sequence of str, optional
        Other names in small letters, not shown. Who types all of one looks for nothing else: it
        costs less than anything; who types the beginning, as much as the start of the text.
    """
    cost, letters = 0, set[int]()
    low, low_beside = _lower(text), _lower(" ".join((beside, *names)))
    name_cost = _cost_of_name(" ".join(_lower(typed).split()), names)
    for word in _lower(typed).split():
        found = _find(word, low, low_beside)
        if found is None:
            return None
        cost += found[0]
        letters.update(found[1])
    return Match(cost if name_cost is None else min(cost, name_cost), frozenset(letters))


def _cost_of_name(typed: str, names: Sequence[str]) -> int | None:
    """Return what it costs that all of what was typed is a name, or the beginning of one."""
    if typed in names:
        return _NAMED
    begun = len(typed) >= _LEAST_OF_NAME and any(name.startswith(typed) for name in names)
    return 2 * _START - 1 if begun else None


def _find(word: str, text: str, beside: str) -> tuple[int, tuple[int, ...]] | None:
    found: list[tuple[int, tuple[int, ...]]] = []
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _begins(text, at):
            kind = _INSIDE
        else:
            kind = _WHOLE if end == len(text) or not text[end].isalnum() else _START
        found.append((2 * kind + (at > 0), tuple(range(at, end))))
        at = text.find(word, at + 1)
    if found:
        return min(found)
    scattered = _scattered(word, text)
    if scattered is not None:
        return 2 * _SCATTERED + (scattered[0] > 0), scattered
    at = beside.find(word)
    while at >= 0:
        if _begins(beside, at):
            return 2 * _ELSEWHERE, ()
        at = beside.find(word, at + 1)
    return None


def _scattered(word: str, text: str) -> tuple[int, ...] | None:
    """Return where the letters stand in this order, from the start of a word, closest together.

    One that begins inside a word finds nearly everything, and nobody abbreviates so.
    """
    best: tuple[int, ...] | None = None
    for start in range(len(text)):
        if text[start] != word[0] or not _begins(text, start):
            continue
        places = [start]
        for letter in word[1:]:
            at = text.find(letter, places[-1] + 1)
            if at < 0:
                break
            places.append(at)
        else:
            if best is None or places[-1] - places[0] < best[-1] - best[0]:
                best = tuple(places)
    return best


def _begins(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


def _lower(text: str) -> str:
    """Return a text in small letters, place for place: some capitals become two letters."""
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)
