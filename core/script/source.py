"""Python source: how text is laid out so that a formatter would leave it alone."""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

WIDTH = 100
"""Longest line of a script."""
STEP = "    "

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Bracket:
    """A call or a list: on one line if it fits, else one item a line.

    Attributes
    ----------
    opening, closing : str
        Such as ``nn.Sequential(`` and ``)``.
    items : tuple of str or Bracket
    """

    opening: str
    items: tuple[Expression, ...]
    closing: str = ")"

    def __str__(self) -> str:
        return self.opening + ", ".join(map(str, self.items)) + self.closing


Expression = str | Bracket


def lay_out(expression: Expression, indent: str, before: str = "", after: str = "") -> str:
    """Return an expression as one or several lines.

    Parameters
    ----------
    expression : str or Bracket
    indent : str
        What every line begins with.
    before, after : str
        What stands around the expression, such as ``x = `` and a comma.
    """
    line = f"{indent}{before}{expression}{after}"
    if len(line) <= WIDTH or isinstance(expression, str):
        return line
    inner = [lay_out(item, indent + STEP, after=",") for item in expression.items]
    return "\n".join(
        [f"{indent}{before}{expression.opening}", *inner, f"{indent}{expression.closing}{after}"]
    )


def block(text: str) -> str:
    """Return a piece of source from an indented literal."""
    return textwrap.dedent(text).strip("\n")


def indented(text: str, levels: int = 1) -> str:
    """Return source further to the right."""
    return textwrap.indent(text, STEP * levels)


def quoted(text: str) -> str:
    """Return a string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def prose(text: str, before: str = "") -> str:
    """Return a user's text in lines that can stand in a docstring or, with ``# ``, a comment.

    No character of it can end the docstring, and none breaks a line elsewhere than here.
    """
    plain = "".join(one if one.isprintable() else " " for one in text)
    plain = plain.replace("\\", "/").replace('"""', "'''")
    # Characters of some languages are twice as wide, and count so.
    wide = any(unicodedata.east_asian_width(one) in "WF" for one in plain)
    width = WIDTH // 2 - 5 if wide else WIDTH - 10
    return "\n".join(before + line for line in textwrap.wrap(plain, width))


def runs(values: Sequence[_Value]) -> Iterator[tuple[int, int, _Value]]:
    """Yield (start, stop, value) of every run of equal neighbours."""
    start = 0
    for value, same in groupby(values):
        stop = start + len(list(same))
        yield start, stop, value
        start = stop


def over(name: str, start: int, stop: int, length: int, each: str) -> tuple[str, str]:
    """Return a statement that goes over a part of a list, and the indent of what follows it.

    Parameters
    ----------
    name : str
        Of the list, such as ``model.weighted``.
    start, stop, length : int
        The part, and the length of the list.
    each : str
        The variable: a loop's, or assigned to if the part is one element.
    """
    if (start, stop) == (0, length) and length > 1:
        return f"for {each} in {name}:", STEP
    if stop - start == 1:
        place = "-1" if stop == length else str(start)
        return f"{each} = {name}[{place}]", ""
    ends = f"{start or ''}:{'' if stop == length else stop}"
    return f"for {each} in {name}[{ends}]:", STEP
